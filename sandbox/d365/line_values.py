"""What a journal line becomes of what was sent: checks, defaults, cuts.

Fact (Microsoft, odata.md): Clear, Initvalue, SetValue, Validatefield, Defaultrow, Validatewrite, Write; so
defaults are computed before the last check, and a field that was sent wins over its default, the empty one too.
"""

from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from sandbox.d365 import dimensions, periods
from sandbox.d365.accounts import NotAllowed, Side, resolve
from sandbox.d365.environment import Environment
from sandbox.d365.errors import Refusal, field_refused, must_be_filled, not_found_in, row_refused
from sandbox.d365.schema import NO_DATE, tidy
from sandbox.d365.tables import Row

TABLE: Final = "LedgerJournalLineEntity"
SOURCE: Final = "LedgerJournalTrans"

# Fact: Text is cut at 60 (live connector). Document holds 20 (general knowledge of F&O's tables).
CUT: Final = {"Text": 60, "OffsetText": 60, "Document": 20}

Values = dict[str, Any]


def refused(*messages: str) -> Refusal:
    return row_refused(TABLE, SOURCE, *messages)


def compose(environment: Environment, header: Row, name: Row, sent: Values) -> tuple[Values, dict[str, Any]]:
    """The line's values and what is hidden behind them. `sent` holds only the properties the client gave.

    Raises `Refusal`.
    """
    company = header.values["dataAreaId"]
    ledger = environment.tables.get("Ledgers", LegalEntityId=company)
    if ledger is None:
        raise refused(not_found_in("Company", company, "Ledger"))
    _check_simple(environment, ledger, company, sent)
    if environment.switches.refuses_document and sent.get("Document") == environment.switches.refuses_document:
        raise refused("The rules of this company do not allow it.")
    if environment.switches.fills_blanks:
        sent = {prop: value for prop, value in sent.items() if value != ""}
    values = {**_defaults(environment, ledger, header, name, sent), **sent}
    values["CurrencyCode"] = values["CurrencyCode"].upper()
    if name.values["IsFixedOffsetAccount"] == "Yes":
        values |= _offset_of(name)
    account, offset = _sides(environment, ledger, values)
    values |= _shown(environment, account, offset)
    for prop, length in CUT.items():
        values[prop] = values.get(prop, "")[:length]
    return values, _hidden(ledger, values, account, offset)


def show_again(environment: Environment, line: Row) -> Values:
    """The strings of a stored line after the formats or the delimiter changed."""
    sides = [line.hidden["account"], line.hidden["offset"]]
    account, offset = (Side(**side) if side else None for side in sides)
    assert account is not None  # noqa: S101 - every line has an account; only the offset may be missing
    return _shown(environment, account, offset)


def _check_simple(environment: Environment, ledger: Row, company: str, sent: Values) -> None:
    tables = environment.tables
    if sent.get("TransDate", NO_DATE) == NO_DATE:
        raise refused(must_be_filled("Date"))
    if not sent.get("CurrencyCode"):
        raise refused(must_be_filled("Currency"))
    if tables.get("Currencies", CurrencyCode=sent["CurrencyCode"]) is None:
        message = not_found_in("Currency", sent["CurrencyCode"], "Currencies")
        raise field_refused(TABLE, "CurrencyCode", message)
    _check_amounts(sent)
    for prop in ("Company", "OffsetCompany"):
        # Fact: this entity writes no intercompany lines.
        if sent.get(prop) and sent[prop].lower() != company:
            raise refused(f"Intercompany is not supported; {prop} must be {company}.")
    for prop, entity, key, label in _TAX:
        if sent.get(prop) and tables.get(entity, dataAreaId=company, **{key: sent[prop]}) is None:
            raise field_refused(TABLE, prop, not_found_in(label, sent[prop], f"{label}s"))
    day = sent["TransDate"][:10]
    if environment.switches.closed_period_at_insert and not periods.is_open(tables, ledger, day):
        raise refused(periods.not_open(day))


_TAX: Final = (
    ("SalesTaxGroup", "TaxGroups", "TaxGroupCode", "Sales tax group"),
    ("ItemSalesTaxGroup", "TaxItemGroupHeadings", "TaxItemGroup", "Item sales tax group"),
)


def _check_amounts(sent: Values) -> None:
    """Own words: a line is one debit or one credit, and neither is negative."""
    debit, credit = sent.get("DebitAmount", 0), sent.get("CreditAmount", 0)
    if debit < 0 or credit < 0:
        raise refused("Only positive amounts are allowed in debit and credit.")
    if debit and credit:
        raise refused("Debit and credit cannot both be entered on one line.")
    if not debit and not credit:
        raise refused(must_be_filled("Debit or credit"))


