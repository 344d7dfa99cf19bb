"""Parts go into their bundle as they are told; a bundle that is over takes its parts along."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from services.membership.bundle import commands
from services.membership.bundle.decider import BUNDLE, HOLDERS, KEPT, bundle_stream
from services.membership.bundle.events import BundleEnded, BundleReady, LatePartRefused
from services.membership.member.events import PersonErased, Service
from shared.contracts import analytics_bundle_part, billing_bundle_part, events_bundle_part
from shared.event_store import Fact
from shared.reaction import Action, ActionContext, Ask, At, Call, Reaction
from shared.takeout import packing


@dataclass(frozen=True, slots=True)
class RemoveParts:
    """A call to the file store."""

    bundle_id: UUID
    number: int


def _reported(service: Service) -> Callable[[Fact], list[Ask]]:
    def react(fact: Fact) -> list[Ask]:
        told = fact.body
        report = commands.ReportPart(told.number, service, told.size, told.sha256, fact.at)
        return [Ask(BUNDLE, told.bundle_id, report)]

    return react


def when_bundle_ready_end_later(fact: Fact) -> list[At]:
    ready: BundleReady = fact.body
    end = commands.EndBundle(ready.number, "expired")
    return [At(ready.ready_at + KEPT, Ask(BUNDLE, ready.bundle_id, end))]


def when_person_erased_end(fact: Fact) -> list[Ask]:
    """At once: theirs, and what staff had asked for."""
    erased: PersonErased = fact.body
    return [
        Ask(
            BUNDLE,
            bundle_stream(erased.person_id, by_staff=by_staff),
            commands.EndBundle(None, "erased"),
        )
        for by_staff in (False, True)
    ]


def when_over_remove(fact: Fact) -> list[Call]:
    over: BundleEnded | LatePartRefused = fact.body
    return [Call(RemoveParts(over.bundle_id, over.number))]


async def remove_parts(action: RemoveParts, context: ActionContext) -> None:
    """Whether they were told or not: who packs late is refused, and removed again."""
    store = context.gateways["files"]
    for service in sorted(HOLDERS):
        place = (context.community_id, action.bundle_id, action.number, service)
        await store.remove(packing.file_of(*place))


SOURCES: tuple[tuple[Service, Any], ...] = (
    ("membership", packing),
    ("billing", billing_bundle_part),
    ("events", events_bundle_part),
    ("analytics", analytics_bundle_part),
)
_NAME = "membership.bundle"

REACTIONS = (
    *(
        Reaction(f"{_NAME}.when_{service}_packed_report", source.PartPacked, _reported(service))
        for service, source in SOURCES
    ),
    Reaction(f"{_NAME}.when_bundle_ready_end_later", BundleReady, when_bundle_ready_end_later),
    Reaction(f"{_NAME}.when_person_erased_end", PersonErased, when_person_erased_end),
    Reaction(f"{_NAME}.when_bundle_ended_remove", BundleEnded, when_over_remove),
    Reaction(f"{_NAME}.when_late_part_refused_remove", LatePartRefused, when_over_remove),
)

ACTIONS = (Action(RemoveParts, remove_parts),)
