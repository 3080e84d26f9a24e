"""What `doctor` says about tokens, on a real SoftHSM2 token."""

from __future__ import annotations

from dataclasses import replace

from qlang.trust.crypto_modes import ECDSA_P256, ML_DSA_65
from qlang.trust.custody import NOT_ENFORCED, KeySpec, ProbeAttempt, ProbeReport
from qlang.trust.secret_sources import FromTerminal
from qlang.trust.token.findings import token_findings
from qlang.trust.token.native import TokenNativeCustodian
from qlang.trust.token.session import close_tokens
from qlang.trust.token.wrapped import TokenWrappedCustodian
from tests.trust.token.conftest import PIN_VARIABLE


def test_tokens_and_keys_in_order(soft) -> None:
    native = TokenNativeCustodian(soft.token).create(KeySpec(ECDSA_P256))
    wrapped = TokenWrappedCustodian(soft.token).create(KeySpec(ML_DSA_65))
    token, first, second = token_findings({"lab": soft.config}, [native, wrapped], soft.state)
    assert (token.name, token.state) == ("token lab", "ok")
    assert ECDSA_P256 in token.detail and "wraps secrets" in token.detail
    for finding, record in ((first, native), (second, wrapped)):
        assert finding.name == f"key {record.public.key_id}" and finding.state == "ok"
        assert finding.detail == "non_extractable: enforced (probed now)"


def test_nobody_is_asked_for_a_pin(soft) -> None:
    record = TokenNativeCustodian(soft.token).create(KeySpec(ECDSA_P256))
    leaky = ProbeReport(NOT_ENFORCED, (ProbeAttempt("read VALUE", False, ""), ProbeAttempt("copy it", True, "")))
    close_tokens()
    asking = replace(soft.config, pin=FromTerminal())
    found = token_findings({"lab": asking}, [record, replace(record, probe=leaky)], soft.state)
    assert [each.state for each in found] == ["ok", "ok", "warning"]
    assert "when it was probed last" in found[1].detail
    assert "the token yields to: copy it; policies for production refuse it" in found[2].detail


def test_what_is_wrong_is_a_fault_and_one_pin_is_tried_once(soft, monkeypatch) -> None:
    custodian = TokenNativeCustodian(soft.token)
    records = [custodian.create(KeySpec(ECDSA_P256, generation=number)) for number in (1, 2)]
    close_tokens()
    monkeypatch.setenv(PIN_VARIABLE, "not the PIN")
    _, fault = token_findings({"lab": soft.config}, records, soft.state)
    assert fault.state == "fault" and "the PIN is wrong" in fault.detail
    assert soft.token.back_off(soft.token.present()).failures() == 1
    absent = replace(soft.config, label="elsewhere")
    token, *keys = token_findings({"lab": absent}, records, soft.state)
    assert token.state == "fault" and "has no token with the label 'elsewhere'" in token.detail
    assert ["which no `[tokens]` of this project names" in key.detail for key in keys] == [True, True]
