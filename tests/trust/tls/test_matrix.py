"""Who agrees with whom on what: our server and client, `ssl` of Python (OpenSSL 3.0 or newer), Node (OpenSSL 3.5)."""

import json
import logging
import ssl
from dataclasses import asdict
from pathlib import Path

import pytest

from qlang.trust.crypto_modes import ECDSA_P256, ML_DSA_65
from qlang.trust.errors import TlsRefused
from qlang.trust.tls.certificates import CLIENT, SERVER, Validity, issue, new_authority
from qlang.trust.tls.client import connect
from qlang.trust.tls.context import TlsSettings
from tests.trust.tls.parties import (
    GREETING,
    Parties,
    answer_http,
    expired,
    key_pem,
    node,
    not_yet,
    pem,
    receive_all,
    running,
    standard_library,
    urllib3_over_pyopenssl,
)

POST_QUANTUM_SSL = ssl.OPENSSL_VERSION_INFO >= (3, 5)
"""Whether Python's own `ssl` knows X25519MLKEM768."""


@pytest.mark.parametrize(
    ("server", "client", "group"),
    [
        ("hybrid", "hybrid", "X25519MLKEM768"),
        ("hybrid", "classical", "X25519"),
        ("classical", "hybrid", "X25519"),
        ("classical", "classical", "X25519"),
        ("pqc_required", "hybrid", "X25519MLKEM768"),
        ("hybrid", "pqc_required", "X25519MLKEM768"),
        ("pqc_required", "pqc_required", "X25519MLKEM768"),
    ],
)
def test_modes_that_meet(
    parties: Parties, server: str, client: str, group: str, caplog: pytest.LogCaptureFixture
) -> None:
    with (
        caplog.at_level(logging.INFO, "qlang.trust.tls"),
        running(parties.server(server)) as seen,
        connect("127.0.0.1", seen.port, parties.client(client)) as channel,
    ):
        assert receive_all(channel) == GREETING
    (accepted,) = seen.accepted
    assert (channel.negotiated.group, accepted.group) == (group, group)
    assert channel.negotiated.protocol == accepted.protocol == "TLSv1.3"
    assert channel.negotiated.peer_algorithm == accepted.certificate_algorithm == ECDSA_P256
    assert channel.negotiated.peer == "localhost, 127.0.0.1, *.example.org"
    logged = {line.pop("side"): line for line in (json.loads(record.getMessage()) for record in caplog.records)}
    for side, agreed in (("server", accepted), ("client", channel.negotiated)):
        assert logged[side].pop("address").startswith("127.0.0.1:")
        assert logged[side] == asdict(agreed)
    assert len(caplog.records) == 2


@pytest.mark.parametrize(("server", "client"), [("pqc_required", "classical"), ("classical", "pqc_required")])
def test_pqc_required_refuses_classical_both_ways(parties: Parties, server: str, client: str) -> None:
    with running(parties.server(server)) as seen, pytest.raises(TlsRefused, match="handshake failure"):
        connect("127.0.0.1", seen.port, parties.client(client))
    assert seen.accepted == []
    assert seen.refused == ["no suitable key share"]


def test_the_standard_library_falls_back(parties: Parties) -> None:
    with running(parties.server("hybrid")) as seen:
        assert standard_library(seen.port, parties.roots[ECDSA_P256]) == GREETING
    assert [accepted.group for accepted in seen.accepted] == ["X25519MLKEM768" if POST_QUANTUM_SSL else "X25519"]


@pytest.mark.skipif(POST_QUANTUM_SSL, reason="this Python's `ssl` has post-quantum groups")
def test_the_standard_library_is_refused_where_pqc_is_required(parties: Parties) -> None:
    with running(parties.server("pqc_required")) as seen, pytest.raises(ssl.SSLError, match=r"(?i)handshake.failure"):
        standard_library(seen.port, parties.roots[ECDSA_P256])
    assert seen.refused == ["no suitable key share"]


def test_tls_1_2_is_refused(parties: Parties) -> None:
    with running(parties.server("classical")) as seen, pytest.raises(ssl.SSLError, match=r"(?i)protocol.version"):
        standard_library(seen.port, parties.roots[ECDSA_P256], maximum_version=ssl.TLSVersion.TLSv1_2)
    assert seen.refused == ["unsupported protocol"]


@pytest.mark.parametrize("mode", ["hybrid", "pqc_required"])
def test_node_agrees_on_the_hybrid_group(parties: Parties, mode: str) -> None:
    with running(parties.server(mode)) as seen:
        answer = node(seen.port, ca=pem(parties.roots[ECDSA_P256]))
    assert answer == {
        "authorized": True,
        "group": {"type": "TLSGroup", "name": "X25519MLKEM768"},
        "protocol": "TLSv1.3",
        "cipher": seen.accepted[0].cipher,
        "data": "hello\n",
    }
    assert seen.accepted[0].group == "X25519MLKEM768"


