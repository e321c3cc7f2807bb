"""Gives segments the ids of the run before: by common customers, else by the nearest centre.

Both by the assignment that is best in total (Kuhn 1955), so that no two segments claim one id. Only
segments around centres need it: a class is known by its bounds (`Segmentation.class_id`).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from models_ml.segment_divisions import Points, Weights, square_distances

LEAST_OVERLAP = 0.25
"""Jaccard similarity below which common customers do not make two segments one."""

MOST_DISTANCE = 1.0
"""Distance of centres, in standard deviations of a feature, from which on they are two."""


def match_segments(
    overlap: Weights, *, former_ids: Sequence[str], former_centres: Points, centres: Points,
    prefix: str, last_number: int,
) -> list[str]:
    """Id of each new segment.

    Args:
        overlap: common customers, new × former segments.
        former_ids: ids of the former segments.
        former_centres: their centres; rows of NaN where they lie in another space.
        centres: centres of the new segments.
        prefix: what a new id begins with.
        last_number: the highest number ever given to a segment with this prefix.

    Returns:
        A former id where one fits, else `<prefix>_<number>` with the next number.
    """
    from scipy.optimize import linear_sum_assignment

    ids: list[str | None] = [None] * len(centres)
    if len(former_ids):
        unions = overlap.sum(axis=1)[:, None] + overlap.sum(axis=0)[None, :] - overlap
        jaccard = overlap / np.maximum(unions, 1)
        for new, old in zip(*linear_sum_assignment(-jaccard), strict=True):
            if jaccard[new, old] >= LEAST_OVERLAP:
                ids[new] = former_ids[old]
        open_new = [number for number, found in enumerate(ids) if found is None]
        open_old = [number for number, found in enumerate(former_ids)
                    if found not in ids and np.isfinite(former_centres[number]).all()]
        distances = np.sqrt(square_distances(centres[open_new], former_centres[open_old])
                            ) if open_new and open_old else np.empty((0, 0))
        if distances.size:
            for row, column in zip(*linear_sum_assignment(distances), strict=True):
                if distances[row, column] <= MOST_DISTANCE:
                    ids[open_new[row]] = former_ids[open_old[column]]
    for number, found in enumerate(ids):
        if found is None:
            last_number += 1
            ids[number] = f"{prefix}_{last_number}"
    return [found for found in ids if found is not None]
