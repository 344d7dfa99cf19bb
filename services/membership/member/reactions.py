"""Who was invited, given something or came by a file is in; an erasure, asked or due, ends when all forgot."""

from collections.abc import Callable

from services.membership.application.events import ApplicationAccepted
from services.membership.guest.events import GuestForgotten
from services.membership.invitation.events import InvitationAccepted
from services.membership.lapse.events import PersonLapsed
from services.membership.member import commands
from services.membership.member.decider import MEMBER
from services.membership.member.events import Service
from services.membership.member_import.events import RowsTaken
from services.membership.merging.events import PersonTakenIn, TakenInBarred
from services.membership.present.events import PresentAccepted
from services.membership.seat.events import Claimant, SeatClaimed
from shared.contracts import analytics_privacy, billing_privacy, events_privacy
from shared.erasure import PersonForgotten
from shared.event_store import Fact
from shared.ids import AccountId
from shared.reaction import Ask, At, Reaction


def _confirm(service: Service) -> Callable[[Fact], list[Ask]]:
    return lambda fact: [Ask(MEMBER, fact.body.person_id, commands.ConfirmForgotten(service))]


def when_invitation_accepted_admit(fact: Fact) -> list[Ask]:
    accepted: InvitationAccepted = fact.body
    if accepted.person_id is None or accepted.name is None or accepted.email is None:
        return []
    admit = commands.AdmitPerson(
        account_id=accepted.account_id,
        name=accepted.name,
        email=accepted.email,
        language=accepted.language,
        free_tiers=accepted.free_tiers,
    )
    return [Ask(MEMBER, accepted.person_id, admit)]


def when_application_accepted_admit(fact: Fact) -> list[Ask]:
    accepted: ApplicationAccepted = fact.body
    admit = commands.AdmitPerson(
        accepted.account_id,
        accepted.name,
        accepted.email,
        accepted.language,
        accepted.free_tiers,
    )
    return [Ask(MEMBER, accepted.person_id, admit)]


def when_seat_claimed_admit(fact: Fact) -> list[Ask]:
    claimed: SeatClaimed = fact.body
    return [_admit(claimed.account_id, claimed.claimant)]


def when_present_accepted_admit(fact: Fact) -> list[Ask]:
    accepted: PresentAccepted = fact.body
    return [_admit(accepted.account_id, accepted.joins)] if accepted.joins else []


def _admit(account_id: AccountId, who: Claimant) -> Ask:
    admit = commands.AdmitPerson(account_id, who.name, who.email, who.language, who.free_tiers)
    return Ask(MEMBER, who.person_id, admit)


def when_rows_taken_admit(fact: Fact) -> list[At]:
    """Each by itself, many at a time, and behind whatever is due at once; who was here already is not said again."""
    rows: RowsTaken = fact.body
    return [
        At(
            fact.at,
            Ask(
                MEMBER,
                row.person_id,
                commands.AdmitPerson(None, row.name, row.email, rows.language, rows.free_tiers),
            ),
        )
        for row in rows.taken
        if row.name is not None and row.email is not None
    ]


def when_person_lapsed_forget(fact: Fact) -> list[Ask]:
    lapsed: PersonLapsed = fact.body
    forget = commands.ForgetLapsed(lapsed.person_id, lapsed.ground, lapsed.mark)
    return [Ask(MEMBER, lapsed.person_id, forget)]


def when_person_taken_in_give_up(fact: Fact) -> list[Ask]:
    taken: PersonTakenIn = fact.body
    return [Ask(MEMBER, taken.person_id, commands.BeTakenIn())]


def when_taken_in_barred_erase(fact: Fact) -> list[Ask]:
    """Who was shut out is shut out as all that they are; who is erased, is erased as that."""
    barred: TakenInBarred = fact.body
    if barred.cause != "erased":
        return []
    return [Ask(MEMBER, one, commands.ErasePerson(one)) for one in barred.taken_in]


def when_guest_forgotten_erase(fact: Fact) -> list[Ask]:
    gone: GuestForgotten = fact.body
    erase = commands.ErasePerson(gone.person_id, is_guest=True)
    return [Ask(MEMBER, gone.person_id, erase)]


REACTIONS = (
    Reaction(
        name="membership.member.when_person_taken_in_give_up",
        to=PersonTakenIn,
        react=when_person_taken_in_give_up,
    ),
    Reaction(
        name="membership.member.when_taken_in_barred_erase",
        to=TakenInBarred,
        react=when_taken_in_barred_erase,
    ),
    Reaction(
        name="membership.member.when_guest_forgotten_erase",
        to=GuestForgotten,
        react=when_guest_forgotten_erase,
    ),
    Reaction(
        name="membership.member.when_person_lapsed_forget",
        to=PersonLapsed,
        react=when_person_lapsed_forget,
    ),
    Reaction(
        name="membership.member.when_rows_taken_admit",
        to=RowsTaken,
        react=when_rows_taken_admit,
    ),
    Reaction(
        name="membership.member.when_invitation_accepted_admit",
        to=InvitationAccepted,
        react=when_invitation_accepted_admit,
    ),
    Reaction(
        name="membership.member.when_application_accepted_admit",
        to=ApplicationAccepted,
        react=when_application_accepted_admit,
    ),
    Reaction(
        name="membership.member.when_seat_claimed_admit",
        to=SeatClaimed,
        react=when_seat_claimed_admit,
    ),
    Reaction(
        name="membership.member.when_present_accepted_admit",
        to=PresentAccepted,
        react=when_present_accepted_admit,
    ),
    Reaction(
        name="membership.member.when_membership_forgot_confirm",
        to=PersonForgotten,
        react=_confirm("membership"),
    ),
    Reaction(
        name="membership.member.when_billing_forgot_confirm",
        to=billing_privacy.PersonForgotten,
        react=_confirm("billing"),
    ),
    Reaction(
        name="membership.member.when_events_forgot_confirm",
        to=events_privacy.PersonForgotten,
        react=_confirm("events"),
    ),
    Reaction(
        name="membership.member.when_analytics_forgot_confirm",
        to=analytics_privacy.PersonForgotten,
        react=_confirm("analytics"),
    ),
)
