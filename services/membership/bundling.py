"""The ZIP that a bundle becomes: parts unsealed as they are sent, and what says what they are. docs/adr/0048."""

import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import ExitStack
from datetime import datetime
from typing import IO, Any
from uuid import UUID

import orjson

from services.membership.bundle.events import BundleAsked, PartReported
from services.membership.member.events import Service
from shared.decider import NotFound
from shared.event_store import Unavailable
from shared.http import Caller
from shared.takeout.archive import Archive, Entry
from shared.takeout.packing import IN_MEMORY, bound_to, file_of
from shared.takeout.sealing import unsealed
from shared.takeout.store import Store, fetched

SCHEMA_VERSION = 1
"""Of the index and of how files are named."""

HOLDS: Mapping[Service, tuple[str, str]] = {
    "membership": (
        "Who you are here, how you came, what is open to you and why, your choices, your letters.",
        "Qui vous êtes ici, comment vous êtes venu, ce qui vous est ouvert et pourquoi, vos choix, vos lettres.",
    ),
    "billing": (
        "What you bought, paid, gave and were given back, and what processors of payments reported of it.",
        "Ce que vous avez acheté, payé, donné et récupéré, et ce que les prestataires de paiement en ont dit.",
    ),
    "events": (
        "The seats you held and the tickets in your name.",
        "Les places que vous avez réservées et les billets à votre nom.",
    ),
    "analytics": (
        "What the community's figures are made of, as far as it speaks of you.",
        "Ce dont sont faits les chiffres de la communauté, pour ce qui parle de vous.",
    ),
}
HEAD = """\
ALL THAT IS KEPT OF YOU IN THIS COMMUNITY
Packed when it was asked for at {asked_at:%Y-%m-%d %H:%M} UTC. Files are JSON in UTF-8, and one service wrote each.
In each, `facts` happened there and `heard` were told by the other services, each with its time and type; `types` says
what facts of a type mean, `classes` how long words of a class are kept, `keys` what they are sealed with, `found_by` by
what you are found, and `beside` what no fact tells. Nobody else is in it: whoever else was meant is null.
`index.json` has the size and SHA-256 of each file, for programs.

TOUT CE QUI EST CONSERVÉ À VOTRE SUJET DANS CETTE COMMUNAUTÉ
Réuni à la suite de la demande du {asked_at:%Y-%m-%d %H:%M} UTC. Les fichiers sont en JSON (UTF-8), un par service.
Dans chacun, `facts` s'est produit dans ce service et `heard` lui a été dit par les autres, chaque fait avec sa date et
son type ; `types` dit ce que signifient les faits d'un type, `classes` combien de temps les mots d'une classe sont
gardés, `keys` sous quelles clés ils sont scellés, `found_by` par quoi l'on vous retrouve, et `beside` ce qu'aucun fait
ne dit. Personne d'autre n'y figure : quiconque d'autre est visé est null.
`index.json` donne aux programmes la taille et le SHA-256 de chaque fichier.

"""


Parts = Mapping[Service, PartReported]


async def zipped(
    caller: Caller, community_id: UUID, asked: BundleAsked, told: Parts
) -> AsyncIterator[bytes]:
    """Every part is here and what it was told to be before the first byte is sent."""
    private_key = await caller.open(asked.private_key)
    if private_key is None:  # Who was erased a moment ago has none any more.
        raise NotFound("bundle_not_found", "Nobody asked for that, or its time is over.")
    store: Store = caller.service.gateways["files"]
    with ExitStack() as opened:
        parts: dict[Service, IO[bytes]] = {}
        for service, part in sorted(told.items()):
            into = opened.enter_context(tempfile.SpooledTemporaryFile(IN_MEMORY))
            place = (community_id, part.bundle_id, part.number, service)
            if not await fetched(store, file_of(*place, part.size, part.sha256), into):
                raise Unavailable(f"The part of {service} is not as it was packed.")
            parts[service] = into
        return _sent(opened.pop_all(), parts, asked, private_key)


async def _sent(
    opened: ExitStack, parts: Mapping[Service, IO[bytes]], asked: BundleAsked, private_key: str
) -> AsyncIterator[bytes]:
    archive, files = Archive(asked.asked_at), []
    with opened:
        for service, part in parts.items():
            with archive.file(f"{service}/data.json") as out:
                bound = bound_to(asked.bundle_id, asked.number, service)
                for piece in unsealed(part, private_key, bound):
                    out.write(piece)
                    yield archive.taken()
            files.append(_described(out, service))
    index = {
        "person_id": str(asked.person_id),
        "asked_at": asked.asked_at,
        "schema_version": SCHEMA_VERSION,
        "files": files,
    }
    with archive.file("index.json") as out:
        out.write(orjson.dumps(index, option=orjson.OPT_INDENT_2))
    with archive.file("README.txt") as out:
        out.write(_readme(asked.asked_at, parts).encode())
    archive.close()
    yield archive.taken()


def _described(out: Entry, service: Service) -> dict[str, Any]:
    english, french = HOLDS[service]
    return {
        "name": out.name,
        "service": service,
        "holds": {"en": english, "fr": french},
        "bytes": out.tell(),
        "sha256": out.sha256,
    }


def _readme(asked_at: datetime, parts: Mapping[Service, object]) -> str:
    lines = [
        f"{service}/data.json\n  {english}\n  {french}\n"
        for service, (english, french) in HOLDS.items()
        if service in parts
    ]
    return HEAD.format(asked_at=asked_at) + "\n".join(lines)
