"""explain, devices, doctor, init, lsp: the verbs that need no program."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from qlang.compiler import cli
from qlang.compiler.verbs.explain import FAMILIES
from qlang.sema.errors.catalogue import catalogue

Capture = pytest.CaptureFixture[str]


def test_explain_lists_every_code(capsys: Capture) -> None:
    assert cli.main(["explain", "all"]) == 0
    out = capsys.readouterr().out
    assert all(f"  {code}  " in out for code in catalogue())
    assert "QJ9901" in out


def test_explain_lists_the_families(capsys: Capture) -> None:
    assert cli.main(["explain"]) == 0
    out = capsys.readouterr().out
    for digits, name in FAMILIES.items():
        count = sum(code[2:4] == digits for code in [*catalogue(), "QJ9901"])
        assert re.search(rf"^QJ{digits}  {name} +{count} codes?$", out, re.MULTILINE)


@pytest.mark.parametrize("spelling", ["QJ04", "qj04", "04", "4", "qubits"])
def test_explain_lists_a_family(spelling: str, capsys: Capture) -> None:
    assert cli.main(["explain", spelling]) == 0
    out = capsys.readouterr().out
    assert out.startswith("QJ04  qubits\n")
    assert {line.split()[0] for line in out.splitlines()[1:]} == {c for c in catalogue() if c.startswith("QJ04")}


@pytest.mark.parametrize("code", ["QJ0101", "QJ0401", "QJ1001"])
def test_explain_shows_what_the_compiler_says(code: str, capsys: Capture) -> None:
    assert cli.main(["explain", code]) == 0
    out = capsys.readouterr().out
    said = out.partition("The compiler says:")[2].partition("Right:")[0]
    assert f"[{code}]: " in said
    assert "wrong.q" in said and "^" in said


@pytest.mark.parametrize("spelling", ["QJ0203", "qj0203", "0203", "203", "error[QJ0203]"])
def test_explain_shows_a_wrong_and_a_right_program(spelling: str, capsys: Capture) -> None:
    assert cli.main(["explain", spelling]) == 0
    out = capsys.readouterr().out
    kind = catalogue()["QJ0203"]
    assert out.startswith("error[QJ0203]: unknown gate `…`\n")
    for program in (kind.example_wrong, kind.example_right):
        assert all(f"    {line}".rstrip() in out for line in program.splitlines())


@pytest.mark.parametrize("code", [*catalogue(), "QJ9901"])
def test_explain_knows_every_code(code: str, capsys: Capture) -> None:
    assert cli.main(["explain", code]) == 0
    out = capsys.readouterr().out
    assert code in out
    assert "{" not in out.splitlines()[0]


@pytest.mark.parametrize(
    ("asked", "hint"), [("QJ0299", "did you mean `QJ02"), ("gate", "QJ0203"), ("zzz", "`qlangc explain` lists")]
)
def test_explain_an_unknown_code(asked: str, hint: str, capsys: Capture) -> None:
    assert cli.main(["explain", asked]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert hint in err


def test_devices(capsys: Capture) -> None:
    assert cli.main(["devices", "ibm.*"]) == 0
    out, err = capsys.readouterr()
    assert out.splitlines()[0].split()[:2] == ["device", "qubits"]
    assert any(line.startswith("ibm.guadalupe ") for line in out.splitlines())
    assert "iqm" not in out
    assert "devices" in err


def test_devices_as_json(capsys: Capture) -> None:
    assert cli.main(["devices", "ibm.guadalupe", "--json"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    (device,) = json.loads(out)["devices"]
    assert device["name"] == "ibm.guadalupe"
    assert device["qubits"] == 16
    assert device["snapshot"].startswith("sha256:")
    assert 0 < device["error_1q"] < device["error_2q"] < 0.1
    assert device["reachable"] is False
    assert "adapter" in device["unreachable_reason"]
    assert device["simulated"] is True


@pytest.mark.parametrize(("pattern", "hint"), [("ibm.guadalup", "`ibm.guadalupe`"), ("nothing.*", "lists all")])
def test_no_such_device(pattern: str, hint: str, capsys: Capture) -> None:
    assert cli.main(["devices", pattern]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert hint in err


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user with nothing, in an empty folder."""
    folder = tmp_path / "home"
    (folder / "work").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("XDG_STATE_HOME", str(folder / "state"))
    monkeypatch.chdir(folder / "work")
    return folder


def findings(capsys: Capture) -> dict[str, tuple[str, str]]:
    data = json.loads(capsys.readouterr().out)
    return {finding["name"]: (finding["state"], finding["detail"]) for finding in data["findings"]}


