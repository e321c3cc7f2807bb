"""What is proposed where an extract can be taken in two ways: nothing wrong without a word."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from ingestion.inspection import NotInspected, found_table
from tests.unit.ingestion.test_inspection import NAMES, PLACES, Folder


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def customers(count: int = 60) -> list[str]:
    return ["customer_id;last_name;city", *(
        f"{i};{NAMES[i % 10]};{PLACES[i % 10]}" for i in range(count))]


def told(folder: Folder) -> str:
    return "\n".join(found_table(folder.inspection))


def test_a_few_damaged_lines_do_not_make_utf_8_another_encoding(folder: Folder) -> None:
    (folder.extracts / "customers.csv").write_bytes(
        "\n".join(customers()).encode() + "\n60;Jürgen;Köln\n".encode("windows-1252"))
    declaration = folder.propose("customers.csv")
    assert declaration.tables[0].encoding == "utf-8"
    assert "1 lines are not and will be rejected" in told(folder)
    (load,) = folder.load(declaration).loaded
    assert (load.rows_read, load.rows_accepted, load.rows_rejected) == (61, 60, 1)


def test_a_file_of_nothing_but_a_byte_order_mark_is_empty(folder: Folder) -> None:
    (folder.extracts / "customers.csv").write_bytes(b"\xef\xbb\xbf")
    with pytest.raises(NotInspected, match="file is empty"):
        folder.propose("customers.csv")


def test_a_zstd_archive_is_looked_at(folder: Folder) -> None:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write("\n".join(customers()).encode())
    (folder.extracts / "customers.csv.zst").write_bytes(sink.getvalue().to_pybytes())
    declaration = folder.propose("customers.csv.zst")
    assert len(folder.rows(declaration, "last_name")) == 60
