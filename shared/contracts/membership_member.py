"""tessera.membership.member.v1: people who join, leave and are forgotten."""

from typing import ClassVar
from uuid import UUID

from shared.contracts.contract import Contract


class MemberContract(Contract):
    """A fact about one person of one community; the key is the person."""

    topic: ClassVar[str] = "tessera.membership.member.v1"

    person_id: UUID


class MemberJoined(MemberContract):
    """A person became a member; `account_id` is the sign-in they use, absent for a guest or an import."""

    account_id: UUID | None = None


class MemberLeft(MemberContract):
    """A member left of their own will."""


class MemberBanned(MemberContract):
    """A member was shut out by staff."""


class BanLifted(MemberContract):
    """Who was shut out may join again; they are no member until they do."""


class PersonErased(MemberContract):
    """Every service destroys what it holds of this person and publishes `PersonForgotten`."""


class PersonErasureCompleted(MemberContract):
    """All services have confirmed the erasure."""
