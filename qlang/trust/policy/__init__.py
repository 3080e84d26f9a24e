"""What may be signed, by whom and how: the file `qlang-policy.toml` as typed data, and its judgement.

Nothing is imported here: `model` and `evaluate` are pure data and functions, only `load` reads TOML.
"""