@pytest.mark.parametrize(
    ("curves", "hybrid", "required"),
    [
        ("X25519MLKEM768:X25519", "X25519MLKEM768", "X25519MLKEM768"),
        ("X25519:X25519MLKEM768", "X25519MLKEM768", "X25519MLKEM768"),  # guesses classical, and is asked again
        ("P-256:X25519MLKEM768", "X25519MLKEM768", "X25519MLKEM768"),
        ("P-256:X25519", "X25519", None),
        ("SecP256r1MLKEM768", "SecP256r1MLKEM768", "SecP256r1MLKEM768"),
        ("P-256", None, None),
    ],
)
def test_a_client_that_can_do_post_quantum_does_it(
    parties: Parties, curves: str, hybrid: str | None, required: str | None
) -> None:
    for mode, group in (("hybrid", hybrid), ("pqc_required", required)):
        with running(parties.server(mode)) as seen:
            node(seen.port, ca=pem(parties.roots[ECDSA_P256]), ecdhCurve=curves)
        assert [accepted.group for accepted in seen.accepted] == ([group] if group else [])
        assert seen.refused == ([] if group else ["no suitable key share"])


@pytest.mark.parametrize("mode", ["hybrid", "pqc_required"])
def test_urllib3_over_pyopenssl_agrees_on_the_hybrid_group(parties: Parties, mode: str, tmp_path: Path) -> None:
    with running(parties.server(mode), handle=answer_http) as seen:
        said, group = urllib3_over_pyopenssl(seen.port, parties.roots[ECDSA_P256], tmp_path)
    assert (said, group) == (GREETING, "X25519MLKEM768")
    assert [accepted.group for accepted in seen.accepted] == ["X25519MLKEM768"]


def test_urllib3_over_pyopenssl_refuses_a_stranger(parties: Parties, tmp_path: Path) -> None:
    stranger = new_authority(ECDSA_P256, Validity.days(1))
    with running(parties.server()) as seen, pytest.raises(ssl.SSLError, match="certificate verify failed"):
        urllib3_over_pyopenssl(seen.port, stranger, tmp_path)
    assert seen.accepted == []


def test_a_classical_node_client_is_served_hybrid_and_refused_where_pqc_is_required(parties: Parties) -> None:
    options = {"ca": pem(parties.roots[ECDSA_P256]), "ecdhCurve": "X25519"}
    with running(parties.server("hybrid")) as seen:
        assert node(seen.port, **options)["authorized"] is True
    assert seen.accepted[0].group == "X25519"
    with running(parties.server("pqc_required")) as seen:
        assert "handshake failure" in node(seen.port, **options)["error"]
    assert seen.refused == ["no suitable key share"]


def test_node_takes_an_ml_dsa_server_and_shows_an_ml_dsa_client(parties: Parties) -> None:
    settings = parties.server("pqc_required", ML_DSA_65, trust=(parties.roots[ML_DSA_65].certificate,))
    mine = parties.clients[ML_DSA_65]
    with running(settings) as seen:
        answer = node(seen.port, ca=pem(parties.roots[ML_DSA_65]), cert=pem(mine), key=key_pem(mine))
    assert answer["authorized"] is True
    (accepted,) = seen.accepted
    assert (accepted.certificate_algorithm, accepted.peer_algorithm) == (ML_DSA_65, ML_DSA_65)
    assert accepted.peer == "client"


def test_mutual_tls_with_ml_dsa_on_both_sides(parties: Parties) -> None:
    settings = parties.server("pqc_required", ML_DSA_65, trust=(parties.roots[ML_DSA_65].certificate,))
    with (
        running(settings) as seen,
        connect("localhost", seen.port, parties.client("pqc_required", ML_DSA_65)) as channel,
    ):
        assert receive_all(channel) == GREETING
    assert channel.negotiated.peer_algorithm == channel.negotiated.certificate_algorithm == ML_DSA_65
    assert (seen.accepted[0].peer, seen.accepted[0].peer_algorithm) == ("client", ML_DSA_65)


def test_an_ml_dsa_server_and_the_standard_library_have_no_signature_in_common(parties: Parties) -> None:
    if POST_QUANTUM_SSL:
        pytest.skip("this Python's `ssl` has ML-DSA")
    with running(parties.server("hybrid", ML_DSA_65)) as seen, pytest.raises(ssl.SSLError, match=r"(?i)handshake"):
        standard_library(seen.port, parties.roots[ECDSA_P256])
    assert seen.refused == ["no suitable signature algorithm"]


