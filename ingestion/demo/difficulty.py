"""How hard the demo company is to read, as numbers, and what a generation reports."""

from __future__ import annotations

from dataclasses import dataclass, field

DRIVERS: tuple[str, ...] = ("delivery", "product_quality", "staff", "price", "website")
# The two drivers whose ratings are correlated.
CORRELATED_DRIVERS: tuple[str, str] = ("product_quality", "price")


@dataclass(frozen=True)
class Difficulty:
    """Every planted share and strength. Shares are in 0..1."""

    # Identity: share of persons with several CRM records; the next five are shares of the
    # additional records (one record may carry several of them).
    duplicate_share: float = 0.12
    typo_share: float = 0.30
    moved_share: float = 0.25
    other_email_share: float = 0.25
    shared_phone_share: float = 0.15
    no_exact_key_share: float = 0.10
    merge_log_share: float = 0.20
    relatives_share: float = 0.20
    same_name_in_house_share: float = 0.02
    junk_identifier_share: float = 0.012
    guest_person_share: float = 0.05
    guest_order_share: float = 0.25
    # Satisfaction: overall score = weighted sum of the standardised ratings + noise.
    driver_weights: tuple[float, ...] = (0.35, 0.25, 0.20, 0.12, 0.08)
    driver_correlation: float = 0.8
    satisfaction_r2: float = 0.4
    missing_answer_share: float = 0.12
    missing_answer_slope: float = 0.6
    nonresponse_slope: float = 0.45
    # Texts
    german_share: float = 0.8
    text_negation_share: float = 0.2
    text_contrast_share: float = 0.15
    text_sarcasm_share: float = 0.06
    text_typo_share: float = 0.1
    text_short_share: float = 0.2
    text_long_share: float = 0.25
    # Purchases: BG/NBD (days of mean season) and gamma-gamma (net amount per order).
    purchase_rate_shape: float = 1.3
    purchase_rate_scale: float = 60.0
    dropout_a: float = 0.9
    dropout_b: float = 5.5
    dropout_satisfaction_correlation: float = 0.4
    spend_shape: float = 6.0
    spend_heterogeneity: float = 3.5
    spend_mean: float = 62.0
    walk_in_share: float = 0.06
    return_share: float = 0.05
    cancelled_share: float = 0.01
    subscription_share: float = 0.10
    # What happens to the company
    campaign_uplift: float = 0.25
    late_delivery_share: float = 0.08
    strike_late_share: float = 0.8
    withdrawn_consent_share: float = 0.07
    referral_share: float = 0.05
    # Service
    abandoned_call_share: float = 0.12
    reopened_case_share: float = 0.08
    two_system_case_share: float = 0.10
    linked_two_system_share: float = 0.6
    bot_handover_share: float = 0.5
    device_fault_share: float = 0.04

    def __post_init__(self) -> None:
        if len(self.driver_weights) != len(DRIVERS):
            raise ValueError(f"driver_weights needs {len(DRIVERS)} numbers, one for each driver")
        if not 0 < self.satisfaction_r2 < 1:
            raise ValueError("satisfaction_r2 must lie between 0 and 1")


@dataclass(frozen=True)
class DemoSummary:
    """What was written: rows by extract group (`crm/customers`), files, and the difficulty."""

    customers: int
    months: int
    seed: int
    started_on: str
    ended_on: str
    rows: dict[str, int]
    files: int
    difficulty: Difficulty = field(default_factory=Difficulty)

    @property
    def total_rows(self) -> int:
        """Rows over all extracts."""
        return sum(self.rows.values())
