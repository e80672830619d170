"""The arrows between rooms point one way: which room may never import which (see the README)."""

from __future__ import annotations

import ast
import subprocess
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY

HEAVY = ("torch", "gradio", "sqlalchemy")
ROOMS = (
    "adapters",
    "cli",
    "doctor",
    "export",
    "grounding",
    "ingest",
    "models",
    "pipeline",
    "reading",
    "schemas",
    "store",
    "telemetry",
    "terminal",
    "tiling",
    "ui",
)
EVERYTHING_ELSE = (*HEAVY, "transformers", "finetune", *(f"docvlm.{room}" for room in ROOMS))

NEVER: dict[str, tuple[str, ...]] = {
    "docvlm/types.py": (*EVERYTHING_ELSE, "docvlm.config", "docvlm.errors"),
    "docvlm/errors.py": (*EVERYTHING_ELSE, "docvlm.config", "docvlm.types"),
    "docvlm/config.py": EVERYTHING_ELSE,
    "docvlm/ingest": (
        *HEAVY,
        "docvlm.reading",
        "docvlm.models",
        "docvlm.pipeline",
        "docvlm.store",
        "docvlm.ui",
    ),
    "docvlm/reading": (
        *HEAVY,
        "docvlm.ingest",
        "docvlm.models",
        "docvlm.pipeline",
        "docvlm.store",
        "docvlm.ui",
    ),
    "docvlm/imageops.py": (*HEAVY, "docvlm.ingest", "docvlm.models", "docvlm.pipeline", "docvlm.store"),
    "docvlm/tiling": (
        *HEAVY,
        "docvlm.ingest",
        "docvlm.models",
        "docvlm.pipeline",
        "docvlm.store",
        "docvlm.ui",
    ),
    "docvlm/models": (
        "gradio",
        "sqlalchemy",
        "docvlm.ingest",
        "docvlm.store",
        "docvlm.pipeline",
        "docvlm.ui",
    ),
    "docvlm/adapters": (
        *HEAVY,
        "transformers",
        "docvlm.ingest",
        "docvlm.models",
        "docvlm.pipeline",
        "docvlm.store",
        "docvlm.ui",
    ),
    "docvlm/schemas": ("torch", "gradio", "sqlalchemy", "docvlm.models", "docvlm.pipeline", "docvlm.store"),
    "docvlm/prompts.py": (
        "torch",
        "gradio",
        "sqlalchemy",
        "docvlm.models",
        "docvlm.pipeline",
        "docvlm.store",
    ),
    "docvlm/grounding": ("torch", "gradio", "sqlalchemy", "docvlm.pipeline", "docvlm.store", "docvlm.ui"),
    "docvlm/pipeline": ("gradio", "sqlalchemy", "docvlm.batch", "docvlm.ui", "docvlm.cli", "finetune"),
    "docvlm/store": ("torch", "gradio", "docvlm.pipeline", "docvlm.models", "docvlm.batch", "docvlm.ui"),
    "docvlm/export": ("torch", "gradio", "sqlalchemy", "docvlm.pipeline", "docvlm.models", "docvlm.ui"),
    "docvlm/batch": ("torch", "gradio", "sqlalchemy", "docvlm.ui", "docvlm.cli", "finetune"),
    "docvlm/doctor": ("torch", "gradio", "sqlalchemy", "docvlm.batch", "docvlm.ui", "docvlm.cli", "finetune"),
    "docvlm/ui": ("torch", "sqlalchemy", "docvlm.cli", "finetune"),
    "docvlm/telemetry": tuple(place for place in EVERYTHING_ELSE if place != "docvlm.telemetry"),
    "docvlm/terminal": tuple(place for place in EVERYTHING_ELSE if place != "docvlm.terminal"),
    "docvlm/cli": ("torch", "gradio", "sqlalchemy", "docvlm.ui", "finetune"),
    "docvlm": ("finetune", "app"),
    "finetune/data": (*HEAVY, "transformers", "finetune.training", "finetune.evaluation", "finetune.cli"),
    "finetune/synthesis": (*HEAVY, "transformers", "finetune.training", "finetune.cli"),
    "finetune/vision": ("gradio", "sqlalchemy", "finetune.training", "finetune.runner", "finetune.cli"),
    "finetune/training": ("gradio", "sqlalchemy", "docvlm.export", "finetune.runner", "finetune.cli"),
    "finetune/evaluation": ("gradio", "sqlalchemy", "finetune.runner", "finetune.cli"),
    "finetune/runner": ("gradio", "sqlalchemy", "finetune.cli"),
    "finetune/runner/runs.py": (*HEAVY, "transformers", "docvlm.store", "docvlm.pipeline"),
    "finetune/runner/request.py": (*HEAVY, "transformers", "docvlm.store", "docvlm.pipeline"),
    "finetune": ("gradio", "docvlm.ui", "docvlm.cli", "app"),
}
THE_TAB = (REPOSITORY / "finetune" / "tab.py", REPOSITORY / "finetune" / "tab_api.py")
"""The files of ``finetune`` that are part of the page."""

