"""Recall and precision of masking on planted personal data; what it finds in public texts; speed.

Run: `python -m benchmarks.masking`; with CX360_PUBLIC_DATA set the public texts too. No text is
printed.
"""

from __future__ import annotations

import csv
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd

from benchmarks.masking_texts import Planted, plant_texts
from models_ml.masking_words import fold, read_given_names
from models_ml.personal_data import KINDS, find_personal_data, mask_personal_data

TEXTS = 6_000
SEED = 20_260_331
LEAST_RECALL = 0.9
LEAST_PRECISION = 0.95
LEAST_SPEED = 5_000
LONG_CHARACTERS = 50_000
LONGEST_SECONDS = 2.0


def main() -> int:
    """Print the tables; ends with 1 when a bound is missed."""
    texts = plant_texts(TEXTS, SEED)
    missed = _print_planted(texts)
    speed = _speed([text.text for text in texts], [text.language for text in texts])
    seconds = _seconds_of_long_texts(texts)
    print(f"\n{speed:,.0f} planted texts a second of one core; a text of {LONG_CHARACTERS:,} "
          f"characters takes at most {seconds:.2f} s")
    missed += [f"speed {speed:,.0f}"] if speed < LEAST_SPEED else []
    missed += [f"long text {seconds:.2f} s"] if seconds > LONGEST_SECONDS else []
    data = os.environ.get("CX360_PUBLIC_DATA")
    if data:
        _print_public(Path(data))
    else:
        print("Public texts are left out: set CX360_PUBLIC_DATA to the folder that holds them.")
    if missed:
        print(f"missed: {', '.join(missed)}")
    return 1 if missed else 0


def _print_planted(texts: Sequence[Planted]) -> list[str]:
    """Table per kind: a value counts as found when all of it is masked, whatever the kind."""
    planted, found, kind_right, known, marked, right = (Counter[str]() for _ in range(6))
    unlisted = Counter[bool]()
    for text in texts:
        findings = find_personal_data(text.text, text.language)
        with_name = find_personal_data(text.text, text.language, known_names=[text.author])
        for start, end, kind in text.values:
            planted[kind] += 1
            within = [one for one in findings if one.start <= start and end <= one.end]
            found[kind] += bool(within)
            kind_right[kind] += any(one.kind == kind for one in within)
            known[kind] += any(one.start <= start and end <= one.end for one in with_name)
            if kind == "NAME" and not _is_listed(text.author):
                unlisted[bool(within)] += 1
        for one in findings:
            marked[one.kind] += 1
            right[one.kind] += any(one.start < end and start < one.end
                                   for start, end, _ in text.values)
    print(f"{'kind':<18}{'planted':>9}{'recall':>9}{'as kind':>9}{'author known':>14}"
          f"{'precision':>11}")
    missed = []
    for kind in KINDS:
        if planted[kind]:
            recall = found[kind] / planted[kind]
            precision = right[kind] / marked[kind] if marked[kind] else 1.0
            print(f"{kind:<18}{planted[kind]:>9}{recall:>9.3f}"
                  f"{kind_right[kind] / planted[kind]:>9.3f}{known[kind] / planted[kind]:>14.3f}"
                  f"{precision:>11.3f}")
            missed += [f"recall {kind}"] if recall < LEAST_RECALL else []
            missed += [f"precision {kind}"] if precision < LEAST_PRECISION else []
    print(f"of {unlisted.total()} names whose given name stands in no list, "
          f"{unlisted[True] / unlisted.total():.3f} were found")
    stray = sum(bool(find_personal_data(text.text, text.language))
                for text in texts if not text.values)
    print(f"texts without personal data that were changed: {stray} of "
          f"{sum(not text.values for text in texts)}")
    return missed


def _is_listed(author: str) -> bool:
    return fold(author.split()[0]) in read_given_names()


def _speed(texts: Sequence[str], languages: Sequence[str]) -> float:
    frame = pd.DataFrame({"text_key": [str(row) for row in range(len(texts))], "text": texts,
                          "language": languages})
    mask_personal_data(frame.head(200))
    fastest = float("inf")
    for _ in range(3):
        started = time.process_time()
        mask_personal_data(frame)
        fastest = min(fastest, time.process_time() - started)
    return len(frame) / fastest


def _seconds_of_long_texts(texts: Sequence[Planted]) -> float:
    """The slowest of a joined text and of monotonous ones that tempt a backtracking matcher."""
    joined = "\n".join(text.text for text in texts)[:LONG_CHARACTERS]
    longest = 0.0
    for piece in (joined, "a@", "1 ", "Aa ", "http://", "Straße ", "A-B 1 ", "0171 2345678 "):
        text = (piece * LONG_CHARACTERS)[:LONG_CHARACTERS]
        started = time.process_time()
        find_personal_data(text, "de")
        longest = max(longest, time.process_time() - started)
    return longest


def _print_public(data: Path) -> None:
    sets: dict[str, tuple[Callable[[Path], list[str]], str, str]] = {
        "airline_tweets": (_read_tweets, "airline_tweets/tweets.csv", "en"),
        "germeval2017": (_read_germeval, "germeval2017/dev.tsv", "de"),
        "sb10k": (_read_sb10k, "sb10k/train.tsv", "de"),
        "uci_sentences": (_read_sentences, "uci_sentences", "en"),
    }
    for name, (read, file, language) in sets.items():
        texts = read(data / file)
        shares: Counter[str] = Counter()
        characters = findings = 0
        started = time.process_time()
        for text in texts:
            found = find_personal_data(text, language)
            findings += bool(found)
            characters += sum(one.end - one.start for one in found)
            shares.update({one.kind for one in found})
        seconds = time.process_time() - started
        length = sum(map(len, texts))
        print(f"\n{name}: {len(texts):,} texts of {length / len(texts):.0f} characters, "
              f"{len(texts) / seconds:,.0f} a second; {findings / len(texts):.1%} with a finding, "
              f"{characters / length:.2%} of the characters masked")
        print("  " + ", ".join(f"{kind} {count / len(texts):.2%}"
                               for kind, count in shares.most_common()))


def _read_tweets(path: Path) -> list[str]:
    return list(pd.read_csv(path)["text"])


def _read_germeval(path: Path) -> list[str]:
    with path.open(encoding="utf-8", newline="") as file:
        return [row[1] for row in csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
                if len(row) > 3]


def _read_sb10k(path: Path) -> list[str]:
    return [line.split("\t", 2)[2] for line in path.read_text(encoding="utf-8").splitlines()]


def _read_sentences(path: Path) -> list[str]:
    return [line.rpartition("\t")[0] for file in sorted(path.glob("*_labelled.txt"))
            for line in file.read_text(encoding="utf-8").split("\n") if line]


if __name__ == "__main__":
    sys.exit(main())
