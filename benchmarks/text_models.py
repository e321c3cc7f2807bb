"""Accuracy, calibration, speed and memory of the trained text classifiers on public sets.

Run: `python -m benchmarks text_models`, with CX360_PUBLIC_DATA set. All sets run on the same
settings of the classifier, those that ship; each model learns from the training part of its set.
"""

from __future__ import annotations

import os
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.labelled_texts import (
    read_airline_tweets,
    read_banking77,
    read_germeval,
    read_sb10k,
)
from benchmarks.measure import run_measured
from models_ml.classifier_evaluation import (
    Evaluation,
    assess_predictions,
    evaluate_classifier,
    split_texts,
)
from models_ml.label_shift import detect_share_drift
from models_ml.routing import fit_router, route_texts
from models_ml.sentiment import lexicon_features
from models_ml.sentiment_trained import score_trained
from models_ml.text_classifier import TextClassifier, train_classifier

SEED = 1
MILLION = 1_000_000
GIB = 1 << 30
CALIBRATION_AIM, SHARES_AIM = 0.04, 0.02
MEMORY_ARGUMENT = "--million"

_missed: list[str] = []


def main() -> int:
    """Print one line per figure with its aim; 1 when one is missed."""
    folder = os.environ.get("CX360_PUBLIC_DATA")
    if not folder:
        print("Say where the public data is: set CX360_PUBLIC_DATA.", file=sys.stderr)
        return 2
    data = Path(folder)
    if MEMORY_ARGUMENT in sys.argv[1:]:
        _score_million(data)
        return 0
    print(f"{'set':<26}{'figure':<40}{'found':>9}{'aim':>9}")
    _evaluate_airlines(data)
    _evaluate_sb10k(data)
    _evaluate_germeval(data)
    _evaluate_banking(data)
    _measure_speed(data)
    _measure_memory()
    if _missed:
        print(f"\nmissed: {', '.join(_missed)}")
    return 1 if _missed else 0


def _evaluate_airlines(data: Path) -> None:
    tweets = read_airline_tweets(data)
    texts, labels = tweets["text"].tolist(), tweets["label"].tolist()
    extra = lexicon_features(texts, ["en"] * len(texts))
    folds = evaluate_classifier(texts, labels, extra, seed=SEED)
    _report("airline tweets, 5-fold", "macro-F1", folds.macro_f1, 0.70)
    _report_probabilities("airline tweets, 5-fold", folds)
    _report_confusion(folds)
    for airline in sorted(tweets["group"].unique()):
        is_out = (tweets["group"] == airline).to_numpy()
        learnt, held_out = np.flatnonzero(~is_out), np.flatnonzero(is_out)
        model = _train(texts, labels, extra, learnt)
        probabilities = model.predict_probabilities([texts[row] for row in held_out],
                                                    extra[held_out])
        found = _assess(model, probabilities, tweets["label"].to_numpy()[held_out])
        drift = detect_share_drift(probabilities, model.shares, model.labels)
        name = f"without {airline}"
        _report(name, "macro-F1 on it", found.macro_f1, 0.62)
        _report(name, "calibration error", found.calibration_error)
        _report(name, "error of mean shares", found.share_error)
        _report(name, "largest change of a class share", drift.largest_change)
        true_shares = np.array([(tweets["label"][is_out] == label).mean()
                                for label in model.labels])
        really = np.abs(true_shares - model.shares).max()
        _report(name, "  … of the true shares", really)
        _say(name, "drift flagged", drift.is_drifted, drift.is_drifted == (really > 0.05))


def _evaluate_sb10k(data: Path) -> None:
    train, dev = read_sb10k(data, "train"), read_sb10k(data, "dev")
    texts, labels = train["text"].tolist(), train["label"].tolist()
    extra = lexicon_features(texts, ["de"] * len(texts))
    model = _train(texts, labels, extra, np.arange(len(texts)))
    unseen = dev["text"].tolist()
    probabilities = model.predict_probabilities(
        unseen, lexicon_features(unseen, ["de"] * len(unseen))
    )
    found = _assess(model, probabilities, dev["label"].to_numpy())
    _report("SB10k, train to dev", "macro-F1", found.macro_f1, 0.62)
    _report("SB10k, train to dev", f"calibration error (n = {len(dev)})", found.calibration_error)
    _report("SB10k, train to dev", "error of mean shares", found.share_error)
    _report_confusion(found)


def _evaluate_germeval(data: Path) -> None:
    feedback = read_germeval(data)
    texts = feedback["text"].tolist()
    extra = lexicon_features(texts, ["de"] * len(texts))
    found = evaluate_classifier(texts, feedback["label"].tolist(), extra, seed=SEED)
    _report("GermEval 2017, 5-fold", "macro-F1", found.macro_f1, 0.52)
    _report_probabilities("GermEval 2017, 5-fold", found)
    _report_confusion(found)


