"""Real model servers in processes of their own, to be started, killed and started again."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

_START_SECONDS = 90

_LLAMA_CPP = """
import sys, threading
import xllamacpp
settings = xllamacpp.CommonParams()
settings.model.path, settings.port = sys.argv[1], int(sys.argv[2])
settings.n_ctx, settings.n_parallel = 16384, 2
settings.cpuparams.n_threads = 1
settings.api_keys = sys.argv[3:]
server = xllamacpp.Server(settings)
threading.Event().wait()
"""


class ModelServer:
    """A server process on a free port of this machine; a context manager that ends it.

    Args:
        command: the arguments of the Python interpreter; ``{port}`` stands for the port.
        log: what the server prints.
    """

    def __init__(self, command: list[str], log: Path) -> None:
        self.port = _free_port()
        self._command = [sys.executable, *(part.format(port=self.port) for part in command)]
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    @classmethod
    def llama_cpp(cls, model: Path, log: Path, keys: list[str] | None = None) -> Self:
        """llama.cpp's own HTTP server, as the package xllamacpp carries it."""
        code = _LLAMA_CPP.replace("{", "{{").replace("}", "}}")
        return cls(["-c", code, str(model), "{port}", *(keys or [])], log)

    @classmethod
    def transformers_serve(cls, folder: Path, log: Path) -> Self:
        """``transformers serve`` pinned to the checkpoint in ``folder``."""
        run = "from transformers.cli.transformers import main; main()"
        options = ["serve", str(folder), "--host", "127.0.0.1", "--port", "{port}", "--device", "cpu"]
        return cls(["-c", run, *options], log)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def start(self, wait: bool = True) -> None:
        cache = self._log.parent / "hub"  # which transformers lists, and which has to exist
        cache.mkdir(exist_ok=True)
        own = {"HF_HUB_OFFLINE": "1", "HF_HUB_CACHE": str(cache), "OMP_NUM_THREADS": "1"}
        environment = {**os.environ, **own}
        with self._log.open("a") as output:
            self._process = subprocess.Popen(self._command, stdout=output, stderr=output, env=environment)
        deadline = time.monotonic() + _START_SECONDS
        while wait and not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the server did not start:\n{self._log.read_text()[-3000:]}")
            time.sleep(0.1)

    def signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def kill(self) -> None:
        """End it as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/models", timeout=2, trust_env=False).status_code in (200, 401)
        except httpx.HTTPError:
            return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
