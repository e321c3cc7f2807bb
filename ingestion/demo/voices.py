"""What is said in public: reviews, comments, the forum, and known profiles."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ingestion.demo import phrases
from ingestion.demo.company import World
from ingestion.demo.people import People
from ingestion.demo.purchases import Purchases
from ingestion.demo.satisfaction import store_numbers
from ingestion.demo.texts import compose
from ingestion.demo.tools import (
    choose,
    hex_ids,
    opaque_numbers,
    prefixed,
    random_stream,
    seconds,
    text_if,
)

_PLATFORMS = {
    # platform -> (kind, share, has stars)
    "sternecheck": ("review", 0.42, True),
    "shop": ("review", 0.18, True),
    "fotogramm": ("comment", 0.14, False),
    "falkenhof-forum": ("forum", 0.26, False),
}
_WEIGHTS = (0.22, 0.24, 0.12, 0.1, 0.07, 0.06, 0.07, 0.04, 0.06, 0.02)


@dataclass(frozen=True)
class Voices:
    """Posts and profile links as delivered, and the truth about the texts."""

    posts: pd.DataFrame
    profiles: pd.DataFrame
    texts: pd.DataFrame
    authors: pd.DataFrame


def build_voices(world: World, people: People, purchases: Purchases) -> Voices:
    """Let about every fourth customer say something, more often when unhappy."""
    rng = random_stream(world.seed, "posts")
    orders = purchases.orders
    known = orders["person_id"].to_numpy() >= 0
    late = orders["is_late"].to_numpy()
    likely = np.where(late, 0.14, 0.04) * known
    day = orders["day"].to_numpy()
    order = np.flatnonzero(rng.random(len(orders)) < likely)
    person = orders["person_id"].to_numpy()[order]
    posted_day = day[order] + 3 + rng.exponential(12, len(order))
    count = len(order)
    feeling = people.persons["satisfaction"].to_numpy()[person] * 0.6 + rng.standard_normal(count)
    feeling = feeling + 0.2 - 1.3 * late[order]
    topic = choose(rng, phrases.TOPICS, count, _WEIGHTS)
    topic = np.where(late[order] & (rng.random(count) < 0.8), "delivery", topic)

    # App users complain in public during the outage.
    first, last = world.outage
    users = np.flatnonzero(
        people.persons["app_user"].to_numpy() & (people.persons["first_day"].to_numpy() < last)
    )
    angry = users[rng.random(len(users)) < 0.05]
    person = np.concatenate([person, angry])
    topic = np.concatenate([topic, np.full(len(angry), "app", dtype=object)])
    feeling = np.concatenate([feeling, np.full(len(angry), -1.5)])
    posted_day = np.concatenate([posted_day, rng.uniform(first, last + 1, len(angry))])
    product = np.concatenate([orders["product"].to_numpy()[order], np.full(len(angry), 0)])
    store = np.concatenate([orders["store"].to_numpy()[order], np.full(len(angry), -1)])
    inside = np.flatnonzero(posted_day < world.days)
    inside = inside[np.argsort(posted_day[inside], kind="stable")]
    person, topic, feeling, posted_day, product, store = (
        values[inside] for values in (person, topic, feeling, posted_day, product, store)
    )
    count = len(person)
    sentiment = np.select([feeling > 0.25, feeling < -0.4], [1, -1], 0)
    names = list(_PLATFORMS)
    platform = choose(rng, names, count, tuple(share for _, share, _ in _PLATFORMS.values()))
    kind = np.array([_PLATFORMS[name][0] for name in platform.tolist()], dtype=object)
    has_stars = np.array([_PLATFORMS[name][2] for name in platform.tolist()], dtype=bool)
    stars = np.clip(np.rint(3.4 + 1.2 * feeling), 1, 5)
    stars = np.select([sentiment > 0, sentiment < 0], [np.maximum(stars, 4), np.minimum(stars, 2)],
                      3)
    language = people.persons["language"].to_numpy()[person]
    text = compose(
        random_stream(world.seed, "post texts"), language=language, topic=topic,
        sentiment=sentiment, noun=np.maximum(world.catalogue.noun[product], 0),
        difficulty=world.difficulty,
    )
    handle = prefixed("nutzer", opaque_numbers(rng, len(people.persons)))[person]
    post = hex_ids(rng, count)

    # Forum and comments: half of the entries answer the one before on the same platform.
    parent = np.full(count, None, dtype=object)
    thread = np.array([f"t{value}" for value in post.tolist()], dtype=object)
    for name in names:
        rows = np.flatnonzero((platform == name) & (kind != "review"))
        answers = rng.random(len(rows)) < 0.45
        for before, here, is_answer in zip(rows[:-1], rows[1:], answers[1:], strict=True):
            if is_answer:
                parent[here] = post[before]
                thread[here] = thread[before]
    second = seconds(np.floor(posted_day) * 86_400 + rng.uniform(6.5, 23.5, count) * 3600)
    in_shop = platform == "shop"
    at_store = (topic == "store") & (store >= 0)
    posts = pd.DataFrame(
        {
            "post_id": post, "platform": platform, "kind": kind, "thread": thread,
            "parent_id": parent, "author": handle, "posted_at": world.first_midnight + second,
            "stars": np.where(has_stars, stars, np.nan), "text": text["text"],
            "language": text_if(rng.random(count) < 0.7, language),
            "likes": rng.poisson(1.5 + 1.5 * (sentiment < 0), count),
            "product_no": text_if(in_shop, world.catalogue.number[product]),
            "store_no": text_if(at_store, store_numbers(store)),
        }
    )
    texts = text.assign(
        entity="social.posts", source_system="social", source_record_ref=post, person_id=person
    )
    authors = pd.DataFrame({"platform": platform, "author": handle, "person_id": person})
    authors = authors.drop_duplicates().reset_index(drop=True)
    in_forum = (authors["platform"] == "falkenhof-forum").to_numpy()
    linked = authors[rng.random(len(authors)) < np.where(in_forum, 0.7, 0.2)].reset_index(drop=True)
    owner = linked["person_id"].to_numpy()
    record = people.pick_records(rng, owner, np.full(len(linked), world.last_second))
    number = people.records["number"].to_numpy()[np.maximum(record, 0)].copy()
    by_email = (record < 0) | (rng.random(len(linked)) < 0.4)
    number[by_email] = None
    email = text_if(by_email, people.persons["email"].to_numpy()[owner])
    profiles = pd.DataFrame(
        {
            "profile_id": prefixed("L", opaque_numbers(rng, len(linked))),
            "platform": linked["platform"], "author": linked["author"], "customer_no": number,
            "email": email,
            "linked_at": world.last_second - seconds(
                rng.uniform(1, world.days, len(linked)) * 86_400
            ),
        }
    )
    return Voices(posts, profiles, texts, authors)
