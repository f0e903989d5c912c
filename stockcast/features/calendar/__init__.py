"""What the date tells: seasons, holidays, policy and earnings seasons, the cycle, long horizons."""

from stockcast.features.calendar import (
    cycle,
    holidays,
    horizons,
    policy_seasons,
    reports,
    seasons,
)

MODULES = (
    seasons, holidays, policy_seasons, reports, cycle, horizons,
)  # fmt: skip
