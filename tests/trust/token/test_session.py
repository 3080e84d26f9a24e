"""One session, one lock, wrong PINs, forks, and tokens that go away, on a real SoftHSM2 token."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from qlang.trust.algorithms import signature_fault
from qlang.trust.crypto_modes import ECDSA_P256, ML_DSA_65
from qlang.trust.custody import KeySpec
from qlang.trust.errors import CustodyError, TooManyTries
from qlang.trust.ledger.kinds import REFUSAL, kind_fault
from qlang.trust.secret_sources import FromDescriptor
from qlang.trust.spki import public_key
from qlang.trust.token.config import TokenConfig
from qlang.trust.token.native import TokenNativeCustodian
from qlang.trust.token.session import Token, close_tokens, says_final_try
from qlang.trust.token.wrapped import TokenWrappedCustodian
from tests.trust.token.conftest import LABEL, PIN, PIN_VARIABLE

SPEC = KeySpec(ECDSA_P256)
WRONG = "wrong-staple-43"
WORKER = Path(__file__).with_name("worker.py")


def counter(soft) -> Path:
    (path,) = soft.state.glob("pin-*.json")
    return path


def an_hour_later(soft) -> None:
    """Move the last try, instead of waiting."""
    path = counter(soft)
    value = json.loads(path.read_text())
    path.write_text(json.dumps({**value, "last": value["last"] - 3601.0}))


def log_in(soft) -> None:
    close_tokens()
    with soft.token.session("token", "log in"):
        pass


def test_twelve_wrong_pins_are_slowed_down(soft, monkeypatch) -> None:
    monkeypatch.setenv(PIN_VARIABLE, WRONG)
    waits = []
    for number in range(1, 13):
        with pytest.raises(CustodyError, match="the PIN is wrong") as refusal:
            log_in(soft)
        assert not isinstance(refusal.value, TooManyTries)
        with soft.token.making():
            waits.append(soft.token.back_off(soft.token.present()).wait_left())
        if number >= 3:
            with pytest.raises(TooManyTries, match=rf"{number} wrong PINs; the next try is possible in \d+ s"):
                log_in(soft)
        an_hour_later(soft)
    assert waits[:2] == [0.0, 0.0]
    for failures, wait in enumerate(waits[2:], start=3):
        expected = min(2.0 ** (failures - 2), 3600.0)
        assert expected - 2.0 < wait <= expected
    assert len(soft.events) == 12 + 10
    for kind, body in soft.events:
        assert kind == REFUSAL and kind_fault(kind, body) is None
        assert WRONG not in str(body) and body["token_label"] == LABEL
    assert [body["pin_failures"] for _, body in soft.events][-2:] == [12, 12]


def test_the_counter_survives_restarts_and_a_right_pin_ends_it(soft, monkeypatch) -> None:
    monkeypatch.setenv(PIN_VARIABLE, WRONG)
    for _ in range(3):
        with pytest.raises(CustodyError):
            log_in(soft)
    assert stat.S_IMODE(counter(soft).stat().st_mode) == 0o600
    monkeypatch.setenv(PIN_VARIABLE, PIN)
    with pytest.raises(TooManyTries) as refusal:
        log_in(soft)
    assert refusal.value.failures == 3 and 0 < refusal.value.wait_s <= 2
    answer = subprocess.run(
        [sys.executable, WORKER, "native", soft.module, LABEL, soft.state, PIN_VARIABLE, "1"],
        capture_output=True,
        text=True,
    )
    assert "3 wrong PINs; the next try is possible in" in answer.stdout
    an_hour_later(soft)
    log_in(soft)
    assert json.loads(counter(soft).read_text())["failures"] == 0
    for path in soft.state.rglob("*"):
        assert not path.is_file() or not any(pin.encode() in path.read_bytes() for pin in (PIN, WRONG))


def test_no_message_holds_a_pin(soft, monkeypatch) -> None:
    for pin in (WRONG, "x", "p" * 250):
        monkeypatch.setenv(PIN_VARIABLE, pin)
        with pytest.raises(CustodyError) as refusal:
            log_in(soft)
        assert pin == "x" or pin not in str(refusal.value) + repr(refusal.value)
        an_hour_later(soft)
    assert PIN not in repr(soft.token)


def test_nobody_locks_a_token_unattended(soft) -> None:
    from pkcs11.constants import TokenFlag

    token = soft.token.present()
    assert not says_final_try(token)
    assert says_final_try(SimpleNamespace(flags=token.flags | TokenFlag.USER_PIN_FINAL_TRY))


def test_a_missing_pin_is_no_wrong_pin(soft, monkeypatch) -> None:
    monkeypatch.delenv(PIN_VARIABLE)
    with pytest.raises(CustodyError, match=f"environment variable {PIN_VARIABLE}, which should hold the PIN"):
        log_in(soft)
    assert not soft.state.exists() and not soft.events


def test_all_custodians_share_one_login(soft) -> None:
    read, write = os.pipe()
    os.write(write, f"{PIN}\nrest".encode())  # a second login would read `rest`
    token = Token(replace(soft.config, pin=FromDescriptor(read)), soft.state)
    record = TokenNativeCustodian(token).create(SPEC)
    wrapped = TokenWrappedCustodian(Token(token.config, soft.state)).create(KeySpec(ML_DSA_65))
    assert signature_fault(record.public, b"x", TokenNativeCustodian(token).sign(record, b"x")) is None
    assert wrapped.public.algorithm == ML_DSA_65
    assert os.read(read, 10) == b"rest"
    os.close(read)
    os.close(write)


def test_a_second_login_in_a_process_is_not_an_error(soft) -> None:
    record = TokenNativeCustodian(soft.token).create(SPEC)
    same = Token(replace(soft.config, serial=soft.token.serial()), soft.state)
    assert signature_fault(record.public, b"x", TokenNativeCustodian(same).sign(record, b"x")) is None


def test_tokens_of_one_label_need_a_serial_number(soft) -> None:
    serial = soft.token.serial()
    soft.add_token(LABEL)
    close_tokens()
    with pytest.raises(CustodyError, match="2 tokens have the label 'qlang test'; `serial` picks one"):
        TokenNativeCustodian(soft.token).create(SPEC)
    chosen = Token(replace(soft.config, serial=serial), soft.state)
    assert TokenNativeCustodian(chosen).create(SPEC).protection["token_serial"] == serial
    absent = Token(replace(soft.config, label="nowhere"), soft.state)
    with pytest.raises(CustodyError, match="has no token with the label 'nowhere'"):
        TokenNativeCustodian(absent).create(SPEC)


def test_threads_take_turns(soft) -> None:
    native, wrapped = TokenNativeCustodian(soft.token), TokenWrappedCustodian(soft.token)
    records = [(native, native.create(SPEC)), (wrapped, wrapped.create(KeySpec(ML_DSA_65)))]
    faults: list[object] = []

    def work(number: int) -> None:
        custodian, record = records[number % 2]
        for each in range(60):
            message = b"%d %d" % (number, each)
            try:
                faults.append(signature_fault(record.public, message, custodian.sign(record, message)))
            except CustodyError as error:
                faults.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == [None] * 240


@pytest.mark.parametrize("kind", ["native", "wrapped"])
def test_four_processes_use_one_token(soft, kind) -> None:
    command = [sys.executable, WORKER, kind, soft.module, LABEL, soft.state, PIN_VARIABLE]
    workers = [subprocess.Popen([*command, str(tenant)], stdout=subprocess.PIPE, text=True) for tenant in range(4)]
    keys = set()
    for worker in workers:
        answer = json.loads(worker.communicate(timeout=60)[0])
        key = public_key(bytes.fromhex(answer["spki"]))
        keys.add(key)
        assert len(answer["signatures"]) == 50
        for number, signature in enumerate(answer["signatures"]):
            assert signature_fault(key, b"%d" % number, bytes.fromhex(signature)) is None
    assert len(keys) == 4
    with soft.token.session("token", "count objects") as session:
        assert len(list(session.get_objects({}))) == (8 if kind == "native" else 1)  # pairs; one wrapping key for all


def test_a_forked_child_logs_in_anew(soft) -> None:
    custodian = TokenNativeCustodian(soft.token)
    record = custodian.create(SPEC)
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.write(write, custodian.sign(record, b"child"))
            status = 0
        finally:
            os._exit(status)
    os.close(write)
    signature = os.read(read, 4096)
    os.close(read)
    assert os.waitpid(child, 0)[1] == 0
    assert signature_fault(record.public, b"child", signature) is None
    assert signature_fault(record.public, b"parent", custodian.sign(record, b"parent")) is None


def test_a_token_that_is_removed_is_missed_and_found_again(soft) -> None:
    native, wrapped = TokenNativeCustodian(soft.token), TokenWrappedCustodian(soft.token)
    records = [(native, native.create(SPEC)), (wrapped, wrapped.create(KeySpec(ML_DSA_65)))]
    kept = soft.folder.with_name("kept")
    shutil.copytree(soft.folder, kept)
    shutil.rmtree(soft.folder)
    for custodian, record in records:
        with pytest.raises(CustodyError):
            custodian.sign(record, b"x")
        with pytest.raises(CustodyError):
            custodian.probe(record)
        with pytest.raises(CustodyError):
            custodian.create(replace(record.spec, generation=2))
    shutil.copytree(kept, soft.folder)
    close_tokens()  # as a restart of the signer does
    for custodian, record in records:
        assert signature_fault(record.public, b"x", custodian.sign(record, b"x")) is None


def test_the_extra_is_named_where_it_is_missing(soft) -> None:
    program = """
