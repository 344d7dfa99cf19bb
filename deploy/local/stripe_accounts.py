"""Accounts of sellers, which `localstripe` does not have: made for them or let in, able once their form is filled in.

Whoever follows a form's link has told everything that Stripe wants to know, and is led back; whoever follows the link
of a consent has agreed for the account that they name there. Both are people in a browser, who have no key. An account
that nobody made may do everything, as always.
"""

from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

from aiohttp import web
from localstripe.errors import UserError
from localstripe.resources import Event, random_id
from localstripe.server import auth_middleware, get_post_data
from localstripe.webhooks import schedule_webhook

Json = dict[str, Any]

UNABLE = "acct_nodebits"
"""An account that has not been allowed to debit anybody."""

MISSING = ["business_profile.url", "external_account", "tos_acceptance.date"]

FOR_PEOPLE = ("/setup/", "/oauth/authorize")

_made: dict[str, Json] = {}
_keys: dict[str, str] = {}
_forms: dict[str, tuple[str, str]] = {}
_codes: dict[str, str] = {}


def _shown(account: str) -> Json:
    made = _made.get(account, {"able": True, "metadata": {}})
    able = made["able"]
    debits = "inactive" if account == UNABLE or not able else "active"
    return {
        "id": account,
        "object": "account",
        "capabilities": {
            "card_payments": "active" if able else "inactive",
            "sepa_debit_payments": debits,
        },
        "charges_enabled": able,
        "metadata": made["metadata"],
        "payouts_enabled": able,
        "requirements": {"currently_due": [] if able else MISSING},
    }


async def create(request: web.Request) -> web.Response:
    """An account that may do nothing yet; the same key answers with the same."""
    asked = await get_post_data(request)
    key = request.headers.get("Idempotency-Key", random_id(20))
    account = _keys.setdefault(key, f"acct_{random_id(16)}")
    _made.setdefault(account, {"able": False, "metadata": asked.get("metadata", {})})
    return web.json_response(_shown(account))


async def retrieve(request: web.Request) -> web.Response:
    """What the account may do."""
    return web.json_response(_shown(request.match_info.get("id", "acct_platform")))


async def link(request: web.Request) -> web.Response:
    """The way to the form of an account that was made here, good once."""
    asked = await get_post_data(request)
    if asked["account"] not in _made:
        raise UserError(403, "No such account")
    form = random_id(24)
    _forms[form] = asked["account"], asked["return_url"]
    url = f"http://{request.host}/setup/{form}"
    return web.json_response({"object": "account_link", "created": 0, "expires_at": 0, "url": url})


async def fill_in(request: web.Request) -> web.Response:
    """The owner tells Stripe all it wants to know."""
    form = _forms.pop(request.match_info["form"], None)
    if form is None:
        raise UserError(404, "This form is filled in: a link to it is good once")
    account, back = form
    _made[account]["able"] = True
    shown = _shown(account)
    schedule_webhook(Event("account.updated", SimpleNamespace(_export=lambda: shown)))
    raise web.HTTPSeeOther(back)


async def consent(request: web.Request) -> web.Response:
    """The owner of the account that they name lets us act for it, and is led back with a code."""
    account = request.query.get("account", "acct_of_mine")
    code = f"ac_{random_id(24)}"
    _codes[code] = account
    back = request.query.get("redirect_uri", f"http://{request.host}/agreed")
    raise web.HTTPSeeOther(f"{back}?{urlencode({'code': code, 'state': request.query['state']})}")


async def token(request: web.Request) -> web.Response:
    """The account that a code is for; a code is good once."""
    asked = await get_post_data(request)
    account = _codes.pop(asked.get("code", ""), None)
    if account is None:
        said = "This authorization code has already been used."
        return web.json_response({"error": "invalid_grant", "error_description": said}, status=400)
    return web.json_response({"stripe_user_id": account, "scope": "read_write", "livemode": False})


async def assign(request: web.Request) -> web.Response:
    """The platform writes on an account whose it is."""
    metadata = await request.json()
    _made[request.match_info["id"]] = {"able": True, "metadata": metadata}
    return web.json_response({})


@web.middleware
async def keys(request: web.Request, handler: Any) -> web.StreamResponse:
    """Ask for a key, but not whoever follows a link in a browser."""
    if request.method == "GET" and request.path.startswith(FOR_PEOPLE):
        shown: web.StreamResponse = await handler(request)
        return shown
    answer: web.StreamResponse = await auth_middleware(request, handler)
    return answer


def install(app: web.Application) -> None:
    """From now on there are accounts."""
    app.middlewares[app.middlewares.index(auth_middleware)] = keys
    app.router.add_get("/v1/account", retrieve)
    app.router.add_get("/v1/accounts/{id}", retrieve)
    app.router.add_post("/v1/accounts", create)
    app.router.add_post("/v1/account_links", link)
    app.router.add_get("/setup/{form}", fill_in)
    app.router.add_get("/oauth/authorize", consent)
    app.router.add_post("/oauth/token", token)
    app.router.add_post("/_config/accounts/{id}", assign)
