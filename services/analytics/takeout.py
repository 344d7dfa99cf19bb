"""What of analytics goes out when an owner takes out their community, and what stays."""

from shared.takeout.columns import Table
from shared.takeout.community import Contents

CONTENTS = Contents(
    tables={
        "recurring_subscriptions": Table(),
        "recurring_changes": Table(),
        "recurring_movements": Table(),
        "takings": Table(),
        "members_doors": Table(),
        "access_doors": Table(),
        "exits": Table(),
        "attribution_leads": Table(),
        "attribution_payments": Table(),
        "taken_in": Table(),
        "risks": Table(),
        "exports": Table(),
    },
    without={
        "communities": "Membership gives it.",
        "members_moves": "Membership gives it.",
        "members_merges": "It is in `taken_in`.",
        "access_moves": "Membership gives it.",
        "access_merges": "It is in `taken_in`.",
        "recurring_merges": "It is in `taken_in`.",
        "staff_roles": "Membership gives it.",
        "risks_causes": "It is in `risks`, by its reason.",
        "risks_days": "Membership gives it, as `activity`.",
        "risks_people": "Membership gives it.",
        "sponsorships_placements": "Membership gives it.",
        "sponsorships_contacts": "Membership gives it.",
        "forgotten": "Who was forgotten is in membership's `certificates`.",
        "own_data": "Where somebody is spoken of, for what they take out themselves.",
        "own_data_heard": "Where somebody is spoken of, for what they take out themselves.",
    },
)
