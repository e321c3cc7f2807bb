"""What to offer: new products by what similar customers bought, and when a bought one is due again.

New products: EASE, a linear model of items by items in closed form. Its sufficient statistic is the
Gram matrix of purchases, which an engine counts; Python inverts items × items, however many
customers there are. What does **not** belong here: who may be contacted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from models_ml.frames import require_columns

if TYPE_CHECKING:
    from scipy import sparse

MODEL_VERSION = "ease-1"

REGULARISATION = 100.0
"""λ; with HALF_LIFE_DAYS the best of a small grid on June to September 2011 of Online Retail,
before the cut of the benchmark."""

HALF_LIFE_DAYS = 90.0
"""Age at which a purchase counts half: taste and range change with the season."""

MAX_PRODUCTS = 5_000
"""Products that are known, those with most buyers first. The inverse takes n³ steps and holds n²
numbers: 5,000 are some 20 seconds on two cores and 0.4 GB, 10,000 were eight times as long. What is
sold more rarely has too few buyers in common with anything."""

CANDIDATES = 20
"""Offers among which margin decides: the best by taste alone, so that a dear product is not offered
for its margin where nobody like the customer buys it."""

NDCG_DEPTH = 10


@dataclass(frozen=True)
class Offers:
    """Products by rank for the rows of a matrix of customers.

    `products` and `because` are customers × ranks of product numbers, -1 where there is none;
    `scores` has their scores.
    """

    products: np.ndarray
    scores: np.ndarray
    because: np.ndarray


def build_gram(pairs: pd.DataFrame, products_count: int) -> np.ndarray:
    """Return the Gram matrix (products × products, float64) of counted pairs.

    Args:
        pairs: one row per pair of products that a customer bought both of, with left_product ≤
            right_product (numbers from 0) and weight, the sum over customers of the product of the
            two weights; with left = right, too.
        products_count: products there are.

    Raises:
        ValueError: a column is missing, or a number is not below products_count.
    """
    require_columns(pairs, ("left_product", "right_product", "weight"), "pairs")
    left, right = (pairs[name].to_numpy(dtype="int64")
                   for name in ("left_product", "right_product"))
    if len(pairs) and max(left.max(), right.max()) >= products_count:
        raise ValueError(f"pairs: a product number is not below {products_count}")
    gram = np.zeros((products_count, products_count))
    weight = pairs["weight"].to_numpy(dtype="float64")
    gram[left, right] = weight
    gram[right, left] = weight
    return gram


def fit_ease(gram: np.ndarray, *, regularisation: float = REGULARISATION) -> np.ndarray:
    """Fit EASE: the weights B with zero diagonal that least squares predict purchases X by X·B.

    With P = (G + λI)⁻¹: B[i, j] = -P[i, j] / P[j, j], and 0 for i = j. Source: Steck (2019),
    Embarrassingly Shallow Autoencoders for Sparse Data.

    Args:
        gram: G = XᵀX, products × products, symmetric; it is left as it is.
        regularisation: λ above 0, which makes G + λI positive definite.

    Returns:
        Weights, products × products; row i holds what a purchase of i says about the others.

    Raises:
        ValueError: λ is not above 0, or the matrix is no Gram matrix.
    """
    from scipy.linalg import lapack

    if regularisation <= 0:
        raise ValueError("regularisation must be above 0")
    system = np.asfortranarray(gram, dtype="float64").copy(order="F")
    system[np.diag_indices_from(system)] += regularisation
    if not len(system):
        return np.zeros((0, 0))
    # Factor and inverse in place: half the steps of solving for an identity, and no third matrix.
    factor, failed = lapack.dpotrf(system, lower=1, overwrite_a=1)
    if failed:
        raise ValueError("gram is not positive semi-definite")
    inverse, _ = lapack.dpotri(factor, lower=1, overwrite_c=1)
    lower = np.tril(inverse, -1)
    diagonal = np.diag(inverse).copy()
    weights = (lower + lower.T) / -diagonal
    np.fill_diagonal(weights, 0.0)
    return np.ascontiguousarray(weights)


def score_by_taste(purchases: sparse.csr_matrix, weights: np.ndarray) -> np.ndarray:
    """Scores, customers × products, of EASE for a batch of customers."""
    return np.asarray(purchases @ weights)


def score_by_popularity(purchases: sparse.csr_matrix, buyers: np.ndarray) -> np.ndarray:
    """Scores, customers × products: the buyers of each product, for everybody the same."""
    return np.broadcast_to(buyers.astype("float64"), purchases.shape)


def rank_offers(
    purchases: sparse.csr_matrix, scores: np.ndarray, *, count: int,
    excluded: sparse.csr_matrix | None = None, margins: np.ndarray | None = None,
    weights: np.ndarray | None = None,
) -> Offers:
    """Pick the products to offer: what the customer does not have, by score or score × margin.

    Args:
        purchases: customers × products, weights of what was bought; that is never offered.
        scores: customers × products.
        count: how many offers.
        excluded: customers × products that must not be offered, such as what was returned.
        margins: margin of a unit per product. With them the CANDIDATES best by score are ordered
            by score × margin, and what has no score or no margin above 0 is left out. A product
            with NaN is never offered.
        weights: of EASE, to name the bought product that speaks most for each offer.

    Returns:
        Offers; ties go to the product with the smaller number.
    """
    free = np.array(scores, dtype="float64")
    free[purchases.nonzero()] = -np.inf
    if excluded is not None:
        free[excluded.nonzero()] = -np.inf
    if margins is not None:
        free[:, ~(margins > 0)] = -np.inf
        free[free <= 0] = -np.inf
    products, found = _best(free, count if margins is None else max(count, CANDIDATES))
    if margins is not None:
        worth = np.full(found.shape, -np.inf)
        np.multiply(found, margins[products], out=worth, where=np.isfinite(found))
        order = np.argsort(-worth, axis=1, kind="stable")[:, :count]
        products = np.take_along_axis(products, order, axis=1)
        found = np.take_along_axis(found, order, axis=1)
    products = np.where(np.isfinite(found), products, -1)
    because = np.full(products.shape, -1)
    if weights is not None:
        because = _reasons(purchases, products, weights)
    return Offers(products, found, because)


def _best(scores: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """The best columns of each row and their scores, best first."""
    count = min(count, scores.shape[1])
    if count < scores.shape[1]:
        picked = np.sort(np.argpartition(-scores, count - 1, axis=1)[:, :count], axis=1)
    else:
        picked = np.broadcast_to(np.arange(count), scores.shape)
    values = np.take_along_axis(scores, picked, axis=1)
    order = np.argsort(-values, axis=1, kind="stable")
    return np.take_along_axis(picked, order, axis=1), np.take_along_axis(values, order, axis=1)


def _reasons(
    purchases: sparse.csr_matrix, products: np.ndarray, weights: np.ndarray,
) -> np.ndarray:
    """The bought product that adds most to each offer; -1 where none adds anything."""
    because = np.full(products.shape, -1)
    rows = np.repeat(np.arange(purchases.shape[0]), np.diff(purchases.indptr))
    bought = np.flatnonzero(np.diff(purchases.indptr))
    for rank in range(products.shape[1]):
        offered = products[rows, rank]
        added = np.where(offered >= 0, purchases.data * weights[purchases.indices, offered], 0.0)
        first = np.lexsort((purchases.indices, -added, rows))[purchases.indptr[bought]]
        because[bought, rank] = np.where(added[first] > 0, purchases.indices[first], -1)
    return because


def find_hits(offers: Offers, bought: sparse.csr_matrix) -> np.ndarray:
    """Customers × ranks: whether the offer was bought on the held-out days."""
    rows = np.arange(len(offers.products))[:, None]
    hits = np.asarray(bought[rows, np.maximum(offers.products, 0)].todense()) > 0
    return np.asarray(hits & (offers.products >= 0))


def sum_ndcg(hits: np.ndarray, bought_counts: np.ndarray) -> float:
    """Sum over customers of NDCG at NDCG_DEPTH; each has at least one purchase.

    DCG is the sum of 1 / log2(rank + 1) over the hits, divided by that of a perfect list, which has
    as many hits as the customer bought, at most NDCG_DEPTH.
    """
    discounts = 1 / np.log2(np.arange(2, NDCG_DEPTH + 2))
    ideal = np.cumsum(discounts)[np.minimum(bought_counts, NDCG_DEPTH).astype(int) - 1]
    depth = min(NDCG_DEPTH, hits.shape[1])
    return float(((hits[:, :depth] * discounts[:depth]).sum(axis=1) / ideal).sum())


def smooth_hit_rates(bought: np.ndarray, customers: int) -> np.ndarray:
    """Share of offers bought per rank, never rising with it (pool adjacent violators)."""
    if not customers:
        return np.zeros(len(bought))
    rates, sizes = [], []
    for count in bought:
        rates.append(count / customers)
        sizes.append(1)
        while len(rates) > 1 and rates[-1] > rates[-2]:
            size = sizes[-1] + sizes[-2]
            rates[-2:] = [(rates[-1] * sizes[-1] + rates[-2] * sizes[-2]) / size]
            sizes[-2:] = [size]
    return np.repeat(rates, sizes)
