"""A time zone, as a request names it."""

from typing import Annotated
from zoneinfo import available_timezones

from pydantic import AfterValidator


def _known(text: str) -> str:
    if text not in available_timezones():
        raise ValueError("is not a time zone of the IANA database")
    return text


TimeZone = Annotated[str, AfterValidator(_known)]
