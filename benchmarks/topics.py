"""Topics, spans, sentiment and departments against the demo company's planted truth, and speed.

The demo knows one topic a text, that of its planted phrase, and joins clauses about others to it in
part of the texts; so precision is measured on the topics that overlap the planted phrase. Its
wording is shared with no list of the product (`tests/unit/test_demo_wording.py`), and part of its
phrases names its topic with no word at all.
"""

from __future__ import annotations

import argparse
import time
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
from sklearn.metrics import f1_score

from benchmarks.measure import PROJECT
from ingestion.demo import generate
from models_ml.routing_rules import route_by_rules
from models_ml.signals import detect_signals
from models_ml.topics import detect_topics, read_families

_END = date(2026, 6, 30)
# What the demo counts as its topic and department; it has no topic and no department of its own.
TOPICS = {"service": "staff", "complaint": "staff", "payment": "billing"}
DEPARTMENTS = {"customer_service": "service", "store_operations": "store"}
_OVERLAP_GOAL = 0.9
SENTIMENTS = ["negative", "neutral", "positive"]


def main() -> None:
    """Print the figures per language and topic, then the speed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=3000)
    parser.add_argument("--months", type=int, default=12)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    seeds = {path.stem: pd.read_csv(path, keep_default_na=False)
             for path in (PROJECT / "dbt_project" / "seeds").glob("*.csv")}
    with TemporaryDirectory(prefix="cx360_topics_") as folder:
        generate(Path(folder) / "extracts", customers=options.customers, months=options.months,
                 seed=options.seed, end=_END, truth=Path(folder) / "truth")
        texts = pd.read_parquet(Path(folder) / "truth" / "texts.parquet")
    texts = texts[texts["topic"].notna()].drop_duplicates("text").reset_index(drop=True)
    texts["text_key"] = texts.index.map("{:06d}".format)
    found, judged = _judge(texts, seeds)
    print(f"{len(texts):,} distinct texts, seed {options.seed}; service and complaint count as "
          "staff, payment as billing, which the demo does not tell apart")
    groups = [("all", judged), *judged.groupby("language"),
              *((f"  {topic}", rows) for topic, rows in judged.groupby("topic"))]
    columns = ("recall", "accuracy", "overlap", "overlap_of_found", "named", "department",
               "department_of_routed")
    print(f"{'':<18}{'n':>6}" + "".join(f"{name.replace('_', ' '):>22}" for name in columns))
    for name, rows in groups:
        values = (rows["is_found"].mean(), rows["is_first"].mean(), rows["overlaps"].mean(),
                  rows.loc[rows["is_found"], "overlaps"].mean(), rows["is_named"].mean(),
                  rows["is_department"].mean(),
                  rows.loc[rows["is_routed"], "is_department"].mean())
        print(f"{name:<18}{len(rows):>6}" + "".join(f"{value:>22.3f}" for value in values))
    inside = found[found["overlaps"]]
    print(f"precision of topics that overlap the planted phrase: {inside['is_right'].mean():.3f} "
          f"of {len(inside):,}")
    right = inside[inside["is_right"]].drop_duplicates("text_key")
    print(f"sentiment of the planted topic where found: macro-F1 "
          f"{_macro_f1(right['sentiment'], right['sentiment_label']):.3f}, "
          f"accuracy {(right['sentiment'] == right['sentiment_label']).mean():.3f} "
          f"of {len(right):,}")
    share = judged.loc[judged["is_found"], "overlaps"].mean()
    print(f"span overlaps the planted phrase where the topic is found: {share:.3f} "
          f"({'reached' if share >= _OVERLAP_GOAL else 'missed'}: {_OVERLAP_GOAL})")
    _print_speed(texts, seeds)


def _judge(
    texts: pd.DataFrame, seeds: dict[str, pd.DataFrame]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the topics found with whether they are right, and the texts with what was found."""
    rows = detect_topics(texts, seeds["topics"], seeds["topic_terms"])
    routed = route_by_rules(texts, rows, detect_signals(texts, seeds["signal_terms"]),
                            seeds["routing_rules"], seeds["topics"])
    families = read_families(seeds["topics"])
    rows["family"] = rows["topic"].map(families).replace(TOPICS)
    planted = ["text_key", "topic", "sentiment", "phrase_start", "phrase_end"]
    found = rows.merge(texts[planted].rename(columns={"topic": "planted"}), on="text_key")
    found["is_right"] = found["family"] == found["planted"]
    found["overlaps"] = ((found["span_start"] < found["phrase_end"])
                         & (found["span_end"] > found["phrase_start"]))
    first = found.sort_values(["topic_score", "span_start"], ascending=[False, True])
    first = first.drop_duplicates("text_key").set_index("text_key")["family"]
    department = routed.set_index("text_key")["department"]
    keys = texts["text_key"]
    judged = texts[["text_key", "language", "topic"]].assign(
        is_found=keys.isin(found.loc[found["is_right"], "text_key"]),
        overlaps=keys.isin(found.loc[found["is_right"] & found["overlaps"], "text_key"]),
        is_named=keys.isin(found.loc[found["overlaps"], "text_key"]),
        is_first=keys.map(first) == texts["topic"],
        is_routed=keys.isin(routed["text_key"]),
        is_department=keys.map(department) == texts["department"].replace(DEPARTMENTS),
    )
    return found, judged


def _macro_f1(truth: pd.Series, answer: pd.Series) -> float:
    return f1_score(truth, answer, labels=SENTIMENTS, average="macro", zero_division=0)


def _print_speed(texts: pd.DataFrame, seeds: dict[str, pd.DataFrame]) -> None:
    many = pd.concat([texts] * max(1, 10_000 // len(texts)), ignore_index=True)
    many["text_key"] = many.index.map("{:06d}".format)
    for name, run in (
        ("topics with sentiment", lambda: detect_topics(
            many, seeds["topics"], seeds["topic_terms"])),
        ("signals", lambda: detect_signals(many, seeds["signal_terms"])),
    ):
        started = time.process_time()
        run()
        seconds = time.process_time() - started
        print(f"{name}: {len(many) / seconds:,.0f} texts a second and core "
              f"({many['text'].str.len().mean():.0f} characters on average)")


if __name__ == "__main__":
    main()
