"""Commands about texts: what they write, what they print, and how they end."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from orchestration.cli import main


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CX360_COMPANY", str(tmp_path / "company"))
    monkeypatch.setenv("CX360_HOME", str(tmp_path / "home"))
    seeds = tmp_path / "company" / "seeds"
    seeds.mkdir(parents=True)
    (seeds / "topics.csv").write_text("topic\ndelivery\nprice\n")
    return tmp_path / "company" / "decisions" / "text.csv"


def correct(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["text", "correct", *arguments, "--by", "Änne",
                                     "--reason", "read it"])


def test_a_correction_is_a_row_with_todays_date(file: Path) -> None:
    result = correct("survey/1", "--sentiment", "positive")
    assert result.exit_code == 0, result.output
    assert result.output == f"Row 2 of {file}; `cx360 run` applies it.\n"
    assert file.read_text(encoding="utf-8-sig").splitlines()[1] == (
        f"survey/1;sentiment;positive;Änne;{date.today().isoformat()};read it")


def test_several_fields_are_several_rows(file: Path) -> None:
    result = correct("survey/1", "--topic", "price|delivery", "--department", "logistics",
                     "--on", "2026-03-31")
    assert result.output == f"Rows 2 to 3 of {file}; `cx360 run` applies them.\n"
    assert [row.split(";")[1:3] for row in file.read_text(encoding="utf-8").splitlines()[1:]] == [
        ["topic", "price|delivery"], ["department", "logistics"]]


def test_whoever_names_a_text_by_its_key_is_told_how_long_it_holds(file: Path) -> None:
    by_key = correct("0372E51B52A9732D0BF6D59EB6CEDA37", "--urgency", "high")
    assert by_key.exit_code == 0, by_key.output
    row, told = by_key.output.splitlines()
    assert row == f"Row 2 of {file}; `cx360 run` applies it."
    assert "only while the text stays as it is" in told and "source/reference" in told


@pytest.mark.parametrize(("arguments", "sentence"), [
    (("survey/1",), "say what is true: --sentiment, --topic"),
    (("survey/1", "--sentiment", "good"), "Invalid value for '--sentiment'"),
    (("survey/1", "--department", "cellar"), "row 2, column value: no department; write marketing"),
    (("1", "--intent", "idea"), "row 2, column text: names no text"),
])
def test_a_correction_that_cannot_be_used_ends_with_a_sentence(
    file: Path, arguments: tuple[str, ...], sentence: str,
) -> None:
    result = correct(*arguments)
    assert result.exit_code == 2
    assert sentence in result.output
    assert not file.exists()
