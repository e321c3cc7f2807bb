"""How a text is read: which functions of `models_ml/` with which lists, and their versions.

When texts are read, and what becomes of the rows, belongs to `text_step.py`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import duckdb
import numpy as np
import pandas as pd

from models_ml.clauses import has_contrast
from models_ml.language import detect_language, language_version
from models_ml.personal_data import mask_personal_data, masking_version
from models_ml.routing import MODEL_NAME as ROUTER_NAME
from models_ml.routing import route_texts
from models_ml.routing_rules import TOPIC_REASON, route_by_rules, rules_version
from models_ml.sentiment import lexicon_versions, score_lexicon
from models_ml.sentiment_trained import score_trained, trained_version
from models_ml.signals import detect_signals, signals_version
from models_ml.texts import clean_text, cleaning_version, decode_entities
from models_ml.themes import discover_themes
from models_ml.topics import detect_topics, label_polarity, topics_version
from orchestration.settings import Settings
from orchestration.text_decisions import TOPIC_DELIMITER
from orchestration.text_training import SEED, TextModels

PERSON = "person"
CORRECTED = "+corrected"
"""Ends the version of a row that a person corrected, so that it is never taken for a model's."""

SURE_RULE, SURE_TOPIC = 0.5, 0.8
"""Probability below which a person decides where a text goes: of a rule that names the text, and of
its topics alone, which send about half of the demo's texts astray between .5 and .8."""

THEME_SAMPLE = 5_000
"""Texts a language that themes are looked for in; the others are counted to the nearest. Every run
looks for them, so that this is what they cost however many texts there are."""

_SEEDS = ("topics", "topic_terms", "signal_terms", "routing_rules")
_POLARITY = {"negative": -1.0, "neutral": 0.0, "positive": 1.0}
_URGENCY = {"low": 0.0, "medium": 0.45, "high": 0.9}
_TOPICS_MODEL = "topic-terms"
LEXICON_NAME = ("lexicon", "none")
"""How models that read word lists, or nothing, are named."""


