"""Processes for tests that kill them: `-m tests.pipeline.worker` forks one for each line of JSON that it reads.

A process takes a job and runs it over real sockets. Where the job names a point, the process kills itself there; what
it is about to do is read from its SQL and its requests, so nothing in the product knows of these points.
"""

import json
import os
import signal
import sys
from collections.abc import Callable
from typing import Any

import time_machine
from sqlalchemy import Engine, event
from urllib3.connection import HTTPConnection

from connector.outbound.session import Outbound, Response
from connector.pipeline import people, poll
from connector.pipeline.runtime import Runtime
from connector.store.engine import Database
from connector.vault import Vault
from tests.conftest import KEY
from tests.pipeline.crash_points import Hook, Place, When
from tests.pipeline.helpers import run_until_quiet
from webhooks.wsgi import create_app

Json = dict[str, Any]
Reached = Callable[[Place, When, str], None]


def reaching(hook: Hook | None, when: str) -> Reached:
    """What to call at every point: it ends the process at the one that is meant."""

    def reached(place: Place, now: When, text: str) -> None:
        if hook is not None and (place, now) == (hook.place, when) and hook.fits(text):
            os.kill(os.getpid(), signal.SIGKILL)

    return reached


def watch_commits(engine: Engine, reached: Reached) -> None:
    """Tell transactions apart by what they did: the text of their statements and values."""
    said: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        said.append(f"{statement} {parameters}")

    event.listen(engine, "before_cursor_execute", note)
    event.listen(engine, "begin", lambda _: said.clear())
    commit = engine.dialect.do_commit

    def do_commit(connection: Any) -> None:
        reached(Place.COMMIT, When.BEFORE, "\n".join(said))
        commit(connection)
        reached(Place.COMMIT, When.AFTER, "\n".join(said))

    engine.dialect.do_commit = do_commit  # type: ignore[method-assign, assignment]


def watch_bytes(reached: Reached) -> None:
    """Around the moment in which the library writes a request, and when it has the head of the answer."""
    write, read = HTTPConnection.request, HTTPConnection.getresponse
    last: list[str] = []

    def request(self: HTTPConnection, method: str, url: str, *args: Any, **kwargs: Any) -> None:
        last[:] = [f"{method} {url}"]
        reached(Place.BYTES, When.BEFORE, last[0])
        write(self, method, url, *args, **kwargs)
        reached(Place.BYTES, When.AFTER, last[0])

    def getresponse(self: HTTPConnection) -> Any:
        answer = read(self)
        reached(Place.ANSWER, When.BEFORE, last[0])
        return answer

    HTTPConnection.request = request  # type: ignore[method-assign]
    HTTPConnection.getresponse = getresponse  # type: ignore[method-assign]


class Watched(Outbound):
    def __init__(self, reached: Reached, **options: Any) -> None:
        super().__init__(**options)
        self._reached = reached

    def request(self, method: str, url: str, **options: Any) -> Response:
        answer = super().request(method, url, **options)
        self._reached(Place.ANSWER, When.AFTER, f"{method} /{url.split('/', 3)[3]}")
        return answer


def run(job: Json) -> None:
    """`does`: "chain", "poll", "webhook" (with `body` and `headers`) or "reverse" (with `records`).

    The chain goes on until nothing is due, in so many rounds at most: where the machine was slow, or stood still, and
    a stage stopped for it, the process would else end before it came to where it is to die.
    """
    hook = Hook(Place(job["place"]), tuple(job["marks"])) if job.get("place") else None
    reached = reaching(hook, job.get("when", ""))
    database = Database(job["database"])
    watch_commits(database.engine, reached)
    watch_bytes(reached)
    outbound = Watched(reached, trusted_hosts=frozenset(job["hosts"]), ca_bundle=job["ca"])
    runtime = Runtime(database, Vault([KEY]), outbound, quiet_seconds=job.get("quiet_seconds", 0))
    with time_machine.travel(job["clock"]) if job.get("clock") else _as_it_is():
        _do(runtime, job)


class _as_it_is:  # noqa: N801 - reads as the context manager it is
    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None: ...


def _do(runtime: Runtime, job: Json) -> None:
    if job["does"] == "webhook":
        web = create_app(runtime, redis_url="redis://127.0.0.1:1/0", wake=lambda _: None).test_client()
        answer = web.post("/webhooks/brex/acme", data=job["body"].encode(), headers=job["headers"])
        assert answer.status_code == job.get("status", 200), answer.status_code
    elif job["does"] == "poll":
        connection = runtime.connection(job["connection"])
        assert connection is not None
        assert poll.run(runtime, connection) is not None
    elif job["does"] == "reverse":
        connection = runtime.connection(job["connection"])
        assert connection is not None
        people.reverse(runtime, connection, actor="person:dana", reason="booked twice", record_ids=job["records"])
    else:
        connection = runtime.connection(job["connection"])
        assert connection is not None
        run_until_quiet(runtime, connection)


def _tell(**words: int) -> None:
    sys.stdout.write(json.dumps(words) + "\n")
    sys.stdout.flush()


def serve() -> None:
    """A job a line; two lines in return: the process's id, and how it ended (0, or minus the signal)."""
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            code = 1
            try:
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
                run(json.loads(line))
                code = 0
            except BaseException:
                sys.excepthook(*sys.exc_info())
            finally:
                sys.stderr.flush()
                os._exit(code)
        _tell(pid=child)
        _tell(ended=os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))


if __name__ == "__main__":
    serve()
