"""Surveys after purchases and among employees, answered from latent satisfaction."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from ingestion.demo import phrases
from ingestion.demo.company import STORE_COUNT, World
from ingestion.demo.difficulty import DRIVERS
from ingestion.demo.people import People, driver_covariance
from ingestion.demo.purchases import Purchases
from ingestion.demo.texts import compose, pick_sentences
from ingestion.demo.tools import (
    choose,
    opaque_numbers,
    prefixed,
    random_stream,
    seconds,
    text_if,
)

# ref, survey, wording, type, lowest, highest, reversed, dimension, measures, touchpoint
QUESTIONS: tuple[tuple[object, ...], ...] = (
    ("K01", "purchase", "Wie zufrieden waren Sie mit der Lieferung oder Abholung?", "rating", 1, 7,
     False, "delivery", "experience", "delivery"),
    ("K02", "purchase", "Wie zufrieden sind Sie mit der Qualität der Ware?", "rating", 1, 7,
     False, "product_quality", "experience", "use"),
    ("K03", "purchase", "Wie zufrieden waren Sie mit unseren Mitarbeitenden?", "rating", 1, 7,
     False, "staff", "experience", "purchase"),
    ("K04", "purchase", "Wie zufrieden sind Sie mit dem Verhältnis von Preis und Leistung?",
     "rating", 1, 7, False, "price", "experience", "purchase"),
    ("K05", "purchase", "Wie zufrieden sind Sie mit Webseite und App?", "rating", 1, 7,
     False, "website", "experience", "consideration"),
    ("K06", "purchase", "Wie zufrieden sind Sie alles in allem mit Falkenhof?", "rating", 1, 10,
     False, "overall", "experience", "purchase"),
    ("K07", "purchase", "Wie wahrscheinlich ist es, dass Sie Falkenhof weiterempfehlen?", "nps",
     0, 10, False, "overall", "experience", "loyalty"),
    ("K08", "purchase", "Möchten Sie uns noch etwas sagen?", "text", None, None, False, None,
     "experience", "purchase"),
    ("K09", "purchase", "Was hat den Ausschlag für Ihren Kauf gegeben?", "choice", None, None,
     False, None, "importance", "consideration"),
    ("K10", "purchase", "Wie wichtig ist Ihnen eine schnelle Lieferung?", "rating", 1, 7, False,
     "delivery", "expectation", "delivery"),
    ("S01", "service", "Wie zufrieden waren Sie mit der Bearbeitung Ihres Anliegens?", "csat", 1,
     5, False, "service", "experience", "service"),
    ("S02", "service", "Falkenhof hat es mir leicht gemacht, mein Anliegen zu klären.", "ces", 1,
     7, False, "service", "experience", "service"),
    ("S03", "service", "Was können wir besser machen?", "text", None, None, False, None,
     "experience", "service"),
    ("M01", "employee", "Wie wahrscheinlich ist es, dass Sie Falkenhof als Arbeitgeber empfehlen?",
     "nps", 0, 10, False, "employer", "experience", None),
    ("M02", "employee", "Ich habe, was ich brauche, um Kunden gut zu helfen.", "rating", 1, 5,
     False, "enablement", "experience", None),
    ("M03", "employee", "Ich denke darüber nach, Falkenhof zu verlassen.", "rating", 1, 5, True,
     "loyalty", "experience", None),
    ("M04", "employee", "Was sollte sich ändern?", "text", None, None, False, None, "experience",
     None),
)
RATING_QUESTIONS = dict(zip(DRIVERS, ("K01", "K02", "K03", "K04", "K05"), strict=True))
_CHOICES = ("price", "range", "advice", "fast_delivery", "recommendation")
EMPLOYEE_DEPARTMENTS = ("store_operations", "customer_service", "logistics", "ecommerce")


@dataclass(frozen=True)
class Surveys:
    """Invitations, responses and answers as delivered, and the truth behind them.

    `invited` holds what everybody who was invited thinks, the silent too, where that is planted.
    """

    invitations: pd.DataFrame
    responses: pd.DataFrame
    answers: pd.DataFrame
    truth: pd.DataFrame
    texts: pd.DataFrame
    invited: pd.DataFrame = field(default_factory=pd.DataFrame)


def _logistic(values: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-values))


def rate_purchases(
    world: World, people: People, purchases: Purchases, order: np.ndarray
) -> pd.DataFrame:
    """Return ratings, latent and observed satisfaction for each order row in `order`.

    Satisfaction is the weighted sum of the standardised observed ratings plus noise, so that the
    weights are exact on complete answers; only rounding of the overall score is added.
    """
    difficulty = world.difficulty
    rng = random_stream(world.seed, "ratings")
    orders = purchases.orders.iloc[order]
    person = orders["person_id"].to_numpy()
    count = len(order)
    latent = rng.multivariate_normal(
        np.zeros(len(DRIVERS)), driver_covariance(world), size=count, method="cholesky"
    )
    traits = people.persons[[f"trait_{name}" for name in DRIVERS]].to_numpy()[person]
    latent = np.sqrt(0.3) * traits + np.sqrt(0.7) * latent
    late = orders["is_late"].to_numpy()
    latent[:, DRIVERS.index("delivery")] -= 1.1 * late + 0.8 * (
        late & orders["in_strike"].to_numpy()
    )
    first, last = world.outage
    day = orders["day"].to_numpy()
    in_outage = (
        (day >= first - 7) & (day <= last) & people.persons["app_user"].to_numpy()[person]
    )
    latent[:, DRIVERS.index("website")] -= 1.6 * in_outage
    ratings = np.clip(np.rint(5.0 + 1.2 * latent), 1, 7)
    spread = ratings.std(axis=0)
    standardised = (ratings - ratings.mean(axis=0)) / np.where(spread > 0, spread, 1)
    signal = standardised @ np.array(difficulty.driver_weights)
    # Rounding the score, and that the dissatisfied answer less, cost about a tenth of R2.
    explained = min(difficulty.satisfaction_r2 * 1.1, 0.999)
    noise = signal.std() * np.sqrt(1 / explained - 1)
    satisfaction = signal + noise * rng.standard_normal(count)
    satisfaction /= max(satisfaction.std(), 1e-9)
    overall = np.clip(np.rint(7.1 + 1.6 * satisfaction), 1, 10)
    mood = 0.88 * satisfaction + 0.47 * rng.standard_normal(count)
    recommend = np.clip(np.rint(8.0 + 1.9 * mood - 0.8 * in_outage), 0, 10)
    frame = pd.DataFrame(ratings, columns=list(DRIVERS))
    return frame.assign(
        overall=overall, recommend=recommend, satisfaction=satisfaction, in_outage=in_outage,
        **{f"z_{name}": standardised[:, i] for i, name in enumerate(DRIVERS)},
    )


def _topics(world: World, ratings: pd.DataFrame, sentiment: np.ndarray) -> np.ndarray:
    """The driver that pulls most in the direction of the sentiment, or something else."""
    rng = random_stream(world.seed, "comment topics")
    pull = ratings[[f"z_{name}" for name in DRIVERS]].to_numpy() * np.array([1, 1, 1, 0.9, 0.9])
    pull = pull * np.where(sentiment < 0, -1, 1)[:, None] + 0.6 * rng.standard_normal(pull.shape)
    topic = np.array(DRIVERS, dtype=object)[pull.argmax(axis=1)]
    other = rng.random(len(topic)) < 0.2
    topic = np.where(other, choose(rng, phrases.TOPICS, len(topic)), topic)
    by_app = ratings["in_outage"].to_numpy() & (sentiment < 0) & (rng.random(len(topic)) < 0.7)
    return np.where(by_app, "app", topic)


def build_purchase_survey(world: World, people: People, purchases: Purchases) -> Surveys:
    """Invite a part of the buyers; the dissatisfied answer less often, and less completely."""
    difficulty = world.difficulty
    rng = random_stream(world.seed, "purchase survey")
    orders = purchases.orders
    eligible = (orders["person_id"].to_numpy() >= 0) & ~orders["is_cancelled"].to_numpy()
    sent = orders["ordered_at"].to_numpy().astype("datetime64[s]") + seconds(
        rng.uniform(5, 8, len(orders)) * 86_400
    )
    picked = np.flatnonzero(
        eligible & (rng.random(len(orders)) < 0.3) & (sent <= world.last_second)
    )
    sent = sent[picked]
    chosen = orders.iloc[picked].reset_index(drop=True)
    person = chosen["person_id"].to_numpy()
    ratings = rate_purchases(world, people, purchases, picked)
    count = len(picked)
    invitation = prefixed("E", opaque_numbers(rng, count))
    row = chosen["record"].to_numpy()
    number = people.records["number"].to_numpy()[np.maximum(row, 0)].copy()
    address = people.records["email"].to_numpy()[np.maximum(row, 0)]
    address = np.where(row < 0, people.persons["email"].to_numpy()[person], address)
    by_address = (row < 0) | (pd.notna(address) & (rng.random(count) < 0.35))
    number[by_address] = None
    email = text_if(by_address, address)
    invitations = pd.DataFrame(
        {
            "invitation_id": invitation, "survey": "purchase", "customer_no": number,
            "email": email, "order_no": chosen["number"], "case_no": None,
            "case_system": None,
            "channel": choose(rng, ["email", "sms", "app"], count, (8, 1, 1)), "sent_at": sent,
        }
    )

    invited = ratings[["overall", "recommend", "satisfaction"]].assign(invitation_ref=invitation)
    satisfaction = ratings["satisfaction"].to_numpy()
    answered_at = sent + seconds(rng.exponential(1.4, count) * 86_400 + 600)
    answers_it = rng.random(count) < _logistic(-0.62 + difficulty.nonresponse_slope * satisfaction)
    kept = np.flatnonzero(answers_it & (answered_at <= world.last_second))
    ratings, person = ratings.iloc[kept].reset_index(drop=True), person[kept]
    chosen, satisfaction = chosen.iloc[kept].reset_index(drop=True), satisfaction[kept]
    count = len(kept)
    language = people.persons["language"].to_numpy()[person]
    response = prefixed("R", opaque_numbers(rng, count))
    age = (world.end - people.persons["birth_date"].to_numpy().astype("datetime64[D]")[person])
    bands = np.array(["18-29", "30-44", "45-59", "60+"], dtype=object)
    band = bands[np.searchsorted([30, 45, 60], age.astype(int) // 365, side="right")]
    responses = pd.DataFrame(
        {
            "response_id": response, "survey": "purchase", "invitation_id": invitation[kept],
            "respondent": "customer", "customer_no": number[kept], "email": email[kept],
            "order_no": chosen["number"], "case_no": None, "case_system": None,
            "store_no": text_if(
                chosen["store"] >= 0, store_numbers(chosen["store"].to_numpy())),
            "responded_at": answered_at[kept],
            "channel": invitations["channel"].to_numpy()[kept], "touchpoint": "purchase",
            "department": None, "weight": np.round(rng.uniform(0.7, 1.4, count), 3),
            "language": language, "age_group": text_if(rng.random(count) < 0.8, band),
        }
    )

    # Item non-response: the lower the satisfaction, the more answers are missing. The overall
    # score is nearly always there, so what is missing can be explained by what is not.
    base = np.log(difficulty.missing_answer_share / (1 - difficulty.missing_answer_share))
    missing = _logistic(base - difficulty.missing_answer_slope * satisfaction)
    parts = []
    for name, question in RATING_QUESTIONS.items():
        not_applicable = (
            (rng.random(count) < 0.02) if name == "staff" else np.zeros(count, dtype=bool)
        )
        given = rng.random(count) >= missing
        parts.append(
            _answers(response, question, given, score=ratings[name].to_numpy(), na=not_applicable)
        )
    parts.append(_answers(response, "K06", rng.random(count) < 0.985,
                          score=ratings["overall"].to_numpy()))
    parts.append(_answers(response, "K07", rng.random(count) < 0.97,
                          score=ratings["recommend"].to_numpy()))
    parts.append(_answers(response, "K09", rng.random(count) < 0.5,
                          choice=choose(rng, _CHOICES, count, (3, 2, 1.5, 2, 1))))
    parts.append(_answers(response, "K10", rng.random(count) < 0.3,
                          score=np.clip(np.rint(5.6 + 1.1 * rng.standard_normal(count)), 1, 7)))

    sentiment = np.select([satisfaction > 0.25, satisfaction < -0.45], [1, -1], 0)
    writes = np.flatnonzero(rng.random(count) < np.where(sentiment == 0, 0.35, 0.6))
    topic = _topics(world, ratings.iloc[writes], sentiment[writes])
    nouns = world.catalogue.noun[chosen["product"].to_numpy()[writes]]
    comments = compose(
        random_stream(world.seed, "purchase comments"), language=language[writes], topic=topic,
        sentiment=sentiment[writes], noun=nouns, difficulty=difficulty,
    )
    texts = comments.assign(
        entity="survey.answers", source_system="survey",
        source_record_ref=response[writes] + "|K08", person_id=person[writes],
    )
    parts.append(
        _answers(response[writes], "K08", np.ones(len(writes), dtype=bool),
                 text=comments["text"].to_numpy())
    )
    truth = ratings.drop(columns=["in_outage"]).assign(
        response_ref=response, person_id=person,
        in_outage=ratings["in_outage"].to_numpy(), is_late=chosen["is_late"].to_numpy(),
    )
    answers = _in_order(pd.concat(parts, ignore_index=True), response)
    return Surveys(invitations, responses, answers, truth, texts, invited)


def store_numbers(store: np.ndarray) -> np.ndarray:
    """Return the numbers of stores by position."""
    return np.array([f"{10 + i}" for i in range(STORE_COUNT)], dtype=object)[
        np.maximum(store, 0)
    ]


def _answers(
    response: np.ndarray,
    question: str,
    given: np.ndarray,
    *,
    score: np.ndarray | None = None,
    choice: np.ndarray | None = None,
    text: np.ndarray | None = None,
    na: np.ndarray | None = None,
) -> pd.DataFrame:
    rows = np.flatnonzero(given)
    empty = np.full(len(rows), None, dtype=object)
    not_applicable = np.zeros(len(rows), dtype=bool) if na is None else na[rows]
    number = np.full(len(rows), np.nan) if score is None else score[rows].astype(float)
    return pd.DataFrame(
        {
            "response_id": response[rows], "question_id": question,
            "score": np.where(not_applicable, np.nan, number),
            "choice": empty if choice is None else choice[rows],
            "text": empty if text is None else text[rows],
            "not_applicable": not_applicable,
        }
    )


def _in_order(answers: pd.DataFrame, response: np.ndarray) -> pd.DataFrame:
    """Sort answers as the responses are sorted, then by question."""
    place = pd.Index(response).get_indexer(answers["response_id"])
    order = np.lexsort((answers["question_id"].to_numpy().astype(str), place))
    return answers.iloc[order].reset_index(drop=True)


def build_service_survey(world: World, people: People, cases: pd.DataFrame) -> Surveys:
    """Ask after a part of the resolved cases for satisfaction (CSAT) and effort (CES)."""
    difficulty = world.difficulty
    rng = random_stream(world.seed, "service survey")
    resolved = cases["resolved_at"].to_numpy().astype("datetime64[s]")
    sent = resolved + seconds(rng.uniform(1, 24, len(cases)) * 3600)
    picked = np.flatnonzero(
        ~np.isnat(resolved) & (sent <= world.last_second) & (rng.random(len(cases)) < 0.6)
        & cases["asks_survey"].to_numpy()
    )
    chosen, sent = cases.iloc[picked].reset_index(drop=True), sent[picked]
    count = len(picked)
    person = chosen["person_id"].to_numpy()
    hours = (chosen["resolved_at"] - chosen["opened_at"]).dt.total_seconds().to_numpy() / 3600
    mood = (
        0.5 * people.persons["satisfaction"].to_numpy()[person] + 0.75 * rng.standard_normal(count)
        - 0.35 * np.log1p(hours / 24) - 0.9 * chosen["reopen_count"].to_numpy()
        - 0.3 * chosen["is_bot_handover"].to_numpy() + 0.35
    )
    invitation = prefixed("E", opaque_numbers(rng, count) + 100_000_000)
    invitations = pd.DataFrame(
        {
            "invitation_id": invitation, "survey": "service",
            "customer_no": chosen["customer_no"], "email": chosen["email"], "order_no": None,
            "case_no": chosen["number"], "case_system": chosen["system"], "channel": "email",
            "sent_at": sent,
        }
    )
    answered_at = sent + seconds(rng.exponential(1.0, count) * 86_400 + 300)
    kept = np.flatnonzero(
        (rng.random(count) < _logistic(-0.5 + difficulty.nonresponse_slope * mood))
        & (answered_at <= world.last_second)
    )
    chosen, mood, person = chosen.iloc[kept].reset_index(drop=True), mood[kept], person[kept]
    count = len(kept)
    response = prefixed("R", opaque_numbers(rng, count) + 100_000_000)
    responses = pd.DataFrame(
        {
            "response_id": response, "survey": "service", "invitation_id": invitation[kept],
            "respondent": "customer", "customer_no": chosen["customer_no"],
            "email": chosen["email"], "order_no": None, "case_no": chosen["number"],
            "case_system": chosen["system"], "store_no": None, "responded_at": answered_at[kept],
            "channel": "email", "touchpoint": "service", "department": chosen["department"],
            "weight": 1.0, "language": chosen["language"], "age_group": None,
        }
    )
    csat = np.clip(np.rint(3.8 + 1.0 * mood), 1, 5)
    effort = np.clip(np.rint(5.0 + 1.4 * mood + 0.5 * rng.standard_normal(count)), 1, 7)
    sentiment = np.select([mood > 0.3, mood < -0.3], [1, -1], 0)
    writes = np.flatnonzero(rng.random(count) < 0.45)
    topic = np.where(rng.random(len(writes)) < 0.55, "staff", chosen["topic"].to_numpy()[writes])
    comments = compose(
        random_stream(world.seed, "service comments"), topic=topic,
        language=chosen["language"].to_numpy()[writes], sentiment=sentiment[writes],
        noun=chosen["noun"].to_numpy()[writes], difficulty=difficulty,
    )
    texts = comments.assign(
        entity="survey.answers", source_system="survey",
        source_record_ref=response[writes] + "|S03", person_id=person[writes],
    )
    answers = pd.concat(
        [
            _answers(response, "S01", rng.random(count) < 0.99, score=csat),
            _answers(response, "S02", rng.random(count) < 0.93, score=effort),
            _answers(response[writes], "S03", np.ones(len(writes), dtype=bool),
                     text=comments["text"].to_numpy()),
        ],
        ignore_index=True,
    )
    truth = pd.DataFrame({"response_ref": response, "person_id": person, "satisfaction": mood})
    return Surveys(invitations, responses, _in_order(answers, response), truth, texts)


def build_employee_survey(world: World) -> Surveys:
    """Ask the staff twice a year, anonymously; fewer than ten answer in the smallest units."""
    rng = random_stream(world.seed, "employee survey")
    staff = 40 + round(world.customers * 0.01)
    rounds = max(world.months // 6, 1)
    invited = np.tile(np.arange(staff), rounds)
    wave = np.repeat(np.arange(rounds), staff)
    department = rng.choice(len(EMPLOYEE_DEPARTMENTS), size=staff, p=[0.5, 0.25, 0.17, 0.08])
    mood = rng.standard_normal(staff)[invited] * 0.8 + 0.6 * rng.standard_normal(len(invited))
    strike = world.strike[0]
    wave_day = ((wave + 1) * world.days / rounds).astype(int) - 30
    after_strike = (department[invited] == 2) & (abs(wave_day - strike) < 120)
    mood = mood - 0.6 * after_strike
    sent = world.first_midnight + seconds(np.maximum(wave_day, 0) * 86_400 + 9 * 3600)
    answered = sent + seconds(rng.uniform(0, 12, len(invited)) * 86_400)
    kept = np.flatnonzero((rng.random(len(invited)) < 0.6) & (answered <= world.last_second))
    count = len(kept)
    mood = mood[kept]
    response = prefixed("R", opaque_numbers(rng, count) + 200_000_000)
    responses = pd.DataFrame(
        {
            "response_id": response, "survey": "employee", "invitation_id": None,
            "respondent": "employee", "customer_no": None, "email": None, "order_no": None,
            "case_no": None, "case_system": None, "store_no": None,
            "responded_at": answered[kept], "channel": "web", "touchpoint": None,
            "department": np.array(EMPLOYEE_DEPARTMENTS, dtype=object)[department[invited[kept]]],
            "weight": 1.0, "language": "de", "age_group": None,
        }
    )
    sentiment = np.select([mood > 0.4, mood < -0.4], [1, -1], 0)
    names = ("neutral", "positive", "negative")
    writes = np.flatnonzero(rng.random(count) < 0.4)
    text = pick_sentences(
        rng, [phrases.EMPLOYEE_SENTENCES[names[value]] for value in sentiment[writes].tolist()],
        np.full(len(writes), "de", dtype=object), np.zeros(len(writes), dtype=int),
    )
    answers = pd.concat(
        [
            _answers(response, "M01", rng.random(count) < 0.98,
                     score=np.clip(np.rint(7.0 + 2.0 * mood), 0, 10)),
            _answers(response, "M02", rng.random(count) < 0.95,
                     score=np.clip(np.rint(3.5 + 0.9 * mood), 1, 5)),
            _answers(response, "M03", rng.random(count) < 0.9,
                     score=np.clip(np.rint(2.4 - 0.9 * mood), 1, 5)),
            _answers(response[writes], "M04", np.ones(len(writes), dtype=bool), text=text),
        ],
        ignore_index=True,
    )
    texts = pd.DataFrame(
        {
            "entity": "survey.answers", "source_system": "survey",
            "source_record_ref": response[writes] + "|M04", "text": text, "language": "de",
            "sentiment": [names[value] for value in sentiment[writes].tolist()],
        }
    )
    truth = pd.DataFrame({"response_ref": response, "person_id": -1, "satisfaction": mood})
    empty = pd.DataFrame(columns=["invitation_id"])
    return Surveys(empty, responses, _in_order(answers, response), truth, texts)


