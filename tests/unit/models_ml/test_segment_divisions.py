"""Planted groups are found again, and what is not stable is not published."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from models_ml.segment_divisions import (
    HIGHLY_STABLE,
    STABLE,
    Axis,
    CentreDivision,
    TooFewPoints,
    adjusted_rand_index,
    choose_division,
    fit_centres,
    fit_classes,
    measure_stability,
)
from models_ml.segmentations import EXPERIENCE, RFM, SEED, VALUE_LOYALTY, VALUE_TENURE

PLANTED = np.array([[0.0, 0.0], [4.0, 0.0], [0.0, 4.0]])


def planted(customers: int) -> tuple[np.ndarray, np.ndarray]:
    """Points around three centres, and the group of each."""
    generator = np.random.default_rng(7)
    groups = np.repeat(np.arange(3), customers)
    return PLANTED[groups] + generator.normal(0, 0.5, (len(groups), 2)), groups


def cross(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    table = np.zeros((left.max() + 1, right.max() + 1), dtype=np.int64)
    np.add.at(table, (left, right), 1)
    return table


def test_planted_groups_are_recovered_and_stable() -> None:
    points, groups = planted(100)
    weights = np.ones(len(points), dtype=np.int64)
    fits = [partial(fit_centres, count=count, seed=SEED) for count in (5, 4, 3, 2)]
    choice = choose_division(points, weights, fits, seed=SEED)
    assert choice.fit_number == 2
    assert adjusted_rand_index(cross(groups, choice.division.assign(points))) > 0.99
    assert choice.stability.rand_index is not None
    assert choice.stability.rand_index > 0.99
    assert min(choice.stability.jaccards) > 0.98
    assert [trial.segments_count for trial in choice.tried] == [5, 4, 3]


def test_one_cloud_is_not_divided_into_many() -> None:
    """Of one round cloud no fine division is found again; what is tried falls back to all."""
    points = np.random.default_rng(1).normal(0, 1, (150, 4))
    fits = [partial(fit_centres, count=count, seed=SEED) for count in (8, 6)]
    choice = choose_division(points, np.ones(150, dtype=np.int64), fits, seed=SEED)
    assert choice.fit_number is None
    assert len(choice.tried) == 2
    assert set(choice.division.assign(points)) == {0}
    assert choice.stability.rand_index is None


def test_weights_count_as_so_many_customers() -> None:
    points = np.array([[0.0], [1.0], [10.0], [11.0]])
    weights = np.array([9, 1, 1, 9])
    repeated = np.repeat(points, weights, axis=0)
    weighted = fit_centres(points, weights, count=2, seed=1)
    single = fit_centres(repeated, np.ones(len(repeated), dtype=np.int64), count=2, seed=1)
    assert weighted.centres.ravel().tolist() == pytest.approx([0.1, 10.9])
    assert single.centres.ravel().tolist() == pytest.approx(weighted.centres.ravel().tolist())


def test_classes_hold_the_shares_asked_for_and_ties_share_the_lower() -> None:
    """Ten customers: half have at most 2, the next four at most 5, the tenth more."""
    axis = Axis("purchases", {"a": 1, "b": 1}, (0.5, 0.9))
    points = np.array([[1, 0], [1, 1], [2, 2], [3, 2], [9, 9]], dtype=float)
    division = fit_classes(points, np.array([2, 3, 2, 2, 1]), features=("a", "b"), axes=(axis,))
    assert division.bounds == ((2.0, 5.0),)
    assert division.assign(points).tolist() == [0, 0, 1, 1, 2]


def test_a_class_is_known_by_its_axes() -> None:
    axes = (Axis("purchases", {"a": 1}, bounds=(0, 1)), Axis("recency", {"b": 1}, bounds=(0,)))
    division = fit_classes(np.zeros((1, 2)), np.array([1]), features=("a", "b"), axes=axes)
    label = int(division.assign(np.array([[2.0, -1.0]]))[0])
    assert division.classes(label) == {"purchases": 2, "recency": 0}
    assert division.count == 6


def test_ids_of_classes_never_mean_two_things() -> None:
    for segmentation in (RFM, VALUE_LOYALTY, VALUE_TENURE):
        ids = [segmentation.class_id(layout, label)
               for layout, axes in enumerate(segmentation.layouts)
               for label in range(int(np.prod([axis.classes_count for axis in axes])))]
        assert len(ids) == len(set(ids))
        assert segmentation.whole_id not in ids
        assert max(np.prod([axis.classes_count for axis in axes])
                   for axes in segmentation.layouts) <= 10
    assert RFM.class_id(0, 0) == "rfm_1"
    assert VALUE_TENURE.class_id(0, 0) == "value_loyalty_101"


def test_as_many_centres_as_before_come_first() -> None:
    def counts(former: int | None) -> list[int]:
        return [fit.keywords["count"] for fit in EXPERIENCE.fits(former)]  # type: ignore[attr-defined]

    assert counts(None) == [8, 7, 6, 5, 4, 3, 2]
    assert counts(3) == [3, 8, 7, 6, 5, 4, 2]
    assert counts(1) == [8, 7, 6, 5, 4, 3, 2]


@pytest.mark.parametrize(("table", "expected"), [
    ([[3, 0], [0, 3]], 1.0),
    ([[0, 3], [3, 0]], 1.0),
    # Hubert and Arabie by hand: pairs 2, rows 6, columns 6, of 15; (2 - 2.4) / (6 - 2.4).
    ([[2, 1], [1, 2]], (2 - 2.4) / (6 - 2.4)),
])
def test_adjusted_rand_index_by_hand(table: list[list[int]], expected: float) -> None:
    assert adjusted_rand_index(np.array(table)) == pytest.approx(expected)


def test_too_few_points_are_an_error_of_the_fit_and_passed_over() -> None:
    points, weights = np.zeros((1, 1)), np.array([40])
    fit = partial(fit_centres, count=2, seed=1)
    with pytest.raises(TooFewPoints, match="2 centres"):
        fit(points, weights)
    choice = choose_division(points, weights, [fit], seed=1)
    assert (choice.fit_number, choice.tried) == (None, ())


def test_a_sample_without_the_rare_point_passes_the_division_over() -> None:
    points, weights = np.array([[0.0], [1.0], [2.0]]), np.array([500, 499, 1])
    three, two = (partial(fit_centres, count=count, seed=1) for count in (3, 2))
    choice = choose_division(points, weights, [three, two], seed=1)
    assert choice.fit_number == 1
    assert [trial.segments_count for trial in choice.tried] == [2]


def test_any_other_error_of_a_fit_is_no_reason_not_to_divide() -> None:
    def fail(points: np.ndarray, weights: np.ndarray) -> CentreDivision:
        raise ValueError("Input X contains NaN.")

    with pytest.raises(ValueError, match="NaN"):
        choose_division(np.zeros((1, 1)), np.array([40]), [fail], seed=1)


def test_stability_compares_with_samples_of_customers_not_with_itself() -> None:
    """Two equal heaps cut in three: the third boundary lies elsewhere in every sample."""
    generator = np.random.default_rng(3)
    points = np.concatenate([generator.normal(0, 1, (80, 1)), generator.normal(9, 1, (80, 1))])
    weights = np.ones(160, dtype=np.int64)
    two, three = (partial(fit_centres, count=count, seed=1) for count in (2, 3))
    assert measure_stability(points, weights, two(points, weights), two, seed=1).rand_index == 1
    unstable = measure_stability(points, weights, three(points, weights), three, seed=1).rand_index
    assert unstable is not None
    assert unstable < STABLE


def test_the_nearest_centre_is_taken() -> None:
    division = CentreDivision(np.array([[0.0], [10.0]]))
    assert division.assign(np.array([[4.9], [5.0], [5.1]])).tolist() == [0, 0, 1]


def test_a_heap_cut_in_two_is_no_segment_however_high_the_index() -> None:
    """Of a large heap and a small one the small is halved: the index stays high, its halves not."""
    generator = np.random.default_rng(4)
    points = np.concatenate([generator.normal(0, 0.01, (800, 1)), generator.normal(9, 1, (200, 1))])
    weights = np.ones(1000, dtype=np.int64)

    def halve(points: np.ndarray, weights: np.ndarray) -> CentreDivision:
        """Halves the small heap at the customer drawn most often, another one in every sample."""
        is_small = points[:, 0] > 4
        middle = points[is_small][np.argmax(weights[is_small])][0]
        return CentreDivision(np.array([[0.0], [middle - 1], [middle + 1]]))

    choice = choose_division(points, weights, [halve], seed=1)
    (trial,) = choice.tried
    assert trial.segments_count == 3
    assert trial.rand_index >= STABLE
    assert trial.least_jaccard < HIGHLY_STABLE
    assert choice.fit_number is None
