"""ML tables of the alerts: what is watched, what changed, what changed with it."""

from __future__ import annotations

from models_ml.table_types import MODEL_VERSION, MlColumn, MlTable

_C = MlColumn
ALERT_STATES = ("new", "acknowledged", "over")
WATCH_STATES = ("watched", "no_data", "too_short", "too_few", "season_unknown", "stopped")
END_REASONS = ("returned", "new_level", "worsened", "no_data", "withdrawn")
_SERIES = _C("series_id", "string", "The series, a row of the seed alert_series.")
_ALERT = _C("alert_id", "string", "The alert.")

ALERT_TABLES: tuple[MlTable, ...] = (
    MlTable(
        "watched_series",
        "One row per series of the seed alert_series, and whether it can be watched.",
        ("series_id",),
        (
            _SERIES,
            _C("watch_state", "string", "watched; no_data: nothing was delivered; too_short: less "
               "than ten weeks; too_few: too few records to judge a day; season_unknown: two years "
               "are needed to tell the months apart; stopped: nothing came for a month.",
               values=WATCH_STATES),
            _C("first_date", "date", "First day with records.", nullable=True),
            _C("last_date", "date", "Last day with records.", nullable=True),
            _C("overdispersion", "double", "Variance of days by their sampling variance.",
               nullable=True, minimum=1),
            _C("reference_value", "double", "k of the CUSUM.", nullable=True, minimum=0),
            _C("decision_limit", "double", "h of the CUSUM.", nullable=True, minimum=0),
            MODEL_VERSION,
        ),
    ),
    MlTable(
        "alert_series_days",
        "One row per watched series and day with records: value, what was expected, bounds, CUSUM.",
        ("series_id", "observed_date"),
        (
            _SERIES,
            _C("observed_date", "date", "The day."),
            _C("records_count", "integer", "Records of the day; of a count the number itself.",
               minimum=0),
            _C("exposure", "double", "What the total is divided by: the records; of a count what "
               "it is compared with, else 1.", minimum=0),
            _C("value", "double", "Value in the unit of the series."),
            _C("expected_value", "double", "What the days before let expect; empty before the "
               "series was watched.", nullable=True),
            _C("expected_low", "double", "Lower end of what 95 % of such days show; it may lie "
               "where no value can.", nullable=True),
            _C("expected_high", "double", "Upper end.", nullable=True),
            _C("residual", "double", "Distance in standard deviations, at most 4.", nullable=True),
            _C("cusum_up", "double", "Chart of rises.", nullable=True, minimum=0),
            _C("cusum_down", "double", "Chart of falls.", nullable=True, minimum=0),
        ),
    ),
    MlTable(
        "alerts",
        "One row per alert: a series that changed, from when, by how much, and whether it still is "
        "so.",
        ("alert_id",),
        (
            _C("alert_id", "string", "Hash of series, direction and first day; never changes."),
            _SERIES,
            _C("event_id", "string", "Alerts of one event have the id of its leading alert."),
            _C("is_leading", "boolean", "The alert that stands for the event."),
            _C("alert_state", "string", "new; acknowledged: in decisions/alerts.csv; over.",
               values=ALERT_STATES),
            _C("change_direction", "string", "up or down.", values=("up", "down")),
            _C("is_worse", "boolean", "It is the bad direction; empty where neither is.",
               nullable=True),
            _C("started_date", "date", "First day of the change."),
            _C("raised_date", "date", "Day on which the chart told it."),
            _C("ended_date", "date", "Last day of the change; empty while it goes on.",
               nullable=True),
            _C("closed_date", "date", "Day on which its end was told.", nullable=True),
            _C("end_reason", "string", "returned: days are as before; new_level: it lasted 90 days "
               "and is usual now; worsened: a larger change, an alert of its own, took its "
               "place; no_data: the series stopped; withdrawn: a later "
               "run no longer finds it.", nullable=True, values=END_REASONS),
            _C("first_reported_date", "date", "As-of date of the run that first told it."),
            _C("acknowledged_date", "date", "When somebody took it on.", nullable=True),
            _C("days_count", "integer", "Days with records that it rests on.", minimum=0),
            _C("records_count", "integer", "Records of these days.", minimum=0),
            _C("observed_value", "double", "Mean since its start.", nullable=True),
            _C("expected_value", "double", "What was expected of these days.", nullable=True),
            _C("change_size", "double", "Observed less expected.", nullable=True),
            _C("change_low", "double", "Lower end of its 95 % interval.", nullable=True),
            _C("change_high", "double", "Upper end.", nullable=True),
            _C("change_share", "double", "Change by what was expected; empty of shares and scores.",
               nullable=True),
            _C("effect_size", "double", "Mean distance of its days in standard deviations.",
               nullable=True),
            _C("headline_en", "string", "What happened, in English."),
            _C("headline_de", "string", "The same in German."),
            _C("reason_en", "string", "What moved with it and where it shows most, in English."),
            _C("reason_de", "string", "The same in German."),
            MODEL_VERSION,
        ),
    ),
    MlTable(
        "alert_slices",
        "One row per alert and slice that contributed most to it.",
        ("alert_id", "dimension", "dimension_value"),
        (
            _ALERT,
            _C("dimension", "string", "What is sliced by."),
            _C("dimension_value", "string", "The slice."),
            _C("value_name_en", "string", "Its English name, else its code."),
            _C("value_name_de", "string", "Its German name, else its code."),
            _C("slice_rank", "integer", "1 contributed most of its dimension.", minimum=1),
            _C("records_count", "integer", "Records of the slice since the start.", minimum=1),
            _C("observed_value", "double", "Its value since the start."),
            _C("usual_value", "double", "Its value before."),
            _C("contribution", "double", "What it added to the change, in its unit."),
            _C("contribution_share", "double", "The same by the change; 1 is all of it."),
        ),
    ),
    MlTable(
        "alert_reasons",
        "One row per alert and series that moved with it.",
        ("alert_id", "reason_series_id"),
        (
            _ALERT,
            _C("reason_series_id", "string", "The series that moved."),
            _C("reason_rank", "integer", "1 moved most.", minimum=1),
            _C("observed_value", "double", "Its value on the days of the alert."),
            _C("expected_value", "double", "What was expected of it."),
            _C("effect_size", "double", "Mean distance of its days in standard deviations."),
        ),
    ),
    MlTable(
        "series_changes",
        "One row per change of level of a series in hindsight.",
        ("series_id", "changed_date"),
        (
            _SERIES,
            _C("changed_date", "date", "First day of the new level."),
            _C("level_before", "double", "Level up to the change before, weekdays and months taken "
               "out."),
            _C("level_after", "double", "Level until the next change."),
            _C("change_size", "double", "level_after less level_before."),
            _C("change_low", "double", "Lower end of its 95 % interval."),
            _C("change_high", "double", "Upper end."),
            MODEL_VERSION,
        ),
    ),
)
