"""Does units on a Ray cluster, or on a Ray that is started here: one actor for each worker.

Plain actors rather than a Ray Data pipeline, because a unit here is claimed under a lease, reports every
page, may be stopped, and goes on behind a page that cost its worker; Ray Data knows blocks that are done
or done again. What ``docvlm.batch.schedule`` does is the same for every executor.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from docvlm.batch.executor import Event, Stage, WorkerSetup
from docvlm.batch.messages import Broken
from docvlm.batch.station import Station, StationReport
from docvlm.batch.units import Outcome, Unit, UnitProgress, UnitResult
from docvlm.batch.workers import WorkerLimits
from docvlm.errors import ModelError, UsageError
from docvlm.models.protocol import EngineCard
from docvlm.telemetry import log_event

_UNITS_AHEAD = 4  # a station is further away than a process, so more is underway to it
_LISTEN_SECONDS = 0.2
_CLOSE_SECONDS = 10.0
_CONNECT_SECONDS = 10.0
_LOADING_SECONDS = 1800.0  # a cluster may first start a machine for it
_MOST_LOST_STATIONS = 20
_OBJECT_STORE_BYTES = 100 * 2**20  # units and results are small; pages never leave their station


@dataclass(slots=True)
class _Post:
    """The driver's side of a station.

    Attributes:
        actor: Ray's handle.
        call: the call of ``Station.work`` that is underway.
        units: what it was given and has not finished, in order.
        outgoing: what goes with the next call.
        is_ready: whether it has answered before; until then Ray may still be looking for a place.
    """

    stage: Stage
    actor: Any
    call: Any = None
    units: dict[str, Unit] = field(default_factory=dict)
    outgoing: list[Unit] = field(default_factory=list)
    is_ready: bool = False


class RayExecutor:
    """See ``docvlm.batch.executor.Executor``.

    Args:
        setups: what the workers of each stage are started with.
        counts: how many workers each stage has.
        address: of a running cluster, as ``ray.init`` takes it; None starts a Ray on this machine.

    Raises:
        UsageError: when Ray is not installed or the cluster cannot be reached, or when a cluster of
            several machines would have to share a SQLite file.
    """

    def __init__(
        self,
        setups: Mapping[Stage, WorkerSetup],
        counts: Mapping[Stage, int],
        limits: WorkerLimits,
        address: str | None = None,
    ) -> None:
        self._ray = _ray()
        self._setups = setups
        self._limits = limits
        self._is_own = address is None
        self._posts: list[_Post] = []
        self._lost_stations = 0
        self._resources = ExitStack()
        self._resources.enter_context(_ray_says_nothing())
        try:
            self._connect(address, sum(counts.values()))
            self._refuse_shared_sqlite()
            for stage, count in counts.items():
                self._posts += [self._new_post(stage) for _ in range(count)]
        except BaseException:
            self.close()
            raise

    def start_model(self) -> EngineCard:
        """Load the model at every station that has one, and return its card.

        Raises:
            ModelError: when it cannot be loaded, or is not the same everywhere.
        """
        cards: list[EngineCard] = []
        for post in self._of(Stage.MODEL):
            try:
                card = self._ray.get(post.actor.start_model.remote(), timeout=_LOADING_SECONDS)
            except self._ray.exceptions.GetTimeoutError as error:
                raise ModelError(
                    "No machine of the cluster has had room for the model.",
                    "Ask for less with --model-workers, --workers and --threads, or see 'ray status'.",
                ) from error
            except self._ray.exceptions.RayError as error:
                raise ModelError(
                    "The Ray worker of the model ended while it was loading.",
                    "Check that memory is free on the machines of the cluster.",
                ) from error
            if isinstance(card, Broken):
                raise card.as_error()
            cards.append(card)
        if len({card.revision for card in cards}) > 1:
            raise ModelError(
                "The machines of the cluster have different versions of the model.",
                "Install the same docvlm on all of them.",
            )
        return cards[0]

    def free(self, stage: Stage) -> int:
        return sum(max(0, _UNITS_AHEAD - len(post.units)) for post in self._of(stage) if post.is_ready)

    def submit(self, unit: Unit) -> None:
        ready = [post for post in self._of(Stage.of(unit.job.task)) if post.is_ready]
        post = min(ready, key=lambda each: len(each.units))
        post.units[unit.key] = unit
        post.outgoing.append(unit)

    def events(self, seconds: float) -> Sequence[Event]:
        for post in self._posts:
            if post.call is None:
                units, post.outgoing = post.outgoing, []
                post.call = post.actor.work.remote(units, _LISTEN_SECONDS)
        calls = {post.call: post for post in self._posts}
        ready, _ = self._ray.wait(list(calls), num_returns=1, timeout=seconds)
        events: list[Event] = []
        for call in ready:
            events += self._answer(calls[call])
        return events

    def stop(self) -> None:
        for post in self._posts:
            post.actor.stop.remote()

    def close(self) -> None:
        closing = [post.actor.close.remote() for post in self._posts if post.is_ready]
        if closing:
            self._ray.wait(closing, num_returns=len(closing), timeout=_CLOSE_SECONDS)
        while self._posts:
            self._ray.kill(self._posts.pop().actor)
        self._ray.shutdown()
        self._resources.close()

    def _of(self, stage: Stage) -> list[_Post]:
        return [post for post in self._posts if post.stage is stage]

    def _answer(self, post: _Post) -> Sequence[Event]:
        try:
            report: StationReport = self._ray.get(post.call)
        except self._ray.exceptions.RayError:
            return self._replace(post)
        post.call = None
        post.is_ready = True
        if report.broken is not None:
            raise report.broken.as_error()
        for event in report.events:
            if not isinstance(event, UnitProgress):
                post.units.pop(event.key, None)
        return report.events

    def _replace(self, post: _Post) -> Sequence[Event]:
        """A station that is gone, with its machine or alone: its first unit may be why, the others not."""
        log_event("worker.lost", stage=post.stage, why="station")
        self._lost_stations += 1
        if self._lost_stations > _MOST_LOST_STATIONS:
            raise ModelError(
                "The Ray workers keep ending.", "See the logs of the cluster, and run the same command again."
            )
        self._posts[self._posts.index(post)] = self._new_post(post.stage)
        reason = "The Ray worker that had it ended."
        lost = [UnitResult(key, Outcome.LOST, reason, ModelError.exit_code) for key in list(post.units)[:1]]
        return [*lost, *(UnitResult(key, Outcome.STOPPED) for key in list(post.units)[1:])]

    def _new_post(self, stage: Stage) -> _Post:
        setup = self._setups[stage]
        cores = (setup.settings.threads or 1) if stage is Stage.MODEL else 1
        graphics = 1 if stage is Stage.MODEL and self._ray.cluster_resources().get("GPU") else 0
        actor = self._ray.remote(Station).options(
            num_cpus=1 if self._is_own else cores,
            num_gpus=graphics,
            scheduling_strategy="SPREAD",
            max_restarts=0,
        )
        return _Post(stage, actor.remote(setup, self._limits))

    def _connect(self, address: str | None, workers: int) -> None:
        common: dict[str, Any] = {"log_to_driver": False, "logging_level": "ERROR"}
        try:
            if address is not None:
                _knock(address)
                self._ray.init(address=address, **common)
                return
            scratch = TemporaryDirectory(prefix="docvlm-ray-", ignore_cleanup_errors=True)
            self._ray.init(
                num_cpus=workers,
                include_dashboard=False,
                object_store_memory=_OBJECT_STORE_BYTES,
                _temp_dir=self._resources.enter_context(scratch),
                **common,
            )
        except (ConnectionError, RuntimeError, ValueError, OSError) as error:
            where = f"The Ray cluster at {address}" if address else "Ray on this machine"
            raise UsageError(
                f"{where} cannot be used ({type(error).__name__}).",
                "Check --address, that 'ray status' works here, and that both have the same version of Ray.",
            ) from error

    def _refuse_shared_sqlite(self) -> None:
        machines = [node for node in self._ray.nodes() if node["Alive"]]
        if len(machines) > 1 and any(
            setup.settings.database_url.startswith("sqlite") for setup in self._setups.values()
        ):
            raise UsageError(
                f"The cluster has {len(machines)} machines, and SQLite is for one.",
                "Set DOCVLM_DATABASE_URL to a PostgreSQL database that all of them reach.",
            )


@contextmanager
def _ray_says_nothing() -> Iterator[None]:
    """Ray prints on standard output when a worker of it ends, also where results are written there."""
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere, redirect_stdout(nowhere):
        yield


def _knock(address: str) -> None:
    """See whether anything answers at ``host:port``; where nothing does, Ray would end this process.

    Raises:
        OSError: when nothing does.
    """
    host, separator, port = address.removeprefix("ray://").rpartition(":")
    if separator and port.isdecimal():
        socket.create_connection((host, int(port)), _CONNECT_SECONDS).close()


def _ray() -> Any:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # it would report to its maker
    os.environ.setdefault("RAY_DEDUP_LOGS", "0")
    try:
        import ray
    except ModuleNotFoundError as error:
        raise UsageError(
            "Ray is not installed.",
            "Run 'pip install -r docvlm/batch/requirements-ray.txt', or leave out --engine ray.",
        ) from error
    return ray
