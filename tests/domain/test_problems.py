"""The one table of problems, and the page that is made of it."""

import re
from pathlib import Path

import pytest

from connector.domain import guide
from connector.domain.causes import CAUSES
from connector.domain.problem_table import TABLES
from connector.domain.problems import ANYWAY, INFOLOG, PROBLEMS, Problem

DOCS = Path(__file__).parents[2] / "docs"


def test_the_page_is_the_table_as_it_is() -> None:
    # Changed a problem? `python -m connector.domain.guide > docs/problems.md`
    assert (DOCS / "problems.md").read_text(encoding="utf-8") == guide.page()


def test_no_code_stands_in_two_tables() -> None:
    assert sum(map(len, TABLES)) == len(PROBLEMS)


def test_every_code_has_its_cause_and_its_anchor() -> None:
    assert set(CAUSES) == set(PROBLEMS)
    headings = re.findall(r"^## (.+)$", guide.page(), re.MULTILINE)
    assert headings == list(PROBLEMS)
    assert guide.anchor("MAP-VALUE-BLANK") == "docs/problems.md#map-value-blank"


def test_every_link_to_a_problem_has_its_heading() -> None:
    known = {code.lower() for code in PROBLEMS}
    linked = {
        found
        for page in DOCS.rglob("*.md")
        for found in re.findall(r"problems\.md#([a-z0-9-]+)", page.read_text(encoding="utf-8"))
    }
    assert linked - known == set()


@pytest.mark.parametrize("code", PROBLEMS)
def test_what_may_be_passed_over_says_so_in_its_fix(code: str) -> None:
    assert PROBLEMS[code].anyway == ("--anyway" in PROBLEMS[code].fix)


def test_f_and_o_s_words_take_the_place_of_our_sentence_and_offer_no_way_past_it() -> None:
    problem = Problem("MAP-COMBINATION", values={INFOLOG: "022 isn't a valid dimension value in account structure."})
    assert problem.sentence == "F&O refused the entry: 022 isn't a valid dimension value in account structure."
    assert ANYWAY not in problem.fix
    assert problem.fix
