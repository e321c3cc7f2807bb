"""Purchase models: fitted to purchase histories, with what they expect of the future.

Fits are maximum likelihood on distinct histories from several starts. What the data do not
identify is named, never an error: without dropout the models still count purchases.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from models_ml.gauss_rules import beta_rule, interval_rule
from models_ml.purchase_likelihoods import LIKELIHOODS, Histories, Parameters

PARAMETER_NAMES = {
    "bg_nbd": ("r", "alpha", "a", "b"),
    "mbg_nbd": ("r", "alpha", "a", "b"),
    "pareto_nbd": ("r", "alpha", "s", "beta"),
}
# Logarithms of parameters, times being in units of the mean observation.
LOWEST, HIGHEST = -14.0, 12.0
# A share of leavers this small is none; shapes this large are a distribution without width.
NO_DROPOUT = 1e-3
NO_WIDTH = 1e3
# Histories that starts are tried on, and that a climb of a hundred steps can be paid for.
START_HISTORIES = 400
CLIMB_HISTORIES = 50_000
# Newton steps on all histories, by the curvature of the joined ones, until parameters stand still.
NEWTON_STEPS = 4
STANDS_STILL = 1e-6
BETA_NODES = 32


Objective = Callable[[np.ndarray], tuple[float, np.ndarray]]
"""Logarithms of parameters -> mean negative log-likelihood and its gradient."""


@dataclass(frozen=True)
class PurchaseModel:
    """A fitted model; parameters in days.

    Attributes:
        boundary_note: what the data do not identify, or "".
    """

    name: str
    parameters: Parameters
    log_likelihood: float
    boundary_note: str
    customers: int
    histories: int

    def told(self) -> str:
        """Parameters as text: `r=0.243 alpha=30.9 …`."""
        return " ".join(f"{name}={value:.6g}" for name, value in
                        zip(PARAMETER_NAMES[self.name], self.parameters, strict=True))

    def probability_alive(self, histories: Histories) -> np.ndarray:
        """Probability that the customer will buy again some day, per history."""
        return LIKELIHOODS[self.name](self.parameters, histories).probability_alive


@dataclass(frozen=True)
class Outlook:
    """What is expected of customers who are alive, per customer (rows) and time (columns).

    Attributes:
        mean: purchases.
        pairs: purchases × (purchases − 1), for the variance.
        none: probability of no purchase.
    """

    mean: np.ndarray
    pairs: np.ndarray
    none: np.ndarray


def fit_purchase_model(name: str, histories: Histories) -> PurchaseModel:
    """Fit one of the three models by maximum likelihood.

    Args:
        name: bg_nbd, mbg_nbd or pareto_nbd.
        histories: distinct histories with counts; one-time buyers belong to them.

    Raises:
        ValueError: there is no history, or no day was observed after a first purchase.
    """
    from scipy.optimize import minimize

    if not len(histories) or histories.observed.max() <= 0:
        raise ValueError("a purchase model needs histories with a day after the first purchase")
    unit = float(np.average(histories.observed, weights=histories.count)) or 1.0
    exact = Histories(histories.frequency, histories.recency / unit, histories.observed / unit,
                      histories.count)
    scaled = coarsen(exact, CLIMB_HISTORIES)
    bounds = [(LOWEST, HIGHEST)] * 4

    def climb(start: np.ndarray, data: Histories, steps: int,
              tolerance: float) -> tuple[float, np.ndarray]:
        done = minimize(_objective(name, data), start, jac=True, method="L-BFGS-B", bounds=bounds,
                        options={"maxiter": steps, "ftol": tolerance, "gtol": tolerance ** 0.6})
        return float(done.fun), done.x

    few = coarsen(scaled, START_HISTORIES)
    best = min((climb(start, few, 100, 1e-9) for start in _starts(scaled)),
               key=lambda one: one[0])
    value, found = climb(best[1], scaled, 500, 1e-14)
    if scaled is not exact:
        value, found = _polish(found, _objective(name, exact), _objective(name, scaled))
    r, alpha, third, fourth = (float(one) for one in np.exp(found))
    parameters = (r, alpha * unit, third,
                  fourth * unit if name == "pareto_nbd" else fourth)
    # A density per day instead of one per `unit` days.
    log_likelihood = (-value * histories.customers
                      - float(histories.frequency @ histories.count) * np.log(unit))
    return PurchaseModel(
        name, parameters, log_likelihood,
        _name_boundary(name, parameters, histories), round(histories.customers), len(histories))


def _polish(start: np.ndarray, exact: Objective, coarse: Objective) -> tuple[float, np.ndarray]:
    """Go from the optimum of joined histories to that of all, which is near.

    A step is the exact gradient by the curvature of the joined histories; one that does not help
    ends it.
    """
    step = 1e-4
    curvature = np.stack([(coarse(start + move)[1] - coarse(start - move)[1]) / (2 * step)
                          for move in step * np.eye(len(start))])
    value, gradient = exact(start)
    for _ in range(NEWTON_STEPS):
        move = -np.linalg.lstsq((curvature + curvature.T) / 2, gradient, rcond=1e-8)[0]
        there = np.clip(start + np.clip(move, -0.5, 0.5), LOWEST, HIGHEST)
        tried, slope = exact(there)
        if not tried < value:
            break
        is_still = np.abs(there - start).max() < STANDS_STILL
        start, value, gradient = there, tried, slope
        if is_still:
            break
    return value, start


def coarsen(histories: Histories, most: int) -> Histories:
    """Join like histories, by mean times, until there are at most about `most` of them.

    Times are put into classes that are doubled in width until few enough are left; the likelihood
    changes by the square of a class's width only.
    """
    if len(histories) <= most:
        return histories
    longest = float(histories.observed.max())
    frequency_of = histories.frequencies[1]
    classes = 512
    while True:
        width = longest / classes or 1.0
        recency_class, observed_class = (np.floor(values / width).astype(np.int64)
                                         for values in (histories.recency, histories.observed))
        # One number per class, because numbers sort faster than rows.
        key = (frequency_of * (classes + 1) + recency_class) * (classes + 1) + observed_class
        _, first, place = np.unique(key, return_index=True, return_inverse=True)
        count = np.bincount(place, histories.count)
        if len(count) <= most or classes == 1:
            recency, observed = (np.bincount(place, values * histories.count) / count
                                 for values in (histories.recency, histories.observed))
            return Histories(histories.frequency[first], recency, observed, count)
        classes //= 2


def _objective(name: str, data: Histories) -> Objective:
    share = data.count / data.customers

    def value(logs: np.ndarray) -> tuple[float, np.ndarray]:
        parameters: Parameters = tuple(np.exp(logs))
        found = LIKELIHOODS[name](parameters, data)
        return -float(share @ found.log_likelihood), -(found.gradient @ share) * np.exp(logs)

    return value


def _starts(histories: Histories) -> Iterator[np.ndarray]:
    """Starts around the mean rate: from uniform to diverse buyers, from loyal to leaving ones."""
    rate = max(float(histories.frequency @ histories.count)
               / float(histories.observed @ histories.count), 1e-6)
    for shape in (0.3, 1.0, 4.0):
        for third, fourth in ((0.5, 2.0), (0.1, 5.0)):
            yield np.clip(np.log([shape, shape / rate, third, fourth]), LOWEST, HIGHEST)


def _name_boundary(name: str, parameters: Parameters, histories: Histories) -> str:
    r, _, third, fourth = parameters
    notes = []
    if not (histories.frequency @ histories.count) > 0:
        notes.append("no repeat purchase")
    if name == "pareto_nbd":
        leaving = -np.expm1(-third * np.log1p(histories.observed.max() / fourth))
        is_narrow = third > NO_WIDTH
    else:
        leaving = third / (third + fourth)
        is_narrow = third + fourth > NO_WIDTH
    if leaving < NO_DROPOUT:
        notes.append("no dropout identified")
    elif is_narrow:
        notes.append("no difference in dropout identified")
    if r > NO_WIDTH:
        notes.append("no difference in purchase rates identified")
    return "; ".join(notes)


def expect_purchases(
    model: PurchaseModel, frequency: np.ndarray, observed: np.ndarray, times: np.ndarray,
) -> Outlook:
    """What customers who are alive will buy; times the probability of that, what all will.

    Args:
        model: the fitted model.
        frequency: repeat purchases per customer.
        observed: days since the first purchase per customer.
        times: days ahead.

    Returns:
        Arrays of customers × times.

    Source: Fader & Hardie 2013, brucehardie.com/notes/019 (overview); the mean over the dropout
        probability is a Gauss rule, because the closed form divides by a − 1.
    """
    shape = (len(frequency), len(times))
    mean, pairs, none = (np.empty(shape) for _ in range(3))
    times = np.asarray(times, dtype=float)
    if model.name == "pareto_nbd":
        return _expect_pareto(model.parameters, frequency, observed, times)
    r, alpha, a, b = model.parameters
    for x in np.unique(frequency):
        rows = np.flatnonzero(frequency == x)
        survived = x + 1 if model.name == "mbg_nbd" else x
        p, weights = beta_rule(a, b + survived, BETA_NODES)
        k = r + x
        for start in range(0, len(rows), 2_000):
            some = rows[start:start + 2_000]
            rate = alpha + observed[some]
            # ratio, z: customers × times; then the nodes as the last axis.
            z = times[None, :] / rate[:, None]
            none[some] = np.exp(-k * np.log1p(z))
            mean[some], pairs[some] = _until_dropout(k, z, p, weights)
    return Outlook(mean, pairs, none)


def _until_dropout(
    k: float, z: np.ndarray, p: np.ndarray, weights: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Mean and pairs of purchases that end with a dropout of probability p after each.

    Given p and the rate λ, (1 − e^(−λpt)) / p purchases are expected in t, and
    2 (1 − p) / p² · (1 − e^(−λpt)(1 + λpt)) pairs; λ is gamma with shape k, and z is t over its
    scale.
    """
    y = z[..., None] * p
    log = np.log1p(y)
    safe = np.maximum(p, 1e-300)
    mean = np.where(k * y > 1e-10, -np.expm1(-k * log) / safe, k * z[..., None])
    stays = np.exp(-(k + 1) * log) * (1 + y + k * y)
    exact = 2 * (1 - stays) / np.maximum(safe**2, 1e-300)
    # Two terms of the series, where one less stays cancels.
    series = k * (k + 1) * z[..., None] ** 2 * (1 - 2 / 3 * (k + 2) * y)
    pairs = np.where(k * y > 1e-4, exact, series) * (1 - p)
    return mean @ weights, pairs @ weights


