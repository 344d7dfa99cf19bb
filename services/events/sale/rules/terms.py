"""Who may buy, how many at once, from when, and what a seat costs them: decided once, when it is held."""

from services.events.gathering.events import MemberTerms, TierId
from services.events.sale import commands
from shared.decider import Rejected
from shared.money import Money

MOST_SEATS = 10


def price_for(asked: commands.HoldSeats, ordinary: Money, terms: MemberTerms) -> Money:
    """What each of the seats costs this person, and their guests; Rejected where they may not have them yet."""
    if not 1 <= asked.seats <= MOST_SEATS:
        raise Rejected("seats_out_of_range", "One to ten seats.", pointer="/seats", most=MOST_SEATS)
    if terms.only_for and not _has_one(asked, terms.only_for):
        raise Rejected("only_for_tiers", "Only holders of some tiers may come.")
    if presale := terms.presale:
        opens_at = presale.opens_at if _has_one(asked, presale.tiers) else presale.everybody_at
        if asked.at < opens_at:
            raise Rejected("not_yet_on_sale", "You may buy later.", opens_at=opens_at.isoformat())
    cheaper = terms.member_price
    price = cheaper.price if cheaper and _has_one(asked, cheaper.tiers) else ordinary
    if asked.price not in (None, price):
        raise Rejected(
            "price_differs",
            "A seat costs you something else.",
            pointer="/price",
            minor=price.minor,
            currency=price.currency,
        )
    return price


def _has_one(asked: commands.HoldSeats, tiers: tuple[TierId, ...]) -> bool:
    return not set(tiers).isdisjoint(asked.tiers)
