"""A presale ends before the gathering does, a price for members is lower, and every tier is the community's."""

from services.events.gathering import commands
from services.events.gathering.events import MemberPrice, Presale, TierId
from shared.decider import Rejected


def insist_on_terms(asked: commands.PublishGathering) -> None:
    """Rejected where what the tiers are to give cannot be given."""
    terms = asked.member_terms
    if terms.presale:
        _insist_on_tiers(terms.presale.tiers, asked, "/presale/tiers")
        _insist_on_presale(terms.presale, asked)
    if terms.member_price:
        _insist_on_tiers(terms.member_price.tiers, asked, "/member_price/tiers")
        _insist_on_less(terms.member_price, asked)
    if terms.only_for:
        _insist_on_tiers(terms.only_for, asked, "/only_for")


def _insist_on_tiers(
    tiers: tuple[TierId, ...], asked: commands.PublishGathering, pointer: str
) -> None:
    if not tiers:
        raise Rejected("no_tier_named", "Name the tiers that it is for.", pointer=pointer)
    for number, tier_id in enumerate(tiers):
        if tier_id not in asked.tiers:
            raise Rejected(
                "tier_not_found", "There is no such tier.", pointer=f"{pointer}/{number}"
            )


def _insist_on_presale(presale: Presale, asked: commands.PublishGathering) -> None:
    if presale.everybody_at <= presale.opens_at:
        raise Rejected(
            "presale_not_earlier",
            "A presale opens before everybody may buy.",
            pointer="/presale/everybody_at",
        )
    if presale.everybody_at >= asked.ends_at:
        raise Rejected(
            "presale_too_long",
            "Everybody may buy before the gathering is over.",
            pointer="/presale/everybody_at",
        )


def _insist_on_less(member_price: MemberPrice, asked: commands.PublishGathering) -> None:
    price = member_price.price
    if price.currency != asked.price.currency:
        raise Rejected(
            "currency_differs",
            "Both prices are in one currency.",
            pointer="/member_price/price/currency",
        )
    if not 0 <= price.minor < asked.price.minor:
        raise Rejected("member_price_not_lower", "Members pay less.", pointer="/member_price/price")
