"""The shelf of adapters in the data folder: keep, list, switch on, export, import, delete."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from docvlm.adapters.card import CARD_FILE, WEIGHTS_FILE, AdapterCard, Figure, read_card, write_card
from docvlm.adapters.known_values import read_known_values, write_known_values
from docvlm.adapters.readme import readme
from docvlm.atomic import write_atomically
from docvlm.errors import ModelError, UsageError
from docvlm.model_names import short_name

CONFIG_FILE = "adapter_config.json"
README_FILE = "README.md"
ADAPTER_FILES = (CONFIG_FILE, WEIGHTS_FILE, CARD_FILE, README_FILE)
"""What belongs to an adapter; nothing else is taken in or given out."""

MOST_IMPORTED_BYTES = 4 * 2**30
NO_ADAPTER = "none"
"""Given as the adapter's name: the model as it is, whatever is switched on."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,63}")
_ACTIVE = "active.json"
_BASE_IN_CONFIG, _BASE_IN_SETTINGS = "base_model_name_or_path", "base_model"


@dataclass(frozen=True, slots=True)
class KeptAdapter:
    """An adapter on the shelf.

    ``card`` is None for a plain PEFT adapter that docvlm has not made; ``active`` says whether it is used
    whenever its base model is, unless another adapter is named.
    """

    name: str
    folder: Path
    card: AdapterCard | None
    active: bool
    byte_count: int


