"""What the whole flow concludes about the demo company's texts, against the planted truth.

`python -m benchmarks demo_texts` writes the demo company, runs everything, and compares the ML
tables with what was planted: sentiment (by the lexicon, or a model trained on the demo's own
scores), topics with spans, departments (rules and models trained on its cases).
"""

from __future__ import annotations

import argparse
import sys
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pandas as pd
from sklearn.metrics import f1_score

from benchmarks.measure import run_cx360
from benchmarks.topics import DEPARTMENTS, SENTIMENTS, TOPICS
from orchestration.ml_parts import list_files
from orchestration.ml_tables import files_relation

OVERLAP_AIM = 0.9
GROUPS = {
    "all": "text_key != ''", "German": "language == 'de'", "English": "language == 'en'",
    "plain": "style == 'plain'", "negation": "style == 'negation'",
    "contrast": "style == 'contrast'", "sarcasm": "style == 'sarcasm'", "with a typo": "has_typo",
}


def main() -> int:
    """Print the figures; ends with 1 when the aim of the spans was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, help="a home of the demo that has been run")
    given = parser.parse_args()
    if given.home:
        return _compare(given.home)
    with TemporaryDirectory(prefix="cx360_demo_texts_") as folder:
        home = Path(folder) / "home"
        run_cx360("demo", home=home)
        run_cx360("run", home=home)
        return _compare(home)


def _compare(home: Path) -> int:
    with closing(duckdb.connect()) as con:
        con.register("topic_name", pd.DataFrame(TOPICS.items(), columns=["found", "planted"]))
        con.register("department_name",
                     pd.DataFrame(DEPARTMENTS.items(), columns=["planted", "found"]))
        for table in ("feedback_texts", "feedback_sentiment", "feedback_topics",
                      "feedback_routing", "text_models"):
            con.execute(f"create view {table} as "
                        f"from {files_relation(list_files(home / 'ml', table))}")
        # A phrase is looked for in the masked text, so that positions are those of the spans.
        con.execute(f"""
            create table planted as
            select distinct on (text_key) masked.text_key, masked.language as found_language,
                truth.language, truth.style, truth.has_typo, truth.sentiment, truth.topic,
                coalesce(names.found, truth.department) as department,
                position(truth.phrase in masked.masked_text) - 1 as phrase_start,
                position(truth.phrase in masked.masked_text) - 1 + length(truth.phrase)
                    as phrase_end
            from '{home}/demo/truth/texts.parquet' as truth
            join feedback_texts as masked on md5(truth.text) = masked.text_key
            left join department_name as names on truth.department = names.planted
            where truth.topic is not null and contains(masked.masked_text, truth.phrase)
            order by text_key""")
        con.execute("""
            create table topic as
            with tree as (
                select topic, coalesce(nullif(parent_topic, ''), topic) as family
                from read_csv('dbt_project/seeds/topics.csv', all_varchar = true)
            )
            select planted.text_key, coalesce(names.planted, tree.family) as topic,
                span_start < phrase_end and span_end > phrase_start as lies_there
            from planted join feedback_topics as found using (text_key)
            join tree on found.topic = tree.topic
            left join topic_name as names on tree.family = names.found""")
        judged = con.execute("""
            select planted.*, sentiment.sentiment_label, sentiment.is_unsure,
                routing.department = planted.department as is_department,
                routing.is_to_be_checked,
                exists (from topic where topic.text_key = planted.text_key
                        and topic.topic = planted.topic) as is_found,
                exists (from topic where topic.text_key = planted.text_key and lies_there)
                    as is_named,
                exists (from topic where topic.text_key = planted.text_key
                        and topic.topic = planted.topic and lies_there) as is_placed
            from planted join feedback_sentiment as sentiment using (text_key)
            join feedback_routing as routing using (text_key)""").df()
        print(con.execute("select task, language, status, labels_count, round(macro_f1, 3), "
                          "round(lexicon_macro_f1, 3), round(answered_share, 3) from text_models"
                          ).df().to_string(index=False))
        print(f"\n{'':<14}{'n':>6}{'sentiment F1':>14}{'accuracy':>10}{'sure':>7}"
              f"{'right if sure':>15}{'topic':>8}{'span':>8}{'any span':>10}{'department':>12}"
              f"{'answered':>10}{'right':>8}")
        for name, condition in GROUPS.items():
            rows = judged.query(condition)
            if len(rows):
                _print(name, rows)
        share = judged.loc[judged["is_found"], "is_placed"].mean()
        print(f"\nspan overlaps the planted phrase: {judged['is_placed'].mean():.3f} of all texts, "
              f"{share:.3f} of those whose topic was found; a span of any topic "
              f"{judged['is_named'].mean():.3f} (aim {OVERLAP_AIM})")
    return int(judged["is_placed"].mean() < OVERLAP_AIM)


def _print(name: str, rows: pd.DataFrame) -> None:
    label = rows["sentiment_label"].replace("unknown", "neutral")
    is_right = label == rows["sentiment"]
    sure, answered = ~rows["is_unsure"].astype(bool), ~rows["is_to_be_checked"].astype(bool)
    score = f1_score(rows["sentiment"], label, labels=SENTIMENTS, average="macro", zero_division=0)
    print(f"{name:<14}{len(rows):>6,}{score:>14.3f}{is_right.mean():>10.3f}{sure.mean():>7.2f}"
          f"{is_right[sure].mean():>15.3f}{rows['is_found'].mean():>8.3f}"
          f"{rows['is_placed'].mean():>8.3f}{rows['is_named'].mean():>10.3f}"
          f"{rows['is_department'].mean():>12.3f}{answered.mean():>10.3f}"
          f"{rows.loc[answered, 'is_department'].mean():>8.3f}")


if __name__ == "__main__":
    sys.exit(main())
