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
    ]) == [("Dissatisfied customers with negative words",
            "Unzufriedene Kunden mit negativen Äußerungen"),
           ("Satisfied customers", "Zufriedene Kunden"), AVERAGE]


def test_equal_names_get_one_more_feature_and_at_last_a_number() -> None:
    worse = [difference("score", -2), difference("polarity", -1)]
    names = name_centres([worse, [*worse, difference("complaints_count", 0.5)], worse])
    assert [name for name, _ in names] == [
        "Dissatisfied customers with negative words",
        "Dissatisfied customers with negative words and complaints",
        "Dissatisfied customers with negative words (2)"]
    assert len({german for _, german in names}) == 3


def test_classes_are_named_by_their_place() -> None:
    assert name_classes({"purchases": 2, "recency": 0}, {"purchases": 3, "recency": 3}) == (
        "Top buyers, last purchase recent", "Topkäufer, letzter Kauf vor Kurzem")
    assert name_classes({"recency": 1}, {"recency": 2})[0] == "Last purchase long ago"


@pytest.mark.parametrize(("features", "english", "german"), [
    ({"late_delivery_share": 1, "cases_count": 0.5},
     "Customers with late deliveries and many service cases",
     "Kunden mit verspäteten Lieferungen und vielen Servicefällen"),
    ({"late_delivery_share": -1, "recency_days": 0.8, "score": 0.6},
     "Customers with punctual deliveries, without a recent purchase and with good scores",
     "Kunden mit pünktlichen Lieferungen, ohne Kauf in letzter Zeit und mit guten Bewertungen"),
    ({"tenure_days": -1, "revenue": 0.8}, "New customers with high revenue",
     "Neue Kunden mit hohem Umsatz"),
])
def test_a_name_is_a_noun_with_what_distinguishes_it(
    features: dict[str, float], english: str, german: str
) -> None:
    told = [difference(feature, value) for feature, value in features.items()]
    # A second segment of the same first two features has one more of them in its name.
    other = [*told[:2], difference("ease_score", -0.4)]
    assert (english, german) in (name_centres([told]) + name_centres([told, other]))


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
        "On average: revenue of 1,676 EUR (all: 391 EUR; n = 1,226); last purchase 27 days ago "
        "(all: 268; n = 1,226).",
        "Im Mittel: Umsatz von 1.676 EUR (alle: 391 EUR; n = 1.226); letzter Kauf vor 27 Tagen "
        "(alle: 268; n = 1.226).")


def test_scores_and_shares_are_told_in_hundreds() -> None:
    english, german = describe_segment([
        FeatureDifference("score", 0.474, 0.71, -1.0, 30),
        FeatureDifference("late_delivery_share", 0.354, 0.1, 0.9, 30)], currency="EUR")
    assert english == ("On average: score of 47 out of 100 (all: 71; n = 30); 35 % of deliveries "
                       "late (all: 10 %; n = 30).")
    assert german == ("Im Mittel: Bewertung mit 47 von 100 Punkten (alle: 71; n = 30); 35 % der "
                      "Lieferungen verspätet (alle: 10 %; n = 30).")


def test_negative_figures_have_the_sign_of_their_language() -> None:
    english, german = describe_segment(
        [FeatureDifference("polarity", -0.25, 0.1, -1.0, 30)], currency="EUR")
    assert "−0.25 (from −1 to 1) (all: 0.10" in english
    assert "−0,25 (von −1 bis 1) (alle: 0,10" in german


def test_a_feature_of_few_people_is_not_spoken_of() -> None:
    few = FeatureDifference("ease_score", 0.1, 0.7, -2.5, 4)
    assert name_centres([[few, difference("score", 1.0)]]) == [
        ("Satisfied customers", "Zufriedene Kunden")]
    assert "ease" not in describe_segment([few, difference("score", 1.0)], currency="EUR")[0]


def test_without_a_difference_it_says_so() -> None:
    assert describe_segment([difference("score", 0.1)], currency="EUR")[1] == (
        "Kein Merkmal unterscheidet sich von den anderen Kunden.")
