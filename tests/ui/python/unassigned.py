import qlang as ql


@ql.circuit
def c():
    q = ql.qubits(2)
    ql.h(q[0])
    if ql.measure(q[0]):
        angle = 0.5
    ql.rx(angle, q[1])  # ~ QJ0583
