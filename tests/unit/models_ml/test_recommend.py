"""Offers: EASE against its definition and a planted taste, ranking, reasons, hits."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from models_ml.recommend import (
    CANDIDATES,
    Offers,
    build_gram,
    find_hits,
    fit_ease,
    rank_offers,
    score_by_popularity,
    score_by_taste,
    smooth_hit_rates,
    sum_ndcg,
)


def matrix(*rows: list[float]) -> sparse.csr_matrix:
    return sparse.csr_matrix(np.array(rows, dtype="float64"))


def gram(bought: sparse.csr_matrix) -> np.ndarray:
    return np.asarray((bought.T @ bought).todense())


def test_a_gram_matrix_is_made_of_counted_pairs() -> None:
    pairs = pd.DataFrame({"left_product": [0, 0, 1], "right_product": [0, 1, 1],
                          "weight": [2.0, 1.5, 3.0]})
    assert build_gram(pairs, 2).tolist() == [[2.0, 1.5], [1.5, 3.0]]


def test_a_product_beyond_the_last_one_is_refused() -> None:
    pairs = pd.DataFrame({"left_product": [0], "right_product": [2], "weight": [1.0]})
    with pytest.raises(ValueError, match="not below 2"):
        build_gram(pairs, 2)


def test_weights_of_two_products_match_figures_on_paper() -> None:
    # G + λI = [[3, 1], [1, 2]], its inverse [[2, -1], [-1, 3]] / 5.
    weights = fit_ease(np.array([[2.0, 1.0], [1.0, 1.0]]), regularisation=1)
    assert weights == pytest.approx(np.array([[0, 1 / 3], [1 / 2, 0]]))


def test_weights_are_the_least_squares_solution_without_the_product_itself() -> None:
    bought = sparse.csr_matrix(np.random.default_rng(3).integers(0, 2, (40, 6)).astype("float64"))
    weights = fit_ease(gram(bought), regularisation=2)
    dense = bought.toarray()
    for product in range(6):
        others = np.delete(dense, product, axis=1)
        ridge = np.linalg.solve(others.T @ others + 2 * np.eye(5), others.T @ dense[:, product])
        assert np.delete(weights[:, product], product) == pytest.approx(ridge)
        assert weights[product, product] == 0


def test_the_matrix_that_was_given_stays_as_it_is() -> None:
    given = np.array([[2.0, 1.0], [1.0, 1.0]])
    fit_ease(given)
    assert given.tolist() == [[2.0, 1.0], [1.0, 1.0]]


@pytest.mark.parametrize(("given", "regularisation", "message"), [
    (np.eye(2), 0, "above 0"), (np.array([[1.0, 9.0], [9.0, 1.0]]), 1, "positive semi-definite")])
def test_what_is_no_gram_matrix_is_refused(
    given: np.ndarray, regularisation: float, message: str,
) -> None:
    with pytest.raises(ValueError, match=message):
        fit_ease(given, regularisation=regularisation)


def test_nothing_bought_gives_no_weights() -> None:
    assert fit_ease(np.zeros((0, 0))).shape == (0, 0)


def test_who_bought_half_of_a_planted_pair_is_offered_the_other_half() -> None:
    # Products 0 and 1 go together, 2 and 3 do; 4 is the most popular.
    bought = matrix(*[[1, 1, 0, 0, 1]] * 20, *[[0, 0, 1, 1, 1]] * 20, *[[0, 0, 0, 0, 1]] * 20)
    weights = fit_ease(gram(bought), regularisation=1)
    customer = matrix([1, 0, 0, 0, 0], [0, 0, 1, 0, 0])
    offers = rank_offers(customer, score_by_taste(customer, weights), count=1, weights=weights)
    assert offers.products.tolist() == [[1], [3]]
    assert offers.because.tolist() == [[0], [2]]
    popular = rank_offers(customer, score_by_popularity(customer, np.array([20, 20, 20, 20, 60])),
                          count=1)
    assert popular.products.tolist() == [[4], [4]]


def test_what_was_bought_or_returned_is_never_offered() -> None:
    offers = rank_offers(matrix([1, 0, 0, 0]), np.array([[9.0, 8.0, 7.0, 6.0]]), count=4,
                         excluded=matrix([0, 1, 0, 0]))
    assert offers.products.tolist() == [[2, 3, -1, -1]]


def test_margin_decides_among_the_best_and_forbids_what_earns_nothing() -> None:
    scores = np.array([[0.9, 0.8, 0.7, 0.6, -0.1]])
    offers = rank_offers(matrix([0, 0, 0, 0, 0]), scores, count=4,
                         margins=np.array([1.0, 0.0, np.nan, 5.0, 100.0]))
    assert offers.products.tolist() == [[3, 0, -1, -1]]


def test_a_dear_product_beyond_the_candidates_is_not_offered_for_its_margin() -> None:
    count = CANDIDATES + 1
    margins = np.ones(count)
    margins[-1] = 1e6
    scores = np.linspace(1, 0.5, count)[None, :]
    offers = rank_offers(sparse.csr_matrix((1, count)), scores, count=1, margins=margins)
    assert offers.products.tolist() == [[0]]


def test_ties_go_to_the_product_with_the_smaller_number() -> None:
    offers = rank_offers(sparse.csr_matrix((1, 5)), np.ones((1, 5)), count=2)
    assert offers.products.tolist() == [[0, 1]]


def test_hits_are_the_offers_that_were_bought() -> None:
    offers = Offers(np.array([[2, 0, -1]]), np.zeros((1, 3)), np.full((1, 3), -1))
    assert find_hits(offers, matrix([1, 1, 0])).tolist() == [[False, True, False]]


@pytest.mark.parametrize(("hits", "bought", "ndcg"), [
    ([True, False], 1, 1.0),
    ([False, True], 1, 1 / math.log2(3)),
    ([True, False], 2, 1 / (1 + 1 / math.log2(3))),
    ([False, False], 3, 0.0),
])
def test_ndcg_matches_figures_on_paper(hits: list[bool], bought: int, ndcg: float) -> None:
    assert sum_ndcg(np.array([hits]), np.array([bought])) == pytest.approx(ndcg)


@pytest.mark.parametrize(("bought", "customers", "rates"), [
    ([4, 2, 1], 10, [0.4, 0.2, 0.1]),
    ([4, 1, 3], 10, [0.4, 0.2, 0.2]),
    ([1, 2, 3], 10, [0.2, 0.2, 0.2]),
    ([0, 0, 0], 0, [0.0, 0.0, 0.0]),
])
def test_hit_rates_never_rise_with_the_rank(
    bought: list[int], customers: int, rates: list[float],
) -> None:
    assert smooth_hit_rates(np.array(bought), customers) == pytest.approx(rates)
