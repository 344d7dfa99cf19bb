"""A present is paid for at billing, written about when it is due, and had no longer than its money is."""

from datetime import timedelta
from typing import Any
from urllib.parse import urljoin
from uuid import UUID

from dateutil.relativedelta import relativedelta

from services.membership.branding import look_of
from services.membership.community.projections import page_of
from services.membership.content.events import ContentId
from services.membership.domain.projections import origin_of
from services.membership.gateways.gateway import Letter, Unreachable, Unsendable, Value
from services.membership.member.events import Language
from services.membership.member.projections import profile_of
from services.membership.overs import OVER_BY_REFUND
from services.membership.present import commands, events
from services.membership.present.decider import PRESENT, Present, addressee_of, door_of
from services.membership.present.projections import present_now
from services.membership.things_named import lasting, name_of
from services.membership.tier.events import TierId
from shared.contracts.billing_order import (
    Gift,
    OrderPaid,
    OrderRefunded,
    OrderReinstated,
    OrderSuspended,
)
from shared.erasure import forgetting
from shared.event_store import Fact
from shared.ids import PersonId, derive
from shared.reaction import Action, ActionContext, Ask, At, Call, Reaction, Transient

# The present says until when it can be accepted; its link is only the way to it.
LINK_LIFE = relativedelta(years=1)
REMINDED_AFTER = timedelta(days=7)
GIVER_ASKED_AFTER = timedelta(days=1)
SOMEBODY: dict[Language, str] = {"en": "Somebody", "fr": "Quelqu'un"}


def when_order_paid_pay_present(fact: Fact) -> list[Ask]:
    """A gift is bought by itself."""
    paid: OrderPaid = fact.body
    return [
        Ask(PRESENT, paid.order_id, commands.PayPresent(PersonId(paid.person_id), _thing(gift)))
        for gift in (line.gift for line in paid.lines)
        if gift is not None
    ]


def _thing(gift: Gift) -> events.Thing:
    tier_id = TierId(gift.tier_id) if gift.tier_id else None
    content_id = ContentId(gift.content_id) if gift.content_id else None
    return events.Thing(tier_id, content_id, gift.interval, gift.count)


def when_order_refunded_end_present(fact: Fact) -> list[Ask]:
    refunded: OrderRefunded = fact.body
    end = commands.EndPresent(OVER_BY_REFUND.get(refunded.reason))
    return [Ask(PRESENT, refunded.order_id, end)]


def when_order_suspended_withhold_present(fact: Fact) -> list[Ask]:
    return [Ask(PRESENT, fact.body.order_id, commands.WithholdPresent())]


def when_order_reinstated_restore_present(fact: Fact) -> list[Ask]:
    return [Ask(PRESENT, fact.body.order_id, commands.RestorePresent())]


def when_present_addressed_deliver(fact: Fact) -> list[At]:
    addressed: events.PresentAddressed = fact.body
    at = addressed.deliver_at or fact.at
    return [At(at, _ask(fact, commands.DeliverPresent(at))), _expire(fact)]


def when_present_paid_deliver(fact: Fact) -> list[Ask | At]:
    ask_giver = _ask(fact, commands.RemindGiver())
    return [
        _ask(fact, commands.DeliverPresent(fact.at)),
        At(fact.at + GIVER_ASKED_AFTER, ask_giver),
    ]


def when_present_due_send(fact: Fact) -> list[Call | At]:
    due: events.PresentDue = fact.body
    send = Call(commands.SendPresent(fact.stream_id, due.letter, due.reminds))
    return [send, _expire(fact)]


def when_present_posted_remind(fact: Fact) -> list[At]:
    posted: events.PresentPosted = fact.body
    remind = commands.RemindOfPresent(posted.letter)
    return [At(fact.at + REMINDED_AFTER, _ask(fact, remind))]


def when_present_settled_forget(fact: Fact) -> list[Ask]:
    """Whom it was for is not needed any more, nor what was written to them."""
    return _forget(fact, fact.body.number)


def when_present_addressed_forget(fact: Fact) -> list[Ask]:
    """Nor is whom it was for before."""
    return _forget(fact, fact.body.number - 1)


def _forget(fact: Fact, number: int) -> list[Ask]:
    return [forgetting(addressee_of(fact.stream_id, number), fact.at)] if number else []


def _expire(fact: Fact) -> At:
    expires_at = fact.body.expires_at
    return At(expires_at, _ask(fact, commands.ExpirePresent(expires_at)))


