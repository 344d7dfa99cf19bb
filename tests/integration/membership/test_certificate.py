"""Who was erased has a signed certificate of it, which tells nobody who they were."""

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import jwt
import pytest

from shared.auth import InvalidToken, TokenVerifier
from shared.clock import real_now
from shared.contracts import analytics_destruction, billing_destruction, events_destruction
from tests.integration.membership.house import House, Json
from tests.integration.membership.test_retention import Circle, circle
from tools.house import ROOT

ADA = "ada@example.com"
OTHERS = {
    "analytics": analytics_destruction,
    "billing": billing_destruction,
    "events": events_destruction,
}


async def erased(here: Circle) -> tuple[str, Json]:
    """By her own word."""
    person_id, token = await here.house.join(ADA, here.community_id)
    path = f"/people/{person_id}/erasure"
    asked = await here.house.call("POST", path, token=token, expect=202)
    await here.house.quiet()
    return person_id, asked


async def reports(
    here: Circle,
    person_id: str,
    *services: str,
    kept_until: Any = None,
    kind: str = "PersonDataDestroyed",
) -> None:
    for service in services:
        about = {"community_id": UUID(here.community_id), "person_id": UUID(person_id)}
        more = {"kept_until": kept_until} if kind == "PersonDataDestroyed" else {}
        contract = getattr(OTHERS[service], kind)
        told = contract(**about, occurred_at=here.house.service.clock.now(), **more)
        await here.house.hear(told, UUID(person_id))
    await here.house.quiet()


async def by_link(here: Circle, certificate: str, expect: int | None = None) -> Json:
    """Without any account."""
    path = certificate.partition("#")[0].partition("/api/membership/v1")[2]
    return await here.house.call("GET", path, expect=expect)


async def by_staff(here: Circle, person_id: str) -> Json:
    return await here.house.call("GET", f"/erasures/{person_id}/certificate", token=here.owner)


def states(answer: Json) -> dict[str, bool]:
    return {
        one["service"]: one["destroyed_at"] is not None for one in answer["statement"]["services"]
    }


def verify(folder: Path, certificate: Json, keys: Json, *whose: str) -> tuple[int, str]:
    """As docs/erasure.md has it."""
    paths = folder / "certificate.json", folder / "keys.json"
    for path, document in zip(paths, (certificate, keys), strict=True):
        path.write_text(json.dumps(document))
    command = [sys.executable, "-m", "tools.certificate", *map(str, paths), *whose]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )
    return done.returncode, done.stdout


async def test_a_certificate_is_complete_when_every_service_has_reported(house: House) -> None:
    here = await circle(house)
    ada, asked = await erased(here)
    mine = await by_link(here, asked["certificate"])
    assert mine["statement"]["state"] == "pending"
    assert states(mine) == {
        "analytics": False,
        "billing": False,
        "events": False,
        "membership": True,
    }
    ten_years = real_now() + timedelta(days=3_650)
    await reports(here, ada, "billing", kept_until=ten_years)
    await reports(here, ada, "billing", "events")
    assert (await by_link(here, asked["certificate"]))["statement"]["state"] == "pending"
    await reports(here, ada, "analytics")
    mine = await by_link(here, asked["certificate"])
    assert mine["statement"]["state"] == "complete"
    assert mine["statement"]["completed_at"] is not None
    kept = {one["service"]: one["kept"] for one in mine["statement"]["services"]}
    assert kept["billing"]["until"][:10] == ten_years.date().isoformat()
    assert (kept["billing"]["what"], kept["billing"]["destroyed_at"]) == ("accounting", None)
    assert kept["membership"] is kept["events"] is kept["analytics"] is None
    assert (await by_staff(here, ada))["statement"] == mine["statement"]
    await reports(here, ada, "billing", kind="KeptDataDestroyed")
    mine = await by_link(here, asked["certificate"])
    kept = {one["service"]: one["kept"] for one in mine["statement"]["services"]}
    assert kept["billing"]["destroyed_at"] is not None


