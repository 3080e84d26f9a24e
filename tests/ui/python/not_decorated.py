import qlang as ql


def layer(q):
    ql.h(q[0])


@ql.circuit
def c():
    q = ql.qubits(2)
    layer(q)  # ~ QJ0587
