"""Whether the texts that came after a sentiment model was trained are of another mixture.

Compared is what the model itself says of them, so that texts without a score count as well. When a
change is a drift belongs to `models_ml/label_shift.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import duckdb
import numpy as np

from models_ml.label_shift import MeanShares, ShareDrift, compare_shares
from models_ml.sentiment_trained import MODEL_NAME, SENTIMENT_LABELS

# The probabilities of all three classes follow from polarity, label and its probability.
_SHARES = """
    with later as (
        select distinct text_key from intermediate.int_feedback_texts_unioned
        where occurred_date > $trained_on
    ), new_texts as (
        from later anti join (
            select text_key from intermediate.int_feedback_texts_unioned semi join later
                using (text_key)
            where occurred_date <= $trained_on
        ) using (text_key)
    ), rated as (
        select
            new_texts.text_key is not null as is_new,
            case sentiment_label
                when 'negative' then sentiment_probability
                when 'positive' then sentiment_probability - polarity
                else (1 - sentiment_probability - polarity) / 2
            end as negative,
            case sentiment_label
                when 'positive' then sentiment_probability
                when 'negative' then sentiment_probability + polarity
                else (1 - sentiment_probability + polarity) / 2
            end as positive
        from feedback_sentiment_new
        left join new_texts using (text_key)
        where model_name = $model
    )
    select
        is_new, count(*),
        avg(negative), avg(1 - negative - positive), avg(positive),
        stddev_pop(negative), stddev_pop(1 - negative - positive), stddev_pop(positive)
    from rated
    group by is_new"""
_CLASSES = len(SENTIMENT_LABELS)


def measure_drifts(
    con: duckdb.DuckDBPyConnection, trained_on: Mapping[str, date],
) -> dict[str, ShareDrift]:
    """Compare the texts that came after training with those before, by language.

    Args:
        con: the warehouse, with the relation `feedback_sentiment_new`.
        trained_on: as-of date of the run that trained the model in use, by language.

    Returns:
        Languages whose model has rated texts of both.
    """
    drifts = {}
    for language, day in trained_on.items():
        found = {bool(is_new): MeanShares(
            count, np.array(numbers[:_CLASSES]), np.array(numbers[_CLASSES:]) / np.sqrt(count))
            for is_new, count, *numbers in con.execute(
                _SHARES, {"trained_on": day, "model": f"{MODEL_NAME}-{language}"}).fetchall()}
        if len(found) == 2:
            drifts[language] = compare_shares(found[True], found[False], SENTIMENT_LABELS)
    return drifts