class AdapterRegistry:
    """The adapters in one folder, one subfolder each.

    Args:
        folder: usually ``Settings.adapters``; made when the first adapter is kept.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def adapters(self) -> list[KeptAdapter]:
        """All adapters by name. One whose card is damaged is listed without it."""
        if not self._folder.is_dir():
            return []
        folders = [path for path in sorted(self._folder.iterdir()) if (path / CONFIG_FILE).is_file()]
        return [self._kept(folder) for folder in folders if not folder.name.startswith(".")]

    def folder_of(self, name: str) -> Path:
        """The folder of the adapter called ``name``.

        Raises:
            ModelError: when there is none.
        """
        folder = self._folder / name
        if not _NAME.fullmatch(name) or not (folder / CONFIG_FILE).is_file():
            known = ", ".join(kept.name for kept in self.adapters()) or "none yet"
            raise ModelError(f"There is no adapter called '{name}'.", f"Adapters on the shelf: {known}.")
        return folder

    def resolve(self, adapter: str | None, model: str) -> Path | None:
        """The folder of the adapter to use with ``model``.

        Args:
            adapter: the name of an adapter on the shelf, a folder, ``none`` for no adapter, or None for
                the one that is switched on.

        Raises:
            ModelError: when there is no such adapter.
        """
        if adapter == NO_ADAPTER:
            return None
        if adapter is None:
            active = self.active(model)
            return None if active is None else self._folder / active
        try:
            path = Path(adapter).expanduser()
        except RuntimeError as error:
            raise ModelError(f"There is no adapter at '{adapter}'.", "Check the path.") from error
        is_name = _NAME.fullmatch(adapter) and not path.is_dir()
        return self.folder_of(adapter) if is_name else path

    def free_name(self, wanted: str) -> str:
        """``wanted``, or with the first number that makes it free: ``receipts``, ``receipts-2``."""
        _refuse_bad_name(wanted)
        name, number = wanted, 1
        while (self._folder / name).exists():
            number += 1
            name = f"{wanted}-{number}"
        return name

    def keep(self, source: Path, card: AdapterCard) -> Path:
        """Copy an adapter's files onto the shelf under the card's name, and return its folder there.

        Raises:
            UsageError: when the name is taken or cannot be one.
            ModelError: when the source is no adapter in safetensors.
        """
        with self._new(card.name) as folder:
            _copy_adapter(source, folder)
            write_known_values(folder, read_known_values(source))
            write_card(folder, card)
        return self._folder / card.name

    def delete(self, name: str) -> None:
        """Take an adapter off the shelf for good; where it was switched on, its base is used again.

        Raises:
            ModelError: when there is none of this name.
        """
        folder = self.folder_of(name)
        chosen = {model: active for model, active in self._active_names().items() if active != name}
        self._write_active(chosen)
        with tempfile.TemporaryDirectory(dir=self._folder, prefix=".deleted-") as grave:
            folder.rename(Path(grave) / name)  # gone at once for everybody, however long the deletion takes

    # Switched on

    def active(self, model: str) -> str | None:
        """The name of the adapter that is used with ``model`` unless another is named."""
        names = self._active_names()
        name = names.get(model) or names.get(short_name(model))  # one that was exported and taken in again
        return name if name and (self._folder / name / CONFIG_FILE).is_file() else None

    def activate(self, name: str) -> None:
        """Use an adapter from now on, whenever its base model is used.

        Raises:
            ModelError: when there is none of this name, or its base is unknown.
        """
        card = read_card(self.folder_of(name))
        if card is None:
            raise ModelError(
                f"The adapter '{name}' does not say which model it belongs to.",
                "Use it by name with --adapter, together with --model.",
            )
        self._write_active(self._active_names() | {card.base_model: name})

    def promote(self, name: str, anyway: bool = False) -> None:
        """Use an adapter from now on if it won over its base on held-out documents.

        Args:
            anyway: use it whether it won or not.

        Raises:
            ModelError: as for ``activate``.
            UsageError: when it did not win, or nobody has judged it.
        """
        card = read_card(self.folder_of(name))
        if card is not None and not card.promoted and not anyway:
            judged = (
                "did not win over its base on held-out documents" if card.figures else "was not judged yet"
            )
            raise UsageError(
                f"The adapter '{name}' {judged}.",
                f"Run 'python -m finetune adapters judge {name} --cases FILE' with labels that it was not "
                "trained on, or add --anyway.",
            )
        self.activate(name)

    def judged(self, name: str, figures: tuple[Figure, ...], wins: bool) -> None:
        """Write on an adapter's card how it did on held-out documents.

        Raises:
            ModelError: when there is none of this name, or it has no card.
        """
        folder = self.folder_of(name)
        card = read_card(folder)
        if card is None:
            raise ModelError(
                f"The adapter '{name}' has no card to write figures on.", "Train it with docvlm to have one."
            )
        write_card(folder, replace(card, figures=figures, promoted=wins))

    def deactivate(self, model: str) -> None:
        """Use ``model`` without an adapter from now on."""
        self._write_active(
            {
                base: name
                for base, name in self._active_names().items()
                if base not in (model, short_name(model))
            }
        )

    # Out and in

    def export(self, name: str, target: Path) -> Path:
        """Write a plain PEFT folder, or a zip where ``target`` ends in ``.zip``; returns ``target``.

        Its README says what it is and how it is loaded without docvlm. The documents that it was trained on
        are not named, the texts that were labelled stay here, and so does the place of its base on this
        machine.

        Raises:
            ModelError: when there is no adapter of this name.
            UsageError: when ``target`` exists already.
        """
        folder = self.folder_of(name)
        if target.exists():
            raise UsageError(f"{target} exists already.", "Give a new name.")
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".export-") as scratch:
            plain = Path(scratch) / name
            _write_plain(folder, plain)
            if target.suffix == ".zip":
                _pack(plain, Path(scratch) / "packed").rename(target)
            else:
                plain.rename(target)
        return target

    def take_in(self, source: Path, name: str | None = None) -> KeptAdapter:
        """Keep an adapter from a folder or a zip under ``name`` or its own name; never overwrites one.

        Raises:
            ModelError: when it is no adapter in safetensors.
            UsageError: when the source does not exist, or the name cannot be one.
        """
        with _unpacked(source) as folder:
            card = read_card(folder)
            wanted = name or (card.name if card else source.stem)
            free = self.free_name(re.sub(r"[^A-Za-z0-9._-]+", "-", wanted).strip("-._") or "adapter")
            with self._new(free) as fresh:
                _copy_adapter(folder, fresh)
                if card is not None:
                    write_card(fresh, replace(card, name=free))
        return self._kept(self._folder / free)

    # Shared by the methods above

    def _kept(self, folder: Path) -> KeptAdapter:
        try:
            card = read_card(folder)
        except ModelError:
            card = None
        size = sum(file.stat().st_size for file in folder.iterdir() if file.is_file())
        active = card is not None and self._active_names().get(card.base_model) == folder.name
        return KeptAdapter(folder.name, folder, card, active, size)

    @contextmanager
    def _new(self, name: str) -> Iterator[Path]:
        """A folder to fill that becomes the adapter ``name`` when the block ends well."""
        _refuse_bad_name(name)
        if (self._folder / name).exists():
            raise UsageError(f"There is an adapter called '{name}' already.", "Choose another name.")
        self._folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self._folder, prefix=".new-") as scratch:
            fresh = Path(scratch) / name
            fresh.mkdir()
            yield fresh
            fresh.rename(self._folder / name)

    def _active_names(self) -> dict[str, str]:
        try:
            found = json.loads((self._folder / _ACTIVE).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return {str(model): str(name) for model, name in found.items()} if isinstance(found, dict) else {}

    def _write_active(self, names: dict[str, str]) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        write_atomically(self._folder / _ACTIVE, json.dumps(names, indent=2).encode())


def _write_plain(folder: Path, plain: Path) -> None:
    plain.mkdir()
    for file in ADAPTER_FILES:
        if (folder / file).is_file():
            shutil.copy2(folder / file, plain / file)
    config = plain / CONFIG_FILE
    config.write_text(_placeless(config.read_text(encoding="utf-8"), _BASE_IN_CONFIG), encoding="utf-8")
    card = read_card(folder)
    if card is not None:
        settings = _placeless(card.settings_json, _BASE_IN_SETTINGS)
        told = replace(card, base_model=short_name(card.base_model), settings_json=settings, trained_on=())
        write_card(plain, told)
        (plain / README_FILE).write_text(readme(told), encoding="utf-8")


def _placeless(text: str, key: str) -> str:
    """JSON text whose ``key`` names a model, without the folder in which that lies."""
    try:
        values = json.loads(text)
    except ValueError:
        return text
    model = values.get(key) if isinstance(values, dict) else None
    if not isinstance(model, str) or short_name(model) == model:
        return text
    return json.dumps(values | {key: short_name(model)}, indent=2, ensure_ascii=False)


def _pack(folder: Path, target: Path) -> Path:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for file in sorted(folder.iterdir()):
            archive.write(file, f"{folder.name}/{file.name}")
    return target


def _refuse_bad_name(name: str) -> None:
    if not _NAME.fullmatch(name) or name in (NO_ADAPTER, _ACTIVE):
        raise UsageError(
            f"'{name}' cannot be the name of an adapter.",
            "Use up to 64 letters, digits, spaces, dots, dashes and underscores.",
        )


def _copy_adapter(source: Path, target: Path) -> None:
    for file in (CONFIG_FILE, WEIGHTS_FILE):
        if not (source / file).is_file():
            raise ModelError(
                f"{source} is not an adapter: it has no {file}.",
                "Give a PEFT adapter saved as safetensors; other forms of weights are not opened.",
            )
    for file in ADAPTER_FILES:
        if (source / file).is_file() and not (source / file).is_symlink():
            shutil.copyfile(source / file, target / file)


@contextmanager
def _unpacked(source: Path) -> Iterator[Path]:
    """The folder of an adapter that lies in a folder or a zip."""
    if source.is_dir():
        yield source
        return
    if not source.is_file():
        raise UsageError(f"There is no adapter at {source}.", "Give a folder or a zip file.")
    with tempfile.TemporaryDirectory() as scratch:
        try:
            with zipfile.ZipFile(source) as archive:
                _unpack(archive, Path(scratch))
        except zipfile.BadZipFile as error:
            raise ModelError(f"{source} is not a zip file.", "Export the adapter again.") from error
        yield Path(scratch)


def _unpack(archive: zipfile.ZipFile, folder: Path) -> None:
    """Write out an adapter's files and no others, whatever paths the archive names."""
    members = [
        member for member in archive.infolist() if PurePosixPath(member.filename).name in ADAPTER_FILES
    ]
    if sum(member.file_size for member in members) > MOST_IMPORTED_BYTES:
        raise ModelError("The adapter in the zip file is larger than 4 GiB.", "Import it as a folder.")
    for member in members:
        with archive.open(member) as packed, (folder / PurePosixPath(member.filename).name).open("wb") as out:
            shutil.copyfileobj(packed, out)
