"""Who asks, and what they may do: tokens, roles, permissions, capability links."""

import json
import secrets
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import asyncpg
import jwt

from shared.clock import real_now
from shared.contracts.membership_community import Role, StaffRoleGranted, StaffRoleRevoked
from shared.event_store import Connection, Fact, Mode
from shared.ids import random_id
from shared.projection import Projection

ISSUER = "tessera-membership"
AUDIENCE = "tessera"
ALGORITHM = "EdDSA"
TOKEN_LIFE = timedelta(minutes=10)
ROLES_MAX_AGE = timedelta(seconds=60)

# What each role may do. `owner` may do everything in its community; these are the others.
_READS = frozenset(
    {"members.read", "access.read", "sales.read", "revenue.read", "staff.read", "tickets.read", "rituals.read"}
)  # fmt: skip
PERMISSIONS: Mapping[Role, frozenset[str]] = {
    "owner": frozenset({"*"}),
    "admin": _READS
    | {
        "community.write", "tiers.write", "members.write", "members.erase", "access.write", "offers.write",
        "gatherings.write", "tickets.write", "receipts.write", "refunds.write", "subscriptions.write",
        "clients.write", "staff.write", "webhooks.write", "announcements.write", "content.write", "activity.write",
        "links.write", "rituals.write",
    },
    "moderator": frozenset({
        "members.read", "members.write", "access.read", "announcements.write", "content.write", "activity.write",
        "rituals.read", "rituals.write"}),
    "event_manager": frozenset({"gatherings.write", "tickets.read", "tickets.write", "sales.read"}),
    "accountant": frozenset({"sales.read", "revenue.read", "receipts.write", "refunds.write"}),
    "partner_manager": frozenset({"revenue.read", "links.write"}),
    "read_only": _READS,
    "sponsor_contact": frozenset({"placements.own"}),
    "affiliate": frozenset({"links.own"}),
}  # fmt: skip


class InvalidToken(Exception):
    """The token is not ours, not for us, expired, or not a token (401)."""


class ExpiredLink(Exception):
    """The capability link is not ours, for something else, or too old (403)."""


@dataclass(frozen=True, slots=True)
class Principal:
    """What a verified token says. Nothing in it is personal data."""

    account_id: UUID
    community_id: UUID | None = None
    person_id: UUID | None = None
    roles: tuple[Role, ...] = ()
    roles_version: int = 0
    mode: Mode = "live"
    is_platform_staff: bool = False
    is_machine: bool = False


def may(roles: Sequence[Role], permission: str) -> bool:
    """Whether one of the roles carries the permission."""
    return any({"*", permission} & PERMISSIONS.get(role, frozenset()) for role in roles)


class TokenSigner:
    """Membership's alone: it holds the private key."""

    def __init__(self, private_jwk: str) -> None:
        self._kid = json.loads(private_jwk)["kid"]
        self._key = jwt.PyJWK(json.loads(private_jwk), algorithm=ALGORITHM).key

    def sign(self, principal: Principal, *, life: timedelta = TOKEN_LIFE) -> str:
        """A compact JWS good for `life` of real time."""
        now = real_now()
        claims: dict[str, Any] = {
            "iss": ISSUER, "aud": AUDIENCE, "sub": str(principal.account_id), "jti": str(random_id()),
            "iat": now, "nbf": now, "exp": now + life,
        }  # fmt: skip
        if principal.community_id is not None:
            claims |= {
                "community": str(principal.community_id),
                "roles": list(principal.roles),
                "rv": principal.roles_version,
                "mode": principal.mode,
            }
        if principal.person_id is not None:
            claims["person"] = str(principal.person_id)
        if principal.is_platform_staff:
            claims["platform"] = True
        if principal.is_machine:
            claims["machine"] = True
        return jwt.encode(
            claims, self._key, algorithm=ALGORITHM, headers={"kid": self._kid, "typ": "at+jwt"}
        )


class TokenVerifier:
    """Checks signature, algorithm, type, issuer, audience and time; remembers what it has checked until it expires."""

    def __init__(self, jwks: Mapping[str, Any], *, remembered: int = 10_000) -> None:
        self._keys = {key["kid"]: jwt.PyJWK(key, algorithm=ALGORITHM).key for key in jwks["keys"]}
        self._known: OrderedDict[str, tuple[float, Principal]] = OrderedDict()
        self._remembered = remembered

    def verify(self, token: str) -> Principal:
        """The principal of a valid access token; InvalidToken otherwise."""
        known = self._known.get(token)
        if known is not None and known[0] > real_now().timestamp():
            return known[1]
        try:
            header = jwt.get_unverified_header(token)
            if header.get("alg") != ALGORITHM or header.get("typ") != "at+jwt":
                raise InvalidToken
            claims = jwt.decode(
                token,
                self._keys[header["kid"]],
                algorithms=[ALGORITHM],
                audience=AUDIENCE,
                issuer=ISSUER,
                options={"require": ["exp", "iat", "sub", "aud", "iss"]},
            )
            principal = Principal(
                account_id=UUID(claims["sub"]),
                community_id=UUID(claims["community"]) if "community" in claims else None,
                person_id=UUID(claims["person"]) if "person" in claims else None,
                roles=tuple(claims.get("roles", ())),
                roles_version=claims.get("rv", 0),
                mode=claims.get("mode", "live"),
                is_platform_staff=claims.get("platform") is True,
                is_machine=claims.get("machine") is True,
            )
        except (jwt.PyJWTError, KeyError, ValueError, TypeError, AttributeError) as error:
            raise InvalidToken from error
        self._known[token] = claims["exp"], principal
        if len(self._known) > self._remembered:
            self._known.popitem(last=False)
        return principal


