from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from services.membership.access import commands as access
from services.membership.access import reactions as access_reactions
from services.membership.access.decider import ACCESS, stream_of
from services.membership.access.events import Cause
from services.membership.member import reactions as member_reactions
from services.membership.member.commands import AdmitPerson
from services.membership.member.decider import MEMBER
from services.membership.member.events import MemberBanned, PersonErased
from services.membership.seat import events
from services.membership.seat.commands import (
    EndSeats,
    ExpireSeat,
    FreeSeat,
    ProvideSeats,
    RestoreSeats,
    SendSeat,
    TellOfLoss,
    TellPayer,
    WithholdSeats,
)
from services.membership.seat.decider import SEAT, addressee_of
from services.membership.seat.reactions import REACTIONS
from services.membership.sitter import decider as sitter
from services.membership.sitter import reactions as sitter_reactions
from services.membership.sitter.commands import LeaveSeats, TakeSeat
from services.membership.sitter.decider import SITTER
from services.membership.sitter.events import Held, SeatsLeft
from services.membership.tier.events import TierId
from shared.contracts import billing_subscription as billing
from shared.contracts.contract import MoneyValue
from shared.erasure import FORGETTING, ForgetPerson
from shared.ids import AccountId, Code, PersonId, derive
from shared.personal_value import Sealed
from shared.reaction import Ask, At, Call, Intent, Reaction, intents_of
from tests.unit.membership.facts import community_id, fact, noon

subscription, offer, seat = UUID(int=40), UUID(int=41), UUID(int=50)
petra, ada = PersonId(UUID(int=2)), PersonId(UUID(int=3))
account = AccountId(UUID(int=4))
gold = TierId(UUID(int=5))
name, email = (Sealed(ada, "profile", Code(word)) for word in ("name", "address"))
later = noon + timedelta(days=30)
ten_euros = MoneyValue(minor=1000, currency="EUR")
about: dict[str, Any] = {
    "community_id": community_id,
    "occurred_at": noon,
    "subscription_id": subscription,
    "person_id": petra,
    "offer_id": offer,
    "tier_id": gold,
}
claimed = events.SeatClaimed(seat, account, gold, events.Claimant(ada, name, email, "fr", (gold,)))


def reacts_to(body: object, *reactions: Reaction, by: UUID = subscription) -> list[Intent]:
    by_type: dict[type, list[Reaction]] = {}
    for reaction in reactions or REACTIONS:
        by_type.setdefault(reaction.to, []).append(reaction)
    return [intent for _, _, intent in intents_of(by_type, fact(body, by))]


def plan(seats: int) -> billing.SubscriptionPlan:
    return billing.SubscriptionPlan(
        offer_id=offer,
        tier_id=gold,
        price=ten_euros,
        interval="month",
        every=1,
        quantity=max(seats, 1),
        recurring=ten_euros,
        seats=seats,
    )


def changed(before: int, after: int) -> billing.SubscriptionChanged:
    return billing.SubscriptionChanged(
        **about, seats=after, before=plan(before), after=plan(after), charged=None
    )


started = billing.TrialStarted(**about, seats=3, trial_ends_at=later)
activated = billing.SubscriptionActivated(
    **about,
    seats=3,
    price=ten_euros,
    interval="month",
    quantity=3,
    period_start=noon,
    period_end=later,
)
of_life = [
    (started, ProvideSeats(petra, 3, gold)),
    (activated, ProvideSeats(petra, 3, gold)),
    (billing.SubscriptionPaused(**about, seats=3, resumes_at=later), WithholdSeats("paused")),
    (
        billing.SubscriptionResumed(**about, seats=3, recurring=None, period_end=later),
        RestoreSeats("paused"),
    ),
    (
        billing.SubscriptionSuspended(**about, seats=3, cause="unpaid"),
        WithholdSeats("suspended"),
    ),
    (billing.SubscriptionReinstated(**about, seats=3), RestoreSeats("suspended")),
    (
        billing.SubscriptionEnded(**about, seats=3, reason="voluntary", was_paying=True),
        EndSeats("ended", "ended"),
    ),
    (
        billing.SubscriptionEnded(**about, seats=3, reason="disputed", was_paying=True),
        EndSeats("refunded", "disputed"),
    ),
    (
        billing.SubscriptionEnded(**about, seats=3, reason="erased", was_paying=True),
        EndSeats("ended"),
    ),
]


@pytest.mark.parametrize(("contract", "command"), of_life)
def test_seats_follow_their_subscription(
    contract: billing.SubscriptionContract, command: object
) -> None:
    assert reacts_to(contract) == [Ask(SEAT, subscription, command)]
    assert reacts_to(contract.model_copy(update={"seats": 0})) == []


def test_a_subscription_may_become_one_with_seats_or_without() -> None:
    for before, after in ((0, 2), (2, 3), (2, 0)):
        provide = ProvideSeats(petra, after, gold)
        assert reacts_to(changed(before, after)) == [Ask(SEAT, subscription, provide)]
    assert reacts_to(changed(0, 0)) == []


def to_access(body: object) -> list[Intent]:
    return reacts_to(body, *access_reactions.REACTIONS)


