"""`script/demo`: the whole product against the stand-ins, watched from outside as an operator would.

The services are started as `script/server` starts them; everything else goes through the front door: the
command line, signed webhooks, the metrics page. What is asserted at the end is read from the stand-ins
themselves, not from the product's tables.
"""

import argparse
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

from connector.domain import jsonio
from sandbox import audience
from sandbox.operator import Failed, Operator, Services

NAME = "demo"
RECORDS = 240
LEAST = 60
MESSAGE = 15  # record ids in one webhook
PATIENCE_SECONDS = 300.0


def main() -> int:
    parser = argparse.ArgumentParser(prog="script/demo", description=__doc__)
    parser.add_argument("--once", action="store_true", help="run the job, tell the result, stop everything")
    parser.add_argument("--json", action="store_true", help="one JSON object as the last line")
    parser.add_argument("--amnesia", action="store_true", help="delete the database in the middle of it, and recover")
    parser.add_argument("--records", type=int, default=RECORDS, help=f"how many records (default: {RECORDS})")
    parser.add_argument("--source", choices=("accounting", "transactions"), default="accounting",
                        help="where spend is read: accounting records, or card transactions with their expenses")
    options = parser.parse_args()
    if options.records < LEAST:
        parser.error(f"--records must be at least {LEAST}, to show everything")
    if options.amnesia and options.source == "transactions":
        parser.error("--amnesia goes with --source accounting")
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    show = audience.Audience(quiet=options.json)
    services = Services(Path(os.environ.get("CONNECTOR_HOME") or "var").absolute())
    began = time.monotonic()
    try:
        operator = services.start(show.step)
        if options.source == "transactions":
            result = run_transactions(operator, show, options.records)
        else:
            result = run(operator, show, options.records, services if options.amnesia else None)
        result["seconds"] = round(time.monotonic() - began, 1)
        show.result(result, services)
        if options.json:
            print(jsonio.dumps(result), flush=True)  # noqa: T201 - the command's answer
        if not options.once:
            show.stays_up(services)
            services.wait()
        return 0 if result["as_expected"] else 1
    except Failed as error:
        show.failed(str(error), services)
        return 1
    except KeyboardInterrupt:
        return 130
    finally:
        services.stop(show.step)


