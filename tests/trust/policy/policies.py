"""Questions to put to policies."""

from dataclasses import replace

from qlang.trust.custody import ENFORCED, NOT_CLAIMED
from qlang.trust.policy.questions import KeyFacts, Peer, SigningQuestion

NOW = "2026-11-21T14:00:00Z"


def key(algorithm: str, **changes: object) -> KeyFacts:
    fresh = KeyFacts(
        key_id=f"{algorithm}:0123456789abcdef",
        algorithm=algorithm,
        custody="development",
        probe=NOT_CLAIMED,
        not_before="2026-01-01T00:00:00Z",
        not_after="2027-01-01T00:00:00Z",
        created_at="2026-01-01T00:00:00Z",
    )
    return replace(fresh, **changes)  # type: ignore[arg-type]  # names vary


def question(*algorithms: str, mode: str = "hybrid", **changes: object) -> SigningQuestion:
    """A run of now on `sim`, asked for by user alice, whose signer it is."""
    signing = algorithms or ("ed25519", "ml-dsa-65")
    asked = SigningQuestion(
        tenant="default",
        crypto_mode=mode,
        algorithms=signing,
        keys=tuple(map(key, signing)),
        backend_id="sim",
        created_at=NOW,
        now=NOW,
        peer=Peer(1000, "alice"),
        owner_uid=1000,
    )
    return replace(asked, **changes)  # type: ignore[arg-type]  # names vary


IN_TOKEN = {"custody": "token-native", "probe": ENFORCED}
