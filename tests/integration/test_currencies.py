"""Amounts in several currencies without rates stop the run with a sentence that names them."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

from company import Company


def test_a_currency_without_a_rate_stops_the_run_by_name(copy: Company, tmp_path: Path) -> None:
    company = replace(copy, sources=tmp_path / "sources")
    shutil.copytree(copy.sources, company.sources)
    declaration = company.sources / "digital.yml"
    declaration.write_text(declaration.read_text().replace("currency: EUR", "currency: CHF"))
    (company.home / "state" / "sources.json").unlink()  # the home takes the changed sources
    before = company.snapshot
    printed = " ".join(company.cx360("run", status=1).split())
    assert ("There are amounts in CHF but the reporting currency is EUR and "
            "seeds/currency_rates.csv has no rate") in printed
    assert company.snapshot == before
