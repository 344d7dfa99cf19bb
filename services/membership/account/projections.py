"""Whose sign-in it is, as of this very moment: there is no table, the lookups and the stream say it."""

from uuid import UUID

from services.membership.account.decider import ACCOUNT
from shared.ids import PLATFORM, AccountId
from shared.service import Service

EMAIL = "email"


async def account_of(service: Service, email: str) -> AccountId | None:
    """The account that signs in with this address."""
    found = await service.vault.find(EMAIL, PLATFORM, email)
    return AccountId(found) if found else None


async def account_exists(service: Service, account_id: UUID) -> bool:
    """Whether somebody signs in with this account."""
    is_open: bool
    is_open, _ = await service.handler.state(ACCOUNT, account_id, PLATFORM)
    return is_open
