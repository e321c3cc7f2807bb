"""What the CRM keeps beside customers: contracts, consents, merges, referrals, campaigns, notes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ingestion.demo import phrases
from ingestion.demo.company import SUBSCRIPTIONS, World
from ingestion.demo.people import People
from ingestion.demo.texts import pick_sentences
from ingestion.demo.tools import (
    blank_times,
    choose,
    opaque_numbers,
    prefixed,
    random_stream,
    seconds,
    text_if,
)

ACQUISITION_CAMPAIGN = "W100"
LOYALTY_CAMPAIGN = "W500"
WEEKLY_OFFERS = 4
"""Newsletters of the last weeks."""


@dataclass(frozen=True)
class Relations:
    """One frame per CRM file, and who withdrew a consent."""

    contracts: pd.DataFrame
    consents: pd.DataFrame
    merges: pd.DataFrame
    referrals: pd.DataFrame
    campaigns: pd.DataFrame
    sends: pd.DataFrame
    notes: pd.DataFrame
    withdrawn: pd.DataFrame


def build_relations(world: World, people: People, campaign: pd.DataFrame) -> Relations:
    """Draw all relations; `campaign` says who was treated and who held back."""
    consents, withdrawn = _build_consents(world, people)
    campaigns = _build_campaigns(world)
    return Relations(
        contracts=_build_contracts(world, people), consents=consents,
        merges=_build_merges(world, people), referrals=_build_referrals(world, people),
        campaigns=campaigns,
        sends=_build_sends(world, people, campaigns, campaign, withdrawn),
        notes=_build_notes(world, people), withdrawn=withdrawn,
    )


def _number_of(people: People, person: np.ndarray) -> np.ndarray:
    """Number of the base record of known persons."""
    return people.records["number"].to_numpy()[people.first_record[person]]


def _build_contracts(world: World, people: People) -> pd.DataFrame:
    rng = random_stream(world.seed, "contracts")
    persons = people.persons
    share = world.difficulty.subscription_share
    person = np.flatnonzero(~persons["is_guest"].to_numpy() & (rng.random(len(persons)) < share))
    count = len(person)
    which = rng.choice(len(SUBSCRIPTIONS), size=count, p=[0.5, 0.2, 0.3])
    joined = persons["first_day"].to_numpy()[person]
    begin = joined + (world.days - joined) * rng.random(count) ** 1.5
    hazard = 0.025 * np.exp(-0.6 * persons["satisfaction"].to_numpy()[person])
    stays = rng.exponential(1 / hazard) * 30.4
    notice = np.floor(begin + stays)
    cancelled = notice < world.days
    start = world.start + begin.astype(int)
    cancelled_on = world.start + np.where(cancelled, notice, 0).astype(int)
    # Notice is a month, to the end of a month.
    ended_on = (cancelled_on.astype("datetime64[M]") + 2).astype("datetime64[D]") - 1
    no_day = np.datetime64("NaT", "D")
    has_ended = cancelled & (ended_on <= world.end)
    fee = np.array([price for _, price in SUBSCRIPTIONS])[which]
    account = persons["account"].to_numpy()[person]
    first_subscription = len(world.catalogue.number) - len(SUBSCRIPTIONS)
    return pd.DataFrame(
        {
            "number": prefixed("AB", opaque_numbers(rng, count)),
            "customer_no": _number_of(people, person),
            "account_no": text_if(
                account >= 0, people.accounts["number"].to_numpy()[np.maximum(account, 0)]),
            "product_no": world.catalogue.number[first_subscription + which],
            "started_on": start, "ended_on": np.where(cancelled, ended_on, no_day),
            "cancelled_on": np.where(cancelled, cancelled_on, no_day), "fee": fee,
            "status": np.select([has_ended, cancelled], ["beendet", "gekündigt"], "aktiv"),
            "person_id": person,
        }
    )


def _build_consents(world: World, people: People) -> tuple[pd.DataFrame, pd.DataFrame]:
    """One form per record asks about advertising, and those who agree about the other purposes."""
    rng = random_stream(world.seed, "consents")
    records = people.records
    rows = np.flatnonzero(rng.random(len(records)) < 0.85)
    agrees = rng.random(len(rows)) < 0.72
    created = records["created_at"].to_numpy().astype("datetime64[s]")[rows]
    withdraws = agrees & (rng.random(len(rows)) < world.difficulty.withdrawn_consent_share)
    span = (world.last_second - created).astype(np.int64)
    channel = choose(
        rng, ["E-Mail", "Telefon", "SMS", "Post", "alle"], len(rows), (6, 0.6, 0.7, 0.7, 2)
    )
    form = pd.DataFrame(
        {"customer_no": records["number"].to_numpy()[rows], "channel": channel,
         "person_id": records["person_id"].to_numpy()[rows],
         "decided_at": created + np.timedelta64(60, "s"),
         "withdrawn_at": blank_times(created + seconds(span * rng.random(len(rows))), ~withdraws)}
    )
    parts = [form.assign(purpose="Werbung", granted=agrees)]
    for purpose, share in (("Profilbildung", 0.55), ("Forschung", 0.30), ("Zitat", 0.15)):
        # They name no channel: "alle".
        grants = rng.random(len(rows)) < share
        parts.append(form.assign(purpose=purpose, channel="alle", granted=grants)[agrees])
    given = pd.concat(parts, ignore_index=True)
    # Who withdraws takes back whatever was granted.
    taken = given[given["granted"] & given["withdrawn_at"].notna()]
    frame = pd.concat(
        [given, taken.assign(granted=False, decided_at=taken["withdrawn_at"])], ignore_index=True)
    frame["number"] = prefixed("EW", opaque_numbers(rng, len(frame)))
    withdrawn = taken[["person_id", "customer_no", "purpose", "withdrawn_at"]].rename(
        columns={"customer_no": "customer_ref"})
    columns = ["customer_no", "purpose", "channel", "granted", "decided_at", "number"]
    return frame[columns], withdrawn


def _build_merges(world: World, people: People) -> pd.DataFrame:
    rng = random_stream(world.seed, "merges")
    records = people.records
    rows = np.flatnonzero(records["in_merge_log"].to_numpy())
    created = records["created_at"].to_numpy().astype("datetime64[s]")[rows]
    merged_at = created + seconds((world.last_second - created).astype(np.int64)
                                  * rng.random(len(rows)))
    return pd.DataFrame(
        {
            "number": prefixed("ZF", opaque_numbers(rng, len(rows))),
            "surviving": _number_of(people, records["person_id"].to_numpy()[rows]),
            "merged": records["number"].to_numpy()[rows], "merged_at": merged_at,
        }
    ).sort_values("merged_at", kind="stable")


def _build_referrals(world: World, people: People) -> pd.DataFrame:
    rng = random_stream(world.seed, "referrals")
    persons = people.persons
    known = np.flatnonzero(~persons["is_guest"].to_numpy())
    came = known[rng.random(len(known)) < world.difficulty.referral_share]
    came = came[persons["first_day"].to_numpy()[came] > 5]
    # Satisfied customers recommend.
    eager = np.exp(0.8 * persons["satisfaction"].to_numpy()[known])
    by = rng.choice(known, size=len(came), p=eager / eager.sum())
    keep = (by != came) & (
        persons["first_day"].to_numpy()[by] < persons["first_day"].to_numpy()[came]
    )
    came, by = came[keep], by[keep]
    at = world.first_midnight + seconds((persons["first_day"].to_numpy()[came] - 1) * 86_400)
    return pd.DataFrame(
        {
            "number": prefixed("WE", opaque_numbers(rng, len(came))),
            "referrer": _number_of(people, by), "referred": _number_of(people, came),
            "referred_at": at, "referrer_person_id": by, "referred_person_id": came,
        }
    )


def _build_campaigns(world: World) -> pd.DataFrame:
    rows = [
        (ACQUISITION_CAMPAIGN, "Neukunden online", "Anzeige", "Neukunden", 0, world.days - 1,
         12.0 * world.customers)
    ]
    for index in range(max(world.months // 6, 1)):
        first = int((index + 0.5) * world.days / max(world.months // 6, 1))
        rows.append((f"W{200 + index}", f"Newsletter {index + 1}", "E-Mail", "Umsatz", first,
                     min(first + 13, world.days - 1), 0.6 * world.customers))
    first, last = world.campaign
    rows.append((LOYALTY_CAMPAIGN, "Treuewochen", "E-Mail", "Bindung", first, last,
                 2.0 * world.customers))
    for week in range(WEEKLY_OFFERS):
        first = world.days - 5 - 7 * (WEEKLY_OFFERS - 1 - week)
        if first > 0:
            rows.append((f"W{300 + week}", f"Angebot der Woche {week + 1}", "E-Mail", "Umsatz",
                         first, min(first + 6, world.days - 1), 0.1 * world.customers))
    frame = pd.DataFrame(
        rows, columns=["number", "name", "channel", "objective", "first", "last", "budget"]
    )
    frame["started_on"] = world.start + frame["first"].to_numpy()
    frame["ended_on"] = world.start + frame["last"].to_numpy()
    return frame


def _build_sends(
    world: World, people: People, campaigns: pd.DataFrame, campaign: pd.DataFrame,
    withdrawn: pd.DataFrame,
) -> pd.DataFrame:
    rng = random_stream(world.seed, "sends")
    persons = people.persons
    known = np.flatnonzero(~persons["is_guest"].to_numpy())
    ended = np.full(len(persons), np.datetime64("2262-01-01", "s"))
    # The truth has a row for each purpose; advertising is one of them for all who withdraw.
    ended[withdrawn["person_id"].to_numpy()] = withdrawn["withdrawn_at"].to_numpy().astype(
        "datetime64[s]"
    )
    parts = []
    for number, first in zip(campaigns["number"], campaigns["first"], strict=True):
        if number == ACQUISITION_CAMPAIGN:
            continue
        at_nine = world.first_midnight + seconds(np.array([first * 86_400 + 9 * 3600]))[0]
        if number == LOYALTY_CAMPAIGN:
            person = campaign["person_id"].to_numpy()
            control = ~campaign["is_treated"].to_numpy()
            allowed = np.ones(len(person), dtype=bool)
        else:
            joined = persons["first_day"].to_numpy()[known] < first
            person = known[joined & (rng.random(len(known)) < 0.3)]
            control = np.zeros(len(person), dtype=bool)
            allowed = ended[person] > at_nine
        person, control = person[allowed], control[allowed]
        count = len(person)
        sent = at_nine + seconds(rng.integers(0, 7200, count))
        opens = (rng.random(count) < 0.38) & ~control
        opened = sent + seconds(rng.exponential(9, count) * 3600)
        opens &= opened <= world.last_second
        clicks = opens & (rng.random(count) < 0.22)
        leaves = opens & (rng.random(count) < 0.015)
        parts.append(
            pd.DataFrame(
                {
                    "campaign_no": number, "person_id": person, "control": control,
                    "sent_at": sent, "opened_at": blank_times(opened, ~opens),
                    "clicked_at": blank_times(opened + np.timedelta64(40, "s"), ~clicks),
                    "unsubscribed_at": blank_times(opened + np.timedelta64(90, "s"), ~leaves),
                }
            )
        )
    sends = pd.concat(parts, ignore_index=True)
    sends["number"] = prefixed("VS", opaque_numbers(rng, len(sends)))
    sends["customer_no"] = _number_of(people, sends["person_id"].to_numpy())
    return sends


def _build_notes(world: World, people: People) -> pd.DataFrame:
    rng = random_stream(world.seed, "notes")
    count = 20 + world.customers // 300
    person = rng.integers(0, world.customers, count)
    topic = choose(rng, phrases.TOPICS, count)
    german = np.full(count, "de", dtype=object)
    sentences = [phrases.RESEARCH_SENTENCES] * count
    item = rng.integers(0, 20, count)
    text = pick_sentences(rng, sentences, german, item) + " " + pick_sentences(
        rng, sentences, german, item
    )
    kind = choose(rng, ["Kunde", "Mitarbeiter", "Partner"], count, (7, 2, 1))
    return pd.DataFrame(
        {
            "number": prefixed("FN", opaque_numbers(rng, count)),
            "customer_no": text_if(kind == "Kunde", _number_of(people, person)),
            "method": choose(rng, ["Interview", "Workshop", "Tagebuch", "Usability-Test"], count),
            "participant": kind, "topic": topic,
            "conducted_on": world.start + rng.integers(0, world.days, count), "text": text,
        }
    ).sort_values("conducted_on", kind="stable")
