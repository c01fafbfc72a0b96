"""The environment, read once and checked whole: `load()` gives `Settings` or names every mistake.

Nothing here ever repeats a value that may hold a secret: not in an error, not in a repr.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit

from cryptography.fernet import Fernet
from pydantic import AfterValidator, BaseModel, Field, ValidationError

from connector.embedded import state

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
NEW_KEY = (
    'python -c "from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())"'
    " prints a new one"
)


class BadSettings(ValueError):
    """The environment is wrong or incomplete; `mistakes` has one sentence for each, all of them."""

    def __init__(self, mistakes: list[str]) -> None:
        super().__init__("\n".join(mistakes))
        self.mistakes = mistakes


@dataclass(frozen=True, slots=True)
class Settings:
    """What every process needs to know. `secret_keys`: Fernet keys, the first one encrypts."""

    database_url: str = field(repr=False)  # always postgresql+psycopg2://
    redis_url: str = field(repr=False)  # redis:// or rediss:// (then with ssl_cert_reqs spelt out)
    secret_keys: tuple[str, ...] = field(repr=False)
    port: int
    public_url: str | None  # without a slash at the end
    trusted_hosts: frozenset[str]  # "host:port"
    proxy: str | None = field(repr=False)  # may hold a password
    ca_bundle: str | None
    quiet_seconds: float
    home: Path  # absolute


def load(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the environment (or the mapping given). A variable that is empty counts as unset.

    Where DATABASE_URL or REDIS_URL is unset, the embedded service running for CONNECTOR_HOME takes its place; with
    the embedded database come the outbound settings that its server runs with.
    Raises `BadSettings`.
    """
    environ = os.environ if environ is None else environ
    given = {name: value.strip() for name, value in environ.items() if name in _NAMES and value.strip()}
    if "DATABASE_URL" not in given:
        # Beside an embedded server its world counts: a bundle for the whole machine knows nothing of its hosts.
        given |= state.surroundings(home_of(environ))
    try:
        variables, mistakes = _Variables.model_validate(given), list[str]()
    except ValidationError as error:
        # Judge the rest as if the wrong ones were right, so that all mistakes are told at once.
        mistakes = [f"{item['loc'][0]} {_reason(item)}" for item in error.errors(include_input=False)]
        wrong = {item["loc"][0] for item in error.errors(include_input=False)}
        variables = _Variables.model_validate({k: v for k, v in given.items() if k not in wrong})
    home = Path(variables.home).absolute()
    found = _embedded(home, [name for name in ("DATABASE_URL", "REDIS_URL") if name not in given], mistakes)
    if not variables.secret_keys and "CONNECTOR_SECRET_KEYS" not in given:
        variables.secret_keys = _own_keys(home, "DATABASE_URL" in given, "DATABASE_URL" in found, mistakes)
    if mistakes:
        raise BadSettings(mistakes)
    return Settings(
        database_url=variables.database_url or found["DATABASE_URL"],
        redis_url=_verified(variables.redis_url, "DYNO" in environ)
        if variables.redis_url
        else found["REDIS_URL"],
        secret_keys=variables.secret_keys,
        port=variables.port,
        public_url=variables.public_url,
        trusted_hosts=variables.trusted_hosts,
        proxy=variables.proxy,
        ca_bundle=variables.ca_bundle,
        quiet_seconds=variables.quiet_seconds,
        home=home,
    )


def home_of(environ: Mapping[str, str]) -> Path:
    """CONNECTOR_HOME, absolute: by default `var` in the folder we stand in (the project's)."""
    return Path(environ.get("CONNECTOR_HOME", "").strip() or "var").absolute()


def _embedded(home: Path, wanted: list[str], mistakes: list[str]) -> dict[str, str]:
    """The URLs of the services that `script/server` runs for this home; a mistake for each missing one."""
    running = state.running(home) if wanted else {}
    missing = [name for name in wanted if name not in running]
    mistakes.extend(
        f"{name} is not set and no embedded service runs for {home}: start script/server, run this in the "
        f"project's folder (or set CONNECTOR_HOME to the server's), or set {name}."
        for name in missing
    )
    return running


def _own_keys(home: Path, own_database: bool, running: bool, mistakes: list[str]) -> tuple[str, ...]:
    """The keys generated beside the embedded database; a database of one's own needs keys of one's own."""
    if own_database:
        mistakes.append(
            "CONNECTOR_SECRET_KEYS is not set; it encrypts the stored credentials. Set it to one or more "
            f"Fernet keys, comma-separated, the first one encrypts ({NEW_KEY}), and keep it safe."
        )
    elif running:
        try:
            return _fernet_keys(",".join(state.secret_keys(home)))
        except ValueError as error:
            mistakes.append(f"{state.keys_file(home)} {error}. Put back the file that was there.")
    return ()


def _verified(url: str, on_heroku: bool) -> str:
    """Say in a rediss:// URL how its certificate is checked: kombu and redis-py differ in what they assume.

    Heroku's Key-Value Store shows a certificate signed by itself, so there (DYNO is set by Heroku) the line
    is encrypted and unverified; the broker carries ids and wake-ups, never a credential. Everywhere else the
    certificate is verified. A URL that says ssl_cert_reqs itself is left alone.
    """
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    if parts.scheme == "rediss" and "ssl_cert_reqs" not in query:
        query["ssl_cert_reqs"] = "none" if on_heroku else "required"
    return parts._replace(query=urlencode(query)).geturl()


