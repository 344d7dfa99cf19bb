"""A private community: whatever a stranger asks of any service, there is no such community."""

import json
import re
from collections.abc import Iterator
from typing import NamedTuple
from uuid import uuid4

import httpx
import pytest

from tests.e2e.conftest import Cast
from tests.e2e.story import SERVICES, Json, Member, World

PARAMETER = re.compile(r"\{(\w+)\}")
ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
NOT_FOUND = 404


class Route(NamedTuple):
    """One operation that somebody may call who does not belong to the community."""

    permission: str
    method: str
    path: str

    @property
    def parameters(self) -> set[str]:
        return set(PARAMETER.findall(self.path))


def routes(world: World) -> Iterator[Route]:
    """What is open to strangers, and to accounts of no community, by the services' own documents."""
    for service in SERVICES:
        for path, item in world.public(f"/openapi/{service}.json")["paths"].items():
            for method, operation in item.items():
                if operation["x-permission"] in ("public", "account") and "/dev/" not in path:
                    yield Route(operation["x-permission"], method.upper(), path)


def names_a_community(route: Route) -> bool:
    return "community_id" in route.parameters or route.path.endswith("/communities/{slug}")


@pytest.fixture
def names(cast: Cast) -> Json:
    """What there is in the community for each name in a path."""
    organiser = cast.organiser
    link = {"slug": "spring", "kind": "campaign", "name": "Spring", "target": "/join"}
    organiser.post("/api/membership/v1/links", link)
    article = {
        "kind": "article",
        "words": [{"language": "en", "title": "For everybody"}],
        "audience": "public",
    }
    content = organiser.post("/api/membership/v1/content", article)
    return {
        "community_id": str(cast.community.id),
        "content_id": content["content_id"],
        "slug": "spring",
        "community_slug": cast.community.slug,
    }


def ask(world: World, route: Route, names: Json, token: str | None) -> httpx.Response:
    path = route.path.replace("/communities/{slug}", "/communities/{community_slug}")
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    body = None if route.method in ("GET", "DELETE") else BODIES.get(route.path, {})
    filled = PARAMETER.sub(lambda found: names[found.group(1)], path)
    return world.send(route.method, filled, body, headers)


BODIES: Json = {
    "/api/membership/v1/communities/{community_id}/members": {
        "name": "Eve",
        "email": "eve@example.org",
    },
    "/api/membership/v1/communities/{community_id}/applications": {
        "name": "Eve",
        "email": "eve@example.org",
        "version": 0,
    },
}


def told(answer: httpx.Response) -> tuple[int, str | None, str]:
    """What an answer says, but for the path it was asked by and ids that follow from it."""
    said: Json = answer.json() if "json" in answer.headers.get("content-type", "") else {}
    text = ID.sub("an id", json.dumps(said | {"instance": None, "trace_id": None}))
    return answer.status_code, answer.headers.get("x-robots-tag"), text


def test_a_stranger_cannot_tell_a_private_community_from_none(
    world: World, cast: Cast, names: Json
) -> None:
    nowhere = names | {"community_id": str(uuid4()), "community_slug": f"no-{cast.tag}"}
    account = Member(world, "Eve Elsewhere", f"eve.{cast.tag}@example.org")
    account.sign_in()
    member = cast.member("Mia Member").token
    about = [route for route in routes(world) if names_a_community(route)]
    strangers = {"public": None, "account": account.token}
    world.settle()
    seen = [route for route in about if route.permission == "public"]
    for route in seen:
        shown = told(ask(world, route, names, None))
        assert shown != told(ask(world, route, nowhere, None)), f"{route} shows nothing at all"

    path = f"/api/membership/v1/communities/{cast.community.id}/visibility"
    cast.organiser.put(path, {"visibility": "private"})
    world.settle()
    for route in about:
        token = strangers[route.permission]
        hidden = told(ask(world, route, names, token))
        assert hidden == told(ask(world, route, nowhere, token)), route
        assert hidden[0] == NOT_FOUND or route.permission == "account", route
    for route in seen:
        inside = told(ask(world, route, names, member))
        assert inside != told(ask(world, route, nowhere, None)), f"{route} is shut to members"
    assert len(seen) > 8
    assert {route.path.split("/")[2] for route in seen} >= {"membership", "billing", "events"}


def test_every_other_open_route_needs_a_secret_or_speaks_of_no_community(world: World) -> None:
    """A new one names its community in its path, or is opened by a link that somebody was given."""
    unexplained = [
        route
        for route in routes(world)
        if route.permission == "public"
        and not names_a_community(route)
        and route.parameters
        and not route.parameters & {"link", "token"}
        and route.path != BY_DOMAIN
    ]
    assert unexplained == []
    unnamed = {
        route.path.partition("/v1")[2]
        for route in routes(world)
        if route.permission == "public" and not route.parameters
    }
    assert unnamed == OF_NO_COMMUNITY


# Nothing proves a domain here: integration/membership/test_domain.py asks for that of a private community.
BY_DOMAIN = "/api/membership/v1/public/domains/{name}"
OF_NO_COMMUNITY = {
    "/sign-in",
    "/tokens",
    "/tokens/revocation",
    "/public/keys",
    "/public/webhook-event-types",
    "/webhooks/mail",
    "/webhooks/paypal",
    "/webhooks/stripe",
    "/webhooks/whatsapp",
}
