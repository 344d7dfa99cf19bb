"""Events: what people come together for, the seats there are, and who has one."""

from pathlib import Path

from services.events import worker
from services.events.access.feature import FEATURE as ACCESS
from services.events.gathering.feature import FEATURE as GATHERING
from services.events.hold.feature import FEATURE as HOLD
from services.events.key.feature import FEATURE as KEY
from services.events.quotes import QuoteSigner
from services.events.sale.feature import FEATURE as SALE
from services.events.settings import Settings
from services.events.takeout import CONTENTS
from services.events.ticket.feature import FEATURE as TICKET
from services.events.ticket_export.feature import FEATURE as TICKET_EXPORT
from shared import erasure
from shared.auth import HEARD_ROLES
from shared.contracts.events_bundle_part import PartPacked
from shared.contracts.events_destruction import KeptDataDestroyed, PersonDataDestroyed
from shared.contracts.events_privacy import PersonForgotten
from shared.contracts.membership_bundle import BundleAsked
from shared.contracts.membership_member import PersonErased
from shared.feature import Feature
from shared.merging.persons import MERGED, all_in
from shared.service import Blueprint
from shared.takeout.community import community
from shared.takeout.destruction import destruction
from shared.takeout.exports import exports
from shared.takeout.own_data import own_data
from shared.takeout.packing import bundle_part
from shared.takeout.retention import retention
from shared.takeout.search import Reach
from shared.takeout.store import stores
from shared.visibility.gate import VISIBILITY

REACH = Reach(all_of=all_in)
MOUNTED = (
    GATHERING,
    SALE,
    HOLD,
    TICKET,
    KEY,
    ACCESS,
    Feature(name="staff", projections=(HEARD_ROLES,)),
    VISIBILITY,
    MERGED,
    TICKET_EXPORT,
    bundle_part("events", BundleAsked, REACH, PartPacked),
    exports("events"),
    community("events", CONTENTS),
    erasure.feature("events", PersonErased, PersonForgotten),
    destruction("events", PersonErased, PersonDataDestroyed, KeptDataDestroyed),
)
FEATURES = (*MOUNTED, own_data("events", MOUNTED, REACH), retention("events"))


def blueprint() -> Blueprint:
    """The service as the environment describes it."""
    return blueprint_of(Settings())


def blueprint_of(settings: Settings) -> Blueprint:
    return Blueprint(
        name="events",
        settings=settings,
        features=FEATURES,
        migrations=Path(__file__).parent / "migrations",
        gateways={
            "quotes": QuoteSigner(settings.quote_key.get_secret_value()),
            **stores(settings, "events"),
        },
        on_start=worker.announce_quote_key,
    )
