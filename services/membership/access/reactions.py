"""What was joined or bought opens tiers; what ended closes them."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from services.membership.access import commands, events
from services.membership.access.decider import ACCESS, stream_of, told_at
from services.membership.content.events import ContentId
from services.membership.crossing.events import FreeAccessEnded
from services.membership.grace.events import Over
from services.membership.grace.projections import grace_now
from services.membership.invitation.events import InvitationAccepted
from services.membership.member.events import (
    BanLifted,
    MemberBanned,
    MemberJoined,
    MemberLeft,
    PersonErased,
)
from services.membership.member_import.events import RowsTaken
from services.membership.merging.events import PersonTakenIn
from services.membership.overs import OVER_BY_REFUND, OVERS
from services.membership.present.events import (
    PresentAccepted,
    PresentEnded,
    PresentRestored,
    PresentWithheld,
    Thing,
)
from services.membership.recognition.events import (
    Badge,
    LevelLost,
    LevelReached,
    LevelRevised,
    LostBecause,
)
from services.membership.seat.events import RevokedFor, SeatClaimed, SeatRevoked, SeatsMoved
from services.membership.tier.events import TierId
from services.membership.tier.projections import tiers_of
from shared.contracts.billing_order import (
    OrderLine,
    OrderPaid,
    OrderRefunded,
    OrderReinstated,
    OrderSuspended,
)
from shared.contracts.billing_subscription import (
    SubscriptionActivated,
    SubscriptionChanged,
    SubscriptionContract,
    SubscriptionEnded,
    SubscriptionPaused,
    SubscriptionReinstated,
    SubscriptionResumed,
    SubscriptionSuspended,
    TrialStarted,
)
from shared.event_store import Fact
from shared.ids import Label, PersonId, derive
from shared.reaction import Action, ActionContext, Ask, At, Call, Reaction


def _ask(command: commands.AccessCommand) -> Ask:
    return Ask(ACCESS, stream_of(command.person_id), command)


def _start(
    person_id: UUID, tiers: Sequence[UUID | None], kind: events.ReasonKind, reason_id: UUID
) -> list[Ask]:
    granted = tuple(TierId(tier_id) for tier_id in tiers if tier_id is not None)
    if not granted:
        return []
    return [_ask(commands.StartReason(PersonId(person_id), granted, kind, reason_id))]


def when_member_joined_start_reason(fact: Fact) -> list[Ask]:
    """The fact itself is the reason, so who leaves and joins again has another one."""
    joined: MemberJoined = fact.body
    return _start(fact.stream_id, joined.free_tiers, "joined", fact.event_id)


def when_invitation_accepted_start_reason(fact: Fact) -> list[Ask]:
    """What was promised as a gift; a promise that has run out meanwhile is none."""
    accepted: InvitationAccepted = fact.body
    person_id, tier_id, until = accepted.person_id, accepted.tier_id, accepted.until
    if person_id is None or tier_id is None or (until is not None and until <= fact.at):
        return []
    return [_ask(commands.StartReason(person_id, (tier_id,), "gift", fact.stream_id, until))]


def when_rows_taken_start_reason(fact: Fact) -> list[At]:
    """What was paid for elsewhere is a gift here, the same one however often the same row is taken."""
    rows: RowsTaken = fact.body
    return [
        At(
            fact.at,
            _ask(
                commands.StartReason(
                    row.person_id,
                    (row.tier_id,),
                    "gift",
                    brought(row.person_id, row.tier_id, row.until),
                    row.until,
                )
            ),
        )
        for row in rows.taken
        if row.tier_id is not None and (row.until is None or row.until > fact.at)
    ]


def brought(person_id: PersonId, tier_id: TierId, until: datetime | None) -> UUID:
    """What somebody had paid for elsewhere."""
    return derive(person_id, "brought", str(tier_id), str(until))


def when_subscription_began_start_reason(fact: Fact) -> list[Ask]:
    """Where there are seats, the payer has access if they give one to themselves."""
    began: TrialStarted | SubscriptionActivated = fact.body
    if began.seats or began.tier_id is None:
        return []
    migrated = isinstance(began, SubscriptionActivated) and began.source == "migrated"
    person_id, tiers = PersonId(began.person_id), (TierId(began.tier_id),)
    start = commands.StartReason(
        person_id, tiers, "subscription", began.subscription_id, migrated=migrated
    )
    return [_ask(start)]


def when_subscription_changed_move_reason(fact: Fact) -> list[Ask]:
    """The reason stays what it is, a subscription; what it opens is another tier, or none."""
    changed: SubscriptionChanged = fact.body
    return [_move(changed, changed.tier_id, "changed")]


def when_subscription_paused_move_reason(fact: Fact) -> list[Ask]:
    return [_move(fact.body, None, "paused")]


def when_subscription_resumed_move_reason(fact: Fact) -> list[Ask]:
    return [_move(fact.body, fact.body.tier_id, "paused")]


def _move(about: SubscriptionContract, tier_id: UUID | None, cause: events.Moved) -> Ask:
    tiers = (TierId(tier_id),) if tier_id and not about.seats else ()
    person_id, reason_id = PersonId(about.person_id), about.subscription_id
    return _ask(commands.MoveReason(person_id, tiers, "subscription", reason_id, cause))


def when_subscription_ended_end_reason(fact: Fact) -> list[Ask | Call]:
    ended: SubscriptionEnded = fact.body
    cause: events.Cause = "refunded" if ended.reason in ("refunded", "disputed") else "ended"
    end = commands.EndReason(
        PersonId(ended.person_id), "subscription", ended.subscription_id, cause
    )
    return [_end(end, OVERS.get(ended.reason), fact.at)]


def _end(end: commands.EndReason, over: Over | None, at: datetime) -> Ask | Call:
    """By the community's grace, which is looked up, where what is over in this way has one."""
    if over is None:
        return _ask(end)
    about = end.person_id, end.kind, end.reason_id, end.cause
    return Call(commands.ConsultGrace(*about, over, at))


