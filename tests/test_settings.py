"""The environment is checked whole, each mistake in a sentence that never repeats a secret."""

import base64
import socket
import subprocess
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from connector import settings
from connector.embedded import state

KEY = base64.urlsafe_b64encode(bytes(32)).decode()  # the same in every test process; it guards nothing
PASSWORD = "s3cret-pass"


def environment(**changes: str | None) -> dict[str, str]:
    """A right one, with changes; None takes a variable out."""
    right: dict[str, str | None] = {
        "DATABASE_URL": f"postgres://user:{PASSWORD}@db.example.com:5432/books",
        "REDIS_URL": f"redis://:{PASSWORD}@broker.example.com:6379/0",
        "CONNECTOR_SECRET_KEYS": KEY,
    }
    return {name: value for name, value in (right | changes).items() if value is not None}


def mistakes(**changes: str | None) -> list[str]:
    with pytest.raises(settings.BadSettings) as caught:
        settings.load(environment(**changes))
    return caught.value.mistakes


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg2"])
def test_every_way_to_write_a_postgres_url_names_the_driver_in_the_end(scheme: str) -> None:
    loaded = settings.load(environment(DATABASE_URL=f"{scheme}://u:p@h/d?sslmode=require"))
    assert loaded.database_url == "postgresql+psycopg2://u:p@h/d?sslmode=require"


def test_a_database_behind_a_socket_folder_is_taken() -> None:
    loaded = settings.load(environment(DATABASE_URL="postgresql:///books?host=/run/postgresql"))
    assert loaded.database_url == "postgresql+psycopg2:///books?host=/run/postgresql"


def test_a_plain_redis_url_stays_as_it_is() -> None:
    assert settings.load(environment(REDIS_URL="redis://:p@h:6379/2")).redis_url == "redis://:p@h:6379/2"


def test_tls_to_the_broker_is_verified() -> None:
    assert settings.load(environment(REDIS_URL="rediss://:p@h:6380")).redis_url == (
        "rediss://:p@h:6380?ssl_cert_reqs=required"
    )


def test_on_heroku_the_brokers_own_certificate_is_not_verified() -> None:
    loaded = settings.load(environment(REDIS_URL="rediss://:p@h:6380", DYNO="web.1"))
    assert loaded.redis_url == "rediss://:p@h:6380?ssl_cert_reqs=none"


def test_a_broker_url_that_says_how_to_verify_is_left_alone() -> None:
    url = "rediss://:p@h:6380?ssl_cert_reqs=required"
    assert settings.load(environment(REDIS_URL=url, DYNO="web.1")).redis_url == url


def test_the_defaults() -> None:
    loaded = settings.load(environment())
    assert (loaded.port, loaded.quiet_seconds, loaded.public_url, loaded.proxy, loaded.ca_bundle) == (
        8000,
        600,
        None,
        None,
        None,
    )
    assert loaded.trusted_hosts == frozenset()
    assert loaded.home == Path.cwd() / "var"


def test_an_empty_variable_counts_as_unset() -> None:
    assert settings.load(environment(PORT=" ", CONNECTOR_PROXY="")).port == 8000


def test_everything_set_is_read(tmp_path: Path) -> None:
    bundle = tmp_path / "ca.pem"
    bundle.touch()
    second = Fernet.generate_key().decode()
    loaded = settings.load(
        environment(
            CONNECTOR_SECRET_KEYS=f"{KEY}, {second},",
            PORT="5000",
            CONNECTOR_PUBLIC_URL="https://connector.example.com/",
            CONNECTOR_TRUSTED_HOSTS="Localhost:8443, 127.0.0.1:9443",
            CONNECTOR_PROXY="http://proxy:3128",
            REQUESTS_CA_BUNDLE=str(bundle),
            CONNECTOR_QUIET_SECONDS="12.5",
            CONNECTOR_HOME=str(tmp_path),
        )
    )
    assert loaded.secret_keys == (KEY, second)
    assert loaded.port == 5000
    assert loaded.public_url == "https://connector.example.com"
    assert loaded.trusted_hosts == {"localhost:8443", "127.0.0.1:9443"}
    assert loaded.proxy == "http://proxy:3128"
    assert loaded.ca_bundle == str(bundle)
    assert loaded.quiet_seconds == 12.5
    assert loaded.home == tmp_path


