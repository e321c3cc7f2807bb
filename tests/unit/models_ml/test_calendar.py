from datetime import date

import pytest

from models_ml.calendar import GERMAN_STATES, list_public_holidays


def days_of(region, year=2026):
    listed = list_public_holidays([region], first_year=year, last_year=year)
    return dict(zip(listed["holiday_date"], listed["name_de"], strict=True))


@pytest.mark.parametrize(("day", "states"), [
    (date(2026, 1, 6), {"DE-BW", "DE-BY", "DE-ST"}),
    (date(2026, 3, 8), {"DE-BE", "DE-MV"}),
    (date(2026, 6, 4), {"DE-BW", "DE-BY", "DE-HE", "DE-NW", "DE-RP", "DE-SL"}),
    (date(2026, 10, 31), {"DE-BB", "DE-HB", "DE-HH", "DE-MV", "DE-NI", "DE-SH", "DE-SN", "DE-ST",
                          "DE-TH"}),
    (date(2026, 11, 18), {"DE-SN"}),
    (date(2026, 12, 25), set(GERMAN_STATES)),
    (date(2026, 12, 24), set()),
])
def test_a_holiday_holds_in_its_states(day, states):
    assert {state for state in GERMAN_STATES if day in days_of(state)} == states


def test_names_are_german_and_english():
    listed = list_public_holidays(["DE-BE"], first_year=2026, last_year=2026).set_index(
        "holiday_date")

    assert tuple(listed.loc[date(2026, 4, 6), ["name_de", "name_en"]]) == (
        "Ostermontag", "Easter Monday")


def test_a_country_without_german_names_keeps_its_own():
    assert days_of("NL")[date(2026, 4, 27)] == "Koningsdag"


def test_regions_are_listed_once_in_order_for_all_years():
    listed = list_public_holidays(["DE-BY", "AT-9", "DE-BY"], first_year=2025, last_year=2026)

    assert listed["region"].unique().tolist() == ["AT-9", "DE-BY"]
    assert not listed.duplicated(["region", "holiday_date"]).any()
    assert {day.year for day in listed["holiday_date"]} == {2025, 2026}


@pytest.mark.parametrize("region", ["DE-XX", "Bayern", "XX"])
def test_an_unknown_region_is_named(region):
    with pytest.raises(ValueError, match=f"'{region}' is not a region"):
        list_public_holidays([region], first_year=2026, last_year=2026)


def test_no_region_no_rows():
    listed = list_public_holidays([], first_year=2026, last_year=2026)

    assert listed.columns.tolist() == ["region", "holiday_date", "name_de", "name_en"]
    assert listed.empty
