"""The gamma-gamma model of margin per purchase: what a customer spends on average in the long run.

A customer's mean is drawn towards that of all the more, the fewer purchases it is made of.

Source: Fader, Hardie & Lee 2005, Journal of Marketing Research 42(4); Fader & Hardie 2013,
brucehardie.com/notes/025.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

LOWEST, HIGHEST = -7.0, 12.0
# From here on, customers do not differ, or purchases of one customer do not.
NO_WIDTH = 1e3


@dataclass(frozen=True)
class Spending:
    """Groups of customers: purchases, mean margin of one, how many.

    A group may join customers of nearly equal means; `mean` is then the geometric one of them.
    """

    purchases: np.ndarray
    mean: np.ndarray
    count: np.ndarray

    @property
    def customers(self) -> float:
        """Customers in all."""
        return float(self.count.sum())


@dataclass(frozen=True)
class SpendModel:
    """A fitted gamma-gamma model: shape p of purchases, q of customers, scale v.

    Attributes:
        boundary_note: what the data do not identify, or "".
    """

    p: float
    q: float
    v: float
    log_likelihood: float
    boundary_note: str
    customers: int
    groups: int

    def told(self) -> str:
        """Parameters as text."""
        return f"p={self.p:.6g} q={self.q:.6g} v={self.v:.6g}"

    def expect_mean_sql(self, purchases: str, mean: str) -> str:
        """SQL for the long-run margin per purchase of a customer.

        Without purchases it is the mean of all, p · v / (q - 1). A mean below zero (more returned
        than bought) counts as the nothing it stands for here.

        Args:
            purchases: SQL for the number of purchases, from 0.
            mean: SQL for their mean margin.
        """
        return (f"{self.p!r} * ({self.v!r} + {purchases} * greatest({mean}, 0)) "
                f"/ ({self.p!r} * {purchases} + {self.q!r} - 1)")

    def relative_variance(self, purchases: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Squared coefficients of variation: of one purchase, and of the long-run mean itself.

        The long-run mean is p times an inverse gamma of shape p · purchases + q; capped where that
        has no variance.
        """
        shape = np.maximum(self.p * purchases + self.q, 2.1)
        of_mean = 1 / (shape - 2)
        return (1 + of_mean) / self.p, of_mean


def fit_spend_model(spending: Spending) -> SpendModel:
    """Fit by maximum likelihood, several starts.

    Args:
        spending: groups with a positive mean; q is kept above 1, or no mean would exist.

    Raises:
        ValueError: no group, or a mean that is not positive.
    """
    from scipy.optimize import minimize
    from scipy.special import gammaln, psi

    if not len(spending.mean) or spending.mean.min() <= 0:
        raise ValueError("a spend model needs customers with a positive mean")
    x = spending.purchases
    share = spending.count / spending.customers
    unit = float(share @ spending.mean)
    mean = spending.mean / unit
    mean_log = np.log(mean)
    distinct, place = np.unique(x, return_inverse=True)
    log_x = np.log(x)

    def objective(logs: np.ndarray) -> tuple[float, np.ndarray]:
        p, q, v = np.exp(logs[0]), 1 + np.exp(logs[1]), np.exp(logs[2])
        px = p * x
        # Special functions of the few distinct purchases only.
        shapes = p * distinct
        joint = np.log(v + x * mean)
        value = ((gammaln(shapes + q) - gammaln(shapes))[place] - gammaln(q) + q * np.log(v)
                 + (px - 1) * mean_log + px * log_x - (px + q) * joint)
        common = psi(shapes + q)
        by_p = x * ((common - psi(shapes))[place] + mean_log + log_x - joint)
        by_q = common[place] - psi(q) + np.log(v) - joint
        by_v = q / v - (px + q) / (v + x * mean)
        return -float(share @ value), -np.array(
            [p * (share @ by_p), (q - 1) * (share @ by_q), v * (share @ by_v)])

    best = min((minimize(objective, np.log([p, q - 1, (q - 1) / p]), jac=True, method="L-BFGS-B",
                         bounds=[(LOWEST, HIGHEST)] * 3,
                         options={"maxiter": 1000, "ftol": 1e-14, "gtol": 1e-8})
                for p, q in ((1.0, 2.0), (5.0, 4.0), (2.0, 15.0))), key=lambda done: done.fun)
    p, q, v = np.exp(best.x[0]), 1 + np.exp(best.x[1]), np.exp(best.x[2]) * unit
    notes = []
    if p > NO_WIDTH:
        notes.append("no difference between purchases of a customer identified")
    if q > NO_WIDTH:
        notes.append("no difference between customers identified")
    if q - 1 < 1e-2:
        notes.append("no finite mean identified")
    return SpendModel(
        float(p), float(q), float(v),
        -float(best.fun) * spending.customers - spending.customers * float(np.log(unit)),
        "; ".join(notes), round(spending.customers), len(x))
