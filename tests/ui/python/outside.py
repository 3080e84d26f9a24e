import qlang as ql

ANGLES = {"first": 0.5}


@ql.circuit
def c():
    q = ql.qubits(1)
    ql.rx(ANGLES, q[0])  # ~ QJ0582
