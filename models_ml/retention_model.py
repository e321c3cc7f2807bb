"""Contract customers: how long contracts last, by month of tenure.

With the shifted-beta-geometric model those who stay longer are those who leave less, so that
retention rises with tenure; the geometric model has one rate for all.

Source: Fader & Hardie 2007, Journal of Interactive Marketing 21(1).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

LOWEST, HIGHEST = -8.0, 9.0
# Shapes from here on leave no difference between customers.
NO_WIDTH = 1e3


@dataclass(frozen=True)
class Tenures:
    """Distinct tenures: whole months run, whether ended after them, and how many contracts."""

    months: np.ndarray
    is_ended: np.ndarray
    count: np.ndarray


@dataclass(frozen=True)
class RetentionModel:
    """Monthly retention (b + t − 1) / (a + b + t − 1) in month t; both infinite for one rate.

    Attributes:
        boundary_note: what the data do not identify, or "".
    """

    name: str
    a: float
    b: float
    rate: float
    log_likelihood: float
    boundary_note: str
    contracts: int
    tenures: int

    def told(self) -> str:
        """Parameters as text."""
        if self.name == "geometric":
            return f"monthly_churn={self.rate:.6g}"
        return f"a={self.a:.6g} b={self.b:.6g}"

    def survive(self, tenure: np.ndarray, months: int) -> np.ndarray:
        """Probability that contracts of a tenure last 1, 2, … `months` more (columns)."""
        step = np.arange(1, months + 1)
        if self.name == "geometric":
            return np.repeat(((1 - self.rate) ** step)[None, :], len(tenure), axis=0)
        t = tenure[:, None] + step[None, :]
        return np.cumprod((self.b + t - 1) / (self.a + self.b + t - 1), axis=1)


def fit_retention_models(tenures: Tenures) -> tuple[RetentionModel, RetentionModel]:
    """Fit both models, the better one by the Bayesian information criterion first.

    Raises:
        ValueError: no contract ran a whole month.
    """
    shifted, geometric = _fit_shifted(tenures), _fit_geometric(tenures)
    gain = 2 * (shifted.log_likelihood - geometric.log_likelihood)
    return ((shifted, geometric) if gain > np.log(shifted.contracts) else (geometric, shifted))


def _fit_geometric(tenures: Tenures) -> RetentionModel:
    ended = float(tenures.count @ tenures.is_ended)
    exposed = float(tenures.count @ tenures.months)
    if exposed <= 0:
        raise ValueError("a retention model needs contracts that ran a month")
    rate = min(ended / exposed, 1.0)
    kept = exposed - ended
    value = ((ended * np.log(rate) if ended else 0.0)
             + (kept * np.log1p(-rate) if kept > 0 else 0.0))
    return RetentionModel("geometric", np.inf, np.inf, rate, float(value),
                          "" if ended else "no contract ended", round(tenures.count.sum()),
                          len(tenures.count))


def _fit_shifted(tenures: Tenures) -> RetentionModel:
    from scipy.optimize import minimize
    from scipy.special import betaln, psi

    ended, share = tenures.is_ended.astype(float), tenures.count / tenures.count.sum()
    t = np.maximum(tenures.months - ended, 0)

    def objective(logs: np.ndarray) -> tuple[float, np.ndarray]:
        a, b = np.exp(logs)
        value = betaln(a + ended, b + t) - betaln(a, b)
        both = psi(a + b) - psi(a + b + ended + t)
        by_a = psi(a + ended) - psi(a) + both
        by_b = psi(b + t) - psi(b) + both
        return -float(share @ value), -np.array([a * (share @ by_a), b * (share @ by_b)])

    best = min((minimize(objective, np.log(start), jac=True, method="L-BFGS-B",
                         bounds=[(LOWEST, HIGHEST)] * 2,
                         options={"maxiter": 500, "ftol": 1e-13, "gtol": 1e-8})
                for start in ((1.0, 10.0), (0.3, 2.0), (5.0, 200.0))), key=lambda done: done.fun)
    a, b = (float(one) for one in np.exp(best.x))
    note = ("no contract ended" if not float(tenures.count @ ended)
            else "no difference in retention identified" if a + b > NO_WIDTH else "")
    return RetentionModel("shifted_beta_geometric", a, b, a / (a + b),
                          -float(best.fun) * float(tenures.count.sum()), note,
                          round(tenures.count.sum()), len(tenures.count))
