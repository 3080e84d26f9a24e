"""The same job from Python: the circuit is read from the function's syntax tree, so loops stay loops.

Learn: decorators are another spelling of the language, not another compiler; errors point at the Python line.
"""

import qlang as ql


@ql.circuit
def quench(n: int, steps: int, J: float = 1.0, h: float = 0.8):
    q = ql.qubits(n)
    for _ in range(steps):
        for i in range(n - 1):
            ql.rzz(-0.2 * J, q[i], q[i + 1])
        ql.rx(-0.2 * h, q)


job = ql.job(
    quench(4, steps=3),
    expect={"mz": ql.mean(ql.Z)},
    shots=4000,
    seed=7,
    mitigate=ql.auto(within=10),
    backend="sim like ibm.manila",
    sla=ql.sla(fidelity=0.7),
)
print(job.plan())
result = job.run()
print("mz =", result.expect["mz"])
