"""What a subscription may not become, whoever asks."""

from services.billing.checkout.events import OfferLine
from services.billing.least import least_of
from services.billing.subscription import commands, events
from services.billing.subscription.events import Terms
from services.billing.subscription.rules import refusals
from services.billing.subscription.rules.state import Running
from shared.decider import Rejected


def insist_on_possible(asked: commands.ChangeSubscription, to: Terms, running: Running) -> None:
    line, terms = asked.line, running.terms
    if not line.recurs:
        raise Rejected("offer_not_recurring", "That is bought once.", pointer="/offer_id")
    _insist_on_same_year(asked, to, terms)
    if to.charged_for != terms.charged_for:
        raise Rejected(
            "not_a_change", "A gift and a purchase do not become each other.", pointer="/offer_id"
        )
    if asked.seats_only and not to.for_others:
        raise Rejected("seats_only", "An organisation pays for seats.", pointer="/offer_id")
    if to.price.currency != terms.price.currency:
        raise Rejected("other_currency", "It is paid in another currency.", pointer="/offer_id")
    _insist_on_limits(line)
    if asked.person_id and asked.mode in ("prorate", "none"):
        raise Rejected("mode_is_for_staff", "Only staff change it like that.", pointer="/mode")
    if running.renewal:
        raise refusals.renewal_under_way()
    if running.cancelling:
        raise Rejected("subscription_cancelling", "Withdraw the cancellation first.")
    if running.paused:
        raise refusals.is_paused()
    refusals.insist_on_undisputed(running)
    refusals.insist_on_ours(running)


def _insist_on_same_year(asked: commands.ChangeSubscription, to: Terms, terms: Terms) -> None:
    """What begins for everybody on one day becomes what begins on that day as well, and begins no other day."""
    if events.day_of_year(to) != events.day_of_year(terms):
        detail = (
            "A fixed year becomes another of the same days alone: cancel it, and buy the other."
        )
        raise Rejected("fixed_year_is_not_changed", detail, pointer="/offer_id")
    if terms.year and asked.mode == "reset":
        detail = "A fixed year begins for everybody on one day."
        raise Rejected("fixed_year_is_not_reset", detail, pointer="/mode")


def _insist_on_limits(line: OfferLine) -> None:
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
