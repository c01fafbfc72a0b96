"""Rules that hold for every route, every queue and every task, also the ones written later."""

import inspect
from pathlib import Path

import pytest
from celery import Task
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from connector.embedded.runner import procfile
from connector.pipeline import stages
from connector.store.connections import Connection
from tasks.app import app as celery
from tasks.base import PipelineTask

ROOT = Path(__file__).parents[2]

# Every route not listed here must answer 401 to whoever is a stranger.
OPEN = {
    "/health/live": "platforms ask whether the process answers",
    "/health/ready": "platforms ask whether it may be sent traffic",
    "/metrics": "Prometheus reads numbers and connections' names, never content",
}


def routes(client: FlaskClient) -> list[Rule]:
    return list(client.application.url_map.iter_rules())


def test_every_route_is_signed_or_on_the_list(client: FlaskClient, connection: Connection) -> None:
    guarded = [rule for rule in routes(client) if rule.rule not in OPEN]
    assert guarded
    for rule in guarded:
        for method in (rule.methods or set()) - {"OPTIONS", "HEAD"}:
            url = rule.rule.replace("<name>", connection.name)
            assert "<" not in url, "a new kind of route: say here how a stranger would call it"
            assert client.open(url, method=method, data=b"{}").status_code == 401, f"{method} {url}"


def test_the_list_of_open_routes_names_no_others(client: FlaskClient) -> None:
    assert OPEN.keys() == {rule.rule for rule in routes(client)} & OPEN.keys()
    open_methods = {method for rule in routes(client) if rule.rule in OPEN for method in rule.methods or ()}
    assert open_methods == {"GET", "HEAD", "OPTIONS"}


@pytest.fixture
def tasks() -> dict[str, Task]:
    """Every task of ours, as a worker has them."""
    celery.loader.import_default_modules()
    return {name: task for name, task in celery.tasks.items() if not name.startswith("celery.")}


def test_every_queue_has_a_consumer_and_every_task_a_queue(tasks: dict[str, Task]) -> None:
    worker = procfile((ROOT / "Procfile").read_text(encoding="utf-8"))["worker"].split()
    consumed = set(worker[worker.index("--queues") + 1].split(","))
    assert consumed == set(celery.conf.task_queues) == set(celery.amqp.queues)
    for name in tasks:
        assert celery.amqp.router.route({}, name)["queue"].name in consumed, name


def test_the_chain_sends_tasks_that_exist(tasks: dict[str, Task]) -> None:
    assert {f"tasks.chain.{stage}" for stage in stages.CHAIN} == {
        name for name in tasks if name.startswith("tasks.chain.")
    }


def test_every_tick_of_beat_is_a_task_that_exists(tasks: dict[str, Task]) -> None:
    entries = celery.conf.beat_schedule.values()
    assert "tasks.schedule.sweep" in {entry["task"] for entry in entries}
    for entry in entries:
        assert entry["task"] in tasks
        assert entry["options"]["expires"] < entry["schedule"], "a tick that is late is worth nothing"
        assert not inspect.signature(tasks[entry["task"]].run).parameters


def test_tasks_carry_ids_and_nothing_else(tasks: dict[str, Task]) -> None:
    for name, task in tasks.items():
        for parameter in inspect.signature(task.run).parameters.values():
            assert parameter.name == "id" or parameter.name.endswith("_id"), name
            assert parameter.annotation is int, name


def test_every_task_is_one_of_the_base_class_and_keeps_its_policy(tasks: dict[str, Task]) -> None:
    for name, task in tasks.items():
        assert isinstance(task, PipelineTask), name
        assert (task.acks_late, task.reject_on_worker_lost, task.ignore_result) == (True, True, True), name
        assert not getattr(task, "autoretry_for", ()), name
