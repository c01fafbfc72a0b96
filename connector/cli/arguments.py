"""The arguments and options that several commands share."""

from datetime import date
from typing import Annotated

import typer

from connector.domain.problems import PROBLEMS
from connector.domain.stages import Stage


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise typer.BadParameter(f'"{text}" is not a date such as 2026-11-30.') from None


def _code(text: str) -> str:
    code = text.strip().upper()
    if code not in PROBLEMS:
        raise typer.BadParameter(f'"{text}" is not a problem code such as MAP-ACCOUNT-UNMAPPED.')
    return code


def _stage(text: str) -> Stage:
    try:
        return Stage(text.strip().lower())
    except ValueError:
        raise typer.BadParameter(f'"{text}" is no stage; the stages are {", ".join(Stage)}.') from None


def day_option(name: str, help_: str) -> typer.models.OptionInfo:
    option: typer.models.OptionInfo = typer.Option(name, parser=_day, metavar="DATE", help=help_, show_default=False)
    return option


Name = Annotated[str, typer.Argument(metavar="NAME", help="The connection's name.", show_default=False)]
MaybeName = Annotated[str | None, typer.Argument(metavar="NAME", help="Only this connection.", show_default=False)]
RecordId = Annotated[str, typer.Argument(metavar="RECORD_ID", help="The record's id in Brex.", show_default=False)]
RecordIds = Annotated[list[str] | None, typer.Argument(metavar="RECORD_ID", help="These records.", show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
StageOption = Annotated[
    Stage | None,
    typer.Option("--stage", parser=_stage, metavar="STAGE", help=f"Records in this stage: {', '.join(Stage)}.",
                 show_default=False),
]  # fmt: skip
ProblemOption = Annotated[
    str | None,
    typer.Option("--problem", parser=_code, metavar="CODE", help="Records held for this problem.", show_default=False),
]
