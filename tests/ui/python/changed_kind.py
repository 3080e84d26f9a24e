import qlang as ql


@ql.circuit
def c():
    q = ql.qubits(1)
    k = 1
    k = 0.5  # ~ QJ0584
    ql.rx(k, q[0])
