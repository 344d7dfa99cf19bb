"""Who applies hears that it came and how it was answered, nobody waits for ever, and what is over is forgotten."""

from collections.abc import Mapping
from urllib.parse import urljoin

from services.membership.application import commands, events
from services.membership.application.decider import (
    APPLICATION,
    Application,
    applicant_of,
    application_stream,
)
from services.membership.application.projections import application_now
from services.membership.branding import look_of
from services.membership.community.projections import page_of
from services.membership.domain.projections import origin_of
from services.membership.gateways.gateway import Letter, Unreachable, Unsendable
from services.membership.member.events import PersonErased
from shared.erasure import forgetting
from shared.event_store import Fact
from shared.ids import derive
from shared.reaction import Action, ActionContext, Ask, At, Call, Reaction, Transient

PAGES: Mapping[commands.Answering, str | None] = {
    "waiting": "application",
    "accepted": "welcome",
    "refused": None,
}


def when_application_sent_answer(fact: Fact) -> list[Call | At]:
    sent: events.ApplicationSent = fact.body
    expire = commands.ExpireApplication(sent.number)
    return [
        Call(commands.SendAnswer(fact.stream_id, sent.number, "waiting")),
        At(sent.expires_at, Ask(APPLICATION, fact.stream_id, expire)),
    ]


def when_application_accepted_answer(fact: Fact) -> list[Ask | Call]:
    accepted: events.ApplicationAccepted = fact.body
    return [
        Call(commands.SendAnswer(fact.stream_id, accepted.number, "accepted")),
        forgetting(applicant_of(fact.stream_id, accepted.number), fact.at),
    ]


def when_application_refused_answer(fact: Fact) -> list[Call | At]:
    refused: events.ApplicationRefused = fact.body
    forget = forgetting(applicant_of(fact.stream_id, refused.number), refused.again_at)
    return [
        Call(commands.SendAnswer(fact.stream_id, refused.number, "refused")),
        At(refused.again_at, forget),
    ]


def when_application_closed_forget(fact: Fact) -> list[Ask]:
    closed: events.ApplicationWithdrawn | events.ApplicationExpired = fact.body
    return [forgetting(applicant_of(fact.stream_id, closed.number), fact.at)]


def when_person_erased_withdraw(fact: Fact) -> list[Ask]:
    """Who was here before may be applying again, or was refused."""
    erased: PersonErased = fact.body
    if erased.account_id is None:
        return []
    stream_id = application_stream(fact.community_id, erased.account_id)
    return [Ask(APPLICATION, stream_id, commands.WithdrawApplication())]


REACTIONS = (
    Reaction(
        name="membership.application.when_application_sent_answer",
        to=events.ApplicationSent,
        react=when_application_sent_answer,
    ),
    Reaction(
        name="membership.application.when_application_accepted_answer",
        to=events.ApplicationAccepted,
        react=when_application_accepted_answer,
    ),
    Reaction(
        name="membership.application.when_application_refused_answer",
        to=events.ApplicationRefused,
        react=when_application_refused_answer,
    ),
    Reaction(
        name="membership.application.when_application_withdrawn_forget",
        to=events.ApplicationWithdrawn,
        react=when_application_closed_forget,
    ),
    Reaction(
        name="membership.application.when_application_expired_forget",
        to=events.ApplicationExpired,
        react=when_application_closed_forget,
    ),
    Reaction(
        name="membership.application.when_person_erased_withdraw",
        to=PersonErased,
        react=when_person_erased_withdraw,
    ),
)


async def send_answer(action: commands.SendAnswer, context: ActionContext) -> None:
    """A crash after posting may post twice: both letters carry one Message-ID."""
    service, community_id = context.service, context.community_id
    application = await application_now(service, community_id, action.application_id)
    letter = await _letter(action, application, context)
    if letter is None:
        return
    try:
        await context.gateways["post"].send(letter)
    except Unreachable as gone:
        raise Transient(str(gone)) from gone
    except Unsendable:
        # Who has no mail sees the answer where they applied.
        return


async def _letter(
    action: commands.SendAnswer, application: Application, context: ActionContext
) -> Letter | None:
    """Nothing to whoever has meanwhile heard more, or was forgotten."""
    said = application.accepted or application.sent
    (address,) = await context.service.vault.open([said and said.email])
    is_stale = (application.standing, application.number) != (action.answer, action.number)
    if said is None or address is None or is_stale:
        return None
    async with context.service.pool.acquire() as connection:
        page = await page_of(connection, context.community_id)
    if page is None:
        raise Transient("The community's page is not there yet.")
    origin = await origin_of(context.service, context.community_id)
    page_for = PAGES[action.answer]
    path = page_for and f"/communities/{context.community_id}/{page_for}"
    return Letter(
        key=derive(action.application_id, "letter", str(action.number), action.answer),
        to=address,
        sender=page.name,
        template=f"application_{action.answer}",
        language=said.language,
        values={},
        link=path and urljoin(origin, path),
        time_zone=page.time_zone,
        look=look_of(page),
    )


ACTIONS = (Action(of=commands.SendAnswer, perform=send_answer),)
