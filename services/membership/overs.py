"""After which ends of a subscription the community's grace holds."""

from collections.abc import Mapping

from services.membership.grace.events import Over
from shared.contracts.billing_subscription import EndReason

OVERS: Mapping[EndReason, Over] = {
    "voluntary": "ended",
    "refunded": "refunded",
    "disputed": "disputed",
    "banned": "banned",
}
"""Who did not pay had the grace of dunning; what moved elsewhere, or whose payer is erased, has none."""
