"""What of billing goes out when an owner takes out their community, and what stays."""

from shared.takeout.columns import Table
from shared.takeout.community import Contents

CONTENTS = Contents(
    tables={
        "merchants": Table(),
        "policies": Table(),
        "tax_rates": Table(),
        "offers": Table(),
        "discounts": Table(),
        "payers": Table(),
        "customers": Table(),
        "checkouts": Table(),
        "payments": Table(),
        "disputes": Table(),
        "refunds_owed": Table(),
        "ledger": Table(),
        "subscriptions": Table(),
        "withdrawals": Table(),
        "stays": Table(),
        "exit_answers": Table(
            without={"comment": "A person's words; staff read them by `GET /exit-answers`."}
        ),
        "price_rises": Table(),
        "price_rises_of": Table(),
        "migrations": Table(),
        "migrations_prices": Table(),
        "takeovers": Table(),
        "commissions": Table(),
        "commissions_payouts": Table(),
        "reconciliations": Table(),
        "reconciliations_sums": Table(),
        "reconciliations_drifts": Table(),
        "donations": Table(
            without={"name": "A donor's word, for who may see it; staff read it by `GET /donors`."}
        ),
        "donations_gifts": Table(),
        "taken_in": Table(),
        "exports": Table(),
    },
    without={
        "offers_tiers": "Membership gives it, as `tiers`.",
        "offers_contents": "Membership gives it, as `contents`.",
        "origins": "Prints of people's ids elsewhere.",
        "organisations": "Membership gives it.",
        "organisations_representatives": "Membership gives it.",
        "documents": "Membership gives it.",
        "documents_accepted": "Membership gives it.",
        "staff_roles": "Membership gives it.",
        "visibility": "Membership gives it.",
        "forgotten": "Who was forgotten is in membership's `certificates`.",
        "own_data": "Where somebody is spoken of, for what they take out themselves.",
        "own_data_heard": "Where somebody is spoken of, for what they take out themselves.",
    },
)