# -- what each variable must look like; a message continues the sentence that the variable's name begins --


def _split(value: str, example: str) -> SplitResult:
    try:
        url = urlsplit(value)
        url.port  # noqa: B018  reading it is what checks it
    except ValueError:
        raise ValueError(f"is not a URL; it should look like {example}") from None
    return url


def _database(value: str) -> str:
    example = "postgres://user:password@host:5432/database"
    url = _split(value, example)
    if url.scheme not in {"postgres", "postgresql", "postgresql+psycopg2"}:
        raise ValueError(f"is not a PostgreSQL URL; it should look like {example}")
    if not url.path.strip("/"):
        raise ValueError(f"names no database; it should look like {example}")
    # SQLAlchemy refuses postgres:// and takes psycopg 3 for postgresql://.
    return value.replace(f"{url.scheme}://", "postgresql+psycopg2://", 1)


def _redis(value: str) -> str:
    example = "redis://:password@host:6379/0 (rediss:// for TLS)"
    url = _split(value, example)
    if url.scheme not in {"redis", "rediss"} or not url.hostname:
        raise ValueError(f"is not a Redis URL; it should look like {example}")
    query = dict(parse_qsl(url.query))
    if "protocol" in query:  # kombu passes it on to a constructor that does not know it
        raise ValueError("must not say protocol=…: Celery cannot use it; take that part out")
    if query.get("ssl_cert_reqs", "none") not in {"none", "optional", "required"}:
        raise ValueError("says an unknown ssl_cert_reqs; it can be none, optional or required")
    return value


def _fernet_keys(value: str) -> tuple[str, ...]:
    keys = tuple(key for key in (part.strip() for part in value.split(",")) if key)
    if not keys:
        raise ValueError(f"holds no key; each must be a Fernet key ({NEW_KEY})")
    for position, key in enumerate(keys, start=1):
        try:
            Fernet(key)
        except ValueError:
            raise ValueError(
                f"has a wrong key at place {position} of {len(keys)}: each must be a Fernet key, 44 characters "
                f"of URL-safe base64 ({NEW_KEY})"
            ) from None
    return keys


def _public_url(value: str) -> str:
    example = "https://connector.example.com"
    url = _split(value, example)
    local = url.scheme == "http" and url.hostname in LOOPBACK
    if not url.hostname or not (url.scheme == "https" or local) or url.query or url.fragment or url.username:
        raise ValueError(f"must be an https URL where Brex reaches the web process, such as {example}")
    return value.rstrip("/")


def _hosts(value: str) -> frozenset[str]:
    hosts = [part.strip().lower() for part in value.split(",") if part.strip()]
    for host in hosts:
        url = _split(f"//{host}", "host:8443,other:443")
        if not url.hostname or not url.port or url.path or url.username or url.query:
            raise ValueError("must be a comma-separated list of host:port, such as host:8443,other:443")
    return frozenset(hosts)


def _proxy(value: str) -> str:
    url = _split(value, "http://proxy:3128")
    if url.scheme not in {"http", "https"} or not url.hostname:
        raise ValueError("must be a URL such as http://proxy:3128")
    return value


def _existing(value: str) -> str:
    if not Path(value).exists():
        raise ValueError("names a file that is not there; it must be a file of CA certificates (PEM)")
    return str(Path(value).absolute())


def _reason(item: Any) -> str:
    bounds: dict[str, Callable[[], str]] = {
        "port": lambda: "must be a port number, 1 to 65535.",
        "quiet_seconds": lambda: "must be a number of seconds, 0 to 86400 (10 minutes, 600, is the default).",
    }
    if item["type"] == "value_error":
        return f"{item['ctx']['error']}."
    return bounds[_NAMES[item["loc"][0]]]()


class _Variables(BaseModel):
    database_url: Annotated[str, AfterValidator(_database)] | None = Field(None, alias="DATABASE_URL")
    redis_url: Annotated[str, AfterValidator(_redis)] | None = Field(None, alias="REDIS_URL")
    secret_keys: Annotated[Any, AfterValidator(_fernet_keys)] = Field((), alias="CONNECTOR_SECRET_KEYS")
    port: int = Field(8000, alias="PORT", ge=1, le=65535)
    public_url: Annotated[str, AfterValidator(_public_url)] | None = Field(None, alias="CONNECTOR_PUBLIC_URL")
    trusted_hosts: Annotated[Any, AfterValidator(_hosts)] = Field(
        frozenset(), alias="CONNECTOR_TRUSTED_HOSTS"
    )
    proxy: Annotated[str, AfterValidator(_proxy)] | None = Field(None, alias="CONNECTOR_PROXY")
    ca_bundle: Annotated[str, AfterValidator(_existing)] | None = Field(None, alias="REQUESTS_CA_BUNDLE")
    quiet_seconds: float = Field(600, alias="CONNECTOR_QUIET_SECONDS", ge=0, le=86400, allow_inf_nan=False)
    home: str = Field("var", alias="CONNECTOR_HOME")


_NAMES = {str(info.alias): name for name, info in _Variables.model_fields.items()}
