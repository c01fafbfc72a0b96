"""Receipts of bills that are pending vendor invoices: fetched with fresh links, checked, attached once; or told of."""

import base64

import pytest

from connector.pipeline import people
from connector.pipeline.receipts.download import Never, NotNow, link
from connector.pipeline.receipts.run import ids_in, pause_seconds
from connector.pipeline.runtime import Runtime
from connector.store import receipts
from connector.store.connections import Connection
from sandbox.world import World
from tests.pipeline.helpers import after_answer, key, let_pass, poll, record, run_chain, run_until_quiet
from tests.pipeline.invoices.helpers import ATTACH, bill, connected, do, problem_with

HEADER = "USMF-VI0000001"
Json = dict[str, object]


@pytest.fixture
def connection(runtime: Runtime, world: World) -> Connection:
    return connected(runtime, world)


def with_receipts(world: World, *kinds: str) -> str:
    found = [{"id": world.brex.receipts.add(kind), "download_uris": None} for kind in kinds]
    return bill(world, receipts=found)


def shown(runtime: Runtime, connection: Connection, record_id: str) -> list[tuple[str, str]]:
    with runtime.database.begin() as tx:
        return [(row["state"], row["reason"]) for row in receipts.of_record(tx, connection.id, record_id)]


def counts(runtime: Runtime, connection: Connection) -> dict[str, int]:
    with runtime.database.begin() as tx:
        return receipts.counts(tx, connection.id)


def attached(world: World, header: str = HEADER) -> list[dict[str, str]]:
    return world.d365.payables.documents(header)


