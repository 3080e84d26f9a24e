builtin.module {
circuit.func @quench(%h : f64) -> (!circuit.reg<3>, !circuit.bits<2>) attributes {parameters = ["h"], bits = ["c"], registers = {q = array<i64: 0, 3>}} {
  %q0 = circuit.alloc : !circuit.reg<3>
  %q1 = circuit.run<h 0, cx 0 1, rz(-0.5) 1, rz(1.0e-05) 2> %q0 spans array<i32: 1, 2, 3, 4> : !circuit.reg<3>
  %c0 = arith.constant 0 : i64
  %c1 = arith.constant 1 : i64
  %c2 = arith.constant 2 : i64
  %q2 = scf.for %i = %c0 to %c2 step %c1 iter_args(%r = %q1) -> (!circuit.reg<3>) : i64 {
     %j = arith.addi %i, %c1 : i64
     %r1 = circuit.gate "rzz" (%h) %r [%i, %j] : !circuit.reg<3>
     %r2 = circuit.gate "x" controls "10" () %r1 [%i, 0, 2] : !circuit.reg<3>
     scf.yield %r2 : !circuit.reg<3>
  }
  %q3 = circuit.each "rx" (%h) %q2 [0,1,2] : !circuit.reg<3>
  %q4, %b = circuit.measure %q3 [0, %c1] : !circuit.reg<3>, !circuit.bits<2>
  circuit.return %q4, %b : !circuit.reg<3>, !circuit.bits<2>
}
job.job "j" runs @quench {
  job.expect "mz" ["Z0"] array<f64: 1.0>
  job.bound <"fidelity", "", ">=", 0.85, "">
  job.settings {shots = 20 : i64}
}
plan.job "j" seed "7" {
  %p = plan.points ["h"] array<f64: 0.2, 0.4>
  %m = plan.policy @quench over %p {method = "x"}
  %b = plan.schedule @quench, %m "sim" {score = 1.0 : f64}
  %k = plan.lower @quench as @k for %b
  %r = plan.execute %k on %b over %p
  %v = plan.mitigate %r by %m
  %s = plan.check %v []
  %g = plan.sign %s {crypto = "hybrid"}
  plan.record %g
}
}
