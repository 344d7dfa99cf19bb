"""What a test does to an account that is read: it can be made to refuse, and an intent to be lost or to be another.

The lists themselves are the local double's own (deploy/local/stripe_payments.py).
"""

from typing import Any

from aiohttp import web
from localstripe.resources import store

from deploy.local.stripe_payments import error, lists

Json = dict[str, Any]

_failures: list[int] = []
_asked: list[Json] = []


@web.middleware
async def watched(request: web.Request, handler: Any) -> web.StreamResponse:
    """Note what lists are asked for, and refuse as long as a test wants that."""
    if lists(request):
        _asked.append(dict(request.query) | {"path": request.path})
        if _failures:
            return error(_failures.pop(0), "Not now")
    answer: web.StreamResponse = await handler(request)
    return answer


async def fail(request: web.Request) -> web.Response:
    """Refuse to list, once with each of these statuses."""
    _failures.extend((await request.json())["statuses"])
    return web.json_response({})


async def tell_asked(_: web.Request) -> web.Response:
    """What has been asked for lists, which is forgotten."""
    told = list(_asked)
    _asked.clear()
    return web.json_response(told)


async def change(request: web.Request) -> web.Response:
    """Let an intent or a refund be another than was made, or none."""
    wanted = await request.json()
    kind = "refund" if request.match_info["id"].startswith("re_") else "payment_intent"
    key = f"{kind}:{request.match_info['id']}"
    found = store[key]
    if wanted.get("lost"):
        del store[key]
    for name in ("amount", "created"):
        setattr(found, name, wanted.get(name, getattr(found, name)))
    return web.json_response({})


def install(app: web.Application) -> None:
    """Let tests have their way with what is listed."""
    app.middlewares.append(watched)
    app.router.add_post("/_config/payments/failures", fail)
    app.router.add_post("/_config/payments/asked", tell_asked)
    app.router.add_post("/_config/payments/{id}", change)
