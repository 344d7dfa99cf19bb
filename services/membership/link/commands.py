"""What may be asked of a link."""

from dataclasses import dataclass

from services.membership.link.events import LinkMade


@dataclass(frozen=True, slots=True)
class MakeLink:
    wanted: LinkMade


@dataclass(frozen=True, slots=True)
class RetireLink:
    pass


LinkCommand = MakeLink | RetireLink