def when_subscription_suspended_move_reason(fact: Fact) -> list[Ask]:
    return [_move(fact.body, None, "suspended")]


def when_subscription_reinstated_move_reason(fact: Fact) -> list[Ask]:
    return [_move(fact.body, fact.body.tier_id, "suspended")]


ENDS: dict[RevokedFor, events.Cause] = {
    "taken_back": "withdrawn",
    "expired": "expired",
    "fewer_seats": "ended",
    "ended": "ended",
    "refunded": "refunded",
    "banned": "banned",
    "erased": "erased",
}


def when_seat_claimed_start_reason(fact: Fact) -> list[Ask]:
    claimed: SeatClaimed = fact.body
    person_id = claimed.claimant.person_id
    return _start(person_id, [claimed.tier_id], "seat", claimed.seat_id)


def when_seats_moved_move_reason(fact: Fact) -> list[Ask]:
    moved: SeatsMoved = fact.body
    tiers = (moved.tier_id,) if moved.tier_id else ()
    return [
        _ask(commands.MoveReason(taken.person_id, tiers, "seat", taken.seat_id, moved.cause))
        for taken in moved.seats
    ]


def when_seat_revoked_end_reason(fact: Fact) -> list[Ask | Call]:
    revoked: SeatRevoked = fact.body
    if revoked.person_id is None:
        return []
    end = commands.EndReason(revoked.person_id, "seat", revoked.seat_id, ENDS[revoked.reason])
    over = "banned" if revoked.reason == "banned" else revoked.over
    return [_end(end, over, fact.at)]


