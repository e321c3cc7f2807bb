"""The demo company keeps its promises: same bytes for a seed, and the planted truth is there."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import yaml

from ingestion.contract import ENTITIES
from ingestion.demo import DemoSummary, Difficulty, generate, phrases
from ingestion.demo.company import LAST_NAMES
from ingestion.demo.difficulty import DRIVERS
from ingestion.demo.people import misspell

SOURCES = Path(__file__).parents[3] / "ingestion" / "sources" / "demo"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, DemoSummary]:
    folder = tmp_path_factory.mktemp("demo")
    return folder, generate(folder / "extracts", truth=folder / "truth")


def truth(demo: tuple[Path, DemoSummary], name: str) -> pd.DataFrame:
    return pd.read_parquet(demo[0] / "truth" / f"{name}.parquet")


def hashes(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*")) if path.is_file()
    }


def read_crm(folder: Path, name: str) -> pd.DataFrame:
    path = next((folder / "extracts" / "crm").glob(f"{name}_2*.csv"))
    return pd.read_csv(path, sep=";", encoding="cp1252", dtype=str)


def read_pos(folder: Path, name: str) -> pd.DataFrame:
    files = sorted((folder / "extracts" / "pos").glob(f"{name}_2*.csv"))
    return pd.concat([pd.read_csv(path, dtype=str) for path in files], ignore_index=True)


def test_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    for name, seed in (("one", 1), ("again", 1), ("other", 2)):
        generate(tmp_path / name / "extracts", customers=60, months=3, seed=seed,
                 truth=tmp_path / name / "truth")
    assert hashes(tmp_path / "one") == hashes(tmp_path / "again")
    differing = set(hashes(tmp_path / "one").items()) - set(hashes(tmp_path / "other").items())
    assert len(differing) > 50


@pytest.mark.parametrize(("customers", "months"), [(19, 24), (100, 0)])
def test_too_small_a_company_is_refused(tmp_path: Path, customers: int, months: int) -> None:
    with pytest.raises(ValueError, match="20 customers and one month"):
        generate(tmp_path, customers=customers, months=months)


@pytest.mark.parametrize(("customers", "months"), [(20, 1), (40, 2)])
def test_smallest_company_has_every_file_group(
    tmp_path: Path, demo: tuple[Path, DemoSummary], customers: int, months: int
) -> None:
    summary = generate(tmp_path, customers=customers, months=months)
    assert set(summary.rows) == set(demo[1].rows)


@pytest.mark.parametrize(
    ("flag", "share"),
    [("has_typo", 0.30), ("has_moved", 0.25), ("has_other_email", 0.25),
     ("has_shared_phone", 0.15), ("has_no_exact_key", 0.10)],
)
def test_duplicates_differ_as_often_as_declared(
    demo: tuple[Path, DemoSummary], flag: str, share: float
) -> None:
    identity = truth(demo, "identity")
    duplicates = identity[identity["is_duplicate"] == True]  # noqa: E712
    assert duplicates[flag].astype(float).mean() == pytest.approx(share, abs=0.005)


def test_twelve_percent_of_persons_have_two_to_four_records(
    demo: tuple[Path, DemoSummary]
) -> None:
    identity = truth(demo, "identity")
    records = identity[identity["entity"] == "crm.customers"].groupby("person_id").size()
    assert (records > 1).mean() == pytest.approx(0.12, abs=0.001)
    assert set(records) == {1, 2, 3, 4}


def test_only_flagged_duplicates_have_no_exact_key_in_common(
    demo: tuple[Path, DemoSummary]
) -> None:
    identity = truth(demo, "identity").query("entity == 'crm.customers'")
    records = read_crm(demo[0], "customers").set_index("KundenNr")
    base = identity[identity["is_duplicate"] == False].set_index("person_id")  # noqa: E712
    for row in identity[identity["is_duplicate"] == True].itertuples():  # noqa: E712
        one = records.loc[row.source_record_ref]
        two = records.loc[base.loc[row.person_id, "source_record_ref"]]
        shared = [
            name for name in ("E-Mail", "Telefon", "KundenkartenNr")
            if isinstance(one[name], str) and one[name].lower() == str(two[name]).lower()
        ]
        assert bool(shared) == (not row.has_no_exact_key)


def test_namesakes_live_in_one_house(demo: tuple[Path, DemoSummary]) -> None:
    identity = truth(demo, "identity").query("entity == 'crm.customers'")
    persons = identity.set_index("source_record_ref")["person_id"]
    records = read_crm(demo[0], "customers")
    records["person"] = records["KundenNr"].map(persons)
    houses = records.groupby(["Vorname", "Nachname", "Straße", "PLZ"])["person"].nunique()
    assert (houses > 1).sum() >= 5
    bases = identity[identity["is_duplicate"] == False].merge(  # noqa: E712
        records, left_on="source_record_ref", right_on="KundenNr").set_index("person_id")
    namesakes = bases["namesake_person_id"].dropna().astype(int)
    assert len(namesakes) == 2 * round(0.02 * 600)
    assert namesakes.loc[namesakes].tolist() == namesakes.index.tolist()
    for column in ("Vorname", "Nachname", "Straße", "PLZ"):
        assert (bases.loc[namesakes, column].to_numpy()
                == bases.loc[namesakes.index, column].to_numpy()).all()
    born = bases["Geburtsdatum"].str[-4:].astype(float)
    apart = abs(born.loc[namesakes].to_numpy() - born.loc[namesakes.index].to_numpy())
    assert np.nanmin(apart) >= 20


def test_record_numbers_do_not_betray_duplicates(demo: tuple[Path, DemoSummary]) -> None:
    identity = truth(demo, "identity").query("entity == 'crm.customers'")
    ordered = identity.sort_values("source_record_ref")["person_id"].to_numpy()
    assert (ordered[1:] == ordered[:-1]).sum() <= 2
    assert abs(np.corrcoef(np.arange(len(ordered)), ordered)[0, 1]) < 0.05


def test_misspelled_names_differ() -> None:
    for name in LAST_NAMES:
        for draw in range(0, 5000, 97):
            assert misspell(name, draw) != name


def test_driver_weights_and_explained_variance_can_be_recovered(
    demo: tuple[Path, DemoSummary]
) -> None:
    answers = truth(demo, "responses")
    ratings = answers[list(DRIVERS)].to_numpy()
    ratings = (ratings - ratings.mean(axis=0)) / ratings.std(axis=0)
    overall = answers["overall"] - answers["overall"].mean()
    slopes, *_ = np.linalg.lstsq(ratings, overall, rcond=None)
    explained = 1 - ((overall - ratings @ slopes) ** 2).sum() / (overall**2).sum()
    assert explained == pytest.approx(0.4, abs=0.04)
    assert slopes / slopes.sum() == pytest.approx(Difficulty().driver_weights, abs=0.06)
    correlation = np.corrcoef(answers["product_quality"], answers["price"])[0, 1]
    assert correlation == pytest.approx(0.8, abs=0.03)


def test_the_dissatisfied_leave_more_answers_out(demo: tuple[Path, DemoSummary]) -> None:
    path = next((demo[0] / "extracts" / "survey").glob("answers_*.jsonl"))
    answers = pd.read_json(path, lines=True)
    given = answers[answers["question_id"] == "K01"]["response_id"]
    responses = truth(demo, "responses")
    missing = ~responses["response_ref"].isin(given)
    unhappy = responses["satisfaction"] < 0
    assert missing[unhappy].mean() > 1.4 * missing[~unhappy].mean()


def test_texts_are_hardly_ever_alike(demo: tuple[Path, DemoSummary]) -> None:
    texts = truth(demo, "texts").dropna(subset=["phrase"])
    for start in range(0, len(texts) - 1000, 1000):
        assert texts["text"].iloc[start : start + 1000].nunique() >= 980
    assert (texts["language"] == "de").mean() == pytest.approx(0.8, abs=0.03)
    assert {"plain", "negation", "contrast", "sarcasm"} == set(texts["style"])
    assert texts["has_typo"].mean() == pytest.approx(0.1, abs=0.03)
    for row in texts.astype({"phrase_start": int, "phrase_end": int}).head(500).itertuples():
        assert row.text[row.phrase_start : row.phrase_end] == row.phrase
        assert "{" not in row.text


def test_every_topic_has_every_kind_of_phrase() -> None:
    kinds = {"positive", "positive_negated", "negative", "negative_negated", "sarcastic", "neutral"}
    for topics in phrases.CLAUSES.values():
        assert tuple(topics) == phrases.TOPICS
        for clauses in topics.values():
            assert set(clauses) == kinds and all(clauses.values())
    assert len(phrases.content_phrases()) > 300
    assert set(phrases.CLAUSE_KINDS) <= phrases.content_phrases()


def test_planted_events_leave_their_marks(demo: tuple[Path, DemoSummary]) -> None:
    events = truth(demo, "events").set_index("event")
    cases = truth(demo, "cases")
    assert (cases["cause"] == "delivery_strike").sum() > 20
    orders = read_pos(demo[0], "orders").dropna(subset=["delivered_at"])
    late = orders["delivered_at"] > orders["promised_at"]
    first, last = (str(events.loc["delivery_strike", name]) for name in ("started_on", "ended_on"))
    in_strike = orders["ordered_at"].str[:10].between(first, last)
    assert late[in_strike].mean() > 0.6 > 0.2 > late[~in_strike].mean()
    outage = str(events.loc["app_outage", "started_on"])[:7]
    month = pq.read_table(demo[0] / "extracts" / "digital" / f"events_{outage}.parquet")
    errors = month.column("event_type").to_pylist().count("app_error")
    assert errors > 0.2 * month.num_rows


def test_the_campaign_raises_orders_of_the_treated(tmp_path: Path) -> None:
    generate(tmp_path / "extracts", customers=2000, months=12, truth=tmp_path / "truth",
             difficulty=Difficulty(campaign_uplift=1.5))
    campaign = pd.read_parquet(tmp_path / "truth" / "campaign.parquet")
    identity = pd.read_parquet(tmp_path / "truth" / "identity.parquet")
    events = pd.read_parquet(tmp_path / "truth" / "events.parquet").set_index("event")
    orders = read_pos(tmp_path, "orders").merge(
        identity[identity["entity"] == "pos.orders"], left_on="receipt_no",
        right_on="source_record_ref",
    )
    first, last = (str(events.loc["loyalty_campaign", name]) for name in ("started_on", "ended_on"))
    within = orders[orders["ordered_at"].str[:10].between(first, last)]
    counts = within["person_id"].value_counts()
    bought = campaign.assign(orders=campaign["person_id"].map(counts).fillna(0))
    means = bought.groupby("is_treated")["orders"].mean()
    assert means[True] > 1.4 * means[False]


def test_devices_signal_before_their_owner_complains(demo: tuple[Path, DemoSummary]) -> None:
    faults = truth(demo, "device_faults").dropna(subset=["case_ref"])
    opened = read_crm(demo[0], "cases").set_index("VorgangNr")["Eingang"]
    opened = pd.to_datetime(opened, format="%d.%m.%Y %H:%M:%S")
    faults = faults[faults["case_ref"].isin(opened.index)]
    lead = faults["case_ref"].map(opened) - faults["first_signal_at"].dt.tz_localize(None)
    assert len(lead) > 5
    assert (lead > pd.Timedelta(hours=12)).all()


def test_crm_is_german_windows_1252_with_decimal_commas(demo: tuple[Path, DemoSummary]) -> None:
    raw = next((demo[0] / "extracts" / "crm").glob("customers_*.csv")).read_bytes()
    assert "Straße" in raw.decode("cp1252").splitlines()[0]
    with pytest.raises(UnicodeDecodeError):
        raw.decode("utf-8")
    customers = read_crm(demo[0], "customers")
    assert customers["Akquisekosten"].str.fullmatch(r"\d+(,\d+)?").all()
    assert customers["ErfasstAm"].str.fullmatch(r"\d\d\.\d\d\.\d{4} \d\d:\d\d:\d\d").all()


def test_bad_rows_are_few_and_listed(demo: tuple[Path, DemoSummary]) -> None:
    dirty = truth(demo, "dirty_rows")
    assert 4 <= len(dirty) < 0.001 * demo[1].total_rows
    assert set(dirty["problem"]) == {
        "impossible birth date", "no order time", "exact duplicate line", "no quantity",
        "answer without a response",
    }


def test_returns_are_negative_and_booked_later(demo: tuple[Path, DemoSummary]) -> None:
    lines = read_pos(demo[0], "order_lines").dropna(subset=["quantity"])
    back = lines["is_return"] == "1"
    assert 0.01 < back.mean() < 0.1
    assert (lines["net_amount"].astype(float)[back] <= 0).all()
    assert (lines["quantity"].astype(int)[~back] > 0).all()


def _columns(mapping: object) -> list[list[str]]:
    """Source columns of one mapping: alternatives in a list, of which one must exist."""
    if isinstance(mapping, str):
        return [[mapping]]
    if isinstance(mapping, list):
        return [mapping]
    assert isinstance(mapping, dict)
    origin = mapping.get("from")
    return [] if origin is None else [origin if isinstance(origin, list) else [origin]]


def _header(path: Path, options: dict[str, str]) -> set[str]:
    if path.suffix == ".parquet":
        return set(pq.read_schema(path).names)
    with path.open(encoding=options.get("encoding", "utf-8")) as file:
        first = file.readline()
    if path.suffix == ".jsonl":
        return set(json.loads(first))
    return {name.strip('"') for name in first.strip().split(options.get("delimiter", ","))}


@pytest.mark.parametrize("path", sorted(SOURCES.glob("*.yml")), ids=lambda path: path.stem)
def test_declarations_read_columns_that_the_extracts_have(
    demo: tuple[Path, DemoSummary], path: Path
) -> None:
    source = yaml.safe_load(path.read_text(encoding="utf-8"))
    for table in source["tables"]:
        files = sorted((demo[0] / "extracts").glob(table["files"]))
        assert files, table["files"]
        header = _header(files[0], source["file_defaults"] | table)
        keys = table["key"] if isinstance(table["key"], list) else [table["key"]]
        wanted = [[key] for key in keys]
        for name, mapping in table["columns"].items():
            ENTITIES[table["entity"]].column(name)
            wanted += _columns(mapping)
        for names in wanted:
            assert header.intersection(names), f"{table['files']} has none of {names}"


def test_declarations_cover_every_extract_and_entity(demo: tuple[Path, DemoSummary]) -> None:
    tables = [
        table for path in SOURCES.glob("*.yml")
        for table in yaml.safe_load(path.read_text(encoding="utf-8"))["tables"]
    ]
    assert {table["entity"] for table in tables} == set(ENTITIES)
    extracts = demo[0] / "extracts"
    declared = {file for table in tables for file in extracts.glob(table["files"])}
    assert declared == {file for file in extracts.rglob("*")
                        if file.is_file() and file.parent.name != "decisions"}