def _expect_pareto(
    parameters: Parameters, frequency: np.ndarray, observed: np.ndarray, times: np.ndarray,
) -> Outlook:
    r, alpha, s, beta = parameters
    k = (r + frequency)[:, None]
    rate = (alpha + observed)[:, None]
    scale = (beta + observed)[:, None]
    log = np.log1p(times[None, :] / scale)
    lasting = scale * _power_integral(1 - s, log)
    # Mean square of the time until dropout or the end: 2 ∫ v S(v) dv.
    lasting_pairs = 2 * scale**2 * (_power_integral(2 - s, log) - _power_integral(1 - s, log))
    none = np.empty(log.shape)
    nodes, weights = interval_rule(BETA_NODES)
    for column, time in enumerate(times):
        # ∫ of dropout density times no purchase until then, in log(scale + v).
        width = np.log1p(time / scale[:, 0])
        ahead = scale * np.expm1(nodes[None, :] * width[:, None])
        density = s * np.exp(-s * nodes[None, :] * width[:, None]) * width[:, None]
        waiting = np.exp(-k * np.log1p(ahead / rate))
        none[:, column] = (density * waiting) @ weights + np.exp(
            -s * width - k[:, 0] * np.log1p(time / rate[:, 0]))
    return Outlook(k / rate * lasting, k * (k + 1) / rate**2 * np.maximum(lasting_pairs, 0.0),
                   np.clip(none, 0.0, 1.0))


def _power_integral(power: float, log: np.ndarray) -> np.ndarray:
    """∫ w^(power − 1) dw from 1 to e^log; its limit is log where the power is 0."""
    return log if abs(power) < 1e-9 else np.expm1(power * log) / power
