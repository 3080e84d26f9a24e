"""All suites, and how many vectors each must have."""

from tests.trust.vectors import classical, ml_dsa, sealing, slh_dsa
from tests.trust.vectors.model import Suite

SUITES = (
    Suite("ed25519", classical.ed25519, 2237),
    Suite("ecdsa-p256", classical.ecdsa, 538),
    Suite("rsa-pss-3072", classical.rsa_pss, 136),
    Suite("ml-dsa KAT", ml_dsa.known_answers, 600),
    Suite("ml-dsa ACVP", ml_dsa.nist, 165),
    Suite("ml-dsa Wycheproof", ml_dsa.edge_cases, 1474),
    Suite("slh-dsa ACVP keys", slh_dsa.keys, 20),
    Suite("slh-dsa ACVP signatures", slh_dsa.signatures, 56),
    Suite("x25519", sealing.x25519_exchanges, 518),
    Suite("aes-256-gcm", sealing.aes_gcm, 66),
    Suite("ml-kem KAT", sealing.ml_kem_known_answers, 2000),
    Suite("ml-kem ACVP", sealing.ml_kem_nist, 70),
    Suite("ml-kem Wycheproof", sealing.ml_kem_edge_cases, 937),
    Suite("hpke", sealing.hpke_suites, 11),
)
