"""Files derived from data: dbt's source declarations, the documented input contract and metrics.

`python -m orchestration.generate` writes them; with `--check` it writes nothing and ends with 1
when one of them differs from what the contract says. What does **not** belong here: anything that
needs Dagster or a warehouse.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from ingestion.contract import ENTITIES, KINDS, Column, Entity
from models_ml.tables import TABLES, MlColumn

ROOT = Path(__file__).resolve().parent.parent
STAGING = Path("dbt_project/models/staging")
CATALOGUE = Path("dbt_project/seeds/kpi_catalogue.csv")
COMMAND = "python -m orchestration.generate"


def entities_of(kind: str) -> list[Entity]:
    """Entities of one source kind, in the order of the contract."""
    return [entity for entity in ENTITIES.values() if entity.kind == kind]


def describe_column(column: Column) -> dict[str, Any]:
    """One column of a raw table as dbt declares it."""
    described: dict[str, Any] = {"name": column.name, "description": column.description}
    if column.pii != "none":
        described["config"] = {"meta": {"pii": column.pii}}
    return described


def describe_ml_column(column: MlColumn) -> dict[str, Any]:
    """One column of an ML table as dbt declares it."""
    return {"name": column.name, "description": column.description}


def render_sources(source: str, description: str, tables: list[dict[str, Any]]) -> str:
    """YAML of one dbt source whose schema has the name of the source."""
    document = {
        "sources": [
            {"name": source, "schema": source, "description": description, "tables": tables}
        ]
    }
    body = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=100)
    return f"# Written by `{COMMAND}`; change the contract, not this file.\n{body}"


def render_raw_sources(kind: str) -> str:
    """dbt sources of one kind: every entity of the contract is a table of schema `raw`."""
    tables = [
        {
            "name": entity.table,
            "description": f"{entity.description} Every version that an admitted load brought.",
            "columns": [describe_column(column) for column in entity.raw_columns],
        }
        for entity in entities_of(kind)
    ]
    return render_sources("raw", "Accepted rows of admitted loads, as delivered.", tables)


def render_ml_sources() -> str:
    """dbt sources of schema `ml`: what Python concluded."""
    tables = [
        {
            "name": table.name,
            "description": table.description,
            "columns": [describe_ml_column(column) for column in table.columns],
        }
        for table in TABLES.values()
    ]
    return render_sources("ml", "What models concluded, keyed to the facts.", tables)


def render_contract() -> str:
    """The input contract as a document: per entity a table of its columns."""
    parts = [
        "# Input contract",
        f"*Written by `{COMMAND}` from `ingestion/contract.py`.*",
        "Sources map onto these entities by declaration. Columns in **bold** must be there; known "
        "values are those cx360 has a meaning for, others are kept and reported. Timestamps are "
        "UTC, money is DECIMAL(18,4). A reference adds a key column that holds the record key of "
        "the record pointed to. Classes of personal data: `direct` and `text` are never published, "
        "`indirect` only generalised, `pseudonym` may join but never be shown.",
        "Which version of a record counts: the latest `updated_at`, else `extracted_on`, else "
        "`load_sequence`. While it is one that tells of the record's deletion, the record is not "
        "there; such a version has its key and its times, and columns in bold are not asked of it.",
    ]
    for kind, description in KINDS.items():
        parts += [f"## {kind}", f"{description}."]
        for entity in entities_of(kind):
            parts += [f"### {entity.name}", entity.description, _column_table(entity)]
    return "\n\n".join(parts) + "\n"


def render_metrics() -> str:
    """The KPI catalogue as a document, in English and German."""
    with (ROOT / CATALOGUE).open(encoding="utf-8", newline="") as rows:
        catalogue = list(csv.DictReader(rows))
    parts = [
        "# Metrics",
        f"*Written by `{COMMAND}` from `{CATALOGUE}`, which is published as "
        "`reporting.kpi_catalogue`.*",
        "How to read the values and how to add a KPI: [KPIs](kpis.md). Intervals are of 95 %; "
        "shares lie in 0..1.",
        "**Look first at**: " + ", ".join(
            row["name_en"] for row in catalogue if row["is_leading"] == "true") + ".",
    ]
    for row in catalogue:
        of_grain = f" per {row['target_grain']}" if row["target_grain"] else ""
        target = f" · target {row['target']}{of_grain}" if row["target"] else ""
        filled_by = f" · no values yet ({row['filled_by']})" if row["filled_by"] else ""
        parts += [
            f"## {row['name_en']} (`{row['kpi_id']}`)",
            row["definition_en"],
            f"**{row['name_de']}.** {row['definition_de']}",
            f"`{row['formula']}`",
            f"Unit {row['unit']} · better {row['direction']}{target} · owner {row['owner']} · "
            f"{row['literature']}{filled_by}",
        ]
    return "\n\n".join(parts) + "\n"


def _column_table(entity: Entity) -> str:
    lines = [
        "| column | type | personal data | meaning | known values |",
        "|---|---|---|---|---|",
    ]
    for column in entity.raw_columns:
        name = f"**`{column.name}`**" if column.required else f"`{column.name}`"
        meaning = column.description
        if column.references:
            meaning += f" → `{column.references}`"
        pii = "" if column.pii == "none" else column.pii
        known = ", ".join(column.known_values)
        lines.append(f"| {name} | {column.type} | {pii} | {meaning} | {known} |")
    return "\n".join(lines)


def render_files() -> dict[Path, str]:
    """Every generated file: path in the repository -> text."""
    files = {STAGING / kind / f"_{kind}__sources.yml": render_raw_sources(kind) for kind in KINDS}
    files[STAGING / "ml" / "_ml__sources.yml"] = render_ml_sources()
    files[Path("docs/input_contract.md")] = render_contract()
    files[Path("docs/metrics.md")] = render_metrics()
    return files


def find_outdated(root: Path) -> list[Path]:
    """Generated files that are missing below `root` or differ from the contract."""
    return [
        path
        for path, text in render_files().items()
        if not (root / path).is_file() or (root / path).read_text(encoding="utf-8") != text
    ]


def write_files(root: Path) -> None:
    """Write every generated file below `root`."""
    for path, text in render_files().items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")


def main(arguments: Sequence[str] | None = None, root: Path = ROOT) -> int:
    """Write the files, or with `--check` name those that are out of date."""
    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; 1 when a file differs")
    if not parser.parse_args(arguments).check:
        write_files(root)
        return 0
    outdated = find_outdated(root)
    for path in outdated:
        print(f"{path} differs from the contract; run {COMMAND}", file=sys.stderr)
    return 1 if outdated else 0


if __name__ == "__main__":
    sys.exit(main())
