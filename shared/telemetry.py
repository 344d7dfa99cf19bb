"""Traces that follow one command through the services, metrics of every loop, and structured logs."""

import json
import logging
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import cache
from typing import Any

from opentelemetry import context, metrics, trace
from opentelemetry.trace import Span
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

_tracer = trace.get_tracer("tessera")
_meter = metrics.get_meter("tessera")
_propagator = TraceContextTextMapPropagator()


@cache
def _instrument(create: Callable[..., Any], name: str) -> Any:
    return create(f"tessera.{name}")


def count(name: str, amount: int = 1, /, **attributes: str) -> None:
    """Add to the counter `tessera.<name>`."""
    _instrument(_meter.create_counter, name).add(amount, attributes)


def gauge(name: str, value: float, /, **attributes: str) -> None:
    """Set the gauge `tessera.<name>`."""
    _instrument(_meter.create_gauge, name).set(value, attributes)


def span(name: str, traceparent: str | None = None) -> AbstractContextManager[Span]:
    """A span around the block; it continues `traceparent` (W3C) when there is one."""
    parent = _propagator.extract({"traceparent": traceparent}) if traceparent else None
    return _tracer.start_as_current_span(name, context=parent)


@contextmanager
def spans(name: str, traceparents: Iterable[str | None]) -> Iterator[None]:
    """A span around the block in each trace that is kept: what is done for many at once is met in all of theirs."""
    with ExitStack() as begun:
        for one in {one for one in traceparents if one and one.endswith("-01")}:
            begun.enter_context(span(name, one))
        yield


def traceparent() -> str | None:
    """The current trace in W3C form, None outside any."""
    carrier: dict[str, str] = {}
    _propagator.inject(carrier, context.get_current())
    return carrier.get("traceparent")


class JsonFormatter(logging.Formatter):
    """One JSON object a line, with the trace it belongs to. Callers never log what a person typed."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as JSON."""
        ids = trace.get_current_span().get_span_context()
        line: dict[str, Any] = {
            "time": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if ids.is_valid:
            line["trace_id"] = f"{ids.trace_id:032x}"
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line)


def setup(service: str, role: str, *, otlp_endpoint: str | None = None) -> None:
    """Logs to standard error, metrics for Prometheus to scrape, traces to an OTLP collector when one is named."""
    from opentelemetry.exporter.prometheus import PrometheusMetricReader
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ParentBased, TraceIdRatioBased

    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    for noisy in ("httpx", "aiokafka", "uvicorn.access", "stripe"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    process = {"service.name": f"tessera-{service}-{role}", "service.namespace": "tessera"}
    resource = Resource.create(process)
    metrics.set_meter_provider(MeterProvider([PrometheusMetricReader()], resource))
    sampler = ParentBased(TraceIdRatioBased(1.0)) if otlp_endpoint else ALWAYS_OFF
    provider = TracerProvider(resource=resource, sampler=sampler)
    if otlp_endpoint:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        exporter = OTLPSpanExporter(endpoint=f"{otlp_endpoint}/v1/traces")
        provider.add_span_processor(BatchSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
