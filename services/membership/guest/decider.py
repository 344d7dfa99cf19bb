"""A guest is known by an address alone, not once that was shut out, and not for long unless they gave."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import assert_never

from services.membership.guest import commands, events
from services.membership.member.events import Language
from shared.decider import Decider, NotFound, Rejected
from shared.personal_value import Sealed

PATIENCE = timedelta(days=7)
"""How long an address is kept of whom nothing has come since the last pass; a pass and its link are good for a day."""


@dataclass(frozen=True, slots=True)
class Guest:
    email: Sealed
    language: Language
    times: int = 1
    gave: bool = False
    forgotten: bool = False


def decide(command: commands.GuestCommand, guest: Guest | None) -> list[events.GuestEvent]:
    match command:
        case commands.ReceiveGuest() if guest and guest.forgotten:
            raise NotFound("person_not_found", "There is no such person.")
        case commands.ReceiveGuest(is_banned=True):
            raise Rejected("guest_not_welcome", "Nothing is taken from this address.")
        case commands.ReceiveGuest(email, language) if guest is None:
            return [events.GuestReceived(email, language)]
        case commands.ReceiveGuest(email) if guest and not guest.gave:
            return [events.GuestNamedAgain(email.person_id, guest.times + 1)]
        case commands.ReceiveGuest():
            return []
        case _ if guest is None or guest.forgotten:
            return []
        case commands.NoteGift():
            return [] if guest.gave else [events.GuestGave()]
        case commands.ForgetGuest(ground="nothing_given", times=times) if (
            guest.gave or guest.times > times
        ):
            return []
        case commands.ForgetGuest(person_id, ground):
            return [events.GuestForgotten(person_id, ground)]
        case _:
            assert_never(command)


def evolve(guest: Guest | None, event: events.GuestEvent) -> Guest | None:
    match event:
        case events.GuestReceived(email, language):
            return Guest(email, language)
        case events.GuestNamedAgain(times=times):
            return guest and replace(guest, times=times)
        case events.GuestGave():
            return guest and replace(guest, gave=True)
        case events.GuestForgotten():
            return guest and replace(guest, forgotten=True)
        case _:
            assert_never(event)


GUEST: Decider[commands.GuestCommand, Guest | None, events.GuestEvent] = Decider(
    "guest",
    initial=None,
    decide=decide,
    evolve=evolve,
    commands=commands.GuestCommand,
    events=events.GuestEvent,
)