def _defaults(environment: Environment, ledger: Row, header: Row, name: Row, sent: Values) -> Values:
    """What F&O fills in where nothing was sent.

    Fact: offset account from the journal name, tax groups from the account's company settings, own company.
    """
    company, kind = header.values["dataAreaId"], sent.get("AccountType", "Ledger")
    rate = _rate(environment, ledger, sent["CurrencyCode"], sent["TransDate"][:10])
    values: Values = {
        "dataAreaId": company,
        "JournalBatchNumber": header.values["JournalBatchNumber"],
        "AccountType": "Ledger",
        "DebitAmount": 0,
        "CreditAmount": 0,
        "Company": company,
        "OffsetCompany": company,
        "ExchRate": rate,
        **_offset_of(name),
    }
    if kind == "Ledger":
        values |= _tax_of(environment, ledger, sent.get("AccountDisplayValue", ""))
    else:
        values["DefaultDimensionDisplayValue"] = name.values["DefaultFinancialDimensionDisplayValue"]
    if kind in ("Vend", "Cust"):
        values |= {"PostingProfile": "GEN", "DueDate": sent["TransDate"]}  # as recorded
    return values


def _offset_of(name: Row) -> Values:
    return {
        "OffsetAccountType": name.values["OffsetAccountType"],
        "OffsetAccountDisplayValue": name.values["OffsetAccountDisplayValue"],
    }


def _tax_of(environment: Environment, ledger: Row, display: str) -> Values:
    try:
        account = dimensions.read(environment.tables, display, dimensions.LEDGER_FORMAT).get("MainAccount", "")
    except ValueError:
        return {}  # refused later, with its own words
    own = dimensions.of_company(environment.tables, ledger, account)
    return {prop: own.values[prop] for prop in ("SalesTaxGroup", "ItemSalesTaxGroup", "SalesTaxCode")} if own else {}


def _sides(environment: Environment, ledger: Row, values: Values) -> tuple[Side, Side | None]:
    day = values["TransDate"][:10]
    sides = []
    for prefix in ("", "Offset"):
        text = values.get(f"{prefix}AccountDisplayValue", "")
        if prefix and not text:
            break  # no offset account
        if not text:
            raise refused(must_be_filled("Account"))
        kind = values[f"{prefix}AccountType"]
        defaults = values.get(f"{prefix}DefaultDimensionDisplayValue", "")
        try:
            sides.append(resolve(environment, ledger, day, kind=kind, text=text, defaults=defaults))
        except NotAllowed as no:
            raise refused(*no.messages) from no
    return sides[0], sides[1] if len(sides) > 1 else None


def _shown(environment: Environment, account: Side, offset: Side | None) -> Values:
    shown = {
        "AccountDisplayValue": account.display(environment),
        "DefaultDimensionDisplayValue": account.default_dimensions(environment),
        "OffsetAccountDisplayValue": "",
        "OffsetDefaultDimensionDisplayValue": "",
    }
    if offset:
        shown["OffsetAccountDisplayValue"] = offset.display(environment)
        shown["OffsetDefaultDimensionDisplayValue"] = offset.default_dimensions(environment)
    return shown


def _rate(environment: Environment, ledger: Row, currency: str, day: str) -> int | Decimal:
    """Fact: ExchRate is per 100 units (100 for the ledger's own currency). 0 where no rate is known."""
    own = ledger.values["AccountingCurrency"]
    if currency.upper() == own:
        return 100
    factors = {"One": 1, "Ten": 10, "Hundred": 100, "Thousand": 1000, "TenThousand": 10000}
    for row in environment.tables.rows("ExchangeRates"):
        rate = row.values
        if (rate["RateTypeName"], rate["FromCurrency"], rate["ToCurrency"]) == (
            ledger.values["ExchangeRateType"],
            currency.upper(),
            own,
        ) and rate["StartDate"][:10] <= day <= rate["EndDate"][:10]:
            return tidy(Decimal(rate["Rate"]) * 100 / factors[rate["ConversionFactor"]])
    return 0


def _hidden(ledger: Row, values: Values, account: Side, offset: Side | None) -> dict[str, Any]:
    """The sides as understood, and the line's part in the journal's totals (accounting currency)."""
    rate = Decimal(values["ExchRate"] or 100) / 100
    debit, credit = (_cents(values[side] * rate) for side in ("DebitAmount", "CreditAmount"))
    if offset:
        debit = credit = debit + credit
    return {
        "account": _kept(account),
        "offset": _kept(offset) if offset else None,
        "debit": tidy(debit),
        "credit": tidy(credit),
        "currency": ledger.values["AccountingCurrency"],
    }


def _kept(side: Side) -> dict[str, Any]:
    return {"type": side.type, "number": side.number, "segments": side.segments}


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"), ROUND_HALF_UP)
