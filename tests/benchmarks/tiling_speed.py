"""Tiling speed against transformers' Idefics2 image processor, on the same pages, in one run.

    python -m tests.benchmarks.tiling_speed [--pages 20]

The rows of the Idefics2 contract end where transformers ends: in the same float pixel_values and mask
(the largest difference is printed). Strategies take turns page by page, so that a busy machine slows
all of them alike; the figure is the median over the pages.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import cv2
import numpy as np
from transformers import Idefics2ImageProcessorPil

from docvlm.models.resampling import fast_resize
from docvlm.tiling import Budget, cut_tiles, plan_tiles
from docvlm.tiling.contracts import Idefics2Contract, Normalisation
from docvlm.types import RgbImage

A4_AT_200_DPI = (1654, 2339)
REFERENCE = "transformers `Idefics2ImageProcessorPil`"
GOAL = 5.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pages", type=int, default=20)
    pages = [text_page(seed) for seed in range(parser.parse_args().pages)]
    strategies = build_strategies()
    for run in strategies.values():
        run(pages[0])
    seconds: dict[str, list[float]] = {name: [] for name in strategies}
    for page in pages:
        for name, run in strategies.items():
            start = time.perf_counter()
            run(page)
            seconds[name].append(time.perf_counter() - start)
    print_table({name: 1 / statistics.median(times) for name, times in seconds.items()})
    print(f"\nLargest difference in pixel_values, Idefics2 contract: {largest_difference(pages[0]):.4f}")


def build_strategies() -> dict[str, Callable[[RgbImage], object]]:
    """Each takes a page as an array and returns what a vision tower takes."""
    processor = Idefics2ImageProcessorPil(do_image_splitting=True)
    strategies: dict[str, Callable[[RgbImage], object]] = {
        REFERENCE: lambda page: processor(page, return_tensors="np", input_data_format="channels_last"),
        "Idefics2 contract": contract_tensors,
    }
    for name in ("fast", "balanced", "accurate"):
        budget = Budget.parse(name)
        strategies[f"native, {name}: 8-bit tiles and mask"] = lambda page, b=budget: native_tiles(page, b)
        strategies[f"native, {name}: normalised"] = lambda page, b=budget: native_pixel_values(page, b)
    return strategies


def contract_tensors(page: RgbImage) -> object:
    contract = Idefics2Contract()
    return contract.tensors(page, contract.plan(page.shape[1], page.shape[0]), fast_resize)


def native_tiles(page: RgbImage, budget: Budget) -> object:
    return cut_tiles(page, plan_tiles(page.shape[1], page.shape[0], budget))


def native_pixel_values(page: RgbImage, budget: Budget) -> object:
    batch = cut_tiles(page, plan_tiles(page.shape[1], page.shape[0], budget))
    tiles, height, width, channels = batch.pixels.shape
    pixel_values = np.empty((tiles, channels, height, width), dtype=np.float32)
    normalisation = Normalisation()
    for tile, out in zip(batch.pixels, pixel_values, strict=True):
        normalisation.fill(tile, out)
    return pixel_values


def text_page(seed: int) -> RgbImage:
    """An A4 page at 200 dpi: lines of text on paper that is not quite white."""
    random = np.random.default_rng(seed)
    width, height = A4_AT_200_DPI
    page = random.integers(243, 256, (height, width, 3), dtype=np.uint8)
    letters = np.array(list("abcdefghijklmnopqrstuvwxyz0123456789     "))
    for baseline in range(160, height - 120, 42):
        text = "".join(random.choice(letters, size=64))
        cv2.putText(page, text, (150, baseline), cv2.FONT_HERSHEY_SIMPLEX, 1.0, (20, 20, 20), 2, cv2.LINE_AA)
    return page


def largest_difference(page: RgbImage) -> float:
    processor = Idefics2ImageProcessorPil(do_image_splitting=True)
    theirs = processor(page, return_tensors="np", input_data_format="channels_last")["pixel_values"]
    contract = Idefics2Contract()
    ours = contract.tensors(page, contract.plan(page.shape[1], page.shape[0]), fast_resize).pixel_values
    return float(np.abs(theirs - ours).max())


def print_table(pages_per_second: dict[str, float]) -> None:
    print(f"A4 at 200 dpi, goal: ≥ {GOAL:g}× {REFERENCE}\n")
    print("| strategy | pages/s | ratio |\n|---|---:|---:|")
    for name, rate in pages_per_second.items():
        print(f"| {name} | {rate:.1f} | {rate / pages_per_second[REFERENCE]:.1f}× |")


if __name__ == "__main__":
    main()
