kernel.func @ghz_kernel(%a: f64) attributes {qubits = 3 : i64, parameters = ["a"]} {
  kernel.gate "ry"(%a) [0]
  %0 = arith.constant 0 : i64
  %1 = arith.constant 2 : i64
  %2 = arith.constant 1 : i64
  scf.for %i = %0 to %1 step %2 : i64 {
    %3 = arith.constant 1 : i64
    %4 = arith.addi %i, %3 overflow<nsw> : i64
    kernel.gate "cx"() [%i, %4]
  }
  kernel.return
}