def when_order_paid_start_reason(fact: Fact) -> list[Ask]:
    """What a line grants, it grants for good; what a subscription grants, its own facts say."""
    paid: OrderPaid = fact.body
    tiers, contents = _granted(paid.lines)
    if not tiers and not contents:
        return []
    person_id, order_id = PersonId(paid.person_id), paid.order_id
    start = commands.StartReason(person_id, tiers, "purchase", order_id, contents=contents)
    return [_ask(start)]


def when_order_suspended_move_reason(fact: Fact) -> list[Ask]:
    order: OrderSuspended = fact.body
    person_id, order_id = PersonId(order.person_id), order.order_id
    return [_ask(commands.MoveReason(person_id, (), "purchase", order_id, "suspended"))]


def when_order_reinstated_move_reason(fact: Fact) -> list[Ask]:
    order: OrderReinstated = fact.body
    tiers, contents = _granted(order.lines)
    person_id, order_id = PersonId(order.person_id), order.order_id
    move = commands.MoveReason(person_id, tiers, "purchase", order_id, "suspended", contents)
    return [_ask(move)]


def _granted(lines: Sequence[OrderLine]) -> tuple[tuple[TierId, ...], tuple[ContentId, ...]]:
    tiers = tuple(TierId(line.tier_id) for line in lines if line.tier_id)
    return tiers, tuple(ContentId(line.content_id) for line in lines if line.content_id)


def when_order_refunded_end_reason(fact: Fact) -> list[Ask | Call]:
    refunded: OrderRefunded = fact.body
    person_id = PersonId(refunded.person_id)
    end = commands.EndReason(person_id, "purchase", refunded.order_id, "refunded")
    return [_end(end, OVER_BY_REFUND.get(refunded.reason), fact.at)]


def when_present_accepted_start_reason(fact: Fact) -> list[Ask]:
    """Whoever paid, it was bought: who leaves keeps it."""
    accepted: PresentAccepted = fact.body
    return [_start_present(fact, accepted.person_id, accepted.thing, accepted.until)]


def when_present_restored_start_reason(fact: Fact) -> list[Ask]:
    """The same reason, to the same end."""
    restored: PresentRestored = fact.body
    if restored.person_id is None:
        return []
    return [_start_present(fact, restored.person_id, restored.thing, restored.until)]


def _start_present(fact: Fact, person_id: PersonId, thing: Thing, until: datetime | None) -> Ask:
    tiers = (thing.tier_id,) if thing.tier_id else ()
    contents = (thing.content_id,) if thing.content_id else ()
    start = commands.StartReason(person_id, tiers, "purchase", fact.stream_id, until, contents)
    return _ask(start)


def when_present_withheld_move_reason(fact: Fact) -> list[Ask]:
    withheld: PresentWithheld = fact.body
    if withheld.person_id is None:
        return []
    return [
        _ask(commands.MoveReason(withheld.person_id, (), "purchase", fact.stream_id, "suspended"))
    ]


def when_present_ended_end_reason(fact: Fact) -> list[Ask | Call]:
    ended: PresentEnded = fact.body
    if ended.person_id is None:
        return []
    end = commands.EndReason(ended.person_id, "purchase", fact.stream_id, "refunded")
    return [_end(end, ended.over, fact.at)]


def when_reason_in_grace_tell(fact: Fact) -> list[Call]:
    lasts: events.ReasonInGrace = fact.body
    return [_name(lasts.person_id, lasts.until, "grace", lasts.kind, lasts.reason_id)]


def when_bar_foretold_tell(fact: Fact) -> list[Call]:
    bar: events.BarForetold = fact.body
    return [_name(bar.person_id, bar.until, "ban")]


def when_access_granted_look_ahead(fact: Fact) -> list[At]:
    """Who was brought from elsewhere is written to by whoever asks them for a card."""
    granted: events.AccessGranted = fact.body
    person_id, tier_id, until = granted.person_id, granted.tier_id, granted.until
    if until is None or granted.reason_id == brought(person_id, tier_id, until):
        return []
    at = told_at(fact.at, until)
    look = commands.LookAhead(person_id, granted.kind, granted.reason_id, until)
    return [At(at, _ask(look))] if at else []


