"""Brex's vendors and F&O's brought in line: compared daily and on demand, the missing one created where asked for.

Comparing reads, and changes nothing. Creating is a write like any other: intended first, found again by its reference,
looked for before it is repeated, and never sent a second time while it is not known what became of the first.
"""
