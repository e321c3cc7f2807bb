"""The demo company's only entrance: draw everything, write the extracts, and the truth apart."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from ingestion.demo.company import build_catalogue, build_world
from ingestion.demo.decisions import write_decisions
from ingestion.demo.difficulty import DemoSummary, Difficulty
from ingestion.demo.digital import build_ad_spend, build_events
from ingestion.demo.extracts import ExtractWriter
from ingestion.demo.people import build_people
from ingestion.demo.purchases import build_purchases
from ingestion.demo.relations import ACQUISITION_CAMPAIGN, build_relations
from ingestion.demo.satisfaction import (
    build_employee_survey,
    build_purchase_survey,
    build_service_survey,
)
from ingestion.demo.service import build_devices, build_service
from ingestion.demo.tools import random_stream
from ingestion.demo.truth import write_truth
from ingestion.demo.voices import build_voices

DEFAULT_END = date(2026, 6, 30)
DEFAULT_DIFFICULTY = Difficulty()


def generate(
    target: Path,
    *,
    customers: int = 3000,
    months: int = 24,
    seed: int = 7,
    end: date = DEFAULT_END,
    truth: Path | None = None,
    difficulty: Difficulty = DEFAULT_DIFFICULTY,
) -> DemoSummary:
    """Write the extracts of the demo company under `target`, the planted truth under `truth`.

    What its people decided lies in `decisions` beside the extracts.

    The same parameters give the same bytes. `customers` counts persons with CRM records; guests
    come on top. Raises ValueError below 20 customers or one month.
    """
    if customers < 20 or months < 1:
        raise ValueError(f"the demo needs 20 customers and one month, not {customers}, {months}")
    catalogue = build_catalogue(random_stream(seed, "catalogue"))
    world = build_world(customers, months, seed, end, difficulty, catalogue)
    people = build_people(world)
    purchases = build_purchases(world, people)
    devices = build_devices(world, people, purchases)
    service = build_service(world, people, purchases, devices)
    surveys = [
        build_purchase_survey(world, people, purchases),
        build_service_survey(world, people, service.cases),
        build_employee_survey(world),
    ]
    voices = build_voices(world, people, purchases)
    relations = build_relations(world, people, purchases.campaign)

    writer = ExtractWriter(target, world)
    writer.write_customers(people)
    writer.write_relations(relations)
    writer.write_service(service)
    writer.write_sales(people, purchases)
    writer.write_surveys(surveys)
    writer.write_voices(voices)
    events = build_events(world, people, purchases, devices, ACQUISITION_CAMPAIGN)
    writer.write_digital(events, build_ad_spend(world, ACQUISITION_CAMPAIGN))
    write_decisions(target / "decisions", world)
    if truth is not None:
        write_truth(
            truth, world, people, purchases, surveys, service, voices, relations,
            events.visitors(),
            writer.dirty,
        )
    return DemoSummary(
        customers, months, seed, str(world.start), str(world.end), writer.rows, writer.files,
        difficulty,
    )
