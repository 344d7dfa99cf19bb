"""Seats follow their subscription, their letters, and the people who sit there."""

from collections.abc import Callable
from urllib.parse import urljoin
from uuid import UUID

from dateutil.relativedelta import relativedelta

from services.membership.branding import look_of
from services.membership.community.projections import CommunityPage, page_of
from services.membership.domain.projections import origin_of
from services.membership.gateways.gateway import Letter, Unreachable, Unsendable
from services.membership.member.projections import profile_of
from services.membership.organisation.projections import organisation_now
from services.membership.overs import OVERS
from services.membership.seat import commands, events
from services.membership.seat.decider import SEAT, Plan, Seat, addressee_of
from services.membership.seat.projections import plan_now
from services.membership.sitter.events import SeatsLeft
from services.membership.tier.events import TierId
from services.membership.tier.projections import tier_name
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
from shared.erasure import forgetting
from shared.event_store import Fact
from shared.ids import PersonId, derive
from shared.reaction import Action, ActionContext, Ask, At, Call, Reaction, Transient

# The seat says until when it can be claimed; its link is only the way to it.
LINK_LIFE = relativedelta(years=1)


def _of_seats(about: SubscriptionContract, command: commands.SeatCommand) -> list[Ask]:
    return [Ask(SEAT, about.subscription_id, command)] if about.seats else []


def _provide(about: SubscriptionContract) -> commands.ProvideSeats:
    tier_id = TierId(about.tier_id) if about.tier_id else None
    return commands.ProvideSeats(PersonId(about.person_id), about.seats, tier_id)


def when_subscription_began_provide_seats(fact: Fact) -> list[Ask]:
    return _of_seats(fact.body, _provide(fact.body))


def when_subscription_changed_provide_seats(fact: Fact) -> list[Ask]:
    """It may have become one without seats, or one with."""
    changed: SubscriptionChanged = fact.body
    if not changed.before.seats and not changed.seats:
        return []
    return [Ask(SEAT, changed.subscription_id, _provide(changed))]


def _withhold(cause: events.Withheld) -> Callable[[Fact], list[Ask]]:
    return lambda fact: _of_seats(fact.body, commands.WithholdSeats(cause))


def _restore(cause: events.Withheld) -> Callable[[Fact], list[Ask]]:
    return lambda fact: _of_seats(fact.body, commands.RestoreSeats(cause))


def when_subscription_ended_end_seats(fact: Fact) -> list[Ask]:
    ended: SubscriptionEnded = fact.body
    cause: events.Ended = "refunded" if ended.reason in ("refunded", "disputed") else "ended"
    return _of_seats(ended, commands.EndSeats(cause, OVERS.get(ended.reason)))


def when_seat_assigned_send(fact: Fact) -> list[Call | At]:
    return _send(fact, 1)


def when_seat_resent_send(fact: Fact) -> list[Call | At]:
    return _send(fact, fact.body.letter)


def _send(fact: Fact, letter: int) -> list[Call | At]:
    waiting: events.SeatAssigned | events.SeatResent = fact.body
    expire = commands.ExpireSeat(waiting.seat_id, waiting.expires_at)
    return [
        Call(commands.SendSeat(fact.stream_id, waiting.seat_id, letter)),
        At(waiting.expires_at, Ask(SEAT, fact.stream_id, expire)),
    ]


def when_seat_revoked_forget(fact: Fact) -> list[Ask]:
    """What the payer lost, the payer is told of first."""
    revoked: events.SeatRevoked = fact.body
    if revoked.reason == "fewer_seats":
        return []
    return [forgetting(addressee_of(revoked.seat_id), fact.at)]


def when_seats_lost_tell_payer(fact: Fact) -> list[Call]:
    lost: events.SeatsLost = fact.body
    return [Call(commands.TellPayer(fact.stream_id, lost.seats))]


