"""The public labelled texts, as frames with the columns text and label, and group where useful.

Texts are cleaned as those of a run are before a model reads them.
"""

from __future__ import annotations

import csv
from pathlib import Path

import pandas as pd

from models_ml.texts import clean_text


def read_airline_tweets(data: Path) -> pd.DataFrame:
    tweets = pd.read_csv(data / "airline_tweets" / "tweets.csv")
    return _cleaned(pd.DataFrame({"text": tweets["text"], "label": tweets["airline_sentiment"],
                                  "group": tweets["airline"]}))


def read_sb10k(data: Path, part: str) -> pd.DataFrame:
    lines = (data / "sb10k" / f"{part}.tsv").read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t", 2) for line in lines]
    return _cleaned(pd.DataFrame({"text": [row[2] for row in rows],
                                  "label": [row[1] for row in rows]}))


def read_germeval(data: Path) -> pd.DataFrame:
    with (data / "germeval2017" / "dev.tsv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
                if len(row) > 3]
    return _cleaned(pd.DataFrame({"text": [row[1] for row in rows],
                                  "label": [row[3] for row in rows]}))


def read_banking77(data: Path) -> pd.DataFrame:
    return _cleaned(
        pd.read_csv(data / "banking77" / "train.csv").rename(columns={"category": "label"}))


def _cleaned(labelled: pd.DataFrame) -> pd.DataFrame:
    return labelled.assign(text=[clean_text(text) for text in labelled["text"]])
