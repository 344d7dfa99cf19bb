"""When who has accepted an offer to stay may accept another: months end as the calendar has them."""

from datetime import datetime

from dateutil.relativedelta import relativedelta


def again_from(accepted_at: datetime, months: int) -> datetime:
    return accepted_at + relativedelta(months=months)
