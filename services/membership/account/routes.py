"""Signing in: a code by e-mail or a provider's word, a short token, a session whose token rotates."""

from contextlib import suppress
from dataclasses import replace
from typing import Annotated, Literal, assert_never
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from services.membership.account import commands
from services.membership.account.decider import ACCOUNT
from services.membership.account.projections import EMAIL, account_of
from services.membership.client.projections import community_of
from services.membership.community.projections import acting_in, community_now
from services.membership.gateways.gateway import (
    Address,
    Language,
    Letter,
    NotProved,
    Unreachable,
    Unsendable,
)
from services.membership.gateways.proofs import CODE_LIFE, SESSION_LIFE, Proofs, TooMany
from services.membership.hidden import check_seen
from services.membership.languages import preferred
from services.membership.member.projections import admitted, person_of
from services.membership.spelling import mailbox
from shared.auth import TOKEN_LIFE, Principal
from shared.command_handler import Claimed
from shared.event_store import Keep, Unavailable
from shared.http import Body, Caller, needs
from shared.ids import PLATFORM, AccountId
from shared.problem import Problem, error
from shared.reaction import Ask

router = APIRouter()

COOKIE = "tessera_session"
COOKIE_PATH = "/api/membership/v1/tokens"
Stranger = Annotated[Caller, needs("public", idempotent=False)]


class SignIn(Body):
    """Without a `language` the letter is in the one that Accept-Language prefers, and in English without either."""

    email: Address
    language: Language = "en"


class CodeSent(BaseModel):
    expires_in: int = int(CODE_LIFE.total_seconds())


class CodeGrant(Body):
    """The code from the mail."""

    grant: Literal["code"]
    email: Address
    code: str = Field(pattern=r"^\d{6}$")
    community_id: UUID | None = None
    cookie: bool = False


class RefreshGrant(Body):
    """The newest refresh token of a session, in the body or in the cookie."""

    grant: Literal["refresh"]
    refresh_token: str | None = Field(default=None, max_length=200)
    community_id: UUID | None = None
    cookie: bool = False


class ExchangeGrant(Body):
    """An id token of the OpenID Connect provider this installation trusts."""

    grant: Literal["exchange"]
    id_token: str = Field(max_length=10_000)
    community_id: UUID | None = None
    cookie: bool = False


class ClientGrant(Body):
    """A program's own secret."""

    grant: Literal["client_credentials"]
    client_id: UUID
    client_secret: str = Field(max_length=200)


Grant = Annotated[
    CodeGrant | RefreshGrant | ExchangeGrant | ClientGrant, Field(discriminator="grant")
]


class Tokens(BaseModel):
    """`refresh_token` is absent where it went into the cookie, and for programs, which need none."""

    access_token: str
    refresh_token: str | None = None
    expires_in: int = int(TOKEN_LIFE.total_seconds())
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - RFC 6750's word


@router.post("/sign-in", status_code=202, operation_id="request_code")
async def request_code(body: SignIn, request: Request, caller: Stranger) -> CodeSent:
    address = request.client.host if request.client else ""
    try:
        code = await Proofs.of(caller).issue_code(mailbox(body.email), address)
        letter = Letter(
            key=caller.command_id,
            to=mailbox(body.email),
            sender="Tessera",
            template="sign_in_code",
            language=_language(body, request),
            values={"code": code},
        )
        await caller.service.gateways["post"].send(letter)
    except TooMany as limit:
        headers = {"Retry-After": str(limit.retry_after)}
        raise Problem(
            429, "too_many_codes", "Too many codes were asked for.", headers=headers
        ) from limit
    except Unreachable as gone:
        raise Unavailable(str(gone), retry_after=5) from gone
    except Unsendable as refused:
        wrong = error("unreachable_address", "No mail can be sent to this address.", "/email")
        raise Problem(422, "invalid_request", wrong["detail"], errors=[wrong]) from refused
    return CodeSent()


def _language(body: SignIn, request: Request) -> Language:
    is_said = "language" in body.model_fields_set
    return body.language if is_said else preferred(request.headers.get("accept-language", ""))


