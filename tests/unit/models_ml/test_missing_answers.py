"""Moments of incomplete answers: equal to the plain ones without gaps, right where answers miss."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from models_ml.answer_patterns import coarsen_patterns
from models_ml.missing_answers import (
    AnswerCounts,
    NotIdentified,
    estimate_moments,
    resample_moments,
)


def count_answers(
    answers: np.ndarray, block: np.ndarray, weight: np.ndarray | None = None,
) -> AnswerCounts:
    """Counts of rows of answers, NaN where missing: what SQL does."""
    given = ~np.isnan(answers)
    weight = np.ones(len(answers)) if weight is None else weight
    masks, pattern = np.unique(given, axis=0, return_inverse=True)
    keys, cell = np.unique(np.stack([pattern.reshape(-1), block]), axis=1, return_inverse=True)
    cell, filled = cell.reshape(-1), np.nan_to_num(answers)
    count, size = keys.shape[1], answers.shape[1]
    sums, products = np.zeros((count, size)), np.zeros((count, size, size))
    np.add.at(sums, cell, filled * weight[:, None])
    np.add.at(products, cell, filled[:, :, None] * filled[:, None, :] * weight[:, None, None])
    return AnswerCounts(masks, keys[0], keys[1], np.bincount(cell).astype(float),
                        np.bincount(cell, weight), sums, products)


def draw(rows: int, seed: int = 1) -> np.ndarray:
    rng = np.random.default_rng(seed)
    mixed = np.array([[1, 0, 0, 0], [0.6, 0.8, 0, 0], [0.3, 0.3, 0.9, 0], [0.5, 0.4, 0.2, 0.7]])
    return rng.standard_normal((rows, 4)) @ mixed.T * [1, 2, 30, 4] + [5, 0, 100, -3]


def lose(answers: np.ndarray, seed: int = 2) -> np.ndarray:
    """The dissatisfied answer less; the last variable, the outcome, is always there."""
    rng = np.random.default_rng(seed)
    low = (answers[:, -1] - answers[:, -1].mean()) / answers[:, -1].std()
    missing = rng.random((len(answers), 3)) < 1 / (1 + np.exp(0.9 + low[:, None] * 1.2))
    result = answers.copy()
    result[:, :3][missing] = np.nan
    return result


def blocks(rows: int, count: int = 50) -> np.ndarray:
    return np.arange(rows) % count


def test_complete_answers_have_their_plain_moments() -> None:
    answers = draw(400)
    weight = np.random.default_rng(4).uniform(0.5, 2, 400)
    moments = estimate_moments(count_answers(answers, blocks(400), weight))
    assert moments.mean == pytest.approx(np.average(answers, axis=0, weights=weight))
    assert moments.covariance == pytest.approx(
        np.cov(answers.T, aweights=weight, bias=True), rel=1e-6)


def test_answers_that_miss_by_the_outcome_do_not_bias() -> None:
    """Listwise deletion is off by several standard errors, the estimate is not."""
    answers = draw(20_000)
    partial = lose(answers)
    moments = estimate_moments(count_answers(partial, blocks(20_000)))
    complete = partial[~np.isnan(partial).any(axis=1)]
    scale = answers.std(axis=0)
    assert np.abs((moments.mean - answers.mean(axis=0)) / scale).max() < 0.02
    assert np.abs((complete.mean(axis=0) - answers.mean(axis=0)) / scale).max() > 0.2
    grid = scale[:, None] * scale
    assert np.abs((moments.covariance - np.cov(answers.T)) / grid).max() < 0.03
    assert np.abs((np.cov(complete.T) - np.cov(answers.T)) / grid).max() > 0.1


def test_a_block_moves_the_estimate_as_leaving_it_out_does() -> None:
    counts = count_answers(lose(draw(4000)), blocks(4000))
    moments = estimate_moments(counts)
    kept = counts.block != 7
    without = estimate_moments(replace(counts, **{
        name: getattr(counts, name)[kept]
        for name in ("pattern", "block", "rows", "weight", "sums", "products")}))
    upper = np.triu_indices(4)
    moved = np.concatenate([moments.mean - without.mean,
                            (moments.covariance - without.covariance)[upper]])
    spread = moments.influence.std(axis=0)
    assert moments.influence[7] / spread == pytest.approx(moved / spread, abs=0.15)


def test_the_bootstrap_over_blocks_is_that_over_rows() -> None:
    """Standard errors against fitting resampled rows anew."""
    answers = lose(draw(1500, seed=5))
    moments = estimate_moments(count_answers(answers, blocks(1500, 128)))
    means, covariances = resample_moments(moments, replicates=400, seed=1)
    rng = np.random.default_rng(9)
    anew = [estimate_moments(count_answers(answers[rng.integers(0, 1500, 1500)], blocks(1500)))
            for _ in range(60)]
    assert means.std(axis=0) / np.std([one.mean for one in anew], axis=0) == pytest.approx(
        1, abs=0.3)
    assert covariances.std(axis=0) / np.std(
        [one.covariance for one in anew], axis=0) == pytest.approx(1, abs=0.35)
    assert np.all(np.linalg.eigvalsh(covariances) > 0)


def test_patterns_that_become_equal_merge_into_one() -> None:
    counts = count_answers(lose(draw(2000)), blocks(2000))
    merged = counts.pick([0, 3]).merge_patterns()
    assert len(merged.observed) == 2
    assert merged.rows.sum() == 2000
    assert estimate_moments(merged).mean == pytest.approx(
        estimate_moments(counts.pick([0, 3])).mean)


def test_what_was_never_answered_together_is_refused() -> None:
    answers = draw(200)
    answers[:100, 0] = np.nan
    answers[100:, 1] = np.nan
    with pytest.raises(ValueError, match="never answered together"):
        estimate_moments(count_answers(answers, blocks(200)))
    answers[100:103, 1] = [4.0, 4.5, 5.0]
    answers = answers[:, [0, 1, 2, 3, 2]]
    with pytest.raises((NotIdentified, np.linalg.LinAlgError)):
        estimate_moments(count_answers(answers, blocks(200)))


def test_coarse_patterns_give_up_as_little_as_they_can() -> None:
    rng = np.random.default_rng(3)
    # The last variable is the outcome, the first two are answered together or not at all.
    given = rng.random((4000, 8)) > 0.4
    given[:, 1] = given[:, 0]
    given[:, -1] = True
    masks, rows = np.unique(given, axis=0, return_counts=True)
    kept = coarsen_patterns(masks, rows, always=1, limit=20)
    assert len(np.unique(kept, axis=0)) <= 20
    assert not np.any(kept & ~masks)
    assert kept[:, -1].all()
    assert np.array_equal(kept[:, 0], kept[:, 1])
    assert (kept * rows[:, None]).sum() / (masks * rows[:, None]).sum() > 0.4
    assert np.array_equal(coarsen_patterns(masks, rows, always=1), masks)
