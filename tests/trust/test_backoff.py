import json
from dataclasses import replace
from pathlib import Path

import pytest

from qlang.trust.backoff import BackOff
from qlang.trust.errors import CustodyError, TooManyTries


class Clock:
    def __init__(self) -> None:
        self.time = 1_000_000.0

    def __call__(self) -> float:
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def backoff(tmp_path: Path, clock: Clock) -> BackOff:
    return BackOff(tmp_path / "tries" / "counter.json", "development", now=clock)


def fail(backoff: BackOff) -> None:
    with backoff.attempt():
        pass


def test_waiting_doubles_and_is_bounded(backoff: BackOff, clock: Clock) -> None:
    waits = []
    for _ in range(20):
        fail(backoff)
        waits.append(backoff.wait_left())
        clock.time += waits[-1]
    assert waits[:6] == [0.0, 0.0, 2.0, 4.0, 8.0, 16.0]
    assert waits[-1] == 3600.0
    assert backoff.failures() == 20


def test_an_early_try_is_refused_and_not_counted(backoff: BackOff, clock: Clock) -> None:
    for _ in range(3):
        fail(backoff)
    clock.time += 0.5
    with pytest.raises(TooManyTries, match=r"3 wrong passphrases; the next try is possible in 2 s") as caught:
        fail(backoff)
    assert (caught.value.failures, caught.value.wait_s) == (3, 1.5)
    assert backoff.failures() == 3


def test_the_right_secret_forgets_failures(backoff: BackOff) -> None:
    fail(backoff)
    with backoff.attempt() as attempt:
        attempt.right()
    assert backoff.failures() == 0


def test_a_try_that_never_reached_the_secret_does_not_count(backoff: BackOff) -> None:
    fail(backoff)
    with pytest.raises(RuntimeError), backoff.attempt() as attempt:
        attempt.not_tried()
        raise RuntimeError
    assert backoff.failures() == 1


def test_a_killed_try_counts(backoff: BackOff) -> None:
    """While a try runs its failure is on disk already: that is what a killed process leaves."""
    with backoff.attempt() as attempt:
        assert json.loads(backoff.path.read_text())["failures"] == 1
        attempt.right()


def test_another_process_sees_the_counter(backoff: BackOff) -> None:
    for _ in range(3):
        fail(backoff)
    assert replace(backoff).wait_left() == 2.0


def test_a_clock_set_back_waits_from_now(backoff: BackOff, clock: Clock) -> None:
    for _ in range(3):
        fail(backoff)
    clock.time -= 1e6
    with pytest.raises(TooManyTries):
        fail(backoff)
    clock.time += 2.0
    fail(backoff)
    assert backoff.failures() == 4


@pytest.mark.parametrize("text", ["", "{}", '{"failures": -1, "last": 0}', '{"failures": true, "last": 0}', "[" * 99])
def test_a_damaged_counter_is_not_taken_for_none(backoff: BackOff, text: str) -> None:
    fail(backoff)
    backoff.path.write_text(text)
    with pytest.raises(CustodyError, match="damaged"):
        fail(backoff)
