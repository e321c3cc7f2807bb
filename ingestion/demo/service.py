"""Service cases of two systems: CRM (phone, e-mail, store) and help desk (chat, bot, app)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ingestion.demo import phrases
from ingestion.demo.company import CONNECTED_CATEGORY, World
from ingestion.demo.people import People
from ingestion.demo.purchases import Purchases
from ingestion.demo.texts import compose, pick_sentences
from ingestion.demo.tools import (
    blank_times,
    choose,
    hex_ids,
    opaque_numbers,
    prefixed,
    random_stream,
    seconds,
    text_if,
)

_TOPIC_WEIGHTS = (0.2, 0.18, 0.04, 0.05, 0.1, 0.08, 0.16, 0.11, 0.02, 0.06)
_TEAMS = {
    "logistics": "Versand", "purchasing": "Reklamation", "customer_service": "Hotline",
    "marketing": "Hotline", "ecommerce": "Digital", "it": "Digital", "finance": "Buchhaltung",
    "store_operations": "Filialen", "subscriptions": "Abo-Service",
}


@dataclass(frozen=True)
class Service:
    """Cases and turns of both systems, devices with faults, and what belongs together."""

    cases: pd.DataFrame
    messages: pd.DataFrame
    texts: pd.DataFrame
    devices: pd.DataFrame
    linked: pd.DataFrame


def build_devices(world: World, people: People, purchases: Purchases) -> pd.DataFrame:
    """Return connected devices; some signal a fault, days before their owner complains."""
    rng = random_stream(world.seed, "devices")
    lines, orders = purchases.lines, purchases.orders
    product = lines["product"].to_numpy()
    order = lines["order"].to_numpy()
    person = orders["person_id"].to_numpy()[order]
    is_device = (
        (world.catalogue.category[product] == CONNECTED_CATEGORY)
        & ~lines["is_return"].to_numpy() & (person >= 0)
    )
    rows = np.flatnonzero(is_device)
    bought = orders["day"].to_numpy()[order[rows]]
    fault = bought + 10 + rng.exponential(70, len(rows))
    has_fault = (rng.random(len(rows)) < world.difficulty.device_fault_share) & (
        fault < world.days - 12
    )
    complains = has_fault & (rng.random(len(rows)) < 0.7)
    return pd.DataFrame(
        {
            "device_id": hex_ids(rng, len(rows)), "person_id": person[rows], "order": order[rows],
            "product": product[rows], "bought_day": bought,
            "fault_day": np.where(has_fault, fault, np.nan), "complains": complains,
            "complaint_day": np.where(complains, fault + rng.uniform(2, 7, len(rows)), np.nan),
        }
    )


def _occasions(
    world: World, people: People, purchases: Purchases, devices: pd.DataFrame
) -> pd.DataFrame:
    """Who turns to the service when, about what: (person, order, topic, day, device)."""
    rng = random_stream(world.seed, "occasions")
    orders = purchases.orders
    known = np.flatnonzero(orders["person_id"].to_numpy() >= 0)
    day = orders["day"].to_numpy()

    some = known[rng.random(len(known)) < 0.055]
    everyday = pd.DataFrame(
        {
            "order": some, "topic": choose(rng, phrases.TOPICS, len(some), _TOPIC_WEIGHTS),
            "day": day[some] + rng.exponential(9, len(some)) + 0.5, "cause": "everyday",
        }
    )
    late = np.flatnonzero(orders["is_late"].to_numpy())
    late = late[rng.random(len(late)) < np.where(orders["in_strike"].to_numpy()[late], 0.35, 0.2)]
    delivery = pd.DataFrame(
        {
            "order": late, "topic": "delivery",
            "day": day[late] + 3.5 + rng.exponential(1.5, len(late)),
            "cause": np.where(orders["in_strike"].to_numpy()[late], "delivery_strike", "late"),
        }
    )
    first, last = world.outage
    before = known[(day[known] < last) & people.persons["app_user"].to_numpy()[
        orders["person_id"].to_numpy()[known]]]
    latest = pd.Series(before).groupby(orders["person_id"].to_numpy()[before]).max().to_numpy()
    hit = latest[rng.random(len(latest)) < 0.1]
    outage = pd.DataFrame(
        {
            "order": hit, "topic": "app", "day": rng.uniform(first, last + 1, len(hit)),
            "cause": "app_outage",
        }
    )
    owners = devices[devices["complains"]]
    faults = pd.DataFrame(
        {
            "order": owners["order"], "topic": "product_quality", "day": owners["complaint_day"],
            "cause": "device_fault", "device_id": owners["device_id"],
        }
    )
    frame = pd.concat([everyday, delivery, outage, faults], ignore_index=True)
    if "device_id" not in frame:
        frame["device_id"] = None
    frame = frame[(frame["day"] < world.days) & (frame["day"] >= 0)]
    frame["person_id"] = orders["person_id"].to_numpy()[frame["order"].to_numpy()]
    return frame.sort_values(["day", "order"], kind="stable").reset_index(drop=True)


def build_service(
    world: World, people: People, purchases: Purchases, devices: pd.DataFrame
) -> Service:
    """Turn occasions into cases, some of them ticketed in both systems."""
    difficulty = world.difficulty
    rng = random_stream(world.seed, "cases")
    occasions = _occasions(world, people, purchases, devices)
    in_crm = rng.random(len(occasions)) < 0.52
    twice = np.flatnonzero(rng.random(len(occasions)) < difficulty.two_system_case_share)
    row = np.concatenate([np.arange(len(occasions)), twice])
    is_second = np.arange(len(row)) >= len(occasions)
    frame = occasions.iloc[row].reset_index(drop=True)
    frame["occasion"] = row
    count = len(frame)
    system = np.where(np.where(is_second, ~in_crm[row], in_crm[row]), "crm", "helpdesk")
    frame["system"] = system.astype(object)
    is_crm = system == "crm"
    channel = np.where(
        is_crm, choose(rng, ["phone", "email", "store", "form"], count, (6, 2.5, 1, 0.5)),
        choose(rng, ["chat", "chatbot", "app", "form"], count, (3.5, 3.5, 1, 2)),
    )
    hour = np.where(channel == "chatbot", rng.uniform(0.2, 23.7, count),
                    8 + 11.5 * rng.beta(1.6, 1.9, count))
    day = np.floor(frame["day"].to_numpy()) + np.where(is_second, rng.integers(0, 3, count), 0)
    day = np.minimum(day, world.days - 1)
    opened = world.first_midnight + seconds(day * 86_400) + seconds(hour * 3600)

    strike_first, strike_last = world.strike
    outage_first, outage_last = world.outage
    busy = ((day >= strike_first) & (day <= strike_last + 7)) | (
        (day >= outage_first) & (day <= outage_last)
    )
    is_phone, is_bot, is_chat = channel == "phone", channel == "chatbot", channel == "chat"
    wait = np.select(
        [is_phone, is_chat, is_bot],
        [rng.exponential(170, count) * np.where(busy, 2.6, 1.0), rng.exponential(90, count),
         np.full(count, 2.0)],
        np.nan,
    )
    patience = rng.exponential(170 / max(difficulty.abandoned_call_share, 0.01), count)
    abandoned = is_phone & (wait > patience)
    wait = np.where(abandoned, np.minimum(wait, patience), wait)
    handover = is_bot & (rng.random(count) < difficulty.bot_handover_share)
    slow = seconds(np.exp(rng.normal(1.6, 1.0, count)) * 3600)
    answered = opened + np.where(np.isnan(wait), slow, seconds(np.nan_to_num(wait)))
    work = np.exp(rng.normal(5.9, 0.6, count))
    at_once = (is_phone | is_chat | (is_bot & ~handover)) & (rng.random(count) < 0.6)
    effort = np.where(busy, 1.8, 1.0) * np.exp(rng.normal(2.9, 1.0, count)) * 3600
    resolved = answered + seconds(np.where(at_once, work, effort + work))
    never = (rng.random(count) < 0.02) & ~abandoned
    resolved = blank_times(resolved, never | (resolved > world.last_second))
    resolved = np.where(abandoned, opened + seconds(np.nan_to_num(wait)), resolved)
    reopened_at = resolved + seconds(rng.uniform(0.5, 6, count) * 86_400)
    reopened = (
        ~abandoned & ~np.isnat(resolved) & (reopened_at <= world.last_second)
        & (rng.random(count) < difficulty.reopened_case_share)
    )
    again = reopened_at + seconds(np.exp(rng.normal(2.6, 0.8, count)) * 3600)
    first_resolved = resolved
    resolved = np.where(reopened, blank_times(again, again > world.last_second), resolved)
    is_open = np.isnat(resolved)
    answered_late = answered > world.last_second

    person = frame["person_id"].to_numpy()
    record = people.pick_records(rng, person, opened)
    picked = np.maximum(record, 0)
    email = np.where(record < 0, people.persons["email"].to_numpy()[person],
                     people.records["email"].to_numpy()[picked])
    phone = np.where(record < 0, people.persons["phone"].to_numpy()[person],
                     people.records["phone"].to_numpy()[picked])
    named = (record >= 0) & ~abandoned & (rng.random(count) < np.where(is_crm, 0.85, 0.6))
    customer_no = people.records["number"].to_numpy()[picked].copy()
    customer_no[~named] = None
    email[is_phone | (named & (rng.random(count) < 0.5))] = None
    phone[~is_phone] = None
    topic = frame["topic"].to_numpy()
    department = np.array([phrases.DEPARTMENTS[name] for name in topic.tolist()], dtype=object)
    language = people.persons["language"].to_numpy()[person]
    order = frame["order"].to_numpy()
    mentions_order = np.isin(topic, ["delivery", "returns", "billing"]) & ~abandoned
    about_product = (topic == "product_quality") & ~abandoned
    product = purchases.orders["product"].to_numpy()[order]
    device_product = devices.set_index("device_id")["product"] if len(devices) else pd.Series()
    has_device = frame["device_id"].notna().to_numpy()
    product[has_device] = device_product.loc[frame["device_id"][has_device]].to_numpy()
    number = np.where(
        is_crm, prefixed("V", opaque_numbers(rng, count)), prefixed("T", opaque_numbers(rng, count))
    )
    twin = np.full(count, None, dtype=object)
    seconds_row = np.flatnonzero(is_second)
    first_row = row[seconds_row]
    knows = rng.random(len(twice)) < difficulty.linked_two_system_share
    twin[seconds_row[knows]] = number[first_row[knows]]
    escalated = ~abandoned & (rng.random(count) < np.where(reopened, 0.3, 0.03))
    cases = frame.assign(
        number=number, channel=channel, customer_no=customer_no, email=email, phone=phone,
        order_no=text_if(mentions_order, purchases.orders["number"].to_numpy()[order]),
        product_no=text_if(about_product, world.catalogue.number[product]),
        department=department,
        team=np.array([_TEAMS[name] for name in department.tolist()], dtype=object),
        partner=text_if(
            topic == "delivery", choose(rng, ["Paketblitz", "Rapido Kurier"], count)),
        status=np.select(
            [abandoned, is_open & answered_late, is_open], ["closed", "open", "pending"],
            "resolved",
        ).astype(object),
        priority=np.where(escalated, "high", choose(rng, ["low", "normal", "high"], count,
                                                    (2, 7, 1))),
        opened_at=opened, first_response_at=blank_times(answered, abandoned | answered_late),
        promised_at=blank_times(opened + seconds(np.full(count, 48 * 3600)), is_phone | is_bot),
        resolved_at=resolved, first_resolved_at=first_resolved,
        reopened_at=blank_times(reopened_at, ~reopened), reopen_count=reopened.astype(int),
        waiting_seconds=np.round(wait), handling_seconds=np.where(abandoned, 0, np.round(work)),
        is_abandoned=abandoned, is_escalated=escalated, is_bot_handover=handover,
        linked_case=twin, language=language, noun=np.maximum(world.catalogue.noun[product], 0),
        cost_cents=np.rint(work * np.where(is_bot & ~handover, 0.02, 0.9)).astype(int) + 40,
        asks_survey=~abandoned & (named | pd.notna(email)),
        subject=[phrases.SUBJECTS[lang][name] for lang, name in
                 zip(language.tolist(), topic.tolist(), strict=True)],
    ).drop(columns=["day"])
    messages, texts = _build_messages(world, people, cases)
    linked = pd.DataFrame(
        {
            "first_case": number[first_row], "first_system": system[first_row],
            "second_case": number[seconds_row], "second_system": system[seconds_row],
            "person_id": person[seconds_row], "is_linked_in_extract": knows,
        }
    )
    return Service(cases, messages, texts, devices, linked)


def _build_messages(
    world: World, people: People, cases: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    rng = random_stream(world.seed, "messages")
    spoken = cases[~cases["is_abandoned"]].reset_index(drop=True)
    count = len(spoken)
    person = spoken["person_id"].to_numpy()
    feeling = people.persons["satisfaction"].to_numpy()[person] * 0.4 + rng.standard_normal(count)
    sentiment = np.where(spoken["cause"] != "everyday", -1, np.where(feeling < 0.75, -1, 0))
    text = compose(
        random_stream(world.seed, "case texts"), language=spoken["language"].to_numpy(),
        topic=spoken["topic"].to_numpy(), sentiment=sentiment, noun=spoken["noun"].to_numpy(),
        difficulty=world.difficulty, is_request=True,
    )
    opened = spoken["opened_at"].to_numpy().astype("datetime64[s]")
    answered = spoken["first_response_at"].to_numpy().astype("datetime64[s]")
    language = spoken["language"].to_numpy()
    noun = spoken["noun"].to_numpy()
    is_bot = (spoken["channel"] == "chatbot").to_numpy()
    handover = spoken["is_bot_handover"].to_numpy()
    replied = ~np.isnat(answered)
    by_person = replied & (~is_bot | handover)
    reply_at = answered + seconds(rng.uniform(60, 900, count))
    follow_up = by_person & (rng.random(count) < 0.35) & ~np.isnat(
        spoken["resolved_at"].to_numpy().astype("datetime64[s]")
    )
    pleased = spoken["reopen_count"].to_numpy() == 0
    follow_at = reply_at + seconds(rng.uniform(120, 5000, count))

    def turn(rows: np.ndarray, role: str, at: np.ndarray, choices: list[tuple[str, ...]] | None,
             place: int) -> pd.DataFrame:
        index = np.flatnonzero(rows & (at <= world.last_second))
        if choices is None:
            words = text["text"].to_numpy()[index]
        else:
            words = pick_sentences(
                rng, [choices[i] for i in index.tolist()], language[index], noun[index]
            )
        return pd.DataFrame({"case": index, "place": place, "role": role, "sent_at": at[index],
                             "text": words})

    everyone = np.ones(count, dtype=bool)
    languages = language.tolist()
    messages = pd.concat(
        [
            turn(everyone, "customer", opened, None, 1),
            turn(is_bot, "bot", opened + np.timedelta64(3, "s"),
                 [phrases.BOT_REPLIES[lang] for lang in languages], 2),
            turn(by_person, "agent", reply_at, [phrases.REPLIES[lang] for lang in languages], 3),
            turn(follow_up, "customer", follow_at,
                 [phrases.FOLLOW_UPS[lang]["positive" if good else "negative"]
                  for lang, good in zip(languages, pleased.tolist(), strict=True)], 4),
        ],
        ignore_index=True,
    ).sort_values(["case", "place"], kind="stable").reset_index(drop=True)
    row = messages["case"].to_numpy()
    messages["case_no"] = spoken["number"].to_numpy()[row]
    messages["system"] = spoken["system"].to_numpy()[row]
    messages["number"] = prefixed("N", opaque_numbers(rng, len(messages)))
    first = messages["place"].to_numpy() == 1
    texts = text.iloc[row[first]].reset_index(drop=True).assign(
        entity="crm.case_messages", source_system=messages["system"].to_numpy()[first],
        source_record_ref=messages["number"].to_numpy()[first],
        person_id=person[row[first]],
    )
    return messages.drop(columns=["case"]), texts
