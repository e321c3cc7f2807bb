"""Events of web shop, app and connected devices, and what advertising cost."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ingestion.demo.company import CATEGORIES, NOUNS, World
from ingestion.demo.people import People
from ingestion.demo.purchases import Purchases
from ingestion.demo.tools import choose, hex_ids, random_stream, seconds

AD_PLATFORMS = ("Suchnetz", "Fotogramm", "Videoportal")
_SIGNALS = ("E07_OVERHEAT", "E12_BATTERY_LOW", "E21_NO_CONNECTION", "E33_MOTOR_BLOCKED")
_STEPS = {
    "purchase": ("page_view", "product_view", "cart", "checkout", "purchase"),
    "browse": ("page_view", "search", "product_view"),
    "help": ("login", "help_view"),
}


def build_events(
    world: World, people: People, purchases: Purchases, devices: pd.DataFrame,
    campaign_number: str,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return events in time order, and which visitor belongs to which person."""
    rng = random_stream(world.seed, "events")
    persons, orders = people.persons, purchases.orders
    cookies = hex_ids(rng, 2 * len(persons))
    start = world.first_midnight

    online = np.flatnonzero(orders["channel"].isin(["WEB", "APP"]).to_numpy())
    buyer = orders["person_id"].to_numpy()[online]
    bought = orders["ordered_at"].to_numpy().astype("datetime64[s]")[online]
    by_app = (orders["channel"].to_numpy()[online] == "APP")
    sessions = [
        _session(rng, "purchase", buyer, bought - seconds(rng.uniform(200, 1500, len(online))),
                 by_app, orders["product"].to_numpy()[online], online, bought)
    ]
    visits = rng.poisson(1.6, len(persons))
    visitor = np.repeat(np.arange(len(persons)), visits)
    joined = persons["first_day"].to_numpy()[visitor]
    day = joined - 5 + (world.days - joined + 4.9) * rng.random(len(visitor))
    at = start + seconds(np.clip(day, 0, world.days - 0.05) * 86_400)
    app = persons["app_user"].to_numpy()[visitor] & (rng.random(len(visitor)) < 0.6)
    some = rng.integers(0, len(NOUNS) * 5, len(visitor))
    sessions.append(_session(rng, "browse", visitor, at, app, some, None, None))
    helped = rng.random(len(visitor)) < 0.2
    sessions.append(
        _session(rng, "help", visitor[helped], at[helped] + seconds(np.full(helped.sum(), 900)),
                 app[helped], np.full(int(helped.sum()), -1), None, None)
    )

    users = np.flatnonzero(persons["app_user"].to_numpy())
    first, last = world.outage
    in_outage = rng.poisson(2.2, len(users)) * (persons["first_day"].to_numpy()[users] < last)
    always = rng.poisson(0.25, len(users))
    failing = np.repeat(users, in_outage + always)
    is_outage = np.concatenate(
        [np.repeat([True, False], pair) for pair in zip(in_outage, always, strict=True)]
    ) if len(users) else np.zeros(0, dtype=bool)
    when = np.where(is_outage, rng.uniform(first, last + 1, len(failing)),
                    rng.uniform(0, world.days, len(failing)))
    errors = _single(
        rng, "app_error", failing, start + seconds(when * 86_400), channel="app",
        signal=choose(rng, ["APP_TIMEOUT", "APP_CRASH", "LOGIN_FAILED"], len(failing), (5, 3, 2)),
    )
    arrivals = np.flatnonzero(persons["acquisition"].isin(["Anzeige", "Suchmaschine"]).to_numpy())
    clicks = _single(
        rng, "ad_click", arrivals,
        start + seconds(np.maximum(persons["first_day"].to_numpy()[arrivals] - rng.uniform(
            0.01, 3, len(arrivals)), 0) * 86_400),
        channel="web", signal=None,
    ).assign(campaign_no=campaign_number)
    readers = np.flatnonzero(rng.random(len(persons)) < 0.25)
    signups = _single(
        rng, "newsletter_signup", readers,
        start + seconds(np.minimum(persons["first_day"].to_numpy()[readers] + rng.exponential(
            10, len(readers)), world.days - 0.1) * 86_400),
        channel="web", signal=None,
    ).assign(with_email=True)
    watchers = np.flatnonzero(rng.random(len(persons)) < 0.15)
    videos = _single(
        rng, "video", watchers, start + seconds(rng.uniform(0, world.days, len(watchers)) * 86_400),
        channel="web", signal=None,
    )

    events = pd.concat([*sessions, errors, clicks, signups, videos], ignore_index=True)
    person = events["person_id"].to_numpy()
    is_app = (events["channel"] == "app").to_numpy()
    events["visitor_id"] = cookies[2 * person + is_app]
    at = events["occurred_at"].to_numpy().astype("datetime64[s]")
    session = events["session"].to_numpy()
    record = people.pick_records(rng, person, at, base_share=0.8)
    logged_in = (record >= 0) & (is_app | (session % 100 < 45))
    number = people.records["number"].to_numpy()[np.maximum(record, 0)].copy()
    number[~logged_in] = None
    # One visit is of one login.
    codes, _ = pd.factorize(session)
    events["customer_no"] = number[np.unique(codes, return_index=True)[1]][codes]
    email = persons["email"].to_numpy()[person].copy()
    email[events["with_email"].to_numpy() != True] = None  # noqa: E712
    events["email"] = email

    signals = _device_signals(world, people, devices)
    events = pd.concat([events, signals], ignore_index=True)
    events = events[
        (events["occurred_at"] >= start) & (events["occurred_at"] <= world.last_second)
    ]
    events = events.sort_values(["occurred_at", "person_id", "step"], kind="stable")
    events = events.reset_index(drop=True)
    events["event_id"] = hex_ids(rng, len(events))
    product = events["product"].to_numpy()
    events["product_no"] = np.where(product >= 0, world.catalogue.number[product], None)
    order = events["order"].to_numpy()
    events["order_no"] = np.where(order >= 0, orders["number"].to_numpy()[order], None)
    nouns = world.catalogue.noun[np.maximum(product, 0)]
    terms = np.array([noun for noun, _, _ in NOUNS], dtype=object)[np.maximum(nouns, 0)]
    is_search = (events["event_type"] == "search").to_numpy()
    events["search_term"] = np.where(is_search, terms, None)
    categories = np.array(list(CATEGORIES), dtype=object)
    page = np.where(product >= 0, world.catalogue.category[product], categories[0])
    events["page"] = np.where(events["channel"] == "device", None, page)
    events["session_id"] = np.where(
        events["session"] > 0, events["session"].astype("int64").astype(str).astype(object), None
    )
    events["duration_seconds"] = np.round(rng.exponential(35, len(events)), 1)
    visitors = pd.DataFrame(
        {"visitor_id": cookies, "person_id": np.repeat(np.arange(len(persons)), 2)}
    )
    return events.drop(columns=["person_id", "step", "product", "order", "session", "with_email"]), (
        visitors
    )


