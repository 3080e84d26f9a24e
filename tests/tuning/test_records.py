"""Records: T4's form, back and forth, whole or absent, and never believed when damaged."""

import contextlib
import json
import os
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qlang.tuning.budget import Budget
from qlang.tuning.errors import CannotStore, NoFolder
from qlang.tuning.record import _digest, record_from_json, record_json
from qlang.tuning.result import NotARecord
from qlang.tuning.space import Gene, Space
from qlang.tuning.store import DamagedRecord, Store, user_store
from qlang.tuning.strategy import strategy_named
from qlang.tuning.tuner import tune
from tests.tuning import t4
from tests.tuning.laboratories import DEVICE, KERNEL, laboratory
from tests.tuning.recorded import DEFAULT, OPTIMUM, SPACE, Machine

READERS = {
    "best": lambda store: store.best(KERNEL, DEVICE, SPACE, DEFAULT),
    "load": lambda store: store.load(KERNEL, DEVICE, SPACE),
}


@pytest.fixture(scope="module", params=[False, True], ids=["latency", "energy"])
def document(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The record of a search with wrong, broken and good configurations."""
    folder = tmp_path_factory.mktemp("records")
    machine = Machine(noise=0.02, seed=3, watts=30.0, errors=dict.fromkeys(SPACE.points[::5], 1.0))
    machine.errors.pop(DEFAULT, None)
    lab = laboratory(folder, machine, metered=request.param)
    tune(lab, strategy_named("random", SPACE, DEFAULT, seed=4), Budget(30))
    return json.loads(Store(folder).path(KERNEL, DEVICE).read_text())


def test_records_are_t4_results_and_metadata(document: Any) -> None:
    jsonschema.validate(document, t4.RESULTS, format_checker=jsonschema.FormatChecker())
    jsonschema.validate(document, t4.METADATA)
    assert {item["invalidity"] for item in document["results"]} >= {"correct", "correctness"}


def test_times_are_milliseconds(document: Any) -> None:
    default = next(item for item in document["results"] if item["configuration"] == dict(DEFAULT))
    assert 1000 < default["times"]["runtimes"][0] < 10_000


def test_what_is_written_is_what_is_read(document: Any) -> None:
    read = record_from_json(document, KERNEL, DEVICE, SPACE)
    again = json.loads(json.dumps(record_json(read)))
    assert again == document | {"metadata": again["metadata"]}
    for name in ("kernel", "device", "default", "best", "fitness"):
        assert again["metadata"]["qlang"][name] == document["metadata"]["qlang"][name]
    assert record_from_json(again, KERNEL, DEVICE, SPACE) == read


def test_fitness_is_worked_out_again_and_is_the_same(document: Any) -> None:
    for item, result in zip(
        document["results"], record_from_json(document, KERNEL, DEVICE, SPACE).results, strict=True
    ):
        said = [row["value"] for row in item["measurements"] if row["name"] == "fitness"]
        fitness = result.measurement.fitness
        assert said == ([] if fitness is None else [pytest.approx(fitness.interval.value, abs=1e-6)])


def places(document: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The places of all values."""
    if isinstance(document, dict):
        return [place for name, value in document.items() for place in places(value, (*path, name))]
    if isinstance(document, list):
        return [place for index, value in enumerate(document) for place in places(value, (*path, index))]
    return [path]


@given(st.data())
def test_any_change_is_noticed(document: Any, data: st.DataObject) -> None:
    changed = json.loads(json.dumps(document))
    *above, last = data.draw(st.sampled_from(places(document)))
    holder = changed
    for step in above:
        holder = holder[step]
    holder[last] = data.draw(
        st.sampled_from([None, "other", -1, 1e300, [], {}, True]).filter(lambda new: new != holder[last])
    )
    with pytest.raises(NotARecord):
        record_from_json(changed, KERNEL, DEVICE, SPACE)


@given(st.data())
def test_a_change_with_a_digest_of_its_own_is_refused_or_can_be_written_again(
    document: Any, data: st.DataObject
) -> None:
    changed = json.loads(json.dumps(document))
    *above, last = data.draw(st.sampled_from([place for place in places(document) if place[-1] != "digest"]))
    holder = changed
    for step in above:
        holder = holder[step]
    values = [None, "other", -1, 1e300, float("nan"), float("inf"), 10**400, [], {}, [[]], True]
    holder[last] = data.draw(st.sampled_from(values))
    changed["metadata"]["qlang"]["digest"] = _digest(changed)
    with contextlib.suppress(NotARecord):
        read = record_from_json(changed, KERNEL, DEVICE, SPACE)
        json.dumps(record_json(read), allow_nan=False)


@pytest.mark.parametrize("other", [None, 3, [], {}, {"metadata": 1}, {"metadata": {"qlang": []}}])
def test_other_documents_are_none(other: Any) -> None:
    with pytest.raises(NotARecord):
        record_from_json(other, KERNEL, DEVICE, SPACE)


@pytest.mark.parametrize(
    "kernel",
    [
        replace(KERNEL, qubits=17),
        replace(KERNEL, precision="float64"),
        replace(KERNEL, structure="01"),
        replace(KERNEL, threads=1),
    ],
)
def test_another_kernel_has_another_record(document: Any, kernel: Any, tmp_path: Path) -> None:
    store = Store(tmp_path)
    assert store.path(kernel, DEVICE) != store.path(KERNEL, DEVICE)
    with pytest.raises(NotARecord, match="another kernel"):
        record_from_json(document, kernel, DEVICE, SPACE)


def test_another_device_has_another_record(tmp_path: Path) -> None:
    store = Store(tmp_path)
    others = [replace(DEVICE, model="b"), replace(DEVICE, cores=2), replace(DEVICE, software=("llvmlite 1",))]
    assert len({store.path(KERNEL, device) for device in (DEVICE, *others)}) == 4


def stored(folder: Path) -> tuple[Store, Path]:
    """A store with a record that has a best."""
    lab = laboratory(folder, Machine())
    lab.measure(OPTIMUM, 0.0)
    tune(lab, strategy_named("random", SPACE, DEFAULT, seed=1), Budget(1))
    return Store(folder), Store(folder).path(KERNEL, DEVICE)


def test_the_best_is_read_alone(tmp_path: Path) -> None:
    store, _ = stored(tmp_path)
    best = store.best(KERNEL, DEVICE, SPACE, DEFAULT)
    assert best is not None
    assert best.configuration == OPTIMUM
    assert best.latency.high < 1
    whole = store.load(KERNEL, DEVICE, SPACE)
    assert whole is not None
    assert whole.best == best


def test_the_best_is_relative_to_its_default(tmp_path: Path) -> None:
    store, path = stored(tmp_path)
    assert store.best(KERNEL, DEVICE, SPACE, DEFAULT.replaced("tile", 11)) is None
    assert path.exists()


def test_no_record_is_no_best(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert Store(tmp_path).best(KERNEL, DEVICE, SPACE, DEFAULT) is None
        assert Store(tmp_path / "none").load(KERNEL, DEVICE, SPACE) is None


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[: len(data) // 2],
        lambda data: b"",
        lambda data: b"\xff\xfe" + data,
        lambda data: b"[" * 100_000,
        lambda data: data.replace(b'"value"', b'"valve"', 1),
        lambda data: data.replace(b'"low', b'"lo', 1).replace(b"1", b"2", 1),
        lambda data: b"NaN",
    ],
)
@pytest.mark.parametrize("reader", READERS)
def test_damaged_records_are_said_so_and_removed(damage: Any, reader: str, tmp_path: Path) -> None:
    store, path = stored(tmp_path)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.warns(DamagedRecord, match="removed"):
        assert READERS[reader](store) is None
    assert not path.exists()
    stored(tmp_path)
    assert store.best(KERNEL, DEVICE, SPACE, DEFAULT) is not None


def test_a_record_of_a_later_version_is_left_alone(tmp_path: Path) -> None:
    store, path = stored(tmp_path)
    path.write_text(path.read_text().replace("qlang.tuning/1", "qlang.tuning/2"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert store.best(KERNEL, DEVICE, SPACE, DEFAULT) is None
    assert path.exists()


def test_nothing_is_left_beside_the_record(tmp_path: Path) -> None:
    _, path = stored(tmp_path)
    assert [each for each in tmp_path.rglob("*") if each.is_file()] == [path]


@pytest.mark.skipif(os.name != "posix", reason="pipes and links")
@pytest.mark.parametrize("reader", READERS)
def test_what_is_no_file_is_removed(reader: str, tmp_path: Path) -> None:
    store, path = stored(tmp_path)
    path.unlink()
    os.mkfifo(path)
    with pytest.warns(DamagedRecord, match="removed"):
        assert READERS[reader](store) is None
    assert not path.exists()
    path.mkdir()
    with pytest.warns(DamagedRecord, match="cannot read"):
        assert READERS[reader](store) is None


def test_a_best_outside_of_the_space_is_none(tmp_path: Path) -> None:
    store, path = stored(tmp_path)
    fewer = Space((*SPACE.genes[:-1], Gene("threads", (1, 2))), SPACE.constraints)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert store.best(KERNEL, DEVICE, fewer, DEFAULT) is None
        whole = store.load(KERNEL, DEVICE, fewer)
    assert whole is not None
    assert whole.best is None
    assert path.exists()


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(CannotStore, match="cannot write"), pytest.warns(DamagedRecord, match="cannot read"):
        laboratory(tmp_path / "file", Machine())


def test_records_lie_in_the_users_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert user_store().folder == tmp_path / "cache" / "qlang" / "tuning"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert user_store().folder == tmp_path / ".cache" / "qlang" / "tuning"


def test_a_user_without_a_home_has_no_records(monkeypatch: pytest.MonkeyPatch) -> None:
    def home() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", home)
    with pytest.raises(NoFolder):
        user_store()
