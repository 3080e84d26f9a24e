"""The run ledger: an append-only Merkle log (RFC 6962) in one SQLite file, its checkpoints, proofs and witnesses.

Nothing is imported here. `store.open_ledger` opens it, `deep.check_ledger` verifies it.
"""
