"""Events of web shop, app and connected devices, and what advertising cost.

Events are by far the most rows, so they stay codes and numbers until they are written.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ingestion.demo.company import CATEGORIES, NOUNS, World
from ingestion.demo.people import People
from ingestion.demo.purchases import Purchases
from ingestion.demo.tools import hex_ids, random_stream, to_utc

AD_PLATFORMS = ("Suchnetz", "Fotogramm", "Videoportal")
EVENT_TYPES = (
    "page_view", "search", "product_view", "cart", "checkout", "purchase", "login", "help_view",
    "app_error", "device_signal", "ad_click", "newsletter_signup", "video",
)
CHANNELS = ("web", "app", "device")
APP_SIGNALS = ("APP_TIMEOUT", "APP_CRASH", "LOGIN_FAILED")
DEVICE_SIGNALS = ("E07_OVERHEAT", "E12_BATTERY_LOW", "E21_NO_CONNECTION", "E33_MOTOR_BLOCKED")
_SIGNALS = APP_SIGNALS + DEVICE_SIGNALS
_STEPS = {
    "purchase": ("page_view", "product_view", "cart", "checkout", "purchase"),
    "browse": ("page_view", "search", "product_view"),
    "help": ("login", "help_view"),
}
_WITH_PRODUCT = [EVENT_TYPES.index(name) for name in ("product_view", "cart", "search")]
_DTYPES = {
    "event_type": np.int8, "second": np.int64, "person": np.int32, "step": np.int8,
    "channel": np.int8, "product": np.int16, "order": np.int32, "session": np.int64,
    "signal": np.int8, "device": np.int32,
}
_EMPTY = {"step": 0, "channel": 0, "product": -1, "order": -1, "session": 0, "signal": -1,
          "device": -1}


@dataclass(frozen=True)
class Events:
    """Events in time order as codes; `months()` decodes them month by month."""

    codes: pd.DataFrame
    cookies: np.ndarray  # two per person: browser, app
    world: World
    people: People
    purchases: Purchases
    devices: pd.DataFrame
    campaign_number: str

    def visitors(self) -> pd.DataFrame:
        """Which visitor is which person."""
        person = np.repeat(np.arange(len(self.cookies) // 2), 2)
        return pd.DataFrame({"visitor_id": self.cookies, "person_id": person})

    def months(self) -> Iterator[tuple[str, dict[str, object]]]:
        """Yield (month of the UTC time, columns) of each extract."""
        rng = random_stream(self.world.seed, "event ids")
        local = self.world.first_midnight + self.codes["second"].to_numpy().astype(
            "timedelta64[s]"
        )
        utc = to_utc(local)
        month = utc.astype("datetime64[M]")
        for value in np.unique(month):
            rows = np.flatnonzero(month == value)
            yield str(value), self._decode(rng, self.codes.iloc[rows], utc[rows])

    def _decode(
        self, rng: np.random.Generator, codes: pd.DataFrame, utc: np.ndarray
    ) -> dict[str, object]:
        catalogue = self.world.catalogue
        event_type = codes["event_type"].to_numpy()
        product, channel = codes["product"].to_numpy(), codes["channel"].to_numpy()
        person = codes["person"].to_numpy()
        is_device = channel == CHANNELS.index("device")
        nouns = np.maximum(catalogue.noun[np.maximum(product, 0)], 0)
        session = codes["session"].to_numpy()
        categories = tuple(CATEGORIES)
        category = pd.Index(categories).get_indexer(pd.Index(catalogue.category))
        is_signup = event_type == EVENT_TYPES.index("newsletter_signup")
        is_click = event_type == EVENT_TYPES.index("ad_click")
        is_search = event_type == EVENT_TYPES.index("search")
        session_text = pa.array(session).cast(pa.string())
        return {
            "event_id": pa.array(hex_ids(rng, len(codes)), pa.string()),
            "event_type": _taken(EVENT_TYPES, event_type),
            "occurred_at": pa.array(utc).cast(pa.timestamp("us")),
            "visitor_id": _taken(
                self.cookies, np.where(is_device, -1, 2 * person + (channel == 1))
            ),
            "session_id": pc.if_else(pa.array(session > 0), session_text, None),
            "customer_no": _taken(self.people.records["number"], codes["record"].to_numpy()),
            "email": _taken(self.people.persons["email"], np.where(is_signup, person, -1)),
            "channel": _taken(CHANNELS, channel),
            "page": _taken(categories, np.where(is_device, -1, np.where(
                product >= 0, category[np.maximum(product, 0)], 0))),
            "product_no": _taken(catalogue.number, product),
            "order_no": _taken(self.purchases.orders["number"], codes["order"].to_numpy()),
            "campaign_no": _taken((self.campaign_number,), np.where(is_click, 0, -1)),
            "search_term": _taken([noun for noun, _, _ in NOUNS], np.where(is_search, nouns, -1)),
            "device_id": _taken(self.devices["device_id"], codes["device"].to_numpy()),
            "signal": _taken(_SIGNALS, codes["signal"].to_numpy()),
            "duration_seconds": pa.array(np.round(rng.exponential(35, len(codes)), 1)),
        }


def _taken(values: object, index: np.ndarray) -> pa.Array:
    """Return the text at each index, null below 0."""
    texts = pa.array(values, pa.string(), from_pandas=True)
    return texts.take(pa.array(index.astype(np.int64), mask=index < 0))


def _frame(count: int, **columns: object) -> pd.DataFrame:
    """Return events with every column in its narrow type."""
    values = _EMPTY | columns
    return pd.DataFrame(
        {name: np.broadcast_to(np.asarray(values[name]), count).astype(kind)
         for name, kind in _DTYPES.items()}
    )


def _seconds_of(days: np.ndarray) -> np.ndarray:
    return (days * 86_400).astype(np.int64)


def _sessions(
    rng: np.random.Generator, kind: str, person: np.ndarray, begins: np.ndarray,
    by_app: np.ndarray, product: np.ndarray, order: np.ndarray | None = None,
    ends: np.ndarray | None = None,
) -> pd.DataFrame:
    """Return the steps of one kind of visit, one session a row of `person`."""
    steps = np.array([EVENT_TYPES.index(name) for name in _STEPS[kind]], dtype=np.int8)
    count, length = len(person), len(steps)
    number = rng.integers(10**14, 10**15, count)
    step = np.tile(np.arange(length), count)
    row = np.repeat(np.arange(count), length)
    if ends is None:
        second = begins[row] + step * 45 + rng.integers(0, 30, count * length)
    else:
        second = begins[row] + ((ends - begins)[row] * (step / (length - 1))).astype(np.int64)
    codes = steps[step]
    is_purchase = codes == EVENT_TYPES.index("purchase")
    return _frame(
        count * length, event_type=codes, second=second, person=person[row], step=step,
        channel=by_app[row], session=number[row],
        product=np.where(np.isin(codes, _WITH_PRODUCT), product[row], -1),
        order=np.where(is_purchase, order[row], -1) if order is not None else -1,
    )


def _single(
    rng: np.random.Generator, event_type: str, person: np.ndarray, day: np.ndarray,
    channel: int = 0, signal: object = -1,
) -> pd.DataFrame:
    return _frame(
        len(person), event_type=EVENT_TYPES.index(event_type), second=_seconds_of(day),
        person=person, channel=channel, signal=signal,
        session=rng.integers(10**14, 10**15, len(person)),
    )


def build_events(
    world: World, people: People, purchases: Purchases, devices: pd.DataFrame,
    campaign_number: str,
) -> Events:
    """Draw visits, purchases, errors, advertising clicks, sign-ups and device signals."""
    rng = random_stream(world.seed, "events")
    persons, orders = people.persons, purchases.orders
    count = len(persons)
    joined_day = persons["first_day"].to_numpy()
    app_user = persons["app_user"].to_numpy()

    online = np.flatnonzero(orders["channel"].isin(["WEB", "APP"]).to_numpy())
    bought = (orders["ordered_at"].to_numpy().astype("datetime64[s]")[online]
              - world.first_midnight).astype(np.int64)
    begins = bought - rng.integers(200, 1500, len(online))
    parts = [
        _sessions(rng, "purchase", orders["person_id"].to_numpy()[online], begins,
                  orders["channel"].to_numpy()[online] == "APP",
                  orders["product"].to_numpy()[online], online, bought)
    ]
    visitor = np.repeat(np.arange(count), rng.poisson(1.6, count))
    day = joined_day[visitor] - 5 + (world.days - joined_day[visitor] + 4.9) * rng.random(
        len(visitor)
    )
    begins = _seconds_of(np.clip(day, 0, world.days - 0.05))
    by_app = app_user[visitor] & (rng.random(len(visitor)) < 0.6)
    looked_at = rng.integers(0, len(world.catalogue.number), len(visitor))
    parts.append(_sessions(rng, "browse", visitor, begins, by_app, looked_at))
    helped = np.flatnonzero(rng.random(len(visitor)) < 0.2)
    parts.append(_sessions(rng, "help", visitor[helped], begins[helped] + 900, by_app[helped],
                           np.full(len(helped), -1)))

    users = np.flatnonzero(app_user)
    first, last = world.outage
    hit = np.repeat(users, rng.poisson(2.2, len(users)) * (joined_day[users] < last))
    other = np.repeat(users, rng.poisson(0.25, len(users)))
    failing = np.concatenate([hit, other])
    when = np.concatenate([rng.uniform(first, last + 1, len(hit)),
                           rng.uniform(0, world.days, len(other))])
    signal = rng.choice(len(APP_SIGNALS), size=len(failing), p=[0.5, 0.3, 0.2])
    parts.append(_single(rng, "app_error", failing, when, channel=1, signal=signal))
    arrivals = np.flatnonzero(persons["acquisition"].isin(["Anzeige", "Suchmaschine"]).to_numpy())
    before = np.maximum(joined_day[arrivals] - rng.uniform(0.01, 3, len(arrivals)), 0)
    parts.append(_single(rng, "ad_click", arrivals, before))
    readers = np.flatnonzero(rng.random(count) < 0.25)
    after = np.minimum(joined_day[readers] + rng.exponential(10, len(readers)), world.days - 0.1)
    parts.append(_single(rng, "newsletter_signup", readers, after))
    watchers = np.flatnonzero(rng.random(count) < 0.15)
    parts.append(_single(rng, "video", watchers, rng.uniform(0, world.days, len(watchers))))

    codes = pd.concat(parts, ignore_index=True)
    codes["record"] = _logins(world, people, rng, codes)
    codes = pd.concat([codes, _device_signals(world, people, devices)], ignore_index=True)
    inside = (codes["second"] >= 0) & (codes["second"] < world.days * 86_400)
    codes = codes[inside].sort_values(["second", "person", "step"], kind="stable")
    return Events(codes.reset_index(drop=True), hex_ids(rng, 2 * count), world, people, purchases,
                  devices, campaign_number)


def _logins(
    world: World, people: People, rng: np.random.Generator, codes: pd.DataFrame
) -> np.ndarray:
    """Return the CRM record logged in, one for a whole visit; -1 for visits without login."""
    _, first_row, visit = np.unique(
        codes["session"].to_numpy(), return_index=True, return_inverse=True
    )
    person = codes["person"].to_numpy()[first_row]
    at = world.first_midnight + codes["second"].to_numpy()[first_row].astype("timedelta64[s]")
    record = people.pick_records(rng, person, at, base_share=0.8)
    is_app = codes["channel"].to_numpy()[first_row] == 1
    record = np.where(is_app | (rng.random(len(record)) < 0.45), record, -1)
    return record.astype(np.int32)[visit]


def _device_signals(world: World, people: People, devices: pd.DataFrame) -> pd.DataFrame:
    """A little noise from every tenth device, a burst before each fault is complained about."""
    rng = random_stream(world.seed, "device signals")
    fault = devices["fault_day"].to_numpy()
    bursts = np.where(np.isnan(fault), 0, rng.integers(2, 6, len(devices)))
    signals = bursts + (rng.random(len(devices)) < 0.1)
    row = np.repeat(np.arange(len(devices)), signals)
    place = np.arange(len(row)) - np.repeat(np.cumsum(signals) - signals, signals)
    bought = devices["bought_day"].to_numpy()[row]
    day = np.where(
        place < bursts[row], np.nan_to_num(fault)[row] + place * 0.4 * rng.random(len(row)),
        bought + (world.days - bought) * rng.random(len(row)),
    )
    owner = devices["person_id"].to_numpy()[row]
    code = len(APP_SIGNALS) + rng.integers(0, len(DEVICE_SIGNALS), len(devices))[row]
    unknown = (people.record_count[owner] == 0) | (rng.random(len(row)) < 0.3)
    frame = _frame(
        len(row), event_type=EVENT_TYPES.index("device_signal"), second=_seconds_of(day),
        person=owner, channel=CHANNELS.index("device"), signal=code,
        product=devices["product"].to_numpy()[row], device=row,
    )
    return frame.assign(
        record=np.where(unknown, -1, people.first_record[owner]).astype(np.int32)
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
            "spend_date": world.start + day,
            "platform": np.tile(np.array(AD_PLATFORMS), world.days),
            "campaign_no": campaign_number, "impressions": impressions, "clicks": clicks,
            "cost": np.round(clicks * rng.uniform(0.3, 0.9, count), 2),
        }
    )