def when_loss_addressed_tell(fact: Fact) -> list[Call]:
    """One ask for each letter: whoever cannot be written to just now keeps no other waiting, nor has two."""
    loss: events.LossAddressed = fact.body
    return [
        Call(commands.TellOfLoss(fact.stream_id, loss.seats, person_id))
        for person_id in loss.people
    ]


def when_payer_told_forget(fact: Fact) -> list[Ask]:
    told: events.PayerTold = fact.body
    return [forgetting(addressee_of(seat_id), fact.at) for seat_id in told.seats]


def when_seats_left_free_seat(fact: Fact) -> list[Ask]:
    left: SeatsLeft = fact.body
    return [
        Ask(SEAT, held.subscription_id, commands.FreeSeat(held.seat_id, left.cause))
        for held in left.seats
    ]


REACTIONS = (
    Reaction(
        name="membership.seat.when_trial_started_provide_seats",
        to=TrialStarted,
        react=when_subscription_began_provide_seats,
    ),
    Reaction(
        name="membership.seat.when_subscription_activated_provide_seats",
        to=SubscriptionActivated,
        react=when_subscription_began_provide_seats,
    ),
    Reaction(
        name="membership.seat.when_subscription_changed_provide_seats",
        to=SubscriptionChanged,
        react=when_subscription_changed_provide_seats,
    ),
    Reaction(
        name="membership.seat.when_subscription_paused_withhold_seats",
        to=SubscriptionPaused,
        react=_withhold("paused"),
    ),
    Reaction(
        name="membership.seat.when_subscription_resumed_restore_seats",
        to=SubscriptionResumed,
        react=_restore("paused"),
    ),
    Reaction(
        name="membership.seat.when_subscription_suspended_withhold_seats",
        to=SubscriptionSuspended,
        react=_withhold("suspended"),
    ),
    Reaction(
        name="membership.seat.when_subscription_reinstated_restore_seats",
        to=SubscriptionReinstated,
        react=_restore("suspended"),
    ),
    Reaction(
        name="membership.seat.when_subscription_ended_end_seats",
        to=SubscriptionEnded,
        react=when_subscription_ended_end_seats,
    ),
    Reaction(
        name="membership.seat.when_seat_assigned_send",
        to=events.SeatAssigned,
        react=when_seat_assigned_send,
    ),
    Reaction(
        name="membership.seat.when_seat_resent_send",
        to=events.SeatResent,
        react=when_seat_resent_send,
    ),
    Reaction(
        name="membership.seat.when_seat_revoked_forget",
        to=events.SeatRevoked,
        react=when_seat_revoked_forget,
    ),
    Reaction(
        name="membership.seat.when_seats_lost_tell_payer",
        to=events.SeatsLost,
        react=when_seats_lost_tell_payer,
    ),
    Reaction(
        name="membership.seat.when_loss_addressed_tell",
        to=events.LossAddressed,
        react=when_loss_addressed_tell,
    ),
    Reaction(
        name="membership.seat.when_payer_told_forget",
        to=events.PayerTold,
        react=when_payer_told_forget,
    ),
    Reaction(
        name="membership.seat.when_seats_left_free_seat",
        to=SeatsLeft,
        react=when_seats_left_free_seat,
    ),
)


async def send_seat(action: commands.SendSeat, context: ActionContext) -> Ask | None:
    """A crash between posting and recording may post twice: both letters carry one Message-ID."""
    plan = await plan_now(context.service, context.community_id, action.subscription_id)
    seat = plan.seats[action.seat_id]
    if seat.standing != "pending" or seat.settled >= action.letter:
        return None
    letter = await _letter(action, plan, seat, context)
    if letter is None:
        return None
    record: commands.SeatCommand = commands.RecordSeatPosted(action.seat_id, action.letter)
    try:
        await context.gateways["post"].send(letter)
    except Unreachable as gone:
        raise Transient(str(gone)) from gone
    except Unsendable as refusal:
        record = commands.RecordSeatNotPosted(action.seat_id, action.letter, refusal.reason)
    return Ask(SEAT, action.subscription_id, record)


