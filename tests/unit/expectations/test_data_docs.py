"""Data Docs show every rule with its outcome, stand alone, and tell nothing but counts."""

from __future__ import annotations

import re
from datetime import date
from html import unescape
from pathlib import Path

import pandas as pd
import pytest

from expectations import ml, raw
from expectations.data_docs import Validation, write_data_docs
from expectations.rules import Rule
from expectations.validation import find_violations
from ingestion.contract import ENTITIES
from models_ml.tables import TABLES

AS_OF = date(2026, 6, 30)
ORDERS = raw.documented_rules(ENTITIES["pos.orders"], raw.Thresholds())
SENTIMENT = ml.documented_rules(TABLES["feedback_sentiment"], covers_expected=True)


def metrics(rules: tuple[Rule, ...], **broken: float) -> dict[str, float]:
    """Numbers of a load that keeps every rule, but for those given."""
    return {rule.documented_metric: 0.0 for rule in rules} | {"rows_read": 7.0} | broken


def validations() -> list[Validation]:
    loads = pd.DataFrame([metrics(ORDERS), metrics(ORDERS, judged_rejected_share=0.25)])
    table = pd.DataFrame([metrics(SENTIMENT, polarity_range_violation_count=3)])
    return [
        Validation("raw.pos_orders", ORDERS, loads, "2 loads, 1 in quarantine",
                   ("load b: 25.0% of <b>rows</b>",)),
        Validation("raw.pos_stores", ORDERS, loads.iloc[:1], "1 load"),
        Validation("ml.feedback_sentiment", SENTIMENT, table, "9 rows"),
    ]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site") / "data_quality"
    write_data_docs(folder, validations(), as_of=AS_OF)
    return folder


def text_of(page: Path) -> str:
    """What a reader sees, one blank between words."""
    body = page.read_text().split("<body>")[1]
    body = re.sub('<i class="[^"]*text-(success|danger)[^"]*"', r"[\1]<i", body)
    return " ".join(unescape(re.sub("<[^>]*>", " ", body)).split())


@pytest.mark.parametrize(("page", "rules"), [
    ("raw.pos_orders", ORDERS), ("ml.feedback_sentiment", SENTIMENT)])
def test_every_rule_is_there_as_a_sentence(site: Path, page: str, rules: tuple[Rule, ...]) -> None:
    text = text_of(site / f"{page}.html")
    assert [rule for rule in rules if rule.requirement.replace("`", "") not in text] == []
    assert f"Evaluated Expectations {len(rules)}" in text


def test_a_broken_rule_shows_what_the_worst_load_has(site: Path) -> None:
    text = text_of(site / "raw.pos_orders.html")
    assert "[danger] Failed" in text
    assert ("At most 5% of the rows read, or 5 rows, are rejected. Status Expectation Observed "
            "Value [danger] maximum value must be less than or equal to 0.05 . 0.25") in text
    assert text.count("[danger]") == 2
    assert "at most 1. Status Expectation Observed Value [danger] maximum value must be less than "\
        "or equal to 0" in text_of(site / "ml.feedback_sentiment.html")
    assert "[success] Succeeded" in text_of(site / "raw.pos_stores.html")


def test_the_first_page_counts_rules_and_tells_failures(site: Path) -> None:
    text = text_of(site / "index.html")
    count = len(ORDERS)
    assert f"✗ raw.pos_orders 2 loads, 1 in quarantine {count - 1} / {count}" in text
    assert f"✓ raw.pos_stores 1 load {count} / {count}" in text
    assert "What failed load b: 25.0% of <b>rows</b>" in text


def test_pages_stand_alone(site: Path) -> None:
    """Nothing is fetched from elsewhere, and the site may be moved."""
    assert len(list(site.iterdir())) == 4
    for page in site.iterdir():
        content = page.read_text()
        assert not re.search(r"https?:|<script|<img|@import|url\(", content)
        links = re.findall(r'href="([^"#]+)"', content)
        assert [link for link in links
                if link not in ("data:,", "../index.html") and not (site / link).exists()] == []


def test_the_same_verdicts_give_the_same_pages(site: Path, tmp_path: Path) -> None:
    write_data_docs(tmp_path / "again", validations(), as_of=AS_OF)
    for page in site.iterdir():
        assert (tmp_path / "again" / page.name).read_text() == page.read_text()


def test_a_rule_that_nothing_was_judged_by_is_left_out() -> None:
    frame = pd.DataFrame([metrics(ORDERS)]).assign(rows_read=None).drop(
        columns="duplicate_key_count")
    judged = Validation("raw.pos_orders", ORDERS, frame, "1 load").judged_rules
    assert {rule.name for rule in set(ORDERS) - set(judged)} == {"rows_read", "unique_key"}


def test_the_gates_go_on_judging_afterwards(site: Path) -> None:
    (rule,) = [rule for rule in SENTIMENT if rule.name == "range" and rule.column == "polarity"]
    frame = pd.DataFrame({"polarity": [0.5, 7.0]})
    assert list(find_violations("x", frame, [rule])) == [(rule, [1])]
