"""Runs every benchmark, or those named: `python -m benchmarks [name …]`.

What follows the name `identity` or `fuzz` belongs to it: `python -m benchmarks fuzz --seed 3`.
"""

from __future__ import annotations

import subprocess
import sys

BENCHMARKS = {
    "olist": "a real marketplace end to end, reviews reconciled",
    "sentiment": "macro-F1 of the lexicon models on public sets",
    "text_models": "trained sentiment and routing on public sets: F1, calibration, speed, memory",
    "masking": "planted personal data found in texts, and what is found in public texts",
    "topics": "topics, spans, sentiment and departments against the demo's planted truth, speed",
    "demo_texts": "sentiment, topics, departments of the whole flow against the demo's truth",
    "texts": "the text step on 100,000 texts: seconds, peak memory, what 1 % new texts cost",
    "identity": "public sets, the demo's planted truth, a million records, 1 % new ones",
    "value": "CDNOW's published fits, holdouts of public sets, a Christmas after two years",
    "value_demo": "value, order, churn of the demo against its planted truth; actions by consent",
    "value_millions": "10 million customers grouped, fitted and scored; 1 million with lifetimes",
    "journeys": "journeys and KPIs of 100,000 and 1,000,000 customers against one reading",
    "cases": "one problem in two systems is one case: the planted pairs of the demo",
    "visitors": "anonymous visits of the demo with the right person, also on shared browsers",
    "readers": "a reader in a loop on the published snapshot during a whole run",
    "companies": "Online Retail, SFO 2017 and airline tweets on the shipped declarations",
    "kills": "SIGKILL at ten points, then run again: tables equal to an undisturbed run",
    "faults": "six faults in the newest extracts: which grades of data_health they lower",
    "gates": "the tests in which each gate blocks, one by one",
    "impact": "400 companies: planted effects of initiatives held, placebos near zero",
    "impact_million": "initiatives, scores and experiences of a million customers: time, memory",
    "drivers": "planted drivers, swiss, SFO, missing answers, a million answers with intervals",
    "recommendations": "next best offer on Online Retail: EASE beside popularity",
    "nonresponse": "planted silence of surveys corrected, false corrections, a million invitations",
    "together": "two runs of the UI and one of the command line started together",
    "improvements": "planted root causes, decisions and teams; a million cases",
    "alerts": "planted events, false alerts a year, NPS dropped 12 points, a thousand series",
    "segments": "stability and later purchases explained beside RFM cells, a million customers",
    "fuzz": "2,000 generated damaged files over all readers: loaded or refused, never lost",
    "apis": "200,000 records of a REST API fetched and loaded: records a second, memory",
    "databases": "a million rows of PostgreSQL and MariaDB: whole, 1 % changed, memory",
    "orders": "the same extracts loaded in three orders: same customers, same KPIs",
    "intervals": "how often the intervals of KPIs hold the truth, at n = 5 to 200",
    "increments": "what a run costs when nothing, one day or everything is new",
    "scale": "seconds per stage and peak memory at 3,000, 30,000 and 300,000 customers",
}
TAKES_ARGUMENTS = ("identity", "fuzz")


def main() -> int:
    """Run the benchmarks one after the other; ends with 1 when one of them failed."""
    names, arguments = sys.argv[1:] or list(BENCHMARKS), []
    taker = next((name for name in sys.argv[1:] if name in TAKES_ARGUMENTS), "")
    if taker:
        after = names.index(taker) + 1
        names, arguments = names[:after], names[after:]
    if unknown := [name for name in names if name not in BENCHMARKS]:
        print(f"unknown benchmark {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}")
        return 2
    failed = []
    for name in names:
        print(f"\n== {name}: {BENCHMARKS[name]}", flush=True)
        own = arguments if name == taker else []
        if subprocess.run([sys.executable, "-m", f"benchmarks.{name}", *own],
                          check=False).returncode:
            failed.append(name)
    if failed:
        print(f"\nfailed: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
