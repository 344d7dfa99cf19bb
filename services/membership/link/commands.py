"""What may be asked of a link."""

from dataclasses import dataclass

from services.membership.link.events import LinkMade


@dataclass(frozen=True, slots=True)
class MakeLink:
    wanted: LinkMade


@dataclass(frozen=True, slots=True)
class RetireLink:
    pass


@dataclass(frozen=True, slots=True)
class KeepPromise:
    """Make the link that an invitation promised to whoever accepted it."""

    promised: LinkMade


LinkCommand = MakeLink | RetireLink | KeepPromise
