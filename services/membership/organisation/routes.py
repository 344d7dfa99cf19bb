"""Registering an organisation, and saying who acts for it."""

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field, StringConstraints

from services.membership.member.projections import standing_of
from services.membership.merging.projections import all_of
from services.membership.organisation import commands
from services.membership.organisation.decider import ORGANISATION, organisation_stream
from services.membership.organisation.events import Papers
from services.membership.organisation.projections import (
    ListedOrganisation,
    organisation_by_id,
    organisations_after,
)
from services.membership.representative.projections import representing, representing_no_more
from services.membership.representing import needs_representative
from shared.http import Body, Caller, Page, Written, needs, paging
from shared.ids import Code, Label, PersonId
from shared.reaction import Ask

router = APIRouter()

DAYS = 14

Member = Annotated[Caller, needs("person")]
Acting = Annotated[Caller, needs_representative("subscriptions.write", strict=True)]
Words = Annotated[str, StringConstraints(min_length=1, max_length=200)]
ONE = "/organisations/{organisation_id}"


class DescribeOrganisation(Body):
    """What stands in its register. `country` is where it is at home (ISO 3166-1), `vat_number` begins with its own.

    No address: letters go to those who represent it.
    """

    name: Words
    country: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
    registration_number: Annotated[str, StringConstraints(min_length=1, max_length=50)] | None = (
        None
    )
    vat_number: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}[A-Z0-9+*]{2,13}$")] | None = (
        None
    )

    def papers(self) -> Papers:
        number = self.registration_number
        return Papers(
            Label(self.name),
            Code(self.country),
            Label(number) if number else None,
            Code(self.vat_number) if self.vat_number else None,
        )


class RegisteredOrganisation(Written):
    organisation_id: UUID


class ShownOrganisation(BaseModel):
    organisation_id: UUID
    name: str
    country: str
    registration_number: str | None
    vat_number: str | None
    registered_at: datetime
    representatives: list[UUID]
    invited: list[UUID]


class Organisations(BaseModel):
    items: list[ShownOrganisation]
    next: str | None


@router.post("/organisations", status_code=201, operation_id="register_organisation")
async def register_organisation(
    body: DescribeOrganisation, caller: Member
) -> RegisteredOrganisation:
    """Who registers it represents it, and may name others. Its id stands wherever a payer's does."""
    organisation_id, person_id = caller.new_id("organisation"), PersonId(caller.person_id)
    register = commands.RegisterOrganisation(organisation_id, body.papers(), person_id)
    written = await caller.ask(
        Ask(ORGANISATION, organisation_stream(organisation_id), register),
        await _representing(caller, person_id, organisation_id, agreed=True),
    )
    return RegisteredOrganisation(**written.model_dump(), organisation_id=organisation_id)


@router.get("/me/organisations", operation_id="list_my_organisations")
async def list_my_organisations(
    caller: Member, page: Annotated[Page, Depends(paging)]
) -> Organisations:
    """Those that the person represents."""
    people = await all_of(caller, caller.community_id, caller.person_id)
    return await _list(caller, page, people)


@router.get("/organisations", operation_id="list_organisations")
async def list_organisations(
    caller: Annotated[Caller, needs("members.read")], page: Annotated[Page, Depends(paging)]
) -> Organisations:
    return await _list(caller, page, None)


@router.get(ONE, operation_id="read_organisation")
async def read_organisation(
    organisation_id: UUID, caller: Annotated[Caller, needs_representative("members.read")]
) -> ShownOrganisation:
    async with caller.read() as connection:
        found = await organisation_by_id(connection, caller.community_id, organisation_id)
    return _shown(found)


@router.put(ONE, operation_id="correct_organisation")
async def correct_organisation(
    organisation_id: UUID, body: DescribeOrganisation, caller: Acting
) -> Written:
    return await _ask(caller, commands.CorrectOrganisation(organisation_id, body.papers()))


class NameRepresentative(Body):
    """They have so many `days` to say whether they agree."""

    person_id: UUID
    days: int = Field(default=DAYS, ge=1, le=60)


@router.post(
    f"{ONE}/representatives", status_code=201, operation_id="name_organisation_representative"
)
async def name_organisation_representative(
    organisation_id: UUID, body: NameRepresentative, caller: Acting
) -> Written:
    """A member, who is asked by letter, and once they agree may do all that whoever registered it may.

    Staff name somebody only while nobody represents it. Who names themselves has agreed.
    """
    person_id, by = PersonId(body.person_id), await _by(caller)
    until = caller.now + timedelta(days=body.days)
    name = commands.NameRepresentative(organisation_id, person_id, by, until, caller.now)
    represents = await _representing(caller, person_id, organisation_id, agreed=person_id in by)
    return await _ask(caller, name, represents)


@router.delete(
    f"{ONE}/invitations/{{person_id}}", operation_id="withdraw_organisation_representative"
)
async def withdraw_organisation_representative(
    organisation_id: UUID, person_id: PersonId, caller: Acting
) -> Written:
    """They are asked no longer; who has agreed is dismissed instead."""
    return await _ask(caller, commands.WithdrawNaming(organisation_id, person_id))


@router.delete(
    f"{ONE}/representatives/{{person_id}}", operation_id="dismiss_organisation_representative"
)
async def dismiss_organisation_representative(
    organisation_id: UUID, person_id: PersonId, caller: Acting
) -> Written:
    """From now on they can do nothing in its name; the last goes by their own word alone, and staff hear of it."""
    dismiss = commands.DismissRepresentative(organisation_id, person_id, await _by(caller))
    return await _ask(caller, dismiss, representing_no_more(person_id, organisation_id))


async def _by(caller: Caller) -> tuple[UUID, ...]:
    person_id = caller.principal and caller.principal.person_id
    return tuple(await all_of(caller, caller.community_id, person_id)) if person_id else ()


async def _representing(
    caller: Caller, person_id: PersonId, organisation_id: UUID, *, agreed: bool
) -> Ask:
    member = await standing_of(caller.service, caller.community_id, person_id)
    return representing(person_id, organisation_id, member, agreed=agreed)


async def _ask(
    caller: Caller,
    command: commands.CorrectOrganisation
    | commands.NameRepresentative
    | commands.WithdrawNaming
    | commands.DismissRepresentative,
    *more: Ask,
) -> Written:
    stream_id = organisation_stream(command.organisation_id)
    return await caller.ask(Ask(ORGANISATION, stream_id, command), *more)


async def _list(caller: Caller, page: Page, people: list[UUID] | None) -> Organisations:
    async with caller.read() as connection:
        found = await organisations_after(
            connection, caller.community_id, page.cursor(UUID), page.limit + 1, people
        )
    shown = [_shown(one) for one in found]
    return Organisations(**page.answer(shown, key=lambda one: one.organisation_id))


def _shown(listed: ListedOrganisation) -> ShownOrganisation:
    return ShownOrganisation(**{name: getattr(listed, name) for name in listed.__slots__})