def test_who_pays_for_seats_has_access_only_by_one_of_them() -> None:
    for began in (started, activated):
        assert to_access(began) == []
        assert to_access(began.model_copy(update={"seats": 0})) == [
            Ask(
                ACCESS,
                stream_of(petra),
                access.StartReason(petra, (gold,), "subscription", subscription),
            )
        ]
    moved = access.MoveReason(petra, (), "subscription", subscription, "changed")
    assert to_access(changed(0, 2)) == [Ask(ACCESS, stream_of(petra), moved)]
    assert to_access(changed(2, 0)) == [
        Ask(ACCESS, stream_of(petra), replace(moved, tiers=(gold,)))
    ]
    back = billing.SubscriptionReinstated(**about, seats=3)
    assert to_access(back) == [Ask(ACCESS, stream_of(petra), replace(moved, cause="suspended"))]


def test_who_is_given_a_seat_is_written_to_and_has_until_then() -> None:
    assigned = events.SeatAssigned(seat, email, "fr", account, later)
    expire = At(later, Ask(SEAT, subscription, ExpireSeat(seat, later)))
    assert reacts_to(assigned) == [Call(SendSeat(subscription, seat, 1)), expire]
    resent = events.SeatResent(seat, 2, later)
    assert reacts_to(resent) == [Call(SendSeat(subscription, seat, 2)), expire]


def test_who_sits_down_is_a_member_and_has_the_tier() -> None:
    admit = AdmitPerson(account, name, email, "fr", (gold,))
    assert reacts_to(claimed, *member_reactions.REACTIONS) == [Ask(MEMBER, ada, admit)]
    start = access.StartReason(ada, (gold,), "seat", seat)
    assert to_access(claimed) == [Ask(ACCESS, stream_of(ada), start)]
    assert to_access(replace(claimed, tier_id=None)) == []


def test_who_sits_has_what_the_seat_opens_now() -> None:
    sitting = (events.Sitting(seat, ada),)
    move = access.MoveReason(ada, (gold,), "seat", seat, "changed")
    assert to_access(events.SeatsMoved(gold, "changed", sitting)) == [
        Ask(ACCESS, stream_of(ada), move)
    ]
    assert to_access(events.SeatsMoved(None, "suspended", sitting)) == [
        Ask(ACCESS, stream_of(ada), replace(move, tiers=(), cause="suspended"))
    ]


@pytest.mark.parametrize(
    ("reason", "cause"),
    [
        ("taken_back", "withdrawn"),
        ("expired", "expired"),
        ("fewer_seats", "ended"),
        ("ended", "ended"),
        ("refunded", "refunded"),
        ("erased", "erased"),
    ],
)
def test_who_loses_the_seat_loses_what_it_opened(reason: events.RevokedFor, cause: Cause) -> None:
    end = access.EndReason(ada, "seat", seat, cause)
    assert to_access(events.SeatRevoked(seat, reason, ada)) == [Ask(ACCESS, stream_of(ada), end)]
    assert to_access(events.SeatRevoked(seat, reason, None)) == []


def test_how_long_access_lasts_after_the_seats_are_over_is_looked_up() -> None:
    look = access.ConsultGrace(ada, "seat", seat, "refunded", "disputed", noon)
    assert to_access(events.SeatRevoked(seat, "refunded", ada, "disputed")) == [Call(look)]
    look = access.ConsultGrace(ada, "seat", seat, "banned", "banned", noon)
    assert to_access(events.SeatRevoked(seat, "banned", ada)) == [Call(look)]


def forgets(intent: Intent) -> bool:
    addressee = addressee_of(seat)
    return (
        isinstance(intent, Ask)
        and (intent.decider, intent.stream_id) == (FORGETTING, derive(addressee, "forgetting"))
        and intent.command == ForgetPerson(addressee, noon)
        and [forget.person_id for forget in intent.keep.forget] == [addressee]
    )


def test_the_address_of_a_seat_that_is_lost_is_forgotten() -> None:
    for reason in ("taken_back", "expired", "ended", "refunded", "banned", "erased"):
        (intent,) = reacts_to(events.SeatRevoked(seat, reason, None))
        assert forgets(intent)


def test_where_there_are_fewer_seats_the_payer_is_told_before_it_is_forgotten() -> None:
    assert reacts_to(events.SeatRevoked(seat, "fewer_seats", None)) == []
    assert reacts_to(events.SeatsLost((seat,))) == [Call(TellPayer(subscription, (seat,)))]
    tell = [Call(TellOfLoss(subscription, (seat,), one)) for one in (ada, PersonId(seat))]
    assert reacts_to(events.LossAddressed((seat,), (ada, PersonId(seat)))) == tell
    (intent,) = reacts_to(events.PayerTold((seat,)))
    assert forgets(intent)


def test_who_sits_down_knows_it_and_leaves_when_banned_or_erased() -> None:
    held = Held(subscription, seat)
    assert reacts_to(claimed, *sitter_reactions.REACTIONS) == [
        Ask(SITTER, sitter.stream_of(ada), TakeSeat(held))
    ]
    for body, leave in (
        (MemberBanned(account), LeaveSeats("banned")),
        (PersonErased(ada, account), LeaveSeats("erased")),
    ):
        assert reacts_to(body, *sitter_reactions.REACTIONS, by=ada) == [
            Ask(SITTER, sitter.stream_of(ada), leave)
        ]
    left = SeatsLeft("erased", (held,))
    assert reacts_to(left, by=sitter.stream_of(ada)) == [
        Ask(SEAT, subscription, FreeSeat(seat, "erased"))
    ]