def _ask(fact: Fact, command: commands.PresentCommand) -> Ask:
    return Ask(PRESENT, fact.stream_id, command)


REACTIONS = (
    Reaction(
        "membership.present.when_order_paid_pay_present", OrderPaid, when_order_paid_pay_present
    ),
    Reaction(
        "membership.present.when_order_refunded_end_present",
        OrderRefunded,
        when_order_refunded_end_present,
    ),
    Reaction(
        "membership.present.when_order_suspended_withhold_present",
        OrderSuspended,
        when_order_suspended_withhold_present,
    ),
    Reaction(
        "membership.present.when_order_reinstated_restore_present",
        OrderReinstated,
        when_order_reinstated_restore_present,
    ),
    Reaction(
        "membership.present.when_present_addressed_deliver",
        events.PresentAddressed,
        when_present_addressed_deliver,
    ),
    Reaction(
        "membership.present.when_present_addressed_forget",
        events.PresentAddressed,
        when_present_addressed_forget,
    ),
    Reaction(
        "membership.present.when_present_paid_deliver",
        events.PresentPaid,
        when_present_paid_deliver,
    ),
    Reaction("membership.present.when_present_due_send", events.PresentDue, when_present_due_send),
    Reaction(
        "membership.present.when_present_posted_remind",
        events.PresentPosted,
        when_present_posted_remind,
    ),
    Reaction(
        "membership.present.when_present_unclaimed_forget",
        events.PresentUnclaimed,
        when_present_settled_forget,
    ),
    Reaction(
        "membership.present.when_present_accepted_forget",
        events.PresentAccepted,
        when_present_settled_forget,
    ),
    Reaction(
        "membership.present.when_present_ended_forget",
        events.PresentEnded,
        when_present_settled_forget,
    ),
)


async def send_present(action: commands.SendPresent, context: ActionContext) -> Ask | None:
    """A crash between posting and recording may post twice: both letters carry one Message-ID.

    What another has followed, to the same address or the next, is not sent any more.
    """
    present = await present_now(context.service, context.community_id, action.present_id)
    is_latest = present.standing == "sent" and present.posts == action.letter
    if not is_latest or present.settled >= action.letter:
        return None
    letter = await _letter(action, present, context)
    if letter is None:
        return None
    record: commands.PresentCommand = commands.RecordPosted(action.letter)
    try:
        await context.gateways["post"].send(letter)
    except Unreachable as gone:
        raise Transient(str(gone)) from gone
    except Unsendable as refusal:
        record = commands.RecordNotPosted(action.letter, refusal.reason)
    return Ask(PRESENT, action.present_id, record)


async def _letter(
    action: commands.SendPresent, present: Present, context: ActionContext
) -> Letter | None:
    """Nothing to whoever was erased meanwhile."""
    service, paid, addressed = context.service, present.paid, present.addressed
    if paid is None or addressed is None:
        return None
    address, words = await service.vault.open([addressed.email, addressed.words])
    if address is None or words is None:
        return None
    values = await _values(service, context.community_id, paid, addressed.language)
    async with service.pool.acquire() as connection:
        page = await page_of(connection, context.community_id)
    if page is None:
        raise Transient("The community's page is not there yet.")
    subject = door_of(action.present_id, addressed.number)
    token = service.links.make("claim", subject, context.community_id, context.now + LINK_LIFE)
    return Letter(
        key=derive(action.present_id, "letter", str(action.letter)),
        to=address,
        sender=page.name,
        template="present_again" if action.reminds else "present",
        language=addressed.language,
        values={**values, "words": words, "expires_at": present.expires_at or addressed.expires_at},
        link=urljoin(
            await origin_of(service, context.community_id), f"/presents/{action.present_id}/{token}"
        ),
        time_zone=page.time_zone,
        look=look_of(page),
    )


async def _values(
    service: Any, community_id: UUID, paid: events.PresentPaid, language: Language
) -> dict[str, Value]:
    """Who is erased has given it all the same."""
    profile = await profile_of(service, paid.person_id)
    (giver,) = await service.vault.open([profile.name if profile else None])
    return {
        "giver": giver or SOMEBODY[language],
        "thing": await name_of(service, community_id, paid.thing, language),
        "lasting": lasting(paid.thing, language),
    }


ACTIONS = (Action(of=commands.SendPresent, perform=send_present),)
