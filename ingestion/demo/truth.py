"""Writes what was planted, as Parquet. For tests and benchmarks only; no pipeline step reads it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from ingestion.demo.company import World
from ingestion.demo.difficulty import DRIVERS
from ingestion.demo.people import People
from ingestion.demo.purchases import Purchases
from ingestion.demo.relations import LOYALTY_CAMPAIGN, Relations
from ingestion.demo.satisfaction import RATING_QUESTIONS, Surveys
from ingestion.demo.service import Service
from ingestion.demo.tools import write_parquet
from ingestion.demo.voices import Voices

_FLAGS = (
    "is_duplicate", "has_typo", "has_moved", "has_other_email", "has_shared_phone",
    "has_no_exact_key", "has_junk_identifier", "in_merge_log",
)


def _identity(
    people: People, purchases: Purchases, surveys: list[Surveys], service: Service, voices: Voices
) -> pd.DataFrame:
    records = people.records
    owners = people.persons.loc[records["person_id"]].reset_index(drop=True)
    parts = [
        pd.DataFrame({"entity": "crm.customers", "source_system": "crm",
                      "source_record_ref": records["number"], "person_id": records["person_id"],
                      **{name: records[name] for name in _FLAGS},
                      # The other person of that name in the same house.
                      "namesake_person_id": owners["relative"].where(
                          owners["has_namesake"]).astype("Int64")})
    ]
    orders = purchases.orders[purchases.orders["person_id"] >= 0]
    parts.append(pd.DataFrame({"entity": "pos.orders", "source_system": "pos",
                               "source_record_ref": orders["number"],
                               "person_id": orders["person_id"]}))
    for survey in surveys:
        desk = survey.responses["case_system"]
        known = (survey.truth["person_id"] >= 0).to_numpy()
        parts.append(pd.DataFrame({
            "entity": "survey.responses",
            "source_system": np.where(desk == "helpdesk", "helpdesk", "survey")[known],
            "source_record_ref": survey.truth["response_ref"][known],
            "person_id": survey.truth["person_id"][known]}))
    parts.append(pd.DataFrame({"entity": "crm.cases", "source_system": service.cases["system"],
                               "source_record_ref": service.cases["number"],
                               "person_id": service.cases["person_id"]}))
    posts = voices.texts
    parts.append(pd.DataFrame({"entity": "social.posts", "source_system": "social",
                               "source_record_ref": posts["source_record_ref"],
                               "person_id": posts["person_id"]}))
    return pd.concat(parts, ignore_index=True)


def write_truth(
    folder: Path, world: World, people: People, purchases: Purchases, surveys: list[Surveys],
    service: Service, voices: Voices, relations: Relations, visitors: pd.DataFrame,
    dirty: list[dict[str, str]],
) -> None:
    """Write one file per planted thing."""
    difficulty = world.difficulty
    drivers = pd.DataFrame({
        "driver": list(DRIVERS), "question_ref": [RATING_QUESTIONS[name] for name in DRIVERS],
        "weight": list(difficulty.driver_weights), "r2": difficulty.satisfaction_r2,
        "correlation": difficulty.driver_correlation,
    })
    texts = pd.concat([*(part.texts for part in surveys), service.texts, voices.texts],
                      ignore_index=True)
    desk = pd.concat([part.responses for part in surveys], ignore_index=True)
    desk_refs = set(desk.loc[desk["case_system"] == "helpdesk", "response_id"])
    response = texts["source_record_ref"].astype(str).str.split("|").str[0]
    texts["source_system"] = np.where(
        (texts["entity"] == "survey.answers") & response.isin(desk_refs), "helpdesk",
        texts["source_system"],
    )
    texts = texts[[
        "entity", "source_system", "source_record_ref", "person_id", "text", "language",
        "sentiment", "topic", "department", "style", "has_typo", "phrase", "phrase_start",
        "phrase_end",
    ]].astype({"phrase_start": "Int64", "phrase_end": "Int64", "person_id": "Int64"})
    spans = [("app_outage", *world.outage), ("delivery_strike", *world.strike),
             ("loyalty_campaign", *world.campaign)]
    events = pd.DataFrame(spans, columns=["event", "first", "last"])
    events = pd.DataFrame({
        "event": events["event"], "started_on": world.start + events["first"].to_numpy(),
        "ended_on": world.start + events["last"].to_numpy(),
        "effect": ["app errors and complaints, lower website ratings and NPS of app users",
                   f"{difficulty.strike_late_share:.0%} of deliveries late, complaints",
                   f"order rate of the treated +{difficulty.campaign_uplift:.0%}"],
    })
    campaign = purchases.campaign.assign(
        campaign_ref=LOYALTY_CAMPAIGN, uplift=difficulty.campaign_uplift,
        customer_ref=people.records["number"].to_numpy()[
            people.first_record[purchases.campaign["person_id"].to_numpy()]
        ],
    )
    devices = service.devices
    midnight = world.first_midnight
    faults = devices[devices["fault_day"].notna()]
    cases = service.cases.drop_duplicates("occasion").set_index("device_id")["number"]
    faults = pd.DataFrame({
        "device_id": faults["device_id"], "person_id": faults["person_id"],
        "first_signal_at": midnight + (faults["fault_day"].to_numpy() * 86_400).astype(
            np.int64).astype("timedelta64[s]"),
        "complains": faults["complains"], "case_ref": cases[cases.index.notna()].reindex(
            faults["device_id"]).to_numpy(),
    })
    case_truth = service.cases[["system", "number", "person_id", "topic", "department", "cause",
                                "occasion"]]
    persons = people.persons
    person_truth = pd.DataFrame({
        "person_id": np.arange(len(persons)), "is_guest": persons["is_guest"],
        "is_business": persons["is_business"], "language": persons["language"],
        "relative_person_id": persons["relative"].where(persons["relative"] >= 0).astype("Int64"),
        "satisfaction": persons["satisfaction"],
    })
    tables = {
        "persons": person_truth,
        "identity": _identity(people, purchases, surveys, service, voices),
        "drivers": drivers, "responses": surveys[0].truth, "invitations": surveys[0].invited,
        "service_responses": surveys[1].truth, "employee_responses": surveys[2].truth,
        "texts": texts, "purchases": purchases.truth, "campaign": campaign, "events": events,
        "cases": case_truth, "linked_cases": service.linked, "device_faults": faults,
        "withdrawn_consents": relations.withdrawn, "visitors": visitors,
        "authors": voices.authors,
        "referrals": relations.referrals[["number", "referrer_person_id", "referred_person_id"]],
        "dirty_rows": pd.DataFrame(dirty),
    }
    for name, table in tables.items():
        columns: dict[str, object] = {
            str(column): pa.array(values, from_pandas=True) for column, values in table.items()
        }
        write_parquet(folder / f"{name}.parquet", columns)
