"""Means and covariances of answers of which some are missing, from counts per pattern.

Maximum likelihood for a multivariate normal by expectation and maximisation (Dempster, Laird and
Rubin 1977, JRSS B 39; Little and Rubin 2019, Statistical Analysis with Missing Data, ch. 11), then
Newton's steps with the observed information, which EM needs hundreds of steps to match where much
is missing. Valid where what is missing depends on what was answered (missing at random), for one
when the dissatisfied answer less; listwise deletion is then wrong.

Rows never come here, only their number, sums and products per pattern of missing answers and block
of respondents: the work grows with the patterns. Variables stand in the same order everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

EM_STEPS = 5
MOST_STEPS = 60
TOLERANCE = 1e-8
CELLS = 2000


class NotIdentified(ValueError):
    """Many covariances fit the answers equally well: too little was answered together."""


@dataclass(frozen=True)
class AnswerCounts:
    """Sufficient statistics of answers, one cell per pattern of missing answers and block.

    Attributes:
        observed: (patterns, d) whether a pattern has an answer.
        pattern: (cells,) position of the cell's pattern.
        block: (cells,) number of the block of respondents, from 0.
        rows: (cells,) how many rows.
        weight: (cells,) sum of their weights.
        sums: (cells, d) weighted sums; 0 where the pattern has no answer.
        products: (cells, d, d) weighted sums of products; 0 where either is missing.
    """

    observed: np.ndarray
    pattern: np.ndarray
    block: np.ndarray
    rows: np.ndarray
    weight: np.ndarray
    sums: np.ndarray
    products: np.ndarray

    def pick(self, variables: list[int]) -> AnswerCounts:
        """The same answers without the other variables; patterns that become equal stay apart."""
        grid = np.ix_(range(len(self.pattern)), variables, variables)
        return replace(self, observed=self.observed[:, variables], sums=self.sums[:, variables],
                       products=self.products[grid])

    def merge_patterns(self) -> AnswerCounts:
        """One cell per pattern and block, also where variables were left out."""
        masks, place = np.unique(self.observed, axis=0, return_inverse=True)
        pattern = place.reshape(-1)[self.pattern]
        keys, cell = np.unique(np.stack([pattern, self.block]), axis=1, return_inverse=True)
        cell = cell.reshape(-1)
        rows, weight, sums, products = (
            add_up(part, cell, keys.shape[1])
            for part in (self.rows, self.weight, self.sums, self.products))
        return AnswerCounts(masks, keys[0], keys[1], rows, weight, sums, products)

    def merge_blocks(self) -> AnswerCounts:
        """One cell per pattern, in the order of the patterns."""
        count = len(self.observed)
        rows, weight, sums, products = (
            add_up(part, self.pattern, count)
            for part in (self.rows, self.weight, self.sums, self.products))
        return AnswerCounts(self.observed, np.arange(count), np.zeros(count, dtype=int), rows,
                            weight, sums, products)

    def cut(self, part: slice) -> AnswerCounts:
        """A part of the cells."""
        return replace(self, pattern=self.pattern[part], block=self.block[part],
                       rows=self.rows[part], weight=self.weight[part], sums=self.sums[part],
                       products=self.products[part])

    def standardise(self, centre: np.ndarray, scale: np.ndarray) -> AnswerCounts:
        """Statistics of (value - centre) / scale."""
        here = self.observed[self.pattern]
        weight = self.weight[:, None, None]
        crossed = self.sums[:, :, None] * centre
        products = self.products - crossed - crossed.transpose(0, 2, 1) + (
            weight * centre[:, None] * centre) * (here[:, :, None] & here[:, None, :])
        sums = self.sums - self.weight[:, None] * centre * here
        return replace(self, sums=sums / scale, products=products / (scale[:, None] * scale))


@dataclass(frozen=True)
class Moments:
    """What the answers say of the population, and how each block moves it.

    Attributes:
        mean: (d,) means.
        covariance: (d, d).
        blocks: numbers of the blocks, sorted.
        influence: (blocks, d + d (d + 1) / 2) by how much one more copy of a block would move
            means, then covariances (rows of the upper triangle), to first order.
        steps: how many it took.
    """

    mean: np.ndarray
    covariance: np.ndarray
    blocks: np.ndarray
    influence: np.ndarray
    steps: int


def add_up(values: np.ndarray, place: np.ndarray, count: int) -> np.ndarray:
    """Sums of rows by their place in 0 … count - 1; quicker than `numpy.add.at` on many rows."""
    total = np.zeros((count, *values.shape[1:]))
    if len(place):
        order = np.argsort(place, kind="stable")
        here, first = np.unique(place[order], return_index=True)
        total[here] = np.add.reduceat(values[order], first, axis=0)
    return total


def describe_available(counts: AnswerCounts) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows with an answer, mean and variance of each variable, from its own answers."""
    here = counts.observed[counts.pattern]
    rows = (counts.rows[:, None] * here).sum(axis=0)
    weight = np.maximum((counts.weight[:, None] * here).sum(axis=0), 1e-300)
    mean = counts.sums.sum(axis=0) / weight
    square = np.diagonal(counts.products, axis1=1, axis2=2).sum(axis=0) / weight
    return rows, mean, np.maximum(square - mean**2, 0.0)


