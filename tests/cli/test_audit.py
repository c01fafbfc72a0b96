import pytest

from connector.pipeline import trail
from connector.pipeline.runtime import Runtime
from connector.store import sql
from connector.store.connections import Connection
from connector.store.moves import EVENT_HASH
from tests.cli.conftest import Cli, Spending, Work


def tamper(runtime: Runtime, statement: str, record_id: str) -> None:
    """What somebody with the run of the database could do."""
    with runtime.database.begin() as tx:
        sql.run(tx, "ALTER TABLE events DISABLE TRIGGER USER")
        found = sql.run(tx, statement, {"record": record_id})
        sql.run(tx, "ALTER TABLE events ENABLE TRIGGER USER")
    assert found > 0


OF_RECORD = "record_pk = (SELECT id FROM records WHERE record_id = :record)"


def test_an_untouched_history_is_whole(cli: Cli, connection: Connection, spend: Spending, taken_in: Work) -> None:
    spend.expense()
    spend.unmapped()
    taken_in()

    (report,) = cli.json("audit", "verify", "acme")

    assert (report["records"], report["breaks"]) == (2, [])
    assert report["events"] == 6 + 3


@pytest.mark.parametrize(
    ("statement", "seq"),
    [
        (f"UPDATE events SET why = 'nothing of importance' WHERE seq = 3 AND {OF_RECORD}", 3),
        (f"UPDATE events SET data = '{{}}', actor = 'task:map' WHERE seq = 2 AND {OF_RECORD}", 2),
        (f"UPDATE events SET at = at + interval '1 microsecond' WHERE seq = 4 AND {OF_RECORD}", 4),
        (f"DELETE FROM events WHERE seq = 3 AND {OF_RECORD}", 4),
        (f"DELETE FROM events WHERE seq = 6 AND {OF_RECORD}", 0),
        (f"DELETE FROM events WHERE {OF_RECORD}", 0),
        (f"UPDATE events SET hash = '\\x00' WHERE seq = 6 AND {OF_RECORD}", 6),
    ],
)
def test_a_history_that_was_touched_names_the_record(
    cli: Cli, connection: Connection, spend: Spending, taken_in: Work, runtime: Runtime, statement: str, seq: int
) -> None:
    spend.expense()
    record_id = spend.expense()
    taken_in()
    tamper(runtime, statement, record_id)

    (report,) = cli.json("audit", "verify", code=1)

    assert [(one["record_id"], one["seq"]) for one in report["breaks"]] == [(record_id, seq)]
    assert record_id in cli("audit", "verify", "acme").stdout


def test_a_history_rewritten_with_fitting_hashes_is_found_by_its_end(
    cli: Cli, connection: Connection, spend: Spending, taken_in: Work, runtime: Runtime
) -> None:
    record_id = spend.expense()
    taken_in()
    names = ("record_pk", "seq", "at", "actor", "from_stage", "to_stage", "data")
    fitting = EVENT_HASH.format(prev="prev_hash", why="'all is well'", **{name: name for name in names})

    tamper(runtime, f"UPDATE events SET why = 'all is well', hash = {fitting} WHERE seq = 6 AND {OF_RECORD}", record_id)

    (report,) = cli.json("audit", "verify", code=1)
    assert [(one["record_id"], one["seq"]) for one in report["breaks"]] == [(record_id, 0)]


GROWN_OLD = """
    ALTER TABLE events DISABLE TRIGGER USER;
    UPDATE events SET at = at - interval '2 days';
    ALTER TABLE events ENABLE TRIGGER USER
"""


def test_a_digest_kept_elsewhere_is_known_or_the_history_was_rewritten(
    cli: Cli, connection: Connection, spend: Spending, taken_in: Work, runtime: Runtime
) -> None:
    """The dates alone are changed here, so the digest is of events that no longer say what they said."""
    spend.expense()
    taken_in()
    with runtime.database.begin() as tx:
        sql.run(tx, GROWN_OLD)
    assert trail.digest(runtime) == 1

    (report,) = cli.json("audit", "verify", "acme", code=1)
    (digest,) = [one["digest"] for one in report["digests"]]
    known, unknown = (cli("audit", "verify", "acme", "--digest", one) for one in (digest.upper(), "0" * 64))

    assert digest in cli("audit", "verify").stdout
    assert "The digest is that of acme" in known.stdout
    assert "The digest is that of" not in unknown.stdout
    assert unknown.exit_code == 1


def test_an_untouched_history_without_the_digest_given_ends_with_one(
    cli: Cli, connection: Connection, spend: Spending, taken_in: Work
) -> None:
    spend.expense()
    taken_in()

    result = cli("audit", "verify", "--digest", "0" * 64)

    assert (result.exit_code, "No digest here is the one given" in result.stderr) == (1, True)
    assert cli.json("audit", "verify", "--digest", "0" * 64, code=1)[0]["digest_known"] is False
    assert cli("audit", "verify", "--digest", "beef").exit_code == 2
