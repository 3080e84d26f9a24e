"""Crypto mode `qkd` from the job to the opened file, against a simulated key management entity."""

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.trust.qkd.conftest import CONFIG, Papers, Site, papers, site

__all__ = ["papers", "site"]  # fixtures
Command = Callable[..., Any]


def policy(site: Site, sae: str) -> Path:
    """A policy file with the KME as `sae` uses it."""
    folder = Path.cwd() if sae == "sae-a" else Path(sae)
    folder.mkdir(exist_ok=True)
    path = folder / "qlang-policy.toml"
    text = CONFIG.format(port=site.simulator.port, sae=sae)
    for name in ("ca.pem", f"{sae}.pem", f"{sae}.key.json"):
        text = text.replace(f'"{name}"', json.dumps(str(site.folder / name)))
    path.write_text(f"schema = 1\n{text}")
    return path


@pytest.fixture
def project(qlangc: Command, in_workspace: Path, site: Site) -> Path:
    """A project with an example job whose policy names the simulated KME; `site` has set the home folder last."""
    assert qlangc("init", ".").status == 0
    policy(site, "sae-a")
    (job,) = in_workspace.glob("*.qjob")
    return job


def test_a_run_is_signed_sealed_and_opened_with_quantum_distributed_keys(
    qlangc: Command, project: Path, site: Site
) -> None:
    run = qlangc("run", project, "--crypto", "qkd", "--json").data
    assert qlangc("verify", run["run_dir"]).status == 0
    payload = json.loads((Path(run["run_dir"]) / "manifest.dsse.json").read_bytes())["payload"]
    gate = json.loads(base64.b64decode(payload))["predicate"]["qkd"]
    assert (gate["kme"], gate["source_kme"]) == ("simulator", "simulator-a")

    key = qlangc("seal", "keygen", "--crypto", "qkd", "--json").data
    sealed = qlangc("seal", "last", "--to", key["key_id"], "-o", "run.sealed", "--json").data
    assert sealed["crypto_mode"] == "qkd"
    assert sealed["qkd"]["kme"] == "simulator"
    ((key_id, value),) = site.simulator.keys["sae-a", "sae-b"].items()
    assert sealed["qkd"]["key_ID"] == key_id
    everything = b"".join(path.read_bytes() for path in Path.cwd().rglob("*") if path.is_file())
    assert base64.b64decode(value) not in everything
    assert value.encode() not in everything

    other = policy(site, "sae-b")
    assert qlangc("unseal", "run.sealed", "-o", "back", "--qkd", other).status == 0
    assert (Path("back") / "results.json").read_bytes() == (Path(run["run_dir"]) / "results.json").read_bytes()
    again = qlangc("unseal", "run.sealed", "-o", "again", "--qkd", other)
    assert again.status == 3
    assert "QKD_UNAVAILABLE: the KME answered status 400" in again.err


@pytest.mark.parametrize("trouble", ["no keys", "away", "not configured"])
def test_without_keys_nothing_runs_and_nothing_else_is_used(
    qlangc: Command, project: Path, site: Site, trouble: str
) -> None:
    if trouble == "no keys":
        site.simulator.stored = 0
    elif trouble == "away":
        site.simulator.port = 1
        policy(site, "sae-a")
    else:
        Path("qlang-policy.toml").unlink()
    answer = qlangc("run", project, "--crypto", "qkd", "--json")
    assert answer.status != 0
    assert answer.out == ""
    assert "key management entity" in answer.err or "QKD_UNAVAILABLE" in answer.err
    assert not list(Path.cwd().glob(".qlang/runs/*"))
    assert not site.simulator.keys


def test_the_kme_runs_dry_between_run_and_seal(qlangc: Command, project: Path, site: Site, papers: Papers) -> None:
    assert qlangc("run", project, "--crypto", "qkd", "--json").status == 0
    key = qlangc("seal", "keygen", "--crypto", "qkd", "--json").data
    site.simulator.stored = 1  # the configuration demands two
    answer = qlangc("seal", "last", "--to", key["key_id"], "-o", "run.sealed")
    assert (answer.status, answer.out) == (3, "")
    assert "QKD_UNAVAILABLE: the KME has 1 keys, 2 are needed" in answer.err
    answer = qlangc("seal", "last", "--to", key["key_id"], "-o", "run.sealed", "--crypto", "hybrid")
    assert answer.status == 3
    assert "would weaken that" in answer.err
    assert not Path("run.sealed").exists()
