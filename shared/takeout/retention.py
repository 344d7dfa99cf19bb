"""How long a service keeps what, by one table, and of how many the time is over: said, and done by `destruction`."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel

from shared.feature import Feature
from shared.http import Caller, needs
from shared.personal_value import Retention

RULES: Mapping[Retention, str] = {
    "profile": "Until the person is erased, by themselves, by staff or by the community's rules: then its key is"
    " destroyed at once.",
    "accounting": "Ten years after the person is erased (France, Code de commerce L123-22): then its key goes.",
}
"""Of each class of sealed words. Facts themselves are kept for ever: after an erasure their ids are nobody's."""

_KEPT = """
SELECT retention, count(*) AS people, count(*) FILTER (WHERE keep_until <= clock_timestamp()) AS due,
    min(keep_until) FILTER (WHERE keep_until > clock_timestamp()) AS next_due
FROM "{service}_personal".keys k
WHERE EXISTS (SELECT FROM own_data_v1 o WHERE o.subject = k.person_id) GROUP BY retention
"""


class KeptClass(BaseModel):
    """`people` have words of this class here; `due` are those whose time is over: they open no more, and go."""

    retention: Retention
    rule: str
    people: int
    due: int
    next_due: datetime | None


class KeptHere(BaseModel):
    """By class, for the community that is asked about."""

    service: str
    items: list[KeptClass]


def retention(service: str) -> Feature:
    """The feature `keeping` of a service that mounts `own_data`, whose index says whom a community has to do with."""
    router = APIRouter()

    @router.get("/retention", operation_id=f"read_{service}_retention")
    async def read_retention(caller: Annotated[Caller, needs("staff.read")]) -> KeptHere:
        """A dry run: nothing is destroyed by asking."""
        async with caller.read() as connection:
            rows = await connection.fetch(_KEPT.format(service=service))
        found = {row["retention"]: row for row in rows}
        empty = {"people": 0, "due": 0, "next_due": None}
        return KeptHere(
            service=service,
            items=[
                KeptClass(**{**empty, **found.get(kind, {}), "retention": kind, "rule": rule})
                for kind, rule in RULES.items()
            ],
        )

    return Feature(name="keeping", router=router)
