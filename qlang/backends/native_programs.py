"""Programs for runs of gates, kept by structure: the same gates with other angles are planned once."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace
from typing import TypeAlias

from qlang.backends.states import GateCall
from qlang.backends.turns import within_two_turns
from qlang.collection import CollectionPaused
from qlang.forking import lock_over_forks
from qlang.kernels.bind import Binder, BoundProgram, bind
from qlang.kernels.cancel import with_phases_in_front
from qlang.kernels.cost import GENERIC, default_options
from qlang.kernels.cpu.host import Precision, host_target, shared_cache_bytes
from qlang.kernels.decompose import steps_of
from qlang.kernels.frames import Frame
from qlang.kernels.fuse import fused
from qlang.kernels.interactions import twisted
from qlang.kernels.program import PlanOptions
from qlang.kernels.schedule import plan
from qlang.kernels.steps import MappedLowering, Steps
from qlang.kernels.sums import summed
from qlang.tuning.planned import Planned

_MAX_KEPT = 128
_Key: TypeAlias = tuple[bytes, Precision, tuple[int, ...] | None, PlanOptions]

_KEPT: OrderedDict[_Key, Binder] = OrderedDict()
_LOCK = lock_over_forks()


def lowering_of(calls: Sequence[GateCall], qubits: int, *, fixed: bool = True, twists: bool = True) -> MappedLowering:
    """The steps that native code makes of gates.

    `fixed`: they are executed with their own parameters, so these may decide about steps; `twists`: the target knows
    TWIST steps.
    """
    with CollectionPaused():
        lowering = steps_of(calls, qubits)
        if not twists:
            return fused(lowering)
        # the angles that decide are those executed: half of one beyond two turns is another angle, with its sign
        lowering = replace(lowering, parameters=within_two_turns(lowering.parameters))
        found = fused(twisted(lowering, fixed=fixed))
        return summed(replace(found, steps=with_phases_in_front(found.steps)))


def binder_of(
    steps: Steps, precision: Precision, start: tuple[int, ...] | None, tuned: Planned | None = None
) -> Binder:
    """The program of a structure; `start` is the position of each wire, None for |0…0⟩, where `tuned` may count."""
    with CollectionPaused():
        return _kept_binder(steps, precision, start, tuned)


def _kept_binder(steps: Steps, precision: Precision, start: tuple[int, ...] | None, tuned: Planned | None) -> Binder:
    options = options_for(precision)
    if tuned is not None and start is None and steps.digest.hex() == tuned.structure:
        options = tuned.options
    key = steps.digest, precision, start, options
    with _LOCK:
        known = _KEPT.get(key)
        if known is not None:
            _KEPT.move_to_end(key)
            return known
    program = plan(steps, steps.qubits, options, fresh=start is None, start=start)
    made = Binder.of(program, steps)
    with _LOCK:
        _KEPT[key] = made
        while len(_KEPT) > _MAX_KEPT:
            _KEPT.popitem(last=False)
    return made


def options_for(precision: Precision) -> PlanOptions:
    """How programs of jobs are cut up: by the processor and its cache alone, so that the bits are the same for any
    number of threads.

    A plan that states others, for the structure that its kernel begins with, gives the same bits too.
    """
    host = replace(GENERIC, vector_bytes=host_target().vector_bytes, shared_cache_bytes=shared_cache_bytes())
    return default_options(precision, host)


def bound_program(
    calls: Sequence[GateCall],
    qubits: int,
    precision: Precision,
    start: tuple[int, ...] | None,
    frame: Frame | None,
    tuned: Planned | None = None,
) -> BoundProgram:
    """Gates on a state whose wires stand at `start`, under a frame; None for both: on |0…0⟩. Angles are finite."""
    with CollectionPaused():
        lowering = lowering_of(calls, qubits)
        angles = lowering.angle_map.angles(within_two_turns(lowering.parameters))
        binder = binder_of(lowering.steps, precision, start, tuned)
        return bind(binder, angles, precision=precision, frame=frame)
