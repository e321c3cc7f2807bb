"""Orders: a BG/NBD process per person with season and campaign, amounts gamma-gamma."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ingestion.demo.company import CATEGORIES, PROMOTIONS, STORE_COUNT, World
from ingestion.demo.people import People
from ingestion.demo.tools import blank_times, choose, opaque_numbers, random_stream, seconds

CHANNELS = ("FIL", "WEB", "APP", "TEL", "MKT")  # till, web shop, app, phone, marketplace
_TAX = 0.19


@dataclass(frozen=True)
class Purchases:
    """Orders and lines as they happened (walk-ins have person -1), and the truth per person."""

    orders: pd.DataFrame
    lines: pd.DataFrame
    truth: pd.DataFrame
    campaign: pd.DataFrame


def _rank_coupled(values: np.ndarray, score: np.ndarray) -> np.ndarray:
    """Give the smallest value to the smallest score, and so on."""
    result = np.empty_like(values)
    result[np.argsort(score, kind="stable")] = np.sort(values)
    return result


def _simulate_days(
    world: World, rate: np.ndarray, dropout: np.ndarray, first_day: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return (person, day) of every purchase and the day (inf = none) each person dropped out.

    The clock of the process runs with the season, so that Christmas has more purchases without
    changing what a BG/NBD model sees over whole years.
    """
    rng = random_stream(world.seed, "purchases")
    clock = np.concatenate([[0.0], np.cumsum(world.season)])
    person = np.arange(len(rate))
    moment = np.interp(first_day, np.arange(len(clock)), clock)
    died = np.full(len(rate), np.inf)
    persons, moments = [], []
    while len(person):
        persons.append(person)
        moments.append(moment)
        dies = rng.random(len(person)) < dropout[person]
        died[person[dies]] = moment[dies]
        person, moment = person[~dies], moment[~dies]
        moment = moment + rng.exponential(1.0, len(person)) / rate[person]
        inside = moment < clock[-1]
        person, moment = person[inside], moment[inside]
    all_moments = np.concatenate(moments)
    day = np.minimum(np.searchsorted(clock, all_moments, side="right") - 1, world.days - 1)
    died_day = np.where(np.isinf(died), np.inf, np.searchsorted(clock, died, side="right") - 1)
    return np.concatenate(persons), day, died_day


def build_purchases(world: World, people: People) -> Purchases:
    """Draw purchases of all persons and of anonymous walk-ins."""
    difficulty = world.difficulty
    persons = people.persons
    rng = random_stream(world.seed, "purchase traits")
    count = len(persons)
    is_business = persons["is_business"].to_numpy()
    rate = rng.gamma(difficulty.purchase_rate_shape, 1 / difficulty.purchase_rate_scale, count)
    dropout = rng.beta(difficulty.dropout_a, difficulty.dropout_b, count)
    strength = difficulty.dropout_satisfaction_correlation
    score = -strength * persons["satisfaction"].to_numpy() + np.sqrt(
        1 - strength**2
    ) * rng.standard_normal(count)
    dropout = _rank_coupled(dropout, score)
    scale = difficulty.spend_mean * (difficulty.spend_heterogeneity - 1) / difficulty.spend_shape
    spend_rate = rng.gamma(difficulty.spend_heterogeneity, 1 / scale, count)
    mean_spend = difficulty.spend_shape / np.maximum(spend_rate, 1e-3)
    mean_spend = np.minimum(mean_spend, 1500.0) * np.where(is_business, 2.0, 1.0)

    person, day, died_day = _simulate_days(world, rate, dropout, persons["first_day"].to_numpy())

    # The campaign raises the rate of the treated half for as long as it works: extra purchases.
    first, last = world.campaign
    may_take_part = np.flatnonzero(
        persons["has_loyalty"].to_numpy() & (persons["first_day"].to_numpy() < first)
    )
    treated = rng.random(len(may_take_part)) < 0.5
    alive = died_day[may_take_part] > first
    expected = rate[may_take_part] * difficulty.campaign_uplift * (last - first + 1)
    extra = rng.poisson(expected) * (treated & alive)
    person = np.concatenate([person, np.repeat(may_take_part, extra)])
    day = np.concatenate([day, rng.integers(first, last + 1, int(extra.sum()))])
    campaign = pd.DataFrame(
        {"person_id": may_take_part, "is_treated": treated, "extra_orders": extra}
    )

    walk_ins = round(len(person) * difficulty.walk_in_share)
    season = world.season / world.season.sum()
    person = np.concatenate([person, np.full(walk_ins, -1)])
    day = np.concatenate([day, rng.choice(world.days, walk_ins, p=season)])
    orders = _build_orders(world, people, person, day)
    spend = np.where(person >= 0, mean_spend[person], difficulty.spend_mean)
    lines = _build_lines(world, orders, spend[orders.pop("drawn").to_numpy()])
    _add_amounts(orders, lines)

    horizon = 365.0
    alive_at_end = np.isinf(died_day)
    purchases = -np.expm1(-rate * dropout * horizon) / np.maximum(dropout, 1e-9)
    truth = pd.DataFrame(
        {
            "person_id": np.arange(count), "purchase_rate_per_day": rate,
            "dropout_probability": dropout, "mean_order_value": mean_spend,
            "first_order_on": (world.start + persons["first_day"].to_numpy().astype(int)).astype(
                "datetime64[s]"
            ),
            "is_alive_at_end": alive_at_end,
            "expected_orders_next_year": np.where(alive_at_end, purchases, 0.0),
            "expected_value_next_year": np.where(alive_at_end, purchases * mean_spend, 0.0),
            "orders_count": np.bincount(person[person >= 0], minlength=count),
        }
    )
    return Purchases(orders, lines, truth, campaign)