def count_together(counts: AnswerCounts) -> np.ndarray:
    """(d, d) rows in which two variables are both answered."""
    here = counts.observed[counts.pattern].astype(float)
    return (here * counts.rows[:, None]).T @ here


def estimate_moments(counts: AnswerCounts) -> Moments:
    """Estimate means and covariances by maximum likelihood.

    Raises:
        ValueError: a variable has no answers or does not vary, or two are never answered together.
        NotIdentified: the answers leave open what the covariances are.
    """
    _, centre, variance = describe_available(counts)
    if not np.all(variance > 0):
        raise ValueError("a variable does not vary")
    if not np.all(count_together(counts) > 0):
        raise ValueError("two variables are never answered together")
    scale = np.sqrt(variance)
    totals = counts.merge_blocks().standardise(centre, scale)
    mean, covariance, steps = _maximise(totals)
    blocks, influence = _influence(counts, totals, mean, covariance, centre, scale)
    size = len(mean)
    upper = np.triu_indices(size)
    by = np.concatenate([scale, (scale[:, None] * scale)[upper]])
    return Moments(centre + scale * mean, covariance * scale[:, None] * scale, blocks,
                   influence * by, steps)


def resample_moments(
    moments: Moments, *, replicates: int, seed: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Bootstrap over the blocks, each resample one step from the estimate.

    Blocks are drawn with replacement; how much each moves the estimate is known to first order
    (Shao and Tu 1995, The Jackknife and Bootstrap, ch. 2), so that no resample is fitted anew.

    Returns:
        Means (replicates, d) and positive definite covariances (replicates, d, d).
    """
    count, size = len(moments.blocks), len(moments.mean)
    drawn = np.random.default_rng(seed).multinomial(count, np.full(count, 1 / count), replicates)
    # Without the factor the variance of few blocks would be too small.
    moved = ((drawn - 1.0) * np.sqrt(count / max(count - 1, 1))) @ moments.influence
    means = moments.mean + moved[:, :size]
    upper = np.triu_indices(size)
    shift = np.zeros((replicates, size, size))
    shift[:, upper[0], upper[1]] = moved[:, size:]
    shift[:, upper[1], upper[0]] = moved[:, size:]
    return means, _make_definite(moments.covariance + shift)


def _make_definite(stack: np.ndarray) -> np.ndarray:
    """Raise eigenvalues of the correlations that one step took to zero or below."""
    spread = np.sqrt(np.maximum(np.diagonal(stack, axis1=1, axis2=2),
                                1e-6 * np.diagonal(stack, axis1=1, axis2=2).max(axis=0)))
    scaled = stack / (spread[:, :, None] * spread[:, None, :])
    values, vectors = np.linalg.eigh(scaled)
    low = values[:, 0] < 1e-6
    if np.any(low):
        raised = np.maximum(values[low], 1e-6)
        scaled[low] = (vectors[low] * raised[:, None, :]) @ vectors[low].transpose(0, 2, 1)
    return scaled * spread[:, :, None] * spread[:, None, :]


def _maximise(counts: AnswerCounts) -> tuple[np.ndarray, np.ndarray, int]:
    """Mean, covariance and steps, from standardised counts of one cell per pattern."""
    weight, sums, products = counts.weight, counts.sums, counts.products
    masks, total = counts.observed, weight.sum()
    size = masks.shape[1]
    mean, covariance = np.zeros(size), np.eye(size)
    known = None
    for step in range(1, MOST_STEPS + 1):
        inverse, first, second, here = known or _look(
            mean, covariance, weight, sums, products, masks)
        known = None
        newton = _newton_step(weight, first, second, inverse) if step > EM_STEPS else None
        if newton is not None:
            tried_mean, tried = mean + newton[0], covariance + newton[1]
            if np.linalg.eigvalsh(tried)[0] > 1e-10:
                looked = _look(tried_mean, tried, weight, sums, products, masks)
                if looked[-1] >= here - 1e-9 * abs(here):
                    known, next_mean, next_covariance = looked, tried_mean, tried
        if known is None:
            next_mean, next_covariance = _em_step(
                mean, covariance, weight, first, second, inverse, masks, total)
        moved = max(np.abs(next_mean - mean).max(), np.abs(next_covariance - covariance).max())
        mean, covariance = next_mean, next_covariance
        if moved < TOLERANCE:
            return mean, covariance, step
    raise NotIdentified(f"no maximum within {MOST_STEPS} steps")


def _look(
    mean: np.ndarray, covariance: np.ndarray, weight: np.ndarray, sums: np.ndarray,
    products: np.ndarray, masks: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    """What a step needs of a point: inverses, sums and products about it, log-likelihood."""
    inverse, logdet = _invert_observed(covariance, masks)
    first, second = _about(mean, weight, sums, products, masks)
    return inverse, first, second, _log_likelihood(weight, second, inverse, logdet)


def _invert_observed(covariance: np.ndarray, masks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(patterns, d, d) inverse of each pattern's part, 0 elsewhere; (patterns,) its log det."""
    pair = masks[:, :, None] & masks[:, None, :]
    padded = np.where(pair, covariance, 0.0)
    missing = ~masks
    index = np.arange(masks.shape[1])
    padded[:, index, index] += missing
    factor = np.linalg.cholesky(padded)
    inverse = np.linalg.inv(padded)
    inverse[:, index, index] -= missing
    return inverse, 2 * np.log(np.diagonal(factor, axis1=1, axis2=2)).sum(axis=1)


def _about(
    mean: np.ndarray, weight: np.ndarray, sums: np.ndarray, products: np.ndarray,
    masks: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Sums and products of what is observed, about a mean."""
    away = mean * masks
    first = sums - weight[:, None] * away
    crossed = sums[:, :, None] * away[:, None, :]
    second = products - crossed - crossed.transpose(0, 2, 1) + (
        weight[:, None, None] * away[:, :, None] * away[:, None, :])
    return first, second


def _log_likelihood(
    weight: np.ndarray, second: np.ndarray, inverse: np.ndarray, logdet: np.ndarray,
) -> float:
    return float(-0.5 * (weight @ logdet + np.sum(inverse * second)))


def _em_step(
    mean: np.ndarray, covariance: np.ndarray, weight: np.ndarray, first: np.ndarray,
    second: np.ndarray, inverse: np.ndarray, masks: np.ndarray, total: float,
) -> tuple[np.ndarray, np.ndarray]:
    """One expectation and maximisation.

    `filled` predicts all variables from the observed ones: itself where observed, the regression
    where missing; what the regression leaves open adds to the products.
    """
    filled = covariance @ inverse
    expected = (filled @ first[:, :, None])[:, :, 0].sum(axis=0)
    spread = np.sum(filled @ second @ filled.transpose(0, 2, 1), axis=0)
    left_open = weight.sum() * covariance - np.tensordot(
        weight, filled @ covariance, axes=(0, 0))
    moved = expected / total
    updated = (spread + left_open) / total - moved[:, None] * moved
    return mean + moved, (updated + updated.T) / 2


def _information(
    weight: np.ndarray, first: np.ndarray, second: np.ndarray, inverse: np.ndarray,
) -> np.ndarray:
    """Observed information about means and the upper triangle of covariances.

    All patterns at once: a pattern adds the product of two d x d matrices, so that the sum over
    patterns is one product of matrices.
    """
    patterns, size, _ = inverse.shape
    bent = inverse @ second @ inverse - 0.5 * weight[:, None, None] * inverse
    pulled = (inverse @ first[:, :, None])[:, :, 0]
    both = bent.reshape(patterns, -1).T @ inverse.reshape(patterns, -1)
    mixed = (inverse.reshape(patterns, -1).T @ pulled).reshape(size, size, size)
    across, down = np.triu_indices(size)
    twin = (across != down).astype(float)

    def entries(first_row: np.ndarray, second_row: np.ndarray, first_column: np.ndarray,
                second_column: np.ndarray) -> np.ndarray:
        return both[first_row[:, None] * size + first_column,
                    second_row[:, None] * size + second_column]

    # Symmetry makes two entries of a covariance matrix one parameter.
    spread = (entries(across, down, across, down)
              + twin[:, None] * entries(down, across, across, down)
              + twin * entries(across, down, down, across)
              + twin[:, None] * twin * entries(down, across, down, across))
    crossed = mixed[:, across, down] + twin * mixed[:, down, across]
    means = np.tensordot(weight, inverse, axes=(0, 0))
    return np.block([[means, crossed], [crossed.T, (spread + spread.T) / 2]])


def _score(
    weight: np.ndarray, first: np.ndarray, second: np.ndarray, inverse: np.ndarray,
) -> np.ndarray:
    """(rows, parameters) derivative of the log-likelihood of each row of statistics."""
    size = inverse.shape[1]
    pulled = (inverse @ first[:, :, None])[:, :, 0]
    slope = 0.5 * (inverse @ second @ inverse - weight[:, None, None] * inverse)
    across, down = np.triu_indices(size)
    twice = np.where(across == down, 1.0, 2.0)
    return np.concatenate([pulled, slope[:, across, down] * twice], axis=1)


def _newton_step(
    weight: np.ndarray, first: np.ndarray, second: np.ndarray, inverse: np.ndarray,
) -> tuple[np.ndarray, np.ndarray] | None:
    size = inverse.shape[1]
    score = _score(weight, first, second, inverse).sum(axis=0)
    try:
        step = np.linalg.solve(_information(weight, first, second, inverse), score)
    except np.linalg.LinAlgError:
        return None
    change = np.zeros((size, size))
    upper = np.triu_indices(size)
    change[upper] = step[size:]
    change.T[upper] = step[size:]
    return step[:size], change


def _influence(
    counts: AnswerCounts, totals: AnswerCounts, mean: np.ndarray, covariance: np.ndarray,
    centre: np.ndarray, scale: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Numbers of the blocks and, standardised, by how much each moves the estimate."""
    inverse, _ = _invert_observed(covariance, counts.observed)
    first, second = _about(mean, totals.weight, totals.sums, totals.products, counts.observed)
    information = _information(totals.weight, first, second, inverse)
    blocks, place = np.unique(counts.block, return_inverse=True)
    place = place.reshape(-1)
    score = np.zeros((len(blocks), len(information)))
    # In slices: a cell needs several matrices, and there can be tens of thousands.
    for start in range(0, len(counts.pattern), CELLS):
        part = slice(start, start + CELLS)
        cells = counts.cut(part).standardise(centre, scale)
        cell_first, cell_second = _about(
            mean, cells.weight, cells.sums, cells.products, cells.observed[cells.pattern])
        score += add_up(_score(cells.weight, cell_first, cell_second, inverse[cells.pattern]),
                        place[part], len(blocks))
    return blocks, np.linalg.solve(information, score.T).T
