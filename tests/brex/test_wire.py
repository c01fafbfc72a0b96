import pytest

from connector.brex.wire import Export, FailedExport, export_results, plain


def test_the_body_is_brex_s_published_shape() -> None:
    successes = [
        Export("accr_abc123", "erp_txn_456789", "https://erp.com/transactions/456789"),
        Export("accr_2", "BX2"),
    ]
    assert export_results(successes, [FailedExport("accr_def456", "Invalid GL account")]) == {
        "results": [
            {
                "accounting_record_id": "accr_abc123",
                "success": {
                    "reference_id": "erp_txn_456789",
                    "deep_link_url": "https://erp.com/transactions/456789",
                },
            },
            {"accounting_record_id": "accr_2", "success": {"reference_id": "BX2"}},
            {"accounting_record_id": "accr_def456", "failure": {"error_message": "Invalid GL account"}},
        ]
    }


@pytest.mark.parametrize(("text", "ascii_text"), [("Café", "Cafe"), ("a–b", "a?b"), ("失敗", "??"), ("plain", "plain")])
def test_free_text_is_ascii(text: str, ascii_text: str) -> None:
    assert plain(text) == ascii_text


def test_a_failure_always_says_something() -> None:
    (result,) = export_results([], [FailedExport("accr_1", "")])["results"]
    assert result["failure"]["error_message"]
