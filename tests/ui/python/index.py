import qlang as ql


@ql.circuit
def ghz():
    q = ql.qubits(3)
    ql.h(q[0])
    for i in range(3):
        ql.cx(q[i], q[i + 1])  # ~ QJ0401
