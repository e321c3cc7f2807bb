"""Divides customers into segments, and says how stable a division is.

Reads points with weights, not customers: one row per distinct standardised feature tuple and how
many customers have it. So a million customers cost what their distinct tuples cost, and a bootstrap
sample of the customers is a multinomial draw of the weights. Two kinds of division: classes of
given quantiles along named axes, and nearest centres (k-means).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

Points = npt.NDArray[np.float64]
Weights = npt.NDArray[np.int64]
Labels = npt.NDArray[np.int64]

STABLE = 0.9
"""Mean adjusted Rand index with bootstrap samples that a division needs."""

HIGHLY_STABLE = 0.85
"""Mean Jaccard similarity with bootstrap samples that each large segment needs (Hennig 2008)."""

LARGE_SHARE = 0.05
"""Share of the customers from which on a segment is large; of a handful one customer is much."""

LEAST_CUSTOMERS = 50
"""Fewer are not divided: what would be found of them is chance."""

BOOTSTRAPS = 20
STARTS = 5


@dataclass(frozen=True)
class Axis:
    """A direction along which customers fall into classes.

    `features` -> weight; `quantiles` bound the classes, or `bounds` do, in units of the feature. A
    value that equals a bound is of the class below it.
    """

    name: str
    features: dict[str, float]
    quantiles: tuple[float, ...] = ()
    bounds: tuple[float, ...] = ()

    @property
    def classes_count(self) -> int:
        """How many classes it has."""
        return len(self.quantiles or self.bounds) + 1


class Division(Protocol):
    """Says of each point which segment it is in, from 0 to `count` - 1; some can be empty."""

    @property
    def count(self) -> int:
        """How many segments there can be."""

    def assign(self, points: Points) -> Labels:
        """Segment of each point."""


@dataclass(frozen=True)
class ClassDivision:
    """Segments are the combinations of classes of some axes."""

    features: tuple[str, ...]
    axes: tuple[Axis, ...]
    bounds: tuple[tuple[float, ...], ...]

    @property
    def count(self) -> int:
        """Combinations of classes."""
        return int(np.prod([len(bounds) + 1 for bounds in self.bounds]))

    def assign(self, points: Points) -> Labels:
        """Segment of each point; the class of the last axis changes fastest."""
        labels = np.zeros(len(points), dtype=np.int64)
        for axis, bounds in zip(self.axes, self.bounds, strict=True):
            values = _along(axis, self.features, points)
            labels = labels * (len(bounds) + 1) + np.searchsorted(bounds, values, side="left")
        return labels

    def classes(self, label: int) -> dict[str, int]:
        """Axis -> class, from 0, of a segment."""
        found = {}
        for axis, bounds in zip(reversed(self.axes), reversed(self.bounds), strict=True):
            label, found[axis.name] = divmod(label, len(bounds) + 1)
        return dict(reversed(found.items()))


@dataclass(frozen=True)
class CentreDivision:
    """Segments are what lies nearest to each of some centres, rows of `centres`."""

    centres: Points

    @property
    def count(self) -> int:
        """Centres."""
        return len(self.centres)

    def assign(self, points: Points) -> Labels:
        """The nearest centre; the first of equally near ones."""
        return np.argmin(square_distances(points, self.centres), axis=1).astype(np.int64)


@dataclass(frozen=True)
class Stability:
    """How much of a division bootstrap samples of the customers find again.

    `rand_index`: mean adjusted Rand index. `jaccards`: per segment, the mean Jaccard similarity
    with the most similar segment of a sample. None and empty where nothing is divided.
    """

    rand_index: float | None
    jaccards: tuple[float, ...] = ()


@dataclass(frozen=True)
class Trial:
    """A division that was tried: its segments with customers, and how stable it is.

    `least_jaccard`: mean Jaccard similarity of the least stable of its large segments.
    """

    segments_count: int
    rand_index: float
    least_jaccard: float

    @property
    def is_stable(self) -> bool:
        """Whether bootstrap samples find it and each large segment again."""
        return self.rand_index >= STABLE and self.least_jaccard >= HIGHLY_STABLE


@dataclass(frozen=True)
class Choice:
    """A division, the number of the fit that made it (None: nothing is divided), its stability.

    `tried` are in the order of trial; a fit that found too few points is not among them.
    """

    division: Division
    fit_number: int | None
    stability: Stability
    tried: tuple[Trial, ...]


class TooFewPoints(ValueError):
    """The customers, or a sample of them, have fewer distinct points than there are centres."""


Fit = Callable[[Points, Weights], Division]


def square_distances(points: Points, centres: Points) -> Points:
    """Squared Euclidean distances, points × centres."""
    return np.stack([((points - centre) ** 2).sum(axis=1) for centre in centres], axis=1)


def fit_classes(
    points: Points, weights: Weights, *, features: Sequence[str], axes: Sequence[Axis],
) -> ClassDivision:
    """Bound the classes of each axis by weighted quantiles of the points.

    The bound of quantile q is the smallest value that at least a share q of the customers does not
    exceed. `features` names the columns of `points`.
    """
    bounds = []
    for axis in axes:
        values = _along(axis, features, points)
        order = np.argsort(values, kind="stable")
        reached = np.cumsum(weights[order])
        places = np.searchsorted(reached, [q * reached[-1] - 1e-9 for q in axis.quantiles])
        bounds.append(axis.bounds or tuple(float(values[order][place]) for place in places))
    return ClassDivision(tuple(features), tuple(axes), tuple(bounds))


def fit_centres(points: Points, weights: Weights, *, count: int, seed: int) -> CentreDivision:
    """k-means (Lloyd 1982) from several k-means++ starts (Arthur and Vassilvitskii 2007).

    Raises:
        TooFewPoints: fewer distinct points than centres.
    """
    from sklearn.cluster import KMeans
    from threadpoolctl import threadpool_limits

    is_drawn = weights > 0
    if is_drawn.sum() < count:
        raise TooFewPoints(f"{count} centres need as many distinct points, not {is_drawn.sum()}")
    with threadpool_limits(1):  # more threads add in another order, and cost more than they save
        fitted = KMeans(count, n_init=STARTS, random_state=seed).fit(
            points[is_drawn], sample_weight=weights[is_drawn])
    centres = fitted.cluster_centers_
    return CentreDivision(centres[np.lexsort(centres.T[::-1])])


def measure_stability(
    points: Points, weights: Weights, division: Division, fit: Fit, *, seed: int,
    repeats: int = BOOTSTRAPS,
) -> Stability:
    """Divide bootstrap samples of the customers anew and compare (Hennig 2007).

    Stops early when the mean can no more reach STABLE by much, which then is that of fewer samples.
    """
    labels = division.assign(points)
    generator = np.random.default_rng(seed)
    indices, jaccards = [], []
    for repeat in range(repeats):
        drawn = generator.multinomial(weights.sum(), weights / weights.sum()).astype(np.int64)
        again = fit(points, drawn)
        table = _cross(labels, again.assign(points), weights, (division.count, again.count))
        indices.append(adjusted_rand_index(table))
        jaccards.append(_best_jaccards(table))
        if repeat >= 4 and np.mean(indices) < STABLE - 0.1:
            break
    return Stability(float(np.mean(indices)),
                     tuple(float(value) for value in np.mean(jaccards, axis=0)))


def choose_division(points: Points, weights: Weights, fits: Sequence[Fit], *, seed: int) -> Choice:
    """The first of `fits` whose division and each segment are stable, else one segment of all.

    The index alone would let a small part be cut at random, such as one heap of five in two. A fit
    that raises TooFewPoints is passed over.
    """
    tried = []
    for number, fit in enumerate(fits):
        try:
            division = fit(points, weights)
            stability = measure_stability(points, weights, division, fit, seed=seed)
        except TooFewPoints:
            continue
        counts = np.bincount(division.assign(points), weights=weights, minlength=division.count)
        occupied = np.flatnonzero(counts)
        large = counts >= LARGE_SHARE * counts.sum()
        assert stability.rand_index is not None
        trial = Trial(len(occupied), stability.rand_index,
                      min(np.array(stability.jaccards)[large]))
        tried.append(trial)
        if trial.is_stable and len(occupied) > 1:
            return Choice(division, number, stability, tuple(tried))
    return Choice(CentreDivision(np.average(points, axis=0, weights=weights)[None, :]),
                  None, Stability(None), tuple(tried))


def adjusted_rand_index(table: Weights) -> float:
    """Agreement of two partitions, 1 for equal ones, 0 expected by chance (Hubert, Arabie 1985).

    `table` counts the customers per segment of the one (rows) and of the other (columns).
    """
    counts = table.astype(float)

    def pairs(numbers: Points) -> float:
        return float((numbers * (numbers - 1) / 2).sum())

    both, rows, columns = pairs(counts), pairs(counts.sum(axis=1)), pairs(counts.sum(axis=0))
    everything = counts.sum() * (counts.sum() - 1) / 2
    expected = rows * columns / everything if everything else 0.0
    highest = (rows + columns) / 2
    return 1.0 if highest == expected else (both - expected) / (highest - expected)


def _along(axis: Axis, features: Sequence[str], points: Points) -> Points:
    # Sums of equal tuples must be equal, not nearly so: bounds are compared with them.
    return np.round(sum((weight * points[:, list(features).index(name)]
                         for name, weight in axis.features.items()), np.zeros(len(points))), 6)


def _cross(
    left: Labels, right: Labels, weights: Weights, shape: tuple[int, int],
) -> Weights:
    cells = np.bincount(left * shape[1] + right, weights=weights, minlength=shape[0] * shape[1])
    return cells.reshape(shape).astype(np.int64)


def _best_jaccards(table: Weights) -> Points:
    unions = table.sum(axis=1)[:, None] + table.sum(axis=0)[None, :] - table
    return np.asarray((table / np.maximum(unions, 1)).max(axis=1), dtype=np.float64)
