"""Rejects that a corrected declaration accepts move to a load of their own, once and for all."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest
from places import Shop

from benchmarks.workbooks import workbook
from ingestion.declaration import read_declarations
from ingestion.raw_zone import MANIFEST_SCHEMA, Load
from ingestion.replaying import replay_rejects
from ingestion.replays import Replay

CSV = ("Nr;Datum;Betrag;Kunde;Notiz\n1;03.07.2025;1,5;K1;a\n2;03.07.2025;2.5;K2;\n"
       "3;03.07.2025;frei;K3;c\n")
FORM = 'files: "orders*", format: csv, delimiter: ";", date_format: "%d.%m.%Y"'


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def replay(shop: Shop, load: Load | None = None) -> list[Replay]:
    return list(replay_rejects(read_declarations(shop.sources), shop.zone, is_chosen=lambda one: (
        load is None or one.load_id == load.load_id)))


def current(shop: Shop, load_id: str) -> Load:
    return next(load for load in shop.zone.loads() if load.load_id == load_id)


def judgement(shop: Shop, load: Load) -> list[tuple[Any, ...]]:
    """Number and present reason of the rejects that a replay left."""
    present = current(shop, load.load_id)
    folder = shop.zone.judgement_of(present, present.rejects_version)
    return duckdb.sql("select reject_number, reason "
                      f"from read_parquet('{folder}/*') order by 1").fetchall()


def counted(shop: Shop) -> list[Load]:
    """Loads that count; rows read = accepted + rejected + repeated, over each and its replays."""
    loads = [load for load in shop.zone.loads() if load.state != "superseded"]
    for load in loads:
        assert load.rows_read == (load.rows_accepted + load.rows_rejected + load.rows_repeated
                                  + load.rows_repaired)
        if load.replays_load_id:
            assert (load.rows_rejected, load.rows_repaired) == (0, 0)
            continue
        replays = [x for x in loads if x.replays_load_id == load.load_id]
        assert load.rows_repaired == sum(x.rows_read for x in replays)
        assert load.rows_read == load.rows_rejected + sum(
            x.rows_accepted + x.rows_repeated for x in (load, *replays))
    return loads


def test_a_reject_that_is_accepted_now_moves_to_a_load_of_its_own(shop: Shop) -> None:
    path = shop.write("orders.csv", CSV.encode())
    shop.declare(FORM + ", decimal: ','")
    load = shop.only()
    assert (load.rows_accepted, load.rows_rejected) == (1, 2)
    path.unlink()
    shop.declare(FORM + ", decimal: '.'")
    (done,) = replay(shop)
    assert done.made
    assert (done.rows_accepted, done.rows_repeated, done.rows_remaining) == (1, 0, 1)
    assert shop.rows("source_record_ref, net_amount::double, load_sequence, load_id, "
                     "source_metadata", done.made) == [
        ("2", 2.5, load.load_sequence, done.made.load_id, None)]
    assert done.made.state == "staged"
    assert (done.made.file, done.made.extracted_on) == (load.file, load.extracted_on)
    original, repair = counted(shop)
    assert (original.rows_rejected, original.rows_repaired) == (1, 1)
    assert repair.replays_load_id == load.load_id


def test_replaying_twice_changes_nothing(shop: Shop) -> None:
    shop.write("orders.csv", CSV.encode())
    shop.declare(FORM + ", decimal: ','")
    shop.only()
    shop.declare(FORM + ", decimal: '.'")
    replay(shop)
    before = {path: path.read_bytes() for path in shop.zone.path.rglob("*.parquet")}
    assert replay(shop) == []
    assert {path: path.read_bytes() for path in shop.zone.path.rglob("*.parquet")} == before


def test_history_says_first_and_present_reason_and_which_load_repaired(shop: Shop) -> None:
    shop.write("orders.csv", CSV.encode())
    shop.declare(FORM + ", decimal: ','", columns="{ordered_at: Datum, net_amount: Betrag}")
    load = shop.only()
    shop.declare(FORM + ", decimal: '.'",
                 columns="{ordered_at: Datum, net_amount: Betrag, tax_amount: Betrag}")
    (done,) = replay(shop)
    assert done.made
    assert [row[:2] for row in shop.rejects(load)] == [
        (2, "column net_amount: not a number"), (3, "column net_amount: not a number")]
    repairs = shop.zone.repairs_of(done.made)
    assert duckdb.sql("select replays_load_id, reject_number, source_row, outcome "
                      f"from read_parquet('{repairs}/*')").fetchall() == [
        (load.load_id, 1, 2, "accepted")]
    assert judgement(shop, load) == [
        (2, "column net_amount: not a number; column tax_amount: not a number")]


def test_a_second_repair_takes_only_what_is_left(shop: Shop) -> None:
    shop.write("orders.csv", CSV.encode())
    shop.declare(FORM + ", decimal: ','")
    load = shop.only()
    shop.declare(FORM + ", decimal: '.'")
    (first,) = replay(shop)
    shop.declare(FORM + ", decimal: '.'", columns=(
        "{ordered_at: Datum, customer_ref: Kunde, "
        "net_amount: {from: Betrag, map: {frei: '0'}}}"))
    (second,) = replay(shop)
    assert first.made and second.made
    assert [x.load_id for x in counted(shop)] == [
        load.load_id, f"{load.load_id}_r01", f"{load.load_id}_r02"]
    assert shop.rows("source_record_ref, net_amount::double", second.made) == [("3", 0.0)]
    assert current(shop, load.load_id).rows_rejected == 0
    assert replay(shop) == []


def test_a_new_load_of_the_extract_takes_the_place_of_load_and_replay(shop: Shop) -> None:
    shop.write("orders.csv", CSV.encode())
    shop.declare(FORM + ", decimal: ','")
    shop.only()
    shop.declare(FORM + ", decimal: '.'")
    replay(shop)
    shop.load()
    (load,) = counted(shop)
    assert (load.rows_read, load.rows_accepted) == (3, 1)
    assert [x.state for x in shop.zone.loads()].count("superseded") == 2


def test_a_later_extract_outranks_what_is_repaired_in_an_earlier_one(shop: Shop) -> None:
    """Without any date the load sequence decides; the replay has that of the load it repairs."""
    shop.declare(FORM + ", decimal: ','")
    shop.write("orders_1.csv", b"Nr;Datum;Betrag;Kunde\n1;03.07.2025;1.5;old\n")
    shop.only()
    shop.write("orders_2.csv", b"Nr;Datum;Betrag;Kunde\n1;03.07.2025;2;new\n")
    shop.only()
    shop.declare(FORM + ", decimal: '.'")
    (done,) = replay(shop)
    assert done.made
    files = [str(path) for path in shop.zone.files_of(counted(shop))]
    assert duckdb.sql(f"""
        select customer_ref from read_parquet({files})
        order by coalesce(updated_at, cast(extracted_on as timestamp)) desc nulls last,
            load_sequence desc, load_id desc""").fetchall() == [("new",), ("old",)]
    assert done.made.replayed_after == 2


@pytest.mark.parametrize(("updated_at", "accepted", "reason"), [
    ("2025-07-05", 1, ""),
    ("2025-07-03", 0, "duplicate key: an accepted row of the same extract counts"),
    ("", 0, "duplicate key: an accepted row of the same extract counts"),
])
def test_a_key_that_its_extract_filled_is_taken_only_by_a_newer_row(
    shop: Shop, updated_at: str, accepted: int, reason: str,
) -> None:
    def declare(decimal: str) -> None:
        shop.declare(f"files: orders.csv, decimal: '{decimal}', delimiter: ';', updated_at: Seit",
                     columns="{ordered_at: Datum, net_amount: Betrag}")

    declare(",")
    shop.write("orders.csv", ("Nr;Datum;Betrag;Seit\n1;2025-07-03;1;2025-07-04\n"
                              f"1;2025-07-03;2.5;{updated_at}\n").encode())
    load = shop.only()
    declare(".")
    (done,) = replay(shop)
    assert done.rows_accepted == accepted
    counted(shop)
    if reason:
        assert judgement(shop, load) == [(1, reason)]


def test_a_duplicate_of_its_extract_stays_one(shop: Shop) -> None:
    shop.declare(FORM + ", decimal: ','")
    shop.write("orders.csv", b"Nr;Datum;Betrag;Kunde\n1;03.07.2025;1;a\n1;03.07.2025;1;b\n")
    shop.only()
    shop.declare(FORM + ", decimal: '.'")
    (done,) = replay(shop)
    assert (done.made, done.rows_remaining) == (None, 1)


def test_repeats_fold_into_the_record_that_its_extract_has(shop: Shop) -> None:
    def declare(decimal: str) -> None:
        shop.declare(FORM + f", decimal: '{decimal}', repeats: true")

    declare(",")
    shop.write("orders.csv", b"Nr;Datum;Betrag;Kunde\n1;03.07.2025;1.5;a\n1;03.07.2025;1;b\n"
                             b"2;03.07.2025;1.5;c\n2;03.07.2025;1.5;c\n")
    shop.only()
    declare(".")
    (done,) = replay(shop)
    assert (done.rows_accepted, done.rows_repeated, done.rows_remaining) == (1, 2, 0)
    counted(shop)


@pytest.mark.parametrize("duplicates", ["keep", "reject"])
def test_equal_rows_without_a_key_are_numbered_on_where_the_load_ended(
    shop: Shop, duplicates: str,
) -> None:
    def declare(more: str) -> None:
        (shop.sources / "shop.yml").write_text(f"""
