"""Simulation compiled for the circuit: from gates to steps, programs of sweeps, and native kernels."""