@router.post("/tokens", operation_id="issue_token")
async def issue_token(
    body: Grant, request: Request, response: Response, caller: Stranger
) -> Tokens:
    if isinstance(body, ClientGrant):
        return Tokens(access_token=_signed(caller, await _client(caller, body)))
    if body.community_id is not None:
        # Before anything is used up: a wrong community must not cost a code or a session.
        await community_now(caller.service, body.community_id)
    proofs = Proofs.of(caller)
    in_cookie = body.cookie
    match body:
        case CodeGrant():
            if not await proofs.redeem_code(mailbox(body.email), body.code):
                raise _not_proved("The code is wrong, used up or too old.")
            account_id = await _account(caller, body.email)
            refresh_token = await proofs.open_session(account_id)
        case ExchangeGrant():
            account_id = await _account(caller, await _vouched(caller, body.id_token))
            refresh_token = await proofs.open_session(account_id)
        case RefreshGrant():
            in_cookie = body.cookie or body.refresh_token is None
            held = body.refresh_token or request.cookies.get(COOKIE, "")
            await _check_seen(caller, await proofs.holder(held), body.community_id)
            rotated = await proofs.rotate_session(held)
            if rotated is None:
                raise _not_proved("The session has ended; sign in again.")
            account_id, refresh_token = rotated
        case _:
            assert_never(body)
    access_token = _signed(caller, await _principal(caller, account_id, body.community_id))
    if not in_cookie:
        return Tokens(access_token=access_token, refresh_token=refresh_token)
    response.set_cookie(
        COOKIE,
        refresh_token,
        max_age=int(SESSION_LIFE.total_seconds()),
        path=COOKIE_PATH,
        secure=caller.service.settings.origin.startswith("https:"),
        httponly=True,
        samesite="strict",
    )
    return Tokens(access_token=access_token)


class SignOut(Body):
    """`everywhere` ends all sessions of the account; access tokens that are out last their few minutes still."""

    everywhere: bool = False
    refresh_token: str | None = Field(default=None, max_length=200)


@router.post("/tokens/revocation", status_code=204, operation_id="sign_out")
async def sign_out(body: SignOut, request: Request, response: Response, caller: Stranger) -> None:
    proofs, held = Proofs.of(caller), body.refresh_token or request.cookies.get(COOKIE, "")
    if body.everywhere:
        await proofs.close_sessions_beside(held)
    await proofs.close_session(held)
    response.delete_cookie(COOKIE, path=COOKIE_PATH)


async def _account(caller: Caller, email: str) -> AccountId:
    """The account of a proved address, opened if there is none."""
    known = await account_of(caller.service, email)
    if known is not None:
        return known
    account_id = caller.new_id("account")
    claim = Keep(lookups=(caller.service.vault.lookup(EMAIL, PLATFORM, email, account_id),))
    # Whoever signs in with the same address at the same moment has opened the account for both.
    with suppress(Claimed):
        await caller.ask(
            Ask(ACCOUNT, account_id, commands.OpenAccount(), claim), community_id=PLATFORM
        )
    opened = await account_of(caller.service, email)
    if opened is None:
        raise _not_proved("A dry run opens no account.")
    return opened


async def _vouched(caller: Caller, id_token: str) -> str:
    identity = caller.service.gateways.get("identity")
    if identity is None:
        wrong = error("exchange_is_off", "No identity provider is trusted here.", "/grant")
        raise Problem(422, "invalid_request", wrong["detail"], errors=[wrong])
    try:
        return str(await identity.email_of(id_token))
    except NotProved as doubt:
        raise _not_proved("The id token is not to be believed.") from doubt
    except Unreachable as gone:
        raise Unavailable(str(gone), retry_after=5) from gone


async def _client(caller: Caller, body: ClientGrant) -> Principal:
    community_id = await community_of(caller.service, body.client_id, body.client_secret)
    if community_id is None:
        raise _not_proved("There is no such client, or this is not its secret.")
    principal = await _principal(caller, AccountId(body.client_id), community_id)
    return replace(principal, is_machine=True)


async def _check_seen(
    caller: Caller, account_id: AccountId | None, community_id: UUID | None
) -> None:
    """NotFound where there is no such community for the account; what proves nothing is refused where it is used."""
    service = caller.service
    if community_id is None or account_id is None or account_id in service.settings.platform_staff:
        return
    known = await person_of(service, community_id, account_id)
    await check_seen(service, community_id, account_id, known)


async def _principal(caller: Caller, account_id: AccountId, community_id: UUID | None) -> Principal:
    service = caller.service
    principal = Principal(
        account_id, is_platform_staff=account_id in service.settings.platform_staff
    )
    if community_id is None:
        return principal
    await _check_seen(caller, account_id, community_id)
    community = await community_now(service, community_id)
    person_id = await admitted(service, community_id, account_id)
    return acting_in(community_id, community, principal, person_id)


def _signed(caller: Caller, principal: Principal) -> str:
    return str(caller.service.gateways["signer"].sign(principal))


def _not_proved(detail: str) -> Problem:
    return Problem(401, "invalid_grant", detail, headers={"WWW-Authenticate": "Bearer"})
