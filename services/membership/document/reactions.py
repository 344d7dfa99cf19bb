"""What was agreed to elsewhere need not be agreed to again; who has to agree to what is new is looked for."""

from collections.abc import AsyncIterator, Sequence

from services.membership.application.events import ApplicationAccepted
from services.membership.crowd import caught_up, tell_each
from services.membership.document import commands
from services.membership.document.decider import (
    ACCEPTANCE,
    NOTICE,
    acceptance_stream,
    notice_stream,
)
from services.membership.document.events import DocumentPublished
from services.membership.document.projections import accepted_now, document_now, without
from services.membership.member.projections import standing_of
from shared.contracts.billing_checkout import CheckoutCompleted
from shared.event_store import Fact
from shared.ids import Code, PersonId
from shared.reaction import Action, ActionContext, Ask, Call, Reaction

TOLD_AT_ONCE = 500


def when_checkout_completed_record_acceptance(fact: Fact) -> list[Ask]:
    bought: CheckoutCompleted = fact.body
    person_id = PersonId(bought.person_id)
    return [
        Ask(
            ACCEPTANCE,
            acceptance_stream(person_id),
            commands.RecordAcceptance(
                person_id, one.kind, one.number, Code(one.shown_in) if one.shown_in else None
            ),
        )
        for one in bought.documents
    ]


def when_application_accepted_record_acceptance(fact: Fact) -> list[Ask]:
    accepted: ApplicationAccepted = fact.body
    person_id = accepted.person_id
    return [
        Ask(
            ACCEPTANCE,
            acceptance_stream(person_id),
            commands.RecordAcceptance(person_id, one.kind, one.number, one.language),
        )
        for one in accepted.agreed
    ]


def when_document_published_find_readers(fact: Fact) -> list[Call]:
    published: DocumentPublished = fact.body
    return [Call(commands.FindReaders(published.kind, published.number))]


REACTIONS = (
    Reaction(
        "membership.document.when_document_published_find_readers",
        DocumentPublished,
        when_document_published_find_readers,
    ),
    Reaction(
        "membership.document.when_application_accepted_record_acceptance",
        ApplicationAccepted,
        when_application_accepted_record_acceptance,
    ),
    Reaction(
        "membership.document.when_checkout_completed_record_acceptance",
        CheckoutCompleted,
        when_checkout_completed_record_acceptance,
    ),
)


async def find_readers(action: commands.FindReaders, context: ActionContext) -> None:
    """Some at a time, while the version is news; named by the last, as who comes before may differ at a repeat."""
    await caught_up(context)
    service, community_id = context.service, context.community_id
    kind, number = action.kind, action.number
    stream = notice_stream(community_id, kind, number)

    async def told() -> AsyncIterator[tuple[PersonId, Sequence[Ask]]]:
        last: PersonId | None = None
        while True:
            document = await document_now(service, community_id, kind)
            if not document.is_news(number, service.clock.now()):
                return
            async with service.pool.acquire() as connection:
                people = await without(connection, community_id, kind, number, last, TOLD_AT_ONCE)
            if not people:
                return
            last = people[-1]
            readers = tuple([await _reader(person_id, action, context) for person_id in people])
            tell = commands.TellReaders(document.versions[number - 1], readers)
            yield last, [Ask(NOTICE, stream, tell)]

    await tell_each(told(), context)


async def _reader(
    person_id: PersonId, action: commands.FindReaders, context: ActionContext
) -> commands.Reader:
    service, community_id = context.service, context.community_id
    member = await standing_of(service, community_id, person_id)
    accepted = await accepted_now(service, community_id, person_id)
    return commands.Reader(person_id, member, accepted.numbers.get(action.kind, 0))


ACTIONS = (Action(of=commands.FindReaders, perform=find_readers),)
