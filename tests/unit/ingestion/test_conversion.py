"""Expressions that are written for speed give what the plain ones give."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import duckdb
import pytest

from ingestion.readers.extract import identifier, trimmed
from tests.unit.ingestion.places import Shop

BLANKS = ["", " ", "  ", "\u00a0", "\u1680", "\u2009", "\u3000", " \u00a0", "\t", "\n", "\x00",
          "\ufeff"]
CORES = ["", "a", "!", "a b", "ä", "a\u00a0b", "日本", "\x1f", "\"", "😀", "0"]


@pytest.mark.parametrize("name", ["plain", 'Umsatz "brutto" (EUR)'])
def test_text_without_its_blanks_is_the_engines(name: str) -> None:
    texts = [before + core + after for before, core, after in product(BLANKS, CORES, BLANKS)]
    column = f"extract.{identifier(name)}"
    assert trimmed(column) != f"trim({column})"
    con = duckdb.connect()
    con.execute(f"create table extract as select unnest($1) as {identifier(name)}",
                [[*texts, None]])
    compared = f"({trimmed(column)}) is distinct from trim({column})"
    assert con.execute(f"select count(*), count_if({compared}) from extract").fetchall() == [
        (len(texts) + 1, 0)]


def test_blanks_around_values_do_not_count(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.declare("files: 'o*', delimiter: ';'")
    shop.write("orders.csv", (
        "Nr;Datum;Betrag;Kunde\n 1 ;2025-07-03 10:30;12.5 ;\u00a0Müller\u00a0\n"
        "2;\u20092025-07-04;-7; Groß \n").encode())
    assert shop.rows("source_record_ref, customer_ref", shop.only()) == [
        ("1", "Müller"), ("2", "Groß")]
