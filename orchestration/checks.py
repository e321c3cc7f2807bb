"""Verdicts of the suites as Dagster asset checks."""

from __future__ import annotations

from collections.abc import Iterable

import dagster as dg

from expectations.verdicts import TableVerdict
from ingestion.arrival import Finding
from ingestion.loading import Problem
from orchestration.admission import Admission

ADMISSION = "admission"
READABLE = "extracts_readable"
ARRIVAL = "arrival"
SUITE = "suite"


def admission_result(outcome: Admission) -> dg.AssetCheckResult:
    """Result of the check `admission` of one raw table."""
    quarantined = outcome.quarantined
    return dg.AssetCheckResult(
        check_name=ADMISSION,
        asset_key=["raw", outcome.entity.table],
        passed=outcome.passed,
        description="" if outcome.passed else
        f"{len(quarantined)} of {len(quarantined) + len(outcome.admitted)} loads in quarantine",
        metadata={
            "admitted": len(outcome.admitted),
            "newly judged": outcome.newly_judged,
            "quarantined": len(quarantined),
            **({"reasons": dg.MetadataValue.md("\n".join(
                f"- load `{load.load_id}` from `{load.file}`: {load.reason}"
                for load in quarantined[:20]))} if quarantined else {}),
        },
    )


def readable_result(table: str, problems: list[Problem]) -> dg.AssetCheckResult:
    """Result of the check `extracts_readable` of one raw table."""
    return dg.AssetCheckResult(
        check_name=READABLE,
        asset_key=["raw", table],
        passed=not problems,
        metadata={"problems": dg.MetadataValue.md(
            "\n".join(f"- {problem.message}" for problem in problems))} if problems else {},
    )


def arrival_result(
    key: list[str], findings: Iterable[Finding], *, is_strict: bool,
) -> dg.AssetCheckResult:
    """Result of the check `arrival`: a warning, because what did arrive is no worse for it.

    Where `CX360_STRICT` says that nothing may be wrong, it is an error; it never stops a run.
    """
    findings = list(findings)
    return dg.AssetCheckResult(
        check_name=ARRIVAL,
        asset_key=key,
        passed=not findings,
        severity=dg.AssetCheckSeverity.ERROR if is_strict else dg.AssetCheckSeverity.WARN,
        description="; ".join(finding.sentence for finding in findings[:5])
        + ("; …" if len(findings) > 5 else ""),
        metadata={"findings": dg.MetadataValue.md("\n".join(
            f"- {finding.sentence}" for finding in findings[:50]))} if findings else {},
    )


def suite_spec(table: str, description: str) -> dg.AssetCheckSpec:
    """Blocking check of one ML table."""
    return dg.AssetCheckSpec(SUITE, asset=["ml", table], blocking=True, description=description)


def suite_result(verdict: TableVerdict) -> dg.AssetCheckResult:
    """Result of the blocking check of one ML table."""
    return dg.AssetCheckResult(
        check_name=SUITE,
        asset_key=["ml", verdict.table],
        passed=verdict.passed,
        description=" ".join(failure.sentence for failure in verdict.failures),
        metadata={"rows": verdict.rows, "failed rules": len(verdict.failures)},
    )