def _build_orders(
    world: World, people: People, person: np.ndarray, day: np.ndarray
) -> pd.DataFrame:
    difficulty = world.difficulty
    rng = random_stream(world.seed, "orders")
    persons, records = people.persons, people.records
    count = len(person)
    is_walk_in = person < 0
    is_guest_person = persons["is_guest"].to_numpy()[person] & ~is_walk_in
    app_user = persons["app_user"].to_numpy()[person] & ~is_guest_person
    outage_first, outage_last = world.outage
    app_works = ~((day >= outage_first) & (day <= outage_last) & (rng.random(count) < 0.75))
    draw = rng.random(count)
    channel = np.select(
        [draw < 0.42, draw < 0.92, draw < 0.96], [0, 1, 3], 4
    )
    by_app = (channel == 1) & app_user & app_works & (rng.random(count) < 0.7)
    channel = np.where(by_app, 2, channel)
    channel = np.where(is_walk_in, 0, np.where(is_guest_person, 1, channel))
    is_store = channel == 0
    in_store = 9.3 + 10.4 * rng.beta(2.0, 1.6, count)
    online = 7.0 + 16.5 * rng.beta(2.6, 1.6, count)
    second = (np.where(is_store, in_store, online) * 3600).astype(np.int64)
    ordered = world.first_midnight + day * np.timedelta64(86_400, "s") + second.astype(
        "timedelta64[s]"
    )
    sequence = np.lexsort((person, ordered))
    person, day, channel, ordered, is_walk_in, is_guest_person, is_store = (
        values[sequence]
        for values in (person, day, channel, ordered, is_walk_in, is_guest_person, is_store)
    )

    city = persons["city_index"].to_numpy()[person]
    store = np.where((city < STORE_COUNT) & ~is_walk_in, city, rng.integers(0, STORE_COUNT, count))
    record = np.where(is_walk_in, -1, people.pick_records(rng, person, ordered))
    # Delivery: promised in three days; the strike makes nearly all of its orders late.
    strike_first, strike_last = world.strike
    in_strike = (day >= strike_first - 2) & (day <= strike_last)
    late = rng.random(count) < np.where(
        in_strike, difficulty.strike_late_share, difficulty.late_delivery_share
    )
    delay = np.where(late, 1 + rng.geometric(np.where(in_strike, 0.13, 0.4)), 0)
    needs_delivery = ~is_store
    promised = (ordered.astype("datetime64[D]") + 3).astype("datetime64[s]") + np.timedelta64(
        18 * 3600, "s"
    )
    shipped = ordered + seconds(rng.uniform(5, 40, count) * 3600)
    hour = seconds(rng.uniform(9, 18, count) * 3600)
    arrival = ordered.astype("datetime64[D]") + np.where(late, 3 + delay, rng.integers(2, 4, count))
    delivered = arrival.astype("datetime64[s]") + hour
    shipped = np.minimum(shipped, delivered - np.timedelta64(7200, "s"))
    cancelled = needs_delivery & (rng.random(count) < difficulty.cancelled_share)
    # On the day after, so that no daily file holds two versions of one receipt.
    cancelled_at = (ordered.astype("datetime64[D]") + 1).astype("datetime64[s]") + seconds(
        rng.uniform(8, 18, count) * 3600
    )
    cancelled &= cancelled_at <= world.last_second
    open_shipping = ~needs_delivery | cancelled | (shipped > world.last_second)
    open_delivery = open_shipping | (delivered > world.last_second)
    status = np.select(
        [cancelled, is_store, open_shipping, open_delivery], ["STO", "BEZ", "NEU", "VER"], "ZUG"
    ).astype(object)

    guest = is_guest_person | (
        (channel == 1) & (rng.random(count) < difficulty.guest_order_share)
    )
    row = np.maximum(record, 0)
    record_email = records["email"].to_numpy()[row]
    guest &= is_guest_person | pd.notna(record_email)
    record_loyalty = records["loyalty_id"].to_numpy()[row]
    by_card = is_store & (record >= 0) & pd.notna(record_loyalty) & (rng.random(count) < 0.85)
    customer_no = records["number"].to_numpy()[row].copy()
    customer_no[(record < 0) | guest | by_card] = None
    loyalty = record_loyalty.copy()
    loyalty[~by_card] = None
    email = np.where(is_guest_person, persons["email"].to_numpy()[person], record_email)
    email[~guest] = None
    phone = persons["phone"].to_numpy()[person].copy()
    phone[~(is_guest_person & (rng.random(count) < 0.5))] = None
    account = persons["account"].to_numpy()[person]
    account_no = people.accounts["number"].to_numpy()[np.maximum(account, 0)].copy()
    account_no[(account < 0) | is_walk_in | (customer_no == None)] = None  # noqa: E711
    return pd.DataFrame(
        {
            "number": opaque_numbers(rng, count).astype(str).astype(object), "person_id": person,
            "record": record, "day": day, "channel": np.array(CHANNELS, dtype=object)[channel],
            "store": np.where(is_store, store, -1), "ordered_at": ordered,
            "promised_at": blank_times(promised, ~needs_delivery),
            "shipped_at": blank_times(shipped, open_shipping),
            "delivered_at": blank_times(delivered, open_delivery),
            "is_late": late & needs_delivery & ~cancelled, "in_strike": in_strike & needs_delivery,
            "is_cancelled": cancelled, "cancelled_at": blank_times(cancelled_at, ~cancelled),
            "status": status, "customer_no": customer_no, "loyalty_id": loyalty, "email": email,
            "phone": phone, "account_no": account_no,
            "payment": np.where(
                is_store, choose(rng, ["bar", "girocard", "Kreditkarte"], count, (3, 5, 2)),
                choose(rng, ["Rechnung", "PayDirekt", "Kreditkarte", "Ratenkauf"], count,
                       (4, 3, 2, 1)),
            ),
            "drawn": sequence,
        }
    )


