"""Membership is the one sender: what another service asks to be told, is written, posted and recorded."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urljoin
from uuid import UUID

from services.membership.announcement import commands, events
from services.membership.announcement.decider import ANNOUNCEMENT, Announcement
from services.membership.announcement.projections import bounced_since
from services.membership.broadcast.events import CopiesReleased, Segment
from services.membership.broadcast.projections import broadcast_now, words_in
from services.membership.community.projections import CommunityPage, page_of
from services.membership.crossing.events import (
    Change,
    ChangeDropped,
    ChangeRecalled,
    ChangeTold,
    FreeAccessEnded,
)
from services.membership.domain.projections import origin_of
from services.membership.endpoint.events import EndpointDisabled
from services.membership.gateways.gateway import (
    Language,
    Letter,
    Look,
    Unreachable,
    Unsendable,
    Value,
)
from services.membership.gateways.hand import Hand
from services.membership.goal.events import GoalReviewAsked
from services.membership.guest.projections import guest_now
from services.membership.idea.events import BackersTold
from services.membership.introduction.events import IntroductionAgreed, IntroductionAsked
from services.membership.lapse.events import LapseForetold
from services.membership.member.events import AddressChanged
from services.membership.member.projections import profile_of, standing_of
from services.membership.member_import.events import LettersReleased
from services.membership.merging.events import MemberMerged
from services.membership.notice.events import StaffAddressed, Values
from services.membership.onboarding.events import StepToldOf
from services.membership.preference.events import Kind
from services.membership.preference.projections import preferences_now, way_out
from services.membership.recognition.events import LevelEndangered, LevelReached
from services.membership.transition.events import FoundersNamed
from shared.contracts import billing_message, events_message
from shared.contracts.contract import MessageRequested, MoneyValue
from shared.event_store import Fact
from shared.ids import Code, Label, PersonId, derive
from shared.money import Money
from shared.personal_value import Sealed
from shared.reaction import Action, ActionContext, Ask, Call, Reaction, Transient

COPY = Code("announcement")
NEWS = frozenset(("level_reached",))
"""What nobody bought, asked for or waits for."""


def when_message_requested_send_mail(fact: Fact) -> list[Call]:
    requested: MessageRequested = fact.body
    return [
        Call(
            commands.SendMail(
                message_id=derive(fact.event_id, "message"),
                person_id=PersonId(requested.person_id),
                template=Code(requested.template),
                values=tuple(
                    (Code(name), _kept(value)) for name, value in requested.values.items()
                ),
                link=Label(requested.link) if requested.link else None,
            )
        )
    ]


def _mail(
    fact: Fact,
    person_id: PersonId,
    template: Code,
    values: Values = (),
    link: Label | None = None,
    sealed: tuple[tuple[Code, Sealed], ...] = (),
    to: Sealed | None = None,
) -> Call:
    """One letter of a fact for one person, the same however often the fact is read."""
    message_id = derive(fact.event_id, "message", str(person_id))
    return Call(commands.SendMail(message_id, person_id, template, values, link, sealed, to=to))


def _page(fact: Fact, name: str) -> Label:
    return Label(f"/communities/{fact.community_id}/{name}")


def when_endpoint_disabled_send_mail(fact: Fact) -> list[Call]:
    """What staff did themselves they need not be told."""
    disabled: EndpointDisabled = fact.body
    template, values = Code(f"endpoint_{disabled.cause}"), ((Code("url"), disabled.url),)
    return [_mail(fact, person_id, template, values) for person_id in disabled.tell]


def when_staff_addressed_send_mail(fact: Fact) -> list[Call]:
    notice: StaffAddressed = fact.body
    return [
        _mail(fact, person_id, notice.template, notice.values, notice.link)
        for person_id in notice.tell
    ]


def _kept(value: str | int | datetime | MoneyValue) -> Label | int | Money:
    match value:
        case MoneyValue():
            return value.money()
        case datetime():
            return Label(value.isoformat())
        case int():
            return value
        case str():
            return Label(value)


def when_letters_released_send_mail(fact: Fact) -> list[Call]:
    """One letter to a person, however many files they are in."""
    released: LettersReleased = fact.body
    return [
        Call(
            commands.SendMail(
                message_id=derive(letter.person_id, "brought in"),
                person_id=letter.person_id,
                template=Code("brought_in_until" if letter.until else "brought_in"),
                values=((Code("until"), Label(letter.until.isoformat())),) if letter.until else (),
                link=_page(fact, "welcome"),
            )
        )
        for letter in released.letters
    ]


def when_step_told_of_send_mail(fact: Fact) -> list[Call]:
    told: StepToldOf = fact.body
    values = ((Code("title"), told.title), (Code("text"), told.text))
    return [_mail(fact, told.person_id, Code(told.template), values, _page(fact, "onboarding"))]


def when_goal_review_asked_send_mail(fact: Fact) -> list[Call]:
    asked: GoalReviewAsked = fact.body
    return [_mail(fact, asked.person_id, Code("goal_reminder"), link=_page(fact, "goal"))]


def when_level_reached_send_mail(fact: Fact) -> list[Call]:
    reached: LevelReached = fact.body
    if not reached.earned:
        return []
    template, values = Code("level_reached"), ((Code("level"), reached.badge.label),)
    return [_mail(fact, reached.person_id, template, values, _page(fact, "recognition"))]


def when_level_endangered_send_mail(fact: Fact) -> list[Call]:
    """What may still be kept is told while it can be."""
    endangered: LevelEndangered = fact.body
    until = Label(endangered.ends_at.isoformat())
    values = ((Code("level"), endangered.label), (Code("until"), until))
    page = _page(fact, "recognition")
    return [_mail(fact, endangered.person_id, Code("level_reminder"), values, page)]


def when_lapse_foretold_send_mail(fact: Fact) -> list[Call]:
    """What they would lose is told while they can come back."""
    told: LapseForetold = fact.body
    values = ((Code("until"), Label(told.ends_at.isoformat())),)
    template = Code(f"forgotten_soon_{told.ground}")
    sealed = ((Code("certificate"), told.way),) if told.way else ()
    return [_mail(fact, told.person_id, template, values, _page(fact, "welcome"), sealed)]


def when_backers_told_send_mail(fact: Fact) -> list[Call]:
    told: BackersTold = fact.body
    template, values = Code("idea_answered"), ((Code("words"), told.words),)
    return [
        _mail(fact, person_id, template, values, _page(fact, "ideas")) for person_id in told.people
    ]


def when_change_told_send_mail(fact: Fact) -> list[Call]:
    told: ChangeTold = fact.body
    first = "free_ends_to_light" if told.change.light else "free_ends"
    return [_of_change(fact, told.person_id, "free_ends_later" if told.again else first)]


def when_founders_named_send_mail(fact: Fact) -> list[Call]:
    """Beside what everybody is told."""
    named: FoundersNamed = fact.body
    values = (
        (Code("offer"), named.plan.offer),
        (Code("from"), Label(named.plan.effective_from.isoformat())),
    )
    return [
        _mail(fact, person_id, Code("founder_named"), values, _page(fact, "transition"))
        for person_id in named.people
    ]


def when_change_recalled_send_mail(fact: Fact) -> list[Call]:
    return [_of_change(fact, fact.body.person_id, "free_ends_reminder")]


def when_change_dropped_send_mail(fact: Fact) -> list[Call]:
    dropped: ChangeDropped = fact.body
    return [_of_change(fact, dropped.person_id, "free_stays")] if dropped.told else []


def when_free_access_ended_send_mail(fact: Fact) -> list[Call]:
    ended: FreeAccessEnded = fact.body
    template = "free_ended_to_light" if ended.change.light else "free_ended"
    return [] if ended.subscribed else [_of_change(fact, ended.person_id, template)]


def _of_change(fact: Fact, person_id: PersonId, template: str) -> Call:
    change: Change = fact.body.change
    values = {
        "tier": change.tier,
        "offer": change.offer,
        "from": Label(change.effective_from.isoformat()),
        "words": change.words,
        "light": change.light or Label(""),
    }
    spoken = tuple((Code(name), value) for name, value in values.items())
    return _mail(fact, person_id, Code(template), spoken, _page(fact, "transition"))


def when_introduction_asked_send_mail(fact: Fact) -> list[Call]:
    asked: IntroductionAsked = fact.body
    return [_mail(fact, asked.asked, Code("introduction_asked"), link=_page(fact, "introductions"))]


def when_introduction_agreed_send_mail(fact: Fact) -> list[Call]:
    agreed: IntroductionAgreed = fact.body
    template, page = Code("introduction_agreed"), _page(fact, "introductions")
    return [_mail(fact, person, template, link=page) for person in (agreed.asker, agreed.asked)]


def when_member_merged_send_mail(fact: Fact) -> list[Call]:
    """To both addresses: whoever did not do it themselves has to hear of it."""
    merged: MemberMerged = fact.body
    template = Code("persons_merged")
    return [_mail(fact, person, template) for person in (merged.person_id, merged.taken_in)]


def when_address_changed_send_mail(fact: Fact) -> list[Call]:
    """To the address before: whoever did not do it themselves has to hear of it."""
    changed: AddressChanged = fact.body
    template = Code("address_changed")
    return [_mail(fact, PersonId(fact.stream_id), template, to=changed.before)]


def when_copies_released_send_copy(fact: Fact) -> list[Call]:
    """One copy to a person, whatever becomes of it."""
    released: CopiesReleased = fact.body
    return [
        Call(
            commands.SendCopy(
                message_id=derive(fact.stream_id, "copy", str(person_id)),
                broadcast_id=fact.stream_id,
                person_id=person_id,
            )
        )
        for person_id in released.people
    ]


REACTIONS = (
    Reaction(
        name="membership.announcement.when_goal_review_asked_send_mail",
        to=GoalReviewAsked,
        react=when_goal_review_asked_send_mail,
    ),
    Reaction(
        name="membership.announcement.when_level_reached_send_mail",
        to=LevelReached,
        react=when_level_reached_send_mail,
    ),
    Reaction(
        name="membership.announcement.when_level_endangered_send_mail",
        to=LevelEndangered,
        react=when_level_endangered_send_mail,
    ),
    Reaction(
        name="membership.announcement.when_lapse_foretold_send_mail",
        to=LapseForetold,
        react=when_lapse_foretold_send_mail,
    ),
    Reaction(
        name="membership.announcement.when_backers_told_send_mail",
        to=BackersTold,
        react=when_backers_told_send_mail,
    ),
    Reaction(
        name="membership.announcement.when_change_told_send_mail",
        to=ChangeTold,
        react=when_change_told_send_mail,
    ),
    Reaction(
        name="membership.announcement.when_founders_named_send_mail",
        to=FoundersNamed,
        react=when_founders_named_send_mail,
    ),
    Reaction(
        name="membership.announcement.when_change_recalled_send_mail",
        to=ChangeRecalled,
        react=when_change_recalled_send_mail,
    ),
    Reaction(
        name="membership.announcement.when_change_dropped_send_mail",
        to=ChangeDropped,
        react=when_change_dropped_send_mail,
    ),
    Reaction(
        name="membership.announcement.when_free_access_ended_send_mail",
        to=FreeAccessEnded,
        react=when_free_access_ended_send_mail,
    ),
    Reaction(
        name="membership.announcement.when_introduction_asked_send_mail",
        to=IntroductionAsked,
        react=when_introduction_asked_send_mail,
    ),
    Reaction(
        name="membership.announcement.when_introduction_agreed_send_mail",
        to=IntroductionAgreed,
        react=when_introduction_agreed_send_mail,
    ),
    Reaction(
        name="membership.announcement.when_member_merged_send_mail",
        to=MemberMerged,
        react=when_member_merged_send_mail,
    ),
    Reaction(
        name="membership.announcement.when_address_changed_send_mail",
        to=AddressChanged,
        react=when_address_changed_send_mail,
    ),
    Reaction(
        name="membership.announcement.when_step_told_of_send_mail",
        to=StepToldOf,
        react=when_step_told_of_send_mail,
    ),
    Reaction(
        name="membership.announcement.when_copies_released_send_copy",
        to=CopiesReleased,
        react=when_copies_released_send_copy,
    ),
    Reaction(
        name="membership.announcement.when_letters_released_send_mail",
        to=LettersReleased,
        react=when_letters_released_send_mail,
    ),
    Reaction(
        name="membership.announcement.when_billing_requested_message_send_mail",
        to=billing_message.MessageRequested,
        react=when_message_requested_send_mail,
    ),
    Reaction(
        name="membership.announcement.when_events_requested_message_send_mail",
        to=events_message.MessageRequested,
        react=when_message_requested_send_mail,
    ),
    Reaction(
        name="membership.announcement.when_endpoint_disabled_send_mail",
        to=EndpointDisabled,
        react=when_endpoint_disabled_send_mail,
    ),
    Reaction(
        name="membership.announcement.when_staff_addressed_send_mail",
        to=StaffAddressed,
        react=when_staff_addressed_send_mail,
    ),
)


async def send_mail(action: commands.SendMail, context: ActionContext) -> Ask | None:
    """A crash between posting and recording may post twice: both letters carry one Message-ID."""
    if await _is_settled(action.message_id, context):
        return None
    reason = await _write(action, context)
    return _record(action.message_id, action.person_id, action.template, reason)


def _record(
    message_id: UUID,
    person_id: PersonId,
    template: Code,
    reason: events.NotSentReason | None,
    broadcast_id: UUID | None = None,
) -> Ask:
    record: commands.AnnouncementCommand = commands.RecordSent(person_id, template, broadcast_id)
    if reason is not None:
        record = commands.RecordNotSent(person_id, template, reason, broadcast_id)
    return Ask(ANNOUNCEMENT, message_id, record)


async def _is_settled(message_id: UUID, context: ActionContext) -> bool:
    announcement: Announcement
    announcement, _ = await context.service.handler.state(
        ANNOUNCEMENT, message_id, context.community_id
    )
    return announcement.settled


async def _write(action: commands.SendMail, context: ActionContext) -> events.NotSentReason | None:
    """Why there is nothing to send, else the letter is sent."""
    addressee = await _addressee(action.person_id, context, action.to)
    if addressee is None:
        return "unknown_person"
    kind = kind_of(action.template)
    preferences = await preferences_now(context.service, context.community_id, action.person_id)
    if not preferences.wants("email", kind):
        return "opted_out"
    origin = await origin_of(context.service, context.community_id)
    letter = Letter(
        key=action.message_id,
        to=addressee.address,
        sender=addressee.page.name,
        template=action.template,
        language=addressee.language,
        values={name: _spoken(value) for name, value in action.values}
        | await _opened(action, context),
        link=action.link and urljoin(origin, action.link),
        time_zone=addressee.page.time_zone,
        look=Look(addressee.page.colour, addressee.page.logo),
        way_out=way_out(context, action.person_id, kind),
    )
    refused = await _post(letter, context)
    # It says nothing of the address they have now.
    return "refused_by_mail_server" if refused and action.to else refused


async def _opened(action: commands.SendMail, context: ActionContext) -> dict[str, Value]:
    texts = await context.service.vault.open([value for _, value in action.sealed])
    return {name: text for (name, _), text in zip(action.sealed, texts, strict=True) if text}


def kind_of(template: str) -> Kind:
    """Who asks for a message names the template, and with it whether it may be turned off."""
    if template in NEWS:
        return "announcement"
    return "reminder" if template.endswith("_reminder") else "transactional"


@dataclass(frozen=True, slots=True)
class _Addressee:
    page: CommunityPage
    address: str
    language: Language


async def _addressee(
    person_id: PersonId, context: ActionContext, to: Sealed | None = None
) -> _Addressee | None:
    service = context.service
    async with service.pool.acquire() as connection:
        page = await page_of(connection, context.community_id)
    profile = await profile_of(service, person_id) or await guest_now(
        service, context.community_id, person_id
    )
    address = (await service.vault.open([to or profile.email]))[0] if profile else None
    if page is None or profile is None or address is None:
        return None
    return _Addressee(page, address, profile.language)


async def _post(letter: Letter, context: ActionContext) -> events.NotSentReason | None:
    try:
        await context.gateways["post"].send(letter)
    except Unreachable as gone:
        raise Transient(str(gone)) from gone
    except Unsendable as refusal:
        return refusal.reason
    return None


async def send_copy(action: commands.SendCopy, context: ActionContext) -> Ask | None:
    """What one is not waiting for is not sent twice, even if that means that it may not arrive."""
    if await _is_settled(action.message_id, context):
        return None
    reason = await _copy(action, context)
    return _record(
        action.message_id, action.person_id, COPY, reason, broadcast_id=action.broadcast_id
    )


async def _copy(action: commands.SendCopy, context: ActionContext) -> events.NotSentReason | None:
    service, person_id = context.service, action.person_id
    broadcast = await broadcast_now(service, context.community_id, action.broadcast_id)
    addressee = await _addressee(person_id, context)
    if addressee is None:
        return "unknown_person"
    if broadcast.standing == "cancelled":
        return "cancelled"
    reason = await _against(broadcast.segment, person_id, context)
    if reason is not None:
        return reason
    found = await words_in(service, broadcast, addressee.language)
    if found is None:
        return "text_gone"
    letter = Letter(
        key=action.message_id,
        to=addressee.address,
        sender=addressee.page.name,
        template=COPY,
        language=found[0],
        values={},
        look=Look(addressee.page.colour, addressee.page.logo),
        words=found[1],
        way_out=way_out(context, person_id, "announcement"),
    )
    return await _post_once(letter, context)


async def _against(
    segment: Segment, person_id: PersonId, context: ActionContext
) -> events.NotSentReason | None:
    """Looked at as of now: it may have come to be since the copy was released."""
    service, community_id = context.service, context.community_id
    standing = await standing_of(service, community_id, person_id)
    if standing not in ("joined", "left", "taken_in") or (
        standing != "joined" and segment.gathering_id is None
    ):
        return "not_a_member"
    preferences = await preferences_now(service, community_id, person_id)
    if not preferences.wants("email", "announcement"):
        return "opted_out"
    async with service.pool.acquire() as connection:
        return "bounced" if await bounced_since(connection, person_id) else None


async def _post_once(letter: Letter, context: ActionContext) -> events.NotSentReason | None:
    hand = Hand(context.service.pool)
    try:
        is_posted = await hand.once(letter.key, lambda: context.gateways["post"].send(letter))
    except Unreachable as gone:
        raise Transient(str(gone)) from gone
    except Unsendable as refusal:
        return refusal.reason
    return None if is_posted else "outcome_unknown"


def _spoken(value: Label | int | Money) -> Value:
    """JSON has no times: a text that is a time to the letter, is one."""
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return value
    return moment if moment is not None and moment.tzinfo is not None else value


ACTIONS = (
    Action(of=commands.SendMail, perform=send_mail),
    Action(of=commands.SendCopy, perform=send_copy),
)
