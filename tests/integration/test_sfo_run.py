"""San Francisco airport: four surveys whose columns have other names, through one declaration."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest
from company import Company

from ingestion.declaration import read_declaration
from orchestration.settings import PROJECT

pytestmark = pytest.mark.public_data
SOURCES = PROJECT / "ingestion" / "sources" / "examples" / "sfo_survey"
RESPONSES = {"2013": 3535, "2014": 2818, "2015": 2958, "2017": 2831}


@pytest.fixture(scope="module")
def airport(tmp_path_factory: pytest.TempPathFactory, parsed_project: Path,
            public_extracts: Path) -> Company:
    company = Company(tmp_path_factory.mktemp("sfo") / "home", SOURCES,
                      public_extracts / "sfo_survey")
    company.cx360("run")
    return company


def ratings() -> dict[str, tuple[str, ...]]:
    (table,) = (t for t in read_declaration(SOURCES / "sfo_survey.yml").tables
                if t.label == "ratings")
    assert table.unpivot
    return table.unpivot.accepted


def expected(extracts: Path) -> Iterator[tuple[str, str, int, float, float, float]]:
    """Dimension, year, n, mean, weighted mean and top-two-box share, read from the files."""
    for year in RESPONSES:
        with (extracts / f"{year}.csv").open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file))
        for dimension, names in ratings().items():
            (name,) = (name for name in names if name in rows[0])
            scores = [(int(row[name]), float(row["WEIGHT"])) for row in rows
                      if row[name] in {"1", "2", "3", "4", "5"}]
            yield (dimension, year, len(scores), sum(s for s, _ in scores) / len(scores),
                   sum(s * w for s, w in scores) / sum(w for _, w in scores),
                   sum(s >= 4 for s, _ in scores) / len(scores))


def test_every_response_of_every_year_is_loaded(airport: Company) -> None:
    assert {load.state for load in airport.zone.loads()} == {"admitted"}
    for year, responses in RESPONSES.items():
        loads = {load.label: load for load in airport.zone.loads() if load.file == f"{year}.csv"}
        assert loads["survey.responses"].rows_accepted == responses
        assert loads["ratings"].rows_accepted == responses * len(ratings())
        assert ("recommendation" in loads) == (year == "2017")
    assert airport.read("select count(*), count_if(score_status = 'no_scale') from survey_answers"
                        ) == [(sum(RESPONSES.values()) * len(ratings()) + 2831, 0)]


def test_satisfaction_per_driver_and_year_is_that_of_the_files(airport: Company) -> None:
    cells = sorted(expected(airport.extracts))
    found = airport.read("""
        select dimension, period, n, mean_score, weighted_mean_score, top_two_box_share
        from reporting.satisfaction_by_dimension_and_period where grain = 'year' order by 1, 2""")
    assert len(cells) == 25 * 4
    for cell, row in zip(cells, found, strict=True):
        assert row == pytest.approx(cell)


def test_satisfaction_by_figures_on_paper(airport: Company) -> None:
    """As a whole and with the wireless internet, counted with a spreadsheet."""
    assert airport.read("""
        select dimension, period, n, round(mean_score, 3), round(top_two_box_share, 3)
        from reporting.satisfaction_by_dimension_and_period
        where grain = 'year' and dimension in ('overall', 'wifi') order by 1, 2""") == [
        ("overall", "2013", 3334, 3.982, 0.793), ("overall", "2014", 2677, 3.996, 0.789),
        ("overall", "2015", 2810, 4.048, 0.8), ("overall", "2017", 2688, 4.064, 0.821),
        ("wifi", "2013", 2227, 3.652, 0.627), ("wifi", "2014", 1956, 3.91, 0.703),
        ("wifi", "2015", 2102, 4.03, 0.73), ("wifi", "2017", 2142, 4.08, 0.746)]


def test_a_driver_that_was_never_used_is_not_applicable(airport: Company) -> None:
    assert airport.read("""
        select extract(year from responded_date), count(*) from survey_answers
        where dimension = 'long_term_parking' and score_status = 'not_applicable'
        group by 1 order by 1""") == [(2013, 2427), (2014, 1913), (2015, 1932), (2017, 1816)]


def test_nps_is_of_the_year_that_asked(airport: Company) -> None:
    """Code 11 is kept, but it lies outside the scale."""
    ((period, value, n),) = airport.read("""
        select period, value, n from reporting.kpi_values
        where kpi_id = 'nps' and grain = 'month' and dimension = 'all'""")
    assert (period, round(value, 1), n) == ("2017-05", 39.8, 2746)
    ((weighted,),) = airport.read("""
        select 100 * sum(weight * case nps_class when 'promoter' then 1 when 'detractor' then -1
            else 0 end) / sum(weight)
        from survey_answers where nps_class is not null""")
    assert round(weighted, 1) == 40.4
    assert airport.read("""select count(*) from survey_answers
        where question_type = 'nps' and score_status = 'out_of_scale'""") == [(84,)]
