"""QJ08: cryptography and policy."""

from collections.abc import Iterator
from dataclasses import dataclass

from qlang.sema.errors.names import use_instead
from qlang.syntax.diagnostic import Diagnostic, Fix


@dataclass(frozen=True)
class UnknownCryptoMode(Diagnostic):
    code = "QJ0801"
    title = "unknown crypto mode `{name}`"
    explanation = (
        "`classical` signs with Ed25519, `hybrid` with Ed25519 and ML-DSA-65, `pqc_required` demands "
        "post-quantum signatures and transport, `qkd` keys from quantum key distribution."
    )
    example_wrong = "circuit c() { qubit q; h q; }\njob j { run c(); sample q; crypto hybird; }\n"
    example_right = "circuit c() { qubit q; h q; }\njob j { run c(); sample q; crypto hybrid; }\n"

    name: str
    known: tuple[str, ...]
    suggestion: str | None = None

    def notes(self) -> Iterator[str]:
        yield f"the modes are {', '.join(f'`{name}`' for name in self.known)}"

    def fixes(self) -> Iterator[Fix]:
        return use_instead(self.span, self.suggestion)


@dataclass(frozen=True)
class NoKeyForMode(Diagnostic):
    code = "QJ0802"
    title = "no key can serve `crypto {mode}`"
    explanation = (
        "A run is signed as its job demands or does not start. `qlangc doctor` lists the keys and what they can do."
    )
    found_by = "plan"

    mode: str
    missing: tuple[str, ...]
    """What is missing, in words: `a QKD key source`."""
    possible: tuple[str, ...]
    """The modes that the present keys can serve."""

    def label(self) -> str:
        return f"needs {' and '.join(self.missing)}"

    def helps(self) -> Iterator[str]:
        if self.possible:
            yield f"the keys at hand serve {', '.join(f'`{mode}`' for mode in self.possible)}"