def test_doctor_on_a_fresh_machine(home: Path, capsys: Capture) -> None:
    assert cli.main(["doctor", "--json"]) == 0
    found = findings(capsys)
    assert found["parser tables"] == ("ok", "fresh")
    assert found["keys"][0] == "ok"
    assert "ml-dsa-65" in found["signatures"][1]
    assert list((home / "work").iterdir()) == []


def test_doctor_says_who_computes(home: Path, capsys: Capture) -> None:
    cli.main(["doctor", "--json"])
    plain = findings(capsys)["algorithm ml-dsa-65"]
    assert plain[0] == "ok" and plain[1].startswith("sign: pyca (not pqcrypto, liboqs: cannot), verify: pyca (not ")
    policy = home / "work" / "qlang-policy.toml"
    policy.write_text('schema = 1\n[defaults]\nproviders = ["pqcrypto", "pyca"]\n')
    cli.main(["doctor", "--json"])
    assert "verify: pqcrypto (not pyca: comes later; liboqs: not named" in findings(capsys)["algorithm ml-dsa-65"][1]
    policy.write_text('schema = 1\n[defaults]\nproviders = ["pqcripto"]\n')
    assert cli.main(["doctor", "--json"]) == 1
    assert "did you mean `pqcrypto`?" in findings(capsys)["policy"][1]


@pytest.fixture
def key_file(home: Path) -> Path:
    """One key of the user."""
    from qlang.trust.keys.paths import default_key_paths
    from qlang.trust.keys.ring import development_ring

    paths = default_key_paths()
    (record,) = development_ring(paths).select("run-manifest", "default", ("ed25519",), "2026-11-21T12:00:00Z")
    return paths.private(record.spec)


def test_doctor_finds_an_open_key_file(key_file: Path, capsys: Capture) -> None:
    assert cli.main(["doctor", "--json"]) == 0
    found = findings(capsys)
    assert found["custody"][0] == "warning"
    assert found["key files"] == ("ok", "readable by you only")
    key_file.chmod(0o644)
    assert cli.main(["doctor", "--json"]) == 1
    assert findings(capsys)["key files"][0] == "fault"


def test_doctor_finds_a_damaged_key_file(key_file: Path, capsys: Capture) -> None:
    key_file.write_bytes(key_file.read_bytes()[:200])
    assert cli.main(["doctor", "--json"]) == 1
    state, detail = findings(capsys)["keys"]
    assert state == "fault" and "is damaged" in detail


def test_doctor_finds_a_key_that_cannot_sign(key_file: Path, capsys: Capture) -> None:
    value = json.loads(key_file.read_text())
    value["protection"]["nonce"] = "AAAAAAAAAAAAAAAA"
    key_file.write_text(json.dumps(value))
    assert cli.main(["doctor", "--json"]) == 1
    state, detail = findings(capsys)["signing"]
    assert state == "fault" and "cannot be decrypted" in detail


def test_doctor_counts_the_days_of_a_key(home: Path, capsys: Capture) -> None:
    assert cli.main(["-q", "keys", "create", "--algorithm", "ed25519", "--valid-days", "7", "--json"]) == 0
    (entry,) = json.loads(capsys.readouterr().out)["created"]
    assert cli.main(["doctor", "--json"]) == 0
    state, detail = findings(capsys)[f"key {entry['key_id']}"]
    assert state == "warning" and detail.startswith(f"expires on {entry['not_after']}")


@pytest.mark.parametrize(
    ("options", "then", "words"),
    [
        (("--not-before", "2020-01-01T00:00:00Z", "--valid-days", "7"), (), "was valid until 2020-01-08T00:00:00Z"),
        (("--not-before", "2999-01-01T00:00:00Z"), (), "is valid from 2999-01-01T00:00:00Z on"),
        ((), ("--reason", "retired"), "was revoked on"),
        ((), ("--reason", "compromised"), "is compromised"),
    ],
)
def test_doctor_tells_what_helps_a_key_that_may_not_sign(
    home: Path, capsys: Capture, options: tuple[str, ...], then: tuple[str, ...], words: str
) -> None:
    wanted = ("--algorithm", "ed25519", "--tenant", "lab")
    assert cli.main(["-q", "keys", "create", *wanted, *options, "--json"]) == 0
    (entry,) = json.loads(capsys.readouterr().out)["created"]
    key_id = entry["key_id"]
    if then:
        assert cli.main(["-q", "keys", "revoke", key_id, *then, "--yes"]) == 0
        capsys.readouterr()
    assert cli.main(["doctor", "--json"]) == 0
    state, detail = findings(capsys)[f"key {key_id}"]
    assert state == "warning" and detail.startswith(words)
    (command,) = re.findall("`qlangc (.*?)`", detail)
    assert command == "keys create --algorithm ed25519 --tenant lab"
    assert cli.main(["-q", *command.split()]) == 0
    capsys.readouterr()
    cli.main(["doctor", "--json"])
    assert f"key {key_id}" not in findings(capsys), "another key signs now"


