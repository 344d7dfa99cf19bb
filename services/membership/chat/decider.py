"""A seat holds on the chat server what its person's access says, by one step of the vendor's at a time."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never
from uuid import UUID

from services.membership.access.events import Barred
from services.membership.chat import commands, events
from services.membership.chat.events import Place, Step
from shared.decider import Decider, Rejected
from shared.ids import Code, PersonId, derive
from shared.personal_value import Sealed

WHO: Mapping[events.Problem, events.Who] = {
    "account_gone": "member",
    "banned_on_server": "owner",
    "bot_not_allowed": "owner",
    "bot_not_on_server": "owner",
    "channel_unknown": "owner",
    "guest_unknown": "owner",
    "link_refused": "member",
    "not_on_server": "member",
    "refused": "owner",
    "role_unknown": "owner",
    "server_unknown": "owner",
    "too_many_invites": "owner",
    "too_many_servers": "member",
}

Held = tuple[Code, Code]
"""A role on a server."""


@dataclass(frozen=True, slots=True)
class Seat:
    """`held` is what the vendor has confirmed; `admitted` the servers that we let the person onto.

    `left` is what they kept when they last unlinked.
    """

    place: Place | None = None
    roles: tuple[Code, ...] = ()
    barred: Barred | None = None
    access_version: int = 0
    rules_version: int = 0
    link_id: UUID | None = None
    account: Sealed | None = None
    unlinking: bool = False
    held: frozenset[Held] = frozenset()
    left: frozenset[Held] = frozenset()
    admitted: frozenset[Code] = frozenset()
    kicked: frozenset[Code] = frozenset()
    invite_asked: bool = False
    invite: events.ChatInvited | None = None
    number: int = 0
    pending: Step | None = None
    stuck: tuple[events.ChatSeatStuck, ...] = ()

    @property
    def is_leaving(self) -> bool:
        return self.unlinking or self.barred == "erased"

    @property
    def is_absent(self) -> bool:
        """They were not on the server when something was to be done there."""
        return any(stuck.problem == "not_on_server" for stuck in self.stuck)

    @property
    def refused(self) -> frozenset[Held]:
        """The roles that the vendor refuses to give or take, though they are on the server."""
        return frozenset(
            (stuck.step.server, stuck.step.role)
            for stuck in self.stuck
            if stuck.step.role is not None and stuck.problem != "not_on_server"
        )

    @property
    def wanted(self) -> frozenset[Held]:
        if self.place is None or self.barred is not None or self.unlinking:
            return frozenset()
        return frozenset((self.place.server, role) for role in self.roles)

    def invited_at(self, moment: datetime) -> bool:
        return self.invite is not None and moment < self.invite.until


def stream_of(person_id: PersonId) -> UUID:
    return derive(person_id, "chat_seat")


def next_step(seat: Seat) -> Step | None:
    """What the vendor is asked next: nothing while it is asked something, nothing that is known to be in vain."""
    if seat.place is None or seat.pending is not None:
        return None
    in_vain = {stuck.step for stuck in seat.stuck}
    absent = seat.is_absent
    return next(
        (
            step
            for step in _steps(seat, seat.place)
            if step not in in_vain and not (absent and step.kind == "add_role")
        ),
        None,
    )


def _steps(seat: Seat, place: Place) -> Iterator[Step]:
    """First what is taken, then what is given; a role of another server goes before one of this."""
    wanted = seat.wanted
    if seat.link_id is not None:
        if _must_go(seat, place):
            yield Step("kick", place.server)
        for server, role in sorted(seat.held - wanted):
            yield Step("remove_role", server, role)
        for server, role in sorted(wanted - seat.held):
            yield Step("add_role", server, role)
    if seat.invite is not None and (not wanted or (seat.link_id and wanted <= seat.held)):
        yield Step("withdraw_invite", seat.invite.server)
    if seat.invite_asked and wanted:
        yield Step("invite", place.server)


def _must_go(seat: Seat, place: Place) -> bool:
    """Nobody is kicked whom we did not let in, unless they are banned."""
    if seat.wanted or place.server in seat.kicked:
        return False
    if seat.barred == "banned":
        return True
    leaves = place.on_loss == "kick" or seat.barred == "erased"
    return leaves and place.server in seat.admitted


def decide(command: commands.ChatCommand, seat: Seat) -> list[events.ChatEvent]:
    person_id = command.person_id
    match command:
        case commands.FollowAccess():
            return _follow(command, seat)
        case commands.LinkAccount():
            return _link(command, seat)
        case commands.UnlinkAccount():
            if seat.link_id is None or seat.is_leaving:
                return []
            return _onward(seat, person_id, [events.ChatUnlinkAsked(person_id)])
        case commands.GiveUpLink():
            if seat.link_id is None or not seat.is_leaving:
                return []
            return [events.ChatUnlinked(person_id, seat.link_id)]
        case commands.ForgetLink(_, link_id):
            return [events.ChatLinkForgotten(person_id, link_id)]
        case commands.AskInvite():
            return _ask_invite(command, seat)
        case commands.RetrySeat():
            if not seat.stuck:
                return []
            return _onward(seat, person_id, [events.ChatSeatRetried(person_id)])
        case commands.RecordDone(_, number):
            if seat.pending is None or number != seat.number:
                return []
            return _onward(seat, person_id, _done(command, seat, seat.pending))
        case commands.RecordRefused(_, number, problem):
            if seat.pending is None or number != seat.number:
                return []
            return _onward(seat, person_id, _refused(person_id, problem, seat, seat.pending))
        case commands.NoticeRoles():
            happened = _noticed(command, seat)
            return _onward(seat, person_id, happened) if happened else []
        case _:
            assert_never(command)


def _onward(
    seat: Seat, person_id: PersonId, happened: Sequence[events.ChatEvent]
) -> list[events.ChatEvent]:
    """What happened, and what follows from it at once."""
    for event in happened:
        seat = evolve(seat, event)
    step = next_step(seat)
    if step is not None:
        return [*happened, events.ChatStepAsked(person_id, seat.number + 1, step)]
    if seat.is_leaving and seat.link_id is not None and seat.pending is None:
        return [*happened, events.ChatUnlinked(person_id, seat.link_id)]
    return [*happened]


def _follow(follow: commands.FollowAccess, seat: Seat) -> list[events.ChatEvent]:
    seen = (follow.access_version, follow.rules_version)
    known = (seat.access_version, seat.rules_version)
    if seen == known or any(ours > theirs for ours, theirs in zip(known, seen, strict=True)):
        return []
    wanted = events.ChatSeatWanted(
        person_id=follow.person_id,
        place=follow.place,
        roles=follow.roles,
        barred=follow.barred,
        access_version=follow.access_version,
        rules_version=follow.rules_version,
    )
    return _onward(seat, follow.person_id, [wanted])


def _link(link: commands.LinkAccount, seat: Seat) -> list[events.ChatEvent]:
    person_id = link.person_id
    if seat.barred is not None:
        raise Rejected("person_barred", "This person may not be let in.")
    if seat.unlinking:
        raise Rejected("still_unlinking", "The other account is still being let go.")
    if seat.link_id not in (None, link.link_id):
        raise Rejected("already_linked", "Unlink the other account first.")
    happened: list[events.ChatEvent] = []
    if seat.link_id is None:
        happened.append(events.ChatLinked(person_id, link.link_id, link.account))
    if seat.stuck:
        happened.append(events.ChatSeatRetried(person_id))
    if seat.place is not None:
        if link.joined:
            happened.append(events.ChatJoined(person_id, seat.place.server))
        happened += _not_let_in(link, seat)
    return _onward(seat, person_id, happened) if happened else []


def _not_let_in(link: commands.LinkAccount, seat: Seat) -> list[events.ChatEvent]:
    """Why the server did not take them says more than that they are not there."""
    if link.problem is None:
        return []
    steps = [Step("add_role", server, role) for server, role in sorted(seat.wanted - seat.held)]
    who = WHO[link.problem]
    return [events.ChatSeatStuck(link.person_id, step, who, link.problem) for step in steps]


def _ask_invite(ask: commands.AskInvite, seat: Seat) -> list[events.ChatEvent]:
    if not seat.wanted or seat.place is None:
        raise Rejected("nothing_to_enter", "There is nothing there that this person may enter.")
    if seat.place.channel is None:
        raise Rejected("no_invites", "This community lets people in by their linked account only.")
    if seat.invite_asked or seat.invited_at(ask.at):
        return []
    if seat.link_id is not None and not seat.is_absent:
        raise Rejected("account_linked", "A linked account needs no invite.")
    return _onward(seat, ask.person_id, [events.ChatInviteAsked(ask.person_id)])


def _done(done: commands.RecordDone, seat: Seat, step: Step) -> list[events.ChatEvent]:
    person_id, server = done.person_id, step.server
    match step.kind:
        case "add_role":
            return [events.ChatRoleGranted(person_id, server, step.role or Code(""))]
        case "remove_role":
            return [events.ChatRoleRevoked(person_id, server, step.role or Code(""))]
        case "kick":
            return [*_without(seat, person_id, server), events.ChatKicked(person_id, server)]
        case "invite":
            if done.invite is None or done.until is None:
                return []
            return [events.ChatInvited(person_id, server, done.invite, done.until)]
        case "withdraw_invite":
            return _invite_ended(done, seat, step)
        case _:
            assert_never(step.kind)


def _invite_ended(done: commands.RecordDone, seat: Seat, step: Step) -> list[events.ChatEvent]:
    """Who came by our invite was let in by us; if we do not know them, only people can find them."""
    ended = events.ChatInviteEnded(done.person_id, done.invite_was)
    if seat.link_id is None and done.invite_was != "unused":
        return [ended, events.ChatSeatStuck(done.person_id, step, "owner", "guest_unknown")]
    if done.invite_was == "used":
        return [ended, events.ChatJoined(done.person_id, step.server)]
    return [ended]


def _refused(
    person_id: PersonId, problem: events.Problem, seat: Seat, step: Step
) -> list[events.ChatEvent]:
    """Whoever is not there holds nothing there, whatever we had confirmed."""
    gone = _without(seat, person_id, step.server) if problem == "not_on_server" else []
    return [*gone, events.ChatSeatStuck(person_id, step, WHO[problem], problem)]


def _noticed(told: commands.NoticeRoles, seat: Seat) -> list[events.ChatEvent]:
    """What somebody changed by hand; a seat that has moved on since the look knows better."""
    person_id, server = told.person_id, told.server
    is_of_now = seat.pending is None and seat.number == told.number and seat.link_id is not None
    if not is_of_now or seat.place is None or seat.place.server != server:
        return []
    if told.roles is None:
        return _without(seat, person_id, server)
    there = {(server, role) for role in told.roles}
    ours = {held for held in seat.held if held[0] == server}
    back = [events.ChatSeatRetried(person_id)] if seat.is_absent else []
    lost = [events.ChatRoleRevoked(person_id, *held) for held in sorted(ours - there)]
    found = [events.ChatRoleGranted(person_id, *held) for held in sorted(there - ours)]
    return [*back, *lost, *found]


def _without(seat: Seat, person_id: PersonId, server: Code) -> list[events.ChatEvent]:
    return [
        events.ChatRoleRevoked(person_id, held_on, role)
        for held_on, role in sorted(seat.held)
        if held_on == server
    ]


def evolve(seat: Seat, event: events.ChatEvent) -> Seat:
    match event:
        case events.ChatSeatWanted(_, place, roles, barred, access_version, rules_version):
            return replace(
                seat,
                place=place,
                roles=roles,
                barred=barred,
                access_version=access_version,
                rules_version=rules_version,
                stuck=(),
            )
        case events.ChatLinked(_, link_id, account):
            return replace(seat, link_id=link_id, account=account, stuck=())
        case events.ChatUnlinkAsked():
            return replace(seat, unlinking=True)
        case events.ChatUnlinked():
            # A step that is still on its way has nobody left to be about.
            return replace(
                seat,
                link_id=None,
                account=None,
                unlinking=False,
                held=frozenset(),
                left=seat.held,
                admitted=frozenset(),
                pending=None,
            )
        case events.ChatLinkForgotten():
            return seat
        case events.ChatJoined(_, server):
            return replace(seat, admitted=seat.admitted | {server}, kicked=seat.kicked - {server})
        case events.ChatRoleGranted(_, server, role):
            answered = _answered(seat, Step("add_role", server, role))
            return replace(
                answered,
                held=seat.held | {(server, role)},
                left=seat.left - {(server, role)},
                kicked=seat.kicked - {server},
            )
        case events.ChatRoleRevoked(_, server, role):
            answered = _answered(seat, Step("remove_role", server, role))
            return replace(answered, held=seat.held - {(server, role)})
        case events.ChatKicked(_, server):
            return replace(
                _answered(seat, Step("kick", server)),
                admitted=seat.admitted - {server},
                kicked=seat.kicked | {server},
            )
        case events.ChatInviteAsked():
            return replace(seat, invite_asked=True)
        case events.ChatInvited(_, server):
            answered = _answered(seat, Step("invite", server))
            return replace(answered, invite_asked=False, invite=event)
        case events.ChatInviteEnded():
            return replace(seat, invite=None, pending=None)
        case events.ChatStepAsked(_, number, step):
            return replace(seat, number=number, pending=step)
        case events.ChatSeatStuck():
            asked = seat.invite_asked and event.step.kind != "invite"
            answered = _answered(seat, event.step)
            return replace(answered, invite_asked=asked, stuck=(*seat.stuck, event))
        case events.ChatSeatRetried():
            return replace(seat, stuck=())
        case _:
            assert_never(event)


def _answered(seat: Seat, step: Step) -> Seat:
    return replace(seat, pending=None) if seat.pending == step else seat


CHAT: Decider[commands.ChatCommand, Seat, events.ChatEvent] = Decider(
    "chat",
    initial=Seat(),
    decide=decide,
    evolve=evolve,
    commands=commands.ChatCommand,
    events=events.ChatEvent,
)
