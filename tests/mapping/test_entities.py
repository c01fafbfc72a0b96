"""The legal entity a record belongs to."""

from typing import Any

import pytest

from connector.domain.entry import Entry
from tests.mapping.building import (
    PAYMENT,
    codes,
    entry,
    field,
    gl,
    line,
    master,
    planned,
    posting,
    problems,
    record,
)

ENTITIES: dict[str, Any] = {"DEMF": {"time_zone": "Europe/Berlin", "journal_name": "BREXDE"}, "frrt": {}}
SETTINGS = posting(entities=ENTITIES)
BERLIN = {"user": {"id": "u1", "location_name": "Berlin"}}
DEMF = field("Company", "Contoso Germany")
ROW = ("Company", "Contoso Germany", "LegalEntity", "demf")


def test_without_a_mapping_the_connections_entity_is_used() -> None:
    booked = entry(record("10", line("10", gl("605140"))), settings=SETTINGS)
    assert (booked.legal_entity, booked.journal_name) == ("usmf", "BREX")


def test_a_field_or_an_attribute_selects_the_entity_with_its_own_settings() -> None:
    for of, row in (
        (record("10", line("10", gl("605140"), DEMF)), ROW),
        (record("10", line("10", gl("605140")), **BERLIN), ("location", "berlin", "legalentity", " DEMF ")),
    ):
        booked = entry(of, row, settings=SETTINGS)
        assert (booked.legal_entity, booked.journal_name) == ("demf", "BREXDE")
    assert booked.notes == ('Line 1: legal entity demf, by mapping location = "Berlin".',)


def test_a_field_pushed_as_legal_entity_selects_it() -> None:
    pushed = field("Company", "France", "FRRT", remote_field="LegalEntity")
    booked = entry(record("10", line("10", gl("605140"), pushed)), settings=SETTINGS)
    assert (booked.legal_entity, booked.journal_name) == ("frrt", "BREX")


def test_the_journal_name_is_that_of_the_entity_and_type_of_the_type_or_of_the_entity() -> None:
    own = {"demf": {"journal_name": "BREXDE", "journal_names": {"CARD_EXPENSE_POST": "KARTEN"}}, "frrt": {}}
    both = posting(entities=own, treatments={"CARD_EXPENSE_POST": {"journal_name": "CARDS"}})
    german = record("10", line("10", gl("605140"), DEMF))
    assert entry(german, ROW, settings=both).journal_name == "KARTEN"
    assert entry(german, (*ROW[:3], "frrt"), settings=both).journal_name == "CARDS"
    paid = record("10", line("10", DEMF), kind=PAYMENT)
    assert entry(paid, ROW, settings=both).journal_name == "BREXDE"


def test_the_date_is_the_entitys_own() -> None:
    at = {"erp_posting_date": "2026-11-30T23:30:00Z"}
    abroad = entry(record("10", line("10", gl("605140"), DEMF), **at), ROW, settings=SETTINGS)
    home = entry(record("10", line("10", gl("605140")), **at), settings=SETTINGS)
    assert (str(abroad.date), str(home.date)) == ("2026-12-01", "2026-11-30")


def test_an_entity_that_is_not_set_up_is_held() -> None:
    [problem] = problems(record("10", line("10", gl("605140"), DEMF)), (*ROW[:3], "gbsi"), settings=SETTINGS)
    assert problem.sentence == "Legal entity gbsi is not set up on this connection."


def test_a_value_without_an_entity_is_held_where_its_field_gives_entities() -> None:
    other = field("Company", "Contoso Japan")
    assert codes(record("10", line("10", gl("605140"), other)), ROW, settings=SETTINGS) == ["MAP-VALUE-UNMAPPED"]


def test_all_coded_lines_must_agree() -> None:
    lines = line("4", gl("605140"), DEMF), line("6", gl("605140"))
    [problem] = problems(record("10", *lines), ROW, settings=SETTINGS)
    assert problem.sentence == (
        "The record's lines belong to several legal entities (demf, usmf), and one entry has one."
    )


def test_brexs_offset_line_has_no_say() -> None:
    lines = line("10", gl("605140"), DEMF), line("10", side="CREDIT")
    assert entry(record("10", *lines), ROW, settings=SETTINGS).legal_entity == "demf"


def test_a_card_payment_finds_its_entity_in_its_lines_or_attributes() -> None:
    by_line = record("10", line("10", DEMF), line("10", side="CREDIT"), kind=PAYMENT)
    assert entry(by_line, ROW, settings=SETTINGS).legal_entity == "demf"
    row = ("location", "Berlin", "LegalEntity", "frrt")
    assert entry(record("10", kind=PAYMENT, **BERLIN), row, settings=SETTINGS).legal_entity == "frrt"


def test_while_the_entity_is_undecided_nothing_is_judged_by_another_ones_chart() -> None:
    lines = line("10", gl("699999"), DEMF), line("1", field("GL Account", "Travel"))
    of = record("11", *lines)
    found = codes(of, (*ROW[:3], "gbsi"), settings=posting(accounts={}), known=master())
    assert found == ["MAP-ENTITY-UNKNOWN", "MAP-ACCOUNT-UNMAPPED"]


@pytest.mark.parametrize(
    ("at", "day"), [("2026-11-01T00:00:00Z", "2026-11-01"), ("2026-11-01T07:59:59.999999Z", "2026-11-01")]
)
def test_a_record_of_the_start_date_is_planned(at: str, day: str) -> None:
    settings = posting(start_date="2026-11-01")
    booked = entry(record("10", line("10", gl("605140")), erp_posting_date=at), settings=settings)
    assert str(booked.date) == day


@pytest.mark.parametrize("kind", ["CARD_EXPENSE_POST", PAYMENT, "SOMETHING_NEW"])
def test_a_record_of_the_day_before_the_start_date_is_held(kind: str) -> None:
    settings = posting(start_date="2026-11-01")
    of = record("10", line("10", gl("605140")), kind=kind, erp_posting_date="2026-11-01T06:59:59Z")
    assert "RECORD-BEFORE-START" in codes(of, settings=settings)


def test_the_review_status_is_not_plans_business() -> None:
    of = record("10", line("10", gl("605140")), review_status="EXPORTED")
    assert isinstance(planned(of), Entry)