async def _letter(
    action: commands.SendSeat, plan: Plan, seat: Seat, context: ActionContext
) -> Letter | None:
    """Nothing to whoever was erased meanwhile."""
    service, expires_at = context.service, context.now + LINK_LIFE
    (address,) = await service.vault.open([seat.assigned.email])
    if address is None:
        return None
    page, tier = await _page(plan.tier_id, context)
    token = service.links.make("claim", action.seat_id, context.community_id, expires_at)
    return Letter(
        key=derive(action.seat_id, "letter", str(action.letter)),
        to=address,
        sender=page.name,
        template="seat_assigned",
        language=seat.assigned.language,
        values={"tier": tier, "expires_at": seat.expires_at},
        link=urljoin(
            await origin_of(service, context.community_id),
            f"/seats/{action.subscription_id}/{token}",
        ),
        time_zone=page.time_zone,
        look=look_of(page),
    )


async def _page(tier_id: UUID | None, context: ActionContext) -> tuple[CommunityPage, str]:
    async with context.service.pool.acquire() as connection:
        page = await page_of(connection, context.community_id)
        tier = await tier_name(connection, tier_id)
    if page is None:
        raise Transient("The community's page is not there yet.")
    return page, tier or ""


async def tell_payer(action: commands.TellPayer, context: ActionContext) -> Ask | None:
    """The payer; whoever represents it, where that is an organisation."""
    service, community_id = context.service, context.community_id
    plan = await plan_now(service, community_id, action.subscription_id)
    if plan.payer_id is None:
        return None
    acting = (await organisation_now(service, community_id, plan.payer_id)).representatives
    address = commands.AddressLoss(action.seats, tuple(acting) or (plan.payer_id,))
    return Ask(SEAT, action.subscription_id, address)


async def tell_of_loss(action: commands.TellOfLoss, context: ActionContext) -> Ask | None:
    """Addresses stand in the letter alone; a payer who takes no mail sees them no more."""
    plan = await plan_now(context.service, context.community_id, action.subscription_id)
    if action.person_id not in plan.to_tell.get(action.seats, ()):
        return None
    letter = await _lost(action, plan, context)
    try:
        if letter is not None:
            await context.gateways["post"].send(letter)
    except Unreachable as gone:
        raise Transient(str(gone)) from gone
    except Unsendable:
        pass
    record = commands.RecordLossTold(action.seats, action.person_id)
    return Ask(SEAT, action.subscription_id, record)


async def _lost(action: commands.TellOfLoss, plan: Plan, context: ActionContext) -> Letter | None:
    """Nothing to whom nobody knows any more."""
    service, subscription_id = context.service, action.subscription_id
    profile = await profile_of(service, action.person_id)
    (to,) = await service.vault.open([profile.email if profile else None])
    if profile is None or to is None:
        return None
    lost = [plan.seats[seat_id].assigned.email for seat_id in action.seats]
    people = ", ".join(address for address in await service.vault.open(lost) if address)
    page, tier = await _page(plan.tier_id, context)
    origin = await origin_of(service, context.community_id)
    key = derive(subscription_id, "lost", *map(str, action.seats))
    return Letter(
        key=key if action.person_id == plan.payer_id else derive(key, str(action.person_id)),
        to=to,
        sender=page.name,
        template="seats_lost",
        language=profile.language,
        values={"seats": plan.provided, "tier": tier, "people": people},
        link=urljoin(origin, f"/seats/{subscription_id}"),
        time_zone=page.time_zone,
        look=look_of(page),
    )


ACTIONS = (
    Action(of=commands.SendSeat, perform=send_seat),
    Action(of=commands.TellPayer, perform=tell_payer),
    Action(of=commands.TellOfLoss, perform=tell_of_loss),
)