def _evaluate_banking(data: Path) -> None:
    questions = read_banking77(data)
    texts, intents = questions["text"].tolist(), questions["label"].to_numpy(dtype=object)
    names = sorted(set(intents))
    parts, truths, probabilities = [], [], []
    for learnt, held_out in split_texts(texts, intents.astype(str), seed=SEED):
        router = fit_router([texts[row] for row in learnt], intents[learnt].tolist(), seed=SEED)
        unseen = [texts[row] for row in held_out]
        parts.append(route_texts(router, unseen))
        probabilities.append(router.classifier.predict_probabilities(unseen))
        truths.append(intents[held_out])
    routed, truth = pd.concat(parts, ignore_index=True), np.concatenate(truths)
    found = assess_predictions(truth, routed["department"], np.concatenate(probabilities), names)
    is_answered = ~routed["is_to_be_checked"].to_numpy()
    is_right = routed["department"].to_numpy() == truth
    name = "banking77, 5-fold"
    _report(name, "accuracy", found.accuracy, 0.90)
    _report(name, "accuracy of what it answers", is_right[is_answered].mean(), 0.98)
    _report(name, "share that it answers", is_answered.mean(), 0.75)
    _report_probabilities(name, found)


def _measure_speed(data: Path) -> None:
    """Score frames of texts as the pipeline does, on one core."""
    for name, language, frame in (
        ("speed, English tweets", "en", read_airline_tweets(data)),
        ("speed, German tweets", "de", read_sb10k(data, "train")),
    ):
        texts = frame["text"].tolist()
        extra = lexicon_features(texts, [language] * len(texts))
        model = _train(texts, frame["label"].tolist(), extra, np.arange(len(texts)))
        asked = pd.DataFrame({"text_key": [str(row) for row in range(len(texts))],
                              "text": texts, "language": language})
        seconds = _take_seconds(lambda asked=asked, model=model, language=language:
                                score_trained({language: model}, asked))
        _report(name, "texts a second and core, with lexicon", len(texts) / seconds, 3_000, ".0f")
        features = _take_seconds(lambda texts=texts, language=language:
                                 lexicon_features(texts, [language] * len(texts)))
        _report(name, "  … of which the lexicon takes", features / seconds)


def _measure_memory() -> None:
    measured = run_measured(
        [sys.executable, "-m", "benchmarks.text_models", MEMORY_ARGUMENT], dict(os.environ)
    )
    if measured.code:
        print(measured.output)
        sys.exit("scoring a million texts failed")
    scored, distinct, peak = (int(figure) for figure in measured.output.split())
    _say("a million texts", f"{scored} scored, {distinct} distinct", "", scored == distinct)
    _report("a million texts", "seconds, training included", measured.seconds, None, ".0f")
    _report("a million texts", "peak memory in GiB", peak / GIB, 2.0, ".2f", is_most=True)


def _score_million(data: Path) -> None:
    """Train, then score a million distinct texts: the beginning of a tweet, the end of another."""
    tweets = read_airline_tweets(data)
    texts = tweets["text"].tolist()
    extra = lexicon_features(texts, ["en"] * len(texts))
    model = _train(texts, tweets["label"].tolist(), extra, np.arange(len(texts)))
    generator = np.random.default_rng(SEED)
    halves = [(words[: len(words) // 2], words[len(words) // 2 :])
              for words in (text.split() for text in texts)]
    made: dict[str, None] = {}
    while len(made) < MILLION:
        left, right = generator.integers(len(halves), size=2)
        made[" ".join(halves[left][0] + halves[right][1])] = None
    asked = pd.DataFrame({"text_key": np.arange(MILLION).astype(str), "text": list(made),
                          "language": "en"})
    del made, halves
    scored = score_trained({"en": model}, asked)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(len(scored), asked["text"].nunique(), peak)


def _train(
    texts: list[str], labels: list[str], extra: np.ndarray, rows: np.ndarray
) -> TextClassifier:
    return train_classifier([texts[row] for row in rows], [labels[row] for row in rows],
                            extra[rows], seed=SEED)


def _assess(model: TextClassifier, probabilities: np.ndarray, truth: np.ndarray) -> Evaluation:
    predicted = np.array(model.labels, dtype=object)[model.decide(probabilities)]
    return assess_predictions(truth, predicted, probabilities, model.labels)


def _take_seconds(work: Callable[[], object]) -> float:
    """Return the processor time of the fastest of three runs; others share the machine."""
    seconds = []
    for _ in range(3):
        started = time.process_time()
        work()
        seconds.append(time.process_time() - started)
    return min(seconds)


def _report_probabilities(name: str, found: Evaluation) -> None:
    _report(name, "calibration error", found.calibration_error, CALIBRATION_AIM, is_most=True)
    _report(name, "error of mean shares", found.share_error, SHARES_AIM, is_most=True)
    _report(name, "error of the shares of labels", found.label_share_error)


def _report_confusion(found: Evaluation) -> None:
    for line in found.confusion.to_string().splitlines():
        print(f"    {line}")


def _report(
    name: str, figure: str, value: float, aim: float | None = None, style: str = ".3f",
    *, is_most: bool = False,
) -> None:
    if aim is None:
        print(f"{name:<26}{figure:<40}{format(value, style):>9}", flush=True)
        return
    is_reached = value <= aim if is_most else value >= aim
    sign = "≤" if is_most else "≥"
    print(f"{name:<26}{figure:<40}{format(value, style):>9}{sign + format(aim, 'g'):>9}  "
          f"{'reached' if is_reached else 'missed'}", flush=True)
    if not is_reached:
        _missed.append(f"{name}: {figure}")


def _say(name: str, figure: str, value: object, is_right: bool) -> None:
    print(f"{name:<26}{figure:<40}{value!s:>9}{'':>9}  {'reached' if is_right else 'missed'}",
          flush=True)
    if not is_right:
        _missed.append(f"{name}: {figure}")


if __name__ == "__main__":
    sys.exit(main())
