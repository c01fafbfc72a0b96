"""Entries that are pending vendor invoices in F&O: made in steps, each of them looked at before the next one is taken.

On hold with total and reference, its lines, read back and compared, released. `decide` says what comes next by what
F&O shows; `run` does it; `taken_back` deletes one again; `watch` follows them until they are posted.
"""
