"""Batches on a real Ray: one started for the run, and a cluster of several nodes that is there already."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.batch.clusters import finished, mixed_folder, results, start_batch
from tests.processes import command_of

pytestmark = pytest.mark.slow

FILES, PAGES = 12, 5


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return mixed_folder(tmp_path / "in", FILES, PAGES)


@pytest.fixture
def plain(folder: Path, tmp_path: Path) -> list[dict[str, Any]]:
    out = tmp_path / "plain.jsonl"
    finished(start_batch(folder, out, DOCVLM_HOME=str(tmp_path / "plain")))
    return results(out)


@pytest.fixture(autouse=True)
def nothing_is_left_behind(tmp_path: Path) -> Iterator[None]:
    before = set(Path(tempfile.gettempdir()).glob("docvlm-ray-*"))
    yield
    deadline = time.monotonic() + 20
    while (left := own_processes(tmp_path)) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert [command_of(process) for process in left] == []
    assert set(Path(tempfile.gettempdir()).glob("docvlm-ray-*")) <= before


def own_processes(scratch: Path) -> list[psutil.Process]:
    """Processes that were started with a data folder of this test."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("DOCVLM_HOME", "").startswith(str(scratch)):
                found.append(process)
        except psutil.Error:
            continue
    return found


def test_a_local_ray_gives_what_a_plain_run_gives(
    folder: Path, plain: list[dict[str, Any]], tmp_path: Path
) -> None:
    out = tmp_path / "ray.jsonl"
    summary = finished(
        start_batch(folder, out, "--engine", "ray", "--workers", "2", DOCVLM_HOME=str(tmp_path / "ray"))
    )
    assert summary["pages"] == FILES * PAGES
    assert results(out) == plain


def test_the_embedded_model_answers_on_ray_as_it_does_in_a_plain_run(
    samples: Path, model_home: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    shutil.copy(samples / "receipt.jpg", folder)
    answered = {}
    for name, options in (("plain", ()), ("ray", ("--engine", "ray"))):
        home, out = tmp_path / name, tmp_path / f"{name}.jsonl"
        home.mkdir()
        (home / "models").symlink_to(model_home / "models")
        process = start_batch(
            *(folder, out, "--threads", "1", *options),
            question="What is the total?",
            DOCVLM_HOME=str(home),
        )
        assert finished(process)["states"]["done"] == 1
        (answered[name],) = results(out)
    assert answered["plain"]["answer"]
    assert answered["ray"] == answered["plain"]


def test_a_station_that_is_killed_loses_nothing(
    folder: Path, plain: list[dict[str, Any]], tmp_path: Path
) -> None:
    home, out = tmp_path / "ray", tmp_path / "ray.jsonl"
    process = start_batch(folder, out, "--engine", "ray", DOCVLM_HOME=str(home))
    deadline = time.monotonic() + 120
    while not any("docvlm.ingest.worker" in command_of(each) for each in own_processes(tmp_path)):
        assert process.poll() is None and time.monotonic() < deadline, "it did not begin"
        time.sleep(0.05)
    (station,) = [
        each for each in own_processes(tmp_path) if "".join(command_of(each)[:1]).startswith("ray::Station")
    ]
    station.kill()
    summary = finished(process)
    assert summary["states"]["done"] == FILES + 1
    assert results(out) == plain


@pytest.fixture
def cluster() -> Iterator[Any]:
    """Two nodes, as two machines are; their processes are the test's own."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    from ray.cluster_utils import Cluster

    nodes = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    nodes.add_node(num_cpus=1)
    yield nodes
    nodes.shutdown()


@pytest.mark.postgres
def test_a_cluster_of_two_nodes_shares_the_work(
    folder: Path, plain: list[dict[str, Any]], cluster: Any, postgres_url: str, tmp_path: Path
) -> None:
    home, out, log = tmp_path / "ray", tmp_path / "ray.jsonl", tmp_path / "log.jsonl"
    options = ("--engine", "ray", "--address", cluster.address, "--workers", "2", "--log", str(log))
    refused = start_batch(folder, out, *options, DOCVLM_HOME=str(home))
    _, errors = refused.communicate(timeout=120)
    assert refused.returncode == 2
    assert "SQLite is for one" in errors and "DOCVLM_DATABASE_URL" in errors

    summary = finished(
        start_batch(folder, out, *options, DOCVLM_HOME=str(home), DOCVLM_DATABASE_URL=postgres_url)
    )
    assert summary["pages"] == FILES * PAGES
    assert results(out) == plain
    assert log.read_text().count("worker.started") == 2


def test_a_cluster_that_is_not_there_is_told(folder: Path, tmp_path: Path) -> None:
    process = start_batch(
        folder,
        tmp_path / "out.jsonl",
        *("--engine", "ray", "--address", "127.0.0.1:1"),
        DOCVLM_HOME=str(tmp_path / "ray"),
    )
    _, errors = process.communicate(timeout=180)
    assert process.returncode == 2, errors
    assert "127.0.0.1:1 cannot be used" in errors and "Traceback" not in errors