async def test_anybody_can_verify_it_and_only_who_was_told_the_nonce_whose_it_is(
    house: House, tmp_path: Path
) -> None:
    here = await circle(house)
    ada, asked = await erased(here)
    certificate = await by_link(here, asked["certificate"])
    keys = await house.call("GET", "/public/keys")
    nonce = asked["certificate"].partition("#")[2]
    assert verify(tmp_path, certificate, keys)[0] == 0
    assert verify(tmp_path, certificate, keys, " ADA@example.com", nonce)[0] == 0
    assert verify(tmp_path, certificate, keys, "bob@example.com", nonce)[0] == 1
    assert verify(tmp_path, certificate, keys, ADA, "00" * 16)[0] == 1
    forged = certificate | {"statement": certificate["statement"] | {"state": "complete"}}
    assert verify(tmp_path, forged, keys) == (1, "What it says is not what was signed.\n")
    strange = {"keys": [keys["keys"][0] | {"x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}
    assert verify(tmp_path, certificate, strange)[0] == 1
    token = {"statement": {}, "signed": here.owner}
    assert verify(tmp_path, token, keys) == (1, "This is no certificate.\n")
    with pytest.raises(InvalidToken):
        TokenVerifier(keys).verify(certificate["signed"])
    assert jwt.get_unverified_header(certificate["signed"])["alg"] == "EdDSA"
    # Nothing in it, or kept of it, tells who it was: not the id by which staff knew her either.
    for word in ("ada", ADA, ada, nonce):
        assert word not in json.dumps(certificate).lower()
    stored = await house.service.pool.fetch("SELECT data::text FROM events")
    assert not [row for row in stored if nonce in row[0]]


async def test_a_repeat_gives_the_link_again_but_not_the_proof(house: House) -> None:
    here = await circle(house)
    ada, token = await house.join(ADA, here.community_id)
    path, key = f"/people/{ada}/erasure", "once"
    first = await house.call("POST", path, token=token, Idempotency_Key=key)
    await house.quiet()
    again = await house.call("POST", path, token=token, Idempotency_Key=key)
    later = await house.call("POST", path, token=here.owner)
    assert "#" in first["certificate"]
    for repeat in (again, later):
        assert "#" not in repeat["certificate"]
        told = await by_link(here, repeat["certificate"])
        assert told["statement"] == (await by_link(here, first["certificate"]))["statement"]


async def test_a_dry_run_erases_nobody_and_gives_no_link(house: House) -> None:
    here = await circle(house)
    ada, token = await house.join(ADA, here.community_id)
    told = await house.call("POST", f"/people/{ada}/erasure?dry_run=true", token=token)
    assert told["certificate"] is None
    assert ada in await here.known()


async def test_who_lapses_has_the_link_in_the_letter_that_told_them(
    house: House, tmp_path: Path
) -> None:
    here = await circle(house)
    ada = await here.gone(ADA)
    await here.write(left_days=30, notice_days=7)
    await here.days_pass(23)
    await here.days_pass(24)
    (letter,) = [one for one in house.mailbox.to(ADA) if one.template.startswith("forgotten_soon")]
    way = str(letter.values["certificate"])
    await by_link(here, way, expect=404)
    await here.days_pass(31)
    await here.days_pass(32)
    certificate = await by_link(here, way)
    assert certificate == await by_staff(here, ada) | {"signed": certificate["signed"]}
    keys = await house.call("GET", "/public/keys")
    assert verify(tmp_path, certificate, keys, ADA, way.partition("#")[2])[0] == 0
    # Neither the address of the certificate nor what proves it is kept by anybody else.
    rows = await house.service.pool.fetch("SELECT data::text FROM events")
    assert not [row for row in rows if way.partition("#")[2] in row[0]]


async def test_staff_see_which_erasures_wait_for_whom_and_which_are_overdue(house: House) -> None:
    here = await circle(house)
    await house.join("olga@example.com", here.community_id, "Olga")
    ada, _ = await erased(here)
    (listed,) = (await house.call("GET", "/erasures", token=here.owner))["items"]
    waiting = ["analytics", "billing", "events"]
    assert (listed["person_id"], listed["state"], listed["waiting_for"]) == (
        ada,
        "pending",
        waiting,
    )
    await house.service.move_clock(real_now() + timedelta(days=3, minutes=1))
    overdue = "/erasures?filter[state]=overdue"
    (listed,) = (await house.call("GET", overdue, token=here.owner))["items"]
    assert listed["state"] == "overdue"
    await house.quiet()
    letters = [letter.template for letter in house.mailbox.to("olga@example.com")]
    assert letters.count("erasure_overdue") == 1
    await reports(here, ada, *OTHERS)
    assert (await house.call("GET", overdue, token=here.owner))["items"] == []
    complete = "/erasures?filter[state]=complete"
    (listed,) = (await house.call("GET", complete, token=here.owner))["items"]
    assert (listed["person_id"], listed["waiting_for"]) == (ada, [])


async def test_a_report_that_comes_before_the_erasure_counts(house: House) -> None:
    here = await circle(house)
    ada, token = await house.join(ADA, here.community_id)
    await reports(here, ada, *OTHERS)
    asked = await house.call("POST", f"/people/{ada}/erasure", token=token)
    await house.quiet()
    assert (await by_link(here, asked["certificate"]))["statement"]["state"] == "complete"


async def test_it_is_for_its_own_community_and_no_other_link_leads_to_it(house: House) -> None:
    here = await circle(house)
    _, eve = await house.community("eve@example.com", slug="go")
    bob, member = await house.join("bob@example.com", here.community_id)
    ada, asked = await erased(here)
    path = f"/erasures/{ada}/certificate"
    await house.call("GET", path, token=eve, expect=404)
    await house.call("GET", path, token=member, expect=403)
    await house.call("GET", path, expect=401)
    await house.call("GET", f"/erasures/{bob}/certificate", token=here.owner, expect=404)
    assert (await house.call("GET", "/erasures", token=eve))["items"] == []
    await house.call("GET", "/erasures", token=member, expect=403)
    link = asked["certificate"].partition("#")[0]
    await by_link(here, link + "x", expect=409)
    links, community, soon = house.service.links, UUID(here.community_id), real_now() + timedelta(1)
    for_unsubscribing = links.make("unsubscribe", UUID(ada), community, soon)
    await house.call("GET", f"/public/erasures/{for_unsubscribing}", expect=409)
    await house.service.move_clock(real_now() + timedelta(days=366 * 13))
    await by_link(here, link, expect=409)
