"""Python, the packages, and the programs beside them."""

from __future__ import annotations

import platform
import re
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import docvlm
from docvlm.doctor.finding import Finding, fail, ok, warn

REQUIREMENTS = Path(docvlm.__file__).parent.parent / "requirements.txt"
OLDEST_PYTHON = (3, 11)
EXTRAS = ("psycopg", "ray", "opentelemetry-sdk")
"""Packages for PostgreSQL, clusters and tracing, which most installations do without."""

_PINNED = re.compile(r"([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==(\S+)")
_INSTALL = "Run: pip install -r requirements.txt"
_PROGRAM_SECONDS = 10


def check_python() -> Finding:
    version = f"docvlm {docvlm.__version__} on Python {platform.python_version()}, {platform.platform()}"
    if sys.version_info < OLDEST_PYTHON:
        return fail("versions", version, f"Install Python {'.'.join(map(str, OLDEST_PYTHON))} or newer.")
    return ok("versions", version)


def check_packages(requirements: Path = REQUIREMENTS) -> Finding:
    """Compare what is installed with what ``requirements`` pins."""
    try:
        pinned = _pinned(requirements)
    except OSError:
        return warn(
            "packages",
            "requirements.txt does not lie beside the package, so versions were not compared.",
            "Run docvlm from its own folder to have them compared.",
        )
    installed = {name: _version(name) for name in pinned}
    missing = [name for name, version in installed.items() if version is None]
    if missing:
        return fail("packages", f"Not installed: {', '.join(missing)}.", _INSTALL)
    other = [
        f"{name} {installed[name]} (tested with {pinned[name]})"
        for name in pinned
        if installed[name] != pinned[name]
    ]
    if other:
        return warn("packages", f"Other versions than those tested: {', '.join(other)}.", _INSTALL)
    return ok("packages", f"all {len(pinned)} are installed in the versions tested")


def list_extras() -> Finding:
    """What is installed beyond the requirements; nothing of it is needed on a laptop."""
    versions = {name: _version(name) for name in EXTRAS}
    return ok(
        "extras", ", ".join(f"{name} {version or 'not installed'}" for name, version in versions.items())
    )


def check_poppler() -> Finding:
    program = shutil.which("pdftoppm")
    if program is None:
        return warn(
            "poppler",
            "Not installed: pages that MuPDF cannot draw have no second chance.",
            "Install poppler-utils.",
        )
    try:
        said = subprocess.run(  # noqa: S603 - a program of the system, with a fixed option
            [program, "-v"], capture_output=True, text=True, timeout=_PROGRAM_SECONDS, check=False
        ).stderr
    except (OSError, subprocess.TimeoutExpired):
        return warn("poppler", f"{program} does not run.", "Install poppler-utils again.")
    return ok("poppler", said.splitlines()[0].strip() if said else program)


def _pinned(requirements: Path) -> dict[str, str]:
    lines = requirements.read_text(encoding="utf-8").splitlines()
    return {match[1]: match[2] for line in lines if (match := _PINNED.match(line.strip()))}


def _version(name: str) -> str | None:
    try:
        return metadata.version(name).partition("+")[0]  # without what says how it was built
    except metadata.PackageNotFoundError:
        return None
