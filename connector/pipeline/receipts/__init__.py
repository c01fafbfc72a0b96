"""Receipts of what was written as pending vendor invoices: fetched when they are needed, checked, attached, or told of.

A missing or broken receipt never holds up an invoice; each has a row of its own (`connector.store.receipts`).
"""
