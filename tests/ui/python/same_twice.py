import qlang as ql


@ql.circuit
def bell():
    q = ql.qubits(2)
    ql.h(q[0])
    ql.cx(q[1], q[1])  # ~ QJ0402
