import qlang as ql


@ql.circuit
def c(n):
    q = ql.qubits(n)  # ~ QJ0585
    ql.h(q[0])
