"""F&O's own sentences get the code of the check that would have found it, and are kept as they came."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.d365 import infolog, words
from connector.domain.problems import INFOLOG, PROBLEMS

# Sentences quoted by Microsoft, with what they are about.
VALID = "in combination with the following dimensions values that are valid"
RULES = "isn't allowed due to derived dimension rules. The allowed value should be 023."
SENTENCES = [
    (f"You must select a value in the CostCenter field {VALID}.", "MAP-VALUE-BLANK", {"dimension": "CostCenter"}),
    ("Blank isn't allowed for CostCenter for the combination.", "MAP-VALUE-BLANK", {"dimension": "CostCenter"}),
    (f"Department is not an allowed value {VALID}.", "MAP-COMBINATION", {"dimension": "Department"}),
    ("123 isn't a valid dimension value in account structure.", "MAP-COMBINATION", {"value": "123"}),
    ("Department is suspended.", "MAP-VALUE-SUSPENDED", {"dimension": "Department"}),
    ("MainAccount is suspended.", "MAP-ACCOUNT-SUSPENDED", {"dimension": "MainAccount"}),
    ("Main account isn't active.", "MAP-ACCOUNT-SUSPENDED", {"dimension": "Main account"}),
    ("Department isn't active.", "MAP-VALUE-SUSPENDED", {"dimension": "Department"}),
    (
        f"The Department dimension with value 022 {RULES}",
        "MAP-DERIVED-CONFLICT",
        {"dimension": "Department", "value": "022"},
    ),
    ("Unable to return DimensionAttributeValue record for Unit", "MAP-VALUE-UNKNOWN", {"dimension": "Unit"}),
    ("The value 999 doesn't exist for Unit.", "MAP-VALUE-UNKNOWN", {"value": "999", "dimension": "Unit"}),
    ("The value 9 doesn't exist for MainAccount.", "MAP-ACCOUNT-UNKNOWN", {"value": "9", "dimension": "MainAccount"}),
    ("Fiscal period for 11/22/2026 is not open", "MAP-PERIOD-CLOSED", {"date": "11/22/2026"}),
    (
        "The value 'XXX' in field 'Currency' is not found in the related table 'Currencies'.",
        "MAP-CURRENCY-UNKNOWN",
        {"currency": "XXX"},
    ),
]
WHICH = "Dimension values were validated with this advanced rule structure or account structure P&L"


@pytest.mark.parametrize(("sentence", "code", "values"), SENTENCES)
def test_a_sentence_gets_the_code_of_our_own_check(sentence: str, code: str, values: dict[str, str]) -> None:
    [problem] = words.problems(sentence)
    assert (problem.code, problem.values) == (code, {**values, INFOLOG: sentence})
    assert sentence in problem.sentence


def test_several_sentences_are_several_problems_each_with_its_own_words() -> None:
    message = f"The value 009 doesn't exist for BusinessUnit.; Department is suspended.; {WHICH}."
    assert [(one.code, one.values[INFOLOG]) for one in words.problems(message)] == [
        ("MAP-VALUE-UNKNOWN", f"The value 009 doesn't exist for BusinessUnit.; {WHICH}."),
        ("MAP-VALUE-SUSPENDED", f"Department is suspended.; {WHICH}."),
    ]


def test_what_is_not_recognised_beside_them_is_not_lost() -> None:
    first, second = words.problems("Department is suspended.; A number sequence reference is missing.")
    assert (first.code, second.code) == ("MAP-VALUE-SUSPENDED", "D365-REFUSED")
    assert second.values["message"] == "A number sequence reference is missing."


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (WHICH, "D365-DIMENSION"),
        ("The combination wasn't validated beyond the Department financial dimension.", "D365-DIMENSION"),
        ("Period for 11/22/2026 is on hold for module General ledger.", "D365-PERIOD"),
        ("Posting profile has not been set up in accounts payable parameters.", "D365-REFUSED"),
        ("", "D365-REFUSED"),
    ],
)
def test_what_names_no_known_cause_keeps_its_general_code_and_all_its_words(message: str, code: str) -> None:
    [problem] = words.problems(message)
    assert (problem.code, problem.values) == (code, {"message": message})


@given(st.lists(st.one_of(st.sampled_from([sentence for sentence, _, _ in SENTENCES]), st.text()), max_size=6))
def test_no_message_is_without_a_problem_and_no_word_of_it_is_lost(sentences: list[str]) -> None:
    message = infolog.tidy("; ".join(sentences))
    found = words.problems(message)
    told = " ".join(value for one in found for value in one.values.values())
    assert found
    assert all(one.code in PROBLEMS for one in found)
    assert all(part.strip() in told for part in message.split("; "))
