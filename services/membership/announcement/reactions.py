"""Membership is the one sender: what another service asks to be told, is written, posted and recorded."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from services.membership.access.events import EndForetold
from services.membership.announcement import commands, events
from services.membership.announcement.decider import (
    ANNOUNCEMENT,
    CIRCULAR,
    Announcement,
    circular_of,
)
from services.membership.announcement.projections import bounced_since
from services.membership.broadcast.events import CopiesReleased
from services.membership.broadcast.projections import broadcast_now
from services.membership.crossing.events import (
    Change,
    ChangeDropped,
    ChangeRecalled,
    ChangeTold,
    FreeAccessEnded,
)
from services.membership.direct.events import MailInsteadAsked
from services.membership.direct.projections import linked_channels
from services.membership.document.events import ReadersTold
from services.membership.endpoint.events import EndpointDisabled
from services.membership.gateways.gateway import Letter, Unreachable, Unsendable
from services.membership.gateways.hand import Hand
from services.membership.gateways.mail_reports import report_in
from services.membership.goal.events import GoalReviewAsked
from services.membership.idea.events import BackersTold, IdeaClosed
from services.membership.improvement.events import AskersTold, ImprovementWithdrawn
from services.membership.introduction.events import IntroductionAgreed, IntroductionAsked
from services.membership.lapse.events import LapseForetold
from services.membership.member.events import AddressChanged
from services.membership.member.projections import standing_of
from services.membership.member_import.events import LettersReleased
from services.membership.merging.events import MemberMerged
from services.membership.notice.events import StaffAddressed, Values
from services.membership.onboarding.events import StepToldOf
from services.membership.organisation.events import RepresentativeAnswered, RepresentativeInvited
from services.membership.organisation.projections import organisation_now
from services.membership.preference.events import Kind, Ways
from services.membership.preference.projections import preferences_now, way_out
from services.membership.present.events import PresentAccepted, PresentUnaddressed, PresentUnclaimed
from services.membership.recognition.events import LevelEndangered, LevelReached
from services.membership.transition.events import FoundersNamed
from services.membership.writing import (
    COPY,
    MEMBERS_OWN,
    Addressee,
    addressee_of,
    copy_of,
    kind_of,
    letter_of,
)
from shared.consumer import Webhook
from shared.contracts import billing_message, events_message
from shared.contracts.contract import MessageRequested, MoneyValue
from shared.event_store import Fact
from shared.ids import Code, Label, PersonId, derive
from shared.money import Money
from shared.personal_value import Sealed
from shared.reaction import Action, ActionContext, Ask, At, Call, Reaction, Transient


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


def _circulate(
    fact: Fact, people: tuple[PersonId, ...], template: Code, values: Values, link: Label
) -> list[Call]:
    """One letter for many: no more of them leave in a minute than of an announcement."""
    content = events.Content(values, link)
    return [Call(commands.Circulate(circular_of(fact.stream_id), template, content, people))]


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
    return _circulate(fact, told.people, template, values, _page(fact, "ideas"))


def when_askers_told_send_mail(fact: Fact) -> list[Call]:
    told: AskersTold = fact.body
    made, values = told.made, [(Code("words"), told.made.words)]
    template = Code("improvement_leaving")
    if made.polled:
        template = Code("improvement_polled")
        values.append((Code("poll"), made.polled.title))
    if made.spoken:
        template = Code("improvement_spoken")
        values.append((Code("delivery"), made.spoken.name))
    page = made.link or _page(fact, "improvements")
    return _circulate(fact, told.people, template, tuple(values), page)


def when_readers_told_send_mail(fact: Fact) -> list[Call]:
    told: ReadersTold = fact.body
    values = (
        (Code("url"), Label(told.url)),
        (Code("from"), Label(told.effective_at.isoformat())),
        (Code("changes"), told.changes or Label("")),
    )
    template, page = Code(f"document_{told.kind}"), _page(fact, "documents")
    return _circulate(fact, told.people, template, values, page)


def when_turn_taken_release_it(fact: Fact) -> list[At]:
    taken: events.TurnTaken = fact.body
    release = commands.ReleaseTurn(taken.number)
    return [At(taken.due, Ask(CIRCULAR, fact.stream_id, release))]


def when_turn_released_send_mail(fact: Fact) -> list[Call]:
    turn: events.TurnReleased = fact.body
    content = turn.content
    return [
        _mail(fact, person_id, turn.template, content.values, content.link)
        for person_id in turn.people
    ]


def when_source_gone_stop_circular(fact: Fact) -> list[Ask]:
    """What was taken back is told to nobody more."""
    return [Ask(CIRCULAR, circular_of(fact.stream_id), commands.StopCircular())]


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


def when_representative_invited_send_mail(fact: Fact) -> list[Call]:
    asked: RepresentativeInvited = fact.body
    values = (
        (Code("organisation"), asked.name),
        (Code("until"), Label(asked.expires_at.isoformat())),
    )
    page = _page(fact, "organisations")
    return [_mail(fact, asked.person_id, Code("asked_to_represent"), values, page)]


def when_end_foretold_send_mail(fact: Fact) -> list[Call]:
    ends: EndForetold = fact.body
    template = {"time": "access_ends", "grace": "access_lasts", "ban": "access_lasts_barred"}
    values = (
        (Code("tiers"), Label(", ".join(ends.tiers))),
        (Code("until"), Label(ends.until.isoformat())),
    )
    page = None if ends.why == "ban" else _page(fact, "offers")
    return [_mail(fact, ends.person_id, Code(template[ends.why]), values, page)]


def when_present_accepted_send_mail(fact: Fact) -> list[Call]:
    accepted: PresentAccepted = fact.body
    return [_of_present(fact, accepted.giver_id, "present_accepted")]


def when_present_unclaimed_send_mail(fact: Fact) -> list[Call]:
    """What was never paid is nobody's to give again."""
    unclaimed: PresentUnclaimed = fact.body
    return [_of_present(fact, unclaimed.person_id, "present_unclaimed")] if unclaimed.paid else []


