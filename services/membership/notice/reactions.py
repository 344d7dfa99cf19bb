"""What we, an audit or another service have to tell the staff is told to those who may act on it."""

from collections.abc import Callable
from datetime import datetime

from services.membership.application.events import ApplicationSent
from services.membership.certificate.events import CertificateOverdue
from services.membership.chat_audit.events import ChatServerCompared
from services.membership.community.projections import community_now
from services.membership.domain.events import DomainLost, DomainNotSeen
from services.membership.group_seat.events import GroupRemovalDue, GroupRemovalReminded
from services.membership.member.projections import person_of
from services.membership.notice import commands
from services.membership.notice.decider import NOTICE
from services.membership.notice.events import Values
from services.membership.organisation.events import OrganisationLeftAlone, RepresentativeAnswered
from services.membership.ritual.events import StaffReminded
from shared import auth
from shared.contracts.billing_message import StaffMessageRequested
from shared.contracts.contract import MoneyValue
from shared.event_store import Fact
from shared.ids import Code, Label, derive
from shared.money import Money
from shared.reaction import Action, ActionContext, Ask, Call, Reaction

React = Callable[[Fact], list[Call]]


def when_staff_message_requested_find_staff(fact: Fact) -> list[Call]:
    requested: StaffMessageRequested = fact.body
    return [
        Call(
            commands.FindStaff(
                derive(fact.event_id, "notice"),
                Code(requested.permission),
                Code(requested.template),
                tuple((Code(name), _kept(value)) for name, value in requested.values.items()),
                Label(requested.link) if requested.link else None,
            )
        )
    ]


def when_server_compared_find_staff(fact: Fact) -> list[Call]:
    """What was found on the chat server waits for somebody's word."""
    compared: ChatServerCompared = fact.body
    if not compared.is_news:
        return []
    found = compared.comparison
    counts = {"differences": found.differences, "removals": found.removals}
    values = tuple((Code(name), count) for name, count in counts.items())
    return [_to_owners(fact, f"chat_{compared.outcome}", values)]


def when_staff_reminded_of_ritual_find_staff(fact: Fact) -> list[Call]:
    reminded: StaffReminded = fact.body
    values = (
        (Code("ritual"), reminded.name),
        (Code("planned_at"), Label(reminded.planned_at.isoformat())),
    )
    return [
        Call(
            commands.FindStaff(
                derive(fact.event_id, "notice"),
                Code("rituals.write"),
                Code("ritual_reminder"),
                values,
                link=None,
                until=reminded.planned_at,
            )
        )
    ]


def _once_a_day(kind: str, page: str, template: str, permission: str) -> React:
    """One letter, however many there are of a kind."""

    def react(fact: Fact) -> list[Call]:
        notice_id = derive(fact.community_id, kind, fact.at.date().isoformat())
        link = Label(f"/communities/{fact.community_id}/{page}")
        return [Call(commands.FindStaff(notice_id, Code(permission), Code(template), (), link))]

    return react


def when_domain_not_seen_find_staff(fact: Fact) -> list[Call]:
    """The record is missing, and there is time to put it back."""
    missed: DomainNotSeen = fact.body
    if not missed.is_news or missed.loses_at is None:
        return []
    values = (
        (Code("domain"), Label(missed.name)),
        (Code("days"), (missed.loses_at - fact.at).days),
    )
    return [_to_owners(fact, "domain_missing", values)]


def when_domain_lost_find_staff(fact: Fact) -> list[Call]:
    lost: DomainLost = fact.body
    if lost.by == "choice":
        return []
    template = "domain_lost" if lost.by == "absence" else "domain_taken"
    return [_to_owners(fact, template, ((Code("domain"), Label(lost.name)),))]


def when_organisation_left_alone_find_staff(fact: Fact) -> list[Call]:
    """What it pays for goes on, and only staff can say who acts for it."""
    return [_of_organisation(fact, Code("members.write"), Code("organisation_alone"))]


def when_representative_answered_find_staff(fact: Fact) -> list[Call]:
    """Where no member asked, staff have: those who may."""
    answered: RepresentativeAnswered = fact.body
    if answered.by is not None:
        return []
    template = Code(f"naming_{answered.answer}")
    return [_of_organisation(fact, Code("subscriptions.write"), template)]


def _of_organisation(fact: Fact, permission: Code, template: Code) -> Call:
    about: OrganisationLeftAlone | RepresentativeAnswered = fact.body
    return Call(
        commands.FindStaff(
            derive(fact.event_id, "notice"),
            permission,
            template,
            ((Code("organisation"), about.name),),
            Label(f"/communities/{fact.community_id}/organisations/{about.organisation_id}"),
        )
    )


def _to_owners(fact: Fact, template: str, values: Values) -> Call:
    notice_id, permission = derive(fact.event_id, "notice"), Code("community.write")
    return Call(commands.FindStaff(notice_id, permission, Code(template), values, None))


def _kept(value: str | int | datetime | MoneyValue) -> Label | int | Money:
    match value:
        case MoneyValue():
            return value.money()
        case datetime():
            return Label(value.isoformat())
        case int():
            return value
        case str():
            return Label(value)


async def find_staff(action: commands.FindStaff, context: ActionContext) -> Ask | None:
    """Who never joined has no address here; they see it where it happened."""
    if action.until is not None and action.until <= context.now:
        return None
    service, community_id = context.service, context.community_id
    community = await community_now(service, community_id)
    accounts = sorted({account for account, _ in community.staff})
    people = [
        await person_of(service, community_id, account)
        for account in accounts
        if auth.may(community.roles_of(account), action.permission)
    ]
    tell = tuple(person for person in people if person is not None)
    address = commands.AddressStaff(action.template, action.values, action.link, tell)
    return Ask(NOTICE, action.notice_id, address)


_applications = _once_a_day("applications", "applications", "application_to_read", "members.write")
_removals = _once_a_day("group_removals", "group-tasks", "group_removals", "members.write")
_erasures = _once_a_day("erasures", "erasures", "erasure_overdue", "members.erase")

REACTIONS = tuple(
    Reaction(f"membership.notice.when_{what}_find_staff", to, react)
    for what, to, react in (
        ("application_sent", ApplicationSent, _applications),
        ("certificate_overdue", CertificateOverdue, _erasures),
        ("domain_lost", DomainLost, when_domain_lost_find_staff),
        ("domain_not_seen", DomainNotSeen, when_domain_not_seen_find_staff),
        ("group_removal_due", GroupRemovalDue, _removals),
        ("group_removal_reminded", GroupRemovalReminded, _removals),
        ("organisation_left_alone", OrganisationLeftAlone, when_organisation_left_alone_find_staff),
        (
            "representative_answered",
            RepresentativeAnswered,
            when_representative_answered_find_staff,
        ),
        ("server_compared", ChatServerCompared, when_server_compared_find_staff),
        (
            "staff_message_requested",
            StaffMessageRequested,
            when_staff_message_requested_find_staff,
        ),
        ("staff_reminded_of_ritual", StaffReminded, when_staff_reminded_of_ritual_find_staff),
    )
)

ACTIONS = (Action(of=commands.FindStaff, perform=find_staff),)
