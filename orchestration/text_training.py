"""Text models trained on the company's own labels: when they are trained, and where they are kept.

A model is recorded history: every run uses the newest one until the labels have outgrown it, the
code that trains has changed, or somebody trains anew. How a model learns and is judged belongs to
`models_ml/`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from models_ml import text_classifier
from models_ml.classifier_evaluation import Evaluation
from models_ml.label_shift import FEWEST_TEXTS, ShareDrift
from models_ml.routing import Router, train_router
from models_ml.sentiment import MODEL_NAMES, lexicon_versions
from models_ml.sentiment_trained import labels_from_scores, train_sentiment
from models_ml.tables import TABLES
from models_ml.text_classifier import TextClassifier
from models_ml.texts import clean_text
from orchestration.settings import Settings
from orchestration.text_decisions import TOPIC_DELIMITER
from orchestration.warehouse import escape_cell, keep_frame

SEED = 360
OUTGROWN = 1.5
"""A model is trained again by itself when there are this many times the labels it learnt from."""

MOST_LABELS = 200_000
ROUTED = {"routing": "department", "topics": "topic"}
"""Tasks that learn from past cases, and which label of the case they learn."""

ALL_LANGUAGES = "all"
_DIGITS = 6


@dataclass(frozen=True)
class Recorded:
    """A model as it was trained and judged; `content` is empty where it may not be used."""

    facts: dict[str, Any]
    content: bytes = b""

    @property
    def task(self) -> str:
        """sentiment, routing or topics."""
        return str(self.facts["task"])

    @property
    def language(self) -> str:
        """Language that it reads, or `all`."""
        return str(self.facts["language"])


@dataclass(frozen=True)
class TextModels:
    """The newest model of each task and language, published or not.

    `history` are the facts of all that are recorded, the newest among them. `drifts` say by
    language how the texts that came since differ from those before, for published classifiers of
    sentiment.
    """

    recorded: tuple[Recorded, ...]
    history: tuple[dict[str, Any], ...] = ()
    drifts: Mapping[str, ShareDrift] = field(default_factory=dict)

    @cached_property
    def sentiment(self) -> dict[str, TextClassifier]:
        """Published classifiers of sentiment, by language."""
        return {one.language: TextClassifier.from_bytes(one.content) for one in self.recorded
                if one.task == "sentiment" and one.content}

    @cached_property
    def routers(self) -> dict[str, Router]:
        """Published classifiers of departments (`routing`) and of topics (`topics`)."""
        return {one.task: Router.from_bytes(one.content) for one in self.recorded
                if one.task in ROUTED and one.content}

    @property
    def version(self) -> str:
        """Version of what is in use of the models that learn from cases."""
        return ",".join(sorted(f"{one.task}:{one.facts['model_version']}" for one in self.recorded
                               if one.task in ROUTED and one.content))

    @property
    def trained_on(self) -> dict[str, date]:
        """As-of date of the run that trained the classifier of sentiment in use, by language."""
        return {one.language: date.fromisoformat(one.facts["as_of_date"]) for one in self.recorded
                if one.task == "sentiment" and one.content}

    def with_drifts(self, drifts: Mapping[str, ShareDrift]) -> TextModels:
        """The same models with what became of the mixture of texts since."""
        return replace(self, drifts=drifts)

    def as_rows(self) -> pd.DataFrame:
        """Rows of the ML table `text_models`; a model that was trained again alike is one."""
        columns = [column.name for column in TABLES["text_models"].columns]
        facts = [*self.history, *(one.facts | self._drift_facts(one) for one in self.recorded)]
        rows = pd.DataFrame([{name: each.get(name) for name in columns} for each in facts],
                            columns=columns)
        return rows.drop_duplicates(["task", "language", "model_version"], keep="last").assign(
            as_of_date=lambda rows: pd.to_datetime(rows["as_of_date"]).dt.date,
            new_texts_count=lambda rows: rows["new_texts_count"].astype("Int64"),
            share_change=lambda rows: rows["share_change"].astype("Float64"),
            is_drifted=lambda rows: rows["is_drifted"].astype("boolean"))

    def as_lines(self) -> list[str]:
        """One line per model, for the command line."""
        lines = []
        for one in self.recorded:
            figures = {"macro-F1": "macro_f1", "lexicon": "lexicon_macro_f1",
                       "calibration error": "calibration_error", "answered": "answered_share"}
            lines.append(f"{one.task:<10} {one.language:<4} {one.facts['status']:<15} "
                         f"{one.facts['labels_count']:>7,} labels" + "".join(
                             f", {name} {one.facts[key]:.3f}" for name, key in figures.items()
                             if one.facts[key] is not None))
        return lines

    def as_markdown(self) -> str:
        """Figures and confusion tables, for a person to look at."""
        lines = ["| task | language | status | labels | macro-F1 | lexicon | calibration error "
                 "| error of shares | answered | new texts | drift |", "|" + " --- |" * 11]
        for one in self.recorded:
            figures = [one.facts[name] for name in (
                "macro_f1", "lexicon_macro_f1", "calibration_error", "share_error",
                "answered_share")]
            drift = self._drift_facts(one)
            lines.append("| " + " | ".join([
                one.task, one.language, one.facts["status"].replace("_", " "),
                f"{one.facts['labels_count']:,}",
                *("" if figure is None else f"{figure:.3f}" for figure in figures),
                f"{drift['new_texts_count']:,}" if drift else "",
                _tell_drift(drift) if drift else ""]) + " |")
        for one in self.recorded:
            if one.facts["confusion"]:
                lines += ["", f"**{one.task}, {one.language}**: rows are the truth of texts held "
                          "out, columns what the model said", ""]
                lines += _confusion_lines(one.facts["confusion"])
        return "\n".join(lines)

    def _drift_facts(self, one: Recorded) -> dict[str, Any]:
        """Columns of `text_models` about drift; nothing for a model that rates no sentiment."""
        drift = self.drifts.get(one.language)
        if drift is None or one.task != "sentiment" or not one.content:
            return {}
        is_enough = drift.texts_count >= FEWEST_TEXTS
        return {
            "new_texts_count": drift.texts_count,
            # Sums of floats depend on their order in the last digits.
            "share_change": round(drift.largest_change, _DIGITS) if is_enough else None,
            "is_drifted": drift.is_drifted if is_enough else None}


def find_models(
    settings: Settings, con: duckdb.DuckDBPyConnection, *, as_of: date,
    corrections: pd.DataFrame, is_due: Callable[[dict[str, Any] | None, int], bool] | None = None,
    progress: Callable[[str], None] = lambda message: None,
) -> TextModels:
    """Return the models to use; those that are due are trained and recorded first.

    Args:
        settings: where models are recorded.
        con: the warehouse, with the relation `masked` (text_key, text, language).
        as_of: date of the run, kept with a model.
        corrections: text_key, field, value; they outrank the labels.
        is_due: decides by the facts of the newest model and the labels there are.
        progress: told what is trained.
    """
    is_due = is_due or is_outgrown
    found = [*_sentiment_models(settings, con, corrections, is_due, as_of, progress)]
    for task, label in ROUTED.items():
        found.append(_case_model(settings, con, corrections, is_due, as_of, progress, task, label))
    recorded = sorted(settings.text_models_path.glob("*/*.json"))
    return TextModels(tuple(found), tuple(
        json.loads(path.read_text(encoding="utf-8")) for path in recorded))


def is_outgrown(facts: dict[str, Any] | None, labels_count: int) -> bool:
    """Whether a model is to be trained by itself, by the facts of the newest one."""
    return (facts is None or facts["training_version"] != training_version()
            or labels_count >= OUTGROWN * facts["labels_count"])


def training_version() -> str:
    """Changes with what a trained model reads: n-grams, lexica, labels."""
    content = [text_classifier.ALGORITHM_VERSION, *sorted(lexicon_versions().values())]
    return hashlib.md5("|".join(content).encode()).hexdigest()[:8]


def _sentiment_models(
    settings: Settings, con: duckdb.DuckDBPyConnection, corrections: pd.DataFrame,
    is_due: Callable[[dict[str, Any] | None, int], bool], as_of: date,
    progress: Callable[[str], None],
) -> Iterable[Recorded]:
    labelled = con.execute(f"""
        select masked.text_key, masked.language, labels.score_normalised, labels.nps_class
        from masked join intermediate.int_text_labels_collected as labels using (text_key)
        where labels.score_normalised is not null or labels.nps_class is not null
        order by masked.text_key limit {MOST_LABELS}""").df()
    labelled["label"] = labels_from_scores(labelled["score_normalised"], labelled["nps_class"])
    labelled = _with_corrections(con, labelled[["text_key", "language", "label"]],
                                 corrections, "sentiment")
    labelled = labelled[labelled["language"].isin(MODEL_NAMES)]
    for language, rows in labelled.groupby("language", sort=True):
        folder = settings.text_models_path / f"sentiment-{language}"
        newest = _newest(folder)
        if newest and not is_due(newest.facts, len(rows)):
            yield newest
            continue
        progress(f"training: sentiment of {len(rows):,} scored texts, language {language}")
        trained = train_sentiment(_with_texts(con, rows), seed=SEED)[str(language)]
        yield _record(folder, Recorded(_facts(
            "sentiment", str(language), trained.status, trained.labels_count, as_of,
            trained.evaluation, lexicon_macro_f1=trained.lexicon_macro_f1,
            model_version=trained.classifier.version if trained.classifier else None),
            trained.classifier.to_bytes() if trained.classifier else b""))


def _case_model(
    settings: Settings, con: duckdb.DuckDBPyConnection, corrections: pd.DataFrame,
    is_due: Callable[[dict[str, Any] | None, int], bool], as_of: date,
    progress: Callable[[str], None], task: str, label: str,
) -> Recorded:
    labelled = con.execute(f"""
        select masked.text_key, masked.language, labels.{label} as label
        from masked join intermediate.int_text_labels_collected as labels using (text_key)
        where labels.{label} is not null
        order by masked.text_key limit {MOST_LABELS}""").df()
    labelled = _with_corrections(con, labelled, corrections, label)
    folder = settings.text_models_path / f"{task}-{ALL_LANGUAGES}"
    newest = _newest(folder)
    if newest and not is_due(newest.facts, len(labelled)):
        return newest
    progress(f"training: {task} from {len(labelled):,} past cases")
    labelled = _with_texts(con, labelled)
    report = train_router(labelled["text"].tolist(), labelled["label"].tolist(), seed=SEED)
    return _record(folder, Recorded(_facts(
        task, ALL_LANGUAGES, report.status, report.labels_count, as_of, report.evaluation,
        answered_share=report.answered_share,
        model_version=report.router.classifier.version if report.router else None),
        report.router.to_bytes() if report.router else b""))


def _with_corrections(
    con: duckdb.DuckDBPyConnection, labelled: pd.DataFrame, corrections: pd.DataFrame, field: str,
) -> pd.DataFrame:
    """Keys with labels; those of people take the place of the ones found, and add."""
    corrected = corrections[(corrections["field"] == field) & (corrections["value"] != "")
                            & ~corrections["value"].str.contains(TOPIC_DELIMITER, regex=False)]
    if corrected.empty:
        return labelled.dropna(subset=["label"])
    texts = con.execute("select text_key, language from masked where text_key in "
                        "(select unnest($1::varchar[]))", [corrected["text_key"].tolist()]).df()
    named = texts.merge(corrected.rename(columns={"value": "label"}), on="text_key")
    others = labelled[~labelled["text_key"].isin(named["text_key"])].dropna(subset=["label"])
    return pd.concat([others, named[labelled.columns]], ignore_index=True)


def _with_texts(con: duckdb.DuckDBPyConnection, labelled: pd.DataFrame) -> pd.DataFrame:
    """The same rows with their cleaned texts, which only a training needs."""
    if labelled.empty:
        return labelled.assign(text=[])
    keep_frame(con, "labelled_keys", labelled[["text_key"]].astype("str"))
    texts = con.execute("select text_key, text from masked semi join labelled_keys "
                        "using (text_key)").df()
    found = labelled.merge(texts, on="text_key", how="left")
    return found.assign(text=[clean_text(text) for text in found["text"]])


def _facts(
    task: str, language: str, status: str, labels_count: int, as_of: date,
    evaluation: Evaluation | None, *, model_version: str | None,
    lexicon_macro_f1: float | None = None, answered_share: float | None = None,
) -> dict[str, Any]:
    version = training_version()
    return {
        "task": task, "language": language, "status": status, "labels_count": labels_count,
        "macro_f1": evaluation and evaluation.macro_f1,
        "lexicon_macro_f1": lexicon_macro_f1,
        "calibration_error": evaluation and evaluation.calibration_error,
        "share_error": evaluation and evaluation.share_error,
        "answered_share": answered_share,
        "as_of_date": as_of.isoformat(),
        "training_version": version,
        "model_version": model_version or f"{status}-{version}",
        "confusion": evaluation and {
            "labels": list(map(str, evaluation.confusion.columns)),
            "counts": evaluation.confusion.to_numpy().tolist()},
    }


def _newest(folder: Path) -> Recorded | None:
    """The model recorded last; one whose facts were not written yet does not count."""
    facts = sorted(folder.glob("*.json"))
    if not facts:
        return None
    content = facts[-1].with_suffix(".model")
    return Recorded(json.loads(facts[-1].read_text(encoding="utf-8")),
                    content.read_bytes() if content.exists() else b"")


def _record(folder: Path, model: Recorded) -> Recorded:
    """Keep a model under the next number; its facts come last and make it count.

    Too few labels are not recorded: there is nothing that a later run would have to repeat.
    """
    if model.facts["status"] == "too_few_labels":
        return model
    folder.mkdir(parents=True, exist_ok=True)
    numbers = [int(path.stem) for path in folder.glob("*.json")]
    facts = folder / f"{max(numbers, default=0) + 1:0{_DIGITS}}.json"
    for path, content in ((facts.with_suffix(".model"), model.content),
                          (facts, json.dumps(model.facts, indent=1).encode())):
        if content:
            temporary = path.with_name(f"{path.name}.tmp")
            temporary.write_bytes(content)
            temporary.replace(path)
    return model


def _tell_drift(facts: Mapping[str, Any]) -> str:
    if facts["is_drifted"] is None:
        return "too few new texts"
    points = f"a class share changed by {100 * facts['share_change']:.1f} points"
    return f"**yes**, {points}: train anew" if facts["is_drifted"] else f"no, {points}"


def _confusion_lines(confusion: dict[str, Any]) -> list[str]:
    labels = [escape_cell(label) for label in confusion["labels"]]
    return ["| | " + " | ".join(labels) + " |", "|" + " --- |" * (len(labels) + 1),
            *(f"| **{label}** | " + " | ".join(f"{count:,}" for count in row) + " |"
              for label, row in zip(labels, confusion["counts"], strict=True))]
