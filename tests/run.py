"""Install what the tests need into .venv and run every check: ``python3 tests/run.py``.

Uses only the standard library, since it runs before anything is installed. System packages (Chromium,
PostgreSQL, poppler, tesseract) are installed where apt-get may be used; elsewhere install them first.
Extra arguments go to pytest: ``python3 tests/run.py -k tiling``.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
ENVIRONMENT = REPOSITORY / ".venv"
PYTHON = ENVIRONMENT / "bin" / "python"

# Each program that the tests drive, and the Debian package it comes in.
SYSTEM_PROGRAMS = {
    "chromium": "chromium",
    "pdftoppm": "poppler-utils",
    "tesseract": "tesseract-ocr",
    "pg_ctlcluster": "postgresql",
}

# Most tests keep one core busy, or wait for a browser. Those of a file share what they start; files are begun
# in the order in which they were collected, see tests/conftest.py.
TWO_AT_A_TIME = ("-n", "2", "--dist", "loadfile", "--no-loadscope-reorder")


def main(pytest_arguments: list[str]) -> int:
    install_system_packages()
    install_python_packages()
    run(PYTHON, "-m", "docvlm", "setup")
    run(PYTHON, "-m", "ruff", "check", ".")
    run(PYTHON, "-m", "ruff", "format", "--check", ".")
    run(PYTHON, "-m", "mypy")
    return run(PYTHON, "-m", "pytest", *TWO_AT_A_TIME, "--durations=15", *pytest_arguments)


def install_system_packages() -> None:
    missing = [package for program, package in SYSTEM_PROGRAMS.items() if shutil.which(program) is None]
    if not missing:
        return
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        print(f"Not installed, so the tests that need them are skipped: {', '.join(missing)}")
        return
    run("apt-get", "update", "-qq")
    run("apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing)


def install_python_packages() -> None:
    if not PYTHON.exists():
        venv.create(ENVIRONMENT, with_pip=True)
    run(PYTHON, "-m", "pip", "install", "-q", "-r", "requirements.txt", "-r", "tests/requirements.txt")


def run(*command: str | Path) -> int:
    """Run a command in the repository; end the whole run where it fails."""
    print("+", *command, flush=True)
    done = subprocess.run([str(part) for part in command], cwd=REPOSITORY, check=False)
    if done.returncode:
        sys.exit(done.returncode)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
