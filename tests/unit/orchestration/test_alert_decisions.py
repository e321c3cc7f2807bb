"""The file of acknowledged alerts: forgiving about form, strict about content."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from orchestration.alert_decisions import (
    alert_decisions_file,
    append_acknowledgement,
    parse_acknowledged,
    read_acknowledged,
)
from orchestration.decision_files import DecisionError
from orchestration.settings import Settings, read_settings

FIRST, SECOND = "1e7e8b4dc920", "57a0666838b5"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return replace(read_settings({"CX360_HOME": str(tmp_path)}),
                   company_folder=tmp_path / "company")


def test_without_a_file_nothing_is_acknowledged(settings: Settings) -> None:
    assert read_acknowledged(settings) == {}


def test_the_first_decision_about_an_alert_counts() -> None:
    content = (f"alert_id,decided_by,decided_at,reason\n{FIRST.upper()},A. B.,02.03.2026,geprüft\n"
               f"{FIRST},A. B.,2026-03-01,geprüft\n{SECOND},A. B.,2026-03-04,geprüft\n")
    assert parse_acknowledged(content.encode("windows-1252"), "alerts.csv") == {
        FIRST: date(2026, 3, 1), SECOND: date(2026, 3, 4)}


def test_every_row_that_cannot_be_used_is_named() -> None:
    content = f"alert_id;decided_by;decided_at;reason\nnps;A. B.;2026-03-01;x\n{FIRST};;gestern;\n"
    with pytest.raises(DecisionError) as error:
        parse_acknowledged(content.encode(), "alerts.csv")
    for part in ("row 2, column alert_id", "row 3, column decided_at",
                 "row 3, column decided_by", "row 3, column reason"):
        assert part in str(error.value)


def test_a_decision_is_added_and_read_again(settings: Settings) -> None:
    known = {FIRST: "new", SECOND: "over"}
    for row, day in ((2, 5), (3, 6)):
        assert append_acknowledgement(settings, FIRST, known=known, by="A. B.",
                                      on=date(2026, 3, day), reason="Streik,\nbekannt") == row
    assert read_acknowledged(settings) == {FIRST: date(2026, 3, 5)}
    assert "Streik, bekannt" in alert_decisions_file(settings).read_text(encoding="utf-8-sig")


@pytest.mark.parametrize(("identifier", "told"), [(SECOND, "is over"), ("abc", "is no alert")])
def test_only_an_open_alert_can_be_taken_on(
    settings: Settings, identifier: str, told: str,
) -> None:
    with pytest.raises(DecisionError, match=told):
        append_acknowledgement(settings, identifier, known={FIRST: "new", SECOND: "over"},
                               by="A. B.", on=date(2026, 3, 5), reason="x")
    assert not alert_decisions_file(settings).exists()