def when_end_near_tell(fact: Fact) -> list[Call]:
    near: events.EndNear = fact.body
    return [_name(near.person_id, near.until, "time", near.kind, near.reason_id)]


def _name(
    person_id: PersonId,
    until: datetime,
    why: events.Why,
    kind: events.ReasonKind | None = None,
    reason_id: UUID | None = None,
) -> Call:
    return Call(commands.NameEnd(person_id, until, why, kind, reason_id))


def when_reason_in_grace_end_reason(fact: Fact) -> list[At]:
    lasts: events.ReasonInGrace = fact.body
    end = commands.EndReason(lasts.person_id, lasts.kind, lasts.reason_id, lasts.cause)
    return [At(lasts.until, _ask(end))]


def when_level_held_move_reason(fact: Fact) -> list[Ask]:
    """However often the level changes, it is one reason until the person has none."""
    held: LevelReached | LevelRevised = fact.body
    return [_stand(fact, held.spell, held.person_id, held.badge)]


def _stand(fact: Fact, spell: int, person_id: PersonId, badge: Badge) -> Ask:
    reason_id = derive(fact.stream_id, "spell", str(spell))
    move = commands.MoveReason(person_id, badge.tiers, "recognition", reason_id, "changed")
    return _ask(move)


ENDS_LEVEL: dict[LostBecause, events.Cause] = {
    "score": "ended",
    "rules": "ended",
    "own_wish": "withdrawn",
    "left": "left",
    "banned": "banned",
    "erased": "erased",
}


def when_level_lost_end_reason(fact: Fact) -> list[Ask | Call]:
    """A lower level that is left opens what it opens; a level that opened nothing was no reason."""
    lost: LevelLost = fact.body
    if lost.left is not None:
        return [_stand(fact, lost.spell, lost.person_id, lost.left)]
    if not lost.lost.tiers:
        return []
    reason_id = derive(fact.stream_id, "spell", str(lost.spell))
    end = commands.EndReason(lost.person_id, "recognition", reason_id, ENDS_LEVEL[lost.cause])
    return [_end(end, "banned" if lost.cause == "banned" else None, fact.at)]


def when_free_access_ended_move_reason(fact: Fact) -> list[Ask]:
    """Who joined, joined: what that opens is less from now on, or nothing."""
    ended: FreeAccessEnded = fact.body
    person_id, reason_id = ended.person_id, ended.reason_id
    return [_ask(commands.MoveReason(person_id, ended.tiers, "joined", reason_id, "changed"))]


def when_gift_has_an_end_end_reason(fact: Fact) -> list[At]:
    granted: events.AccessGranted = fact.body
    if granted.until is None:
        return []
    end = commands.EndReason(granted.person_id, granted.kind, granted.reason_id, "expired")
    return [At(granted.until, _ask(end))]


def when_person_taken_in_hand_over(fact: Fact) -> list[Ask]:
    taken: PersonTakenIn = fact.body
    return [_ask(commands.HandOver(taken.person_id, taken.into))]


def when_reason_passed_on_follow(fact: Fact) -> list[Ask]:
    """By the same words, of who they are now."""
    on: events.ReasonPassedOn = fact.body
    about = on.kind, on.reason_id
    if on.ended is not None:
        return [_ask(commands.EndReason(on.into, *about, on.ended, on.until))]
    if on.moved is not None:
        return [_ask(commands.MoveReason(on.into, on.tiers, *about, on.moved, on.contents))]
    start = commands.StartReason(
        on.into, on.tiers, *about, until=on.until, contents=on.contents, migrated=on.migrated
    )
    return [_ask(start)]


def when_member_left_end_given(fact: Fact) -> list[Ask]:
    return [_ask(commands.EndGiven(PersonId(fact.stream_id)))]


