"""Opening one of our links in a request, by whoever bears it."""

from services.billing.links import OF_PAYMENT, Opened, Purpose, read_link
from shared.auth import ExpiredLink
from shared.http import Caller
from shared.problem import Problem


def opened_by(caller: Caller, link: str, purpose: Purpose = OF_PAYMENT) -> Opened:
    """What it opens; `bad_link` when it is not ours, for something else, or no longer good."""
    try:
        return read_link(caller.service.secret, link, caller.now, purpose)
    except ExpiredLink as stale:
        raise Problem(403, "bad_link", "This link opens nothing.") from stale