def _build_lines(world: World, orders: pd.DataFrame, spend: np.ndarray) -> pd.DataFrame:
    difficulty = world.difficulty
    rng = random_stream(world.seed, "lines")
    catalogue = world.catalogue
    count = len(orders)
    value = spend * rng.gamma(difficulty.spend_shape, 1 / difficulty.spend_shape, count)
    lines_count = np.minimum(1 + rng.poisson(0.9, count), 5)
    order = np.repeat(np.arange(count), lines_count)
    starts = np.cumsum(lines_count) - lines_count
    weight = rng.gamma(1.5, 1.0, len(order)) + 0.05
    target = value[order] * weight / np.add.reduceat(weight, starts)[order] * (1 + _TAX) * 100

    # Every person has a favourite category; the article is one near the price looked for.
    names = tuple(CATEGORIES)
    person = orders["person_id"].to_numpy()[order]
    favourite = np.where(person >= 0, (person * 2_654_435_761) % 4_294_967_291 % 5, 0)
    category = np.where(
        rng.random(len(order)) < 0.5, favourite, rng.integers(0, len(names), len(order))
    )
    product = np.zeros(len(order), dtype=np.int64)
    for index, name in enumerate(names):
        rows = np.flatnonzero(category == index)
        articles = np.flatnonzero(catalogue.category == name)
        articles = articles[np.argsort(catalogue.price_cents[articles], kind="stable")]
        place = np.searchsorted(catalogue.price_cents[articles], target[rows])
        place = np.clip(place - 1 + rng.integers(-2, 3, len(rows)), 0, len(articles) - 1)
        product[rows] = articles[place]
    price = catalogue.price_cents[product]
    quantity = np.clip(np.rint(target / price), 1, 6).astype(np.int64)

    days = world.start + orders["day"].to_numpy()
    month = days.astype("datetime64[M]").astype(int) % 12 + 1
    of_month = (days - days.astype("datetime64[M]").astype("datetime64[D]")).astype(int) + 1
    rebate = np.zeros(count)
    promotion = np.full(count, None, dtype=object)
    for name, in_month, first, last, share in PROMOTIONS:
        runs = (month == in_month) & (of_month >= first) & (of_month <= last)
        rebate[runs], promotion[runs] = share, name
    has_promotion = (rebate[order] > 0) & (rng.random(len(order)) < 0.5)
    full = np.rint(quantity * price / (1 + _TAX)).astype(np.int64)
    discount = np.where(has_promotion, np.rint(full * rebate[order]), 0).astype(np.int64)
    net = full - discount
    cost = np.rint(full * rng.uniform(0.45, 0.65, len(order))).astype(np.int64)
    line_promotion = promotion[order]
    line_promotion[~has_promotion] = None
    sold = pd.DataFrame(
        {
            "order": order, "line": np.arange(len(order)) - starts[order] + 1, "product": product,
            "quantity": quantity, "net": net, "discount": discount, "cost": cost,
            "promotion": line_promotion, "is_return": False, "reason": None,
            "booked_at": orders["ordered_at"].to_numpy()[order],
            "day": orders["day"].to_numpy()[order],
        }
    )

    # Returns: the whole line comes back days later and is booked on that day.
    received = np.where(
        orders["delivered_at"].isna(), orders["ordered_at"], orders["delivered_at"]
    ).astype("datetime64[s]")[order]
    back = received + seconds(rng.uniform(2, 21, len(order)) * 86_400)
    may_return = np.isin(orders["status"].to_numpy()[order], ["BEZ", "ZUG"])
    likely = np.where(orders["store"].to_numpy()[order] >= 0, 0.5, 1.6) * difficulty.return_share
    returned = may_return & (rng.random(len(order)) < likely) & (back <= world.last_second)
    rows = np.flatnonzero(returned)
    back_day = (back[rows].astype("datetime64[D]") - world.start).astype(int)
    open_hours = back[rows].astype("datetime64[D]").astype("datetime64[s]") + seconds(
        rng.uniform(9.5, 18.5, len(rows)) * 3600
    )
    taken_back = sold.iloc[rows].assign(
        line=sold["line"].to_numpy()[rows] + 50,
        quantity=-quantity[rows], net=-net[rows], discount=-discount[rows], cost=-cost[rows],
        is_return=True, booked_at=open_hours, day=back_day,
        reason=choose(
            rng, ["gefällt nicht", "defekt", "falsch geliefert", "zu spät", "zu groß"], len(rows),
            (4, 2.5, 1, 1, 1.5),
        ),
    )
    return pd.concat(
        [sold.astype({"reason": object, "promotion": object}),
         taken_back.astype({"reason": object, "promotion": object})],
        ignore_index=True,
    )


def _add_amounts(orders: pd.DataFrame, lines: pd.DataFrame) -> None:
    """Sum the sold lines into the orders, in cents."""
    sold = lines[~lines["is_return"]]
    count = len(orders)
    place = sold["order"].to_numpy()
    for name in ("net", "discount"):
        total = np.bincount(place, weights=sold[name].to_numpy(), minlength=count)
        orders[name] = total.astype(np.int64)
    orders["tax"] = np.rint(orders["net"] * _TAX).astype(np.int64)
    is_online = orders["channel"].isin(["WEB", "APP", "TEL"])
    orders["shipping"] = np.where(is_online & (orders["net"] < 5000), 495, 0)
    first = sold["line"].to_numpy() == 1
    product = np.zeros(count, dtype=np.int64)
    product[place[first]] = sold["product"].to_numpy()[first]
    orders["product"] = product
    promotion = np.full(count, None, dtype=object)
    has_promotion = sold["promotion"].notna().to_numpy()
    promotion[place[has_promotion]] = sold["promotion"].to_numpy()[has_promotion]
    orders["coupon"] = promotion
