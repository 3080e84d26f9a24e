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
    example_wrong = "circuit c() { qubit q; h q; }\njob j { run c(); sample q; shots 100; crypto qkd; }\n"
    example_right = "circuit c() { qubit q; h q; }\njob j { run c(); sample q; shots 100; crypto hybrid; }\n"

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


@dataclass(frozen=True)
class ForbiddenMode(Diagnostic):
    code = "QJ0803"
    title = "the policy forbids `crypto {mode}` for tenant `{tenant}`"
    explanation = (
        "The project's `qlang-policy.toml` says which crypto modes a tenant's runs may have, and which algorithms may "
        "or must sign them. A job without a `crypto` statement is `classical`."
    )
    found_by = "plan"
    example_wrong = (
        "circuit c() { qubit q; h q; }\n"
        "job j { run c(); sample q; shots 100; crypto classical; }\n"
        "=== qlang-policy.toml ===\n"
        "schema = 1\n"
        "[defaults]\n"
        'modes = ["hybrid"]\n'
    )
    example_right = (
        "circuit c() { qubit q; h q; }\n"
        "job j { run c(); sample q; shots 100; crypto hybrid; }\n"
        "=== qlang-policy.toml ===\n"
        "schema = 1\n"
        "[defaults]\n"
        'modes = ["hybrid"]\n'
    )

    mode: str
    tenant: str
    reasons: tuple[str, ...]
    """Every rule that refuses, with its place."""
    stated: bool
    """Whether the job says its mode."""
    allowed: tuple[str, ...]
    """The modes that the policy allows."""

    def label(self) -> str:
        return "not allowed" if self.stated else f"its crypto mode is `{self.mode}`"

    def notes(self) -> Iterator[str]:
        yield from self.reasons

    def helps(self) -> Iterator[str]:
        if self.allowed:
            yield "allowed: " + ", ".join(f"`crypto {mode};`" for mode in self.allowed)
        yield f"`qlangc policy explain --tenant {self.tenant} --mode {self.mode}` shows every rule"


@dataclass(frozen=True)
class UnknownTenant(Diagnostic):
    code = "QJ0804"
    title = "the policy knows no tenant `{tenant}`"
    explanation = (
        "Where `qlang-policy.toml` lists tenants, nothing is planned or signed for others. The tenant is given by "
        "`--tenant`, or as `tenant` of `[project]` in `qlang.toml`; without either it is `default`."
    )
    found_by = "plan"
    example_wrong = (
        "circuit c() { qubit q; h q; }\n"
        "job j { run c(); sample q; shots 100; }\n"
        "=== qlang-policy.toml ===\n"
        "schema = 1\n"
        "[tenants.lab]\n"
    )
    example_right = (
        "circuit c() { qubit q; h q; }\n"
        "job j { run c(); sample q; shots 100; }\n"
        "=== qlang-policy.toml ===\n"
        "schema = 1\n"
        "[tenants.default]\n"
    )

    tenant: str
    reasons: tuple[str, ...]
    known: tuple[str, ...]

    def notes(self) -> Iterator[str]:
        yield from self.reasons

    def helps(self) -> Iterator[str]:
        yield "add " + ", or ".join(f"`--tenant {name}`" for name in self.known[:5])


@dataclass(frozen=True)
class ForbiddenBackends(Diagnostic):
    code = "QJ0805"
    title = "the policy allows no backend of job `{job}` for tenant `{tenant}`"
    explanation = (
        "`qlang-policy.toml` says on which backends a tenant's jobs may run and how old a calibration may be. A "
        "candidate that it forbids is passed over as long as one remains; here none does."
    )
    found_by = "plan"
    example_wrong = (
        "circuit c() { qubit q; h q; }\n"
        "job j { run c(); sample q; shots 100; backend sim; }\n"
        "=== qlang-policy.toml ===\n"
        "schema = 1\n"
        "[defaults]\n"
        'backends = ["sim like *"]\n'
    )
    example_right = (
        "circuit c() { qubit q; h q; }\n"
        "job j { run c(); sample q; shots 100; backend sim like ibm.guadalupe; }\n"
        "=== qlang-policy.toml ===\n"
        "schema = 1\n"
        "[defaults]\n"
        'backends = ["sim like *"]\n'
    )

    job: str
    tenant: str
    reasons: tuple[str, ...]

    def label(self) -> str:
        return "none of these is allowed"

    def notes(self) -> Iterator[str]:
        yield from self.reasons

    def helps(self) -> Iterator[str]:
        yield f"name an allowed backend; `qlangc policy explain --tenant {self.tenant} --backend B` shows every rule"
