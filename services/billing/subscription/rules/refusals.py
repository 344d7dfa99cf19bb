"""What is refused for the same reason, whatever was asked."""

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