@dataclass(frozen=True, eq=False)
class TextReaders:
    """Lists and settings that texts are read with; `corrections` are text_key, field, value."""

    languages: tuple[str, ...]
    country: str
    seeds: Mapping[str, pd.DataFrame]
    corrections: pd.DataFrame

    @classmethod
    def read(
        cls, settings: Settings, con: duckdb.DuckDBPyConnection, corrections: pd.DataFrame,
    ) -> TextReaders:
        """Read the lists from the warehouse, the company's own where it has them."""
        seeds = {name: con.execute(f"select * from seeds.{name}").df() for name in _SEEDS}
        return cls(settings.company.languages, settings.company.default_country, seeds,
                   corrections)

    @property
    def text_version(self) -> str:
        """Version of language, masking and cleaning: whatever a model gets to see."""
        parts = [language_version(self.languages), masking_version(self.country),
                 cleaning_version()]
        return hashlib.md5("|".join(parts).encode()).hexdigest()[:8]

    def sentiment_versions(self, models: TextModels) -> set[str]:
        """Versions a row of `feedback_sentiment` may have: of each language the one in use."""
        return set((lexicon_versions() | {
            language: trained_version(model, language)
            for language, model in models.sentiment.items()}).values())

    def topics_version(self, models: TextModels) -> str:
        """Version of topics, signals and routing together."""
        parts = [topics_version(self.seeds["topics"], self.seeds["topic_terms"]),
                 signals_version(self.seeds["signal_terms"]),
                 rules_version(self.seeds["routing_rules"]), models.version,
                 *map(str, self.seeds["topics"]["department"]),
                 *sorted(self.sentiment_versions(models))]
        return hashlib.md5("|".join(parts).encode()).hexdigest()[:8]

    def read_texts(self, part: pd.DataFrame) -> dict[str, pd.DataFrame]:
        """Language and masked text of texts as they were delivered."""
        texts = part.reset_index(drop=True)
        texts["text"] = [decode_entities(text) for text in texts["text"]]
        detected = detect_language(texts["text"], languages=self.languages)
        texts = texts.assign(
            language=detected["language"], language_probability=detected["language_probability"])
        names = texts.dropna(subset=["author_names"])
        masked = mask_personal_data(
            texts, default_country=self.country, known_names={
                key: found.splitlines() for key, found in
                zip(names["text_key"], names["author_names"], strict=True)})
        return {"feedback_texts": masked.assign(
            language=texts["language"], language_probability=texts["language_probability"],
            names_key=texts["author_names"].map(_md5, na_action="ignore"),
            model_version=self.text_version)}

    def read_sentiment(self, part: pd.DataFrame, models: TextModels) -> dict[str, pd.DataFrame]:
        """Sentiment by the trained model of the language, else by its lexicon."""
        texts = _cleaned(part)
        is_trained = texts["language"].isin(models.sentiment)
        found = [score_lexicon(texts[~is_trained])]
        if is_trained.any():
            found.append(score_trained(models.sentiment, texts[is_trained]))
        scored = pd.concat(found, ignore_index=True)
        label = self._corrected(scored, "sentiment")
        by_person = label.notna()
        scored.loc[by_person, "polarity"] = label[by_person].map(_POLARITY).astype(float)
        scored.loc[by_person, "sentiment_label"] = label[by_person]
        scored.loc[by_person, "sentiment_probability"] = 1.0
        scored.loc[by_person, "is_unsure"] = False
        scored.loc[by_person, "model_name"] = PERSON
        scored.loc[by_person, "model_version"] += CORRECTED
        return {"feedback_sentiment": scored}

    def read_topics(self, part: pd.DataFrame, models: TextModels) -> dict[str, pd.DataFrame]:
        """Topics with their spans, signals and department; `part` is rated by its sentiment."""
        texts = _cleaned(part)
        version = self.topics_version(models)
        topics = _rate_only_topics(self._find_topics(texts, models), texts).assign(
            model_name=_TOPICS_MODEL, model_version=version)
        topics = self._correct_topics(texts, topics)
        signals = self._correct_signals(
            detect_signals(texts, self.seeds["signal_terms"]).assign(model_version=version))
        routed = self._route(texts, topics, signals, models).assign(model_version=version)
        department = self._corrected(routed, "department")
        by_person = department.notna()
        routed.loc[by_person, "department"] = department[by_person]
        routed.loc[by_person, ["routing_method", "routing_reason"]] = PERSON
        routed.loc[by_person, "routing_probability"] = 1.0
        routed.loc[by_person, "is_to_be_checked"] = False
        corrected = set(self.corrections["text_key"])
        for rows in (signals, routed):
            rows.loc[rows["text_key"].isin(corrected), "model_version"] += CORRECTED
        return {"feedback_topics": topics, "feedback_signals": signals, "feedback_routing": routed}

    def propose_topics(self, texts: pd.DataFrame) -> pd.DataFrame:
        """Themes among texts without a topic, for a person to accept."""
        cleaned = _cleaned(texts)
        version = topics_version(self.seeds["topics"], self.seeds["topic_terms"])
        return discover_themes(cleaned, seed=SEED, sample_size=THEME_SAMPLE).assign(
            model_version=version)

    def _corrected(self, rows: pd.DataFrame, field: str) -> pd.Series:
        """What a person says about a field of each row; empty where nobody did."""
        said = self.corrections[self.corrections["field"] == field].set_index("text_key")["value"]
        return rows["text_key"].map(said).astype("str")

    def _find_topics(self, texts: pd.DataFrame, models: TextModels) -> pd.DataFrame:
        learned = None
        if router := models.routers.get("topics"):
            found = route_texts(router, texts["text"].tolist())
            learned = pd.DataFrame({"text_key": texts["text_key"].to_numpy(),
                                    "topic": found["department"], "score": found["probability"]})
            known = set(self.seeds["topics"]["topic"])
            learned = learned[~found["is_to_be_checked"] & learned["topic"].isin(known)]
        return detect_topics(texts, self.seeds["topics"], self.seeds["topic_terms"],
                             topic_scores=learned)

    def _correct_topics(self, texts: pd.DataFrame, topics: pd.DataFrame) -> pd.DataFrame:
        """The topics that a person names are all its topics, and rest on the whole text."""
        said = self._corrected(texts, "topic")
        named = texts.assign(topic=said.str.split(TOPIC_DELIMITER)).dropna(subset=["topic"])
        if named.empty:
            return topics
        rows = named.explode("topic")
        rows = rows[rows["topic"] != ""]
        rows = rows[["text_key", "topic", "polarity"]].assign(
            span_start=0, span_end=rows["text"].str.len(),
            sentiment_label=[label_polarity(polarity, language) for polarity, language
                             in zip(rows["polarity"], rows["language"], strict=True)],
            topic_score=1.0, model_name=PERSON, model_version=CORRECTED.strip("+"))
        return pd.concat([topics[~topics["text_key"].isin(named["text_key"])], rows],
                         ignore_index=True)

    def _correct_signals(self, signals: pd.DataFrame) -> pd.DataFrame:
        intent, urgency = (self._corrected(signals, field) for field in ("intent", "urgency"))
        signals.loc[intent.notna(), "intent"] = intent
        signals.loc[intent.notna(), "intent_probability"] = 1.0
        signals.loc[urgency.notna(), "urgency_label"] = urgency
        signals.loc[urgency.notna(), "urgency"] = urgency.map(_URGENCY).astype(float)
        return signals

    def _route(
        self, texts: pd.DataFrame, topics: pd.DataFrame, signals: pd.DataFrame, models: TextModels,
    ) -> pd.DataFrame:
        """A rule that names the text first, then a model that is sure, then its topics, then
        whatever the model takes for likeliest, for a person to check."""
        ruled = route_by_rules(texts, topics, signals, self.seeds["routing_rules"],
                               self.seeds["topics"]).set_index("text_key")
        ruled = ruled.reindex(texts["text_key"])
        reason, probability = ruled["routing_reason"], ruled["routing_probability"].fillna(0.0)
        by_rule = reason.notna().to_numpy()
        by_topic = reason.str.startswith(TOPIC_REASON).fillna(False).to_numpy(dtype=bool)
        routed = pd.DataFrame({
            "text_key": texts["text_key"].to_numpy(),
            "department": ruled["department"].fillna("unknown").to_numpy(dtype=object),
            "routing_method": np.where(by_rule, "rule", "none").astype(object),
            "routing_reason": reason.to_numpy(dtype=object),
            "routing_probability": probability.to_numpy(),
            "is_to_be_checked": probability.to_numpy() < np.where(by_topic, SURE_TOPIC, SURE_RULE),
        })
        if router := models.routers.get("routing"):
            found = route_texts(router, texts["text"].tolist())
            is_sure = ~found["is_to_be_checked"].to_numpy(dtype=bool)
            chosen = (is_sure & (by_topic | ~by_rule)) | ~by_rule
            routed.loc[chosen, "department"] = found["department"]
            routed.loc[chosen, "routing_method"] = "classifier"
            routed.loc[chosen, "routing_reason"] = ROUTER_NAME
            routed.loc[chosen, "routing_probability"] = found["probability"]
            routed.loc[chosen, "is_to_be_checked"] = found["is_to_be_checked"]
        return routed


