"""Where a mail system hands on what comes back later: a letter that bounced (RFC 3464), a complaint (RFC 5965).

Nothing of it is kept but which letter it is about: it names people, and may hold what was written to them.
"""

import email
import email.policy
import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from email.message import Message
from typing import Annotated, Literal, NamedTuple, Self
from uuid import UUID

from fastapi import APIRouter, Header, Request
from pydantic import BaseModel

from services.membership.gateways.gateway import ABOUT_US
from shared import telemetry
from shared.consumer import Webhook
from shared.http import Caller, needs
from shared.problem import Problem

SOURCE = "mail"
PERMANENT = "5."

Kind = Literal["bounced", "complained"]

router = APIRouter()


class LetterMark(NamedTuple):
    """What a letter is known by wherever it comes back from: the local part of its Message-ID."""

    message_id: UUID
    community_id: UUID

    def written(self) -> str:
        return ".".join(urlsafe_b64encode(one.bytes).decode().rstrip("=") for one in self)

    @classmethod
    def read(cls, text: str) -> Self | None:
        """None for what we did not write."""
        try:
            message, community = (
                UUID(bytes=urlsafe_b64decode(f"{part}==")) for part in text.split(".")
            )
        except ValueError:
            return None
        return cls(message, community)


class Report(NamedTuple):
    mark: LetterMark
    kind: Kind


class Received(BaseModel):
    """How many reports came that had not come before; 0 for what is about none of our letters."""

    new: int


@router.post("/webhooks/mail", operation_id="receive_mail_report")
async def receive_mail_report(
    request: Request,
    caller: Annotated[Caller, needs("public", idempotent=False)],
    secret: Annotated[str, Header(alias="X-Report-Secret", max_length=500)] = "",
) -> Received:
    """The body is a report as it came, `message/rfc822`: the mail system says so of each that it receives for us.

    What comes too early to be of a letter that we know we have sent, and what says nothing final, is passed over.
    """
    agreed = caller.service.gateways.get("mail_reports")
    if agreed is None:
        raise Problem(404, "reports_not_taken", "Nobody has agreed on a secret for such reports.")
    if not hmac.compare_digest(secret.encode(), agreed.encode()):
        telemetry.count("webhooks.refused", source=SOURCE)
        raise Problem(403, "bad_report_secret", "That is not the secret agreed on.")
    report = report_of(await request.body())
    if report is None:
        return Received(new=0)
    mark, kind = report
    told = json.dumps({"mark": mark.written(), "kind": kind})
    new = await caller.service.inbox.store_webhook(
        SOURCE,
        told,
        kind,
        str(mark.message_id),
        told.encode(),
        mark.community_id,
    )
    return Received(new=int(new))


def report_of(raw: bytes) -> Report | None:
    """What a report says of a letter of ours; None where it says nothing that is final, or of no letter of ours."""
    parts = {part.get_content_type(): part for part in email.message_from_bytes(raw).walk()}
    kind: Kind | None = None
    if status := parts.get("message/delivery-status"):
        kind = "bounced" if any(_is_final(one) for one in _blocks(status)) else None
    elif feedback := parts.get("message/feedback-report"):
        kinds = {_said(one, "Feedback-Type") for one in _blocks(feedback)}
        kind = "complained" if "abuse" in kinds else None
    mark = _mark_in(parts)
    return Report(mark, kind) if mark and kind else None


def _blocks(status: Message) -> list[Message]:
    blocks = status.get_payload()
    return [one for one in blocks if isinstance(one, Message)] if isinstance(blocks, list) else []


def _is_final(block: Message) -> bool:
    code = _said(block, "Status")
    return (
        _said(block, "Action") == "failed"
        and code.startswith(PERMANENT)
        and not code.startswith(ABOUT_US)
    )


def _said(block: Message, name: str) -> str:
    return str(block.get(name, "")).strip().lower()


def _mark_in(parts: dict[str, Message]) -> LetterMark | None:
    """The letter itself comes back, or its headers do: the report has a Message-ID of its own."""
    if headers := parts.get("text/rfc822-headers"):
        told = email.message_from_bytes(bytes(headers.get_payload(decode=True) or b""))
    elif whole := parts.get("message/rfc822"):
        told = next(iter(_blocks(whole)), Message())
    else:
        return None
    return LetterMark.read(str(told.get("Message-ID", "")).strip().strip("<>").partition("@")[0])


def report_in(webhook: Webhook) -> tuple[UUID, Kind] | None:
    """The letter that a kept report is about, and what it says; None for those of others."""
    mark = LetterMark.read(webhook.payload["mark"]) if webhook.source == SOURCE else None
    return (mark.message_id, webhook.payload["kind"]) if mark else None
