"""A process of its own that makes a key in a token and signs with it: prints JSON, or the refusal."""

import json
import sys
from pathlib import Path

from qlang.trust.crypto_modes import ECDSA_P256
from qlang.trust.custody import KeySpec
from qlang.trust.errors import CustodyError
from qlang.trust.secret_sources import FromVariable
from qlang.trust.token.config import TokenConfig
from qlang.trust.token.native import TokenNativeCustodian
from qlang.trust.token.session import Token
from qlang.trust.token.wrapped import TokenWrappedCustodian

if __name__ == "__main__":
    kind, module, label, state, variable, tenant = sys.argv[1:]
    token = Token(TokenConfig(Path(module), label, pin=FromVariable(variable)), Path(state))
    custodian = {"native": TokenNativeCustodian, "wrapped": TokenWrappedCustodian}[kind](token)
    try:
        record = custodian.create(KeySpec(ECDSA_P256, tenant=tenant))
        signatures = [custodian.sign(record, b"%d" % number).hex() for number in range(50)]
    except CustodyError as error:
        print(error)
    else:
        print(json.dumps({"spki": record.public.spki.hex(), "signatures": signatures}))
