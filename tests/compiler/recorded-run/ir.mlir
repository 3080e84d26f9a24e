circuit.func @ghz(%a: f64) -> !circuit.reg<3> attributes {registers = {q = array<i64: 0, 3>}, source = "ghz.qjob", parameters = ["a"], resources = {gates = {cx = 2 : i64, ry = 1 : i64}, one_qubit = array<i64: 1, 0, 0>, pairs = array<i64: 0, 1, 1, 2>, pair_counts = array<i64: 1, 1>, scattered = 0 : i64, scattered_one_qubit = 0 : i64, two_qubit = 2 : i64, t = 0 : i64, rotations = 1 : i64, measurements = 0 : i64, resets = 0 : i64, delay = 0.000000e+00 : f64, unlisted = 0 : i64, depth = 3 : i64, exact = true, bounded = true}} {
  %0 = circuit.alloc : !circuit.reg<3>
  %1 = circuit.gate "ry"(%a) %0 [0] : !circuit.reg<3>
  %2 = arith.constant 0 : i64
  %3 = arith.constant 2 : i64
  %4 = arith.constant 1 : i64
  %5 = scf.for %i = %2 to %3 step %4 iter_args(%6 = %1) -> (!circuit.reg<3>) : i64 {
    %7 = arith.constant 1 : i64
    %8 = arith.addi %i, %7 overflow<nsw> : i64
    %9 = circuit.gate "cx"() %6 [%i, %8] : !circuit.reg<3>
    scf.yield %9 : !circuit.reg<3>
  }
  circuit.return %5 : !circuit.reg<3>
}
job.job "correlations" runs @ghz {
  job.sweep ["a"] array<f64: 3.000000e-01, 1.100000e+00>
  job.expect "ends" ["Z0*Z2"] array<f64: 1.000000e+00> {groups = array<i64: 0>}
  job.expect "turned" ["X0*X1*X2"] array<f64: 1.000000e+00> {groups = array<i64: 1>}
  job.setting "ZIZ"
  job.setting "XXX"
  job.sample "q" array<i64: 0, 1, 2>
  job.settings {shots = 500 : i64, seed = "7", crypto = "classical", algorithms = ["ed25519"], tenant = "default", policy = "sha256:67d6291b301412df4a6ca7808aeafac9d0587b06ece3c68e72bab0157cd9d52c"}
  job.mitigate "none" []
  job.candidate "sim" {kind = "sim", name = "", noisy = false, gamma = 0.000000e+00 : f64, vendor = "qlang", cost_per_shot = 0.000000e+00 : f64, qubits = 28 : i64, seconds = 0.01003012 : f64, seconds_per_shot = 1.000000e-07 : f64, region = "local", availability = 1.000000e+00 : f64, crypto = true}
}