def when_present_unaddressed_send_mail(fact: Fact) -> list[Call]:
    unaddressed: PresentUnaddressed = fact.body
    return [_of_present(fact, unaddressed.person_id, "present_unaddressed")]


def _of_present(fact: Fact, giver_id: PersonId, template: str) -> Call:
    return _mail(fact, giver_id, Code(template), link=_page(fact, "presents"))


def when_representative_answered_send_mail(fact: Fact) -> list[Call]:
    """Staff have a notice."""
    answered: RepresentativeAnswered = fact.body
    if answered.by is None:
        return []
    values = ((Code("organisation"), answered.name),)
    template, page = Code(f"naming_{answered.answer}"), _page(fact, "organisations")
    return [_mail(fact, answered.by, template, values, page)]


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


def when_message_passed_on_send_mail(fact: Fact) -> list[Call]:
    passed: events.MessagePassedOn = fact.body
    said = passed.content
    return [
        _mail(fact, person_id, passed.template, said.values, said.link, said.sealed)
        for person_id in passed.tell
    ]


def when_message_directed_post(fact: Fact) -> list[Call]:
    directed: events.MessageDirected = fact.body
    post = commands.PostDirected(fact.stream_id, directed.person_id)
    return [Call(post)] if directed.mail == "too" else []


def when_mail_instead_asked_post(fact: Fact) -> list[Call]:
    asked: MailInsteadAsked = fact.body
    return [Call(commands.PostDirected(asked.message_id, asked.person_id))]


def when_mail_reported_record_return(fact: Fact) -> list[Ask]:
    webhook: Webhook = fact.body
    report = report_in(webhook)
    if report is None:
        return []
    message_id, kind = report
    return [Ask(ANNOUNCEMENT, message_id, commands.RecordReturn(kind))]