def test_a_relative_home_is_made_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert settings.load(environment(CONNECTOR_HOME="data")).home == tmp_path / "data"


@pytest.mark.parametrize(
    ("variable", "value", "says"),
    [
        ("DATABASE_URL", "mysql://u:s3cret-pass@h/d", "is not a PostgreSQL URL"),
        ("DATABASE_URL", "postgres://u:s3cret-pass@h", "names no database"),
        ("DATABASE_URL", "postgres://u@h:s3cret-pass/d", "is not a URL"),
        ("REDIS_URL", "http://:s3cret-pass@h", "is not a Redis URL"),
        ("REDIS_URL", "redis://:s3cret-pass@h?protocol=3", "must not say protocol"),
        ("REDIS_URL", "rediss://:s3cret-pass@h?ssl_cert_reqs=maybe", "says an unknown ssl_cert_reqs"),
        ("CONNECTOR_SECRET_KEYS", "s3cret-pass", "has a wrong key at place 1 of 1"),
        ("CONNECTOR_SECRET_KEYS", f"{KEY},s3cret-pass", "has a wrong key at place 2 of 2"),
        ("CONNECTOR_SECRET_KEYS", ",", "holds no key"),
        ("PORT", "s3cret-pass", "must be a port number"),
        ("PORT", "70000", "must be a port number"),
        ("CONNECTOR_PUBLIC_URL", "http://connector.example.com", "must be an https URL"),
        ("CONNECTOR_PUBLIC_URL", "https://u:s3cret-pass@connector.example.com", "must be an https URL"),
        ("CONNECTOR_TRUSTED_HOSTS", "s3cret-pass", "must be a comma-separated list of host:port"),
        ("CONNECTOR_TRUSTED_HOSTS", "h:1,https://h:2", "must be a comma-separated list of host:port"),
        ("CONNECTOR_PROXY", "socks5://u:s3cret-pass@h", "must be a URL such as http://proxy:3128"),
        ("REQUESTS_CA_BUNDLE", "/nowhere/s3cret-pass.pem", "names a file that is not there"),
        ("CONNECTOR_QUIET_SECONDS", "-1", "must be a number of seconds"),
        ("CONNECTOR_QUIET_SECONDS", "nan", "must be a number of seconds"),
        ("CONNECTOR_QUIET_SECONDS", "s3cret-pass", "must be a number of seconds"),
    ],
)
def test_a_wrong_value_is_named_with_its_mending_and_never_repeated(variable: str, value: str, says: str) -> None:
    told = mistakes(**{variable: value})
    assert len(told) == 1
    assert told[0].startswith(f"{variable} {says}")
    assert told[0].endswith(".")
    assert PASSWORD not in told[0]


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    told = mistakes(
        DATABASE_URL="x", REDIS_URL=None, CONNECTOR_SECRET_KEYS=None, PORT="0", CONNECTOR_HOME=str(tmp_path)
    )
    assert [sentence.split()[0] for sentence in told] == ["DATABASE_URL", "PORT", "REDIS_URL", "CONNECTOR_SECRET_KEYS"]


def test_a_database_of_ones_own_needs_keys_of_ones_own() -> None:
    assert mistakes(CONNECTOR_SECRET_KEYS=None)[0].startswith("CONNECTOR_SECRET_KEYS is not set")


def test_without_a_url_and_without_a_running_server_it_says_what_to_do(tmp_path: Path) -> None:
    (told,) = mistakes(DATABASE_URL=None, CONNECTOR_HOME=str(tmp_path))
    assert told == (
        f"DATABASE_URL is not set and no embedded service runs for {tmp_path}: start script/server, run this "
        "in the project's folder (or set CONNECTOR_HOME to the server's), or set DATABASE_URL."
    )


