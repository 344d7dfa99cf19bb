"""Nobody joins for another, a ban holds, and an erasure is done when all services say so."""

from dataclasses import dataclass, replace
from typing import Literal, assert_never

from services.membership.member import commands, events
from shared.decider import Decider, NotFound, Rejected

HOLDERS: frozenset[events.Service] = frozenset(("membership", "billing", "events", "analytics"))


@dataclass(frozen=True, slots=True)
class Member:
    standing: Literal["unknown", "joined", "left", "banned", "erased"] = "unknown"
    forgotten_by: frozenset[events.Service] = frozenset()


def decide(command: commands.MemberCommand, member: Member) -> list[events.MemberEvent]:
    match command:
        case commands.JoinCommunity():
            return _join(command, member)
        case commands.ConfirmForgotten(service):
            return _confirm(service, member)
        case commands.ErasePerson() if member.standing == "erased":
            return []
        case _ if member.standing in ("unknown", "erased"):
            raise NotFound("person_not_found", "There is no such person.")
        case commands.ErasePerson(person_id):
            return [events.PersonErased(person_id)]
        case commands.LeaveCommunity():
            return [events.MemberLeft()] if member.standing == "joined" else []
        case commands.BanMember():
            return [] if member.standing == "banned" else [events.MemberBanned()]
        case _:
            assert_never(command)


def _join(command: commands.JoinCommunity, member: Member) -> list[events.MemberEvent]:
    if not command.email_is_own:
        detail = "Join with the address you sign in with."
        raise Rejected("not_your_email", detail, pointer="/email")
    match member.standing:
        case "joined":
            return []
        case "banned":
            raise Rejected("banned", "This person may not join again.")
        case "erased":
            raise NotFound("person_not_found", "There is no such person.")
        case "unknown" | "left":
            return [
                events.MemberJoined(
                    account_id=command.account_id,
                    name=command.name,
                    email=command.email,
                    language=command.language,
                    free_tiers=command.free_tiers,
                )
            ]
        case _:
            assert_never(member.standing)


def _confirm(service: events.Service, member: Member) -> list[events.MemberEvent]:
    if member.standing != "erased" or service in member.forgotten_by:
        return []
    confirmed = events.ErasureConfirmed(service)
    if member.forgotten_by | {service} == HOLDERS:
        return [confirmed, events.PersonErasureCompleted()]
    return [confirmed]


def evolve(member: Member, event: events.MemberEvent) -> Member:
    match event:
        case events.MemberJoined():
            return Member("joined")
        case events.MemberLeft():
            return Member("left")
        case events.MemberBanned():
            return Member("banned")
        case events.PersonErased():
            return Member("erased")
        case events.ErasureConfirmed(service):
            return replace(member, forgotten_by=member.forgotten_by | {service})
        case events.PersonErasureCompleted():
            return member
        case _:
            assert_never(event)


MEMBER: Decider[commands.MemberCommand, Member, events.MemberEvent] = Decider(
    "member",
    initial=Member(),
    decide=decide,
    evolve=evolve,
    commands=commands.MemberCommand,
    events=events.MemberEvent,
)