REACTIONS = (
    Reaction(
        name="membership.announcement.when_mail_reported_record_return",
        to=Webhook,
        react=when_mail_reported_record_return,
    ),
    Reaction(
        name="membership.announcement.when_message_passed_on_send_mail",
        to=events.MessagePassedOn,
        react=when_message_passed_on_send_mail,
    ),
    Reaction(
        name="membership.announcement.when_message_directed_post",
        to=events.MessageDirected,
        react=when_message_directed_post,
    ),
    Reaction(
        name="membership.announcement.when_mail_instead_asked_post",
        to=MailInsteadAsked,
        react=when_mail_instead_asked_post,
    ),
    Reaction(
        name="membership.announcement.when_representative_answered_send_mail",
        to=RepresentativeAnswered,
        react=when_representative_answered_send_mail,
    ),
    Reaction(
        name="membership.announcement.when_end_foretold_send_mail",
        to=EndForetold,
        react=when_end_foretold_send_mail,
    ),
    Reaction(
        name="membership.announcement.when_present_accepted_send_mail",
        to=PresentAccepted,
        react=when_present_accepted_send_mail,
    ),
    Reaction(
        name="membership.announcement.when_present_unclaimed_send_mail",
        to=PresentUnclaimed,
        react=when_present_unclaimed_send_mail,
    ),
    Reaction(
        name="membership.announcement.when_present_unaddressed_send_mail",
        to=PresentUnaddressed,
        react=when_present_unaddressed_send_mail,
    ),
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
        name="membership.announcement.when_askers_told_send_mail",
        to=AskersTold,
        react=when_askers_told_send_mail,
    ),
    Reaction(
        name="membership.announcement.when_readers_told_send_mail",
        to=ReadersTold,
        react=when_readers_told_send_mail,
    ),
    Reaction(
        name="membership.announcement.when_turn_taken_release_it",
        to=events.TurnTaken,
        react=when_turn_taken_release_it,
    ),
    Reaction(
        name="membership.announcement.when_turn_released_send_mail",
        to=events.TurnReleased,
        react=when_turn_released_send_mail,
    ),
    Reaction(
        name="membership.announcement.when_idea_closed_stop_circular",
        to=IdeaClosed,
        react=when_source_gone_stop_circular,
    ),
    Reaction(
        name="membership.announcement.when_improvement_withdrawn_stop_circular",
        to=ImprovementWithdrawn,
        react=when_source_gone_stop_circular,
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
        name="membership.announcement.when_representative_invited_send_mail",
        to=RepresentativeInvited,
        react=when_representative_invited_send_mail,
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


async def circulate(action: commands.Circulate, context: ActionContext) -> Ask:
    a_minute = context.service.settings.announcement_letters
    take = commands.TakeTurns(action.template, action.content, action.people, a_minute, context.now)
    return Ask(CIRCULAR, action.circular_id, take)


async def send_mail(action: commands.SendMail, context: ActionContext) -> Ask | None:
    """A crash between posting and recording may post twice: both letters carry one Message-ID."""
    announcement = await _announcement_now(action.message_id, context)
    if announcement.settled or announcement.directed is not None:
        return None
    person_id, template, kind = action.person_id, action.template, kind_of(action.template)
    addressee = await addressee_of(person_id, context, action.to)
    content = events.Content(action.values, action.link, action.sealed)
    if addressee is None:
        return await _to_representatives(action, content, context)
    if not await _is_for(person_id, template, context):
        return _record(action.message_id, person_id, template, "not_a_member")
    ways = await _ways(person_id, kind, context)
    if ways.others and action.to is None:
        direct = commands.DirectMessage(person_id, template, ways.others, ways.mail, content)
        return Ask(ANNOUNCEMENT, action.message_id, direct)
    reason: events.NotSentReason | None = "opted_out"
    if ways.mail != "never":
        letter = await letter_of(action.message_id, template, content, addressee, context)
        reason = await _post(replace(letter, way_out=way_out(context, person_id, kind)), context)
    if reason and action.to:
        reason = "refused_by_mail_server"  # it says nothing of the address they have now
    return _record(action.message_id, person_id, template, reason)


async def _is_for(person_id: PersonId, template: Code, context: ActionContext) -> bool:
    """Who was merged is a member as somebody else."""
    if template not in MEMBERS_OWN:
        return True
    standing = await standing_of(context.service, context.community_id, person_id)
    return standing in ("joined", "taken_in")


async def _to_representatives(
    action: commands.SendMail, content: events.Content, context: ActionContext
) -> Ask:
    """Whom nobody knows may be an organisation; one that nobody represents hears nothing."""
    service, payer_id, template = context.service, action.person_id, action.template
    tell = (await organisation_now(service, context.community_id, payer_id)).representatives
    if not tell:
        return _record(action.message_id, payer_id, template, "unknown_person")
    pass_on = commands.PassOn(payer_id, template, content, tell)
    return Ask(ANNOUNCEMENT, action.message_id, pass_on)


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


async def _announcement_now(message_id: UUID, context: ActionContext) -> Announcement:
    announcement: Announcement
    announcement, _ = await context.service.handler.state(
        ANNOUNCEMENT, message_id, context.community_id
    )
    return announcement


async def _ways(person_id: PersonId, kind: Kind, context: ActionContext) -> Ways:
    service, community_id = context.service, context.community_id
    preferences = await preferences_now(service, community_id, person_id)
    if not preferences.chosen:
        return preferences.ways(kind, frozenset())
    return preferences.ways(kind, await linked_channels(service, community_id, person_id))


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
    announcement = await _announcement_now(action.message_id, context)
    if announcement.settled or announcement.directed is not None:
        return None
    message_id, broadcast_id, person_id = action.message_id, action.broadcast_id, action.person_id
    addressee = await addressee_of(person_id, context)
    if addressee is None:
        return _record(message_id, person_id, COPY, "unknown_person", broadcast_id)
    reason = await _against(broadcast_id, person_id, context)
    ways = await _ways(person_id, "announcement", context)
    if reason is None and ways.others:
        direct = commands.DirectMessage(
            person_id, COPY, ways.others, ways.mail, broadcast_id=broadcast_id
        )
        return Ask(ANNOUNCEMENT, message_id, direct)
    reason = reason or await _copy(action, addressee, context)
    return _record(message_id, person_id, COPY, reason, broadcast_id)


async def _against(
    broadcast_id: UUID, person_id: PersonId, context: ActionContext
) -> events.NotSentReason | None:
    """Looked at as of now: it may have come to be since the copy was released."""
    broadcast = await broadcast_now(context.service, context.community_id, broadcast_id)
    if broadcast.standing == "cancelled":
        return "cancelled"
    standing = await standing_of(context.service, context.community_id, person_id)
    if standing not in ("joined", "left", "taken_in") or (
        standing != "joined" and broadcast.segment.gathering_id is None
    ):
        return "not_a_member"
    return None


async def _copy(
    copy: commands.SendCopy, addressee: Addressee, context: ActionContext
) -> events.NotSentReason | None:
    service, person_id = context.service, copy.person_id
    preferences = await preferences_now(service, context.community_id, person_id)
    if not preferences.wants("email", "announcement"):
        return "opted_out"
    async with service.pool.acquire() as connection:
        if await bounced_since(connection, person_id):
            return "bounced"
    letter = await copy_of(copy.message_id, copy.broadcast_id, addressee, context)
    if letter is None:
        return "text_gone"
    leave = way_out(context, person_id, "announcement")
    return await _post_once(replace(letter, way_out=leave), context)


async def _post_once(letter: Letter, context: ActionContext) -> events.NotSentReason | None:
    hand = Hand(context.service.pool)
    try:
        is_posted = await hand.once(letter.key, lambda: context.gateways["post"].send(letter))
    except Unreachable as gone:
        raise Transient(str(gone)) from gone
    except Unsendable as refusal:
        return refusal.reason
    return None if is_posted else "outcome_unknown"


async def post_directed(action: commands.PostDirected, context: ActionContext) -> Ask | None:
    """Where the message goes is decided: here it goes by mail."""
    announcement = await _announcement_now(action.message_id, context)
    directed = announcement.directed
    if announcement.settled or directed is None:
        return None
    message_id, person_id = action.message_id, action.person_id
    addressee = await addressee_of(person_id, context)
    if addressee is None:
        reason: events.NotSentReason | None = "unknown_person"
    elif directed.broadcast_id is not None:
        copy = commands.SendCopy(message_id, directed.broadcast_id, person_id)
        against = await _against(directed.broadcast_id, person_id, context)
        reason = against or await _copy(copy, addressee, context)
    else:
        reason = await _letter(message_id, directed, addressee, context)
    return _record(message_id, person_id, directed.template, reason, directed.broadcast_id)


async def _letter(
    message_id: UUID,
    directed: events.MessageDirected,
    addressee: Addressee,
    context: ActionContext,
) -> events.NotSentReason | None:
    person_id, kind = directed.person_id, kind_of(directed.template)
    preferences = await preferences_now(context.service, context.community_id, person_id)
    if not preferences.wants("email", kind):
        return "opted_out"
    letter = await letter_of(message_id, directed.template, directed.content, addressee, context)
    return await _post(replace(letter, way_out=way_out(context, person_id, kind)), context)


ACTIONS = (
    Action(of=commands.Circulate, perform=circulate),
    Action(of=commands.SendMail, perform=send_mail),
    Action(of=commands.SendCopy, perform=send_copy),
    Action(of=commands.PostDirected, perform=post_directed),
)
