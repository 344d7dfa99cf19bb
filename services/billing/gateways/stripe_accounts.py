"""Sellers' accounts at Stripe: made for them and filled in at Stripe, or theirs before, and let in by OAuth."""

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from uuid import UUID

from stripe import InvalidRequestError, PermissionError  # noqa: A004 - Stripe's own
from stripe.oauth_error import OAuthError

from services.billing.gateways.accounts import Found
from services.billing.gateways.gateway import AskedBefore, Declined
from services.billing.gateways.stripe_gateway import StripeGateway, options, translated
from shared.ids import Code

if TYPE_CHECKING:
    from stripe.params import AccountCreateParams

CONSENT = "https://connect.stripe.com"

# The seller bears Stripe's fees and answers to Stripe, as with a direct charge (docs.stripe.com/connect/accounts).
CONTROLLER: Any = {
    "fees": {"payer": "account"},
    "losses": {"payments": "stripe"},
    "requirement_collection": "stripe",
    "stripe_dashboard": {"type": "full"},
}


class StripeAccounts:
    """`client_id` is the platform's own in Stripe's OAuth; without one, only accounts made here can be connected."""

    def __init__(self, gateway: StripeGateway, client_id: str | None, url: str | None) -> None:
        self._client, self._made_before = gateway.client, gateway.made_before
        self._client_id = client_id
        self._consent = (url or CONSENT).rstrip("/")

    async def make(self, community_id: UUID) -> Code:
        asked: AccountCreateParams = {
            "controller": CONTROLLER,
            "metadata": {"community_id": str(community_id)},
        }
        try:
            with translated():
                made = await self._client.v1.accounts.create_async(
                    asked, options(None, f"account:{community_id}")
                )
        except AskedBefore:
            made = await self._made_before(
                self._client.v1.accounts.list_async, None, {"community_id": str(community_id)}
            )
        return Code(made.id)

    async def form_url(self, account: Code, return_url: str, again_url: str) -> str:
        with translated():
            link = await self._client.v1.account_links.create_async(
                {
                    "account": account,
                    "type": "account_onboarding",
                    "return_url": return_url,
                    "refresh_url": again_url,
                }
            )
        return link.url

    async def find(self, account: Code) -> Found | None:
        with translated():
            try:
                found = await self._client.v1.accounts.retrieve_async(account)
            except (PermissionError, InvalidRequestError):
                return None
        return found_in(found.to_dict())

    def consent_url(self, state: str) -> str | None:
        if self._client_id is None:
            return None
        asked = {
            "response_type": "code",
            "client_id": self._client_id,
            "scope": "read_write",
            "state": state,
        }
        return f"{self._consent}/oauth/authorize?{urlencode(asked)}"

    async def agreed(self, code: str) -> Code:
        # The SDK's own door to OAuth waits for its answer without letting anybody else go on.
        asked = {"grant_type": "authorization_code", "code": code}
        with translated():
            try:
                answer = await self._client.raw_request_async(
                    "post", "/oauth/token", base="connect", **asked
                )
            except OAuthError as no:
                raise Declined(Code(no.code or "invalid_grant"), final=True) from no
        return Code(str(answer.data["stripe_user_id"]))


def found_in(account: dict[str, Any]) -> Found:
    """An account (docs.stripe.com/api/accounts/object) in our words."""
    owed = (account.get("requirements") or {}).get("currently_due") or ()
    return Found(
        _community_of(account.get("metadata") or {}),
        bool(account.get("charges_enabled")),
        bool(account.get("payouts_enabled")),
        tuple(Code(one) for one in owed),
    )


def _community_of(metadata: dict[str, Any]) -> UUID | None:
    try:
        return UUID(metadata["community_id"])
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
