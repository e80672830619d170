"""Spans of real runs, taken by OpenTelemetry's own exporters."""

from __future__ import annotations

import http.server
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as trace_service
from opentelemetry.sdk.trace.export import in_memory_span_exporter as memory

from docvlm.errors import UsageError
from docvlm.telemetry import record_span, span, spans
from tests.batch.files import write_pdf
from tests.conftest import REPOSITORY
from tests.served import served


def test_spans_have_their_parents_and_no_text_of_errors() -> None:
    exporter = memory.InMemorySpanExporter()
    spans.start_tracing(exporter)
    try:
        with pytest.raises(ValueError), span("outer", pages=2):
            with span("inner"):
                record_span("before", 1.5, state="done")
            raise ValueError("Dear Sir or Madam")
        spans.flush_spans()
    finally:
        spans.stop_tracing()
    found = {each.name: each for each in exporter.get_finished_spans()}
    assert found["inner"].parent.span_id == found["outer"].context.span_id
    assert found["before"].parent.span_id == found["inner"].context.span_id
    assert (found["before"].end_time - found["before"].start_time) / 1e9 == pytest.approx(1.5)
    assert found["outer"].attributes == {"docvlm.pages": 2, "error.type": "ValueError"}
    assert found["outer"].status.description is None and found["outer"].events == ()


def test_without_configuration_nothing_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OTEL_TRACES_EXPORTER", raising=False)
    spans.start_tracing()
    with span("outer"):
        assert spans.current_parent() == ""


def test_an_unknown_exporter_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "zipkin")
    with pytest.raises(UsageError, match="zipkin"):
        spans.start_tracing()


@contextmanager
def collector() -> Iterator[tuple[str, list[bytes]]]:
    """A collector of spans on this machine: its address, and the messages it was sent."""
    received: list[bytes] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_arguments: object) -> None:
            pass

    with served(http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as address:
        yield address, received


def run_batch(folder: Path, home: Path, endpoint: str) -> subprocess.CompletedProcess[str]:
    variables = {
        "DOCVLM_HOME": str(home),
        "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint,
        "OTEL_EXPORTER_OTLP_COMPRESSION": "none",
    }
    return subprocess.run(
        [sys.executable, "-m", "docvlm", "batch", str(folder), "--read", "--workers", "1"],
        cwd=REPOSITORY,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def test_a_batch_and_its_workers_are_one_trace_without_a_word_of_the_documents(tmp_path: Path) -> None:
    write_pdf(tmp_path / "in" / "Xanthippe.pdf", ["Confidential", "Zebrastripe"])
    with collector() as (endpoint, received):
        done = run_batch(tmp_path / "in", tmp_path / "home", endpoint)
    assert done.returncode == 0, done.stderr
    found = {}
    for message in received:
        request = trace_service.ExportTraceServiceRequest.FromString(message)
        for resource in request.resource_spans:
            for scope in resource.scope_spans:
                found.update({each.name: each for each in scope.spans})
    assert {"docvlm batch", "unit read", "read", "write results"} <= found.keys()
    assert len({each.trace_id for each in found.values()}) == 1
    assert found["unit read"].parent_span_id == found["docvlm batch"].span_id
    assert found["read"].parent_span_id == found["unit read"].span_id
    everything = b"".join(received)
    for secret in (b"Xanthippe", b"Confidential", b"Zebrastripe", str(tmp_path).encode()):
        assert secret not in everything


def test_a_collector_that_is_not_there_costs_little_and_stops_nothing(tmp_path: Path) -> None:
    write_pdf(tmp_path / "in" / "a.pdf", ["One"])
    done = run_batch(tmp_path / "in", tmp_path / "home", "http://127.0.0.1:9")
    assert done.returncode == 0
    assert "1 done" in done.stdout and "Traceback" not in done.stderr
