"""The ML tables of segments, as data; see `models_ml/tables.py` for what becomes of them."""

from __future__ import annotations

from models_ml.table_types import MODEL_NAME, MODEL_VERSION, MlTable
from models_ml.table_types import MlColumn as _C

SEGMENTATIONS = ("rfm", "value_loyalty", "experience")
"""Ways to group customers: by purchases, by value and loyalty, by experience."""

STATUSES = ("published", "undivided", "no_data")
"""What became of a segmentation; `undivided`: no division into groups was stable."""

_SEGMENTATION = _C("segmentation", "string", "Way of grouping the customers.",
                   values=SEGMENTATIONS)
_SEGMENT_ID = _C("segment_id", "string", "The segment, such as rfm_3; the same from run to run, "
                 "never used again for another.")

SEGMENT_TABLES: tuple[MlTable, ...] = (
    MlTable(
        "customer_segments",
        "One row per customer and segmentation that has a place for the customer.",
        ("customer_id", "segmentation"),
        (
            _C("customer_id", "string", "The customer."),
            _SEGMENTATION,
            _SEGMENT_ID,
            _C("distance", "double", "Distance from the centre of the segment in robust standard "
               "deviations.", minimum=0),
            MODEL_NAME,
            MODEL_VERSION,
        ),
    ),
    MlTable(
        "segments",
        "One row per segment, with its name made from what distinguishes it.",
        ("segmentation", "segment_id"),
        (
            _SEGMENTATION,
            _SEGMENT_ID,
            _C("name_en", "string", "English name."),
            _C("name_de", "string", "German name."),
            _C("description_en", "string", "What distinguishes the segment, in English."),
            _C("description_de", "string", "The same in German."),
            _C("customers_count", "integer", "Customers in it.", minimum=0),
            _C("customers_share", "double", "Share of the customers of the segmentation.",
               minimum=0, maximum=1),
            _C("stability", "double", "Mean Jaccard similarity with the most similar segment of "
               "bootstrap samples; empty where the customers are not divided.", nullable=True,
               minimum=0, maximum=1),
            _C("outcome_mean", "double", "Mean revenue in the holdout of those who were in the "
               "segment at its start; empty where nobody was or there is no holdout.",
               nullable=True),
            _C("outcome_count", "integer", "Customers behind outcome_mean.", minimum=0),
            _C("first_as_of_date", "date", "As-of date of the first run with the segment."),
            MODEL_NAME,
            MODEL_VERSION,
        ),
    ),
    MlTable(
        "segment_features",
        "One row per segment and feature that divides the customers or describes them.",
        ("segmentation", "segment_id", "feature"),
        (
            _SEGMENTATION,
            _SEGMENT_ID,
            _C("feature", "string", "The feature, such as recency_days."),
            _C("is_dividing", "boolean", "The segmentation divides the customers by it; else it "
               "only describes them."),
            _C("feature_mean", "double", "Mean of the segment; empty where nobody of it has the "
               "feature.", nullable=True),
            _C("all_mean", "double", "Mean of all customers of the segmentation.", nullable=True),
            _C("standardised_difference", "double", "Difference of the means in standard "
               "deviations of all customers; 0 where either is unknown."),
            _C("customers_count", "integer", "Customers of the segment with the feature.",
               minimum=0),
            MODEL_NAME,
            MODEL_VERSION,
        ),
    ),
    MlTable(
        "segment_models",
        "One row per segmentation: how many segments there are, why, and what they are worth.",
        ("segmentation",),
        (
            _SEGMENTATION,
            _C("status", "string", "published; undivided: no division was stable, all are in one "
               "segment; no_data: what it groups by is missing.", values=STATUSES),
            _C("reason", "string", "Why, in words."),
            _C("features", "string", "Features it groups by, separated by commas."),
            _C("customers_count", "integer", "Customers that have a segment.", minimum=0),
            _C("segments_count", "integer", "Segments.", minimum=0, maximum=10),
            _C("stability", "double", "Mean adjusted Rand index between the segments and those of "
               "bootstrap samples; empty where the customers are not divided.", nullable=True,
               minimum=-1, maximum=1),
            _C("holdout_start_date", "date", "Customers were grouped anew as of this date, for "
               "what they did afterwards; empty where the history is too short.", nullable=True),
            _C("holdout_customers_count", "integer", "Customers of the holdout.", minimum=0),
            _C("outcome_explained", "double", "Share of the variance of the outcome, log(1 + "
               "revenue) in the holdout, that the segments explain for customers whose outcome "
               "was not used; 0 and less is no use.", nullable=True, maximum=1),
            _C("cells_outcome_explained", "double", "The same of RFM cells.", nullable=True,
               maximum=1),
            _C("cells_count", "integer", "RFM cells with customers.", nullable=True, minimum=1),
            MODEL_NAME,
            MODEL_VERSION,
        ),
    ),
    MlTable(
        "segment_moves",
        "One row per run, segmentation and pair of segments between which customers moved, with "
        "those who stayed; `none` is no segment.",
        ("as_of_date", "segmentation", "from_segment_id", "to_segment_id"),
        (
            _C("as_of_date", "date", "As-of date of the later run."),
            _C("from_as_of_date", "date", "As-of date of the run before it."),
            _SEGMENTATION,
            _C("from_segment_id", "string", "Segment before; none: not in the segmentation."),
            _C("to_segment_id", "string", "Segment after; none: no more in the segmentation."),
            _C("customers_count", "integer", "Customers.", minimum=1),
            MODEL_NAME,
            MODEL_VERSION,
        ),
    ),
)
