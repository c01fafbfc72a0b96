"""What a platform runs: structure that a later change must not lose."""

import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest
from celery import Celery

from connector.embedded.runner import procfile
from tasks.app import app as celery

ROOT = Path(__file__).parents[1]
LINES = procfile((ROOT / "Procfile").read_text(encoding="utf-8"))


def configured() -> Celery:
    app = Celery("structure")
    app.config_from_object("celeryconfig")
    return app


def option(line: str, name: str) -> str:
    match = re.search(rf"{name}[ =](\S+)", line)
    assert match, f"{name} is missing in: {line}"
    return match[1]


def test_there_is_a_release_a_web_process_a_worker_and_a_beat() -> None:
    assert set(LINES) == {"release", "web", "worker", "beat"}


@pytest.mark.parametrize("name", LINES)
def test_every_process_takes_the_place_of_its_shell(name: str) -> None:
    assert LINES[name].startswith("exec ")  # else a signal ends the shell and orphans the process


def test_the_worker_reads_every_queue_there_is() -> None:
    assert set(option(LINES["worker"], "--queues").split(",")) == set(configured().amqp.queues)


def test_every_task_goes_to_a_queue_of_its_own_exchange_that_is_read() -> None:
    celery.loader.import_default_modules()
    names = [name for name in celery.tasks if name.startswith("tasks.")]
    queues = {name: celery.amqp.router.route({}, name)["queue"] for name in names}
    assert {queue.name for queue in queues.values()} == {"pipeline", "schedule"}
    assert {name for name, queue in queues.items() if queue.name == "schedule"} == {
        name for name in names if name.startswith("tasks.schedule.")
    }
    assert all(queue.name == queue.exchange.name == queue.routing_key for queue in queues.values())


def test_a_stop_leaves_running_tasks_their_time_within_what_a_platform_grants() -> None:
    assert "REMAP_SIGTERM=SIGQUIT" in LINES["worker"]
    assert 10 <= configured().conf.worker_soft_shutdown_timeout <= 20


def test_a_task_is_handed_out_again_only_when_it_cannot_run_any_more() -> None:
    conf = configured().conf
    assert conf.broker_transport_options["visibility_timeout"] > conf.task_time_limit > 120
    assert (conf.task_acks_late, conf.task_reject_on_worker_lost, conf.worker_prefetch_multiplier) == (True, True, 1)


def test_beat_keeps_no_file_and_tells_the_time_in_utc() -> None:
    assert option(LINES["beat"], "--scheduler") == configured().conf.beat_scheduler == "celery.beat:Scheduler"
    assert configured().conf.enable_utc


def test_the_broker_is_asked_for_only_when_it_is_needed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CONNECTOR_HOME", str(tmp_path))
    monkeypatch.delenv("REDIS_URL", raising=False)
    importlib.reload(importlib.import_module("celeryconfig"))
    app = configured()
    assert app.conf.task_default_queue == "pipeline"
    with pytest.raises(ValueError, match="REDIS_URL is not set"):
        _ = app.conf.broker_url


def test_publishing_to_a_broker_that_is_away_fails_at_once_instead_of_waiting(tmp_path: Path) -> None:
    publish = (
        "from celery import Celery; import kombu.exceptions\n"
        "app = Celery('away'); app.config_from_object('celeryconfig'); app.conf.broker_url = 'redis://127.0.0.1:1/0'\n"
        "try: app.send_task('tasks.chain.fetch', args=[1])\n"
        "except kombu.exceptions.OperationalError: print('refused')"
    )
    done = subprocess.run(
        [sys.executable, "-c", publish], cwd=ROOT, capture_output=True, text=True, timeout=30, check=False
    )
    assert done.stdout == "refused\n"


@pytest.mark.parametrize("lock", ["requirements.txt", "requirements/embedded.txt", "requirements/test.txt"])
def test_every_locked_package_has_its_hashes_and_no_machine_of_its_own(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    pinned = re.findall(
        r"^([a-z0-9][a-z0-9._-]*(?:\[[a-z,]+\])?==\S+)(.*?\n)((?:    --hash=sha256:[0-9a-f]{64}.*\n)*)", text, re.M
    )
    assert len(pinned) > 50
    assert [name for name, _, hashes in pinned if not hashes] == []
    assert not re.search(r"https?://|file:|--find-links|--index-url|(^|\s)/", text)


def test_the_three_locks_agree() -> None:
    def versions(name: str) -> set[str]:
        return set(re.findall(r"^\S+==\S+", (ROOT / name).read_text(encoding="utf-8"), re.M))

    assert versions("requirements.txt") < versions("requirements/embedded.txt") < versions("requirements/test.txt")
