"""Whole days of a community's zone, as they are asked for and as a figure says which it is of."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from annotated_types import Ge, Le
from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field

from shared.decider import Rejected

Day = Annotated[date, Ge(date(1970, 1, 1)), Le(date(2999, 12, 31))]
From = Annotated[Day | None, Query(alias="from")]
To = Annotated[Day | None, Query(alias="to")]


@dataclass(frozen=True, slots=True)
class Window:
    """Whole days of a zone, both ends included; `start` and `end` are the instants they lie between."""

    first_day: date
    last_day: date
    time_zone: str

    @property
    def start(self) -> datetime:
        return datetime.combine(self.first_day, time(), ZoneInfo(self.time_zone))

    @property
    def end(self) -> datetime:
        return datetime.combine(self.last_day + timedelta(days=1), time(), ZoneInfo(self.time_zone))

    def named(self) -> dict[str, Any]:
        """What a figure `OfDays` begins with."""
        return {
            "first_day": self.first_day,
            "last_day": self.last_day,
            "time_zone": self.time_zone,
        }


class OfDays(BaseModel):
    """Both days included, in the zone named."""

    model_config = ConfigDict(populate_by_name=True)

    first_day: date = Field(serialization_alias="from")
    last_day: date = Field(serialization_alias="to")
    time_zone: str


def window(time_zone: str, first_day: date | None, last_day: date | None, now: datetime) -> Window:
    """The days asked for; without a last day until today, without a first from that month's first."""
    last = last_day or now.astimezone(ZoneInfo(time_zone)).date()
    first = first_day or last.replace(day=1)
    if first > last:
        raise Rejected("window_reversed", "`to` lies before `from`.", pointer="?to")
    return Window(first, last, time_zone)
