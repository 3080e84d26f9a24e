"""What a noise model in the IR means where it does not say; whoever predicts and whoever simulates must agree on it."""

TIME_1Q = 50e-9
"""Duration of a one-qubit gate under `thermal` noise without `time_1q`, typical of transmons; seconds."""
TIME_2Q = 300e-9
"""The same of gates on two or more qubits, without `time_2q`."""