BOTH_ORDERS = pytest.mark.parametrize("order", [(ECDSA_P256, ML_DSA_65), (ML_DSA_65, ECDSA_P256)])


@BOTH_ORDERS
def test_who_trusts_the_ecdsa_ca_alone_gets_the_ecdsa_certificate(
    parties: Parties, order: tuple[str, ...], tmp_path: Path
) -> None:
    """Whatever else it could check: OpenSSL 3.5 and newer, so Node and urllib3 here, offer ML-DSA before ECDSA."""
    root = parties.roots[ECDSA_P256]
    with running(parties.server("hybrid", *order), connections=3) as seen:
        assert standard_library(seen.port, root) == GREETING
        assert node(seen.port, ca=pem(root))["authorized"] is True
        with connect("127.0.0.1", seen.port, parties.client(trust=(root.certificate,))) as channel:
            assert receive_all(channel) == GREETING
    with running(parties.server("hybrid", *order), handle=answer_http) as urllib3:
        assert urllib3_over_pyopenssl(urllib3.port, root, tmp_path)[0] == GREETING
    used = [accepted.certificate_algorithm for accepted in (*seen.accepted, *urllib3.accepted)]
    assert used == [ECDSA_P256] * 4


@BOTH_ORDERS
def test_who_asks_for_ml_dsa_gets_it(parties: Parties, order: tuple[str, ...]) -> None:
    root = parties.roots[ML_DSA_65]
    with running(parties.server("hybrid", *order), connections=3) as seen:
        assert node(seen.port, ca=pem(root), sigalgs="mldsa65")["authorized"] is True
        for signatures in (("mldsa65",), ()):  # ours offers nothing else if it trusts nothing else
            client = parties.client("hybrid", signature_algorithms=signatures, trust=(root.certificate,))
            with connect("127.0.0.1", seen.port, client) as channel:
                assert receive_all(channel) == GREETING
            assert channel.negotiated.peer_algorithm == ML_DSA_65
    assert [accepted.certificate_algorithm for accepted in seen.accepted] == [ML_DSA_65] * 3


@BOTH_ORDERS
@pytest.mark.parametrize(
    ("server", "expected"), [("", ECDSA_P256), ("mldsa65 ecdsa_secp256r1_sha256", ML_DSA_65), ("mldsa65", ML_DSA_65)]
)
def test_who_trusts_both_gets_what_the_server_prefers(
    parties: Parties, order: tuple[str, ...], server: str, expected: str
) -> None:
    """In whatever order the client offers, and in whatever order the server got its certificates."""
    both = [pem(parties.roots[name]) for name in (ML_DSA_65, ECDSA_P256)]
    offers = ("mldsa65:ecdsa_secp256r1_sha256", "ecdsa_secp256r1_sha256:mldsa65")
    settings = parties.server("hybrid", *order, signature_algorithms=tuple(server.split()))
    with running(settings, connections=4) as seen:
        for options in ({}, *({"sigalgs": offer} for offer in offers)):
            assert node(seen.port, ca=both, **options)["authorized"] is True
        with connect("127.0.0.1", seen.port, parties.client()) as channel:
            assert receive_all(channel) == GREETING
    assert [accepted.certificate_algorithm for accepted in seen.accepted] == [expected] * 4


@pytest.mark.parametrize("signature", ["ecdsa_secp384r1_sha384", "rsa_pss_rsae_sha256"])
def test_who_offers_another_classical_algorithm_and_ml_dsa_gets_ml_dsa(parties: Parties, signature: str) -> None:
    with running(parties.server("hybrid", ECDSA_P256, ML_DSA_65)) as seen:
        answer = node(seen.port, ca=pem(parties.roots[ML_DSA_65]), sigalgs=f"{signature}:mldsa65")
    assert answer["authorized"] is True
    assert [accepted.certificate_algorithm for accepted in seen.accepted] == [ML_DSA_65]


def test_a_server_under_another_root_is_refused(parties: Parties) -> None:
    stranger = new_authority(ECDSA_P256, Validity.days(1))
    with running(parties.server()) as seen, pytest.raises(TlsRefused, match="certificate is refused: unable to get"):
        connect("127.0.0.1", seen.port, parties.client(trust=(stranger.certificate,)))
    assert seen.accepted == []
    assert "unknown ca" in seen.refused[0]


