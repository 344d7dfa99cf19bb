"""What leaves the service: every publication, seen from outside."""

from dataclasses import replace
from uuid import UUID

import pytest

from services.membership.access.events import (
    AccessGranted,
    AccessRevoked,
    ContentGranted,
    ContentRevoked,
)
from services.membership.activity.events import Signal, SignalRecorded
from services.membership.activity_choice.events import ActivityDeclined, ActivityWelcomed
from services.membership.app import FEATURES
from services.membership.application.events import (
    ApplicationAccepted,
    ApplicationExpired,
    ApplicationRefused,
    ApplicationSent,
    ApplicationWithdrawn,
)
from services.membership.chat.events import (
    ChatLinked,
    ChatRoleGranted,
    ChatRoleRevoked,
    ChatSeatStuck,
    ChatUnlinked,
    Step,
)
from services.membership.community.events import (
    Brand,
    CommunityCreated,
    StaffRoleGranted,
    StaffRoleRevoked,
    VisibilityChosen,
)
from services.membership.content.events import (
    ContentId,
    ContentOpened,
    ContentPublished,
    ContentWithdrawn,
)
from services.membership.invitation.events import (
    InvitationAccepted,
    InvitationExpired,
    InvitationWithdrawn,
    PersonInvited,
)
from services.membership.link.events import LinkId
from services.membership.member.events import (
    BanLifted,
    MemberBanned,
    MemberJoined,
    MemberLeft,
    PersonErased,
    PersonErasureCompleted,
)
from services.membership.member_import.events import ImportCompleted
from services.membership.recognition.events import Badge, LevelLost, LevelReached
from services.membership.ritual.events import (
    OccurrenceHeld,
    OccurrenceMissed,
    Plan,
    RitualEnded,
    RitualPromised,
)
from services.membership.seat.events import Claimant, SeatAssigned, SeatClaimed, SeatRevoked
from services.membership.sponsorship.events import (
    ContactDismissed,
    ContactNamed,
    PlacementGiven,
    PlacementTaken,
)
from services.membership.spotlight.events import SpotlightGiven
from services.membership.tier.events import TierDefined, TierId, TierRetired
from shared.contracts import (
    membership_access,
    membership_activity,
    membership_activity_choice,
    membership_application,
    membership_chat,
    membership_community,
    membership_content,
    membership_invitation,
    membership_member,
    membership_member_import,
    membership_privacy,
    membership_recognition,
    membership_ritual,
    membership_seat,
    membership_sponsorship,
    membership_tier,
    membership_visibility,
)
from shared.contracts.contract import Contract
from shared.erasure import PersonForgotten
from shared.ids import AccountId, Code, Label, PersonId
from shared.personal_value import Sealed
from tests.unit.membership.facts import community_id, fact, noon, some_stream

ada = PersonId(some_stream)
account = AccountId(UUID(int=1))
gold = TierId(UUID(int=2))
order = UUID(int=3)
workbook = ContentId(UUID(int=4))
seat = UUID(int=5)
questions = Plan(
    Label("Questions"),
    rule=Code("FREQ=WEEKLY"),
    local_time=Code("18:00"),
    time_zone=Code("Europe/Paris"),
    starts_on=noon.date(),
    until=None,
    grace_hours=24,
)
when = {"community_id": community_id, "occurred_at": noon}
sealed = Sealed(ada, "profile", Code("sealed-words"))
pillar = Badge(Code("pillar"), Label("Pillar"), 3, ())


