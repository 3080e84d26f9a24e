builtin.module {
  circuit.func @main() -> (!circuit.reg<3>, !circuit.bits<3>) attributes {registers = {q = array<i64: 0, 3>}, source = "timed.qasm", bits = ["c"]} {
    %0 = circuit.alloc : !circuit.reg<3>
    %1 = circuit.stretch "g"
    %2 = arith.constant 2.000000e-07 : f64
    %3 = circuit.box_begin %2 %0 [0, 1, 2] : !circuit.reg<3>
    %4 = arith.constant 1.000000e-07 : f64
    %5 = circuit.run <x 0> %3 spans array<i32: 104, 111> : !circuit.reg<3>
    %6 = circuit.delay %4 %5 [1] : !circuit.reg<3>
    %7 = circuit.box_end %6 [0, 1, 2] : !circuit.reg<3>
    %8 = circuit.box_begin %7 [0, 1, 2] : !circuit.reg<3>
    %9 = circuit.run <h 2, h 2> %8 spans array<i32: 135, 142, 143, 150> : !circuit.reg<3>
    %10 = circuit.box_end %9 [0, 1, 2] : !circuit.reg<3>
    %11 = circuit.delay %1 %10 [2] : !circuit.reg<3>
    %12 = circuit.duration_of {
    ^bb0(%13: !circuit.reg<3>):
      %14 = circuit.run <x 0, cx 0 1> %13 spans array<i32: 194, 201, 202, 216> : !circuit.reg<3>
      circuit.duration_end %14 : !circuit.reg<3>
    }
    %15 = arith.constant 5.000000e-01 : f64
    %16 = arith.mulf %15, %1 : f64
    %17 = arith.subf %12, %16 : f64
    %18 = arith.constant 2.000000e+00 : f64
    %19 = arith.mulf %18, %1 : f64
    %20 = arith.addf %19, %17 : f64
    %21 = circuit.delay %20 %11 [2] : !circuit.reg<3>
    %22 = arith.constant 1.200000e+01 : f64
    %23 = circuit.time_step
    %24 = arith.mulf %22, %23 : f64
    %25 = circuit.delay %24 %21 [0] : !circuit.reg<3>
    %26, %27 = circuit.measure %25 [0, 1, 2] : !circuit.reg<3>, !circuit.bits<3>
    circuit.return %26, %27 : !circuit.reg<3>, !circuit.bits<3>
  }
  