"""`script/chaos`: the whole product killed and disturbed at random, and the ledger counted afterwards.

The real processes run: PostgreSQL, Valkey, web, workers, beat, and the stand-ins over TLS. Spend arrives through signed
webhooks and the poll. Meanwhile processes are killed and requests go wrong by a schedule that the seed alone decides.
At the end the stand-ins are asked what stands in the ledger and what Brex was told; the connector is not believed.

Example: script/chaos --records 400 --seed 7
"""

import argparse
import contextlib
import os
import secrets
import shutil
import signal
import socket
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from connector.domain import jsonio
from sandbox import chaos_result
from sandbox.chaos_audience import Audience
from sandbox.chaos_plan import Step, plan
from sandbox.chaos_processes import Cluster
from sandbox.chaos_run import Run
from sandbox.operator import Failed

RECORDS, LEAST = 400, 60
# Longer than any late effect of the schedule, and short enough to be waited for.
QUIET_SECONDS = "3"
# Whatever else is set on this machine, the run has services of its own.
_NOT_OURS = ("DATABASE_URL", "REDIS_URL", "PORT", "CONNECTOR_SECRET_KEYS", "CONNECTOR_PROXY", "CONNECTOR_PUBLIC_URL")


def main() -> int:
    options = _options()
    steps = plan(options.seed, options.records, options.kills, options.faults)
    if options.schedule:
        print(jsonio.dumps([step.as_json() for step in steps]))  # noqa: T201 - the command's answer
        return 0
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    for name in _NOT_OURS:
        os.environ.pop(name, None)
    os.environ |= {
        "CONNECTOR_QUIET_SECONDS": QUIET_SECONDS, "WORKER_CONCURRENCY": str(options.workers), "PORT": str(_port()),
    }  # fmt: skip
    home = options.home.absolute() if options.home else _throw_away()
    code = _watched(Cluster(home), Audience(), options, steps)
    if options.home is None and code != 1:  # what went wrong is to be looked at
        shutil.rmtree(home, ignore_errors=True)
    return code


def _watched(cluster: Cluster, show: Audience, options: argparse.Namespace, steps: list[Step]) -> int:
    """The exit code. Whatever happens, nothing is left running."""
    try:
        result = _run(cluster, show, options, steps)
        show.result(result, cluster.home)
        if options.json:
            print(jsonio.dumps(result), flush=True)  # noqa: T201 - the command's answer
        return 1 if result["broken"] else 0
    except Failed as error:
        show.failed(str(error), cluster.home)
        return 1
    except KeyboardInterrupt:
        return 130
    finally:
        cluster.stop(show.step)


def _run(cluster: Cluster, show: Audience, options: argparse.Namespace, steps: list[Step]) -> dict[str, Any]:
    began = time.monotonic()
    cluster.home.mkdir(mode=0o711, parents=True, exist_ok=True)
    (cluster.home / "schedule.json").write_text(jsonio.dumps([step.as_json() for step in steps]), encoding="utf-8")
    cluster.start(show.step)
    run = Run(cluster, steps, options.records, options.seed)
    show.step("Coding spend in the Brex stand-in; a part of it is exported before the connector listens")
    run.prepare()
    show.step(f"{len(steps)} mishaps to come, {sum(step.do == 'kill' for step in steps)} of them kills")
    show.progress(run)
    show.step("Counting what stands in the ledger")
    told = chaos_result.compare(run)
    return told | {"seed": options.seed, "seconds": round(time.monotonic() - began, 1)}


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="script/chaos", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--records", type=int, default=RECORDS, help=f"how many records (default: {RECORDS})")
    parser.add_argument("--seed", type=int, default=1, help="same seed, same schedule (default: 1)")
    parser.add_argument("--kills", type=int, help="how many kills (default: one for 40 records, at least 7)")
    parser.add_argument("--faults", type=int, help="how many faults (default: one for 25 records, at least 8)")
    parser.add_argument("--workers", type=int, default=3, help="worker processes (default: 3)")
    parser.add_argument("--home", type=Path, help="keep data and logs here (default: a folder thrown away)")
    parser.add_argument("--schedule", action="store_true", help="only print the schedule, as JSON")
    parser.add_argument("--json", action="store_true", help="one JSON object as the last line")
    options = parser.parse_args()
    if options.records < LEAST:
        parser.error(f"--records must be at least {LEAST}: fewer do not show everything.")
    return options


def _throw_away() -> Path:
    """A folder that the account can enter which the embedded database runs as."""
    home = Path(tempfile.mkdtemp(prefix="connector-chaos-")).resolve()
    home.chmod(0o711)
    return home


def _port() -> int:
    """A port that nobody else is likely to take while the web process is down: neither another server on this machine,
    which looks from 8000 on, nor a client, whose ports lie higher."""
    while True:
        port = secrets.choice(range(20_000, 32_000))
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port


if __name__ == "__main__":
    sys.exit(main())