def when_member_banned_bar_access(fact: Fact) -> list[Ask]:
    banned: MemberBanned = fact.body
    bar = commands.BarAccess(PersonId(fact.stream_id), "banned", banned.access_until)
    return [_ask(bar)]


def when_ban_lifted_lift_bar(fact: Fact) -> list[Ask]:
    return [_ask(commands.LiftBar(PersonId(fact.stream_id)))]


def when_person_erased_bar_access(fact: Fact) -> list[Ask]:
    return [_ask(commands.BarAccess(PersonId(fact.stream_id), "erased"))]


def when_bar_foretold_complete_bar(fact: Fact) -> list[At]:
    foretold: events.BarForetold = fact.body
    complete = commands.CompleteBar(foretold.person_id, foretold.until)
    return [At(foretold.until, _ask(complete))]


REACTIONS = (
    Reaction(
        name="membership.access.when_member_joined_start_reason",
        to=MemberJoined,
        react=when_member_joined_start_reason,
    ),
    Reaction(
        name="membership.access.when_invitation_accepted_start_reason",
        to=InvitationAccepted,
        react=when_invitation_accepted_start_reason,
    ),
    Reaction(
        name="membership.access.when_rows_taken_start_reason",
        to=RowsTaken,
        react=when_rows_taken_start_reason,
    ),
    Reaction(
        name="membership.access.when_trial_started_start_reason",
        to=TrialStarted,
        react=when_subscription_began_start_reason,
    ),
    Reaction(
        name="membership.access.when_subscription_activated_start_reason",
        to=SubscriptionActivated,
        react=when_subscription_began_start_reason,
    ),
    Reaction(
        name="membership.access.when_subscription_changed_move_reason",
        to=SubscriptionChanged,
        react=when_subscription_changed_move_reason,
    ),
    Reaction(
        name="membership.access.when_subscription_paused_move_reason",
        to=SubscriptionPaused,
        react=when_subscription_paused_move_reason,
    ),
    Reaction(
        name="membership.access.when_subscription_resumed_move_reason",
        to=SubscriptionResumed,
        react=when_subscription_resumed_move_reason,
    ),
    Reaction(
        name="membership.access.when_subscription_ended_end_reason",
        to=SubscriptionEnded,
        react=when_subscription_ended_end_reason,
    ),
    Reaction(
        name="membership.access.when_subscription_suspended_move_reason",
        to=SubscriptionSuspended,
        react=when_subscription_suspended_move_reason,
    ),
    Reaction(
        name="membership.access.when_subscription_reinstated_move_reason",
        to=SubscriptionReinstated,
        react=when_subscription_reinstated_move_reason,
    ),
    Reaction(
        name="membership.access.when_seat_claimed_start_reason",
        to=SeatClaimed,
        react=when_seat_claimed_start_reason,
    ),
    Reaction(
        name="membership.access.when_seats_moved_move_reason",
        to=SeatsMoved,
        react=when_seats_moved_move_reason,
    ),
    Reaction(
        name="membership.access.when_seat_revoked_end_reason",
        to=SeatRevoked,
        react=when_seat_revoked_end_reason,
    ),
    Reaction(
        name="membership.access.when_order_paid_start_reason",
        to=OrderPaid,
        react=when_order_paid_start_reason,
    ),
    Reaction(
        name="membership.access.when_order_suspended_move_reason",
        to=OrderSuspended,
        react=when_order_suspended_move_reason,
    ),
    Reaction(
        name="membership.access.when_order_reinstated_move_reason",
        to=OrderReinstated,
        react=when_order_reinstated_move_reason,
    ),
    Reaction(
        name="membership.access.when_order_refunded_end_reason",
        to=OrderRefunded,
        react=when_order_refunded_end_reason,
    ),
    Reaction(
        name="membership.access.when_present_accepted_start_reason",
        to=PresentAccepted,
        react=when_present_accepted_start_reason,
    ),
    Reaction(
        name="membership.access.when_present_withheld_move_reason",
        to=PresentWithheld,
        react=when_present_withheld_move_reason,
    ),
    Reaction(
        name="membership.access.when_present_restored_start_reason",
        to=PresentRestored,
        react=when_present_restored_start_reason,
    ),
    Reaction(
        name="membership.access.when_present_ended_end_reason",
        to=PresentEnded,
        react=when_present_ended_end_reason,
    ),
    Reaction(
        name="membership.access.when_reason_in_grace_tell",
        to=events.ReasonInGrace,
        react=when_reason_in_grace_tell,
    ),
    Reaction(
        name="membership.access.when_bar_foretold_tell",
        to=events.BarForetold,
        react=when_bar_foretold_tell,
    ),
    Reaction(
        name="membership.access.when_access_granted_look_ahead",
        to=events.AccessGranted,
        react=when_access_granted_look_ahead,
    ),
    Reaction(
        name="membership.access.when_end_near_tell",
        to=events.EndNear,
        react=when_end_near_tell,
    ),
    Reaction(
        name="membership.access.when_reason_in_grace_end_reason",
        to=events.ReasonInGrace,
        react=when_reason_in_grace_end_reason,
    ),
    Reaction(
        name="membership.access.when_level_reached_move_reason",
        to=LevelReached,
        react=when_level_held_move_reason,
    ),
    Reaction(
        name="membership.access.when_level_revised_move_reason",
        to=LevelRevised,
        react=when_level_held_move_reason,
    ),
    Reaction(
        name="membership.access.when_level_lost_end_reason",
        to=LevelLost,
        react=when_level_lost_end_reason,
    ),
    Reaction(
        name="membership.access.when_free_access_ended_move_reason",
        to=FreeAccessEnded,
        react=when_free_access_ended_move_reason,
    ),
    Reaction(
        name="membership.access.when_gift_has_an_end_end_reason",
        to=events.AccessGranted,
        react=when_gift_has_an_end_end_reason,
    ),
    Reaction(
        name="membership.access.when_person_taken_in_hand_over",
        to=PersonTakenIn,
        react=when_person_taken_in_hand_over,
    ),
    Reaction(
        name="membership.access.when_reason_passed_on_follow",
        to=events.ReasonPassedOn,
        react=when_reason_passed_on_follow,
    ),
    Reaction(
        name="membership.access.when_member_left_end_given",
        to=MemberLeft,
        react=when_member_left_end_given,
    ),
    Reaction(
        name="membership.access.when_member_banned_bar_access",
        to=MemberBanned,
        react=when_member_banned_bar_access,
    ),
    Reaction(
        name="membership.access.when_ban_lifted_lift_bar",
        to=BanLifted,
        react=when_ban_lifted_lift_bar,
    ),
    Reaction(
        name="membership.access.when_person_erased_bar_access",
        to=PersonErased,
        react=when_person_erased_bar_access,
    ),
    Reaction(
        name="membership.access.when_bar_foretold_complete_bar",
        to=events.BarForetold,
        react=when_bar_foretold_complete_bar,
    ),
)


async def consult_grace(action: commands.ConsultGrace, context: ActionContext) -> Ask:
    grace = await grace_now(context.service, context.community_id)
    about = action.person_id, action.kind, action.reason_id, action.cause
    return _ask(commands.EndReason(*about, grace.until(action.over, action.at)))


async def name_end(action: commands.NameEnd, context: ActionContext) -> Ask:
    async with context.service.pool.acquire() as connection:
        tiers = await tiers_of(connection, context.community_id)
    names = tuple((tier.tier_id, Label(tier.name)) for tier in tiers)
    about = action.kind, action.reason_id
    return _ask(commands.TellOfEnd(action.person_id, action.until, action.why, names, *about))


ACTIONS = (
    Action(of=commands.ConsultGrace, perform=consult_grace),
    Action(of=commands.NameEnd, perform=name_end),
)
