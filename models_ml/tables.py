"""The tables that Python writes for dbt to read, as data: columns, types, keys.

One entry per ML table. The writer casts to these types, `expectations/` builds a blocking suite
from them, and dbt declares them as sources in schema `ml`. No logic belongs here.
"""

from __future__ import annotations

from models_ml.table_types import MODEL_NAME, MODEL_VERSION, MlColumn, MlTable, MlType
from models_ml.tables_actions import ACTION_TABLES
from models_ml.tables_alerts import ALERT_TABLES
from models_ml.tables_drivers import DRIVER_TABLES
from models_ml.tables_impact import IMPACT_TABLES
from models_ml.tables_improvements import IMPROVEMENT_TABLES
from models_ml.tables_segments import SEGMENT_TABLES
from models_ml.tables_silence import SILENCE_TABLES
from models_ml.tables_value import VALUE_TABLES

__all__ = ["MATCH_RULES", "SENTIMENT_LABELS", "TABLES", "MlColumn", "MlTable", "MlType"]

_C = MlColumn

MATCH_RULES = ("decision", "crm_merge", "customer_number", "loyalty_id", "email", "phone",
               "probabilistic")
"""What may tie two identity records, strongest first."""

SENTIMENT_LABELS = ("negative", "neutral", "positive", "unknown")
"""Labels of a sentiment; `unknown` where there is no model."""

_TEXT_KEY = _C("text_key", "string", "The text, a row of feedback_texts.")

