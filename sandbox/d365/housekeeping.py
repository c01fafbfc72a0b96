"""Changes to journals and set-up that no OData client makes: moving, splitting, deleting, other formats."""

from sandbox.d365 import dimensions, forms, journals, line_values, lines, vouchers
from sandbox.d365.display import DELIMITERS, join
from sandbox.d365.environment import Environment
from sandbox.d365.tables import Row


def move(environment: Environment, header: Row, moved: list[Row]) -> Row:
    """Move lines to a new journal of the same name; they keep their vouchers and get new line numbers.

    Fact: Transfer errors, and the splitting of long journals, do so (Microsoft, posting-performance.md).
    """
    company = header.values["dataAreaId"]
    copied = ("JournalName", "Description", "PostingLayer", "dataAreaId")
    values = {prop: header.values[prop] for prop in copied}
    number = journals.new_number(environment, company)
    hidden = journals.fresh(forms.of(header), header.hidden.get("extra"))
    hidden |= {"parent": header.values["JournalBatchNumber"]}
    new = environment.tables.insert(journals.SET, values | {"JournalBatchNumber": number}, hidden)
    arrived = [
        environment.tables.update(row, {"JournalBatchNumber": number, "LineNumber": position})
        for position, row in enumerate(moved, start=1)
    ]
    lines.recount(environment, header, removed=moved)
    return lines.recount(environment, new, {"next_line": len(arrived) + 1}, added=arrived)


def split_voucher(environment: Environment, line: Row) -> str:
    header = _header(environment, line)
    voucher = vouchers.next_number(environment, journals.name_of(environment, header))
    environment.tables.update(line, {"Voucher": voucher})
    return voucher


def remove_line(environment: Environment, line: Row) -> None:
    """A line disappears, whatever state its journal is in."""
    environment.tables.delete(line)
    lines.recount(environment, _header(environment, line), removed=[line])


def set_delimiter(environment: Environment, name: str) -> None:
    if name not in DELIMITERS:
        raise KeyError(name)
    tables = environment.tables
    with tables.transaction():
        formats = {
            row.record_id: dimensions.segments_of(tables, row) for row in tables.rows("DimensionIntegrationFormats")
        }
        for row in tables.rows("DimensionParameters"):
            tables.update(row, {"DimensionSegmentDelimiter": name})
        for row in tables.rows("DimensionIntegrationFormats"):
            shown = join(formats[row.record_id], DELIMITERS[name])
            tables.update(row, {"FinancialDimensionFormat": shown})
        _show_lines_again(environment)


def set_format(environment: Environment, kind: str, segments: list[str] | None) -> None:
    """Fact: many formats may exist, one per type is active."""
    kinds = {"ledger": dimensions.LEDGER_FORMAT, "default": dimensions.DEFAULT_FORMAT}
    tables = environment.tables
    with tables.transaction():
        for row in tables.rows("DimensionIntegrationFormats"):
            if row.values["DimensionFormatType"] == kinds[kind]:
                tables.update(row, {"IsActive": "No"})
        if segments is None:
            return
        shown = join(segments, dimensions.delimiter(tables))
        values = {"DimensionFormatName": shown, "DimensionFormatType": kinds[kind]}
        row = tables.get("DimensionIntegrationFormats", **values) or tables.insert(
            "DimensionIntegrationFormats", values
        )
        tables.update(row, {"FinancialDimensionFormat": shown, "IsActive": "Yes"})
        _show_lines_again(environment)


def _show_lines_again(environment: Environment) -> None:
    for row in environment.tables.rows(lines.SET):
        environment.tables.update(row, line_values.show_again(environment, row))


def _header(environment: Environment, line: Row) -> Row:
    return journals.find(environment, line.values["dataAreaId"], line.values["JournalBatchNumber"])
