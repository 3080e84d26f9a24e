"""One set of certificates for all tests of TLS."""

import pytest

from tests.trust.tls.parties import Parties, new_parties


@pytest.fixture(scope="session")
def parties() -> Parties:
    return new_parties()
