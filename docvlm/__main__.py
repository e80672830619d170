"""``python -m docvlm``."""

import sys

from docvlm.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
