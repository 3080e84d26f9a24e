"""Notebooks: mistakes at the cell's line and without a traceback, `%%qjob`, and what results look like."""

import asyncio
import warnings
from pathlib import Path
from typing import Any

import nbformat
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from nbclient import NotebookClient
from nbformat import NotebookNode

ROOT = Path(__file__).parents[2]
MISTAKES = """@ql.circuit
def c():
    q = ql.qubits(2)
    ql.cnot(q[0], q[1])
    ql.h(q[2])
    ql.cx(q[0])"""
TEXT_MISTAKES = """%%qjob
circuit c() {
  qubit[2] q;
  cnot q[0], q[1];
  h q[2];
  cx q[0];
}
job j { run c(); sample q; }"""
CELLS = {
    "load": "import qlang as ql\n%load_ext qlang",
    "run": "%%qjob --name bell --run --shots 100 --seed 3\n"
    "circuit bell() { qubit[2] q; h q[0]; cx q[0], q[1]; }\njob pair { run bell(); sample q; }",
    "counts": "bell.counts",
    "python": f"# a comment\n{MISTAKES}",
    "text": TEXT_MISTAKES,
    "circuit": "@ql.circuit\ndef c(n: int):\n    q = ql.qubits(n)\n    ql.h(q)\nc(2)",
    "job": "job = ql.job(c(2),\n    expect={'a': 'Z(q[3])'})",
    "plan": "ql.job(c(2), sample='q', shots=10, seed=1).plan()",
    "options": "%%qjob --shots many\nqubit q;",
    "help": "%%qjob --help\n-",
}


def executed(notebook: NotebookNode, folder: Path) -> NotebookNode:
    """The notebook after a kernel of its own ran it; cells may fail."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the client's own libraries
        client = NotebookClient(
            notebook,
            timeout=90,
            kernel_name="python3",
            allow_errors=True,
            resources={"metadata": {"path": str(folder)}},
        )
        asyncio.run(client.async_execute())
    return notebook


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory, home: Path) -> dict[str, list[NotebookNode]]:
    """What every cell put out."""
    patch = pytest.MonkeyPatch()
    patch.setenv("HOME", str(home))
    patch.setenv("PYTHONPATH", str(ROOT))
    patch.setenv("JUPYTER_PLATFORM_DIRS", "1")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(text) for text in CELLS.values()])
    try:
        done = executed(notebook, tmp_path_factory.mktemp("notebook"))
    finally:
        patch.undo()
    return {name: cell.outputs for name, cell in zip(CELLS, done.cells, strict=True)}


def traceback_of(outputs: list[NotebookNode]) -> str:
    """The text of a failed cell, without colours."""
    import re

    (error,) = [each for each in outputs if each.output_type == "error"]
    assert error.ename == "CompileError"
    return re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(error.traceback))


@pytest.mark.parametrize(
    ("cell", "place"), [("python", ("In[4]", 5, 8)), ("text", ("In[5]", 4, 3))], ids=["decorator", "magic"]
)
def test_newcomers_mistakes_are_shown_at_the_line_of_the_cell(
    cell: str, place: tuple[str, int, int], outputs: dict[str, list[NotebookNode]]
) -> None:
    shown = traceback_of(outputs[cell])
    name, line, column = place
    assert f"cell {name}, line {line}, column {column}" in shown
    assert [code in shown for code in ("QJ0203", "QJ0401", "QJ0501")] == [True] * 3
    assert "use `cx`" in shown and "declared with 2 qubits" in shown
    assert "Traceback" not in shown and "site-packages" not in shown and ".py" not in shown
    assert len(shown.splitlines()) < 30


def test_a_cell_of_the_language_is_run_and_its_result_kept(outputs: dict[str, list[NotebookNode]]) -> None:
    (result,) = outputs["run"]
    assert result.data["text/plain"].startswith("Result(")
    assert "<svg" in result.data["text/html"]
    (counts,) = outputs["counts"]
    found = eval(counts.data["text/plain"])
    assert set(found["q"]) <= {"00", "11"} and sum(found["q"].values()) == 100


def test_circuits_and_plans_are_pictures_and_tables(outputs: dict[str, list[NotebookNode]]) -> None:
    (circuit,) = outputs["circuit"]
    assert "<svg" in circuit.data["text/html"] and circuit.data["text/plain"] == "<circuit c(n=2)>"
    (plan,) = outputs["plan"]
    assert "<table" in plan.data["text/html"] and plan.data["text/plain"].startswith("<plan sha256:")


def test_a_job_with_a_mistake_points_into_its_cell_and_that_of_the_circuit(
    outputs: dict[str, list[NotebookNode]],
) -> None:
    shown = traceback_of(outputs["job"])
    assert "cell In[7], line 2, column 23" in shown and "cell In[6], line 3, column 5" in shown


def test_wrong_options_of_the_magic_are_named(outputs: dict[str, list[NotebookNode]]) -> None:
    assert "invalid int value: 'many'" in outputs["options"][0].text
    assert "unrecognized arguments: --help" in outputs["help"][0].text


def test_in_a_plain_ipython_shell_too(in_workspace: Path) -> None:
    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance()
    try:
        shell.run_cell("import qlang as ql\n%load_ext qlang", store_history=True)
        with capture_output() as shown:
            result: Any = shell.run_cell(TEXT_MISTAKES, store_history=True)
        assert type(result.error_in_exec).__name__ == "CompileError"
        assert "cell In[2], line 4, column 3" in shown.stdout and "Traceback" not in shown.stdout
        with capture_output() as shown:
            shell.run_cell(MISTAKES, store_history=True)
        assert "cell In[3], line 4, column 8" in shown.stdout and "Traceback" not in shown.stdout
        program = shell.run_cell("%%qjob --name p\ncircuit c() { qubit q; h q; }", store_history=True).result
        assert repr(program) == "<program cell In[4]: circuits c>" and shell.user_ns["p"] is program
    finally:
        InteractiveShell.clear_instance()


@pytest.mark.slow
def test_the_tour_runs_and_is_stored_without_outputs(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    notebook = nbformat.read(ROOT / "examples" / "tour.ipynb", as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert code and all(cell.outputs == [] and cell.execution_count is None for cell in code)
    done = executed(notebook, tmp_path)
    failed = [
        (cell.source, output.ename)
        for cell in done.cells
        for output in cell.get("outputs", [])
        if output.output_type == "error" and "raises-exception" not in cell.metadata.get("tags", [])
    ]
    assert failed == []
