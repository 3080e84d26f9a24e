import qlang as ql


@ql.circuit
def bell():
    q = ql.qubits(2)
    ql.h(q[0])
    ql.cx(q[0], q[1])


@ql.circuit
def twice():
    q = ql.qubits(2)
    ql.h(q[0])
    bell()  # ~ QJ0586