source: shop
tables:
  - {{entity: pos.orders, files: orders.csv, duplicates: {duplicates}{more},
     columns: {{ordered_at: Datum, net_amount: Betrag}}}}""")

    declare(", totals: {Art: Summe}")
    shop.write("orders.csv", b"Datum,Betrag,Art\n2025-07-03,1,Bon\n2025-07-03,1,Summe\n"
                             b"2025-07-03,1,Summe\n")
    load = shop.only()
    ((reference,),) = shop.rows("source_record_ref", load)
    declare("")
    (done,) = replay(shop)
    assert done.made
    exact = int(duplicates == "reject")
    assert shop.rows("source_record_ref", done.made) == [
        (f"{reference}#{number}",) for number in range(2, 4 - exact)]
    keys = duckdb.sql(f"select md5('pos.orders|shop|{reference}#2')").fetchall()
    assert shop.rows("record_key", done.made)[0] in keys or not exact
    assert done.rows_remaining == exact
    counted(shop)


ROWS: list[dict[str, object]] = [
    {"Nr": "1", "Datum": "2025-07-03", "Betrag": "1", "Kunde": "K1", "a.b": "x", 'q"/~': "ä€😀"},
    {"Nr": " 2", "Datum": "2025-07-03", "Betrag": "1,25", "Kunde": None, "a.b": 'say "hi"\n;',
     'q"/~': "\\"},
    {"Nr": "3", "Datum": "2025-07-03", "Betrag": "7,5", "Kunde": "K\u00003", "a.b": None,
     'q"/~': "null"},
]
TYPED = """select * from (values
    ('1', date '2025-07-03', 1.10::decimal(30,4), 'K1', 0.1::double, {'x': 1.5, 'l': [1, 2]}, 1),
    ('2', date '2025-07-03', 12345678901234.1250::decimal(30,4), null, 1e16::double,
     {'x': 2.5, 'l': null}, 9223372036854775807),
    ('3', date '2025-07-03', 7.50::decimal(30,4), 'K3', 3::double, null, null)
    ) as t (Nr, Datum, Betrag, Kunde, Maß, Teil, Zahl)"""


def write_csv(shop: Shop) -> str:
    def quoted(value: object) -> str:
        return "" if value is None else '"' + str(value).replace('"', '""') + '"'

    lines = [";".join(map(quoted, ROWS[0]))] + [";".join(map(quoted, row.values()))
                                               for row in ROWS]
    shop.write("orders.csv", "\n".join(lines).encode())
    return "files: orders.csv, delimiter: ';'"


def write_jsonl(shop: Shop) -> str:
    more = {"Teil": {"x": 1.5, "Liste": [1, None, {"y": "ä"}]}, "Zahl": 0.1}
    shop.write("orders.jsonl",
               "".join(json.dumps(row | more) + "\n" for row in ROWS).encode())
    return "files: orders.jsonl, format: jsonl"


def write_json(shop: Shop) -> str:
    shop.write("orders.json", json.dumps([row | {"Teil": {"x": 1.5}} for row in ROWS]).encode())
    return "files: orders.json, format: json"


def write_excel(shop: Shop) -> str:
    shop.write("orders.xlsx", workbook({"Blatt": [
        list(ROWS[0]), *([str(x or "").replace("\0", "") for x in row.values()] for row in ROWS)]}))
    return "files: orders.xlsx, format: excel"


def write_parquet(shop: Shop) -> str:
    duckdb.sql(TYPED).write_parquet(str(shop.extracts / "orders.parquet"))
    return "files: orders.parquet, format: parquet"


@pytest.mark.parametrize("write", [write_csv, write_jsonl, write_json, write_excel, write_parquet])
def test_a_stored_record_gives_the_row_that_its_extract_gives(
    shop: Shop, tmp_path: Path, write: Callable[[Shop], str],
) -> None:
    """First all rows are rejected for a date no row has; replayed, they are as if read anew."""
    form = write(shop) + ", decimal: ','"
    good = ("{ordered_at: Datum, net_amount: Betrag, customer_ref: Kunde, channel: Teil.x, "
            "status: Maß, store_ref: {parts: [Nr, Kunde]}}")
    wrong = good.replace("ordered_at: Datum", "ordered_at: {value: unknown}")
    shop.declare(form, columns=wrong)
    load = shop.only()
    assert load.rows_rejected == 3
    shop.declare(form, columns=good)
    (done,) = replay(shop)
    assert done.made, shop.rejects(load)
    assert (done.rows_accepted, done.rows_remaining) == (3, 0)
    replayed = shop.rows("* exclude (load_id)", done.made)
    (whole,) = shop.load().loaded
    assert replayed == shop.rows("* exclude (load_id)", whole)


def test_elements_of_lists_and_answers_of_wide_surveys_are_replayed_one_by_one(
    shop: Shop,
) -> None:
    def declare(decimal: str) -> None:
        (shop.sources / "shop.yml").write_text(f"""
