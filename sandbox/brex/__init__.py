"""Brex's stand-in: one customer's account and its API."""

from sandbox.brex.app import create_app
from sandbox.brex.customer import Brex
from sandbox.brex.options import Options

__all__ = ["Brex", "Options", "create_app"]
