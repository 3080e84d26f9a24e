"""Where circuits execute.

A backend takes a `kernel.func` and a `Request` and gives an `Outcome` (`protocol`); `targets` names them. The NumPy
backend (`reference`) is what all others are tested against; it walks the kernel with `interpreter` over a state:
`state_vector` or `density_matrix`. Noise is plain data (`noise`) made of `channels`. The others walk it the same way
over states that collect gates and run them as programs of `qlang.kernels`: on CPUs `native`, with `native_state`,
batches of it (`native_sweeps`, `native_trajectories`) and what is read from it (`native_readings`); on GPUs `cuda`.
"""
