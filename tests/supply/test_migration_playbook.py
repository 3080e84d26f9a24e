"""The playbook of docs/trust/migration.md, executed: its policies are written, its commands run, in its order."""

import sys
from pathlib import Path

import pytest

from qlang.trust.crypto_modes import POST_QUANTUM
from qlang.trust.custody import LEDGER_CHECKPOINT, ROOT
from qlang.trust.keys.trust import load_trust_store
from qlang.trust.ledger.checkpoint import checkpoint_of
from qlang.trust.ledger.notes import parse_note
from qlang.trust.ledger.store import open_reader
from qlang.trust.ledger.vouching import signers_of
from tests.supply.pages import Project, steps

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the pages show commands of a POSIX shell")


def anchored_by_a_post_quantum_root(project: Project) -> None:
    """The root key has signed the checkpoint that the page keeps, and so have both keys of the log."""
    trust = load_trust_store(project.home / ".qlang" / "keys")
    data = (project.folder / "checkpoint.txt").read_bytes()
    checkpoint = checkpoint_of(data)
    keys = signers_of(trust, parse_note(data), checkpoint).keys
    purposes = {key.algorithm: trust.claims_of(key)[0].purpose for key in keys}
    roots = {algorithm for algorithm, purpose in purposes.items() if purpose == ROOT}
    assert roots and roots <= POST_QUANTUM
    assert {algorithm for algorithm, purpose in purposes.items() if purpose == LEDGER_CHECKPOINT} == {
        "ed25519",
        "ml-dsa-44",
    }
    with open_reader(project.folder / ".qlang" / "ledger.sqlite") as ledger:
        assert ledger.root(checkpoint.size) == checkpoint.root
        assert any(entry.kind == "run" for entry in ledger.entries(0, checkpoint.size)), "the classical run is in it"


@pytest.mark.slow
def test_the_playbook_does_what_it_says(tmp_path: Path) -> None:
    project, page = Project.new(tmp_path), list(steps("migration.md"))
    assert len(project.follow(page)) > 20
    anchored_by_a_post_quantum_root(project)
    classical, *_, last = (path.name for path in sorted((project.folder / ".qlang" / "runs").iterdir()))
    old_policy = next(step.text for step in page if step.kind == "toml")
    (project.folder / "old.toml").write_text(old_policy)
    assert project.run(f"qlangc verify {classical} --policy old.toml").returncode == 0, "the past stays verifiable"
    assert project.run(f"qlangc verify {classical} --policy qlang-policy.toml").returncode == 1
    assert project.run(f"qlangc verify {last} --policy old.toml").returncode == 1
