"""Data Docs: for every table one page with its rules and what they were last found to be.

Made by a checkpoint of Great Expectations over the metrics that verdicts hold, so there is no value
of a row in them. What does **not** belong here: which loads count, and when docs are made.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd

from expectations.pages import render_page
from expectations.rules import Rule
from expectations.validation import great_expectations, open_context

SITE = "data_docs"


@dataclass(frozen=True)
class Validation:
    """What one table was last found to be.

    `metrics` has one row per load (or one of the table) and a column per `Rule.documented_metric`;
    where an earlier version of the suite judged, a value or column is missing. `judged` says what
    was judged, `failures` which load or rule failed, without values of rows.
    """

    table: str
    rules: tuple[Rule, ...]
    metrics: pd.DataFrame
    judged: str
    failures: tuple[str, ...] = ()

    @property
    def judged_rules(self) -> tuple[Rule, ...]:
        """Rules that anything was judged by."""
        known = set(self.metrics.columns[self.metrics.notna().any()])
        return tuple(rule for rule in self.rules if rule.documented_metric in known)


@dataclass(frozen=True)
class _Outcome:
    kept: int
    rules: int

    @property
    def passed(self) -> bool:
        return self.kept == self.rules


def write_data_docs(folder: Path, validations: Sequence[Validation], *, as_of: date) -> None:
    """Write a page per table and `index.html` into `folder`, which must not exist.

    Nothing in them depends on when or where they are written. Raises `RuntimeError` when Great
    Expectations leaves out a page, which it does not do itself.
    """
    folder.mkdir(parents=True)
    outcomes = []
    with TemporaryDirectory(dir=folder) as scratch:
        context = open_context(mode="file", project_root_dir=scratch)
        for name in context.variables.data_docs_sites:
            context.delete_data_docs_site(name)
        context.add_data_docs_site(SITE, _site(Path(scratch) / SITE))
        asset = context.data_sources.add_pandas("state").add_dataframe_asset("verdicts")
        batch = asset.add_batch_definition_whole_dataframe("all")
        for validation in validations:
            outcomes.append(_run_checkpoint(context, batch, validation, as_of))
        context.build_data_docs(site_names=[SITE], build_index=False)
        for validation in validations:
            written = Path(scratch, SITE, "validations", *validation.table.split("."))
            pages = list(written.rglob("*.html"))
            if len(pages) != 1:
                raise RuntimeError(f"Data Docs have {len(pages)} pages of {validation.table}, not "
                                   "one; see the log for what Great Expectations could not render")
            pages[0].replace(folder / f"{validation.table}.html")
    index = _render_index(validations, outcomes, as_of)
    (folder / "index.html").write_text(index, encoding="utf-8")


def _site(folder: Path) -> dict[str, Any]:
    ours = "expectations.data_docs_view"
    return {
        "class_name": "SiteBuilder",
        "show_how_to_buttons": False,
        "store_backend": {
            "class_name": "TupleFilesystemStoreBackend", "base_directory": str(folder)},
        "site_section_builders": {
            "expectations": "None",
            "profiling": "None",
            "validations": {
                "class_name": "DefaultSiteSectionBuilder",
                "source_store_name": "validation_results_store",
                "renderer": {"module_name": ours, "class_name": "OutcomeRenderer"},
                "view": {"module_name": ours, "class_name": "StandaloneView"},
            },
        },
    }


def _run_checkpoint(context: Any, batch: Any, validation: Validation, as_of: date) -> _Outcome:
    """Check the worst value of every metric; its column bears the rule's sentence as its name."""
    gx = great_expectations()
    from great_expectations.core.run_identifier import RunIdentifier

    rules = validation.judged_rules
    titles = {rule.documented_metric: rule.requirement.replace("`", "") for rule in rules}
    suite = context.suites.add(gx.ExpectationSuite(
        name=validation.table,
        expectations=[_expectation(gx, rule, titles[rule.documented_metric]) for rule in rules]))
    definition = context.validation_definitions.add(gx.ValidationDefinition(
        name=validation.table, data=batch, suite=suite))
    checkpoint = context.checkpoints.add(gx.Checkpoint(
        name=validation.table, validation_definitions=[definition],
        result_format={"result_format": "BASIC"}))
    frame = validation.metrics[list(titles)].rename(columns=titles)
    run = RunIdentifier(as_of.isoformat(), datetime.combine(as_of, time(), UTC))
    outcome = checkpoint.run(batch_parameters={"dataframe": frame}, run_id=run)
    (result,) = outcome.run_results.values()
    return _Outcome(result.statistics["successful_expectations"], len(rules))


def _expectation(gx: Any, rule: Rule, column: str) -> Any:
    # Metrics are counts and shares: those with an upper bound never fall below zero.
    maximum = rule.parameters["max_value"] if rule.metric else 0
    if maximum is None:
        least = rule.parameters["min_value"]
        return gx.expectations.ExpectColumnMinToBeBetween(column=column, min_value=least)
    return gx.expectations.ExpectColumnMaxToBeBetween(column=column, max_value=maximum)


def _render_index(
    validations: Sequence[Validation], outcomes: Sequence[_Outcome], as_of: date
) -> str:
    rows = "".join(
        f'<tr><td class="{"good" if outcome.passed else "bad"}">{"✓" if outcome.passed else "✗"}'
        f'</td><td><a href="{validation.table}.html">{validation.table}</a></td>'
        f"<td>{escape(validation.judged)}</td>"
        f'<td class="number">{outcome.kept} / {outcome.rules}</td></tr>\n'
        for validation, outcome in zip(validations, outcomes, strict=True))
    failures = [failure for validation in validations for failure in validation.failures]
    listed = "".join(f"<li>{escape(failure)}</li>\n" for failure in failures)
    told = f"<h2>What failed</h2>\n<ul>\n{listed}</ul>\n" if failures else ""
    body = f"""<p><a href="../index.html">Documentation</a></p>
<h1>Data quality</h1>
<p>Rules of the tables that Python writes, as the gates last judged them; as of {as_of.isoformat()}.
Rules of dbt's tables stand in the lineage documentation.</p>
<table>
<tr><th></th><th>table</th><th>judged</th><th class="number">rules kept</th></tr>
{rows}</table>
{told}<p class="quiet">Made with Great Expectations.</p>"""
    return render_page("Data quality", body)
