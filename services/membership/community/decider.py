"""A community always has an owner, only owners make owners, and no two share an address."""

from dataclasses import dataclass, replace
from typing import assert_never
from uuid import UUID

from services.membership.community import commands, events
from services.membership.member.events import Language
from shared.decider import Decider, NotFound, Rejected
from shared.ids import PLATFORM, AccountId, Code, CommunityId, Label, derive

UTC = Code("UTC")
NAMELESS, NO_CURRENCY = Label(""), Code("")


@dataclass(frozen=True, slots=True)
class Community:
    slug: Code | None = None
    mode: events.Mode = "live"
    staff: frozenset[tuple[AccountId, events.Role]] = frozenset()
    roles_version: int = 0
    brand: events.Brand | None = None
    time_zone: Code = UTC
    visibility: events.Visibility = "public"
    name: Label = NAMELESS
    currency: Code = NO_CURRENCY
    language: Language = "en"
    audience: events.Audience = "persons"
    kind: events.CommunityKind | None = None

    def roles_of(self, account_id: AccountId) -> tuple[events.Role, ...]:
        return tuple(sorted(role for holder, role in self.staff if holder == account_id))

    def is_hidden_from(self, account_id: AccountId, *, is_member: bool) -> bool:
        """Whether it is for the account as if there were none."""
        is_inside = is_member or bool(self.roles_of(account_id))
        return self.slug is None or (self.visibility == "private" and not is_inside)

    @property
    def owners(self) -> set[AccountId]:
        return {holder for holder, role in self.staff if role == "owner"}


def decide(command: commands.CommunityCommand, community: Community) -> list[events.CommunityEvent]:
    if isinstance(command, commands.CreateCommunity):
        return _create(command) if community.slug is None else []
    if isinstance(command, commands.RevokeAllRoles):
        return _revoke_all(command.account_id, community)
    if community.slug is None:
        raise NotFound("community_not_found", "There is no such community.")
    match command:
        case commands.MoveCommunity(before, slug):
            if slug == community.slug:
                return []
            if before != community.slug:
                raise Rejected("moved_meanwhile", "It has another name by now.")
            return [events.CommunityMoved(slug)]
        case commands.RebrandCommunity(brand):
            return [] if brand == community.brand else [events.CommunityRebranded(brand)]
        case commands.RenameCommunity(name):
            return [] if name == community.name else [_described(replace(community, name=name))]
        case commands.ChooseCurrency(currency):
            return _choose(command, community) if currency != community.currency else []
        case commands.ChooseLanguage(language):
            is_new = language != community.language
            return [_described(replace(community, language=language))] if is_new else []
        case commands.ChooseTimeZone(zone):
            is_new = zone != community.time_zone
            return [_described(replace(community, time_zone=zone))] if is_new else []
        case commands.ChooseKind(kind):
            return [] if kind == community.kind else [_described(replace(community, kind=kind))]
        case commands.ChooseAudience(audience):
            is_new = audience != community.audience
            return [_described(replace(community, audience=audience))] if is_new else []
        case commands.ChooseVisibility(chosen):
            return [] if chosen == community.visibility else [events.VisibilityChosen(chosen)]
        case commands.GrantRole() | commands.RevokeRole():
            return _change_staff(command, community)
        case _:
            assert_never(command)


def _choose(asked: commands.ChooseCurrency, community: Community) -> list[events.CommunityEvent]:
    if asked.in_use:
        detail = "Something is, or was, offered here: prices and figures stay in its currency."
        raise Rejected("currency_in_use", detail)
    return [_described(replace(community, currency=asked.currency))]


def _described(now: Community) -> events.CommunityDescribed:
    return events.CommunityDescribed(
        name=now.name,
        currency=now.currency,
        time_zone=now.time_zone,
        mode=now.mode,
        language=now.language,
        audience=now.audience,
        kind=now.kind,
    )


