"""F&O's main accounts and financial dimensions as fields of Brex's, so that people code with what the ledger has.

What is pushed is what comes back: a value's remote id is F&O's own account or value, and the step *remote id* of the
mapping reads it as such. Only what the connection opts in to (`brex.push`); updated and disabled, never deleted.
"""
