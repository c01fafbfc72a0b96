"""Stand-ins for Brex, Entra ID and Dynamics 365 F&O: as strict as the real ones, with faults on demand.

No product code imports this package, and it imports nothing of the product but `connector.domain.jsonio`
(amounts stay Decimal on both sides).
"""
