"""Routing learnt from past cases: it answers where it is right, and leaves the rest to a person."""

from __future__ import annotations

import numpy as np
import pytest

from models_ml.routing import Router, fit_router, fix_threshold, route_texts, train_router
from tests.unit.models_ml.labelled_texts import make_texts


@pytest.fixture(scope="module")
def router() -> Router:
    return fit_router(*make_cases(1_500, seed=1), seed=1)


def make_cases(n: int, *, seed: int) -> tuple[list[str], list[str]]:
    """Return cases: the first half speaks of its department, the second half says nothing."""
    texts, departments = make_texts(n, seed=seed)
    generator = np.random.default_rng(seed)
    vague = [" ".join(generator.choice(["hallo", "bitte", "melden", "danke", "frage", "dringend"],
                                       size=7)) for _ in range(n // 2)]
    return texts[: n - n // 2] + vague, departments


def test_it_answers_what_it_knows_and_nothing_else(router: Router) -> None:
    texts, departments = make_cases(1_000, seed=2)
    routed = route_texts(router, texts)
    assert routed.columns.tolist() == ["department", "probability", "is_to_be_checked"]
    is_answered = ~routed["is_to_be_checked"].to_numpy()
    is_right = routed["department"].to_numpy() == departments
    assert is_right[is_answered].mean() >= 0.97
    assert is_answered[:500].mean() > 0.95
    assert is_answered[500:].mean() < 0.05
    # Without abstention it would be wrong in a quarter.
    assert is_right.mean() < 0.8


def test_the_threshold_is_of_training_texts_out_of_fold(router: Router) -> None:
    assert 0.45 < router.answered_share < 0.55
    # Some 750 answers: .98 + 2 * sqrt(.0196 / 750) = .990.
    assert router.answered_accuracy >= 0.99


def test_a_file_gives_the_router_back(router: Router) -> None:
    content = router.to_bytes()
    restored = Router.from_bytes(content)
    assert restored.to_bytes() == content
    assert restored.threshold == router.threshold
    texts, _ = make_cases(20, seed=3)
    assert route_texts(restored, texts).equals(route_texts(router, texts))


def test_threshold_by_hand() -> None:
    probability = np.repeat([0.9, 0.8, 0.7, 0.6], 500)
    is_right = np.repeat([True, True, True, False], 500)
    is_right[1_000:1_100] = False
    # 1,000 of 1,000 at .8; 1,400 of 1,500 = .9333 at .7; 1,400 of 2,000 = .7 at .6.
    # Two standard errors at .7: .915 + .0144 = .9294 is reached, .92 + .0140 = .9340 is not.
    assert fix_threshold(probability, is_right, 0.920) == 0.8
    assert fix_threshold(probability, is_right, 0.915) == 0.7
    # At .6: .67 + .0210 = .6910 is reached, .68 + .0209 = .7009 is not.
    assert fix_threshold(probability, is_right, 0.68) == 0.7
    assert fix_threshold(probability, is_right, 0.67) == 0.6
    # 35 right answers do not prove 90 %, 37 do: .9 + 2 * sqrt(.09 / 36) = 1. Nothing right, none.
    assert fix_threshold(probability[:35], is_right[:35], 0.9) > 1
    assert fix_threshold(probability[:37], is_right[:37], 0.9) == 0.9
    assert fix_threshold(probability, np.zeros(2_000, dtype=bool), 0.9) > 1


def test_a_good_router_is_published() -> None:
    texts, departments = make_cases(800, seed=4)
    report = train_router(texts, departments, seed=1)
    assert report.status == "published"
    assert report.labels_count == 800
    assert report.router is not None and report.evaluation is not None
    assert report.evaluation.texts_count == 800
    # Half of the texts could be answered; the margin for few of them costs some.
    assert report.answered_share is not None and 0.3 < report.answered_share < 0.52
    assert report.answered_accuracy is not None and report.answered_accuracy > 0.97


def test_a_router_that_learnt_nothing_is_rejected() -> None:
    texts, _ = make_texts(400, seed=5)
    departments = np.random.default_rng(6).choice(["it", "store", "returns"], size=400).tolist()
    report = train_router(texts, departments, seed=1)
    assert report.status == "rejected"
    assert report.router is None
    assert report.answered_share is not None and report.answered_share < 0.1


@pytest.mark.parametrize("departments", [["it"] * 320, ["it"] * 315 + ["store"] * 5,
                                         ["it"] * 309 + ["store"] * 11])
def test_one_department_alone_is_too_few(departments: list[str]) -> None:
    texts, _ = make_texts(320, seed=7)
    assert train_router(texts, departments, seed=1).status == "too_few_labels"


def test_too_few_labels() -> None:
    report = train_router(*make_texts(299, seed=8), seed=1)
    assert (report.status, report.labels_count, report.router) == ("too_few_labels", 299, None)


def test_a_rare_department_is_not_learnt() -> None:
    texts, departments = make_texts(400, seed=9)
    departments[:5] = ["marketing"] * 5
    assert fit_router(texts, departments, seed=1).classifier.labels == (
        "negative", "neutral", "positive")
