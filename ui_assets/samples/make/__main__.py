"""Makes all samples, in the folder beside this one or in the one that is given."""

from __future__ import annotations

import sys
from pathlib import Path

from . import contract, invoice, receipt, screenshot


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[1]
    invoice.make(folder / "invoice.pdf")
    contract.make(folder / "scanned-contract.pdf")
    receipt.make(folder / "receipt.jpg")
    screenshot.make(folder / "screenshot.png")


if __name__ == "__main__":
    main()
