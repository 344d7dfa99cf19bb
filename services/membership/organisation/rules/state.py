"""Who acts for an organisation, and who is asked to."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from services.membership.organisation import events
from services.membership.organisation.events import Papers
from shared.ids import PersonId

Events = list[events.OrganisationEvent]


@dataclass(frozen=True, slots=True)
class Organisation:
    """`times` is how often somebody was asked since they last represented it; `invited` are who may still accept."""

    papers: Papers | None = None
    representatives: tuple[PersonId, ...] = ()
    invited: Mapping[PersonId, events.RepresentativeInvited] = field(default_factory=dict)
    times: Mapping[PersonId, int] = field(default_factory=dict)

    def is_represented_by(self, people: Collection[UUID]) -> bool:
        """Whether one of them, who are all one human being, acts for it."""
        return any(one in people for one in self.representatives)
