"""What an initiative brought: the verdict on its effect, and the return on what it cost.

"No effect shown" and "cannot be said" are answers. A comparison whose sides moved apart before the
initiative began tells nothing; that both moved alike is no proof either (Roth 2022), and is said
beside the effect, not instead of its interval.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from models_ml.stratified_effects import Effect, exceeds_chance

Verdict = Literal["gain_shown", "loss_shown", "no_effect_shown", "cannot_be_said"]
PreTrend = Literal["alike", "apart", "not_checked", "drawn_by_lot"]


@dataclass(frozen=True)
class Return:
    """Gain over all customers of an initiative and its return on cost, with 95 % intervals.

    `roi` is (gain - cost) / cost; None without a cost.
    """

    gain: float
    gain_low: float
    gain_high: float
    roi: float | None
    roi_low: float | None
    roi_high: float | None


def judge_pre_trend(placebos: list[Effect], *, is_random: bool) -> PreTrend:
    """Say whether both sides moved alike before: at earlier dates there is nothing to find.

    Args:
        placebos: the same comparison at dates before the initiative began.
        is_random: sides were drawn by lot: they may differ by chance, which the interval holds.
    """
    if is_random:
        return "drawn_by_lot"
    if not placebos:
        return "not_checked"
    return "apart" if exceeds_chance(placebos) else "alike"


def judge_effect(effect: Effect, pre_trend: PreTrend) -> tuple[Verdict, str | None]:
    """Return verdict of an effect, and why nothing is said."""
    if pre_trend == "apart":
        return "cannot_be_said", "moved_apart_before"
    if not effect.is_shown:
        return "no_effect_shown", None
    return ("gain_shown" if effect.estimate > 0 else "loss_shown"), None


def return_on_cost(effect: Effect, customers: int, cost: float | None) -> Return:
    """Money that an effect per customer brought over all treated customers.

    Args:
        effect: on the value of a customer.
        customers: treated customers.
        cost: of the initiative; None or 0 has no return.
    """
    gain, low, high = (customers * value for value in (effect.estimate, effect.low, effect.high))
    if not cost:
        return Return(gain, low, high, None, None, None)
    return Return(gain, low, high, gain / cost - 1, low / cost - 1, high / cost - 1)
