"""tessera.membership.application.v1: who would like to belong, and what became of it."""

from typing import ClassVar, Literal
from uuid import UUID

from pydantic import AwareDatetime

from shared.contracts.contract import Contract


class ApplicationContract(Contract):
    """A fact about the applications of one account; the key is the application."""

    topic: ClassVar[str] = "tessera.membership.application.v1"

    application_id: UUID
    number: int


class ApplicationSent(ApplicationContract):
    """Somebody answered the community's questions and waits for its word."""

    expires_at: AwareDatetime


class ApplicationAccepted(ApplicationContract):
    """Staff took them in; they become a member by it, unless they are one already."""

    person_id: UUID


class ApplicationEnded(ApplicationContract):
    """Nobody came of it."""

    reason: Literal["refused", "withdrawn", "expired"]