def test_they_are_attached_with_a_mark_of_ours_and_checked_by_content(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    one = with_receipts(world, "pdf", "png")
    do(runtime, connection)
    assert shown(runtime, connection, one) == [("attached", ""), ("attached", "")]
    found = attached(world)
    assert [row["FileType"] for row in found] == ["pdf", "png"]
    assert all(f"{key(one)}/receipt_" in row["Notes"] for row in found)
    assert base64.b64decode(found[0]["FileContents"]).startswith(b"%PDF-")
    assert problem_with(world, one) == ""
    run_chain(runtime, connection, times=3)
    assert len(attached(world)) == 2


@pytest.mark.parametrize(
    ("kind", "state", "why"),
    [
        ("executable", "refused", "it is a Windows program"),
        ("huge", "refused", "it is larger than 20 MB"),
        ("redirect", "refused", "redirects are not followed"),
        ("expired", "given up", "its link is not valid any more (403)"),
        ("gone", "given up", "its link is not valid any more (404)"),
    ],
)
def test_a_bad_one_never_blocks_the_invoice_and_says_why(
    kind: str, state: str, why: str, runtime: Runtime, connection: Connection, world: World
) -> None:
    one = with_receipts(world, kind, "pdf")
    do(runtime, connection)
    assert problem_with(world, one) == ""
    assert record(runtime, connection, one)["stage"] == "acknowledged"
    run_until_quiet(runtime, connection, minutes=1000)
    [(found, told), good] = shown(runtime, connection, one)
    assert (found, good) == (state, ("attached", ""))
    assert why in told
    assert len(attached(world)) == 1
    assert counts(runtime, connection) == {"attached": 1, state: 1}
    hosts = {seen.path for seen in world.traffic.latest if "meta-data" in seen.path}
    assert hosts == set()


@pytest.mark.parametrize("found", [[], None, [None], "nonsense"])
def test_a_bill_without_receipts_has_none(
    found: object, runtime: Runtime, connection: Connection, world: World
) -> None:
    one = bill(world, receipts=found if found in ([], None) else [])
    assert ids_in('{"receipts": [null, {"id": 7}, "x"]}') == ids_in("{") == ids_in(None) == []
    do(runtime, connection)
    assert shown(runtime, connection, one) == []
    assert problem_with(world, one) == ""


def test_one_without_a_link_is_tried_again_and_again_and_then_told_of(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    """Fact: `download_uris` may be null. Once there is a file, a person's retry brings it."""
    one = bill(world, receipts=[{"id": "receipt_late", "download_uris": None}])
    do(runtime, connection)
    assert shown(runtime, connection, one) == [("waiting", "Brex gives no link to it")]
    run_until_quiet(runtime, connection, minutes=1000)
    assert shown(runtime, connection, one) == [("given up", "Brex gives no link to it")]
    world.brex.receipts.add("pdf", "receipt_late")
    done = people.retry(runtime, connection, actor="person:dana", record_ids=[one])
    assert (done.changed, done.left_alone) == ([one], [])
    run_until_quiet(runtime, connection)
    assert shown(runtime, connection, one) == [("attached", "")]
    assert record(runtime, connection, one)["stage"] == "acknowledged"


@pytest.mark.parametrize("kind", ["reset_after", "status_after", "malformed_after"])
def test_one_whose_answer_was_lost_is_found_and_not_attached_twice(
    kind: str, runtime: Runtime, connection: Connection, world: World
) -> None:
    world.faults.add("d365", ATTACH, kind)
    one = with_receipts(world, "pdf")
    do(runtime, connection)
    run_until_quiet(runtime, connection, minutes=30)
    assert shown(runtime, connection, one) == [("attached", "found in F&O")]
    assert len(attached(world)) == 1


@pytest.mark.parametrize("kind", ["reset_before", "status_before", "refuse", "throttle"])
def test_one_that_never_arrived_is_sent_again(
    kind: str, runtime: Runtime, connection: Connection, world: World
) -> None:
    world.faults.add("d365", ATTACH, kind, **({"code": 502} if kind == "status_before" else {}))
    one = with_receipts(world, "pdf")
    do(runtime, connection)
    run_until_quiet(runtime, connection, minutes=30)
    assert shown(runtime, connection, one) == [("attached", "")]
    assert len(attached(world)) == 1


@pytest.mark.parametrize("kind", ["reset_before", "truncate_after", "status_before", "unknown_name", "untrusted"])
def test_a_download_that_breaks_off_is_begun_again(
    kind: str, runtime: Runtime, connection: Connection, world: World
) -> None:
    options = {"code": 503} if kind == "status_before" else {"bytes": 10} if kind == "truncate_after" else {}
    world.faults.add("receipts", "GET /receipts/", kind, **options)
    one = with_receipts(world, "pdf")
    do(runtime, connection)
    assert [state for state, _ in shown(runtime, connection, one)] == ["attached"]


def test_what_f_and_o_does_not_take_is_told_in_its_words(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    one = with_receipts(world, "pdf")
    world.d365.set(attachment_megabytes=0)
    do(runtime, connection)
    run_until_quiet(runtime, connection, minutes=1000)
    [(state, told)] = shown(runtime, connection, one)
    assert state == "given up"
    assert "larger than 0 megabytes" in told


def test_none_is_attached_where_the_settings_say_so(runtime: Runtime, world: World) -> None:
    connection = connected(runtime, world, receipts={"attach": False})
    one = with_receipts(world, "pdf")
    do(runtime, connection)
    assert (shown(runtime, connection, one), attached(world)) == ([], [])


def test_an_invoice_that_was_taken_back_waits_for_none(runtime: Runtime, connection: Connection, world: World) -> None:
    one = bill(world, receipts=[{"id": "receipt_late", "download_uris": None}])
    do(runtime, connection)
    people.reverse(runtime, connection, actor="person:dana", reason="twice", record_ids=[one])
    run_until_quiet(runtime, connection)
    world.brex.receipts.add("pdf", "receipt_late")
    let_pass(runtime.database, 86_400)
    run_until_quiet(runtime, connection)
    assert counts(runtime, connection) == {}
    assert record(runtime, connection, one)["stage"] == "reversed"


def test_links_are_never_kept(runtime: Runtime, connection: Connection, world: World) -> None:
    one = with_receipts(world, "pdf", "redirect")
    do(runtime, connection)
    assert "X-Amz" not in str(record(runtime, connection, one))
    assert "X-Amz" not in str(shown(runtime, connection, one))


def test_a_link_is_looked_for_in_what_brex_just_said() -> None:
    item = {
        "receipts": [{"id": "a", "download_uris": ["https://x/1", "https://x/2"]}, {"id": "b", "download_uris": []}]
    }
    assert link(item, "a") == "https://x/1"
    for receipt_id, what in (("b", item), ("c", item), ("a", None), ("a", {"receipts": None}), ("a", {"receipts": {}})):
        with pytest.raises(NotNow):
            link(what, receipt_id)


@pytest.mark.parametrize(
    "url",
    [
        "http://receipts.s3.us-west-2.amazonaws.com/a.pdf",
        "https://127.0.0.1/a.pdf",
        "https://169.254.169.254/latest/meta-data/",
        "https://s3.us-west-2.amazonaws.com.evil.test/a.pdf",
        "https://evil.test/s3.amazonaws.com/a.pdf",
        "https://ec2.us-west-2.amazonaws.com/",
        "file:///etc/passwd",
        "not a link",
    ],
)
def test_a_link_to_anywhere_else_is_refused_unopened(url: str, runtime: Runtime) -> None:
    from connector.pipeline.receipts.download import fetch  # noqa: PLC0415

    with pytest.raises(Never, match="where no receipts are"):
        fetch(runtime.outbound, url, 20)


def test_pauses_grow_to_some_hours() -> None:
    assert [pause_seconds(attempts) for attempts in (1, 2, 3, 99)] == [60, 180, 540, 21_600]


def test_one_that_a_person_asks_for_again_while_it_is_fetched_is_attached_once(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    """Of two workers that have it in hand then, one sends it."""
    sends = []

    def meanwhile() -> None:
        people.retry(runtime, connection, actor="person:dana", record_ids=[one], reason="now")
        with runtime.database.begin() as tx:
            [other] = receipts.claim(tx, connection.id, 5, 300)
            sends.append(receipts.sending(tx, other, 45))

    one = with_receipts(world, "pdf")
    after_answer(world, "d365", "GET /data/VendorInvoiceDocumentAttachments", meanwhile)
    poll(runtime, connection)
    run_chain(runtime, connection, times=2)
    assert (sends, attached(world)) == ([True], [])
    run_until_quiet(runtime, connection)
    assert len(attached(world)) == 1
