"""A declaration either fits the contract or says which file and place does not."""

from __future__ import annotations

from pathlib import Path

import pytest

import ingestion
from ingestion.declaration import DeclarationError, read_declaration, read_declarations

TABLE = """
source: shop
tables:
  - entity: pos.products
    files: products.csv
    key: sku
    columns: {name: title}
"""


def declare(folder: Path, text: str, name: str = "shop.yml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(("change", "sentence"), [
    (("pos.products", "pos.product"), "shop.yml: table pos.product, entity: unknown entity"),
    (("name: title", "nmae: title"), "table pos.products: pos.products has no column 'nmae'"),
    (("key: sku", "kye: sku"), "table pos.products, kye: unknown setting; check the spelling"),
    (("    key: sku\n", ""), "say `duplicates: keep` or `duplicates: reject`"),
    (("name: title", "name: {from: title, value: x}"), "give exactly one of `from`"),
    (("name: title", "name: {from: title, system: crm}"), "'name' is no reference"),
    (("source: shop", "source: shop\ntime_zone: Berlin"), "unknown time zone 'Berlin'"),
    (("files: products.csv", "files: a.csv\n    encoding: ansi9"), "unknown encoding 'ansi9'"),
    (("files: products.csv", "files: a.csv\n    decimal: ','\n    thousands: ','"), "must differ"),
    (("files: products.csv", "files: a.csv\n    extracted_on: 'a.csv'"), "exactly one group"),
    (("files: products.csv", "files: a.csv\n    from_file_name: {year: '('}"),
     "table pos.products, from_file_name: not a regular expression"),
    (("files: products.csv", "files: a.jsonl\n    format: jsonl\n    from_file_name: {y: '(1)'}"),
     "`from_file_name` needs columns: csv, excel or parquet"),
    (("files: products.csv", "files: a.csv\n    sheet: A"), "`sheet` belongs to excel, not to csv"),
    (("files: products.csv", "files: a.json\n    format: json\n    skip_first: 1"),
     "`skip_first` belongs to csv, excel, not to json"),
    (("files: products.csv", "files: a.csv\n    may_be_short: true"), "needs `quote: \"\"`"),
    (("files: products.csv", ""), "give `files` or `records`"),
    (("pos.products\n", "pos.orders\n"), "pos.orders has no column 'name'"),
    (("source: shop", "source: [x"), "shop.yml: not readable as YAML"),
])
def test_what_does_not_fit_is_named_with_its_place(
    tmp_path: Path, change: tuple[str, str], sentence: str,
) -> None:
    path = declare(tmp_path, TABLE.replace(*change))
    with pytest.raises(DeclarationError) as error:
        read_declaration(path)
    assert sentence in str(error.value)
    assert str(error.value).startswith("shop.yml")


def test_required_columns_must_be_mapped(tmp_path: Path) -> None:
    text = TABLE.replace("pos.products", "pos.orders").replace("name: title", "status: state")
    with pytest.raises(DeclarationError, match=r"pos\.orders needs ordered_at"):
        read_declaration(declare(tmp_path, text))


def test_defaults_of_the_source_reach_each_table_and_a_table_may_differ(tmp_path: Path) -> None:
    text = TABLE.replace("source: shop", "source: shop\ntime_zone: Europe/Berlin\ncurrency: EUR\n"
                         "file_defaults: {delimiter: ';', decimal: ','}")
    text += """
  - entity: pos.stores
    files: stores.csv
    delimiter: "|"
    key: id
    columns: {city: Ort}
"""
    products, stores = read_declaration(declare(tmp_path, text)).tables
    assert (products.delimiter, stores.delimiter) == (";", "|")
    assert (products.decimal, stores.time_zone) == (",", "Europe/Berlin")
    assert products.columns["currency"].value == "EUR"
    assert "currency" not in stores.columns


def test_two_tables_of_one_entity_need_names(tmp_path: Path) -> None:
    table = TABLE.split("tables:")[1]
    with pytest.raises(DeclarationError, match="give each its own `name`"):
        read_declaration(declare(tmp_path, TABLE + table))


def test_version_changes_with_meaning_only(tmp_path: Path) -> None:
    def version(text: str) -> str:
        declaration = read_declaration(declare(tmp_path, text))
        return declaration.version(declaration.tables[0])

    assert version(TABLE) == version(TABLE.replace("products.csv", "export/*.csv"))
    assert version(TABLE) == version(TABLE.replace("key:", "expected_every: 1d\n    key:"))
    assert version(TABLE) != version(TABLE.replace("title", "label"))


def test_settings_that_came_later_load_nothing_anew(tmp_path: Path) -> None:
    """The version is the one that loads made before those settings were there have kept."""
    def version(text: str) -> str:
        declaration = read_declaration(declare(tmp_path, text))
        return declaration.version(declaration.tables[0])

    assert version(TABLE) == "014c826fcd2f"
    for setting in ("skip_first: 1", "skip_after_header: 1", "skip_last: 1",
                    "totals: {sku: Summe}", "escape: '/'", "may_be_short: true\n    quote: ''",
                    "column_names: [sku, title]", "deleted: {from: state, values: gone}"):
        assert version(TABLE.replace("key:", f"{setting}\n    key:")) != "014c826fcd2f"
    assert version(TABLE.replace("title", "{from: title, unescape: html}")) != "014c826fcd2f"


def test_a_source_is_declared_once_and_settings_are_no_source(tmp_path: Path) -> None:
    declare(tmp_path, TABLE)
    declare(tmp_path, "company_name: x", "settings.yml")
    assert [d.source for d in read_declarations(tmp_path)] == ["shop"]
    declare(tmp_path, TABLE, "copy.yml")
    with pytest.raises(DeclarationError, match="'shop' is declared twice"):
        read_declarations(tmp_path)


def test_a_folder_without_declarations_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DeclarationError, match="holds no source declaration"):
        read_declarations(tmp_path)


SHIPPED = Path(ingestion.__file__).parent / "sources"


@pytest.mark.parametrize("folder", ["demo", *(
    f"examples/{path.name}" for path in sorted((SHIPPED / "examples").iterdir()))])
def test_every_shipped_declaration_fits_the_contract(folder: str) -> None:
    assert read_declarations(SHIPPED / folder)