def told_by_a_process_that_ended(home: Path) -> None:
    """As if the process that announced the services had been killed since."""
    ended = subprocess.Popen(["/bin/sh", "-c", ":"])
    ended.wait()
    file = state.services_file(home)
    state.write(file, state.read(file) | {"pid": ended.pid})


def test_a_service_whose_server_was_killed_is_not_taken_for_a_running_one(tmp_path: Path) -> None:
    with socket.socket() as bound:  # so that nobody else listens there
        bound.bind(("127.0.0.1", 0))
        url = f"redis://:{PASSWORD}@127.0.0.1:{bound.getsockname()[1]}/0"
        state.announce(tmp_path, {"REDIS_URL": url}, {"CONNECTOR_QUIET_SECONDS": "5"})
        told_by_a_process_that_ended(tmp_path)
        (told,) = mistakes(REDIS_URL=None, CONNECTOR_HOME=str(tmp_path))
    assert told.startswith("REDIS_URL is not set and no embedded service runs")
    assert state.surroundings(tmp_path) == {}


def test_a_service_that_its_server_is_starting_again_is_there(tmp_path: Path) -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        url = f"redis://:{PASSWORD}@127.0.0.1:{bound.getsockname()[1]}/0"
        state.announce(tmp_path, {"REDIS_URL": url}, {})
        assert settings.load(environment(REDIS_URL=None, CONNECTOR_HOME=str(tmp_path))).redis_url == url


def test_services_that_outlived_their_server_are_enough(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as service:
        url = f"redis://127.0.0.1:{service.getsockname()[1]}/0"
        state.announce(tmp_path, {"REDIS_URL": url}, {})
        told_by_a_process_that_ended(tmp_path)
        assert settings.load(environment(REDIS_URL=None, CONNECTOR_HOME=str(tmp_path))).redis_url == url


def test_the_embedded_services_of_the_home_take_the_place_of_unset_urls(tmp_path: Path) -> None:
    state.write_private(state.keys_file(tmp_path), KEY)
    urls = {"DATABASE_URL": "postgresql+psycopg2://127.0.0.1:1/d", "REDIS_URL": "redis://127.0.0.1:1/0"}
    state.announce(tmp_path, urls, {})
    loaded = settings.load({"CONNECTOR_HOME": str(tmp_path)})
    assert (loaded.database_url, loaded.redis_url) == (urls["DATABASE_URL"], urls["REDIS_URL"])
    assert loaded.secret_keys == (KEY,)


def test_a_command_beside_a_server_sees_the_outbound_settings_of_that_server(tmp_path: Path) -> None:
    state.write_private(state.keys_file(tmp_path), KEY)
    urls = {"DATABASE_URL": "postgresql+psycopg2://127.0.0.1:1/d", "REDIS_URL": "redis://127.0.0.1:1/0"}
    state.announce(tmp_path, urls, {"CONNECTOR_TRUSTED_HOSTS": "h:1", "CONNECTOR_QUIET_SECONDS": "5", "PATH": "/"})
    loaded = settings.load({"CONNECTOR_HOME": str(tmp_path), "CONNECTOR_QUIET_SECONDS": "7"})
    assert (loaded.trusted_hosts, loaded.quiet_seconds) == ({"h:1"}, 5)


def test_lost_keys_of_the_embedded_database_are_not_passed_over(tmp_path: Path) -> None:
    state.announce(tmp_path, {"DATABASE_URL": "postgresql+psycopg2://127.0.0.1:1/d"}, {})
    told = mistakes(DATABASE_URL=None, CONNECTOR_SECRET_KEYS=None, CONNECTOR_HOME=str(tmp_path))
    assert told[0].startswith(f"{tmp_path / 'secret-keys'} holds no key")


def test_no_secret_shows_in_a_repr() -> None:
    shown = repr(settings.load(environment(CONNECTOR_PROXY=f"http://user:{PASSWORD}@proxy:3128")))
    assert PASSWORD not in shown
    assert KEY not in shown