@pytest.mark.parametrize(
    ("event", "contract", "told"),
    [
        (
            CommunityCreated(
                kind="association",
                name=Label("Chess Club"),
                slug=Code("chess"),
                brand=Brand(Code("#0033ff")),
                currency=Code("EUR"),
                time_zone=Code("Europe/Paris"),
                mode="test",
            ),
            membership_community.CommunityCreated,
            {
                "kind": "association",
                "name": "Chess Club",
                "currency": "EUR",
                "time_zone": "Europe/Paris",
                "mode": "test",
                "visibility": "public",
            },
        ),
        (
            VisibilityChosen("private"),
            membership_visibility.VisibilityChosen,
            {"visibility": "private"},
        ),
        (
            StaffRoleGranted(account, "admin", roles_version=2),
            membership_community.StaffRoleGranted,
            {"account_id": account, "role": "admin", "roles_version": 2},
        ),
        (
            StaffRoleRevoked(account, "admin", roles_version=3),
            membership_community.StaffRoleRevoked,
            {"account_id": account, "role": "admin", "roles_version": 3},
        ),
        (
            TierDefined(Label("Gold"), paid=True),
            membership_tier.TierDefined,
            {"tier_id": some_stream, "name": "Gold", "paid": True},
        ),
        (
            PersonInvited(sealed, "en", account, noon, tier_id=gold),
            membership_invitation.PersonInvited,
            {"invitation_id": some_stream, "tier_id": gold, "expires_at": noon},
        ),
        (
            InvitationAccepted(account, account, "en", role="admin", person_id=ada),
            membership_invitation.InvitationAccepted,
            {"invitation_id": some_stream, "account_id": account, "person_id": ada},
        ),
        (
            InvitationWithdrawn(),
            membership_invitation.InvitationEnded,
            {"invitation_id": some_stream, "reason": "withdrawn"},
        ),
        (
            InvitationExpired(),
            membership_invitation.InvitationEnded,
            {"invitation_id": some_stream, "reason": "expired"},
        ),
        (
            ApplicationSent(2, account, sealed, sealed, "en", (), noon),
            membership_application.ApplicationSent,
            {"application_id": some_stream, "number": 2, "expires_at": noon},
        ),
        (
            ApplicationAccepted(2, account, account, ada, sealed, sealed, "en", (), ()),
            membership_application.ApplicationAccepted,
            {"application_id": some_stream, "number": 2, "person_id": ada},
        ),
        (
            ApplicationRefused(2, account, noon),
            membership_application.ApplicationEnded,
            {"application_id": some_stream, "number": 2, "reason": "refused"},
        ),
        (
            ApplicationWithdrawn(2),
            membership_application.ApplicationEnded,
            {"application_id": some_stream, "number": 2, "reason": "withdrawn"},
        ),
        (
            ApplicationExpired(2),
            membership_application.ApplicationEnded,
            {"application_id": some_stream, "number": 2, "reason": "expired"},
        ),
        (
            ImportCompleted(),
            membership_member_import.MemberImportCompleted,
            {"import_id": some_stream},
        ),
        (TierRetired(), membership_tier.TierRetired, {"tier_id": some_stream}),
        (
            MemberJoined(account, sealed, sealed, "en", (gold,)),
            membership_member.MemberJoined,
            {"person_id": ada, "account_id": account},
        ),
        (MemberLeft(), membership_member.MemberLeft, {"person_id": ada}),
        (MemberBanned(), membership_member.MemberBanned, {"person_id": ada}),
        (BanLifted(), membership_member.BanLifted, {"person_id": ada}),
        (PersonErased(ada), membership_member.PersonErased, {"person_id": ada}),
        (PersonForgotten(ada), membership_privacy.PersonForgotten, {"person_id": ada}),
        (
            PersonErasureCompleted(),
            membership_member.PersonErasureCompleted,
            {"person_id": ada},
        ),
        (
            AccessGranted(ada, gold, "purchase", order, first=True),
            membership_access.AccessGranted,
            {
                "person_id": ada,
                "tier_id": gold,
                "reason_kind": "purchase",
                "reason_id": order,
                "first": True,
            },
        ),
        (
            AccessRevoked(ada, gold, "purchase", order, "refunded", last=False),
            membership_access.AccessRevoked,
            {
                "person_id": ada,
                "tier_id": gold,
                "reason_kind": "purchase",
                "reason_id": order,
                "last": False,
            },
        ),
        (
            ContentGranted(ada, workbook, "purchase", order, first=True),
            membership_access.ContentGranted,
            {
                "person_id": ada,
                "content_id": workbook,
                "reason_kind": "purchase",
                "reason_id": order,
                "first": True,
            },
        ),
        (
            ContentRevoked(ada, workbook, "purchase", order, "refunded", last=True),
            membership_access.ContentRevoked,
            {
                "person_id": ada,
                "content_id": workbook,
                "reason_kind": "purchase",
                "reason_id": order,
                "last": True,
            },
        ),
        (
            SeatAssigned(seat, sealed, "en", account, noon),
            membership_seat.SeatAssigned,
            {"subscription_id": ada, "seat_id": seat, "expires_at": noon},
        ),
        (
            SeatClaimed(seat, account, gold, Claimant(ada, sealed, sealed, "en")),
            membership_seat.SeatClaimed,
            {"subscription_id": ada, "seat_id": seat, "person_id": ada, "tier_id": gold},
        ),
        (
            SeatRevoked(seat, "fewer_seats", ada),
            membership_seat.SeatRevoked,
            {
                "subscription_id": ada,
                "seat_id": seat,
                "person_id": ada,
                "reason": "fewer_seats",
            },
        ),
        (
            ContentPublished("download", "buyers", noon),
            membership_content.ContentPublished,
            {
                "content_id": some_stream,
                "kind": "download",
                "audience": "buyers",
                "visible_from": noon,
            },
        ),
        (ContentWithdrawn(), membership_content.ContentWithdrawn, {"content_id": some_stream}),
        (
            ContentOpened(ada, workbook, "video", noon.date()),
            membership_activity.ActivityRecorded,
            {"person_id": ada, "kind": "content_opened", "source": "content"},
        ),
        (
            SignalRecorded(Signal(order, ada, "answer", Code("discord"), noon)),
            membership_activity.ActivityRecorded,
            {"person_id": ada, "kind": "answer", "source": "discord"},
        ),
        (
            ChatLinked(ada, order, sealed),
            membership_chat.ChatLinked,
            {"person_id": ada},
        ),
        (ChatUnlinked(ada, order), membership_chat.ChatUnlinked, {"person_id": ada}),
        (
            ChatRoleGranted(ada, Code("10"), Code("20")),
            membership_chat.ChatRoleGranted,
            {"person_id": ada, "chat_server": "10", "chat_role": "20"},
        ),
        (
            ChatRoleRevoked(ada, Code("10"), Code("20")),
            membership_chat.ChatRoleRevoked,
            {"person_id": ada, "chat_server": "10", "chat_role": "20"},
        ),
        (
            ChatSeatStuck(ada, Step("kick", Code("10")), "owner", "bot_not_allowed"),
            membership_chat.ChatSeatStuck,
            {"person_id": ada, "who": "owner", "problem": "bot_not_allowed"},
        ),
        (
            RitualPromised(questions),
            membership_ritual.RitualPromised,
            {"ritual_id": some_stream, "name": "Questions", "starts_on": noon.date()},
        ),
        (
            RitualEnded("completed"),
            membership_ritual.RitualEnded,
            {"ritual_id": some_stream, "reason": "completed"},
        ),
        (
            OccurrenceHeld(noon.date(), noon, 5, (ada,), corrected=True),
            membership_ritual.RitualHeld,
            {"ritual_id": some_stream, "planned_at": noon, "attended": 5, "corrected": True},
        ),
        (
            OccurrenceMissed(noon.date(), noon),
            membership_ritual.RitualMissed,
            {"ritual_id": some_stream, "planned_at": noon},
        ),
        (
            LevelReached(ada, 1, pillar, 0, 250, 4, earned=True),
            membership_recognition.LevelReached,
            {
                "person_id": ada,
                "level": "pillar",
                "label": "Pillar",
                "rank": 3,
                "score": 250,
                "rules_version": 4,
            },
        ),
        (
            LevelLost(ada, 1, pillar, None, "own_wish", None, 4),
            membership_recognition.LevelLost,
            {
                "person_id": ada,
                "level": "pillar",
                "left": None,
                "cause": "own_wish",
                "score": None,
                "rules_version": 4,
            },
        ),
        (
            LevelLost(ada, 1, pillar, replace(pillar, level=Code("helper")), "score", 3, 4),
            membership_recognition.LevelLost,
            {
                "person_id": ada,
                "level": "pillar",
                "left": "helper",
                "cause": "score",
                "score": 3,
                "rules_version": 4,
            },
        ),
        (
            ActivityDeclined(ada),
            membership_activity_choice.ActivityDeclined,
            {"person_id": ada},
        ),
        (
            ActivityWelcomed(ada),
            membership_activity_choice.ActivityWelcomed,
            {"person_id": ada},
        ),
        (
            PlacementGiven(LinkId(UUID(int=8))),
            membership_sponsorship.PlacementGiven,
            {"sponsorship_id": some_stream, "link_id": UUID(int=8)},
        ),
        (
            PlacementTaken(LinkId(UUID(int=8))),
            membership_sponsorship.PlacementTaken,
            {"sponsorship_id": some_stream, "link_id": UUID(int=8)},
        ),
        (
            ContactNamed(AccountId(UUID(int=9))),
            membership_sponsorship.ContactNamed,
            {"sponsorship_id": some_stream, "account_id": UUID(int=9)},
        ),
        (
            ContactDismissed(AccountId(UUID(int=9))),
            membership_sponsorship.ContactDismissed,
            {"sponsorship_id": some_stream, "account_id": UUID(int=9)},
        ),
        (
            SpotlightGiven(ada, noon.date()),
            membership_recognition.SpotlightGiven,
            {"person_id": ada, "on": noon.date()},
        ),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, type | dict) else "",
)
def test_the_others_hear(event: object, contract: type[Contract], told: dict[str, object]) -> None:
    heard = [
        publication.map(fact(event))
        for feature in FEATURES
        for publication in feature.publications
        if publication.of is type(event)
    ]
    assert heard == [contract.model_validate(when | told)]
