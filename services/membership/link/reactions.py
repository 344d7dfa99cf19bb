"""Who comes as an affiliate has the link that the invitation promised."""

from services.membership.invitation.events import InvitationAccepted
from services.membership.link import commands
from services.membership.link.decider import LINK
from services.membership.link.events import LinkMade, link_of
from shared.event_store import Fact
from shared.ids import Code, derive
from shared.reaction import Ask, Reaction


def when_invitation_accepted_make_link(fact: Fact) -> list[Ask]:
    """It is called by chance, so that no other can be called so meanwhile."""
    accepted: InvitationAccepted = fact.body
    promised, owner = accepted.link, accepted.person_id
    if promised is None or owner is None:
        return []
    slug = Code("a-" + derive(fact.stream_id, "link").hex[:12])
    link = LinkMade(slug, "affiliate", promised.name, owner, promised.target, promised.days)
    return [Ask(LINK, link_of(fact.community_id, slug), commands.KeepPromise(link))]


REACTIONS = (
    Reaction(
        name="membership.link.when_invitation_accepted_make_link",
        to=InvitationAccepted,
        react=when_invitation_accepted_make_link,
    ),
)
