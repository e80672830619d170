"""Who computes the reader's networks: onnxruntime, or OpenVINO where ``DOCVLM_READER`` says so."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from docvlm.config import OPENVINO

Pixels = npt.NDArray[np.float32]
"""Shape (batch, 3, height, width)."""


class Network(Protocol):
    """A network with one input and one output; safe to share between threads."""

    def __call__(self, pixels: Pixels) -> npt.NDArray[np.float32]: ...

    def about(self, key: str) -> str:
        """A text that its file holds under ``key``."""


def open_network(file: Path, runtime: str, threads: int | None) -> Network:
    """Load an ONNX file.

    Args:
        runtime: ``onnxruntime`` or ``openvino``.
        threads: of the processor; None for all that there are.

    Raises:
        OSError: when the file is not there.
        ImportError: when the package of the runtime is not installed.
    """
    if not file.is_file():
        raise OSError(f"{file.name} is not in the installed rapidocr package")
    return _OpenVino(file, threads) if runtime == OPENVINO else _OnnxRuntime(file, threads)


class _OnnxRuntime:
    def __init__(self, file: Path, threads: int | None) -> None:
        import onnxruntime  # type: ignore[import-untyped]

        onnxruntime.disable_telemetry_events()  # its wheels report to their maker unless told not to
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4
        options.enable_cpu_mem_arena = False  # sizes vary: an arena would only ever grow
        options.intra_op_num_threads = threads or 0
        # Threads that spin while they wait take the cores from everything else on a small machine.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = onnxruntime.InferenceSession(
            str(file), sess_options=options, providers=["CPUExecutionProvider"]
        )
        self._input = self._session.get_inputs()[0].name

    def __call__(self, pixels: Pixels) -> npt.NDArray[np.float32]:
        return np.asarray(self._session.run(None, {self._input: pixels})[0], np.float32)

    def about(self, key: str) -> str:
        return str(self._session.get_modelmeta().custom_metadata_map[key])


class _OpenVino:
    """Computes in bfloat16 where the processor multiplies it."""

    def __init__(self, file: Path, threads: int | None) -> None:
        import openvino  # type: ignore[import-untyped, import-not-found, unused-ignore]

        core = openvino.Core()
        model = core.read_model(str(file))
        settings: dict[str, Any] = {"NUM_STREAMS": 1}
        if threads:
            settings["INFERENCE_NUM_THREADS"] = threads
        known = model.get_rt_info()
        self._about = known["framework"] if "framework" in known else {}  # noqa: SIM401 - it has no get
        self._compiled = core.compile_model(model, "CPU", settings)
        self._requests = threading.local()  # one must not be used by two threads at once

    def __call__(self, pixels: Pixels) -> npt.NDArray[np.float32]:
        request = getattr(self._requests, "request", None)
        if request is None:
            request = self._requests.request = self._compiled.create_infer_request()
        # A copy: the request's own memory is overwritten by the next call.
        return np.array(request.infer(pixels, share_inputs=True)[0], np.float32)

    def about(self, key: str) -> str:
        return str(self._about[key].astype(str))
