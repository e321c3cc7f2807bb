"""How the project reads what dbt left behind."""

from __future__ import annotations

import json
from pathlib import Path

from orchestration.dbt import told_by_tests


def test_only_what_a_test_says_by_itself_is_told(tmp_path: Path) -> None:
    results = tmp_path / "run_results.json"
    results.write_text(json.dumps({"results": [
        {"unique_id": f"{kind}.cx360.{number}", "status": status, "message": message}
        for number, (kind, status, message) in enumerate([
            ("test", "error", "Compilation Error in test rates (tests/rates.sql)\n  No rate.\n  "),
            ("test", "error", "Runtime Error in test dates\n  Could not convert 'Erika'"),
            ("test", "fail", "Got 3 results, configured to fail if != 0"),
            ("model", "error", "Compilation Error in model orders\n  no macro"),
            ("test", "pass", None)])]}))
    assert told_by_tests(results) == ["No rate."]
    assert told_by_tests(tmp_path / "missing.json") == []
