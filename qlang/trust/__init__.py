"""Keys and custody, signatures, the run manifest, the run ledger, and their verification.

Nothing is imported here: `qlang.trust.crypto_modes` is pure data and cheap to import,
the modules that compute load `cryptography` only when they are used.
"""