source: shop
tables:
  - {{entity: pos.order_lines, files: orders.jsonl, format: jsonl, explode: lines,
     key: [Nr, lines_number], decimal: "{decimal}",
     columns: {{order_ref: Nr, net_amount: lines.price, quantity: {{value: "1"}}}}}}
  - {{entity: survey.answers, name: wide, files: wide.csv, key: [Nr, question],
     from_file_name: {{wave: '(wide)'}}, unpivot: {{columns: [Q1, Q2]}}, decimal: "{decimal}",
     columns: {{response_ref: Nr, question_ref: question, score: answer}}}}""")

    declare(",")
    shop.write("orders.jsonl", b'{"Nr": 1, "lines": [{"price": "1.5"}, {"price": "2"}, '
                               b'{"price": "2.5"}]}\n')
    shop.write("wide.csv", b"Nr,Q1,Q2\n1,1.5,2.5\n2,3,4.5\n")
    report = shop.load()
    assert sorted(load.rows_rejected for load in report.loaded) == [2, 3]
    declare(".")
    lines, wide = sorted(replay(shop), key=lambda done: done.load.label)
    assert lines.made and wide.made
    assert shop.rows("source_record_ref, net_amount::double", lines.made) == [
        ("1|1", 1.5), ("1|3", 2.5)]
    assert shop.rows("source_record_ref, score, source_metadata", wide.made) == [
        ("1|Q1", 1.5, '{"wave":"wide"}'), ("1|Q2", 2.5, '{"wave":"wide"}'),
        ("2|Q2", 4.5, '{"wave":"wide"}')]
    counted(shop)


def test_lines_without_columns_stay_with_their_reason(shop: Shop) -> None:
    shop.declare("files: orders.csv, delimiter: ';'", columns="{ordered_at: D, net_amount: B}")
    shop.write("orders.csv", b"Nr;D;B\n1;2025-07-03;1\n2;2025-07-03;1;more\n3;2025-07-03;x\n")
    load = shop.only()
    shop.declare("files: orders.csv, delimiter: ';'", columns=(
        "{ordered_at: D, net_amount: {from: B, map: {x: '0'}}}"))
    (done,) = replay(shop)
    assert (done.rows_accepted, done.rows_remaining) == (1, 1)
    ((_, reason),) = judgement(shop, load)
    assert reason == "line not readable: too many columns"
    assert reason in [row[1] for row in shop.rejects(load)]


def test_a_load_of_unreadable_lines_only_is_judged_without_a_load(shop: Shop) -> None:
    shop.declare("files: orders.csv, delimiter: ';'", columns="{ordered_at: D, net_amount: B}")
    shop.write("orders.csv", b"Nr;D;B\n1;2025-07-03;1\n2;2025-07-03;1;more\n")
    shop.only()
    shop.declare("files: orders.csv, delimiter: ';', decimal: ','",
                 columns="{ordered_at: D, net_amount: B}")
    (done,) = replay(shop)
    assert (done.made, done.rows_remaining) == (None, 1)
    assert replay(shop) == []
    assert len(counted(shop)) == 1


def test_a_quarantined_load_is_judged_anew_when_its_rejects_became_fewer(shop: Shop) -> None:
    shop.write("orders.csv", CSV.encode())
    shop.declare(FORM + ", decimal: ','")
    load = shop.only()
    shop.zone.set_states({load.load_id: ("quarantined", "too many rejects")})
    shop.declare(FORM + ", decimal: '.'")
    replay(shop)
    assert (current(shop, load.load_id).state, current(shop, load.load_id).reason) == ("staged", "")


@pytest.mark.parametrize("state", ["withdrawn", "superseded"])
def test_rejects_of_loads_that_do_not_count_are_left_alone(shop: Shop, state: Any) -> None:
    shop.write("orders.csv", CSV.encode())
    shop.declare(FORM + ", decimal: ','")
    load = shop.only()
    shop.zone.set_states({load.load_id: (state, "")})
    shop.declare(FORM + ", decimal: '.'")
    assert replay(shop) == []


def test_a_deletion_that_was_rejected_is_replayed_as_one(shop: Shop) -> None:
    def declare(key: str) -> None:
        shop.declare("files: orders.csv, deleted: {from: Weg, values: [ja]}", key=key,
                     columns="{ordered_at: Datum, net_amount: Betrag}")

    declare("[Nr, Laden]")
    shop.write("orders.csv", b"Nr,Laden,Datum,Betrag,Weg\n1,,,,ja\n2,L,,,ja\n3,L,2025-07-03,1,\n")
    load = shop.only()
    assert (load.rows_accepted, load.rows_deleted) == (2, 1)
    declare("Nr")
    (done,) = replay(shop)
    assert done.made
    assert (done.made.rows_accepted, done.made.rows_deleted) == (1, 1)
    assert shop.rows("source_record_ref, is_deleted", done.made) == [("1", True)]


def test_a_manifest_of_before_replays_is_read(shop: Shop) -> None:
    shop.write("orders.csv", CSV.encode())
    shop.declare(FORM + ", decimal: ','")
    load = shop.only()
    manifest = pq.read_table(shop.zone.manifest_path)
    pq.write_table(manifest.drop_columns(
        ["rows_repaired", "rejects_version", "replays_load_id", "replayed_after"]),
        shop.zone.manifest_path)
    assert shop.zone.loads() == (load,)
    shop.declare(FORM + ", decimal: '.'")
    assert replay(shop)[0].rows_accepted == 1
    assert pq.read_schema(shop.zone.manifest_path).names == MANIFEST_SCHEMA.names


@pytest.mark.parametrize("seed", range(6))
def test_load_and_replay_together_are_what_a_load_of_the_extract_would_be(
    shop: Shop, seed: int,
) -> None:
    """For any extract, if the correction accepts all that was accepted: same current state."""
    generator = random.Random(seed)
    days = [f"{day:02d}.07.2025" for day in range(1, 29)]
    lines = ["Nr;Datum;Betrag;Kunde;Seit"]
    for _ in range(300):
        lines.append(";".join((
            str(generator.randrange(200)),
            generator.choice([*days, "2025-07-03", "", "bald"]),
            generator.choice(["1,5", "7", "frei", "1.5", '"4;5"', ""]),
            generator.choice(["K1", "", '"Bei""spiel"']),
            generator.choice([*days, ""]),
            *(["zu", "viel"] if generator.random() < 0.02 else []))))
    shop.write("orders.csv", "\n".join(lines).encode())
    form = 'files: "orders*", delimiter: ";", decimal: ",", updated_at: Seit, date_format: '
    shop.declare(form + '["%d.%m.%Y"]')
    load = shop.only()
    corrected = form + '["%d.%m.%Y", "%Y-%m-%d"]'
    columns = ("{ordered_at: Datum, net_amount: {from: Betrag, map: {frei: '0', '1.5': '1,5'}}, "
               "customer_ref: Kunde}")
    shop.declare(corrected, columns)
    (done,) = replay(shop)
    assert done.made and done.rows_remaining
    counted(shop)
    replayed = current_state(shop, [load, done.made])
    (whole,) = shop.load().loaded
    later, alike = current_state(shop, [whole]), 0
    for key, row in replayed.items():
        # Rows of one key without a later date: the extract's order is known to a whole load only.
        alike += later[key] == row
        assert later[key] == row or later[key][0] == row[0]
    assert set(replayed) == set(later)
    assert alike > 0.8 * len(later)


def current_state(shop: Shop, loads: list[Load]) -> dict[str, tuple[Any, ...]]:
    """Current version of each record, as `latest_version` of dbt picks it."""
    files = [str(path) for path in shop.zone.files_of(loads)]
    rows = duckdb.sql(f"""
        select record_key, updated_at, * exclude (record_key, load_id)
        from read_parquet({files})
        qualify row_number() over (partition by record_key order by
            coalesce(updated_at, cast(extracted_on as timestamp)) desc nulls last,
            load_sequence desc, load_id desc) = 1""").fetchall()
    return {row[0]: row[1:] for row in rows}
