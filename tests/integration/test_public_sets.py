"""Every public set loads through its shipped declaration, and its odd codes mean what they mean.

Expected numbers of rows are those of the sets' own description or counted without this project.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

import ingestion
from ingestion.declaration import read_declarations
from ingestion.loading import LoadReport, load_extracts
from ingestion.raw_zone import RawZone

pytestmark = pytest.mark.public_data
EXAMPLES = Path(ingestion.__file__).parent / "sources" / "examples"
FOLDERS = {"febrl_1": "identity", "febrl_2": "identity", "fake_1000": "identity"}

# Example, table, file -> rows read, accepted, rejected, repeated.
LOADS = {
    ("airline_tweets", "social.posts", "tweets.csv"): (6548, 6548, 0, 0),
    ("banking77", "crm.cases", "train.csv"): (10003, 10003, 0, 0),
    ("complete_journey", "crm.campaigns", "campaign_descriptions.parquet"): (27, 27, 0, 0),
    ("complete_journey", "crm.customers", "demographics.parquet"): (801, 801, 0, 0),
    ("complete_journey", "pos.order_lines", "transactions_sample.parquet"): (75000, 75000, 0, 0),
    ("complete_journey", "pos.orders", "transactions_sample.parquet"): (75000, 47243, 0, 27757),
    ("complete_journey", "pos.products", "products.parquet"): (92331, 92331, 0, 0),
    ("fake_1000", "crm.customers", "fake_1000.csv"): (1000, 1000, 0, 0),
    ("febrl_1", "crm.customers", "dataset1.csv"): (1000, 1000, 0, 0),
    ("febrl_2", "crm.customers", "dataset2.csv"): (5000, 5000, 0, 0),
    ("germeval2017", "social.posts", "dev.tsv"): (2584, 2584, 0, 0),
    ("olist", "crm.customers", "olist_customers_dataset.csv"): (8135, 8135, 0, 0),
    ("olist", "pos.order_lines", "olist_order_items_dataset.csv"): (8365, 8365, 0, 0),
    ("olist", "pos.orders", "olist_orders_dataset.csv"): (8135, 8135, 0, 0),
    ("olist", "pos.products", "olist_products_dataset.csv"): (5460, 5460, 0, 0),
    ("olist", "pos.stores", "olist_sellers_dataset.csv"): (1610, 1610, 0, 0),
    ("olist", "review_comments", "olist_order_reviews_dataset.csv"): (8225, 8225, 0, 0),
    ("olist", "review_scores", "olist_order_reviews_dataset.csv"): (8225, 8225, 0, 0),
    ("olist", "survey.questions", "olist.yml"): (2, 2, 0, 0),
    ("olist", "survey.responses", "olist_order_reviews_dataset.csv"): (8225, 8225, 0, 0),
    ("online_retail", "pos.order_lines", "customer_raw.parquet"): (541909, 536641, 5268, 0),
    ("online_retail", "pos.orders", "customer_raw.parquet"): (541909, 25900, 0, 516009),
    ("online_retail", "pos.products", "customer_raw.parquet"): (541909, 4070, 0, 537839),
    ("sb10k", "social.posts", "dev.tsv"): (747, 747, 0, 0),
    ("sb10k", "social.posts", "train.tsv"): (5230, 5227, 3, 0),
    **{("sfo_survey", "survey.responses", f"{year}.csv"): (rows, rows, 0, 0)
       for year, rows in ((2013, 3535), (2014, 2818), (2015, 2958), (2017, 2831))},
    **{("sfo_survey", "ratings", f"{year}.csv"): (25 * rows, 25 * rows, 0, 0)
       for year, rows in ((2013, 3535), (2014, 2818), (2015, 2958), (2017, 2831))},
    ("sfo_survey", "recommendation", "2017.csv"): (2831, 2831, 0, 0),
    ("sfo_survey", "survey.questions", "sfo_survey.yml"): (26, 26, 0, 0),
    ("uci_sentences", "social.posts", "amazon_cells_labelled.txt"): (1000, 1000, 0, 0),
    ("uci_sentences", "social.posts", "imdb_labelled.txt"): (1000, 1000, 0, 0),
    ("uci_sentences", "social.posts", "yelp_labelled.txt"): (1000, 1000, 0, 0),
}
NAMES = sorted({name for name, _, _ in LOADS})


class PublicSets:
    """The examples, each loaded once for all tests."""

    def __init__(self, extracts: Path, home: Path) -> None:
        self._extracts, self._home = extracts, home
        self._loaded: dict[str, tuple[RawZone, LoadReport]] = {}

    def load(self, name: str) -> tuple[RawZone, LoadReport]:
        if name not in self._loaded:
            zone = RawZone(self._home / name)
            self._loaded[name] = zone, load_extracts(
                read_declarations(EXAMPLES / name), self._extracts / FOLDERS.get(name, name), zone)
        return self._loaded[name]

    def ask(self, name: str, label: str, query: str) -> list[tuple[Any, ...]]:
        """Answer of a query on the accepted `rows` of one table of an example."""
        zone, report = self.load(name)
        files = [str(path) for path in zone.files_of(
            one for one in report.loaded if one.label == label)]
        return duckdb.sql(f"with rows as (from read_parquet({files})) {query}").fetchall()


@pytest.fixture(scope="module")
def sets(public_extracts: Path, tmp_path_factory: pytest.TempPathFactory) -> PublicSets:
    return PublicSets(public_extracts, tmp_path_factory.mktemp("public"))


def test_every_set_has_a_declaration_and_every_declaration_is_tested(
    public_extracts: Path,
) -> None:
    assert sorted(path.name for path in EXAMPLES.iterdir()) == NAMES
    folders = {path.name for path in public_extracts.iterdir() if path.is_dir()}
    assert folders == {FOLDERS.get(name, name) for name in NAMES}


@pytest.mark.parametrize("name", NAMES)
def test_every_row_of_a_set_is_accepted_rejected_or_repeated(
    name: str, sets: PublicSets,
) -> None:
    _, report = sets.load(name)
    assert not report.problems
    counts = {(name, one.label, one.file): (
        one.rows_read, one.rows_accepted, one.rows_rejected, one.rows_repeated)
        for one in report.loaded}
    assert counts == {key: rows for key, rows in LOADS.items() if key[0] == name}
    assert all(read == accepted + rejected + repeated
               for read, accepted, rejected, repeated in counts.values())


def test_codes_of_the_airport_are_no_scores(sets: PublicSets) -> None:
    """On ratings 0 and `Blank` are no answer, 6 is "never used"; scores are 1 to 5."""
    ((least, most, unused, unscored, answered),) = sets.ask("sfo_survey", "ratings", """
        select min(score), max(score), count(*) filter (is_not_applicable),
            count(score) filter (is_not_applicable),
            count(score) filter (question_ref = 'wifi') from rows""")
    assert (least, most, unscored) == (1, 5, 0)
    assert unused > 1000
    assert answered > 1000


def test_code_11_of_the_recommendation_is_kept_outside_its_scale(sets: PublicSets) -> None:
    """The published figure without it is an NPS of 39.8."""
    ((above, nps),) = sets.ask("sfo_survey", "recommendation", """
        select count(*) filter (score = 11), 100.0 * (
            count(*) filter (score between 9 and 10) - count(*) filter (score <= 6))
            / count(*) filter (score <= 10) from rows""")
    ((ends,),) = sets.ask("sfo_survey", "survey.questions", """
        select scale_max from rows where source_record_ref = 'recommendation'""")
    assert above > 0
    assert round(nps, 1) == 39.8
    assert ends == 10


@pytest.mark.parametrize(("name", "label", "column", "code"), [
    ("online_retail", "pos.products", "name", "None"),
    ("online_retail", "pos.products", "name", "nan"),
    ("germeval2017", "social.posts", "text", "null"),
    ("sfo_survey", "survey.responses", "gender", "Blank"),
])
def test_words_for_nothing_are_empty(
    name: str, label: str, column: str, code: str, sets: PublicSets,
) -> None:
    ((coded, empty),) = sets.ask(name, label, f"select count(*) filter ({column} = '{code}'), "
                            f"count(*) - count({column}) from rows")
    assert coded == 0
    assert empty > 0


@pytest.mark.parametrize("name", ["airline_tweets", "sb10k"])
def test_references_of_html_are_resolved(name: str, sets: PublicSets) -> None:
    ((left, ampersands),) = sets.ask(
        name, "social.posts", "select count(*) filter (text like '%&amp;%' or text like '%&gt;%'),"
        " count(*) filter (text like '%&%') from rows")
    assert left == 0
    assert ampersands > 0


def test_reviews_that_share_an_id_are_told_apart_by_their_order(sets: PublicSets) -> None:
    ((rows, reviews),) = sets.ask("olist", "survey.responses", """
        select count(*), count(distinct split_part(source_record_ref, '|', 1)) from rows""")
    assert rows - reviews == 34


def test_quoted_line_breaks_stay_in_the_text(sets: PublicSets) -> None:
    for name, label, expected in (("airline_tweets", "social.posts", 61),
                                  ("olist", "review_comments", None)):
        ((broken,),) = sets.ask(name, label,
                           "select count(*) filter (contains(text, chr(10))) from rows")
        assert broken == expected if expected else broken > 100


def test_lines_that_hold_two_records_are_kept_as_rejects(sets: PublicSets) -> None:
    zone, report = sets.load("sb10k")
    (rejecting,) = (one for one in report.loaded if one.rows_rejected)
    rejects = duckdb.sql("select reason, length(record) - length(replace(record, chr(9), '')) "
                         f"from read_parquet('{zone.rejects_of(rejecting)}/*')").fetchall()
    assert rejects == [("line not readable: too many columns", 4)] * 3
