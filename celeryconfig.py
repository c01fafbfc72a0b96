"""Celery's settings, for `config_from_object("celeryconfig")`.

Wake-ups, not promises: what is due stands in PostgreSQL, the broker may lose everything, and a task (ids
only) may run twice at once, late or never.
"""

from typing import Any

from connector import settings


def __getattr__(name: str) -> Any:
    """The broker's URL, when it is first needed: importing a task must not need a broker."""
    if name == "broker_url":
        return settings.load().redis_url
    raise AttributeError(name)


# Each with an exchange and a key of its own: left out, a queue takes the default queue's, and its messages.
task_queues = {name: {"exchange": name, "routing_key": name} for name in ("pipeline", "schedule")}
task_default_queue = "pipeline"
task_create_missing_queues = False  # a misspelt queue is an error, not a queue that nobody reads
task_routes = {"tasks.schedule.*": {"queue": "schedule"}}

# A task is acknowledged when it is done, given back when its process dies, and taken one at a time.
task_acks_late = True
task_reject_on_worker_lost = True
worker_prefetch_multiplier = 1
worker_cancel_long_running_tasks_on_connection_loss = False  # it may be in the middle of a send

# No stage works longer than a minute, no countdown is longer than two; past the visibility timeout a message
# is handed out again, so it must exceed both. The restore settings spare the minute and more that comes on
# top.
VISIBILITY_SECONDS = 600
task_time_limit = 300  # a task that hangs all the same is killed; the sweep wakes its work again

# Publishing must neither hang nor insist: the receiver answers within a second, whatever the broker does.
broker_transport_options = {
    "visibility_timeout": VISIBILITY_SECONDS,
    "unacked_restore_interval": 10,
    "unacked_restore_throttle": 1,
    "socket_connect_timeout": 1,
    "socket_timeout": 1,
    "socket_keepalive": True,
    "max_retries": 0,
    "interval_start": 0,
}
task_publish_retry = False
broker_connection_retry_on_startup = True
broker_connection_max_retries = None  # a worker waits for its broker for ever

# A deploy cuts nothing off: running tasks get this long (a platform kills after 30 s). An idle worker ends at
# once: with soft shutdown on idle it sleeps the whole time, and a message lost in that moment is woken again
# anyway.
worker_soft_shutdown_timeout = 15
worker_enable_soft_shutdown_on_idle = False

# Static ticks only, kept in memory: two beats, or none for a while, do no harm. A tick that could not be delivered
# in time is worth nothing: the next one does the same. Here and not beside the task: beat reads its schedule
# before it imports a task.
beat_scheduler = "celery.beat:Scheduler"
beat_schedule = {
    "sweep": {"task": "tasks.schedule.sweep", "schedule": 60.0, "options": {"expires": 50.0}},
    "checks": {"task": "tasks.schedule.checks", "schedule": 1800.0, "options": {"expires": 1700.0}},
    "vendors": {"task": "tasks.schedule.vendors", "schedule": 600.0, "options": {"expires": 500.0}},
    "tokens": {"task": "tasks.schedule.tokens", "schedule": 3600.0, "options": {"expires": 3000.0}},
}
timezone = "UTC"
enable_utc = True

task_ignore_result = True
task_serializer = "json"
accept_content = ["json"]
worker_hijack_root_logger = False
worker_send_task_events = False
