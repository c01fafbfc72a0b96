"""Which Python script/bootstrap takes, and what it says where there is none."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FALLBACKS = "/usr/local/bin/python3 /usr/bin/python3 /opt/homebrew/bin/python3"

# A stand-in for a Python: it answers the two questions that bootstrap asks, and tells when it is taken.
STAND_IN = """#!/bin/sh
case "$*" in
*version_info*) exit {old} ;;
*ensurepip*) exit {bare} ;;
*_install.py*) echo "taken: {name} for ${{3##* }}" ;;
esac
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with nothing but bootstrap, on a machine with no Python."""
    script = (ROOT / "script/bootstrap").read_text(encoding="utf-8")
    assert FALLBACKS in script
    (tmp_path / "script").mkdir()
    (tmp_path / "script/bootstrap").write_text(script.replace(FALLBACKS, ""), encoding="utf-8")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/dirname").symlink_to(shutil.which("dirname") or "")
    return tmp_path


@pytest.fixture
def python(project: Path) -> Callable[..., None]:
    def add(name: str, *, old: bool = False, bare: bool = False) -> None:
        path = project / "bin" / name
        path.write_text(STAND_IN.format(name=name, old=int(old), bare=int(bare)), encoding="utf-8")
        path.chmod(0o755)

    return add


def bootstrap(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = ["/bin/sh", str(project / "script/bootstrap"), *arguments]
    environ = {"PATH": str(project / "bin")}
    return subprocess.run(command, capture_output=True, text=True, env=environ, cwd="/", check=False)


def test_without_a_python_it_says_in_one_sentence_how_to_get_one(project: Path) -> None:
    done = bootstrap(project)
    assert done.returncode == 1
    assert done.stderr.startswith("Python 3.11 to 3.14 is needed: install it (Debian, Ubuntu: apt install")
    assert done.stderr.count("\n") == 1


def test_a_python_that_is_too_old_is_no_python(project: Path, python: Callable[..., None]) -> None:
    python("python3", old=True)
    assert bootstrap(project).stderr.startswith("Python 3.11 to 3.14 is needed")


def test_a_python_without_venv_is_said_with_the_package_that_is_missing(
    project: Path, python: Callable[..., None]
) -> None:
    python("python3.12", bare=True)
    done = bootstrap(project)
    assert done.returncode == 1
    assert done.stderr == (
        "python3.12 cannot make virtual environments: install its venv and pip "
        "(Debian, Ubuntu: apt install python3-venv).\n"
    )


def test_the_first_python_that_can_do_everything_is_taken(project: Path, python: Callable[..., None]) -> None:
    python("python3.14", old=True)  # a pyenv shim that does not run looks like this
    python("python3.13", bare=True)
    python("python3.12")
    python("python3")
    done = bootstrap(project, "test")
    assert (done.returncode, done.stdout) == (0, "taken: python3.12 for test\n")