def _rate_only_topics(topics: pd.DataFrame, texts: pd.DataFrame) -> pd.DataFrame:
    """What a text says of its only topic is what it says at all.

    So a person's word and a trained model reach the topic; the lexicon rates the span itself. But
    where a contrast parts the text, its model may mean the other side: "Alles super, aber die
    Lieferung war beschädigt" praises no delivery.
    """
    rated = texts[~texts["model_name"].str.startswith(LEXICON_NAME)].set_index("text_key")
    is_only = (topics.groupby("text_key")["topic"].transform("nunique") == 1)
    taken = is_only & topics["text_key"].isin(rated.index)
    is_clear = topics["sentiment_label"].isin(["negative", "positive"])
    said = topics["text_key"].map(rated["sentiment_label"])
    by_model = topics["text_key"].map(rated["model_name"]) != PERSON
    against = taken & is_clear & by_model & (said != topics["sentiment_label"])
    turned = rated.loc[rated.index.isin(topics.loc[against, "text_key"])]
    parted = [key for key, text, language
              in zip(turned.index, turned["text"], turned["language"], strict=True)
              if has_contrast(text, language)]
    taken &= ~(against & topics["text_key"].isin(parted))
    keys = topics.loc[taken, "text_key"]
    topics.loc[taken, "polarity"] = keys.map(rated["polarity"]).astype(float)
    topics.loc[taken, "sentiment_label"] = keys.map(rated["sentiment_label"]).astype("str")
    return topics


def _md5(names: str) -> str:
    return hashlib.md5(names.encode()).hexdigest()


def _cleaned(part: pd.DataFrame) -> pd.DataFrame:
    """Texts as the models read them; every character keeps its place."""
    return part.reset_index(drop=True).assign(
        text=[clean_text(text) for text in part["text"]])
