"""A price is never changed: another price is the next version, and who bought keeps theirs."""

from calendar import monthrange
from dataclasses import dataclass, replace
from typing import assert_never

from services.billing.least import is_enough, least_of
from services.billing.offer import commands, events
from services.billing.offer.events import MOST_OF_ONE, Interval, Price
from services.billing.payment.events import DEAREST
from shared.decider import Decider, NotFound, Rejected

LONGEST_TRIAL = 730
MONTHS = 12
COMMON_YEAR = 2027
# Processors charge at least once in three years.
LONGEST = {"week": 156, "month": 36, "quarter": 12, "year": 3, "once": 1}
MOST_PRICES = 20
MOST_PRESETS = 10


@dataclass(frozen=True, slots=True)
class Offer:
    interval: Interval
    prices: tuple[Price, ...]
    version: int = 1
    retired: bool = False


def decide(command: commands.OfferCommand, offer: Offer | None) -> list[events.OfferEvent]:
    match command:
        case commands.PublishOffer():
            return [] if offer else [_publish(command)]
        case _ if offer is None:
            raise NotFound("offer_not_found", "There is no such offer.")
        case commands.RepriceOffer(prices) if prices == offer.prices:
            return []
        case commands.RepriceOffer() if offer.retired:
            raise Rejected("offer_retired", "It is no longer sold.")
        case commands.RepriceOffer(prices):
            _check_prices(prices, offer.interval)
            return [events.OfferRepriced(offer.version + 1, prices)]
        case commands.RetireOffer():
            return [] if offer.retired else [events.OfferRetired()]
        case _:
            assert_never(command)


def _publish(asked: commands.PublishOffer) -> events.OfferPublished:
    longest = LONGEST[asked.interval]
    if not 1 <= asked.every <= longest:
        raise Rejected("every_out_of_range", "Not so seldom.", pointer="/every", most=longest)
    _check_prices(asked.prices, asked.interval)
    _check_trial(asked)
    _check_grants(asked)
    _check_year(asked)
    if not 1 <= asked.fewest <= asked.most <= MOST_OF_ONE:
        raise Rejected("quantity_out_of_range", "Not so many.", pointer="/most", most=MOST_OF_ONE)
    return events.OfferPublished(
        asked.name,
        asked.prices[0].amount,
        asked.interval,
        asked.trial_days,
        asked.tier_id,
        asked.every,
        asked.prices,
        asked.donation,
        asked.fewest,
        asked.most,
        asked.content_id,
        asked.seats,
        asked.year,
        asked.trial_needs_card,
    )


def _check_grants(asked: commands.PublishOffer) -> None:
    if asked.donation and (asked.tier_id or asked.content_id):
        pointer = "/tier_id" if asked.tier_id else "/content_id"
        raise Rejected("donation_grants_nothing", "What grants something is sold.", pointer=pointer)
    if asked.seats and (asked.tier_id is None or asked.interval == "once"):
        raise Rejected(
            "seats_open_a_tier", "A seat opens a tier while it is paid.", pointer="/seats"
        )
    if asked.content_id and asked.interval != "once":
        raise Rejected(
            "content_is_bought_once", "What is bought once is kept.", pointer="/content_id"
        )


def _check_year(asked: commands.PublishOffer) -> None:
    year = asked.year
    if year is None:
        return
    if (asked.interval, asked.every) != ("year", 1) or asked.trial_days:
        detail = "A fixed year is paid by the year, from its first day on."
        raise Rejected("fixed_year_is_a_year", detail, pointer="/year")
    if not 1 <= year.month <= MONTHS or not 1 <= year.day <= monthrange(COMMON_YEAR, year.month)[1]:
        raise Rejected("no_such_day", "Not every year has this day.", pointer="/year")


def _check_trial(asked: commands.PublishOffer) -> None:
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
    if not asked.trial_needs_card and not asked.trial_days:
        raise Rejected(
            "no_card_without_trial",
            "Without a trial, it is paid for at once.",
            pointer="/trial_needs_card",
        )


def _check_prices(prices: tuple[Price, ...], interval: Interval) -> None:
    if not 1 <= len(prices) <= MOST_PRICES:
        raise Rejected(
            "prices_out_of_range", "An offer has prices.", pointer="/prices", most=MOST_PRICES
        )
    if len({price.amount.currency for price in prices}) < len(prices):
        raise Rejected("currency_twice", "Each currency has one price.", pointer="/prices")
    for number, price in enumerate(prices):
        _check_price(price, interval, f"/prices/{number}")


def _check_price(price: Price, interval: Interval, at: str) -> None:
    fees = [price.setup_fee] if price.setup_fee else []
    named = [price.minimum] if price.minimum is not None else []
    amounts = [price.amount, *fees, *named, *price.presets]
    if len({amount.currency for amount in amounts}) > 1:
        raise Rejected("currencies_differ", "One price, one currency.", pointer=at)
    if any(amount and not is_enough(amount) for amount in amounts):
        detail, least = "No processor charges so little.", least_of(price.amount.currency)
        raise Rejected("price_out_of_range", detail, pointer=at, least=least)
    if any(amount.minor > DEAREST for amount in amounts):
        raise Rejected("price_out_of_range", "No processor charges that.", pointer=at, most=DEAREST)
    if interval == "once" and fees:
        detail = "Only a subscription is set up."
        raise Rejected("fee_without_renewal", detail, pointer=f"{at}/setup_fee")
    if interval != "once" and not all([price.amount, *named]):
        raise Rejected("free_subscription", "What costs nothing is a free tier.", pointer=at)
    if named and any(amount < named[0] for amount in (price.amount, *price.presets)):
        raise Rejected("suggestion_below_minimum", "Nobody can pay that.", pointer=f"{at}/minimum")
    if len(price.presets) > (MOST_PRESETS if named else 0):
        most = MOST_PRESETS if named else 0
        raise Rejected("presets_out_of_range", "Not so many.", pointer=f"{at}/presets", most=most)


def evolve(offer: Offer | None, event: events.OfferEvent) -> Offer | None:
    match event:
        case events.OfferPublished(interval=interval):
            return Offer(interval, event.all_prices)
        case events.OfferRepriced(version, prices):
            return offer and replace(offer, version=version, prices=prices)
        case events.OfferRetired():
            return offer and replace(offer, retired=True)
        case _:
            assert_never(event)


OFFER: Decider[commands.OfferCommand, Offer | None, events.OfferEvent] = Decider(
    "offer",
    initial=None,
    decide=decide,
    evolve=evolve,
    commands=commands.OfferCommand,
    events=events.OfferEvent,
)
