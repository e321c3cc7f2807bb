"""The page that a snapshot's documentation starts with: what the snapshot is and where to look."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from html import escape

from expectations.pages import render_page

# Page of the documentation -> its name in German and English, and what it shows.
LINEAGE, DATA_QUALITY = "lineage.html", "data_quality"
PAGES = {
    LINEAGE: (LINEAGE, "Datenmodell und Herkunft · Models and lineage",
              "tables, columns, tests and where each comes from (dbt)"),
    DATA_QUALITY: (f"{DATA_QUALITY}/index.html", "Datenqualität · Data quality",
                   "rules of loads and inferred tables with their outcome (Great Expectations)"),
}


def render_landing(
    snapshot: str, as_of: date, rows: Mapping[str, int], pages: Iterable[str],
) -> str:
    """Markup of `docs/index.html`.

    Args:
        snapshot: its name.
        as_of: date the run looked back from.
        rows: table -> rows.
        pages: what lies beside the page; names of `PAGES`.
    """
    links = "".join(f'<li><a href="{target}">{label}</a><br><span class="quiet">{shown}</span>'
                    "</li>\n" for target, label, shown in (PAGES[page] for page in pages))
    tables = "".join(f'<tr><td>{escape(table)}</td><td class="number">{count:,}</td></tr>\n'
                     for table, count in rows.items())
    return render_page(f"cx360 {snapshot}", f"""<h1>Customer 360</h1>
<p>Snapshot {escape(snapshot)} · Stichtag · as of {as_of.isoformat()}</p>
<ul>
{links}</ul>
<h2>Tabellen · Tables</h2>
<p><a href="../marts.duckdb">marts.duckdb</a> (DuckDB) · <a href="../parquet/">parquet/</a></p>
<table>
<tr><th>Tabelle · table</th><th class="number">Zeilen · rows</th></tr>
{tables}</table>""")
