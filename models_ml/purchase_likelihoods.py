"""Likelihoods of purchase histories under three models, with their analytic gradients.

A history is (frequency, recency, observed): days with a purchase after the first, days from the
first to the last purchase, days from the first purchase to the end of observation. Everything is
in logarithms, and one history may stand for many customers.

BG/NBD: Fader, Hardie & Lee 2005, Marketing Science 24(2). MBG/NBD: Batislam, Denizel & Filiztekin
2007, International Journal of Research in Marketing 24(3). Pareto/NBD: Schmittlein, Morrison &
Colombo 1987, Management Science 33(1).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from models_ml.gauss_rules import interval_rule

NODES = 48
# Beyond so many e-foldings of the integrand nothing is left that a double could hold.
FOLDS = 46.0
# Histories at a time, so that nodes times histories stay a few megabytes.
CHUNK = 20_000


@dataclass(frozen=True)
class Histories:
    """Distinct purchase histories, times in days, and how many customers have each."""

    frequency: np.ndarray
    recency: np.ndarray
    observed: np.ndarray
    count: np.ndarray

    def __len__(self) -> int:
        return len(self.frequency)

    @property
    def customers(self) -> float:
        """Customers in all."""
        return float(self.count.sum())

    @cached_property
    def frequencies(self) -> tuple[np.ndarray, np.ndarray]:
        """The few distinct frequencies, and which of them each history has."""
        distinct, place = np.unique(self.frequency, return_inverse=True)
        return distinct, place.ravel()

    def part(self, rows: slice | np.ndarray) -> Histories:
        """Some of the histories."""
        return Histories(self.frequency[rows], self.recency[rows], self.observed[rows],
                         self.count[rows])


@dataclass(frozen=True)
class Likelihood:
    """Per history: log-likelihood, its gradient (4 × histories), probability of being alive."""

    log_likelihood: np.ndarray
    gradient: np.ndarray
    probability_alive: np.ndarray


Parameters = tuple[float, float, float, float]
LikelihoodFunction = Callable[[Parameters, Histories], Likelihood]


def bg_nbd(parameters: Parameters, histories: Histories) -> Likelihood:
    """BG/NBD with (r, alpha, a, b): a customer may leave right after a repeat purchase."""
    return _beta_geometric(parameters, histories, 0)


def mbg_nbd(parameters: Parameters, histories: Histories) -> Likelihood:
    """MBG/NBD with (r, alpha, a, b): a customer may leave right after any purchase."""
    return _beta_geometric(parameters, histories, 1)


def _beta_geometric(parameters: Parameters, histories: Histories, first: int) -> Likelihood:
    """The common form; `first` is 1 where a customer may leave right after the first purchase.

    Special functions depend on the few distinct frequencies only and are looked up.
    """
    from scipy.special import expit, gammaln, psi

    r, alpha, a, b = parameters
    distinct, place = histories.frequencies
    chances = distinct + first
    may_be_gone = chances > 0
    last_chance = np.where(may_be_gone, b + chances - 1, 1.0)
    constant = (gammaln(r + distinct) - gammaln(r) + r * np.log(alpha)
                + gammaln(a + b) - gammaln(a + b + chances) + gammaln(b + chances) - gammaln(b))
    gone_odds = np.where(may_be_gone, np.log(a) - np.log(last_chance), -np.inf)
    power = (r + distinct)[place]
    until_end, until_last = alpha + histories.observed, alpha + histories.recency
    log_end, log_last = np.log(until_end), np.log(until_last)
    alive = -power * log_end
    # Log odds of having left; their logistic is a probability, and log(1 + odds) what it adds.
    odds = gone_odds[place] + power * (log_end - log_last)
    weight = expit(odds)
    total = alive + np.logaddexp(0.0, odds)
    slope = psi(a + b) - psi(a + b + chances)
    gradient = np.stack([
        (psi(r + distinct) - psi(r) + np.log(alpha))[place]
        - log_end + weight * (log_end - log_last),
        r / alpha - power * ((1 - weight) / until_end + weight / until_last),
        slope[place] + weight / a,
        (slope + psi(b + chances) - psi(b))[place] - weight / last_chance[place],
    ])
    return Likelihood(constant[place] + total, gradient, 1 - weight)


def pareto_nbd(parameters: Parameters, histories: Histories) -> Likelihood:
    """Pareto/NBD with (r, alpha, s, beta): a customer may leave at any time.

    The chance of having left at τ is integrated over recency..observed in log(τ + constant), where
    the integrand is smooth; the derivatives go inside the integral.
    """
    if len(histories) > CHUNK:
        parts = [pareto_nbd(parameters, histories.part(slice(start, start + CHUNK)))
                 for start in range(0, len(histories), CHUNK)]
        return Likelihood(np.concatenate([part.log_likelihood for part in parts]),
                          np.concatenate([part.gradient for part in parts], axis=1),
                          np.concatenate([part.probability_alive for part in parts]))
    from scipy.special import expit, gammaln, psi

    r, alpha, s, beta = parameters
    x, observed = histories.frequency, histories.observed
    alive = -(r + x) * np.log(alpha + observed) - s * np.log(beta + observed)

    times, log_weights = _log_spaced(parameters, histories)
    log_rate, log_leaving = np.log(alpha + times), np.log(beta + times)
    log_terms = log_weights - (r + x) * log_rate - (s + 1) * log_leaving
    highest = np.max(log_terms, axis=0)
    # Where nothing lies between the last purchase and the end, nobody can have left.
    is_empty = np.isneginf(highest)
    terms = np.exp(log_terms - np.where(is_empty, 0.0, highest))
    mass = np.where(is_empty, 1.0, terms.sum(axis=0))
    gone = np.where(is_empty, -np.inf, np.log(s) + highest + np.log(mass))

    def mean(values: np.ndarray) -> np.ndarray:
        return (terms * values).sum(axis=0) / mass

    total = np.logaddexp(alive, gone)
    weight = expit(gone - alive)
    constant = gammaln(r + x) - gammaln(r) + r * np.log(alpha) + s * np.log(beta)
    gradient = np.stack([
        psi(r + x) - psi(r) + np.log(alpha)
        - (1 - weight) * np.log(alpha + observed) - weight * mean(log_rate),
        r / alpha - (r + x) * ((1 - weight) / (alpha + observed)
                               + weight * mean(1 / (alpha + times))),
        np.log(beta) - (1 - weight) * np.log(beta + observed)
        + weight * (1 / s - mean(log_leaving)),
        s / beta - (1 - weight) * s / (beta + observed)
        - weight * (s + 1) * mean(1 / (beta + times)),
    ])
    return Likelihood(constant + total, gradient, 1 - weight)


def _log_spaced(parameters: Parameters, histories: Histories) -> tuple[np.ndarray, np.ndarray]:
    """Times (nodes × histories) from recency to where the integrand ends, and log weights."""
    r, alpha, s, beta = parameters
    base = min(alpha, beta)
    recency = histories.recency
    with np.errstate(over="ignore"):
        end = np.minimum.reduce([
            histories.observed,
            (alpha + recency) * np.exp(FOLDS / (r + histories.frequency)) - alpha,
            (beta + recency) * np.exp(FOLDS / (s + 1)) - beta,
        ])
    nodes, weights = interval_rule(NODES)
    first = np.log(base + recency)
    width = np.log(base + np.maximum(end, recency)) - first
    logs = first + nodes[:, None] * width
    with np.errstate(divide="ignore"):
        return np.exp(logs) - base, np.log(weights)[:, None] + np.log(width) + logs


LIKELIHOODS: dict[str, LikelihoodFunction] = {
    "bg_nbd": bg_nbd, "mbg_nbd": mbg_nbd, "pareto_nbd": pareto_nbd,
}
"""Model name -> likelihood."""
