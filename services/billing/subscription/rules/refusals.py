"""What is refused for the same reason, whatever was asked."""

from services.billing.checkout.events import OfferLine
from services.billing.least import least_of
from services.billing.subscription import commands, events
from services.billing.subscription.events import Terms
from services.billing.subscription.rules.state import Running, Subscription
from shared.decider import NotFound, Rejected
from shared.ids import PersonId


def insist_on_owner(subscription: Subscription, person_id: PersonId | None) -> None:
    if subscription is None or subscription.terms.person_id != person_id:
        raise not_found()


def insist_on_ours(running: Running) -> None:
    if running.elsewhere:
        detail = "Until its first payment here, it is as it was where it comes from."
        raise Rejected("subscription_moving", detail, until=running.ends_at.isoformat())


def insist_on_undisputed(running: Running) -> None:
    if running.held:
        raise Rejected("subscription_suspended", "What it grants is withheld.")


def not_found() -> NotFound:
    return NotFound("subscription_not_found", "There is no such subscription.")


def renewal_under_way() -> Rejected:
    return Rejected("renewal_under_way", "The next period is being paid for.")


def is_paused() -> Rejected:
    return Rejected("subscription_paused", "It is paused.")


def insist_on_same_year(asked: commands.ChangeSubscription, to: Terms, terms: Terms) -> None:
    """What begins for everybody on one day becomes what begins on that day as well, and begins no other day."""
    if events.day_of_year(to) != events.day_of_year(terms):
        detail = (
            "A fixed year becomes another of the same days alone: cancel it, and buy the other."
        )
        raise Rejected("fixed_year_is_not_changed", detail, pointer="/offer_id")
    if terms.year and asked.mode == "reset":
        detail = "A fixed year begins for everybody on one day."
        raise Rejected("fixed_year_is_not_reset", detail, pointer="/mode")


def insist_on_limits(line: OfferLine) -> None:
    if not line.fewest <= line.quantity <= line.most:
        raise Rejected(
            "quantity_out_of_range",
            "Not so many.",
            pointer="/quantity",
            fewest=line.fewest,
            most=line.most,
        )
    least = max(line.minimum.minor if line.minimum else 0, least_of(line.price.currency))
    if line.price.minor < least:
        detail = "It costs at least so much."
        raise Rejected("amount_below_minimum", detail, pointer="/amount", least=least)
