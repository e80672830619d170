"""Settings, validated once. Environment variables begin with ``DOCVLM_``."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path

import platformdirs

from docvlm.errors import UsageError
from docvlm.model_names import EMBEDDED

ONNXRUNTIME, OPENVINO = "onnxruntime", "openvino"
"""Who may compute the networks that read print."""


_MOST_SECONDS = 7 * 24 * 3600
"""A week; the kernel's alarm clock takes no endless times."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a single file may cost before it is stopped.

    ``file_bytes`` is compared before the file is opened; ``page_pixels`` bounds one rendered page;
    ``page_seconds`` and ``open_seconds`` are wall-clock limits after which the worker is killed;
    ``worker_bytes`` is the address space that one worker process may take; ``reader_bytes`` the resident
    memory of a process of a batch that recognises print on the pages, ``model_bytes`` that of one with a
    model (None: four fifths of the machine's memory, shared by those that run there). After
    ``lost_pages_in_a_row`` pages that took too long or crashed the worker, the rest is skipped.
    """

    file_bytes: int = 512 * 2**20
    page_pixels: int = 16_000_000
    page_seconds: float = 30.0
    open_seconds: float = 30.0
    worker_bytes: int = 2 * 2**30
    reader_bytes: int = 2 * 2**30
    model_bytes: int | None = None
    max_pages: int = 20_000
    lost_pages_in_a_row: int = 10

    def __post_init__(self) -> None:
        for name in self.__dataclass_fields__:
            if (value := getattr(self, name)) is None:
                continue
            if not value > 0:  # as NaN is not
                raise UsageError(f"The limit {name} must be above zero.", "Give a positive number.")
            most = _MOST_SECONDS if name.endswith("_seconds") else sys.maxsize
            if value > most:
                raise UsageError(f"The limit {name} must be at most {most:,}.", "Give a smaller number.")


@dataclass(frozen=True, slots=True)
class ServerLimits:
    """How a model server is treated.

    ``concurrency`` bounds the requests in flight from this process; ``connect_seconds`` and
    ``silence_seconds`` are how long to wait for a connection and for the next bytes of a reply; a request
    is given up ``patience_seconds`` after the last sign of progress.
    """

    concurrency: int = 8
    connect_seconds: float = 10.0
    silence_seconds: float = 300.0
    patience_seconds: float = 600.0


@dataclass(frozen=True, slots=True)
class Settings:
    """Where things are kept and which model is used unless an option says otherwise."""

    home: Path
    database_url: str
    model: str = EMBEDDED
    adapter: str | None = None
    budget: str = "balanced"
    threads: int | None = None
    reader: str = ONNXRUNTIME
    limits: Limits = field(default_factory=Limits)
    server: ServerLimits = field(default_factory=ServerLimits)
    log_file: Path | None = None
    run_id: str = ""

    @property
    def model_cache(self) -> Path:
        """Unpacked model weights; safe to delete, rebuilt by ``python -m docvlm setup``."""
        return self.home / "models"

    @property
    def adapters(self) -> Path:
        """The shelf of adapters trained on the user's labels."""
        return self.home / "adapters"

    @property
    def uploads(self) -> Path:
        """What browsers uploaded, until it is taken in."""
        return self.home / "uploads"

    @staticmethod
    def from_environment(environment: Mapping[str, str] | None = None) -> Settings:
        """Read ``DOCVLM_HOME``, ``DOCVLM_DATABASE_URL``, ``DOCVLM_MODEL``, ``DOCVLM_ADAPTER``,
        ``DOCVLM_BUDGET``, ``DOCVLM_THREADS``, ``DOCVLM_READER``, ``DOCVLM_SERVER_CONCURRENCY``,
        ``DOCVLM_SERVER_PATIENCE`` (seconds), ``DOCVLM_LOG`` (a file), ``DOCVLM_RUN_ID``, and for
        each of the ``Limits`` a variable such as ``DOCVLM_LIMIT_PAGE_SECONDS``.

        Raises:
            UsageError: when a value cannot be used.
        """
        env = os.environ if environment is None else environment
        home = Path(env.get("DOCVLM_HOME") or platformdirs.user_data_dir("docvlm", appauthor=False))
        try:
            home = home.expanduser().absolute()
        except RuntimeError as error:
            raise UsageError(
                f"DOCVLM_HOME is '{home}', and nobody of that name has a home folder here.",
                "Set it to the whole path of a folder.",
            ) from error
        server = ServerLimits()
        return Settings(
            home=home,
            database_url=env.get("DOCVLM_DATABASE_URL") or f"sqlite:///{home / 'docvlm.sqlite'}",
            model=env.get("DOCVLM_MODEL") or EMBEDDED,
            adapter=env.get("DOCVLM_ADAPTER") or None,
            budget=env.get("DOCVLM_BUDGET") or "balanced",
            threads=_count(env, "DOCVLM_THREADS", "threads"),
            reader=_reader(env),
            limits=_limits(env),
            server=replace(
                server,
                concurrency=_count(env, "DOCVLM_SERVER_CONCURRENCY", "requests") or server.concurrency,
                patience_seconds=_count(env, "DOCVLM_SERVER_PATIENCE", "seconds") or server.patience_seconds,
            ),
            log_file=Path(env["DOCVLM_LOG"]).absolute() if env.get("DOCVLM_LOG") else None,
            run_id=env.get("DOCVLM_RUN_ID", ""),
        )

    def prepare_home(self) -> Path:
        """Create the data folder, readable by its owner only, and return it.

        Raises:
            UsageError: when the folder cannot be made.
        """
        try:
            self.home.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise UsageError(
                f"The data folder {self.home} cannot be made: {error.strerror}.",
                "Set DOCVLM_HOME to a folder you may write to.",
            ) from error
        return self.home


def _limits(env: Mapping[str, str]) -> Limits:
    """The usual limits, with those that the environment sets otherwise."""
    usual = Limits()
    chosen: dict[str, int | float] = {}
    for limit in fields(Limits):
        variable = f"DOCVLM_LIMIT_{limit.name.upper()}"
        if value := env.get(variable):
            default = getattr(usual, limit.name)
            kind = int if default is None else type(default)
            try:
                chosen[limit.name] = kind(value)
            except ValueError as error:
                raise UsageError(
                    f"{variable} is '{value}', which is not a number.", "Set it to a number, or unset it."
                ) from error
    return replace(usual, **chosen)  # type: ignore[arg-type]


def _reader(env: Mapping[str, str]) -> str:
    wanted = env.get("DOCVLM_READER") or ONNXRUNTIME
    if wanted not in (ONNXRUNTIME, OPENVINO):
        raise UsageError(
            f"DOCVLM_READER is '{wanted}', which is no reader.", f"Set {ONNXRUNTIME} or {OPENVINO}."
        )
    return wanted


def _count(env: Mapping[str, str], name: str, unit: str) -> int | None:
    """A whole number from 1 on, None where the variable is not set."""
    value = env.get(name, "")
    if not value:
        return None
    if not value.isdecimal() or int(value) < 1:
        raise UsageError(
            f"{name} is '{value}', which is not a number of {unit}.", "Set it to 1 or more, or unset it."
        )
    return int(value)
