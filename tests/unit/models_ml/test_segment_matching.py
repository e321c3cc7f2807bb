"""Segments keep their ids whatever the order in which a run finds them."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from models_ml.segment_matching import match_segments

CENTRES = np.array([[0.0, 0.0], [3.0, 0.0], [0.0, 3.0]])
IDS = ("experience_4", "experience_1", "experience_2")
NOBODY = np.zeros((3, 3), dtype=np.int64)


def match(overlap: np.ndarray, centres: np.ndarray, former: np.ndarray = CENTRES) -> list[str]:
    return match_segments(overlap, former_ids=IDS, former_centres=former, centres=centres,
                          prefix="experience", last_number=7)


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_permuted_labels_keep_their_ids(order: tuple[int, ...]) -> None:
    """Nine of ten stay where they were; the order of the new segments is any."""
    overlap = (np.eye(3, dtype=np.int64) * 90 + 5)[list(order)]
    assert match(overlap, CENTRES[list(order)]) == [IDS[place] for place in order]
    # Without one common customer the centres decide.
    assert match(NOBODY, CENTRES[list(order)] + 0.2) == [IDS[place] for place in order]


def test_a_new_segment_gets_a_number_never_used() -> None:
    centres = np.vstack([CENTRES, [[9.0, 9.0]]])
    overlap = np.vstack([np.eye(3, dtype=np.int64) * 100, [[2, 3, 1]]])
    assert match(overlap, centres) == [*IDS, "experience_8"]


def test_common_customers_outrank_centres() -> None:
    overlap = np.array([[0, 80, 0], [70, 0, 0], [0, 0, 90]])
    assert match(overlap, CENTRES) == ["experience_1", "experience_4", "experience_2"]


def test_centres_of_other_features_do_not_count() -> None:
    assert match(NOBODY, CENTRES, np.full((3, 2), np.nan)) == [
        "experience_8", "experience_9", "experience_10"]


def test_the_first_run_numbers_from_one() -> None:
    assert match_segments(np.zeros((2, 0), dtype=np.int64), former_ids=(),
                          former_centres=np.empty((0, 2)), centres=CENTRES[:2],
                          prefix="experience", last_number=0) == ["experience_1", "experience_2"]
