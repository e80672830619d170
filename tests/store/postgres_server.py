"""A PostgreSQL server of the tests' own: a fresh cluster in a temporary folder, reached by a socket."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg


def server_binaries() -> Path | None:
    """The folder with ``initdb`` and ``postgres``, the newest where there are several."""
    on_path = shutil.which("initdb")
    folders = [Path(on_path).resolve().parent] if on_path else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    complete = [
        folder for folder in folders if (folder / "initdb").exists() and (folder / "postgres").exists()
    ]
    return complete[-1] if complete else None


@contextmanager
def private_server(binaries: Path) -> Iterator[Path]:
    """Run a server; yields the folder of its socket, which is its host name in a URL."""
    folder = Path(tempfile.mkdtemp(prefix="docvlm-postgres-"))
    account = _unprivileged_account()
    if account is not None:
        os.chown(folder, account.pw_uid, account.pw_gid)
    identity = (
        {} if account is None else {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    )
    data = folder / "data"
    log = folder / "log"
    initdb = [
        binaries / "initdb",
        "-D",
        data,
        "-U",
        "docvlm",
        "-A",
        "trust",
        "-E",
        "UTF8",
        "--locale=C",
        "-N",
    ]
    subprocess.run(initdb, check=True, stdout=subprocess.DEVNULL, cwd=folder, **identity)
    serve = [binaries / "postgres", "-D", data, "-k", folder, "-c", "listen_addresses=", "-c", "fsync=off"]
    with log.open("w") as output:
        server = subprocess.Popen(serve, stdout=output, stderr=output, cwd=folder, **identity)
    try:
        _wait_until_ready(server, folder, log)
        yield folder
    finally:
        server.send_signal(signal.SIGQUIT)  # without writing out what is thrown away
        server.wait(timeout=30)
        shutil.rmtree(folder)


def _unprivileged_account() -> pwd.struct_passwd | None:
    """PostgreSQL refuses to run as root."""
    return pwd.getpwnam("postgres") if os.geteuid() == 0 else None


def _wait_until_ready(server: subprocess.Popen[bytes], socket_folder: Path, log: Path) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            psycopg.connect(host=str(socket_folder), user="docvlm", dbname="postgres").close()
        except psycopg.OperationalError:
            if server.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text()}") from None
            time.sleep(0.1)
        else:
            return
