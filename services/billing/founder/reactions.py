"""What is announced is paid for from its day on; who goes, or whose subscription ends, is a founder no more."""

from services.billing.founder import commands
from services.billing.founder.decider import FOUNDER, OFFER_AWAITED
from services.billing.founder.events import awaited_stream, founder_stream
from services.billing.subscription.events import SubscriptionEnded, TrialStarted
from shared.contracts.membership_member import MemberBanned, MemberLeft, PersonErased
from shared.contracts.membership_transition import (
    FoundersNamed,
    TransitionAnnounced,
    TransitionCalledOff,
    TransitionPostponed,
)
from shared.event_store import Fact
from shared.ids import PersonId
from shared.reaction import Ask, Reaction


def when_day_known_await_offer(fact: Fact) -> list[Ask]:
    told: TransitionAnnounced | TransitionPostponed = fact.body
    wait = commands.AwaitOffer(told.transition_id, told.offer_id, told.effective_from)
    return [Ask(OFFER_AWAITED, awaited_stream(told.offer_id), wait)]


def when_transition_called_off_stop_awaiting(fact: Fact) -> list[Ask]:
    off: TransitionCalledOff = fact.body
    stop = commands.StopAwaitingOffer(off.transition_id, off.offer_id)
    return [Ask(OFFER_AWAITED, awaited_stream(off.offer_id), stop)]


def when_trial_started_let_wait(fact: Fact) -> list[Ask]:
    started: TrialStarted = fact.body
    if not started.awaited:
        return []
    offer_id = started.terms.offer_id
    wait = commands.LetWait(offer_id, fact.stream_id, started.trial_ends_at)
    return [Ask(OFFER_AWAITED, awaited_stream(offer_id), wait)]


def when_founders_named_name_founder(fact: Fact) -> list[Ask]:
    named: FoundersNamed = fact.body
    return [
        Ask(
            FOUNDER,
            founder_stream(one.person_id),
            commands.NameFounder(
                PersonId(one.person_id), named.offer_id, named.transition_id, named.occurred_at
            ),
        )
        for one in named.people
    ]


def when_member_gone_let_founder_go(fact: Fact) -> list[Ask]:
    gone: MemberLeft | MemberBanned | PersonErased = fact.body
    let_go = commands.LetFounderGo(PersonId(gone.person_id), gone.occurred_at)
    return [Ask(FOUNDER, founder_stream(gone.person_id), let_go)]


def when_subscription_ended_end_rate(fact: Fact) -> list[Ask]:
    terms = fact.body.terms
    end = commands.EndFounderRate(terms.person_id, terms.offer_id, fact.at)
    return [Ask(FOUNDER, founder_stream(terms.person_id), end)]


REACTIONS = (
    Reaction(
        "billing.founder.when_transition_announced_await_offer",
        TransitionAnnounced,
        when_day_known_await_offer,
    ),
    Reaction(
        "billing.founder.when_transition_postponed_await_offer",
        TransitionPostponed,
        when_day_known_await_offer,
    ),
    Reaction(
        "billing.founder.when_transition_called_off_stop_awaiting",
        TransitionCalledOff,
        when_transition_called_off_stop_awaiting,
    ),
    Reaction(
        "billing.founder.when_trial_started_let_wait", TrialStarted, when_trial_started_let_wait
    ),
    Reaction(
        "billing.founder.when_founders_named_name_founder",
        FoundersNamed,
        when_founders_named_name_founder,
    ),
    Reaction(
        "billing.founder.when_member_left_let_go", MemberLeft, when_member_gone_let_founder_go
    ),
    Reaction(
        "billing.founder.when_member_banned_let_go", MemberBanned, when_member_gone_let_founder_go
    ),
    Reaction(
        "billing.founder.when_person_erased_let_go", PersonErased, when_member_gone_let_founder_go
    ),
    Reaction(
        "billing.founder.when_subscription_ended_end_rate",
        SubscriptionEnded,
        when_subscription_ended_end_rate,
    ),
)
