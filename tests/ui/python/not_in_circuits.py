import qlang as ql


@ql.circuit
def c():
    q = ql.qubits(1)
    ql.h(q[0])
    with open("results.txt") as file:  # ~ QJ0580
        pass
