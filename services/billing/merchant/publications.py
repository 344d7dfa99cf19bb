"""What the others hear of merchants: that there is an account, not which."""

from services.billing.merchant import events
from shared.contracts.billing_merchant import MerchantConnected
from shared.event_store import Fact
from shared.feature import Publication


def connected(fact: Fact) -> MerchantConnected:
    return MerchantConnected(community_id=fact.community_id, occurred_at=fact.at)


PUBLICATIONS = (
    Publication(events.AccountConnected, MerchantConnected, connected),
    Publication(events.PaypalConnected, MerchantConnected, connected),
)
