"""Keys from a quantum key distribution network, over ETSI GS QKD 014 v1.1.1.

A quantum-distributed key is only ever an additional input beside a post-quantum key agreement, and only its id is
recorded. Without a configured key management entity that answers, there is `QKD_UNAVAILABLE`, never a substitute.
"""
