"""The paths of cash accounts and expenses. Facts: Brex's transactions and expenses specifications."""

from collections.abc import Callable
from typing import Any

from flask import Flask, request

from sandbox.brex.answers import Json
from sandbox.brex.customer import Brex

View = Callable[..., Any]


def routes(app: Flask, brex: Brex, guarded: Callable[..., Callable[[View], View]]) -> None:
    @app.get("/v2/accounts/cash")
    @guarded("accounts.cash.readonly")
    def cash_accounts() -> Json:
        return brex.cash.accounts(request.args)

    @app.get("/v2/transactions/cash/<account_id>")
    @guarded("transactions.cash.readonly")
    def cash_transactions(account_id: str) -> Json:
        return brex.cash.transactions(account_id, request.args)

    @app.get("/v1/expenses")
    @guarded("expenses.card.readonly", "expenses.card")
    def list_expenses() -> Json:
        return brex.expenses.listed(request.args)

    @app.get("/v1/expenses/<expense_id>")
    @guarded("expenses.card.readonly", "expenses.card")
    def one_expense(expense_id: str) -> Json:
        return brex.expenses.one(expense_id, request.args)