def _frame(count: int, **columns: object) -> pd.DataFrame:
    """Return events with every column, so that parts can be joined."""
    values: dict[str, object] = {
        "event_type": None, "occurred_at": None, "person_id": -1, "step": 0, "channel": "web",
        "product": -1, "order": -1, "session": 0, "with_email": False, "signal": None,
        "device_id": None, "campaign_no": None, "customer_no": None, "visitor_id": None,
    }
    values.update(columns)
    frame = pd.DataFrame(values, index=range(count))
    return frame.astype({
        name: object for name in ("event_type", "channel", "signal", "device_id", "campaign_no",
                                  "customer_no", "visitor_id")
    })


def _session(
    rng: np.random.Generator, kind: str, person: np.ndarray, begins: np.ndarray, by_app: np.ndarray,
    product: np.ndarray, order: np.ndarray | None, ends: np.ndarray | None,
) -> pd.DataFrame:
    """Return the steps of one kind of visit, one session a row of `person`."""
    steps = _STEPS[kind]
    count, length = len(person), len(steps)
    number = rng.integers(10**14, 10**15, count)
    step = np.tile(np.arange(length), count)
    row = np.repeat(np.arange(count), length)
    if ends is None:
        at = begins[row] + seconds(step * 45 + rng.integers(0, 30, count * length))
    else:
        span = (ends - begins).astype(np.int64)
        at = begins[row] + seconds(span[row] * (step / (length - 1)))
    names = np.array(steps, dtype=object)[step]
    has_product = np.isin(names, ["product_view", "cart", "search"])
    is_purchase = names == "purchase"
    return _frame(
        count * length, event_type=names, occurred_at=at, person_id=person[row], step=step,
        channel=np.where(by_app[row], "app", "web"), session=number[row],
        product=np.where(has_product, product[row], -1),
        order=np.where(is_purchase, order[row], -1) if order is not None else -1,
    )


