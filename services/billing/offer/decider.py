"""An offer keeps the price it was published with: another price is another offer."""

from typing import Literal, assert_never

from services.billing.offer import commands, events
from services.billing.payment.events import DEAREST
from shared.decider import Decider, NotFound, Rejected

Offer = Literal["on_sale", "retired"] | None

LONGEST_TRIAL = 730


def decide(command: commands.OfferCommand, offer: Offer) -> list[events.OfferEvent]:
    match command:
        case commands.PublishOffer():
            return [] if offer else [_publish(command)]
        case commands.RetireOffer() if offer is None:
            raise NotFound("offer_not_found", "There is no such offer.")
        case commands.RetireOffer():
            return [] if offer == "retired" else [events.OfferRetired()]
        case _:
            assert_never(command)


def _publish(asked: commands.PublishOffer) -> events.OfferPublished:
    if not 0 <= asked.price.minor <= DEAREST:
        raise Rejected(
            "price_out_of_range", "No processor charges that.", pointer="/price", most=DEAREST
        )
    if asked.interval != "once" and not asked.price:
        raise Rejected("free_subscription", "What costs nothing is a free tier.", pointer="/price")
    if not 0 <= asked.trial_days <= LONGEST_TRIAL:
        raise Rejected(
            "trial_out_of_range",
            "A trial lasts days, not years.",
            pointer="/trial_days",
            most=LONGEST_TRIAL,
        )
    if asked.trial_days and asked.interval == "once":
        raise Rejected(
            "trial_without_renewal", "Only a subscription has a trial.", pointer="/trial_days"
        )
    return events.OfferPublished(
        asked.name, asked.price, asked.interval, asked.trial_days, asked.tier_id
    )


def evolve(_offer: Offer, event: events.OfferEvent) -> Offer:
    match event:
        case events.OfferPublished():
            return "on_sale"
        case events.OfferRetired():
            return "retired"
        case _:
            assert_never(event)


OFFER: Decider[commands.OfferCommand, Offer, events.OfferEvent] = Decider(
    "offer",
    initial=None,
    decide=decide,
    evolve=evolve,
    commands=commands.OfferCommand,
    events=events.OfferEvent,
)