@pytest.mark.parametrize("algorithm", [ECDSA_P256, ML_DSA_65])
def test_a_root_of_the_same_name_with_another_key_is_refused(parties: Parties, algorithm: str) -> None:
    """Its certificates have the right issuer's name: only the signature tells."""
    impostor = new_authority(algorithm, Validity.days(1))
    assert impostor.certificate.subject == parties.roots[algorithm].certificate.subject
    forged = issue(impostor, algorithm, ("localhost",), SERVER, Validity.days(1))
    with running(TlsSettings("hybrid", (forged,))) as seen, pytest.raises(TlsRefused, match="certificate is refused"):
        connect("localhost", seen.port, parties.client())


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("other.test", "hostname mismatch"),
        ("127.0.0.2", "IP address mismatch"),
        ("example.org", "hostname mismatch"),
        ("a.b.example.org", "hostname mismatch"),
    ],
)
def test_another_name_than_the_certificates_is_refused(parties: Parties, name: str, reason: str) -> None:
    with running(parties.server()) as seen, pytest.raises(TlsRefused, match=reason):
        connect("127.0.0.1", seen.port, parties.client(), server_name=name)
    assert seen.accepted == []


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "LOCALHOST", "a.example.org"])
def test_a_name_of_the_certificate_is_accepted(parties: Parties, name: str) -> None:
    with (
        running(parties.server()) as seen,
        connect("127.0.0.1", seen.port, parties.client(), server_name=name) as channel,
    ):
        assert receive_all(channel) == GREETING


def test_the_common_name_of_the_subject_does_not_count(parties: Parties) -> None:
    """The subject is CN=only.test, the alternative name another."""
    identity = issue(parties.roots[ECDSA_P256], ECDSA_P256, ("only.test", "else.test"), SERVER, Validity.days(1))
    assert identity.certificate.subject.rfc4514_string() == "CN=only.test"
    other = issue(parties.roots[ECDSA_P256], ECDSA_P256, ("127.0.0.9",), SERVER, Validity.days(1))
    assert other.certificate.subject.rfc4514_string() == "CN=127.0.0.9"
    with running(TlsSettings("hybrid", (identity,))) as seen, pytest.raises(TlsRefused, match="mismatch"):
        connect("127.0.0.1", seen.port, parties.client(), server_name="localhost")


@pytest.mark.parametrize(
    ("validity", "reason"), [(expired(), "certificate has expired"), (not_yet(), "certificate is not yet valid")]
)
@pytest.mark.parametrize("algorithm", [ECDSA_P256, ML_DSA_65])
def test_a_certificate_out_of_its_time_is_refused(
    parties: Parties, algorithm: str, validity: Validity, reason: str
) -> None:
    identity = issue(parties.roots[algorithm], algorithm, ("localhost",), SERVER, validity)
    with running(TlsSettings("hybrid", (identity,))) as seen, pytest.raises(TlsRefused, match=reason):
        connect("localhost", seen.port, parties.client())


def test_a_clients_certificate_is_no_servers(parties: Parties) -> None:
    identity = issue(parties.roots[ECDSA_P256], ECDSA_P256, ("localhost",), CLIENT, Validity.days(1))
    with running(TlsSettings("hybrid", (identity,))) as seen, pytest.raises(TlsRefused, match="purpose"):
        connect("localhost", seen.port, parties.client())


def test_mutual_tls_without_a_clients_certificate_is_refused(parties: Parties) -> None:
    settings = parties.server("hybrid", ECDSA_P256, trust=parties.trust)
    with running(settings, connections=2) as seen:
        # In TLS 1.3 the client learns of the refusal when it reads.
        with (
            connect("127.0.0.1", seen.port, parties.client()) as channel,
            pytest.raises(TlsRefused, match="certificate required"),
        ):
            receive_all(channel)
        answer = node(seen.port, ca=pem(parties.roots[ECDSA_P256]))
        assert "certificate required" in answer["error"]
    assert seen.accepted == []
    assert seen.refused == ["peer did not return a certificate"] * 2


@pytest.mark.parametrize("wrong", ["stranger", "expired", "server"])
def test_mutual_tls_with_a_wrong_clients_certificate_is_refused(parties: Parties, wrong: str) -> None:
    root = parties.roots[ECDSA_P256]
    identity = {
        "stranger": lambda: issue(
            new_authority(ECDSA_P256, Validity.days(1)), ECDSA_P256, ("x",), CLIENT, Validity.days(1)
        ),
        "expired": lambda: issue(root, ECDSA_P256, ("x",), CLIENT, expired()),
        "server": lambda: issue(root, ECDSA_P256, ("x",), SERVER, Validity.days(1)),
    }[wrong]()
    settings = parties.server("hybrid", ECDSA_P256, trust=parties.trust)
    client = TlsSettings("hybrid", (identity,), parties.trust)
    with (
        running(settings) as seen,
        connect("127.0.0.1", seen.port, client) as channel,
        pytest.raises(TlsRefused),
    ):
        receive_all(channel)
    assert seen.accepted == []
    assert seen.refused[0].startswith("the peer's certificate is refused: ")