def test_doctor_names_the_extras_of_trust(home: Path, capsys: Capture) -> None:
    cli.main(["doctor", "--json"])
    assert {"extra hsm", "extra tls", "extra slh"} <= findings(capsys).keys()


def test_doctor_reports_events_that_nobody_signed(key_file: Path, capsys: Capture) -> None:
    (event,) = key_file.parent.glob("*.event.dsse.json")
    value = json.loads(event.read_text())
    value["signatures"][0]["sig"] = "A" * 86 + "=="
    event.write_text(json.dumps(value, separators=(",", ":"), sort_keys=True))
    assert cli.main(["doctor", "--json"]) == 1
    assert "not believed: created" in findings(capsys)["key events"][1]


def test_doctor_looks_into_the_compile_cache(home: Path, capsys: Capture) -> None:
    from qlang.compiler.workspace import CACHE

    Path("bell.qasm").write_text("OPENQASM 3.0;\nqubit q;\nbit c;\nc = measure q;\n")
    assert cli.main(["plan", "bell.qasm"]) == 0
    capsys.readouterr()
    assert cli.main(["doctor", "--json"]) == 0
    state, detail = findings(capsys)["compile cache"]
    assert (state, detail.split(",")[0]) == ("ok", "1 compilations")
    (entry,) = CACHE.glob("*/*.mlir")
    entry.write_bytes(entry.read_bytes() + b" ")
    assert cli.main(["doctor", "--json"]) == 0
    assert findings(capsys)["compile cache"] == ("warning", f"1 damaged, will be made again: {entry.name}")


def test_doctor_finds_a_broken_configuration(home: Path, capsys: Capture) -> None:
    (home / "work" / "qlang.toml").write_text("[project\n")
    assert cli.main(["doctor"]) == 1
    out = capsys.readouterr().out
    assert any(line.startswith("fault") and "qlang.toml" in line for line in out.splitlines())


def test_init_writes_a_project_whose_example_is_right(home: Path, capsys: Capture) -> None:
    assert cli.main(["init", 'a "new" one']) == 0
    out, err = capsys.readouterr()
    assert out == ""
    assert "qlangc run bell.qjob" in err
    folder = home / "work" / 'a "new" one'
    assert sorted(path.name for path in folder.iterdir()) == [".gitignore", "bell.qjob", "qlang.toml"]
    assert (folder / ".gitignore").read_text() == ".qlang/\n"
    assert cli.main(["check", str(folder / "bell.qjob"), "--deny", "warnings"]) == 0
    assert cli.main(["fmt", str(folder / "bell.qjob"), "--check"]) == 0
    assert cli.main(["doctor"]) == 0


def test_init_overwrites_nothing(home: Path, capsys: Capture) -> None:
    Path("qlang.toml").write_text("mine")
    Path(".gitignore").write_text("*.pyc")
    assert cli.main(["init"]) == 2
    assert "qlang.toml exist" in capsys.readouterr().err
    assert sorted(path.name for path in Path().iterdir()) == [".gitignore", "qlang.toml"]
    assert Path("qlang.toml").read_text() == "mine"
    Path("qlang.toml").unlink()
    assert cli.main(["init"]) == 0
    assert Path(".gitignore").read_text() == "*.pyc\n.qlang/\n"


def test_init_says_where_it_cannot_write(home: Path, capsys: Capture) -> None:
    Path("file").write_text("")
    assert cli.main(["init", "file/below"]) == 2
    assert "cannot write" in capsys.readouterr().err


def test_the_language_server_names_the_extra_that_is_missing() -> None:
    script = "import sys\nsys.modules['pygls'] = None\nfrom qlang.compiler.cli import main\nsys.exit(main(['lsp']))"
    done = subprocess.run((sys.executable, "-c", script), capture_output=True, text=True, timeout=60)
    assert done.returncode == 3
    assert "qlang[lsp]" in done.stderr
    assert "Traceback" not in done.stderr
