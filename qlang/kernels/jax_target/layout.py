"""Where the amplitudes of a state are: on one device, or over several by the top bits of the index."""

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
from jax import lax
from jax.sharding import Mesh, PartitionSpec


@dataclass(frozen=True)
class OneDevice:
    """All 2^qubits amplitudes in one array."""

    qubits: int

    def index(self) -> jax.Array:
        """The index of every amplitude at hand, uint32."""
        return lax.iota(jnp.uint32, 1 << self.qubits)

    def exchanged(self, state: jax.Array, bit: jax.Array) -> jax.Array:
        """The amplitude at j ^ 2^bit for every index j at hand; `state` has shape (…, amplitudes)."""
        exchanged: jax.Array = lax.switch(bit, [partial(_flipped, state, each) for each in range(self.qubits)])
        return exchanged

    def summed(self, values: jax.Array) -> jax.Array:
        """Sums over the amplitudes at hand, over all of them."""
        return values


@dataclass(frozen=True)
class Sharded:
    """A part on each device of a mesh with one axis, whose size is a power of two; used within `shard_map`."""

    qubits: int
    mesh: Mesh

    def __post_init__(self) -> None:
        """Raises TypeError for no mesh, and ValueError for one of another size or with more devices than parts."""
        if not isinstance(self.mesh, Mesh):
            raise TypeError(f"a `jax.sharding.Mesh` is needed, not {self.mesh!r}")
        size = self.mesh.size
        if len(self.mesh.axis_names) != 1 or size & (size - 1):
            axes = ", ".join(f"{name}: {length}" for name, length in self.mesh.shape.items())
            raise ValueError(f"a mesh of one axis with a power of two of devices is needed, not of {axes}")
        if size > 1 << self.qubits:
            raise ValueError(f"{size} devices for a state of {1 << self.qubits} amplitudes")

    @property
    def axis(self) -> str:
        """The mesh's axis."""
        return str(self.mesh.axis_names[0])

    @property
    def spec(self) -> PartitionSpec:
        """How the state is cut."""
        return partition(self.axis)

    @property
    def local_qubits(self) -> int:
        """Bits of the index within a part."""
        return self.qubits - (self.mesh.size.bit_length() - 1)

    def index(self) -> jax.Array:
        """The index of every amplitude at hand, uint32."""
        top = lax.axis_index(self.axis).astype(jnp.uint32) << self.local_qubits
        return top | lax.iota(jnp.uint32, 1 << self.local_qubits)

    def exchanged(self, state: jax.Array, bit: jax.Array) -> jax.Array:
        """The amplitude at j ^ 2^bit for every index j at hand; devices exchange their parts for a top bit."""
        devices = range(self.mesh.size)

        def from_partner(difference: int) -> jax.Array:
            pairs = [(device, device ^ difference) for device in devices]
            moved: jax.Array = lax.ppermute(state, self.axis, pairs)  # type: ignore[no-untyped-call]  # of JAX
            return moved

        within = [partial(_flipped, state, each) for each in range(self.local_qubits)]
        across = [partial(from_partner, 1 << each) for each in range(self.qubits - self.local_qubits)]
        exchanged: jax.Array = lax.switch(bit, [*within, *across])
        return exchanged

    def summed(self, values: jax.Array) -> jax.Array:
        """Sums over the amplitudes at hand, over all of them."""
        total: jax.Array = lax.psum(values, self.axis)  # type: ignore[no-untyped-call]  # of JAX
        return total


def partition(*axes: str) -> PartitionSpec:
    """Along which axes of the mesh the first dimension is cut; none: every device has all."""
    return PartitionSpec(*axes)  # type: ignore[no-untyped-call]  # of JAX


Layout = OneDevice | Sharded


def _flipped(state: jax.Array, bit: int) -> jax.Array:
    """Both halves of a bit of the last axis changed over."""
    halves = state.reshape(*state.shape[:-1], -1, 2, 1 << bit)
    return halves[..., ::-1, :].reshape(state.shape)
