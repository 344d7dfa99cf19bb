"""Nobody joins for another, a ban holds, an erasure is done when all services say so.

And whoever alone owns the community neither leaves nor is made to.
"""

from dataclasses import dataclass, replace
from typing import assert_never

from services.membership.agreed import insist_on_agreement
from services.membership.member import commands, events
from services.membership.retention_rules.events import Ground
from shared.decider import Decider, NotFound, Rejected
from shared.ids import AccountId, Code
from shared.personal_value import Sealed

HOLDERS: frozenset[events.Service] = frozenset(("membership", "billing", "events", "analytics"))


@dataclass(frozen=True, slots=True)
class Member:
    standing: events.StandingNow = "unknown"
    account_id: AccountId | None = None
    forgotten_by: frozenset[events.Service] = frozenset()
    mark: Code | None = None
    email: Sealed | None = None


def decide(command: commands.MemberCommand, member: Member) -> list[events.MemberEvent]:
    match command:
        case commands.JoinCommunity():
            return _join(command, member)
        case commands.AdmitPerson():
            return _admit(command, member)
        case commands.ConfirmForgotten(service):
            return _confirm(service, member)
        case commands.ForgetLapsed(person_id, ground, mark):
            erased = events.PersonErased(person_id, member.account_id, mark)
            return [erased] if is_gone(member, ground) else []
        case commands.BeTakenIn(is_asked):
            return _be_taken_in(member, is_asked=is_asked)
        case commands.ErasePerson() if member.standing == "erased":
            return []
        case commands.ErasePerson(person_id, mark=mark, is_guest=True) if (
            member.standing == "unknown"
        ):
            return [events.PersonErased(person_id, None, mark)]
        case _ if member.standing in ("unknown", "erased"):
            raise NotFound("person_not_found", "There is no such person.")
        case commands.ChangeProfile(name, language):
            return _change(member, name, language)
        case commands.ChangeAddress():
            return _change_address(command, member)
        case commands.BanMember() if member.standing == "taken_in":
            raise Rejected("was_taken_in", "This person is another by now: shut out that one.")
        case commands.LiftBan() if member.standing != "banned":
            raise Rejected("not_banned", "This person is not shut out.")
        case commands.LiftBan():
            return [events.BanLifted()]
        case commands.LeaveCommunity() if member.standing != "joined":
            return []
        case commands.BanMember() if member.standing == "banned":
            return []
        case _ if command.ownership == "sole":
            raise Rejected(
                "last_owner", "A community keeps at least one owner: hand it over first."
            )
        case commands.LeaveCommunity():
            return [events.MemberLeft()]
        case _ if command.ownership == "shared" and not command.by_owner:
            raise Rejected("owners_only", "Only an owner shuts out an owner.")
        case commands.BanMember() if command.works_here and not command.takes_roles:
            detail = "They work here: who may take roles shuts them out."
            raise Rejected("works_here", detail)
        case commands.ErasePerson(person_id, mark=mark):
            return [events.PersonErased(person_id, member.account_id, mark)]
        case commands.BanMember():
            return [events.MemberBanned(member.account_id, command.access_until)]
        case _:
            assert_never(command)


def is_gone(member: Member, ground: Ground) -> bool:
    """Whether this is why they may be forgotten."""
    if ground == "left":
        return member.standing == "left"
    return member.standing == "joined" and member.account_id is None


def _join(command: commands.JoinCommunity, member: Member) -> list[events.MemberEvent]:
    if not command.email_is_own:
        detail = "Join with the address you sign in with."
        raise Rejected("not_your_email", detail, pointer="/email")
    match member.standing:
        case "joined" if member.account_id is None:
            insist_on_agreement(command.agreement)
            who, name, email = command.account_id, command.name, command.email
            return [events.MemberCameIn(who, name, email, command.language)]
        case "joined":
            return []
        case "banned":
            raise Rejected("banned", "This person may not join again.")
        case "taken_in":
            raise Rejected("was_taken_in", "This person is another by now.")
        case "erased":
            raise NotFound("person_not_found", "There is no such person.")
        case "unknown" | "left":
            _insist_on_way(command)
            insist_on_agreement(command.agreement)
            return [_joined(command)]
        case _:
            assert_never(member.standing)


def _insist_on_way(join: commands.JoinCommunity) -> None:
    if join.is_staff:
        return
    match join.way:
        case "open":
            return
        case "application":
            raise Rejected("by_application", "One joins this community by applying.")
        case "invitation":
            raise Rejected("by_invitation", "One joins this community by invitation.")
        case _:
            assert_never(join.way)


def _admit(admit: commands.AdmitPerson, member: Member) -> list[events.MemberEvent]:
    """Who left comes back by their own word only, and who was shut out does not come back."""
    account_id = admit.account_id
    if member.standing == "unknown" or (member.standing == "left" and account_id is not None):
        return [_joined(admit)]
    if member.standing == "joined" and member.account_id is None and account_id is not None:
        return [events.MemberCameIn(account_id, admit.name, admit.email, admit.language)]
    return []


def _joined(said: commands.JoinCommunity | commands.AdmitPerson) -> events.MemberJoined:
    return events.MemberJoined(
        said.account_id, said.name, said.email, said.language, said.free_tiers
    )


def _change(member: Member, name: Sealed, language: events.Language) -> list[events.MemberEvent]:
    if member.standing != "joined" or member.email is None:
        raise Rejected("not_a_member", "Only members say who they are.")
    return [events.ProfileChanged(name, member.email, language)]


def _change_address(asked: commands.ChangeAddress, member: Member) -> list[events.MemberEvent]:
    if member.standing != "joined" or member.email is None:
        raise Rejected("not_a_member", "Only members say where they are written to.")
    if asked.elsewhere:
        detail = "It is somebody else's sign-in, or known here as another person's: merge the two."
        raise Rejected("address_taken", detail, pointer="/email")
    return [] if asked.is_current else [events.AddressChanged(asked.email, member.email)]


def _be_taken_in(member: Member, *, is_asked: bool) -> list[events.MemberEvent]:
    """Decided here as well, so that a ban at the same moment is before it, or after it and told who they are."""
    if is_asked and member.standing == "banned":
        raise Rejected("banned", "Who was shut out is not merged with anybody.")
    if is_asked and member.standing not in ("joined", "taken_in"):
        raise Rejected("not_a_member", "Both have to be members here.")
    return [events.MemberTakenIn()] if member.standing in ("joined", "left") else []


def _confirm(service: events.Service, member: Member) -> list[events.MemberEvent]:
    if member.standing != "erased" or service in member.forgotten_by:
        return []
    confirmed = events.ErasureConfirmed(service)
    if member.forgotten_by | {service} == HOLDERS:
        return [confirmed, events.PersonErasureCompleted()]
    return [confirmed]


def evolve(member: Member, event: events.MemberEvent) -> Member:
    match event:
        case events.MemberJoined(account_id, _, email) | events.MemberCameIn(account_id, _, email):
            return Member("joined", account_id, email=email)
        case events.ProfileChanged():
            return member
        case events.AddressChanged(email):
            return replace(member, email=email)
        case events.MemberTakenIn():
            return replace(member, standing="taken_in")
        case events.MemberLeft() | events.BanLifted():
            return replace(member, standing="left")
        case events.MemberBanned():
            return replace(member, standing="banned")
        case events.PersonErased(mark=mark):
            return replace(member, standing="erased", mark=mark)
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
