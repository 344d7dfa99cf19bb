"""By which link a buyer came: handed in as a checkout is opened, in whose way it never stands."""

import re
from typing import Literal
from uuid import UUID

from pydantic import Field

from shared.http import Body, Written
from shared.ids import Code

_PLAIN = re.compile(r"[A-Za-z0-9_.=-]{1,200}")

Kept = Literal["kept", "not_agreed", "not_a_visit"]


class Via(Body):
    """What the page was opened with (`via`), and whether its reader agreed to be counted as sent by that link.

    Nobody is kept from paying by it: what is no visit, or not agreed to, is left out, and the answer says so.
    """

    visit: str = Field(max_length=2000)
    agreed: bool = False


class Opened(Written):
    """`via`: what became of the one handed in. Whether what is `kept` counts, membership says once it is paid.

    By its `order_id` membership is told whom a gift is for.
    """

    order_id: UUID
    via: Kept | None = None


def standing_of_via(via: Via | None) -> Kept | None:
    """Whether it is kept; None where none was handed in."""
    if via is None:
        return None
    if not via.agreed:
        return "not_agreed"
    return "kept" if _PLAIN.fullmatch(via.visit) else "not_a_visit"


def kept_of(via: Via | None) -> Code | None:
    """The visit, where it is kept."""
    return Code(via.visit) if via and standing_of_via(via) == "kept" else None
