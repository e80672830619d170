"""Fixtures that every room's tests share."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from docvlm.config import Settings

# A shell ignores Ctrl-C in what it starts in the background, and programs started from there would too.
signal.signal(signal.SIGINT, signal.default_int_handler)

REPOSITORY = Path(__file__).parent.parent

LONGEST = ("test_whole_story.py", "test_real_receipts.py")
"""Files that take many minutes; begun last, one of them would keep the whole run waiting."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first; all else in its order."""
    items.sort(key=lambda item: item.path.name not in LONGEST)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real documents beside the checkout; tests that need it are skipped without it."""
    folder = REPOSITORY.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("no ../shared/data beside this checkout")
    return folder


@pytest.fixture(scope="session")
def samples() -> Path:
    """The sample documents that ship with the app."""
    return REPOSITORY / "ui_assets" / "samples"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder of its own (``DOCVLM_HOME``), not made yet."""
    monkeypatch.setenv("DOCVLM_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """The usual settings over a data folder of its own, not made yet."""
    return Settings.from_environment({"DOCVLM_HOME": str(tmp_path / "home")})


@pytest.fixture(scope="session")
def spaces_package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package of Spaces in a folder of its own."""
    from tests.models.zero_gpu_space import install_package

    return install_package(tmp_path_factory.mktemp("spaces"))


@pytest.fixture(scope="module")
def model_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh data folder (for ``DOCVLM_HOME``) that shares the unpacked embedded model."""
    from docvlm.models.language_model import ensure_language_model

    unpacked = ensure_language_model(Settings.from_environment().model_cache)
    home = tmp_path_factory.mktemp("home")
    (home / "models").mkdir()
    (home / "models" / unpacked.name).symlink_to(unpacked)
    return home