def run(operator: Operator, show: "audience.Audience", count: int, forgetful: Services | None = None) -> dict[str, Any]:
    """Spend is coded and exported in Brex, the connector does its job, and the two ends are compared.

    `forgetful`: the services whose database is deleted half-way.
    """
    show.step("Coding spend in the Brex stand-in")
    expected = operator.control("POST", "/seed", {"records": count, "all_types": True})["expected"]
    statuses = operator.brex_statuses()
    # Bills are not exported by anybody: they are there to be read.
    waiting = [one for one in expected if one.get("told", True) and statuses[one["record_id"]] in ("PREPARE", "REVIEW")]
    # These are exported before the connector listens: only its poll can find them.
    silent = [one["record_id"] for one in waiting if one["found_by"] == "poll"]
    operator.control("POST", "/export", {"record_ids": silent})
    show.step("Adding the connection and its mappings")
    operator.add_connection(NAME)
    show.step("Exporting records in Brex: signed webhooks go out")
    loud = [one["record_id"] for one in waiting if one["found_by"] == "webhook"]
    if forgetful is not None and len(loud) < 2:
        raise Failed("nothing is left to export here: run it with a new CONNECTOR_HOME")
    half = loud if forgetful is None else loud[: len(loud) // 2]
    announce(operator, half)
    show.progress(len(expected) - len(loud) + len(half), lambda: operator.ended(NAME), PATIENCE_SECONDS)
    if forgetful is not None:
        operator = forget(forgetful, operator, show, loud[len(half) :])
        show.progress(len(expected), lambda: operator.ended(NAME), PATIENCE_SECONDS)
    revise(operator, show, expected)
    show.step("Comparing Brex, the ledger and what was expected")
    return compare(operator, expected)


def revise(operator: Operator, show: "audience.Audience", expected: list[dict[str, Any]]) -> None:
    """Bills that stand in the ledger are changed in Brex. Their journals are not posted, so the ledger follows."""
    brex = {one["id"]: one for one in operator.control("GET", "/records/whole")["records"]}
    changes = {one["record_id"]: one["changes"] for one in expected if one.get("changes")}
    # After an earlier run they are changed already.
    changes = {key: told for key, told in changes.items() if brex[key]["amount"] != told["amount"]}
    if not changes:
        return
    before = _references(operator)
    show.step("Changing a bill in Brex: it is taken out of the ledger and written anew")
    for record_id, told in changes.items():
        operator.control("PATCH", f"/records/{record_id}", told)
    operator.look_again(NAME)

    def renewed() -> int:
        now = _references(operator)
        return sum(now.get(key, before[key]) != before[key] for key in changes)

    show.progress(len(changes), renewed, PATIENCE_SECONDS)


def _references(operator: Operator) -> dict[str, str]:
    """Of the records that have come to their end: under which reference each stands in the ledger."""
    rows = operator.connector_json("records", NAME, "--json")
    return {row["record_id"]: row["reference"] for row in rows if row["stage"] == "acknowledged"}


def run_transactions(operator: Operator, show: "audience.Audience", count: int) -> dict[str, Any]:
    """Cards are used and expenses coded in Brex; no webhook tells of it, the connector's poll finds it."""
    show.step("Using cards and coding expenses in the Brex stand-in")
    wish = {"records": count, "source": "transactions"}
    expected = operator.control("POST", "/seed", wish)["expected"]
    show.step("Adding the connection and its mappings")
    operator.add_connection(NAME, "transactions")
    ending = sum(one["end"] != "received" for one in expected)
    show.step(f"The first poll reads them; {len(expected) - ending} wait for their coding, approval or date")
    show.progress(ending, lambda: operator.ended(NAME), PATIENCE_SECONDS)
    show.step("Comparing Brex, the ledger and what was expected")
    return compare(operator, expected)


def forget(services: Services, operator: Operator, show: "audience.Audience", rest: list[str]) -> Operator:
    """The rest is exported too; once some of it is written, the database is lost. A new one reads the ledger.

    Of a part of it no webhook ever comes: the server is gone by then.
    """
    show.step("Exporting the other half; as soon as some of it is written, the server is killed")
    before, told = len(operator.entries_in_ledger()), rest[: (len(rest) + 1) // 2]
    operator.control("POST", "/export", {"record_ids": rest[len(told) :]})
    announce(operator, told)
    show.progress(before + 1, lambda: min(before + 1, len(operator.entries_in_ledger())), PATIENCE_SECONDS)
    operator = services.forget(show.step)
    show.step("Adding the connection again; connector recover reads the ledger")
    operator.add_connection(NAME)
    found = operator.recover(NAME)
    show.step(f"{found['references_in_ledger']} entries were found in the ledger: adopted, not sent again")
    return operator


def announce(operator: Operator, ids: list[str]) -> None:
    """Some ids stand twice in their webhook, and one webhook is delivered twice: as happens in life."""
    url = f"{operator.url}/webhooks/brex/{NAME}"
    for start in range(0, len(ids), MESSAGE):
        some = ids[start : start + MESSAGE]
        if start == 0:
            some = [*some, *some[:3]]
        sent = operator.control("POST", "/export", {"record_ids": list(dict.fromkeys(some))})
        sent = operator.control("POST", "/deliver", {"record_ids": some, "url": url})["delivery"]
        if not sent["accepted"]:
            raise Failed(f"the receiver did not take a webhook: {sent['statuses']}")
        if start == MESSAGE:
            again = {"record_ids": some, "url": url, "webhook_id": sent["webhook_id"]}
            operator.control("POST", "/deliver", again)


def compare(operator: Operator, expected: list[dict[str, Any]]) -> dict[str, Any]:
    """The closing object. `duplicates`: entries that stand in the ledger more than once."""
    records = {record["record_id"]: record for record in operator.connector_json("records", NAME, "--json")}
    statuses = operator.brex_statuses()
    wrong = [told for one in expected if (told := strange(one, records.get(one["record_id"]), statuses))]
    ledger = operator.entries_in_ledger()
    reconciled = operator.reconcile(NAME)
    written = [record for record in records.values() if record["reference"] in ledger]
    doubled = [reference for reference, copies in ledger.items() if copies > 1]
    requests = operator.control("GET", "/status")["requests"]
    invoices = operator.invoices_in_ledger()
    bills = sum((one["type"], one["end"]) == ("BILL_EXPENSE", "written") for one in expected)
    return {
        "records": len(expected),
        "written": len(written),
        "held": sum(record["stage"] == "held" for record in records.values()),
        "skipped": sum(record["stage"] == "skipped" for record in records.values()),
        "acknowledged": sum(statuses.get(one["record_id"]) == "EXPORTED" for one in expected),
        "vendor_invoices": invoices,
        "duplicates": len(doubled),
        "reconciliation_difference": reconciled,
        "brex_requests": requests.get("brex", 0),
        "d365_requests": requests.get("d365", 0),
        "as_expected": not wrong and not doubled and reconciled == 0 and len(written) == len(ledger)
        and invoices == bills,
        "unexpected": wrong[:20],
    }


def strange(one: dict[str, Any], record: dict[str, Any] | None, statuses: dict[str, str]) -> str:
    """How a record's end differs from the one it should come to; empty where it does not."""
    if record is None:
        return f"{one['record_id']} never arrived"
    codes = [problem["code"] for problem in record["problems"]]
    good, exported = False, statuses.get(one["record_id"]) == "EXPORTED"
    if one["end"] == "written":
        good = record["stage"] == "acknowledged" and exported is one.get("told", True) and not codes
    elif one["end"] == "skipped":
        good = record["stage"] == "skipped" and not exported and bool(record["reason"])
    else:
        good = record["stage"] == one["end"] and codes == [one["problem"]]
    return (
        ""
        if good
        else f"{one['record_id']} ({one['type']}): {record['stage']} {codes}, not {one['end']} {one['problem']}"
    )


if __name__ == "__main__":
    sys.exit(main())
