import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.d365 import infolog

WRITE = "Microsoft.Dynamics.Platform.Integration.Services.OData.AxODataWriteException"


def body(message: str, outer: str = "An error has occurred.") -> object:
    return {
        "error": {"code": "", "message": outer, "innererror": {"message": message, "type": WRITE, "stacktrace": "at"}}
    }


def test_it_finds_the_sentences_that_a_person_needs() -> None:
    message = (
        "Write failed for table row of type 'CustCustomerV3Entity'. Infolog: Warning: The value 'Local' in field "
        "'Customer group' is not found in the related table 'Customer groups'.; Warning: validateField failed on "
        "field 'CustCustomerV3Entity.CustomerGroupId'."
    )
    assert infolog.read(body(message)) == (
        "The value 'Local' in field 'Customer group' is not found in the related table 'Customer groups'."
    )
    assert infolog.kind(body(message)) == WRITE
    assert infolog.says_why(body(message))


def test_it_keeps_the_framework_s_words_where_there_are_no_others() -> None:
    message = "Write failed for table row of type 'X'. Infolog: Warning: validateWrite failed on data source 'Y (Y)'."
    assert infolog.read(body(message)) == "validateWrite failed on data source 'Y (Y)'."


def test_it_looks_into_inner_exceptions_for_the_infolog() -> None:
    nested = {
        "error": {
            "message": "An error has occurred.",
            "innererror": {
                "message": "Outer.",
                "internalexception": {"message": "Infolog: Error: The period is closed."},
            },
        }
    }
    assert infolog.read(nested) == "The period is closed."


def test_an_error_that_only_says_that_there_was_one_says_not_why() -> None:
    assert infolog.read({"error": {"message": "An error has occurred."}}) == "An error has occurred."
    assert not infolog.says_why({"error": {"message": "An error has occurred."}})
    assert not infolog.says_why(body("An error has occurred."))


@pytest.mark.parametrize("odd", [None, [], "text", {}, {"error": None}, {"error": "x"}, {"error": {"innererror": []}}])
def test_a_body_that_is_no_odata_error_says_nothing(odd: object) -> None:
    assert (infolog.read(odd), infolog.kind(odd), infolog.says_why(odd)) == ("", "", False)


# Sentences quoted by Microsoft: "Fix financial dimension-related errors", "Troubleshoot posting errors".
DIMENSION = """
The combination wasn't validated beyond the Department financial dimension.
You must select a value in the CostCenter field in combination with the following dimensions values that are valid.
Blank isn't allowed for CostCenter for the combination.
022 is not an allowed value in combination with the following dimensions values that are valid.
Department is suspended.
Department isn't active.
123 isn't a valid dimension value in account structure.
The Department dimension with value 022 isn't allowed due to derived dimension rules. The allowed value should be 023.
Unable to return DimensionAttributeValue record for Department
The value 999 doesn't exist for Department.
The account type for main account 999 is not valid. The main account type must be Financial.
"""
PERIOD = """
Fiscal period for 11/22/2026 is not open
Period for 11/22/2026 is on hold for module General ledger.
"""
OTHER = """
Posting profile has not been set up in accounts payable parameters.
Account number for transaction type Vend does not exist
The value 'XXX' in field 'Currency' is not found in the related table 'Currencies'.
Journal '00628' has been posted and cannot be deleted.
An error has occurred.
"""
SORTED = [("D365-DIMENSION", DIMENSION), ("D365-PERIOD", PERIOD), ("D365-REFUSED", OTHER)]


@pytest.mark.parametrize(
    ("code", "message"), [(code, one) for code, text in SORTED for one in text.strip().split("\n")]
)
def test_f_and_o_s_sentences_are_sorted_under_our_codes(code: str, message: str) -> None:
    assert infolog.problem_code(message) == code


def test_an_update_conflict_is_known_as_one() -> None:
    message = (
        "Cannot edit a record in Ledger journal table (LedgerJournalTable). An update conflict occurred due to another "
        "user process deleting the record or changing one or more fields in the record."
    )
    assert infolog.is_conflict(message)
    assert not infolog.is_conflict("The record already exists.")


JSON = st.recursive(
    st.one_of(st.none(), st.text(), st.integers()),
    lambda inner: st.dictionaries(
        st.sampled_from(["error", "innererror", "message", "internalexception", "type"]), inner
    ),
)


@settings(deadline=None)
@given(JSON)
def test_no_body_makes_it_raise(odd: object) -> None:
    message = infolog.read(odd)
    assert len(message) <= 1000
    infolog.problem_code(message)
    infolog.kind(odd)