def _change_staff(
    change: commands.GrantRole | commands.RevokeRole, community: Community
) -> list[events.CommunityEvent]:
    account_id, role, version = change.account_id, change.role, community.roles_version + 1
    if role == "owner" and change.by not in community.owners:
        raise Rejected("owners_only", "Only an owner makes and unmakes owners.")
    is_held = (account_id, role) in community.staff
    match change:
        case commands.GrantRole():
            return [] if is_held else [events.StaffRoleGranted(account_id, role, version)]
        case commands.RevokeRole() if role == "owner" and community.owners == {account_id}:
            raise Rejected("last_owner", "A community keeps at least one owner.")
        case commands.RevokeRole():
            return [events.StaffRoleRevoked(account_id, role, version)] if is_held else []
        case _:
            assert_never(change)


def _revoke_all(account_id: AccountId, community: Community) -> list[events.CommunityEvent]:
    """Even so the last owner stays: two owners may have been shut out at the same moment."""
    roles = [
        role
        for role in community.roles_of(account_id)
        if role != "owner" or community.owners != {account_id}
    ]
    return [
        events.StaffRoleRevoked(account_id, role, version)
        for version, role in enumerate(roles, community.roles_version + 1)
    ]


def _create(command: commands.CreateCommunity) -> list[events.CommunityEvent]:
    return [
        events.CommunityCreated(
            kind=command.kind,
            name=command.name,
            slug=command.slug,
            brand=command.brand,
            currency=command.currency,
            time_zone=command.time_zone,
            mode=command.mode,
            visibility=command.visibility,
            language=command.language,
            audience=command.audience,
        ),
        events.StaffRoleGranted(command.owner, "owner", roles_version=1),
    ]


def _created(event: events.CommunityCreated) -> Community:
    return Community(
        slug=event.slug,
        mode=event.mode,
        brand=event.brand,
        time_zone=event.time_zone,
        visibility=event.visibility,
        name=event.name,
        currency=event.currency,
        language=event.language,
        audience=event.audience,
        kind=event.kind,
    )


def evolve(community: Community, event: events.CommunityEvent) -> Community:
    match event:
        case events.CommunityCreated() as created:
            return _created(created)
        case events.CommunityDescribed() as now:
            return replace(
                community,
                name=now.name,
                currency=now.currency,
                time_zone=now.time_zone,
                language=now.language,
                audience=now.audience,
                kind=now.kind or community.kind,
            )
        case events.VisibilityChosen(visibility):
            return replace(community, visibility=visibility)
        case events.CommunityRebranded(brand):
            return replace(community, brand=brand)
        case events.CommunityMoved(slug):
            return replace(community, slug=slug)
        case events.StaffRoleGranted(account_id, role, version):
            staff = community.staff | {(account_id, role)}
            return replace(community, staff=staff, roles_version=version)
        case events.StaffRoleRevoked(account_id, role, version):
            staff = community.staff - {(account_id, role)}
            return replace(community, staff=staff, roles_version=version)
        case _:
            assert_never(event)


COMMUNITY: Decider[commands.CommunityCommand, Community, events.CommunityEvent] = Decider(
    "community",
    initial=Community(),
    decide=decide,
    evolve=evolve,
    commands=commands.CommunityCommand,
    events=events.CommunityEvent,
)


def slug_stream(slug: str) -> UUID:
    return derive(PLATFORM, "slug", slug)


@dataclass(frozen=True, slots=True)
class Slug:
    holder: CommunityId | None = None


def decide_slug(command: commands.SlugCommand, slug: Slug) -> list[events.SlugEvent]:
    match command:
        case commands.TakeSlug(community_id) if slug.holder is None:
            return [events.SlugTaken(community_id)]
        case commands.TakeSlug(community_id) if slug.holder != community_id:
            raise Rejected("slug_taken", "Another community has this name.", pointer="/slug")
        case commands.FreeSlug(community_id) if slug.holder == community_id:
            return [events.SlugFreed()]
        case commands.TakeSlug() | commands.FreeSlug():
            return []
        case _:
            assert_never(command)


def evolve_slug(_: Slug, event: events.SlugEvent) -> Slug:
    match event:
        case events.SlugTaken(community_id):
            return Slug(community_id)
        case events.SlugFreed():
            return Slug()
        case _:
            assert_never(event)


SLUG: Decider[commands.SlugCommand, Slug, events.SlugEvent] = Decider(
    "slug",
    initial=Slug(),
    decide=decide_slug,
    evolve=evolve_slug,
    commands=commands.SlugCommand,
    events=events.SlugEvent,
)
