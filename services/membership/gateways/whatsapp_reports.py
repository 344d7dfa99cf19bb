"""Where WhatsApp reports: verified, and kept without the reader's number. Everything else is a reaction's."""

import json
from typing import Annotated, NamedTuple, Self, cast, get_args
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel

from services.membership.gateways.gateway import MessengerProblem, NotProved, messenger_of
from shared import telemetry
from shared.consumer import Webhook
from shared.http import Caller, needs
from shared.ids import PersonId
from shared.problem import Problem

SOURCE = "whatsapp"

router = APIRouter()


class Mark(NamedTuple):
    """What we write on a message, and the vendor on its reports: whose it is, and which of theirs."""

    community_id: UUID
    person_id: PersonId
    number: int

    def written(self) -> str:
        return f"{self.community_id.hex}.{self.person_id.hex}.{self.number}"

    @classmethod
    def read(cls, text: str) -> Self | None:
        """None for what we did not write."""
        try:
            community, person, number = text.split(".")
            return cls(UUID(hex=community), PersonId(UUID(hex=person)), int(number))
        except ValueError:
            return None


class MessageMark(NamedTuple):
    """The same of what is no invite: which message it is."""

    community_id: UUID
    person_id: PersonId
    message_id: UUID

    def written(self) -> str:
        return f"{self.community_id.hex}.{self.person_id.hex}.m{self.message_id.hex}"

    @classmethod
    def read(cls, text: str) -> Self | None:
        """None for what we did not write."""
        try:
            community, person, message = text.split(".")
            if not message.startswith("m"):
                return None
            return cls(UUID(hex=community), PersonId(UUID(hex=person)), UUID(hex=message[1:]))
        except ValueError:
            return None


class Received(BaseModel):
    """How many reports came that had not come before."""

    new: int


@router.get("/webhooks/whatsapp", operation_id="welcome_whatsapp", response_class=PlainTextResponse)
async def welcome_whatsapp(
    caller: Annotated[Caller, needs("public")],
    mode: Annotated[str, Query(alias="hub.mode", max_length=100)],
    token: Annotated[str, Query(alias="hub.verify_token", max_length=500)],
    challenge: Annotated[str, Query(alias="hub.challenge", max_length=500)],
) -> PlainTextResponse:
    """WhatsApp asks once whether its reports are wanted here."""
    if not messenger_of(caller.service.gateways).welcome(mode, token):
        raise Problem(403, "bad_verify_token", "That is not the word agreed on.")
    return PlainTextResponse(challenge)


@router.post("/webhooks/whatsapp", operation_id="receive_whatsapp_reports")
async def receive_whatsapp_reports(
    request: Request, caller: Annotated[Caller, needs("public", idempotent=False)]
) -> Received:
    """What is not about our messages is passed over: nobody's words are kept, nor anybody's number."""
    service, raw = caller.service, await request.body()
    try:
        reports = messenger_of(service.gateways).reports(
            raw, request.headers.get("x-hub-signature-256", "")
        )
    except NotProved as error:
        telemetry.count("webhooks.refused", source=SOURCE)
        raise Problem(400, "bad_signature", "Not signed by WhatsApp.") from error
    new = 0
    for report in reports:
        mark = Mark.read(report.mark) or MessageMark.read(report.mark)
        if mark is not None:
            kept = {"mark": report.mark, "arrived": report.arrived, "problem": report.problem}
            new += await service.inbox.store_webhook(
                SOURCE,
                report.report_id,
                "arrived" if report.arrived else "failed",
                str(mark.person_id),
                json.dumps(kept).encode(),
                mark.community_id,
            )
    return Received(new=new)


def report_in(webhook: Webhook) -> tuple[Mark, bool, MessengerProblem | None] | None:
    """What a kept report says of an invite; None for those of others."""
    mark = Mark.read(webhook.payload["mark"]) if webhook.source == SOURCE else None
    return (mark, *_said(webhook)) if mark and _is_known(webhook) else None


def message_report_in(
    webhook: Webhook,
) -> tuple[MessageMark, bool, MessengerProblem | None] | None:
    """What a kept report says of a message; None for those of others."""
    mark = MessageMark.read(webhook.payload["mark"]) if webhook.source == SOURCE else None
    return (mark, *_said(webhook)) if mark and _is_known(webhook) else None


def _is_known(webhook: Webhook) -> bool:
    return webhook.payload["problem"] in (None, *get_args(MessengerProblem))


def _said(webhook: Webhook) -> tuple[bool, MessengerProblem | None]:
    problem = cast("MessengerProblem | None", webhook.payload["problem"])
    return webhook.payload["arrived"], problem