def _single(
    rng: np.random.Generator, event_type: str, person: np.ndarray, at: np.ndarray, *, channel: str,
    signal: np.ndarray | None,
) -> pd.DataFrame:
    return _frame(
        len(person), event_type=event_type, occurred_at=at, person_id=person, channel=channel,
        session=rng.integers(10**14, 10**15, len(person)), signal=signal,
    )


def _device_signals(world: World, people: People, devices: pd.DataFrame) -> pd.DataFrame:
    """A little noise from every tenth device, a burst before each fault is complained about."""
    rng = random_stream(world.seed, "device signals")
    fault = devices["fault_day"].to_numpy()
    has_fault = ~np.isnan(fault)
    bursts = np.where(has_fault, rng.integers(2, 6, len(devices)), 0)
    noise = (rng.random(len(devices)) < 0.1).astype(int)
    row = np.repeat(np.arange(len(devices)), bursts + noise)
    place = np.arange(len(row)) - np.repeat(np.cumsum(bursts + noise) - (bursts + noise),
                                            bursts + noise)
    is_burst = place < bursts[row]
    bought = devices["bought_day"].to_numpy()[row]
    day = np.where(
        is_burst, np.nan_to_num(fault)[row] + place * 0.4 * rng.random(len(row)),
        bought + (world.days - bought) * rng.random(len(row)),
    )
    code = rng.integers(0, len(_SIGNALS), len(devices))[row]
    owner = devices["person_id"].to_numpy()[row]
    first = people.first_record[owner]
    number = people.records["number"].to_numpy()[np.minimum(first, len(people.records) - 1)].copy()
    number[(people.record_count[owner] == 0) | (rng.random(len(row)) < 0.3)] = None
    return _frame(
        len(row), event_type="device_signal",
        occurred_at=world.first_midnight + seconds(day * 86_400), person_id=owner,
        channel="device", product=devices["product"].to_numpy()[row],
        signal=np.array(_SIGNALS, dtype=object)[code],
        device_id=devices["device_id"].to_numpy()[row], customer_no=number,
    )


def build_ad_spend(world: World, campaign_number: str) -> pd.DataFrame:
    """Return cost per day and platform; it grows with the size of the company."""
    rng = random_stream(world.seed, "ad spend")
    count = world.days * len(AD_PLATFORMS)
    day = np.repeat(np.arange(world.days), len(AD_PLATFORMS))
    size = world.customers / 3000
    impressions = rng.poisson(900 * size * world.season[day])
    clicks = rng.binomial(impressions, 0.012)
    return pd.DataFrame(
        {
            "spend_date": world.start + day, "platform": np.tile(np.array(AD_PLATFORMS), world.days),
            "campaign_no": campaign_number, "impressions": impressions, "clicks": clicks,
            "cost": np.round(clicks * rng.uniform(0.3, 0.9, count), 2),
        }
    )