LinkPurpose = Literal[
    "claim", "invitation", "payment", "guest", "ticket", "unsubscribe", "chat", "chat_server", "group", "erasure",
    "merchant", "bundle",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Link:
    """What a capability link allows its bearer: one purpose for one subject.

    `link_id` makes single use possible: the command it leads to derives its id from it.
    """

    purpose: LinkPurpose
    subject: UUID
    community_id: UUID
    link_id: UUID


class Links:
    """Makes and checks capability links of one service, under its own secret."""

    def __init__(self, secret: bytes, service: str) -> None:
        self._secret = secret
        self._issuer = f"tessera-{service}-link"

    def make(
        self, purpose: LinkPurpose, subject: UUID, community_id: UUID, expires_at: datetime
    ) -> str:
        """A link's token: random in `link_id`, so it cannot be guessed or made again."""
        claims = {
            "iss": self._issuer, "aud": purpose, "sub": str(subject), "community": str(community_id),
            "jti": secrets.token_hex(16), "exp": expires_at,
        }  # fmt: skip
        return jwt.encode(claims, self._secret, algorithm="HS256", headers={"typ": "link+jwt"})

    def check(self, token: str, purpose: LinkPurpose, *, now: datetime) -> Link:
        """The link, ExpiredLink when it is not good for `purpose` at business time `now`."""
        try:
            claims = jwt.decode(
                token, self._secret, algorithms=["HS256"], audience=purpose, issuer=self._issuer,
                options={"verify_exp": False, "require": ["exp", "sub", "jti"]},
            )  # fmt: skip
            if claims["exp"] <= now.timestamp():
                raise ExpiredLink
            return Link(
                purpose, UUID(claims["sub"]), UUID(claims["community"]), UUID(hex=claims["jti"])
            )
        except (jwt.PyJWTError, KeyError, ValueError) as error:
            raise ExpiredLink from error


def staff_roles(granted: type, revoked: type) -> Projection:
    """Who holds which role, folded from membership's contracts, or in membership from its own events."""

    async def apply(connection: Connection, facts: Sequence[Fact]) -> None:
        await connection.executemany(
            "INSERT INTO staff_roles_v1 VALUES ($1, $2, $3, $4, $5) ON CONFLICT (community_id, account_id, role)"
            " DO UPDATE SET held = excluded.held, roles_version = excluded.roles_version"
            " WHERE staff_roles_v1.roles_version < excluded.roles_version",
            [
                (
                    f.community_id,
                    f.body.account_id,
                    f.body.role,
                    isinstance(f.body, granted),
                    f.body.roles_version,
                )
                for f in facts
            ],
        )

    return Projection(
        name="staff_roles",
        version=1,
        ddl="""CREATE TABLE staff_roles_v1 (
            community_id uuid NOT NULL, account_id uuid NOT NULL, role text NOT NULL, held boolean NOT NULL,
            roles_version int NOT NULL, PRIMARY KEY (community_id, account_id, role))""",
        tables=("staff_roles_v1",),
        facts=(granted, revoked),
        apply=apply,
        tenant=False,  # It is asked before the caller's community is believed.
        parks=False,
    )


HEARD_ROLES = staff_roles(StaffRoleGranted, StaffRoleRevoked)


async def current(pool: asyncpg.Pool, principal: Principal) -> tuple[Principal, bool]:
    """The principal with the newer of the token's roles and ours, and whether ours are fresh enough for money."""
    (row,) = await pool.fetch(
        "SELECT (SELECT max(roles_version) FROM staff_roles_v1 WHERE community_id = $1) AS newest,"
        " ARRAY(SELECT role FROM staff_roles_v1 WHERE community_id = $1 AND account_id = $2 AND held) AS roles,"
        " EXISTS (SELECT FROM freshness"
        " WHERE reader = 'staff_roles_v1' AND at > clock_timestamp() - $3::interval) AS fresh",
        principal.community_id,
        principal.account_id,
        ROLES_MAX_AGE,
    )
    if (row["newest"] or 0) > principal.roles_version:
        principal = replace(principal, roles=tuple(row["roles"]), roles_version=row["newest"])
    return principal, row["fresh"]
