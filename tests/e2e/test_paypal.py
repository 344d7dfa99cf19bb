"""The stack that `make up` starts takes PayPal: who follows the link has paid, as its double signs and reports."""

import httpx

from tests.e2e.conftest import Cast
from tests.e2e.story import eventually, offer

SELLER = "HARBURCHAR222"


def test_a_newcomer_pays_a_checkout_by_paypal(cast: Cast) -> None:
    cast.organiser.put("/api/billing/v1/merchant/paypal", {"merchant_id": SELLER})
    cast.world.settle()
    ada = cast.member("Ada Moreira")
    checkout_id = ada.check_out(offer(cast.monthly))
    ada.post(f"/api/billing/v1/checkouts/{checkout_id}/pay-by-paypal", {})
    waiting = eventually(
        lambda: ada.checkout(checkout_id), lambda seen: seen["paypal"]["approval_url"]
    )
    followed = httpx.get(waiting["paypal"]["approval_url"])
    assert followed.headers["location"].startswith(f"{cast.world.origin}/thanks?token=")
    # Nobody comes back: PayPal's signed report is enough.
    ada.until(checkout_id, "completed")
    cast.world.settle()
    (payment,) = cast.organiser.payments()
    assert (payment["state"], payment["account"]) == ("succeeded", f"paypal:{SELLER}")
    assert [one["state"] for one in ada.subscriptions()] == ["active"]
