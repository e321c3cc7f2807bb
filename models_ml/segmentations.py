"""The ways to group customers, as data: features, classes or centres, what each needs.

A new way is an entry here and, where it groups by something new, a column of the features that the
segment step measures and its words in `segment_names.py`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

from models_ml.segment_divisions import Axis, Fit, fit_centres, fit_classes

MODEL_VERSION = "1"
SEED = 20_240_701
MOST_DEVIATIONS = 3.0
"""Robust standard deviations from the median at which a feature is cut off."""


@dataclass(frozen=True)
class Feature:
    """A column of the features that the segment step measures.

    `transform`: log is log(1 + value). `is_scaled`: measured in robust standard deviations from the
    median, else as it is.
    """

    name: str
    transform: Literal["plain", "log"] = "plain"
    is_scaled: bool = True


@dataclass(frozen=True)
class Segmentation:
    """A way to group customers.

    `needed`: column that the customers with a place have; `missing` says it where none has.
    `described`: features that describe and name the segments but do not divide the customers, as
    few have them. `layouts`: axes of classes, the finest first; without any, customers are grouped
    around at most `most_segments` centres. `first_number`: that of the first class of the first
    layout.
    """

    name: str
    needed: str
    missing: str
    features: tuple[Feature, ...]
    layouts: tuple[tuple[Axis, ...], ...] = ()
    most_segments: int = 9
    described: tuple[Feature, ...] = ()
    first_number: int = 1

    @property
    def model_name(self) -> str:
        """What concludes the segments."""
        return "classes" if self.layouts else "k_means"

    def class_id(self, layout: int, label: int) -> str:
        """Id of a class: what it means, in every run and company, and of nothing else."""
        before = sum(math.prod(axis.classes_count for axis in axes)
                     for axes in self.layouts[:layout])
        return f"{self.name}_{self.first_number + before + label}"

    @property
    def whole_id(self) -> str:
        """Id of the segment of all customers where nothing is divided."""
        return f"{self.name}_0"

    def fits(self, former_count: int | None = None) -> list[Fit]:
        """Ways to divide, to be tried in this order.

        As many centres as the run before had come first: segments that need not change do not.
        """
        if self.layouts:
            names = tuple(feature.name for feature in self.features)
            return [partial(fit_classes, features=names, axes=axes) for axes in self.layouts]
        counts = list(range(self.most_segments, 1, -1))
        if former_count in counts:
            counts.remove(former_count)
            counts.insert(0, former_count)
        return [partial(fit_centres, count=count, seed=SEED) for count in counts]


# Half of the customers, the next 40 % and the best tenth: equal thirds leave the few customers who
# make most of the revenue among many who do not, and explain 60 % of what RFM cells explain of it.
_RANKS = (0.5, 0.9)
_PURCHASES = Axis("purchases", {"order_days_count": 1, "revenue": 1}, _RANKS)
_HALVES = Axis("purchases", {"order_days_count": 1, "revenue": 1}, (0.5,))
_THIRDS_OF_RECENCY = Axis("recency", {"recency_days": 1}, (1 / 3, 2 / 3))
_HALVES_OF_RECENCY = Axis("recency", {"recency_days": 1}, (0.5,))
_VALUE = Axis("value", {"revenue": 1}, _RANKS)
_HALVES_OF_VALUE = Axis("value", {"revenue": 1}, (0.5,))
_TIER = Axis("loyalty", {"loyalty_level": 1}, bounds=(0.5, 1.5))
_TENURE = Axis("tenure", {"tenure_days": 1}, (1 / 3, 2 / 3))
_HALVES_OF_TENURE = Axis("tenure", {"tenure_days": 1}, (0.5,))

_NO_PURCHASE = "no customer has bought anything"

RFM = Segmentation(
    "rfm", "recency_days", _NO_PURCHASE,
    (Feature("recency_days", "log"), Feature("order_days_count", "log"),
     Feature("revenue", "log")),
    ((_PURCHASES, _THIRDS_OF_RECENCY), (_PURCHASES, _HALVES_OF_RECENCY),
     (_HALVES, _HALVES_OF_RECENCY), (_HALVES,)))

VALUE_LOYALTY = Segmentation(
    "value_loyalty", "recency_days", _NO_PURCHASE,
    (Feature("revenue", "log"), Feature("loyalty_level", is_scaled=False)),
    ((_VALUE, _TIER), (_HALVES_OF_VALUE, _TIER)))

VALUE_TENURE = Segmentation(
    "value_loyalty", "recency_days", _NO_PURCHASE,
    (Feature("revenue", "log"), Feature("tenure_days")),
    ((_VALUE, _TENURE), (_VALUE, _HALVES_OF_TENURE), (_HALVES_OF_VALUE, _HALVES_OF_TENURE)),
    first_number=101)
"""What stands for value_loyalty where nobody is known to be in a loyalty programme."""

EXPERIENCE = Segmentation(
    "experience", "voices_count", "no customer has answered a survey or written anything",
    (Feature("score"), Feature("polarity"), Feature("complaints_count", "log"),
     Feature("late_delivery_share")),
    most_segments=8, described=(Feature("ease_score"), Feature("cases_count", "log")))


def list_segmentations(*, has_loyalty_programme: bool) -> Sequence[Segmentation]:
    """Every way to group the customers of a company."""
    return (RFM, VALUE_LOYALTY if has_loyalty_programme else VALUE_TENURE, EXPERIENCE)
