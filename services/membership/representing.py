"""Who may act where the path names a payer that is an organisation: those who represent it, as of now."""

from typing import Any
from uuid import UUID

from fastapi import Depends, Request

from services.membership.merging.projections import merging_now
from services.membership.organisation.projections import organisation_now
from shared.auth import Principal
from shared.http import Permission


class OfPayer(Permission):
    """A route's gate that also lets through who represents the organisation in its path."""

    async def is_self(self, request: Request, principal: Principal) -> bool:
        """By the organisation's own word: who was dismissed is let through no more."""
        if await super().is_self(request, principal):
            return True
        named = request.path_params.get("organisation_id") or request.path_params.get("person_id")
        payer_id, person_id = _id_in(str(named)), principal.person_id
        if payer_id is None or person_id is None or principal.community_id is None:
            return False
        service, community_id = request.app.state.service, principal.community_id
        organisation = await organisation_now(service, community_id, payer_id)
        if not organisation.representatives:
            return False
        merging = await merging_now(service, community_id, person_id)
        return organisation.is_represented_by((person_id, *merging.taken_in))


def needs_payer(permission: str, *, strict: bool = False) -> Any:
    """For the payer whose `{person_id}` is in the path, be it a person or an organisation; or by a permission."""
    return Depends(_gate(permission, strict=strict, or_self=True))


def needs_representative(permission: str, *, strict: bool = False) -> Any:
    """For who represents `{organisation_id}`; or by a permission."""
    return Depends(_gate(permission, strict=strict, or_self=False))


def _gate(permission: str, *, strict: bool, or_self: bool) -> OfPayer:
    return OfPayer(permission, strict=strict, idempotent=True, if_match=False, or_self=or_self)


def _id_in(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
