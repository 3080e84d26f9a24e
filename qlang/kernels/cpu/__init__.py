"""The CPU target: kernels generated as LLVM text for the host's vectors, compiled by llvmlite, driven over threads."""
