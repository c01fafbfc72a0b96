"""Whom the embedded servers run as, and which folders that account can enter.

PostgreSQL refuses to run as root. Started by root, the servers run as `nobody`: then their data and their
programs must lie where `nobody` can go, and a home below a 0700 folder (root's own, say) is no such place.
No folder that exists already is ever opened wider for it.
"""

import hashlib
import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path

from connector.embedded import state
from connector.embedded.errors import CannotStart

NAME = "brex-d365-connector"
VAR_LIB = Path("/var/lib")  # not /tmp: what lies there is cleaned away, and anyone can take the name first


@dataclass(frozen=True, slots=True)
class Account:
    uid: int
    gid: int

    def owns(self, path: Path) -> None:
        os.chown(path, self.uid, self.gid)

    def may(self, path: Path, execute: bool) -> bool:
        """Whether it may read (or enter, or run) this one file or folder. Access lists are not looked at."""
        about = path.stat()
        shift = 6 if about.st_uid == self.uid else 3 if about.st_gid == self.gid else 0
        return bool(about.st_mode >> shift & (stat.S_IXOTH if execute else stat.S_IROTH))

    def reaches(self, path: Path) -> bool:
        """Whether it may enter every folder on the way to this folder, and the folder."""
        path = path.resolve()
        return all(self.may(folder, execute=True) for folder in (path, *path.parents))


def server_account() -> Account | None:
    """`nobody` where we are root; None: as ourselves."""
    if os.geteuid() != 0:
        return None
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        return Account(65534, 65534)
    return Account(nobody.pw_uid, nobody.pw_gid)


def place_for(home: Path, account: Account | None, elsewhere: Path = VAR_LIB) -> Path:
    """The folder for the servers' data: the home, or one below /var/lib where `nobody` cannot enter the home.

    The choice is made once and kept in the home: data must not seem lost because a folder's mode changed.
    A home that was copied does not share the data of the one it was copied from.
    """
    note = home / "place.json"
    kept = state.read(note)
    if kept and (kept["home"] == str(home) or state.read(Path(kept["home"]) / "place.json") != kept):
        place = Path(kept["place"]) if kept["place"] != kept["home"] else home
    elif account is None or account.reaches(home):
        place = home
    else:
        place = _new_place(home, elsewhere)
    state.write(note, {"home": str(home), "place": str(place)})
    if account is not None and place.exists() and not account.reaches(place):
        raise CannotStart(
            f"The data of the embedded database lie in {place}, which the account `nobody` (it runs the "
            "database where root starts it) can no longer enter: give every folder on that path o+x again."
        )
    make_folder(place, account)
    return place


def make_folder(path: Path, account: Account | None) -> None:
    """Make a folder that we can list and the account, too, can enter; leave one that is there alone."""
    if not path.exists():
        path.mkdir(parents=True)
        path.chmod(0o700 if account is None else 0o711)  # whatever the umask


def _new_place(home: Path, elsewhere: Path) -> Path:
    """A folder not there yet: what lies under a name already is the data of a home that is gone."""
    name = f"{NAME}-{hashlib.sha256(str(home).encode()).hexdigest()[:10]}"
    candidates = (elsewhere / (name if number == 1 else f"{name}-{number}") for number in range(1, 1000))
    return next(path for path in candidates if not path.exists())
