import qlang as ql


@ql.circuit
def c():
    q = ql.qubits(1)
    ql.h(q[0])
    with ql.circuit:  # ~ QJ0580
        pass
