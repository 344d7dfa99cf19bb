"""Analytics: what happened everywhere, as figures an organiser can act on."""

from pathlib import Path

from services.analytics.attribution.feature import FEATURE as ATTRIBUTION
from services.analytics.community.feature import FEATURE as COMMUNITY
from services.analytics.delivery.feature import FEATURE as DELIVERY
from services.analytics.exits.feature import FEATURE as EXITS
from services.analytics.recurring.feature import FEATURE as RECURRING
from services.analytics.retention.feature import FEATURE as RETENTION
from services.analytics.revenue.feature import FEATURE as REVENUE
from services.analytics.risk.feature import FEATURE as RISK
from services.analytics.settings import Settings
from services.analytics.sponsorship.feature import FEATURE as SPONSORSHIP
from services.analytics.takeout import CONTENTS
from shared import erasure
from shared.auth import HEARD_ROLES
from shared.contracts.analytics_bundle_part import PartPacked
from shared.contracts.analytics_destruction import KeptDataDestroyed, PersonDataDestroyed
from shared.contracts.analytics_privacy import PersonForgotten
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

REACH = Reach(all_of=all_in)
MOUNTED = (
    COMMUNITY,
    RECURRING,
    REVENUE,
    RETENTION,
    EXITS,
    RISK,
    ATTRIBUTION,
    SPONSORSHIP,
    DELIVERY,
    Feature(name="staff", projections=(HEARD_ROLES,)),
    MERGED,
    bundle_part("analytics", BundleAsked, REACH, PartPacked),
    exports("analytics"),
    community("analytics", CONTENTS),
    erasure.feature("analytics", PersonErased, PersonForgotten),
    destruction("analytics", PersonErased, PersonDataDestroyed, KeptDataDestroyed),
)
FEATURES = (*MOUNTED, own_data("analytics", MOUNTED, REACH), retention("analytics"))


def blueprint() -> Blueprint:
    """The service as the environment describes it."""
    return blueprint_of(Settings())


def blueprint_of(settings: Settings) -> Blueprint:
    return Blueprint(
        name="analytics",
        settings=settings,
        features=FEATURES,
        migrations=Path(__file__).parent / "migrations",
        gateways=stores(settings, "analytics"),
    )
