"""Names say what distinguishes a segment, and nothing else."""

from __future__ import annotations

from itertools import product

import pytest

from models_ml.segment_names import (
    AVERAGE,
    CLASSES,
    FEATURES,
    FeatureDifference,
    describe_segment,
    name_centres,
    name_classes,
)
from models_ml.segmentations import EXPERIENCE, RFM, VALUE_LOYALTY, VALUE_TENURE


def difference(feature: str, value: float) -> FeatureDifference:
    return FeatureDifference(feature, 0.5, 0.7, value, 1200)


def test_the_largest_differences_name_a_segment() -> None:
    assert name_centres([
        [difference("polarity", -0.5), difference("score", -1.2), difference("cases_count", 0.4)],
        [difference("score", 0.8), difference("polarity", 0.1)],
        [difference("score", 0.2)],
    ]) == [("Dissatisfied, negative words", "Unzufrieden, negative Worte"),
           ("Satisfied", "Zufrieden"), AVERAGE]


def test_equal_names_get_one_more_feature_and_at_last_a_number() -> None:
    worse = [difference("score", -2), difference("polarity", -1)]
    names = name_centres([worse, [*worse, difference("complaints_count", 0.5)], worse])
    assert [name for name, _ in names] == [
        "Dissatisfied, negative words", "Dissatisfied, negative words, complain",
        "Dissatisfied, negative words (2)"]
    assert len({german for _, german in names}) == 3


def test_classes_are_named_by_their_place() -> None:
    assert name_classes({"purchases": 2, "recency": 0}, {"purchases": 3, "recency": 3}) == (
        "Buy most, bought lately", "Kaufen am meisten, Kauf vor Kurzem")
    assert name_classes({"recency": 1}, {"recency": 2})[0] == "Bought long ago"


@pytest.mark.parametrize("segmentation", [RFM, VALUE_LOYALTY, VALUE_TENURE])
def test_every_class_of_a_layout_has_a_name_of_its_own(segmentation: object) -> None:
    for axes in segmentation.layouts:  # type: ignore[attr-defined]
        counts = {axis.name: axis.classes_count for axis in axes}
        names = [name_classes(dict(zip(counts, places, strict=True)), counts)
                 for places in product(*(range(count) for count in counts.values()))]
        for language in (0, 1):
            assert len({name[language] for name in names}) == len(names)


def test_every_feature_and_axis_has_words_in_both_languages() -> None:
    segmentations = (RFM, VALUE_LOYALTY, VALUE_TENURE, EXPERIENCE)
    assert {feature.name for one in segmentations
            for feature in (*one.features, *one.described)} == set(FEATURES)
    assert {axis.name for one in segmentations for axes in one.layouts for axis in axes} == set(
        CLASSES)


def test_a_description_gives_the_means_and_how_many() -> None:
    found = describe_segment([
        FeatureDifference("revenue", 1676.4, 390.6, 2.0, 1226),
        FeatureDifference("recency_days", 27.2, 268.0, -1.0, 1226),
        FeatureDifference("score", 0.704, 0.71, 0.1, 40)], currency="EUR")
    assert found == (
        "On average: revenue 1,676 EUR (all: 391 EUR; n = 1,226); last purchase 27 days ago "
        "(all: 268 days ago; n = 1,226).",
        "Im Mittel: Umsatz 1.676 EUR (alle: 391 EUR; n = 1.226); letzter Kauf vor 27 Tagen "
        "(alle: vor 268 Tagen; n = 1.226).")


def test_negative_figures_have_the_sign_of_their_language() -> None:
    english, german = describe_segment(
        [FeatureDifference("polarity", -0.25, 0.1, -1.0, 30)], currency="EUR")
    assert "−0.25 (all: 0.10" in english
    assert "−0,25 (alle: 0,10" in german


def test_a_feature_of_few_people_is_not_spoken_of() -> None:
    few = FeatureDifference("ease_score", 0.1, 0.7, -2.5, 4)
    assert name_centres([[few, difference("score", 1.0)]]) == [("Satisfied", "Zufrieden")]
    assert "ease" not in describe_segment([few, difference("score", 1.0)], currency="EUR")[0]


def test_without_a_difference_it_says_so() -> None:
    assert describe_segment([difference("score", 0.1)], currency="EUR")[1] == (
        "Kein Merkmal unterscheidet sich von den anderen Kunden.")
