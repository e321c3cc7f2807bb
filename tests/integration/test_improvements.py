"""What improvements say of the demo company: laws over the published tables."""

from __future__ import annotations

from company import Company


def test_contacts_cost_what_cases_cost(demo: Company) -> None:
    ((costs, cases),) = demo.read("""
        select (select sum(cost_amount) from service_costs
                where cost_kind in ('first_contact', 'complaint', 'recontact', 'double_entry')),
            (select sum(cost_amount) from cases)""")
    assert costs == cases > 0


def test_an_article_lies_within_its_interval_and_has_an_owner(demo: Company) -> None:
    rows = demo.read("""
        select expected_saving_per_year_low <= expected_saving_per_year
            and expected_saving_per_year <= expected_saving_per_year_high,
            proposed_owner is not null, state from self_service_articles order by saving_rank""")
    assert rows
    assert set(rows) == {(True, True, "proposed")}


def test_the_register_proposes_issues_and_articles_in_both_languages(demo: Company) -> None:
    rows = demo.read("""
        select kind, evidence_en is not null and evidence_de is not null
            and evidence_en <> evidence_de, owner is not null, state
        from improvement_register""")
    assert {kind for kind, *_ in rows} >= {"issue", "article"}
    assert {tuple(rest) for _, *rest in rows} == {(True, True, "proposed")}
