"""What a Space with ZeroGPU has around docvlm: the package ``spaces``, and the service that lends GPUs.

There is no GPU here and the service is Hugging Face's, so a small one answers in its place; the package is
the published one and forks real processes. Only what it does with CUDA is left out (``WITHOUT_CUDA``).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from tests.conftest import REPOSITORY
from tests.served import served

PACKAGE = "spaces==0.51.3"

WITHOUT_CUDA = """
import sys, types
nothing = types.ModuleType("spaces.zero.torch.patching")
for name in ("enter_mode", "patch", "unpatch", "init", "move"):
    setattr(nothing, name, lambda *args, **kwargs: None)
nothing.pack = nothing.size = lambda *args: 0
nothing.is_in_bad_fork = lambda: False
sys.modules[nothing.__name__] = nothing
"""
"""In place of what the package does to a torch that was built for CUDA."""


@dataclass(slots=True)
class Lender:
    """The service and how it was called: for how many seconds, by which processes, how often given back."""

    address: str
    refuses: bool = False  # to lend any
    seconds: list[int] = field(default_factory=list)
    processes: list[int] = field(default_factory=list)
    given_back: int = 0


@contextmanager
def lending() -> Iterator[Lender]:
    """A service that lends one GPU."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            url = urlsplit(self.path)
            query = {key: values[0] for key, values in parse_qs(url.query).items()}
            if url.path == "/schedule" and lender.refuses:
                self._answer(503, {})
                return
            if url.path == "/schedule":
                # Nobody else wants the GPU meanwhile, so that the first process may be used again.
                lease = {"idle": bool(lender.seconds), "nvidiaIndex": 0, "nvidiaUUID": "GPU-0"}
                lender.seconds.append(int(query["durationSeconds"]))
                self._answer(200, {**lease, "allowToken": "token"})
                return
            if url.path == "/allow":
                lender.processes.append(int(query["pid"]))
            lender.given_back += url.path == "/release"
            self._answer(200, {})

        def _answer(self, status: int, body: object) -> None:
            text = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, format: str, *args: object) -> None:
            pass

    lender = Lender("")
    with served(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as lender.address:
        yield lender


def install_package(folder: Path) -> Path:
    """The package in a folder of its own: where it is installed, Gradio imports it by itself."""
    command = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", str(folder), PACKAGE]
    subprocess.run(command, check=True, timeout=300)
    return folder


def run_in_space(script: str, package: Path, lender: Lender, home: Path, seconds: float = 240) -> str:
    """The last line of what a script prints that runs as a Space with ZeroGPU runs ``app.py``."""
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join((str(package), str(REPOSITORY))),
        "SPACES_ZERO_GPU": "true",
        "SPACES_ZERO_DEVICE_API_URL": lender.address,
        "ZEROGPU_PROC_SELF_CGROUP_PATH": "/proc/self/cgroup",
        "DOCVLM_HOME": str(home),
    }
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, timeout=seconds
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return (done.stdout.splitlines() or [""])[-1]
