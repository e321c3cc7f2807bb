"""Public holidays per region, from the library `holidays`.

Knows only which days are holidays; when a department works is the company's seed `service_hours`.
"""

from __future__ import annotations

from collections.abc import Iterable

import holidays
import pandas as pd

GERMAN_STATES = tuple(f"DE-{state}" for state in (
    "BB", "BE", "BW", "BY", "HB", "HE", "HH", "MV", "NI", "NW", "RP", "SH", "SL", "SN", "ST", "TH"))
COLUMNS = ("region", "holiday_date", "name_de", "name_en")


def list_public_holidays(
    regions: Iterable[str], *, first_year: int, last_year: int,
) -> pd.DataFrame:
    """Return the public holidays of regions, both years included.

    Args:
        regions: ISO 3166-2 codes such as `DE-BY`, or 3166-1 codes of whole countries such as `NL`.
        first_year: first calendar year.
        last_year: last calendar year.

    Returns:
        One row per region and holiday: `region`, `holiday_date` (date), `name_de`, `name_en`. Where
        the library has no German or English name, the name in the country's own language. A day
        that is two holidays is one row with both names.

    Raises:
        ValueError: a region that the library does not know; the message names it.
    """
    years = range(first_year, last_year + 1)
    rows = []
    for region in sorted(set(regions)):
        german, english = (_holidays_of(region, years, language) for language in ("de", "en_US"))
        rows += [(region, day, german[day], english[day]) for day in sorted(german)]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _holidays_of(region: str, years: range, language: str) -> holidays.HolidayBase:
    country, _, subdivision = region.partition("-")
    try:
        whole = holidays.country_holidays(country)
        return holidays.country_holidays(
            country, subdiv=subdivision or None, years=years,
            language=language if language in whole.supported_languages else whole.default_language)
    except NotImplementedError as error:
        raise ValueError(
            f"'{region}' is not a region whose public holidays are known; "
            "write an ISO 3166-2 code such as DE-BY") from error