ONLY_IN: dict[str, tuple[str, ...]] = {
    "pymupdf": ("docvlm/ingest", "docvlm/export"),
    "pdf2image": ("docvlm/ingest",),
    "rapidocr": ("docvlm/reading",),
    "gradio": ("docvlm/ui", "app.py", "finetune/tab.py", "finetune/tab_api.py"),
    "httpx": ("docvlm/models/server",),
    "opentelemetry": ("docvlm/telemetry",),
    "ray": ("docvlm/batch/ray_executor.py",),
}


def sources(place: str) -> list[Path]:
    path = REPOSITORY / place
    return [path] if path.suffix == ".py" else sorted(path.rglob("*.py"))


def imports_of(path: Path) -> set[str]:
    """Every module that a file imports, wherever in the file."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return found


def reaches(imported: str, forbidden: str) -> bool:
    return imported == forbidden or imported.startswith(f"{forbidden}.")


@pytest.mark.parametrize("room", NEVER)
def test_a_room_does_not_import_what_lies_after_it(room: str) -> None:
    files = sources(room)
    assert files, f"{room} has no source files"
    crossings = [
        f"{path.relative_to(REPOSITORY)} imports {imported}"
        for path in files
        if path not in THE_TAB
        for imported in sorted(imports_of(path))
        if any(reaches(imported, forbidden) for forbidden in NEVER[room])
    ]
    assert crossings == []


@pytest.mark.parametrize("package", ONLY_IN)
def test_a_package_is_used_in_its_own_rooms_only(package: str) -> None:
    files = [REPOSITORY / "app.py", *sources("docvlm"), *sources("finetune")]
    users = [
        str(path.relative_to(REPOSITORY))
        for path in files
        if any(reaches(imported, package) for imported in imports_of(path))
    ]
    assert users, f"nothing uses {package}"
    assert [user for user in users if not user.startswith(ONLY_IN[package])] == []


def test_an_import_is_seen_wherever_it_stands(tmp_path: Path) -> None:
    file = tmp_path / "room.py"
    file.write_text("def work():\n    from torch import nn\n    import gradio.themes\n")
    assert imports_of(file) == {"torch.nn", "gradio.themes"}
    assert reaches("torch.nn", "torch") and not reaches("torchvision", "torch")


TOP_LEVEL = {"LICENSE", "README.md", "app.py", "docvlm", "finetune", "packages.txt", "pyproject.toml"} | {
    "requirements.txt",
    "tests",
    "ui_assets",
}


def test_nothing_else_lies_at_the_top() -> None:
    git = ("git", "ls-tree", "--name-only", "HEAD")
    listed = subprocess.run(git, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    assert {name for name in listed.stdout.split() if not name.startswith(".")} == TOP_LEVEL
