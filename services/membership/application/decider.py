"""Who applies has answered what is asked now, waits once, and is taken in or not by what staff have read."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal, assert_never
from uuid import UUID

from services.membership.admission.events import Question
from services.membership.agreed import insist_on_agreement, insist_on_versions
from services.membership.application import commands, events
from shared.decider import Decider, NotFound, Rejected
from shared.ids import PersonId, derive

PATIENCE = timedelta(days=60)
UNTIL_AGAIN = timedelta(days=30)

Standing = Literal["unknown", "waiting", "accepted", "refused", "withdrawn", "expired"]


@dataclass(frozen=True, slots=True)
class Application:
    """The last one of an account: `sent` as it was written, `accepted` with what became the member's own."""

    standing: Standing = "unknown"
    number: int = 0
    sent: events.ApplicationSent | None = None
    accepted: events.ApplicationAccepted | None = None
    again_at: datetime | None = None


def application_stream(community_id: UUID, account_id: UUID) -> UUID:
    """All that an account ever asked of a community is one history, so that it waits only once."""
    return derive(community_id, "application", str(account_id))


def applicant_of(application_id: UUID, number: int) -> PersonId:
    """Whose key seals the words of somebody who is nobody here yet; it goes with the application."""
    return PersonId(derive(application_id, "applicant", str(number)))


def decide(
    command: commands.ApplicationCommand, application: Application
) -> list[events.ApplicationEvent]:
    if isinstance(command, commands.SendApplication):
        return _send(command, application)
    number, standing = application.number, application.standing
    if isinstance(command, commands.WithdrawApplication):
        is_read = standing in ("waiting", "refused")
        return [events.ApplicationWithdrawn(number)] if is_read else []
    if application.sent is None:
        raise NotFound("application_not_found", "There is no such application.")
    match command:
        case commands.AcceptApplication():
            return _accept(command, application, application.sent)
        case commands.RefuseApplication() if standing == "refused":
            return []
        case commands.RefuseApplication(by, at):
            _insist_on_waiting(standing)
            return [events.ApplicationRefused(number, by, at + UNTIL_AGAIN)]
        case commands.ExpireApplication(of):
            is_due = standing == "waiting" and of == number
            return [events.ApplicationExpired(number)] if is_due else []
        case _:
            assert_never(command)


def _send(
    send: commands.SendApplication, application: Application
) -> list[events.ApplicationEvent]:
    _insist_on_door(send)
    if application.standing == "waiting":
        raise Rejected("application_waiting", "You have applied, and wait for an answer.")
    if application.again_at is not None and send.at < application.again_at:
        raise Rejected("refused_lately", "You may apply again thirty days after a refusal.")
    if send.version != send.asked_version:
        raise Rejected("questions_changed", "The questions have changed: answer those of now.")
    insist_on_agreement(send.agreement)
    insist_on_versions(named := send.agreement.named)
    return [
        events.ApplicationSent(
            number=application.number + 1,
            account_id=send.account_id,
            name=send.name,
            email=send.email,
            language=send.language,
            answers=_judged(send.answers, send.asked),
            expires_at=send.at + PATIENCE,
            agreed=tuple(events.Agreed(one.kind, one.number, one.shown) for one in named),
        )
    ]


def _insist_on_door(send: commands.SendApplication) -> None:
    if not send.email_is_own:
        raise Rejected(
            "not_your_email", "Apply with the address you sign in with.", pointer="/email"
        )
    if send.member == "joined":
        raise Rejected("already_member", "You are a member already.")
    if send.member == "banned":
        raise Rejected("banned", "This person may not join again.")
    if send.way == "open":
        raise Rejected("nothing_to_apply_for", "Everybody may join: no application is needed.")
    if send.way == "invitation":
        raise Rejected("by_invitation", "One joins this community by invitation.")


def _judged(
    answers: tuple[commands.Given, ...], asked: tuple[Question, ...]
) -> tuple[events.Answer, ...]:
    if len(answers) != len(asked):
        raise Rejected(
            "other_questions", "Answer each question, in their order.", pointer="/answers"
        )
    for place, (given, question) in enumerate(zip(answers, asked, strict=True)):
        where = f"/answers/{place}"
        if given.said is None and question.required:
            raise Rejected("answer_missing", "This has to be answered.", pointer=where)
        if given.said is not None and question.options and given.option is None:
            raise Rejected("not_an_option", "Choose one of the options.", pointer=where)
    return tuple(
        events.Answer(question.text, given.said)
        for given, question in zip(answers, asked, strict=True)
    )


def _accept(
    accept: commands.AcceptApplication, application: Application, sent: events.ApplicationSent
) -> list[events.ApplicationEvent]:
    if application.accepted is not None and application.number == accept.number:
        return []
    _insist_on_waiting(application.standing)
    if accept.number != application.number:
        raise Rejected("another_application", "This is another application by now: read it.")
    if accept.member == "banned":
        raise Rejected("banned", "This person may not join again.")
    return [
        events.ApplicationAccepted(
            number=sent.number,
            accepted_by=accept.by,
            account_id=sent.account_id,
            person_id=accept.person_id,
            name=accept.name,
            email=accept.email,
            language=sent.language,
            answers=accept.answers,
            free_tiers=accept.free_tiers,
            agreed=sent.agreed,
        )
    ]


def _insist_on_waiting(standing: Standing) -> None:
    if standing != "waiting":
        raise Rejected("not_waiting", "It has been answered, was withdrawn, or has run out.")


def evolve(application: Application, event: events.ApplicationEvent) -> Application:
    match event:
        case events.ApplicationSent(number):
            return Application("waiting", number, event)
        case events.ApplicationAccepted():
            return replace(application, standing="accepted", accepted=event)
        case events.ApplicationRefused(again_at=again_at):
            return replace(application, standing="refused", again_at=again_at)
        case events.ApplicationWithdrawn():
            return replace(application, standing="withdrawn")
        case events.ApplicationExpired():
            return replace(application, standing="expired")
        case _:
            assert_never(event)


APPLICATION: Decider[commands.ApplicationCommand, Application, events.ApplicationEvent] = Decider(
    "application",
    initial=Application(),
    decide=decide,
    evolve=evolve,
    commands=commands.ApplicationCommand,
    events=events.ApplicationEvent,
)
