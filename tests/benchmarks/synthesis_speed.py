"""How fast pages are drawn on one core, at full size and cut down to the size of a tile.

    python -m tests.benchmarks.synthesis_speed [--pages 100]

Seconds of processor time, so that a busy machine does not count; fonts are opened before the clock starts.
"""

from __future__ import annotations

import argparse
import time

import cv2

from finetune.synthesis.drawing import draw_page

TILE = 512
GOAL = 20.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pages", type=int, default=100)
    count = parser.parse_args().pages
    cv2.setNumThreads(1)
    for number in range(40):
        draw_page(f"warm:{number}")
    print(
        f"| pages | processor ms a page | pages/s a core (goal ≥ {GOAL:.0f} at tile size) |\n|---|---:|---:|"
    )
    for name, options in (
        ("clean, as drawn", {"effects": False}),
        ("with effects, as drawn", {}),
        (f"with effects, longer side {TILE}", {"longest": TILE}),
    ):
        start = time.process_time()
        pixels = sum(draw_page(f"speed:{number}", **options).image.size // 3 for number in range(count))
        seconds = (time.process_time() - start) / count
        print(
            f"| {name} ({pixels / count / 1e6:.2f} megapixels) | {seconds * 1000:.1f} | {1 / seconds:.1f} |"
        )


if __name__ == "__main__":
    main()
