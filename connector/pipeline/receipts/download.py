"""One receipt, fetched from a link that Brex has just given: from allowed hosts alone, bounded, and what it says it is.

Nothing of ours goes along, no redirect is followed, no private address is connected to (`connector.outbound`), and what
came is judged by its own bytes. Links live 15 minutes (Brex) and open the receipt to anyone: they are not kept, logged
or shown.
"""

import hashlib
from dataclasses import dataclass
from typing import Any, Final

from connector.domain import filetype
from connector.outbound.errors import HostNotAllowed, NoAnswer, OutboundError, TooLarge
from connector.outbound.session import Outbound, Response

SECONDS: Final = 60.0  # for the whole download, whatever trickles
_MEGABYTE: Final = 2**20


@dataclass(frozen=True, slots=True)
class File:
    content: bytes
    extension: str

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


class NotNow(Exception):
    """It may go better later; `str()` says why."""


class Never(Exception):
    """It is not to be attached, whatever is tried; `str()` says why."""


def link(item: dict[str, Any] | None, receipt_id: str) -> str:
    """The link to the receipt in a record that was just read. Raises `NotNow` where there is none."""
    if item is None:
        raise NotNow("Brex does not show its record")
    receipts = item.get("receipts")
    for receipt in receipts if isinstance(receipts, list) else ():
        if isinstance(receipt, dict) and receipt.get("id") == receipt_id:
            uris = receipt.get("download_uris")
            found = [uri for uri in uris if isinstance(uri, str) and uri] if isinstance(uris, list) else []
            if not found:
                raise NotNow("Brex gives no link to it")
            return found[0]
    raise NotNow("Brex no longer shows it with its record")


def fetch(outbound: Outbound, url: str, most_megabytes: int) -> File:
    """Raises `NotNow` and `Never`."""
    try:
        response = outbound.request("GET", url, seconds=SECONDS, max_bytes=most_megabytes * _MEGABYTE, download=True)
    except TooLarge:
        raise Never(f"it is larger than {most_megabytes} MB") from None
    except HostNotAllowed as error:
        raise Never(f"its link leads to where no receipts are: {error}") from None
    except NoAnswer as error:
        raise NotNow(str(error)) from None
    except OutboundError as error:
        raise NotNow(str(error)) from None
    return _judged(response)


def _judged(response: Response) -> File:
    status = response.status
    if 300 <= status < 400:
        raise Never("its link leads on to another place, and redirects are not followed")
    if status in (400, 401, 403, 404, 410):
        raise NotNow(f"its link is not valid any more ({status})")
    if status != 200:
        raise NotNow(f"the download was answered {status}")
    extension = filetype.accepted(response.body)
    if not extension:
        raise Never(f"it is {filetype.named(response.body)}, not a PDF or a picture")
    return File(response.body, extension)
