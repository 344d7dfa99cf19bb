"""What is bought for somebody else is accepted once, by whoever has its latest letter, while it is paid for."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal, assert_never
from uuid import UUID

from services.membership.agreed import insist_on_agreement
from services.membership.periods import until_of
from services.membership.present import commands, events
from shared.decider import Decider, NotFound, Rejected
from shared.ids import PersonId, derive

GOOD_FOR = timedelta(days=30)
KEPT_UNPAID = timedelta(days=45)
FURTHEST = timedelta(days=366)
MOST_LETTERS = 5
MOST_ADDRESSES = 5

Standing = Literal["unaddressed", "addressed", "sent", "accepted", "ended"]
Events = list[events.PresentEvent]


@dataclass(frozen=True, slots=True)
class Present:
    """`addressed` is whom it is for, while that is known; `letters` are those to them, `posts` all there ever were."""

    paid: events.PresentPaid | None = None
    addressed: events.PresentAddressed | None = None
    addresses: int = 0
    letters: int = 0
    posts: int = 0
    settled: int = 0
    expires_at: datetime | None = None
    accepted: events.PresentAccepted | None = None
    withheld: bool = False
    ended: bool = False

    @property
    def standing(self) -> Standing:
        if self.ended:
            return "ended"
        if self.accepted:
            return "accepted"
        if self.addressed is None:
            return "unaddressed"
        return "sent" if self.letters else "addressed"

    @property
    def is_pending(self) -> bool:
        return self.standing in ("unaddressed", "addressed", "sent")

    @property
    def giver_id(self) -> PersonId | None:
        known = self.paid or self.addressed
        return known.person_id if known else None

    @property
    def has_it(self) -> PersonId | None:
        return self.accepted.person_id if self.accepted else None


def addressee_of(present_id: UUID, number: int) -> PersonId:
    """Whose key seals what is for somebody who may be nobody here yet; it goes as soon as they are not waited for."""
    return PersonId(derive(present_id, "addressee", str(number)))


def door_of(present_id: UUID, number: int) -> UUID:
    """What the letters to one address open; those to the next open another."""
    return derive(present_id, "door", str(number))


def decide(command: commands.PresentCommand, present: Present) -> Events:
    match command:
        case commands.AddressPresent():
            return _address(command, present)
        case commands.PayPresent(person_id, thing):
            return [] if present.paid else _pay(events.PresentPaid(person_id, thing), present)
        case commands.ExpirePresent(expires_at):
            is_due = present.is_pending and present.expires_at == expires_at
            return _unclaimed(present) if is_due else []
        case commands.ResendPresent(person_id, at):
            _insist_on_giver(person_id, present)
            return _resend(at, present)
        case commands.AcceptPresent():
            return _accept(command, present)
        case _ if present.paid is None:
            return []
        case commands.DeliverPresent(at):
            return _deliver(at, present)
        case commands.RemindOfPresent(letter):
            return _remind(letter, present)
        case commands.RecordPosted(letter):
            return [events.PresentPosted(letter)] if letter > present.settled else []
        case commands.RecordNotPosted(letter, reason):
            return [events.PresentNotPosted(letter, reason)] if letter > present.settled else []
        case commands.RemindGiver():
            waits = present.is_pending and not present.addresses
            return [events.PresentUnaddressed(present.paid.person_id)] if waits else []
        case commands.WithholdPresent():
            is_so = present.withheld or present.ended
            return [] if is_so else [events.PresentWithheld(present.has_it)]
        case commands.RestorePresent() if not present.withheld or present.ended:
            return []
        case commands.RestorePresent():
            until = present.accepted.until if present.accepted else None
            return [events.PresentRestored(present.has_it, present.paid.thing, until)]
        case commands.EndPresent(over):
            ended = events.PresentEnded(present.has_it, present.addresses, over)
            return [] if present.ended else [ended]
        case _:
            assert_never(command)


def _insist_on_giver(person_id: PersonId, present: Present) -> None:
    if present.giver_id not in (None, person_id):
        raise NotFound("present_not_found", "There is no such present.")


def _insist_on_pending(present: Present) -> None:
    if present.standing == "accepted":
        raise Rejected("present_accepted", "It has been accepted.")
    if present.standing == "ended":
        raise Rejected("present_ended", "Its money has gone back.")


def _address(asked: commands.AddressPresent, present: Present) -> Events:
    _insist_on_giver(asked.person_id, present)
    _insist_on_pending(present)
    if asked.is_banned:
        raise Rejected("banned", "This person may not be let in.", pointer="/email")
    if present.addresses >= MOST_ADDRESSES:
        raise Rejected("addressed_often_enough", "It was for enough people by now.")
    opens = asked.deliver_at or asked.at
    if not asked.at <= opens <= asked.at + FURTHEST:
        detail = "It is delivered now or within a year."
        raise Rejected("delivery_out_of_range", detail, pointer="/deliver_at")
    return [
        events.PresentAddressed(
            asked.person_id,
            present.addresses + 1,
            asked.email,
            asked.words,
            asked.language,
            asked.deliver_at,
            opens + KEPT_UNPAID,
        )
    ]


def _pay(paid: events.PresentPaid, present: Present) -> Events:
    """What somebody else has said of it before, who is not its giver, counts for nothing."""
    by_another = present.giver_id not in (None, paid.person_id)
    return [*_unclaimed(present), paid] if by_another else [paid]


def _unclaimed(present: Present) -> Events:
    addressed = present.addressed
    if addressed is None:
        return []
    paid = present.paid is not None
    return [events.PresentUnclaimed(addressed.person_id, addressed.number, paid)]


def _deliver(at: datetime, present: Present) -> Events:
    addressed = present.addressed
    if present.standing != "addressed" or addressed is None:
        return []
    is_time = addressed.deliver_at is None or addressed.deliver_at <= at
    return [events.PresentDue(present.posts + 1, at + GOOD_FOR)] if is_time else []


def _resend(at: datetime, present: Present) -> Events:
    _insist_on_pending(present)
    if present.standing != "sent":
        raise Rejected("present_not_sent", "It has not been sent yet.")
    if present.letters >= MOST_LETTERS:
        raise Rejected("sent_often_enough", "This address has had enough of our letters.")
    return [events.PresentDue(present.posts + 1, at + GOOD_FOR)]


def _remind(letter: int, present: Present) -> Events:
    is_so = present.standing == "sent" and present.letters == 1 and present.posts == letter
    if not is_so or present.expires_at is None:
        return []
    return [events.PresentDue(present.posts + 1, present.expires_at, reminds=True)]


def _accept(accept: commands.AcceptPresent, present: Present) -> Events:
    if present.accepted and present.accepted.account_id == accept.account_id:
        return []
    _insist_on_pending(present)
    is_open = present.standing == "sent" and present.addresses == accept.number
    in_time = present.expires_at is not None and accept.at < present.expires_at
    if not is_open or not in_time or present.paid is None:
        detail = "This letter is no longer good: ask whoever gave it for another."
        raise Rejected("present_letter_over", detail)
    if present.withheld:
        raise Rejected("present_withheld", "A bank is asked whether it is paid for.")
    _insist_on_person(accept)
    paid = present.paid
    return [
        events.PresentAccepted(
            paid.person_id,
            accept.number,
            accept.account_id,
            accept.person_id,
            paid.thing,
            until_of(paid.thing, accept.at),
            accept.joins,
        )
    ]


def _insist_on_person(accept: commands.AcceptPresent) -> None:
    if accept.member == "banned":
        raise Rejected("banned", "This person may not join again.")
    if accept.joins is not None:
        if not accept.email_is_own:
            raise Rejected("not_your_email", "You sign in with another.", pointer="/email")
        insist_on_agreement(accept.agreement)


def evolve(present: Present, event: events.PresentEvent) -> Present:
    match event:
        case events.PresentAddressed(number=number, expires_at=expires_at):
            return replace(
                present, addressed=event, addresses=number, letters=0, expires_at=expires_at
            )
        case events.PresentPaid():
            return replace(present, paid=event)
        case events.PresentDue(letter, expires_at):
            letters = present.letters + 1
            return replace(present, letters=letters, posts=letter, expires_at=expires_at)
        case events.PresentPosted(letter) | events.PresentNotPosted(letter):
            return replace(present, settled=letter)
        case events.PresentUnclaimed():
            return replace(present, addressed=None, letters=0, expires_at=None)
        case events.PresentUnaddressed():
            return present
        case events.PresentAccepted():
            return replace(present, accepted=event)
        case events.PresentWithheld():
            return replace(present, withheld=True)
        case events.PresentRestored():
            return replace(present, withheld=False)
        case events.PresentEnded():
            return replace(present, ended=True)
        case _:
            assert_never(event)


PRESENT: Decider[commands.PresentCommand, Present, events.PresentEvent] = Decider(
    "present",
    initial=Present(),
    decide=decide,
    evolve=evolve,
    commands=commands.PresentCommand,
    events=events.PresentEvent,
)
