"""Asking before something that cannot be undone."""

import sys

import typer

from connector.cli.failures import Failure


def confirm(question: str) -> None:
    """Goes on only for a yes. Raises `typer.Abort`, and `Failure` where there was no terminal to answer on."""
    try:
        typer.confirm(question, abort=True, err=True)
    except typer.Abort:
        if sys.stdin.isatty():
            raise
        raise Failure("Not confirmed, so nothing was done. Without a terminal, --yes says so.") from None
