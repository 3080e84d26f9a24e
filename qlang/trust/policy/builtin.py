"""The policy where there is no policy file."""

from __future__ import annotations

from qlang.trust.policy.model import Policy

BUILTIN_DEVELOPMENT = Policy()
"""Everything that the crypto modes themselves allow, with any custody: for a laptop on its first day."""
