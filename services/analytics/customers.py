"""Whose movements of recurring revenue are told apart: two who were merged are one customer."""

from collections import defaultdict
from collections.abc import Collection
from typing import Any
from uuid import UUID

from services.analytics.movements import Change, Customer, movements_of


async def tell_apart_anew(connection: Any, named: Collection[UUID]) -> None:
    """All movements of these people: what is heard of late can make another's "new" an expansion.

    Two who were merged are one customer, under the name of who took in the other.
    """
    people = await _all_that_are_one_with(connection, named)
    rows = await connection.fetch(
        "SELECT c.community_id, coalesce(m.person_id, c.person_id), currency, at, yearly, pauses,"
        " brought FROM recurring_v5_changes c"
        " LEFT JOIN recurring_v5_merges m ON m.taken_in = c.person_id"
        " WHERE c.person_id = ANY ($1)",
        people,
    )
    changes: dict[Customer, list[Change]] = defaultdict(list)
    for *key, at, yearly, pauses, brought in rows:
        customer = Customer(*key)
        changes[customer].append(Change(customer, at, yearly, pauses, brought))
    await connection.execute(
        "DELETE FROM recurring_v5_movements WHERE person_id = ANY ($1)", people
    )
    movements = [
        (*customer, *movement)
        for customer, theirs in changes.items()
        for movement in movements_of(theirs)
    ]
    if movements:
        await connection.execute(
            "INSERT INTO recurring_v5_movements SELECT * FROM unnest($1::uuid[], $2::uuid[],"
            " $3::text[], $4::timestamptz[], $5::text[], $6::bigint[])",
            *zip(*movements, strict=True),
        )


async def _all_that_are_one_with(connection: Any, named: Collection[UUID]) -> list[UUID]:
    rows = await connection.fetch(
        "SELECT taken_in, person_id FROM recurring_v5_merges WHERE person_id = ANY ($1)"
        " OR person_id IN (SELECT person_id FROM recurring_v5_merges WHERE taken_in = ANY ($1))",
        list(named),
    )
    return list({*named, *(one for row in rows for one in row)})
