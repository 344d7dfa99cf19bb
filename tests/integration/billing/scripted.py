"""A processor that answers what it is told to, and remembers what it was asked."""

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

Answer = tuple[int, dict[str, Any]]


@dataclass
class Scripted:
    """Answers in turn; the last one for ever."""

    answers: list[Answer]
    asked: list[Request] = field(default_factory=list)
    forms: list[dict[str, str]] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        self.asked.append(request)
        self.forms.append(dict(parse_qsl((await request.body()).decode())))
        status, body = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        answer = Response(json.dumps(body), status, media_type="application/json")
        await answer(scope, receive, send)
