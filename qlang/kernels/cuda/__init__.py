"""The kernel program on NVIDIA GPUs: CUDA C for NVRTC, launched through CuPy, which is imported at first use only."""
