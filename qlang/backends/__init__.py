"""Where circuits execute.

A backend takes a `kernel.func` and a `Request` and gives an `Outcome` (`protocol`). The NumPy backend (`reference`)
is what all others are tested against; it walks the kernel with `interpreter` over a state: `state_vector` or
`density_matrix`. Noise is plain data (`noise`) made of `channels`.
"""
