from datetime import timedelta
from uuid import UUID

from services.membership.access import commands as access
from services.membership.access import reactions as access_reactions
from services.membership.access.decider import ACCESS, stream_of
from services.membership.announcement import reactions as announcement_reactions
from services.membership.announcement.commands import SendMail
from services.membership.app import FEATURES
from services.membership.member import reactions as member_reactions
from services.membership.member.commands import AdmitPerson
from services.membership.member.decider import MEMBER
from services.membership.member_import.commands import (
    ExpireImport,
    GoOn,
    OpenRows,
    ReleaseLetters,
)
from services.membership.member_import.decider import MEMBER_IMPORT, file_of
from services.membership.member_import.events import (
    DueLetter,
    ImportCancelled,
    ImportCompleted,
    ImportExpired,
    ImportStarted,
    ImportUploaded,
    LettersReleased,
    RowsDue,
    RowsTaken,
    TakenRow,
)
from services.membership.member_import.reactions import REACTIONS
from services.membership.tier.events import TierId
from shared.erasure import FORGETTING
from shared.ids import Code, Label, PersonId, derive
from shared.personal_value import Sealed
from shared.reaction import Ask, At, Call, Intent, Reaction, intents_of
from tests.unit.membership.facts import community_id, fact, noon

import_id = UUID(int=50)
ada, bob = PersonId(UUID(int=1)), PersonId(UUID(int=2))
gold = TierId(UUID(int=3))
name = Sealed(ada, "profile", Code("sealed-name"))
email = Sealed(ada, "profile", Code("sealed-address"))
later = noon + timedelta(days=30)
new = TakenRow(2, ada, writes=True, name=name, email=email, tier_id=gold, until=later)
here = TakenRow(3, bob, writes=False)


def reacts_to(body: object, *reactions: Reaction) -> list[Intent]:
    by_type: dict[type, list[Reaction]] = {}
    for reaction in reactions or REACTIONS:
        by_type.setdefault(reaction.to, []).append(reaction)
    return [intent for _, _, intent in intents_of(by_type, fact(body, import_id))]


def rows(*taken: TakenRow) -> RowsTaken:
    return RowsTaken(1, taken, (), "fr", (gold,))


def asks(command: object) -> Ask:
    return Ask(MEMBER_IMPORT, import_id, command)


def test_an_upload_waits_until_its_day_is_over() -> None:
    uploaded = ImportUploaded(2, 0, 0, 1, "fr", later)
    assert reacts_to(uploaded) == [At(later, asks(ExpireImport()))]


def test_rows_are_opened_one_after_the_other() -> None:
    assert reacts_to(ImportStarted(300)) == [Call(OpenRows(import_id, 1))]
    assert reacts_to(rows(new)) == [At(noon, asks(GoOn(1)))]
    assert reacts_to(RowsDue(2)) == [Call(OpenRows(import_id, 2))]


def test_going_on_is_asked_last_of_all() -> None:
    every = [reaction for feature in FEATURES for reaction in feature.reactions]
    intents = reacts_to(rows(new, here), *every)
    assert len(intents) == 3
    assert intents[-1] == At(noon, asks(GoOn(1)))


def test_who_is_new_is_admitted_in_their_own_language() -> None:
    admit = AdmitPerson(None, name, email, "fr", (gold,))
    assert reacts_to(rows(new, here), *member_reactions.REACTIONS) == [
        At(noon, Ask(MEMBER, ada, admit))
    ]


def test_what_was_paid_elsewhere_is_one_gift_however_often_it_is_read() -> None:
    gift = derive(ada, "brought", str(gold), str(later))
    start = access.StartReason(ada, (gold,), "gift", gift, later)
    for number in (1, 2):
        taken = RowsTaken(number, (new, here), (), "fr", ())
        assert reacts_to(taken, *access_reactions.REACTIONS) == [
            At(noon, Ask(ACCESS, stream_of(ada), start))
        ]


def test_when_all_rows_are_taken_letters_go_a_minute_apart() -> None:
    released = LettersReleased(1, (DueLetter(ada, later), DueLetter(bob)))
    minute = noon + timedelta(minutes=1)
    assert At(minute, asks(ReleaseLetters(1))) in reacts_to(ImportCompleted())
    assert reacts_to(released) == [At(minute, asks(ReleaseLetters(2)))]
    link = Label(f"/communities/{community_id}/welcome")
    until = ((Code("until"), Label(later.isoformat())),)
    assert reacts_to(released, *announcement_reactions.REACTIONS) == [
        Call(SendMail(derive(ada, "brought in"), ada, Code("brought_in_until"), until, link)),
        Call(SendMail(derive(bob, "brought in"), bob, Code("brought_in"), (), link)),
    ]


def test_the_file_is_forgotten_when_the_import_is_over() -> None:
    file = file_of(import_id)
    for over in (ImportCompleted(), ImportCancelled(), ImportExpired()):
        (forget,) = [
            intent
            for intent in reacts_to(over)
            if isinstance(intent, Ask) and intent.decider is FORGETTING
        ]
        assert [one.person_id for one in forget.keep.forget] == [file]
