"""A WhatsApp of our own: numbers, templates in review, messages, signed reports late and twice, failures on demand.

Every request, answer and report is judged by WhatsApp's own OpenAPI document where it is at hand; `wrong` keeps the
verdicts. It proves that our requests have the vendor's shape and that we survive its answers, never that it accepts us.
"""

import base64
import hmac
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from itertools import count
from typing import Any

from openapi_core.datatypes import RequestParameters
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from tests.doubles import openapi

VERSION = "/v23.0"
TOKEN, NUMBER_ID, SECRET, VERIFY = "system-user-token", "106540352242922", "app-secret", "verify-me"
TEMPLATE = "group_invite"
MESSAGE_TEMPLATE = "message"
MESSAGES = "/{Version}/{Phone-Number-ID}/messages"
IDS = {"Version": VERSION.removeprefix("/"), "Phone-Number-ID": NUMBER_ID}
WEBHOOKS = "/whatsapp/webhooks"
OURS = "15550783881"
ACCOUNT = "419561257915477"
MOST_PARAMETERS = 2

Json = dict[str, Any]


class Spec(openapi.Spec):
    """WhatsApp's own document, whose pattern for the place of a button refuses "0", its own example.

    And which wants our token in a report, as if that were one of our requests.
    """

    @classmethod
    def mended(cls, document: openapi.Document) -> openapi.Document:
        schemas = document["components"]["schemas"]
        del schemas["TemplateComponent"]["properties"]["index"]["pattern"]
        del document["paths"][WEBHOOKS]["post"]["security"]
        return document


@dataclass
class Message:
    """One that was accepted: what the reader sees is what the template says with these words."""

    id: str
    to: str
    language: str
    words: list[str]
    door: str
    mark: str


@dataclass
class Failure:
    answer: Response
    takes_it: bool


@dataclass
class Whatsapp:
    """The vendor. `messages` are those it took, `posted` all that reached it."""

    templates: set[tuple[str, str]] = field(
        default_factory=lambda: {
            (name, language) for name in (TEMPLATE, MESSAGE_TEMPLATE) for language in ("en", "fr")
        }
    )
    messages: list[Message] = field(default_factory=list)
    posted: list[Json] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._ids = count(1)
        path = openapi.path_of("whatsapp.v23")
        self.spec = Spec.read(path) if path else None
        routes = [Route(f"{VERSION}/{NUMBER_ID}/messages", self._send, methods=["POST"])]
        self.app = Starlette(routes=routes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)

    # What people, time and trouble do.

    def to(self, number: str) -> list[Message]:
        return [message for message in self.messages if message.to == number.removeprefix("+")]

    def fail(self, code: int, status: int = 400, *, times: int = 1) -> None:
        """The next requests are refused with this code of the vendor's."""
        self.failures += [Failure(_refused(code, status), takes_it=False)] * times

    def break_down(self, status: int = 502) -> None:
        """The next message is taken, and the answer is lost on its way."""
        self.failures.append(Failure(Response("<html>", status), takes_it=True))

    def report(self, message: Message, status: str, code: int | None = None) -> tuple[bytes, str]:
        """The POST that says what became of a message, and its signature."""
        said: Json = {
            "id": message.id,
            "status": status,
            "timestamp": "1749416383",
            "recipient_id": message.to,
            "biz_opaque_callback_data": message.mark,
        }
        if code is not None:
            said["errors"] = [{"code": code, "title": "Not sent", "message": "Not sent"}]
        payload = _payload({"statuses": [said]})
        # Of what members write, the document refuses its own examples; of reports it does not.
        raw, signature = _signed(payload)
        if self.spec is not None:
            told = RequestParameters(header={"X-Hub-Signature-256": signature})
            self.wrong += self.spec.wrong_request(openapi.Asked("post", WEBHOOKS, told, raw))
        return raw, signature

    def written_by(self, number: str, text: str) -> tuple[bytes, str]:
        """The POST that says what a member wrote to our number."""
        said = {"from": number, "id": "wamid.1", "timestamp": "1", "type": "text"}
        return _signed(_payload({"messages": [said | {"text": {"body": text}}]}))

    # The API.

    async def _send(self, request: Request) -> Response:
        raw = await request.body()
        asked = openapi.Asked.of(request, MESSAGES, raw, IDS)
        if self.spec is not None:
            self.wrong += self.spec.wrong_request(asked)
        answer = self._answer(request, json.loads(raw))
        # The document tells of one answer.
        if self.spec is not None and answer.status_code == HTTPStatus.OK:
            self.wrong += self.spec.wrong_answer(asked, openapi.Answered.of(answer))
        return answer

    def _answer(self, request: Request, body: Json) -> Response:
        self.posted.append(body)
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return _refused(190, 401)
        failure = self.failures.pop(0) if self.failures else None
        if failure is not None and not failure.takes_it:
            return failure.answer
        refusal = next(self._refusals(body), None)
        if refusal is not None:
            return refusal
        answer = self._take(body)
        return failure.answer if failure is not None else answer

    def _refusals(self, body: Json) -> Iterator[Response]:
        template = body["template"]
        if (template["name"], template["language"]["code"]) not in self.templates:
            yield _refused(132001, 404)
        words = [part for part in template["components"] if part["type"] == "body"]
        if len(words) != 1 or len(words[0]["parameters"]) != MOST_PARAMETERS:
            yield _refused(132000, 400)
        if not body["to"].isdigit():
            yield _refused(131009, 400)

    def _take(self, body: Json) -> Response:
        said, door = body["template"]["components"]
        # As the vendor's do, ids hold the number of whoever the message is for.
        number = f"{next(self._ids)} {body['to']}".encode()
        message = Message(
            id="wamid." + base64.b64encode(number).decode(),
            to=body["to"],
            language=body["template"]["language"]["code"],
            words=[parameter["text"] for parameter in said["parameters"]],
            door=door["parameters"][0]["text"],
            mark=body["biz_opaque_callback_data"],
        )
        self.messages.append(message)
        answer = {
            "messaging_product": "whatsapp",
            "contacts": [{"input": message.to, "wa_id": message.to}],
            "messages": [{"id": message.id, "message_status": "accepted"}],
        }
        return JSONResponse(answer)


def _payload(more: Json) -> Json:
    about = {"display_phone_number": OURS, "phone_number_id": NUMBER_ID}
    value = {"messaging_product": "whatsapp", "metadata": about} | more
    change = {"field": "messages", "value": value}
    return {
        "object": "whatsapp_business_account",
        "entry": [{"id": ACCOUNT, "changes": [change]}],
    }


def _signed(payload: Json) -> tuple[bytes, str]:
    """As Meta writes it: what is not ASCII is escaped, and the bytes are signed."""
    raw = json.dumps(payload).encode()
    return raw, "sha256=" + hmac.digest(SECRET.encode(), raw, "sha256").hex()


def _refused(code: int, status: int) -> Response:
    error = {"message": "No.", "type": "OAuthException", "code": code, "fbtrace_id": "Az8or2yhqkZ"}
    return JSONResponse({"error": error}, status)