import sys
sys.modules["pkcs11"] = None
from pathlib import Path
from qlang.trust.custody import KeySpec
from qlang.trust.errors import CustodyError
from qlang.trust.token.config import TokenConfig
from qlang.trust.token.native import TokenNativeCustodian
from qlang.trust.token.session import Token, close_tokens, says_final_try
from qlang.trust.token.wrapped import TokenWrappedCustodian
close_tokens()
for kind in (TokenNativeCustodian, TokenWrappedCustodian):
    custodian = kind(Token(TokenConfig(Path("/nowhere.so"), "x"), Path("state")))
    for call in (custodian.algorithms, lambda: custodian.create(KeySpec("ed25519"))):
        try:
            call()
        except CustodyError as error:
            print(error)
"""
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert answer.stdout.count("python -m pip install 'qlang[hsm]'") == 4, answer.stderr


def test_modules_that_cannot_be_trusted_or_loaded_are_refused(soft, tmp_path) -> None:
    def refusal(module: Path) -> str:
        with pytest.raises(CustodyError) as error:
            Token(TokenConfig(module, LABEL), soft.state).serial()
        return str(error.value)

    assert "cannot be used: No such file" in refusal(tmp_path / "missing.so")
    assert "is not a plain file" in refusal(tmp_path)
    text = tmp_path / "text.so"
    text.write_text("no library")
    assert "cannot load the PKCS#11 module" in refusal(text)
    text.chmod(0o666)
    assert "could be changed by other users" in refusal(text)
    plain = next(path for path in Path(sys.base_prefix).rglob("*.so") if "lib-dynload" in path.parts)
    assert "cannot" in refusal(plain)
