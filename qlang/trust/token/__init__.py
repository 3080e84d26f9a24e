"""Keys in PKCS#11 tokens: custody `token-native` and `token-wrapped`, PIN back-off, and the custody probe.

Nothing is imported here; python-pkcs11 (extra `hsm`) is loaded at the first use of a token.
"""