TABLES: dict[str, MlTable] = {
    table.name: table
    for table in (
        MlTable(
            "customer_records",
            "One row per identity record: the customer it belongs to and why.",
            ("record_key",),
            (
                _C("record_key", "string", "Identity record."),
                _C("customer_id", "string", "Opaque id, derived from the most senior record."),
                _C("is_senior", "boolean", "The record the id derives from."),
                _C("match_rule", "string", "Strongest rule that ties the record to its cluster: "
                   "single, decision, crm_merge, customer_number, loyalty_id, email, phone, "
                   "probabilistic.",
                   values=("single", *MATCH_RULES)),
                _C("match_score", "double", "Probability of the membership.", minimum=0, maximum=1),
                _C("household_key", "string", "Household: md5 of last name and address; empty "
                   "where either is unknown or the record is a company.", nullable=True),
            ),
        ),
        MlTable(
            "identity_edges",
            "One row per pair of identity records and the rule that speaks for one person.",
            ("left_record_key", "right_record_key", "match_rule"),
            (
                _C("left_record_key", "string", "One record; the smaller key."),
                _C("right_record_key", "string", "The other record."),
                _C("match_rule", "string", "Which rule.", values=MATCH_RULES),
                _C("match_score", "double", "Probability of a match.", minimum=0, maximum=1),
                _C("match_weight", "double", "Evidence in bits: log2 of the odds the attributes "
                   "give; empty for a rule that does not weigh attributes.", nullable=True),
                _C("edge_status", "string", "Whether the edge holds the cluster together, or why "
                   "it was cut.",
                   values=("used", "cut_decision", "cut_bridge", "cut_size", "cut_conflict")),
            ),
        ),
        MlTable(
            "identity_review",
            "One row per pair of identity records that a person should look at.",
            ("left_record_key", "right_record_key"),
            (
                _C("left_record_key", "string", "One record; the smaller key."),
                _C("right_record_key", "string", "The other record."),
                _C("review_reason", "string", "Why: likely but below the threshold, or tied and "
                   "cut as a bridge, by the size limit, or because names or birth dates conflict.",
                   values=("unsure", "cut_bridge", "cut_size", "cut_conflict")),
                _C("match_score", "double", "Probability of a match.", minimum=0, maximum=1),
                _C("match_weight", "double", "Evidence in bits.", nullable=True),
            ),
        ),
        MlTable(
            "customer_aliases",
            "One row per customer id that is no longer in use, or never was, of a merged record.",
            ("alias_customer_id",),
            (
                _C("alias_customer_id", "string", "Id of a record that now belongs to a more "
                   "senior one."),
                _C("customer_id", "string", "The customer it means today."),
            ),
        ),
        MlTable(
            "identity_changes",
            "One row per change of the partition that a run found: a merge, a split or a new "
            "senior record.",
            ("change_sequence", "from_customer_id", "to_customer_id"),
            (
                _C("change_sequence", "integer", "Number of the run that changed something, from "
                   "1.", minimum=1),
                _C("as_of_date", "date", "As-of date of that run."),
                _C("change_type", "string", "merged: the customer was joined to an older one; "
                   "split: records left the customer; renamed: its senior record is gone.",
                   values=("merged", "split", "renamed")),
                _C("from_customer_id", "string", "Customer before."),
                _C("to_customer_id", "string", "Customer after."),
                _C("records_count", "integer", "Records that went from one to the other.",
                   minimum=1),
            ),
        ),
        MlTable(
            "feedback_texts",
            "One row per distinct feedback text, with placeholders for personal data in it.",
            ("text_key",),
            (
                _C("text_key", "string", "md5 of the text as it was delivered."),
                _C("masked_text", "string", "The text with placeholders such as [NAME] for "
                   "personal data; spans of topics count its characters."),
                _C("personal_data_count", "integer", "How many placeholders were put in.",
                   minimum=0),
                _C("personal_data_kinds", "string", "Kinds of personal data that were found, "
                   "separated by commas; empty where there was none.", nullable=True),
                _C("names_key", "string", "md5 of the names of its authors, which were masked, "
                   "too; empty where none is known.", nullable=True),
                _C("language", "string", "ISO 639-1 code, or `unknown`."),
                _C("language_probability", "double", "Probability of the language.",
                   minimum=0, maximum=1),
                MODEL_VERSION,
            ),
        ),
        MlTable(
            "feedback_sentiment",
            "One row per distinct feedback text with its sentiment.",
            ("text_key",),
            (
                _TEXT_KEY,
                _C("polarity", "double", "Sentiment from -1 (negative) to 1; empty where the "
                   "language has no model and the text no emoji.", nullable=True, minimum=-1,
                   maximum=1),
                _C("sentiment_label", "string", "Sentiment as a label.", values=SENTIMENT_LABELS),
                _C("sentiment_probability", "double", "Probability of the label; empty where "
                   "there is no model.", nullable=True, minimum=0, maximum=1),
                _C("is_unsure", "boolean", "The probability is too low to rely on the label."),
                MODEL_NAME,
                MODEL_VERSION,
            ),
        ),
        MlTable(
            "feedback_topics",
            "One row per distinct feedback text, topic and place in the text that speaks of it.",
            ("text_key", "topic", "span_start"),
            (
                _TEXT_KEY,
                _C("topic", "string", "Topic of the topic tree."),
                _C("span_start", "integer", "Where the place begins in masked_text: characters "
                   "before it.", minimum=0),
                _C("span_end", "integer", "Where it ends: characters before the first after it.",
                   minimum=1),
                _C("polarity", "double", "Sentiment about the topic there, from -1 (negative) to "
                   "1; empty where nothing tells.", nullable=True, minimum=-1, maximum=1),
                _C("sentiment_label", "string", "The same as a label.", values=SENTIMENT_LABELS),
                _C("topic_score", "double", "How sure it is that the place speaks of the topic.",
                   minimum=0, maximum=1),
                MODEL_NAME,
                MODEL_VERSION,
            ),
        ),
        MlTable(
            "feedback_signals",
            "One row per distinct feedback text with what it says beside sentiment and topics.",
            ("text_key",),
            (
                _TEXT_KEY,
                _C("experience_dimension", "string", "Side of the experience it speaks of most.",
                   values=("emotional", "cognitive", "behavioural", "sensory", "brand", "none")),
                _C("emotion", "string", "Emotion that it shows.",
                   values=("joy", "trust", "anger", "disappointment", "fear", "surprise", "none")),
                _C("urgency", "double", "How soon it wants an answer, from 0 to 1.",
                   minimum=0, maximum=1),
                _C("urgency_label", "string", "The same as a label.",
                   values=("low", "medium", "high")),
                _C("intent", "string", "What it is for.",
                   values=("complaint", "question", "praise", "idea", "cancellation_threat",
                           "statement")),
                _C("intent_probability", "double", "Probability of the intent.",
                   minimum=0, maximum=1),
                MODEL_VERSION,
            ),
        ),
        MlTable(
            "feedback_routing",
            "One row per distinct feedback text with the department that should get it.",
            ("text_key",),
            (
                _TEXT_KEY,
                _C("department", "string", "Department of the seed departments; `unknown` where "
                   "nothing speaks for one."),
                _C("routing_method", "string", "What chose it.",
                   values=("rule", "classifier", "person", "none")),
                _C("routing_reason", "string", "The rule or model; empty where nothing spoke for "
                   "a department.", nullable=True),
                _C("routing_probability", "double", "Probability that it is the right one.",
                   minimum=0, maximum=1),
                _C("is_to_be_checked", "boolean", "Not sure enough: a person decides."),
                MODEL_VERSION,
            ),
        ),
        MlTable(
            "topic_proposals",
            "One row per theme found among texts that no topic was found in, for a person to "
            "accept by adding it to the topic tree.",
            ("proposal_id",),
            (
                _C("proposal_id", "string", "The theme; stable while its phrases are."),
                _C("language", "string", "ISO 639-1 code."),
                _C("phrases", "string", "Its typical phrases, separated by commas."),
                _C("texts_count", "integer", "Distinct texts of the theme.", minimum=1),
                _C("example_texts", "string", "Typical masked texts, one per line."),
                _C("polarity", "double", "Mean sentiment from -1 to 1; empty where none is known.",
                   nullable=True, minimum=-1, maximum=1),
                MODEL_VERSION,
            ),
        ),
        MlTable(
            "text_models",
            "One row per task, language and version of a model that was trained or tried on the "
            "company's own labels, with how well it did on a held-out part.",
            ("task", "language", "model_version"),
            (
                _C("task", "string", "What it is for.", values=("sentiment", "routing", "topics")),
                _C("language", "string", "ISO 639-1 code, or `all`."),
                _C("status", "string", "published: it is in use; rejected: it was not better than "
                   "what there was; too_few_labels: it was not trained.",
                   values=("published", "rejected", "too_few_labels")),
                _C("labels_count", "integer", "Labelled texts there were.", minimum=0),
                _C("macro_f1", "double", "Mean F1 of the classes on the held-out part.",
                   nullable=True, minimum=0, maximum=1),
                _C("lexicon_macro_f1", "double", "The same of the lexicon or the rules.",
                   nullable=True, minimum=0, maximum=1),
                _C("calibration_error", "double", "Mean distance of probability and frequency.",
                   nullable=True, minimum=0, maximum=1),
                _C("share_error", "double", "Largest distance of a predicted class share from the "
                   "real one.", nullable=True, minimum=0, maximum=1),
                _C("answered_share", "double", "Share of the texts that it answers; the others go "
                   "to a person.", nullable=True, minimum=0, maximum=1),
                _C("new_texts_count", "integer", "Texts it rated that came after it was trained; "
                   "empty where it is not in use, or rates no sentiment.", nullable=True,
                   minimum=0),
                _C("share_change", "double", "Largest change of a class share (mean probability) "
                   "from the texts before to the new ones; empty where there are too few.",
                   nullable=True, minimum=0, maximum=1),
                _C("is_drifted", "boolean", "The change is more than 5 points and than chance: the "
                   "model should be trained anew; empty where there are too few new texts.",
                   nullable=True),
                _C("as_of_date", "date", "As-of date of the run that evaluated it."),
                MODEL_VERSION,
            ),
        ),
        MlTable(
            "public_holidays",
            "One row per region and public holiday: German states and regions of service_hours.",
            ("region", "holiday_date"),
            (
                _C("region", "string", "ISO 3166-2 code such as DE-BY."),
                _C("holiday_date", "date", "The day."),
                _C("name_de", "string", "German name; else in the language of the country."),
                _C("name_en", "string", "English name; else in the language of the country."),
            ),
        ),
        *VALUE_TABLES,
        *SILENCE_TABLES,
        *ACTION_TABLES,
        *SEGMENT_TABLES,
        *IMPROVEMENT_TABLES,
        *IMPACT_TABLES,
        *ALERT_TABLES,
        *DRIVER_TABLES,
    )
}
