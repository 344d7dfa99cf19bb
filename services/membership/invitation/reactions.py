"""An invitation is a letter with a link, ends by itself in time, and forgets its address when it is over."""

from urllib.parse import urljoin

from dateutil.relativedelta import relativedelta

from services.membership.branding import look_of
from services.membership.community.projections import page_of
from services.membership.domain.projections import origin_of
from services.membership.gateways.gateway import (
    Letter,
    Unreachable,
    Unsendable,
    Value,
)
from services.membership.invitation import commands, events
from services.membership.invitation.decider import INVITATION, Invitation, addressee_of
from services.membership.invitation.projections import invitation_now, theirs_of
from services.membership.roles_named import ROLES
from services.membership.tier.projections import tier_name
from shared.erasure import forgetting
from shared.event_store import Fact
from shared.ids import derive
from shared.reaction import Action, ActionContext, Ask, At, Call, Reaction, Transient

# The invitation says when it is over, in words that people read; its link is only the way to it.
LINK_LIFE = relativedelta(years=1)


def when_person_invited_send(fact: Fact) -> list[Call | At]:
    invited: events.PersonInvited = fact.body
    expire = commands.ExpireInvitation(invited.expires_at)
    return [
        Call(commands.SendInvitation(fact.stream_id, letter=1)),
        At(invited.expires_at, Ask(INVITATION, fact.stream_id, expire)),
    ]


def when_invitation_resent_send(fact: Fact) -> list[Call | At]:
    resent: events.InvitationResent = fact.body
    expire = commands.ExpireInvitation(resent.expires_at)
    return [
        Call(commands.SendInvitation(fact.stream_id, resent.letter)),
        At(resent.expires_at, Ask(INVITATION, fact.stream_id, expire)),
    ]


def when_invitation_ended_forget(fact: Fact) -> list[Ask]:
    """The address of who is a member is sealed with their own key, which this does not touch."""
    return [forgetting(addressee_of(fact.stream_id), fact.at)]


REACTIONS = (
    Reaction(
        name="membership.invitation.when_person_invited_send",
        to=events.PersonInvited,
        react=when_person_invited_send,
    ),
    Reaction(
        name="membership.invitation.when_invitation_resent_send",
        to=events.InvitationResent,
        react=when_invitation_resent_send,
    ),
    Reaction(
        name="membership.invitation.when_invitation_accepted_forget",
        to=events.InvitationAccepted,
        react=when_invitation_ended_forget,
    ),
    Reaction(
        name="membership.invitation.when_invitation_withdrawn_forget",
        to=events.InvitationWithdrawn,
        react=when_invitation_ended_forget,
    ),
    Reaction(
        name="membership.invitation.when_invitation_expired_forget",
        to=events.InvitationExpired,
        react=when_invitation_ended_forget,
    ),
)


async def send_invitation(action: commands.SendInvitation, context: ActionContext) -> Ask | None:
    """A crash between posting and recording may post twice: both letters carry one Message-ID."""
    invitation_id, number = action.invitation_id, action.letter
    invitation = await invitation_now(context.service, context.community_id, invitation_id)
    if invitation.standing != "open" or invitation.settled >= number:
        return None
    letter = await _letter(action, invitation, context)
    if letter is None:
        return None
    try:
        await context.gateways["post"].send(letter)
    except Unreachable as gone:
        raise Transient(str(gone)) from gone
    except Unsendable as refusal:
        record = commands.RecordNotPosted(number, refusal.reason)
        return Ask(INVITATION, invitation_id, record)
    return Ask(INVITATION, invitation_id, commands.RecordPosted(number))


async def _letter(
    action: commands.SendInvitation, invitation: Invitation, context: ActionContext
) -> Letter | None:
    """Nothing to whoever was erased meanwhile."""
    service, invited = context.service, invitation.invited
    (address,) = await service.vault.open([invited.email if invited else None])
    if invited is None or address is None:
        return None
    async with service.pool.acquire() as connection:
        page = await page_of(connection, context.community_id)
        tier = await tier_name(connection, invited.tier_id)
    if page is None:
        raise Transient("The community's page is not there yet.")
    theirs = await theirs_of(service, context.community_id, invited)
    expires_at = context.now + LINK_LIFE
    token = service.links.make("invitation", action.invitation_id, context.community_id, expires_at)
    return Letter(
        key=derive(action.invitation_id, "letter", str(action.letter)),
        to=address,
        sender=page.name,
        template=_template(invited),
        language=invited.language,
        values=_values(invitation, invited, tier or "", theirs or ""),
        link=urljoin(await origin_of(service, context.community_id), f"/invitations/{token}"),
        time_zone=page.time_zone,
        look=look_of(page),
    )


def _template(invited: events.PersonInvited) -> str:
    if invited.link is not None:
        return "invited_as_affiliate"
    if invited.sponsorship_id is not None:
        return "invited_as_contact"
    if invited.role is not None:
        return "invited_to_work"
    if invited.tier_id is None:
        return "invited_to_join"
    return "invited_with_gift" if invited.until is None else "invited_with_gift_until"


def _values(
    invitation: Invitation, invited: events.PersonInvited, tier: str, theirs: str
) -> dict[str, Value]:
    values: dict[str, Value] = {"expires_at": invitation.expires_at or invited.expires_at}
    if theirs:
        return values | {"theirs": theirs}
    if invited.role is not None:
        return values | {"role": ROLES[invited.language][invited.role]}
    if invited.tier_id is not None:
        values["tier"] = tier
    if invited.until is not None:
        values["until"] = invited.until
    return values


ACTIONS = (Action(of=commands.SendInvitation, perform=send_invitation),)
