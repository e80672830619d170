"""Whether the model and the adapter are there and whole, without loading them."""

from __future__ import annotations

from pathlib import Path

from docvlm.adapters import AdapterRegistry, read_card
from docvlm.adapters.card import WEIGHTS_FILE
from docvlm.config import Settings
from docvlm.doctor.finding import Finding, fail, ok, warn
from docvlm.errors import DocvlmError, ModelError
from docvlm.model_names import EMBEDDED
from docvlm.models.checksums import damaged_files, has_checksums
from docvlm.models.language_model import language_model_folder
from docvlm.models.named import existing_folder
from docvlm.models.server.address import is_server_address, parse_server_address
from docvlm.models.shipped import SHIPPED_ADAPTER, SHIPPED_VISION, refuse_damage

_SETUP = "Run: python -m docvlm setup"


def check_model(settings: Settings) -> Finding:
    """The files of the model that the settings name."""
    try:
        if settings.model == EMBEDDED:
            return _check_embedded(language_model_folder(settings.model_cache))
        if is_server_address(settings.model):
            return ok("model", f"served at {parse_server_address(settings.model).url}")
        return _check_checkpoint(settings.model)
    except DocvlmError as error:
        return fail("model", error.message, error.remedy, error.exit_code)


def check_adapter(settings: Settings) -> Finding:
    """The adapter that would be used."""
    try:
        folder = AdapterRegistry(settings.adapters).resolve(settings.adapter, settings.model)
        if folder is None:
            return ok("adapter", "none switched on")
        read_card(folder)
        _open_weights(folder / WEIGHTS_FILE)
    except DocvlmError as error:
        return fail("adapter", error.message, error.remedy, error.exit_code)
    return ok("adapter", folder.name)


def _check_embedded(folder: Path) -> Finding:
    if not (folder / "model.safetensors").is_file():
        return fail("model", "The embedded model has not been fetched yet.", _SETUP, ModelError.exit_code)
    again = f"Delete {folder} and run: python -m docvlm setup"
    try:
        _open_weights(folder / "model.safetensors")
    except ModelError as error:
        return fail("model", error.message, again, error.exit_code)
    if damaged := damaged_files(folder):
        return fail(
            "model", f"The embedded model is damaged: {', '.join(damaged)}.", again, ModelError.exit_code
        )
    _open_weights(SHIPPED_ADAPTER / WEIGHTS_FILE)
    for shipped in (SHIPPED_ADAPTER, SHIPPED_VISION):
        refuse_damage(shipped)
    checked = "checksums right" if has_checksums(folder) else "unpacked before checksums were kept"
    return ok("model", f"embedded, {folder.name}, {checked}")


def _check_checkpoint(name: str) -> Finding:
    if (folder := existing_folder(name)) is not None:
        weights = sorted(folder.glob("*.safetensors"))
        if not weights:
            raise ModelError(f"The model in {folder} has no safetensors weights.", "Save it as safetensors.")
        for file in weights:
            _open_weights(file)
        return ok("model", f"{folder}, {len(weights)} files of weights")
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    try:
        is_here = isinstance(try_to_load_from_cache(name, "config.json"), str)
    except HFValidationError as error:
        raise ModelError(f"'{name}' cannot be a name on the Hub.", "Check the name.") from error
    if is_here:
        return ok("model", f"{name}, in the Hub's cache")
    return warn("model", f"{name} is not on this machine.", f"Run: python -m docvlm setup --model {name}")


def _open_weights(file: Path) -> None:
    """Read the header, which says how long the file must be.

    Raises:
        ModelError: when the file is missing, cut short or not safetensors.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(file, framework="numpy") as opened:
            opened.keys()
    except (OSError, SafetensorError) as error:
        raise ModelError(
            f"The weights {file} are missing or damaged.", "Fetch or import them again."
        ) from error
