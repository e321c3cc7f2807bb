"""Accuracy and speed of the lexicon models of `models_ml.sentiment` on public labelled texts.

Run: `python -m benchmarks.sentiment --data FOLDER`, or with CX360_PUBLIC_DATA set. Ends with 1
where an aim is missed.

Protocol: nothing is trained here. Constants were chosen on the training part of SB10k and on texts
that are in none of these sets (see `models_ml.sentiment`). Texts are cleaned as in a run. Each goes
through language detection first, and one whose language is unknown or has no model counts as
neutral. Three classes: macro-F1. Two classes (UCI): accuracy of the sign of polarity, where 0 and a
text without polarity count as positive. Speed: processor seconds of one core, lexica loaded,
detection not counted.
"""

from __future__ import annotations

import argparse
import csv
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd
from sklearn.metrics import f1_score

from models_ml.language import detect_language
from models_ml.sentiment import LABEL_THRESHOLDS, lexicon_features, score_lexicon
from models_ml.texts import clean_text

_CLASSES = ["negative", "neutral", "positive"]
_AIMED_SPEED = 8_000
_SPEED_TEXTS = 5_000


def main() -> int:
    """Print one line per set; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default=os.environ.get("CX360_PUBLIC_DATA"), help="data folder")
    data = parser.parse_args().data
    if not data:
        print("Say where the public data is: --data FOLDER, or set CX360_PUBLIC_DATA.",
              file=sys.stderr)
        return 2
    sets: dict[str, tuple[Callable[[Path], pd.DataFrame], str, float]] = {
        "airline tweets": (_read_airline_tweets, "airline_tweets/tweets.csv", 0.50),
        "sb10k dev": (_read_sb10k, "sb10k/dev.tsv", 0.48),
        "germeval2017": (_read_germeval, "germeval2017/dev.tsv", 0.42),
        "uci sentences": (_read_uci, "uci_sentences", 0.75),
    }
    missing = [file for _, file, _ in sets.values() if not (Path(data) / file).exists()]
    if missing:
        print(f"{data} does not contain {', '.join(missing)}.", file=sys.stderr)
        return 2
    # The first text pays for imports and lexica, which would count as its set's time.
    lexicon_features(["Das ist sehr gut.", "This is very good."], ["de", "en"])
    print(f"{'set':<16}{'n':>7}{'measure':>11}{'value':>8}{'aim':>7}{'':>9}{'majority':>10}"
          f"{'unknown':>9}{'unsure':>8}{'of the sure':>13}")
    is_reached = []
    read_sets = {}
    for name, (read, file, aim) in sets.items():
        labelled = read_sets[name] = read(Path(data) / file)
        language = detect_language(labelled["text"])["language"].to_numpy()
        scored = score_lexicon(labelled[["text_key", "text"]].assign(language=language))
        measure, value, majority, of_sure = _measure(labelled["label"], scored)
        is_reached.append(value >= aim)
        print(f"{name:<16}{len(labelled):>7}{measure:>11}{value:>8.3f}{aim:>7.2f}"
              f"{_say(is_reached[-1]):>9}{majority:>10.3f}"
              f"{(scored['sentiment_label'] == 'unknown').mean():>9.3f}"
              f"{scored['is_unsure'].mean():>8.3f}{of_sure:>13.3f}")
    print(f"\n{'texts a second and core':<32}{'value':>8}{'aim':>7}")
    for name, language, set_name in (("German", "de", "sb10k dev"),
                                     ("English", "en", "airline tweets")):
        for what, speed in _measure_speed(list(read_sets[set_name]["text"]), language).items():
            is_reached.append(speed >= _AIMED_SPEED)
            print(f"{name + ', ' + what:<32}{speed:>8.0f}{_AIMED_SPEED:>7}"
                  f"{_say(is_reached[-1]):>9}")
    _compare_english(read_sets)
    return 0 if all(is_reached) else 1


def _measure(truth: pd.Series, scored: pd.DataFrame) -> tuple[str, float, float, float]:
    """Return (measure, value, value of the commonest class, value on what the model is sure of)."""
    answer = scored["sentiment_label"].replace("unknown", "neutral")
    measure, compute = "macro-F1", _macro_f1
    if "neutral" not in set(truth):
        measure, compute = "accuracy", _accuracy
        answer = _take_sign(scored["polarity"])
    is_sure = ~scored["is_unsure"].to_numpy()
    majority = [truth.mode()[0]] * len(truth)
    return (measure, compute(truth, answer), compute(truth, majority),
            compute(truth[is_sure], answer[is_sure]))


def _measure_speed(texts: list[str], language: str) -> dict[str, float]:
    texts = (texts * (_SPEED_TEXTS // len(texts) + 1))[:_SPEED_TEXTS]
    frame = pd.DataFrame({"text_key": [str(row) for row in range(len(texts))], "text": texts,
                          "language": language})
    speeds = {}
    languages = [language] * len(texts)
    for what, run in (("score_lexicon", lambda: score_lexicon(frame)),
                      ("lexicon_features", lambda: lexicon_features(texts, languages))):
        started = time.process_time()
        run()
        speeds[what] = len(texts) / (time.process_time() - started)
    return speeds


def _compare_english(sets: dict[str, pd.DataFrame]) -> None:
    """Print what the libraries reach on their own, at the threshold they are commonly used with.

    They get the cleaned texts, too: "@united" is praise to VADER.
    """
    from textblob.en import sentiment
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    vader = SentimentIntensityAnalyzer().polarity_scores

    def score_joined(texts: Sequence[str]) -> list[float]:
        frame = pd.DataFrame({"text_key": [str(row) for row in range(len(texts))],
                              "text": list(texts), "language": "en"})
        return score_lexicon(frame)["polarity"].tolist()

    scorers: dict[str, tuple[Callable[[Sequence[str]], list[float]], float]] = {
        "TextBlob": (lambda texts: [sentiment(text)[0] for text in texts], 0.05),
        "VADER": (lambda texts: [vader(text)["compound"] for text in texts], 0.05),
        "mean of both": (lambda texts: [(sentiment(text)[0] + vader(text)["compound"]) / 2
                                        for text in texts], 0.05),
        "words joined, own rules": (score_joined, LABEL_THRESHOLDS["en"]),
    }
    print(f"\n{'English without detection':<32}{'airline macro-F1':>18}{'UCI accuracy':>14}")
    airline, uci = sets["airline tweets"], sets["uci sentences"]
    for name, (score, threshold) in scorers.items():
        polarity = pd.Series(score(list(airline["text"])))
        label = pd.cut(polarity, [-2, -threshold, threshold, 2], labels=_CLASSES).astype(str)
        sign = _take_sign(pd.Series(score(list(uci["text"]))))
        print(f"{name:<32}{_macro_f1(airline['label'], label):>18.3f}"
              f"{_accuracy(uci['label'], sign):>14.3f}")


def _take_sign(polarity: pd.Series) -> pd.Series:
    return (polarity.fillna(0) >= 0).map({True: "positive", False: "negative"})


def _say(is_reached: bool) -> str:
    return "reached" if is_reached else "MISSED"


def _macro_f1(truth: pd.Series, answer: pd.Series | list[str]) -> float:
    return f1_score(truth, answer, labels=_CLASSES, average="macro", zero_division=0)


def _accuracy(truth: pd.Series, answer: pd.Series | list[str]) -> float:
    return float((truth == answer).mean())


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


def _read_uci(folder: Path) -> pd.DataFrame:
    rows = []
    for path in sorted(folder.glob("*_labelled.txt")):
        # Not splitlines: some sentences hold characters that it takes for ends of lines.
        lines = path.read_text(encoding="utf-8").rstrip("\n").split("\n")
        rows += [line.rsplit("\t", 1) for line in lines]
    return _labelled([row[0] for row in rows],
                     ["positive" if row[1].strip() == "1" else "negative" for row in rows])


def _labelled(texts: list[str] | pd.Series, labels: list[str] | pd.Series) -> pd.DataFrame:
    frame = pd.DataFrame({"text": [clean_text(text) for text in texts], "label": list(labels)})
    return frame.assign(text_key=[str(row) for row in range(len(frame))])


if __name__ == "__main__":
    sys.exit(main())
