"""Commands about who is who: what they write, what they print, and how they end."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner, Result

from orchestration.cli import main
from orchestration.identity_review import describe_model

UNKNOWN = "0" * 32


@pytest.fixture
def company(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CX360_COMPANY", str(tmp_path / "company"))
    monkeypatch.setenv("CX360_HOME", str(tmp_path / "home"))
    return tmp_path / "company"


def cx360(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def test_a_decision_is_a_row_with_todays_date(company: Path) -> None:
    result = cx360("identity", "decide", "same", "crm/1", "crm/2", "--by", "Änne", "--reason", "x")
    assert result.exit_code == 0, result.output
    file = company / "decisions" / "identity.csv"
    assert result.output == f"Row 2 of {file}; `cx360 run` applies it.\n"
    assert file.read_text(encoding="utf-8-sig").splitlines()[1] == (
        f"same;crm/1;crm/2;Änne;{date.today().isoformat()};x")


def test_a_decision_that_cannot_be_used_ends_with_a_sentence(company: Path) -> None:
    result = cx360("identity", "decide", "same", "crm/1", "1", "--by", "x", "--reason", "x",
                   "--on", "2026-03-31")
    assert result.exit_code == 2
    assert "row 2, column right_record: names no record" in result.output
    assert not (company / "decisions").exists()


@pytest.mark.parametrize("command", [
    ("explain", "customer", UNKNOWN), ("explain", "kpi", "nps"), ("identity", "review"),
    ("identity", "train"),
])
def test_before_the_first_run_the_remedy_is_told(company: Path, command: tuple[str, ...]) -> None:
    result = cx360(*command)
    assert result.exit_code == 1
    assert result.output.startswith("cx360: ")
    assert "run `cx360 run`" in result.output


def test_a_model_is_told_level_by_level_in_bits() -> None:
    model = SimpleNamespace(
        version="abc", records_count=100, matches_count=12.0, prior=0.0024,
        fitted_by=("l.email = r.email",),
        weights=lambda: [("birth_date", "equal", 0.5, 0.0625, 3.0),
                         ("birth_date", "different", 0.5, 0.9375, -0.907),
                         ("gender", "equal", 0.5, 0.125, 2.0)])
    lines = describe_model(model)  # type: ignore[arg-type]
    assert lines[1:3] == ["records     100, 4,950 pairs", "matches     12 expected"]
    assert [line.split() for line in lines[-3:]] == [
        ["birth", "date", "equal", "0.5000", "0.06250", "+3.0"],
        ["different", "0.5000", "0.93750", "-0.9"],
        ["gender", "equal", "0.5000", "0.12500", "+2.0"]]
