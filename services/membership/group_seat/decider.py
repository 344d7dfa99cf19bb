"""Who may enter a group is sent its door once, and who may no more is to be taken out by somebody, who is reminded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any, Literal, assert_never
from uuid import UUID

from services.membership.access.events import Barred
from services.membership.group.events import GroupId
from services.membership.group_seat import commands, events
from shared.decider import Decider, NotFound, Rejected
from shared.ids import PersonId, derive
from shared.personal_value import Sealed

Stage = Literal["asked", "unsure", "sent", "delivered", "stuck"]


@dataclass(frozen=True, slots=True)
class Invite:
    number: int
    stage: Stage
    problem: events.Problem | None = None


@dataclass(frozen=True, slots=True)
class GroupSeat:
    """`entered` are groups the person may be in by the app or an older number, `removals` those they must leave."""

    groups: tuple[GroupId, ...] = ()
    open: tuple[GroupId, ...] = ()
    barred: Barred | None = None
    access_version: int = 0
    groups_version: int = 0
    link_id: UUID | None = None
    numbers: tuple[Sealed, ...] = ()
    withdrawn: bool = False
    invites: Mapping[GroupId, Invite] = field(default_factory=dict)
    entered: frozenset[GroupId] = frozenset()
    removals: Mapping[GroupId, int] = field(default_factory=dict)
    number: int = 0

    @property
    def is_leaving(self) -> bool:
        return self.withdrawn or self.barred == "erased"

    @property
    def wanted(self) -> tuple[GroupId, ...]:
        """The groups the person may enter and is to have the door of."""
        if self.barred is not None or not self.has_number:
            return ()
        return self.groups

    @property
    def has_number(self) -> bool:
        return self.link_id is not None and not self.withdrawn

    @property
    def stuck(self) -> frozenset[GroupId]:
        """The groups whose door did not reach the person."""
        return frozenset(g for g, invite in self.invites.items() if invite.stage == "stuck")

    @property
    def inside(self) -> frozenset[GroupId]:
        """The groups they may be in, as far as anybody here can know."""
        had_door = {
            g for g, i in self.invites.items() if i.stage in ("unsure", "sent", "delivered")
        }
        return self.entered | had_door


def stream_of(person_id: PersonId) -> UUID:
    return derive(person_id, "group_seat")


def decide(command: commands.GroupSeatCommand, seat: GroupSeat) -> list[events.GroupSeatEvent]:
    person_id = command.person_id
    happened = _happened(command, seat)
    if not happened or isinstance(command, commands.ReleaseNumber | commands.ForgetNumber):
        return happened
    return _onward(seat, person_id, happened)


def _happened(command: commands.GroupSeatCommand, seat: GroupSeat) -> list[events.GroupSeatEvent]:
    person_id = command.person_id
    match command:
        case commands.FollowGroups():
            return _follow(command, seat)
        case commands.GiveNumber():
            return _give(command, seat)
        case commands.WithdrawNumber() if seat.link_id is not None and not seat.is_leaving:
            return [events.NumberWithdrawn(person_id)]
        case commands.ReleaseNumber() if seat.link_id is not None and seat.is_leaving:
            return [events.NumberReleased(person_id, seat.link_id)]
        case commands.WithdrawNumber() | commands.ReleaseNumber():
            return []
        case commands.ForgetNumber(_, link_id):
            return [events.NumberForgotten(person_id, link_id)]
        case commands.RecordInvite() | commands.RecordReport() | commands.StopWaiting():
            return _heard(command, seat)
        case commands.RetryInvites():
            return [events.GroupInvitesRetried(person_id)] if seat.stuck else []
        case commands.ShowDoor(_, group_id):
            return _show(person_id, group_id, seat)
        case commands.RemindOfRemoval(_, number, group_id):
            is_due = seat.removals.get(group_id) == number
            return [events.GroupRemovalReminded(person_id, number, group_id)] if is_due else []
        case commands.RecordRemoval(_, group_id):
            return _remove(person_id, group_id, seat)
        case _:
            assert_never(command)


def _onward(
    seat: GroupSeat, person_id: PersonId, happened: Sequence[events.GroupSeatEvent]
) -> list[events.GroupSeatEvent]:
    """What happened, and what follows from it at once."""
    for event in happened:
        seat = evolve(seat, event)
    follows: list[events.GroupSeatEvent] = [
        events.GroupRemovalCalledOff(person_id, group_id)
        for group_id in seat.wanted
        if group_id in seat.removals
    ]
    numbers = count(seat.number + 1)
    follows += [
        events.GroupRemovalDue(person_id, next(numbers), group_id)
        for group_id in sorted(seat.inside - set(seat.wanted) - set(seat.removals))
    ]
    follows += [
        events.GroupInviteAsked(person_id, next(numbers), group_id)
        for group_id in seat.wanted
        if group_id not in seat.invites
    ]
    if seat.is_leaving and seat.link_id is not None and not seat.inside:
        follows.append(events.NumberReleased(person_id, seat.link_id))
    return [*happened, *follows]


def _follow(follow: commands.FollowGroups, seat: GroupSeat) -> list[events.GroupSeatEvent]:
    seen = (follow.access_version, follow.groups_version)
    known = (seat.access_version, seat.groups_version)
    if seen == known or any(ours > theirs for ours, theirs in zip(known, seen, strict=True)):
        return []
    return [
        events.GroupSeatWanted(
            person_id=follow.person_id,
            groups=follow.groups,
            open=follow.open,
            barred=follow.barred,
            access_version=follow.access_version,
            groups_version=follow.groups_version,
        )
    ]


def _give(give: commands.GiveNumber, seat: GroupSeat) -> list[events.GroupSeatEvent]:
    if seat.barred is not None:
        raise Rejected("person_barred", "This person may not be let in.")
    if seat.link_id not in (None, give.link_id):
        raise Rejected("number_given_meanwhile", "Another number was given at the same moment.")
    return [events.NumberGiven(give.person_id, give.link_id, give.number)]


def _heard(
    command: commands.RecordInvite | commands.RecordReport | commands.StopWaiting, seat: GroupSeat
) -> list[events.GroupSeatEvent]:
    """Reports come late, twice and in any order; what arrived has arrived, and of an older message nobody cares."""
    person_id, number = command.person_id, command.number
    found = [(g, invite.stage) for g, invite in seat.invites.items() if invite.number == number]
    if not found:
        return []
    group_id, stage = found[0]
    match command:
        case commands.RecordInvite(problem=None, sure=sure) if stage == "asked":
            return [events.GroupInviteSent(person_id, number, group_id, sure)]
        case commands.RecordReport(arrived=True) if stage != "delivered":
            return [events.GroupInviteDelivered(person_id, number, group_id)]
        case commands.StopWaiting() if stage == "unsure":
            return [events.GroupInviteStuck(person_id, number, group_id, "no_word")]
        case commands.RecordInvite(problem=problem) | commands.RecordReport(problem=problem) if (
            problem is not None and stage not in ("delivered", "stuck")
        ):
            return [events.GroupInviteStuck(person_id, number, group_id, problem)]
        case _:
            return []


def _show(person_id: PersonId, group_id: GroupId, seat: GroupSeat) -> list[events.GroupSeatEvent]:
    if group_id not in seat.groups or seat.barred is not None:
        raise Rejected("nothing_to_enter", "There is no such group that this person may enter.")
    if group_id not in seat.wanted:
        raise Rejected("number_needed", "Give your number first: it is how you are found there.")
    return [] if group_id in seat.entered else [events.GroupDoorShown(person_id, group_id)]


def _remove(person_id: PersonId, group_id: GroupId, seat: GroupSeat) -> list[events.GroupSeatEvent]:
    if group_id in seat.removals:
        return [events.RemovedFromGroup(person_id, group_id)]
    if group_id in seat.wanted:
        raise Rejected("may_stay", "This person may be in the group.")
    if group_id not in seat.open:
        raise NotFound("group_not_found", "There is no such group.")
    return []


def evolve(seat: GroupSeat, event: events.GroupSeatEvent) -> GroupSeat:
    match event:
        case events.GroupSeatWanted():
            return _evolve_wanted(seat, event)
        case events.NumberGiven(_, link_id, number):
            # Whoever came in by an older number is still in.
            return replace(
                seat,
                link_id=link_id,
                numbers=(*seat.numbers, number),
                withdrawn=False,
                entered=seat.inside,
                invites={},
            )
        case events.NumberWithdrawn():
            return replace(seat, withdrawn=True)
        case events.NumberReleased():
            return replace(
                seat, link_id=None, numbers=(), withdrawn=False, invites={}, entered=frozenset(),
                removals={},
            )  # fmt: skip
        case events.NumberForgotten() | events.GroupRemovalReminded():
            return seat
        case events.GroupInvitesRetried():
            kept = {g: invite for g, invite in seat.invites.items() if g not in seat.stuck}
            return replace(seat, invites=kept)
        case events.GroupDoorShown(_, group_id):
            return replace(seat, entered=seat.entered | {group_id})
        case events.GroupRemovalDue(_, number, group_id):
            return replace(seat, number=number, removals={**seat.removals, group_id: number})
        case events.GroupRemovalCalledOff(_, group_id):
            return replace(seat, removals=_without(seat.removals, group_id))
        case events.RemovedFromGroup(_, group_id):
            return replace(
                seat,
                removals=_without(seat.removals, group_id),
                entered=seat.entered - {group_id},
                invites=_without(seat.invites, group_id),
            )
        case _:
            return _evolve_invite(seat, event)


def _evolve_invite(
    seat: GroupSeat,
    event: events.GroupInviteAsked
    | events.GroupInviteSent
    | events.GroupInviteDelivered
    | events.GroupInviteStuck,
) -> GroupSeat:
    number = event.number
    match event:
        case events.GroupInviteAsked():
            invite, seat = Invite(number, "asked"), replace(seat, number=number)
        case events.GroupInviteSent(sure=sure):
            invite = Invite(number, "sent" if sure else "unsure")
        case events.GroupInviteDelivered():
            invite = Invite(number, "delivered")
        case events.GroupInviteStuck(problem=problem):
            invite = Invite(number, "stuck", problem)
        case _:
            assert_never(event)
    return replace(seat, invites={**seat.invites, event.group_id: invite})


def _evolve_wanted(seat: GroupSeat, wanted: events.GroupSeatWanted) -> GroupSeat:
    """A group that was closed is nobody's task; a door that nobody had is sent again when it opens again."""
    seat = replace(
        seat,
        groups=wanted.groups,
        open=wanted.open,
        barred=wanted.barred,
        access_version=wanted.access_version,
        groups_version=wanted.groups_version,
        entered=seat.entered & set(wanted.open),
        removals={g: number for g, number in seat.removals.items() if g in wanted.open},
        invites={g: invite for g, invite in seat.invites.items() if g in wanted.open},
    )
    stays = seat.inside | set(seat.wanted)
    return replace(seat, invites={g: invite for g, invite in seat.invites.items() if g in stays})


def _without(mapping: Mapping[GroupId, Any], group_id: GroupId) -> dict[GroupId, Any]:
    return {g: value for g, value in mapping.items() if g != group_id}


GROUP_SEAT: Decider[commands.GroupSeatCommand, GroupSeat, events.GroupSeatEvent] = Decider(
    "group_seat",
    initial=GroupSeat(),
    decide=decide,
    evolve=evolve,
    commands=commands.GroupSeatCommand,
    events=events.GroupSeatEvent,
)
