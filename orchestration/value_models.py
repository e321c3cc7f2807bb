"""What customers are valued by, and how well it did: rows of value_models and value_calibration.

Fitting and judging belong to `value_step.py`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import pandas as pd

from models_ml import purchase_choice, purchase_holdout
from models_ml.frames import conform
from models_ml.purchase_choice import Split, Tried
from models_ml.purchase_models import PurchaseModel
from models_ml.purchase_season import IDENTIFIED, NO_SEASON, Season
from models_ml.retention_model import RetentionModel
from models_ml.spend_model import SpendModel
from models_ml.tables import TABLES

VERSION = "1"


@dataclass(frozen=True)
class Fitted:
    """What customers are scored by.

    Attributes:
        name: the purchase model or baseline that is used; "" without purchases.
        model: the purchase model that says who is alive.
    """

    name: str
    model: PurchaseModel | None
    spend: SpendModel | None
    season: Season
    retention: tuple[RetentionModel, ...]

    @property
    def version(self) -> str:
        """Changes with the method and with every parameter."""
        told = [self.name, self.season.told(), *(one.told() for one in (
            self.model, self.spend, *self.retention) if one)]
        return f"{VERSION}.{hashlib.sha256(' '.join(told).encode()).hexdigest()[:10]}"


def tell_models(
    fitted: Fitted, tried: list[Tried], judged: list[Tried], as_of: date,
) -> pd.DataFrame:
    """Rows of value_models: what was compared, what was judged, what is used.

    Args:
        fitted: what customers are valued by, as of `as_of`.
        tried: every model on the dates before the holdout.
        judged: every model on the holdout.
        as_of: last day of the whole history.
    """
    rows = [_tell_tried(part, one, fitted.name)
            for part, some in (("choice", tried), ("holdout", judged)) for one in some]
    rows += [{"run_part": part, "learnt_until_date": split.until, "holdout_days": split.days,
              **_tell_season(split.season), "customers_count": round(split.learnt.customers)}
             for part, some in (("choice", tried), ("holdout", judged))
             for split in list_splits(some)]
    model, spend, season = fitted.model, fitted.spend, fitted.season
    if model and spend:
        rows += [
            {"model_name": model.name, "is_used": model.name == fitted.name, **_learnt(model)},
            {"model_name": "gamma_gamma", "is_used": True, "parameters": spend.told(),
             "log_likelihood": spend.log_likelihood, "boundary_note": spend.boundary_note,
             "customers_count": spend.customers, "tuples_count": spend.groups},
            {**_tell_season(season), "customers_count": model.customers}]
        if model.name != fitted.name:
            rows.append({"model_name": fitted.name, "is_used": True,
                         "customers_count": model.customers})
    rows += [{"model_name": one.name, "is_used": number == 0, "parameters": one.told(),
              "log_likelihood": one.log_likelihood, "boundary_note": one.boundary_note,
              "customers_count": one.contracts, "tuples_count": one.tenures}
             for number, one in enumerate(fitted.retention)]
    common = {"run_part": "final", "learnt_until_date": as_of, "parameters": "",
              "boundary_note": "", "tuples_count": 0, "model_version": fitted.version}
    table = TABLES["value_models"]
    told = pd.DataFrame([common | row for row in rows],
                        columns=[column.name for column in table.columns])
    return conform(told.assign(boundary_note=told["boundary_note"].replace("", None)), table)


def _tell_tried(part: str, one: Tried, used: str) -> dict[str, object]:
    """A model on a split."""
    return {
        "run_part": part, "model_name": one.name, "learnt_until_date": one.split.until,
        "is_used": one.name == used, **(_learnt(one.model) if one.model else {}),
        "customers_count": round(one.split.learnt.customers),
        "tuples_count": len(one.split.learnt), "holdout_days": one.split.days,
        "total_error": one.judgement.total_error, "rmse": one.judgement.rmse,
        "top_decile_share": one.judgement.top_decile_share}


def list_splits(tried: Sequence[Tried]) -> list[Split]:
    """The splits that models were tried on, in order."""
    return list({one.split.until: one.split for one in tried}.values())


def _tell_season(season: Season) -> dict[str, object]:
    return {"model_name": "season", "is_used": season != NO_SEASON, "parameters": season.told(),
            "boundary_note": "" if season.source == IDENTIFIED else season.source}


def _learnt(model: PurchaseModel) -> dict[str, object]:
    return {"parameters": model.told(), "log_likelihood": model.log_likelihood,
            "boundary_note": model.boundary_note, "customers_count": model.customers,
            "tuples_count": model.histories}


def calibrate(fitted: Fitted, judged: list[Tried]) -> pd.DataFrame:
    """Rows of value_calibration, by the model that is used."""
    columns = ["measure", "bin_number", "customers_count", "predicted", "actual", "baseline",
               "last_period", "lift", "model_name"]
    by_name = {one.name: one for one in judged}
    parts = []
    if fitted.name in by_name:
        used = by_name[fitted.name]
        count = used.split.histories.count
        bins, lately = (purchase_holdout.bin_tenths(
            used.predicted, used.split.actual, by_name[name].predicted, count)
            for name in purchase_choice.BASELINES)
        parts.append(bins.assign(measure="purchases", last_period=lately["baseline"],
                                 model_name=used.name))
        likely = next(one for one in (used, by_name["bg_nbd"]) if one.model)
        assert likely.model
        churn = purchase_choice.churn_probability(likely.model, used.split)
        has_left = (used.split.actual == 0).astype(float)
        parts += [
            purchase_holdout.bin_probabilities(churn, has_left, count).assign(
                measure="churn", last_period=float("nan"), model_name=likely.name),
            purchase_holdout.bin_tenths(churn, has_left, float("nan"), count).assign(
                measure="churn_lift", last_period=float("nan"), model_name=likely.name)]
    rows = pd.concat(parts) if parts else pd.DataFrame(columns=columns)
    return rows[columns].assign(model_version=fitted.version)
