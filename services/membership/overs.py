"""After which ends of what was paid for the community's grace holds."""

from collections.abc import Mapping

from services.membership.grace.events import Over
from shared.contracts.billing_subscription import EndReason

OVERS: Mapping[EndReason, Over] = {
    "voluntary": "ended",
    "refunded": "refunded",
    "disputed": "disputed",
    "banned": "banned",
}
"""Of a subscription: who did not pay had the grace of dunning; what moved away, or whose payer is erased, has none."""

OVER_BY_REFUND: Mapping[str, Over] = {"requested": "refunded", "disputed": "disputed"}
"""Of an order: what could not be given, or was paid twice, is no access that lasts."""
