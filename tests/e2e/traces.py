"""A collector of our own for the traces of a stack: it keeps what each process exports, as it came (OTLP by HTTP)."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from deploy.local.settings import HOST


class Span(NamedTuple):
    """What a process did, when it began, in nanoseconds of real time, and where in which trace it stands."""

    process: str
    name: str
    began: int
    trace: str
    id: str
    parent: str


class Traces:
    """What has come so far."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.endpoint = ""

    def spans(self) -> Iterator[Span]:
        """All of it, by the processes that exported it."""
        for body in list(self.bodies):
            for part in ExportTraceServiceRequest.FromString(body).resource_spans:
                told = {one.key: one.value.string_value for one in part.resource.attributes}
                for scope in part.scope_spans:
                    for span in scope.spans:
                        yield Span(
                            told["service.name"],
                            span.name,
                            span.start_time_unix_nano,
                            span.trace_id.hex(),
                            span.span_id.hex(),
                            span.parent_span_id.hex(),
                        )


@contextmanager
def collected() -> Iterator[Traces]:
    """A collector that lasts as long as the block."""
    traces = Traces()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            """Keep it, and say that all of it was taken."""
            traces.bodies.append(self.rfile.read(int(self.headers["content-length"])))
            answer = ExportTraceServiceResponse().SerializeToString()
            self.send_response(200)
            self.send_header("content-type", "application/x-protobuf")
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  Its name in the library.
            """Nothing: the stack exports every few seconds."""

    with ThreadingHTTPServer((HOST, 0), Handler) as server:
        traces.endpoint = f"http://{HOST}:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield traces
        finally:
            server.shutdown()
            thread.join()
