"""The generated files follow the contract."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from ingestion.contract import ENTITIES
from models_ml.tables import TABLES
from orchestration import generate


def test_every_entity_is_a_source_table_exactly_once() -> None:
    declared = [
        table["name"]
        for path, text in generate.render_files().items()
        if path.name.endswith("__sources.yml") and path.parent.name != "ml"
        for table in yaml.safe_load(text)["sources"][0]["tables"]
    ]
    assert sorted(declared) == sorted(entity.table for entity in ENTITIES.values())


def test_every_ml_table_is_a_source_table() -> None:
    (source,) = yaml.safe_load(generate.render_ml_sources())["sources"]
    assert [table["name"] for table in source["tables"]] == list(TABLES)


def test_source_columns_carry_their_class_of_personal_data() -> None:
    (source,) = yaml.safe_load(generate.render_raw_sources("crm"))["sources"]
    (customers,) = [table for table in source["tables"] if table["name"] == "crm_customers"]
    classes = {
        column["name"]: column.get("config", {}).get("meta", {}).get("pii", "none")
        for column in customers["columns"]
    }
    assert (classes["email"], classes["account_key"], classes["country"]) == (
        "direct",
        "pseudonym",
        "none",
    )


def test_documented_contract_has_one_heading_per_entity_and_one_line_per_column() -> None:
    lines = generate.render_contract().splitlines()
    assert [line[4:] for line in lines if line.startswith("### ")] == list(ENTITIES)
    described = [line for line in lines if line.startswith(("| `", "| **`"))]
    assert len(described) == sum(len(entity.raw_columns) for entity in ENTITIES.values())


def test_check_passes_after_writing_and_names_a_changed_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert generate.main(["--check"], root=tmp_path) == 1
    assert generate.main([], root=tmp_path) == 0
    assert generate.main(["--check"], root=tmp_path) == 0
    capsys.readouterr()
    (tmp_path / "docs/input_contract.md").write_text("changed", encoding="utf-8")
    assert generate.main(["--check"], root=tmp_path) == 1
    assert "docs/input_contract.md" in capsys.readouterr().err


def test_generated_files_in_the_repository_are_up_to_date() -> None:
    assert generate.find_outdated(generate.ROOT) == []
