"""The first three rungs to any host: its name, its certificate, and an HTTP answer from it."""

from typing import Final
from urllib.parse import urlsplit

from connector.outbound.errors import HostNotAllowed, OutboundError
from connector.outbound.session import Outbound
from connector.pipeline.ping.rung import NEW_FILE, Ladder, Rung

RUNGS: Final = ("dns", "tls", "host")
SECONDS: Final = 30.0
_MISTRUST: Final = (
    "where a proxy on the way opens TLS, give its authority in REQUESTS_CA_BUNDLE; otherwise do not go on: somebody "
    "else may answer in the host's name"
)


def reach(outbound: Outbound, ladder: Ladder, url: str, setting: str, prefix: str = "") -> list[Rung]:
    """One call without credentials, told as three rungs; the last is green where the host speaks HTTP.

    `setting` names the setting the URL comes from, `prefix` goes before the rungs' names. Any status under 500 is
    an answer: what it is worth is for the rungs that follow.
    """
    steps = _Steps(ladder, url, setting, prefix)
    try:
        answer = outbound.request("GET", url, seconds=SECONDS)
    except OutboundError as error:
        return steps.unreached(error)
    if answer.status >= 500:
        fix = "try again in a few minutes; the service or a gateway before it is out of order"
        return [*steps.before, steps.red(2, f"{steps.host} answers {answer.status}", fix)]
    if b"Invalid Hostname" in answer.body:
        fix = f"correct {setting} to the environment's own URL: {NEW_FILE}"
        return [*steps.before, steps.red(2, f"no environment answers under the name {steps.host}", fix)]
    return [*steps.before, ladder.green(steps.names[2], steps.tried[2], f"{steps.host} answers")]


class _Steps:
    """The three rungs of one URL."""

    def __init__(self, ladder: Ladder, url: str, setting: str, prefix: str) -> None:
        self.ladder, self.setting = ladder, setting
        self.host = urlsplit(url).hostname or url
        port = urlsplit(url).port or 443
        self.firewall = f"let this machine reach it on port {port}: look at the firewall, or at CONNECTOR_PROXY"
        self.names = [f"{prefix}{one}" for one in RUNGS]
        self.tried = [f"the address of {self.host}", f"TLS with {self.host}", f"GET {url} without credentials"]
        self.before = [
            ladder.green(self.names[0], self.tried[0], f"{self.host} has an address"),
            ladder.green(self.names[1], self.tried[1], "its certificate is good"),
        ]

    def red(self, step: int, sentence: str, fix: str) -> Rung:
        return self.ladder.red(self.names[step], self.tried[step], sentence, fix)

    def unreached(self, error: OutboundError) -> list[Rung]:
        _, tls, last = self.names
        if isinstance(error, HostNotAllowed):
            fix = f"correct {self.setting}, or, where that host is meant, add host:port to CONNECTOR_TRUSTED_HOSTS"
            return [self.red(0, str(error), fix), *self.ladder.skipped(tls, last)]
        if error.stage == "name":
            fix = f"correct {self.setting}, or look at this machine's DNS"
            return [self.red(0, str(error), fix), *self.ladder.skipped(tls, last)]
        if error.stage == "tls":
            return [self.before[0], self.red(1, str(error), _MISTRUST), *self.ladder.skipped(last)]
        if error.stage == "answer":
            return [*self.before, self.red(2, str(error), "try again in a few minutes")]
        return [self.before[0], *self.ladder.skipped(tls), self.red(2, str(error), self.firewall)]
