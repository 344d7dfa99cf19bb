"""What may be given out as a code, and what it may take off."""

from services.billing.discount.events import Deal, DiscountPublished
from services.billing.payment.events import DEAREST
from shared.decider import Rejected
from shared.ids import Code

SHORTEST, LONGEST = 3, 40
MOST_PERIODS = 120
MOST_NAMED = 500
MOST_AMOUNTS = 20
ALL_OF_IT = 100


def insist_on_sense(asked: DiscountPublished) -> None:
    """Rejected where it takes nothing off, or nobody could use it."""
    _check_code(asked.code)
    _check_deal(asked.deal)
    _check_founders(asked)
    for name, named in (("persons", asked.persons), ("offers", asked.deal.offers)):
        if len(named) > MOST_NAMED:
            raise Rejected("too_many", "Not so many.", pointer=f"/{name}", most=MOST_NAMED)
    for name, most in (("most", asked.most), ("most_per_person", asked.most_per_person)):
        if most is not None and most < 1:
            raise Rejected("never_usable", "Nobody could use it.", pointer=f"/{name}")
    if asked.starts_at and asked.ends_at and asked.ends_at <= asked.starts_at:
        raise Rejected("ends_before_it_starts", "Nobody could use it.", pointer="/ends_at")


def _check_founders(asked: DiscountPublished) -> None:
    """Their rate is of one offer and for ever; who they are is not said twice, and nobody is too late."""
    if not asked.founders:
        return
    if len(asked.deal.offers) != 1:
        raise Rejected("one_offer_for_founders", "Name their one offer.", pointer="/offers")
    if asked.deal.periods is not None or asked.deal.months is not None:
        raise Rejected("founders_for_ever", "Their rate does not end.", pointer="/periods")
    for name in ("persons", "most", "most_per_person"):
        if getattr(asked, name):
            raise Rejected("founders_are_known", "Each founder has it.", pointer=f"/{name}")


def _check_code(code: Code) -> None:
    letters = code.replace("-", "").replace("_", "")
    plain = letters.isascii() and letters.isalnum() and code == code.upper()
    if not plain or not SHORTEST <= len(code) <= LONGEST:
        raise Rejected(
            "code_malformed",
            "A code is made of letters, digits, - and _.",
            pointer="/code",
            shortest=SHORTEST,
            longest=LONGEST,
        )


def _check_deal(deal: Deal) -> None:
    if bool(deal.percent) == bool(deal.amounts):
        raise Rejected("percent_or_amounts", "Name one of the two.", pointer="/percent")
    if not 0 <= deal.percent <= ALL_OF_IT:
        raise Rejected("percent_out_of_range", "From 1 to 100.", pointer="/percent", most=ALL_OF_IT)
    if any(not 1 <= amount.minor <= DEAREST for amount in deal.amounts):
        raise Rejected(
            "amount_out_of_range", "It takes something off.", pointer="/amounts", most=DEAREST
        )
    currencies = {amount.currency for amount in deal.amounts}
    if len(currencies) < len(deal.amounts) or len(deal.amounts) > MOST_AMOUNTS:
        raise Rejected("currency_twice", "Each currency has one amount.", pointer="/amounts")
    if deal.months is not None and not 1 <= deal.months <= MOST_PERIODS:
        raise Rejected("months_out_of_range", "From 1 on.", pointer="/months", most=MOST_PERIODS)
    if deal.periods is not None and not 1 <= deal.periods <= MOST_PERIODS:
        raise Rejected(
            "periods_out_of_range", "From 1 on, or null.", pointer="/periods", most=MOST_PERIODS
        )
