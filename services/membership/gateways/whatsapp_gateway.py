"""WhatsApp, by its Cloud API: approved templates carry doors and subjects, signed reports say what became of them."""

import hmac
import json
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any
from uuid import uuid5

import httpx

from services.membership.gateways.gateway import (
    GroupInvite,
    MessengerProblem,
    MessengerRefused,
    NotProved,
    PhoneMessage,
    Report,
    Unreachable,
    Unsure,
)
from shared.ids import PLATFORM

TIMEOUT = 10.0
ARRIVED = frozenset({"delivered", "read"})

# What is said of the reader's number (developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes); all else is
# said of us, our template or the moment: an operator's to put right, or nobody's, and tried again.
PROBLEMS: Mapping[int, MessengerProblem] = {
    100: "number_refused",
    131009: "number_refused",
    131021: "number_refused",
    131026: "number_unreachable",
    131048: "held_back",
    131049: "held_back",
    131050: "messages_stopped",
    130472: "held_back",
}
HELD_BACK: MessengerProblem = "held_back"


class WhatsappGateway:
    """One number of the platform's; its templates, for invites and for messages, exist in English and French."""

    def __init__(
        self,
        token: str,
        number_id: str,
        *,
        secret: str,
        verify: str,
        template: str,
        url: str,
        message_template: str | None = None,
    ) -> None:
        self._client = httpx.AsyncClient(
            base_url=url, timeout=TIMEOUT, headers={"Authorization": f"Bearer {token}"}
        )
        self._path = f"/{number_id}/messages"
        self._secret, self._verify, self._template = secret.encode(), verify, template
        self._message_template = message_template

    async def close(self) -> None:
        await self._client.aclose()

    async def invite(self, invite: GroupInvite) -> None:
        """Hand it over, as `gateway.Messenger` says."""
        said, door = (invite.community, invite.group), invite.door
        written = _written(self._template, invite.language, said, door)
        await self._hand_over(written, invite.number, invite.mark)

    @property
    def tells(self) -> bool:
        """Whether there is a template for messages."""
        return self._message_template is not None

    async def tell(self, message: PhoneMessage) -> None:
        """But for a day after its reader wrote, WhatsApp takes templates only: a subject, and where to read on."""
        said = message.community, message.subject
        written = _written(self._message_template or "", message.language, said, message.page)
        await self._hand_over(written, message.number, message.mark)

    async def _hand_over(self, template: dict[str, Any], number: str, mark: str) -> None:
        body = {
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            "to": number.removeprefix("+"),
            "type": "template",
            "biz_opaque_callback_data": mark,
            "template": template,
        }
        try:
            answer = await self._client.post(self._path, json=body)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise Unreachable("WhatsApp does not answer.") from error
        except httpx.HTTPError as error:
            raise Unsure("WhatsApp stopped answering.") from error
        if not answer.is_success:
            raise _judged(answer)

    def welcome(self, mode: str, token: str) -> bool:
        """Whether who asks knows the word that we gave the vendor."""
        return mode == "subscribe" and hmac.compare_digest(token.encode(), self._verify.encode())

    def reports(self, raw: bytes, signature: str) -> list[Report]:
        """What a POST of the vendor's says of our messages; the rest of it is passed over."""
        made = "sha256=" + hmac.digest(self._secret, raw, "sha256").hex()
        if not hmac.compare_digest(made.encode(), signature.encode()):
            raise NotProved
        try:
            return list(_reports(json.loads(raw)))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise NotProved from error


def _written(name: str, language: str, said: tuple[str, ...], place: str) -> dict[str, Any]:
    """A template with its words, and the last part of the address behind its button."""
    words = [{"type": "text", "text": text} for text in said]
    button = [{"type": "text", "text": place}]
    return {
        "name": name,
        "language": {"code": language},
        "components": [
            {"type": "body", "parameters": words},
            {"type": "button", "sub_type": "url", "index": "0", "parameters": button},
        ],
    }


def _reports(payload: Any) -> Iterator[Report]:
    for entry in payload["entry"]:
        for change in entry["changes"]:
            for status in change["value"].get("statuses", ()):
                mark, stage = status.get("biz_opaque_callback_data"), status["status"]
                if mark and (stage in ARRIVED or stage == "failed"):
                    yield _report(status, mark, stage)


def _report(status: Any, mark: str, stage: str) -> Report:
    """The vendor's message id holds the reader's number, so only a print of it is kept; who has read is not either."""
    report_id = str(uuid5(PLATFORM, f"{status['id']} {stage}"))
    if stage in ARRIVED:
        return Report(report_id, mark, arrived=True)
    codes = [_code_of({"error": error}) for error in status.get("errors", ())]
    problem = next((PROBLEMS[code] for code in codes if code in PROBLEMS), HELD_BACK)
    return Report(report_id, mark, arrived=False, problem=problem)


def _judged(answer: httpx.Response) -> Exception:
    try:
        code = _code_of(answer.json())
    except ValueError:
        code = 0
    if code in PROBLEMS:
        return MessengerRefused(PROBLEMS[code])
    if answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR and code == 0:
        return Unsure(f"WhatsApp answered {answer.status_code}.")
    return Unreachable(f"WhatsApp answered {answer.status_code}, code {code}.")


def _code_of(body: Any) -> int:
    try:
        return int(body["error"]["code"])
    except (ValueError, KeyError, TypeError):
        return 0
