"""Generated texts of planted classes, for the tests of the classifiers."""

from __future__ import annotations

import numpy as np

FILLERS = [f"{start}{end}" for start in ("wa", "ke", "lo", "mi", "tu", "so")
           for end in ("ren", "tal", "bik", "dos", "fem")]
MARKERS = {"negative": ["zorpig", "quallt", "hurmf"], "neutral": ["brelt", "nuvik", "jask"],
           "positive": ["pluwi", "xandel", "gribu"]}
"""Words that no lexicon knows."""


def make_texts(
    n: int, *, seed: int, shares: tuple[float, ...] = (0.5, 0.3, 0.2), noise: float = 0.0
) -> tuple[list[str], list[str]]:
    """Return texts and labels: eight words without meaning and one of the class.

    `noise` is the share of texts whose word is of a class drawn anew.
    """
    generator = np.random.default_rng(seed)
    names = list(MARKERS)
    labels = generator.choice(names, size=n, p=list(shares)).tolist()
    texts = []
    for label in labels:
        shown = generator.choice(names) if generator.random() < noise else label
        words = [*generator.choice(FILLERS, size=8), generator.choice(MARKERS[shown])]
        texts.append(" ".join(generator.permutation(words)))
    return texts, labels
