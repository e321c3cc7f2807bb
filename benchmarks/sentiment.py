"""Accuracy and speed of the lexicon models of `models_ml.sentiment` on public labelled texts.

Run: `python -m benchmarks.sentiment --data FOLDER`, or with CX360_PUBLIC_DATA set.
"""

from __future__ import annotations

import argparse
import csv
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd
from sklearn.metrics import f1_score

from models_ml.sentiment import score_sentiment

_CLASSES = ["negative", "neutral", "positive"]


def main() -> int:
    """Print one line per set; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default=os.environ.get("CX360_PUBLIC_DATA"), help="data folder")
    data = parser.parse_args().data
    if not data:
        print("Say where the public data is: --data FOLDER, or set CX360_PUBLIC_DATA.",
              file=sys.stderr)
        return 2
    sets: dict[str, tuple[Callable[[Path], pd.DataFrame], str]] = {
        "airline_tweets": (_read_airline_tweets, "airline_tweets/tweets.csv"),
        "sb10k dev": (_read_sb10k, "sb10k/dev.tsv"),
        "germeval2017": (_read_germeval, "germeval2017/dev.tsv"),
    }
    missing = [file for _, file in sets.values() if not (Path(data) / file).is_file()]
    if missing:
        print(f"{data} does not contain {', '.join(missing)}.", file=sys.stderr)
        return 2
    # The first text pays for imports and lexica, which would count as its set's time.
    score_sentiment(pd.DataFrame({"text_key": ["de", "en"],
                                  "text": ["Das ist sehr gut.", "This is very good."]}))
    print(f"{'set':<16}{'n':>7}{'macro-F1':>10}{'majority':>10}{'unknown':>9}{'texts/s':>9}")
    for name, (read, file) in sets.items():
        labelled = read(Path(data) / file)
        started = time.perf_counter()
        scored = score_sentiment(labelled[["text_key", "text"]])
        seconds = time.perf_counter() - started
        found = labelled.merge(scored, on="text_key")["sentiment_label"]
        truth = labelled["label"]
        # A text that is not scored counts as neutral, what a reader would take it for.
        answer = found.replace("unknown", "neutral")
        majority = [truth.mode()[0]] * len(truth)
        print(f"{name:<16}{len(truth):>7}{_macro_f1(truth, answer):>10.3f}"
              f"{_macro_f1(truth, majority):>10.3f}{(found == 'unknown').mean():>9.3f}"
              f"{len(truth) / seconds:>9.0f}")
    return 0


def _macro_f1(truth: pd.Series, answer: pd.Series | list[str]) -> float:
    return f1_score(truth, answer, labels=_CLASSES, average="macro", zero_division=0)


def _read_airline_tweets(path: Path) -> pd.DataFrame:
    tweets = pd.read_csv(path)
    return _labelled(tweets["text"], tweets["airline_sentiment"])


def _read_sb10k(path: Path) -> pd.DataFrame:
    rows = [line.split("\t", 2) for line in path.read_text(encoding="utf-8").splitlines()]
    return _labelled([row[2] for row in rows], [row[1] for row in rows])


def _read_germeval(path: Path) -> pd.DataFrame:
    with path.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
                if len(row) > 3]
    return _labelled([row[1] for row in rows], [row[3] for row in rows])


def _labelled(texts: list[str] | pd.Series, labels: list[str] | pd.Series) -> pd.DataFrame:
    frame = pd.DataFrame({"text": list(texts), "label": list(labels)})
    return frame.assign(text_key=[str(row) for row in range(len(frame))])


if __name__ == "__main__":
    sys.exit(main())
