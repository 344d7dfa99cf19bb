"""When a service has forgotten a person, the erasure is one confirmation nearer to its end."""

from collections.abc import Callable

from services.membership.member import commands
from services.membership.member.decider import MEMBER
from services.membership.member.events import Service
from shared.contracts import analytics_privacy, billing_privacy, events_privacy
from shared.erasure import PersonForgotten
from shared.event_store import Fact
from shared.reaction import Ask, Reaction


def _confirm(service: Service) -> Callable[[Fact], list[Ask]]:
    return lambda fact: [Ask(MEMBER, fact.body.person_id, commands.ConfirmForgotten(service))]


REACTIONS = (
    Reaction(
        name="membership.member.when_membership_forgot_confirm",
        to=PersonForgotten,
        react=_confirm("membership"),
    ),
    Reaction(
        name="membership.member.when_billing_forgot_confirm",
        to=billing_privacy.PersonForgotten,
        react=_confirm("billing"),
    ),
    Reaction(
        name="membership.member.when_events_forgot_confirm",
        to=events_privacy.PersonForgotten,
        react=_confirm("events"),
    ),
    Reaction(
        name="membership.member.when_analytics_forgot_confirm",
        to=analytics_privacy.PersonForgotten,
        react=_confirm("analytics"),
    ),
)
