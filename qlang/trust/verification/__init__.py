"""Is a run what it claims to be? Offline, from its folder, the verifier's keys and policy, and a ledger or a receipt.

Nothing is imported here. `qlang.trust.verify` is the door.
"""
