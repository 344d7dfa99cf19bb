"""What is given, as a letter calls it, and for how long."""

from uuid import UUID

from services.membership.content.projections import published_now
from services.membership.member.events import Language
from services.membership.present.events import Interval, Thing
from services.membership.tier.projections import tier_name
from shared.decider import NotFound
from shared.service import Service

FOR_GOOD: dict[Language, str] = {"en": "for good", "fr": "pour toujours"}
FOR: dict[Language, str] = {"en": "for {count} {interval}", "fr": "pendant {count} {interval}"}
INTERVALS: dict[Language, dict[Interval, tuple[str, str]]] = {
    "en": {
        "week": ("week", "weeks"),
        "month": ("month", "months"),
        "quarter": ("quarter", "quarters"),
        "year": ("year", "years"),
    },
    "fr": {
        "week": ("semaine", "semaines"),
        "month": ("mois", "mois"),
        "quarter": ("trimestre", "trimestres"),
        "year": ("an", "ans"),
    },
}


def lasting(thing: Thing, language: Language) -> str:
    """Such as "for 3 months"."""
    if thing.interval == "once":
        return FOR_GOOD[language]
    one, many = INTERVALS[language][thing.interval]
    interval = one if thing.count == 1 else many
    return FOR[language].format(count=thing.count, interval=interval)


async def name_of(service: Service, community_id: UUID, thing: Thing, language: Language) -> str:
    """The tier's name; of what opens content alone, its title, in that language if it has one."""
    async with service.pool.acquire() as connection:
        tier = await tier_name(connection, thing.tier_id)
    if tier or thing.content_id is None:
        return tier or ""
    try:
        item, _ = await published_now(service, community_id, thing.content_id)
    except NotFound:
        return ""
    return next(
        (words.title for words in item.words if words.language == language), item.words[0].title
    )
