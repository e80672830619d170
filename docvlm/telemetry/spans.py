"""OpenTelemetry spans, where the environment asks for them with the names that OpenTelemetry defines.

``OTEL_EXPORTER_OTLP_ENDPOINT`` (or ``OTEL_TRACES_EXPORTER=otlp``) sends them to a collector,
``OTEL_TRACES_EXPORTER=console`` prints them on standard error. Without either, and without the packages of
``docvlm/telemetry/requirements.txt``, every function here does nothing.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from docvlm.errors import UsageError

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
_PREFIX = "docvlm."
_FLUSH_MILLISECONDS = 1000

_provider: Any = None
_collector_is_slow = False

Attribute = str | int | float | bool


def start_tracing(exporter: Any = None) -> None:
    """Begin to send spans, where the environment says where to, or to ``exporter``.

    Raises:
        UsageError: when the packages are not installed, or the exporter is not known.
    """
    global _provider, _collector_is_slow
    wanted = _wanted(os.environ)
    if exporter is None and wanted is None:
        return
    try:
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        exporter = exporter or _exporter(wanted)
    except ModuleNotFoundError as error:
        raise UsageError(
            "Tracing is wanted, and OpenTelemetry is not installed.",
            "Run 'pip install -r docvlm/telemetry/requirements.txt', or unset the OTEL_ variables.",
        ) from error
    name = os.environ.get("OTEL_SERVICE_NAME", "docvlm")
    _provider = TracerProvider(resource=Resource.create({"service.name": name}))
    _provider.add_span_processor(BatchSpanProcessor(exporter))
    _collector_is_slow = False


def stop_tracing() -> None:
    """Send what is left."""
    global _provider
    if _provider is not None:
        flush_spans()
        _provider.shutdown()
        _provider = None


def flush_spans() -> None:
    """Send what has ended, in a second at most; a slower collector is not waited for again."""
    global _collector_is_slow
    if _provider is not None and not _collector_is_slow:
        _collector_is_slow = not _provider.force_flush(_FLUSH_MILLISECONDS)


@contextmanager
def span(name: str, **attributes: Attribute) -> Iterator[None]:
    """A span around the block, below the one that is open in this thread."""
    if _provider is None:
        yield
        return
    tracer = _provider.get_tracer("docvlm")
    # An error's text may quote a document: its class alone is kept.
    with tracer.start_as_current_span(
        name, attributes=_named(attributes), record_exception=False, set_status_on_exception=False
    ) as opened:
        try:
            yield
        except BaseException as error:
            from opentelemetry.trace import StatusCode

            opened.set_attribute("error.type", type(error).__name__)
            opened.set_status(StatusCode.ERROR)
            raise


def record_span(name: str, seconds: float, **attributes: Attribute) -> None:
    """A span that ends now and took so long, for work that is not one block of code."""
    if _provider is None:
        return
    end = time.time_ns()
    opened = _provider.get_tracer("docvlm").start_span(
        name, attributes=_named(attributes), start_time=end - int(seconds * 1e9)
    )
    opened.end(end)


def current_parent() -> str:
    """The open span in the form of W3C's ``traceparent`` header; empty without one."""
    if _provider is None:
        return ""
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    carrier: dict[str, str] = {}
    TraceContextTextMapPropagator().inject(carrier)
    return carrier.get("traceparent", "")


@contextmanager
def continued(parent: str) -> Iterator[None]:
    """Have the spans of the block stand below one of another process."""
    if _provider is None or not parent:
        yield
        return
    from opentelemetry import context
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    token = context.attach(TraceContextTextMapPropagator().extract({"traceparent": parent}))
    try:
        yield
    finally:
        context.detach(token)


def _wanted(environment: Mapping[str, str]) -> str | None:
    """The exporter that the environment names; None where tracing is off."""
    if environment.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return None
    named = environment.get("OTEL_TRACES_EXPORTER", "").strip().lower()
    if named:
        return None if named == "none" else named
    return "otlp" if any(environment.get(name) for name in _ENDPOINTS) else None


def _exporter(name: str | None) -> Any:
    if name == "console":
        from opentelemetry.sdk.trace.export import ConsoleSpanExporter

        return ConsoleSpanExporter(out=sys.stderr)
    if name == "otlp":
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

        return OTLPSpanExporter()
    raise UsageError(
        f"There is no exporter '{name}' of spans.", "Set OTEL_TRACES_EXPORTER to otlp or console."
    )


def _named(attributes: Mapping[str, Attribute]) -> dict[str, Attribute]:
    return {f"{_PREFIX}{name}": value for name, value in attributes.items()}
