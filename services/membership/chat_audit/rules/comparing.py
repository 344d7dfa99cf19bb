"""How a server differs from its seats, and why."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from services.membership.chat.events import SeatNow
from services.membership.chat_audit.events import Cause, Comparison, Difference, Drift, Kind
from shared.ids import Code, PersonId

MOST_LISTED = 200

There = Mapping[str, frozenset[Code]]
"""Everybody on the server by their account, and which roles they have."""

OF_KIND: Mapping[Kind, Cause] = {
    "role_missing": "taken_by_hand",
    "role_extra": "given_by_hand",
    "absent": "left_server",
    "returned": "came_back",
}


def compared(
    server: Code, mapped: Collection[Code], seats: Sequence[tuple[SeatNow, str]], there: There
) -> Comparison:
    """What differs between the seats, each with its account, and who is `there`; only `mapped` roles are ours."""
    ours = frozenset(mapped)
    found = [
        difference
        for seat, account in seats
        if not seat.asks
        for difference in _differences(seat, ours, there.get(account))
    ]
    strangers = there.keys() - {account for _, account in seats}
    return Comparison(
        server=server,
        members=len(there),
        seats=len(seats),
        differences=len(found),
        removals=sum(one.kind == "role_extra" for one in found),
        strangers=sum(bool(there[account] & ours) for account in strangers),
        found=tuple(found[:MOST_LISTED]),
    )


def _differences(
    seat: SeatNow, ours: frozenset[Code], there: frozenset[Code] | None
) -> list[Difference]:
    if there is None:
        return [Difference(seat.person_id, "absent")] if seat.held else []
    back = [Difference(seat.person_id, "returned")] if seat.absent else []
    missing, extra = seat.held - there, (there & ours) - seat.held - seat.wanted
    return [
        *back,
        *(Difference(seat.person_id, "role_missing", role) for role in sorted(missing)),
        *(Difference(seat.person_id, "role_extra", role) for role in sorted(extra)),
    ]


def drifted(
    mapped: Collection[Code],
    seats: Sequence[tuple[SeatNow, str]],
    there: There,
    mark: Callable[[str], UUID],
) -> list[Drift]:
    """Each drift with its cause, as far as the seats know it; whoever has no seat is known by their `mark`."""
    ours = frozenset(mapped)
    known = [
        drift
        for seat, account in seats
        if not seat.asks
        for drift in _of_seat(seat, ours, there.get(account))
    ]
    strangers = there.keys() - {account for _, account in seats}
    unknown = [
        Drift("role_extra", "account_unknown", stranger_id=mark(account), role=role)
        for account in sorted(strangers)
        for role in sorted(there[account] & ours)
    ]
    return [*known, *unknown]


def skipped(seats: Sequence[tuple[SeatNow, str]]) -> tuple[PersonId, ...]:
    """Whose seat is just being changed: nothing is found of them, and nothing is settled."""
    return tuple(seat.person_id for seat, _ in seats if seat.asks)


def _of_seat(
    seat: SeatNow, ours: frozenset[Code], there: frozenset[Code] | None
) -> Iterator[Drift]:
    """What a repair would change, and what the vendor refuses to."""
    for one in _differences(seat, ours, there):
        left = one.kind == "role_extra" and one.role in seat.left
        cause: Cause = "access_changed" if left else OF_KIND[one.kind]
        yield Drift(one.kind, cause, seat.person_id, role=one.role)
    has = there or frozenset()
    for role in sorted(seat.refused & seat.wanted - seat.held - has):
        yield Drift("role_missing", "call_refused", seat.person_id, role=role)
    for role in sorted(seat.refused & seat.held & has - seat.wanted):
        yield Drift("role_extra", "call_refused", seat.person_id, role=role)


def overtaken(seat: SeatNow, roles: Collection[Code], rules_version: int) -> Cause | None:
    """Why a seat does not want the `roles` that it should by now: it follows what has changed only after a while."""
    if seat.wanted == frozenset(roles):
        return None
    return "access_changed" if seat.rules_version == rules_version else "mapping_changed"


def because(drifts: Sequence[Drift], causes: Mapping[PersonId, Cause]) -> tuple[Drift, ...]:
    """The drifts, with a better cause for the roles of who has one."""
    return tuple(
        replace(one, cause=causes.get(one.person_id, one.cause))
        if one.person_id and one.role
        else one
        for one in drifts
    )
