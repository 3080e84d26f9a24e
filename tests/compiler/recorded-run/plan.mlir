plan.job "correlations" seed "7" {
  %0 = plan.points ["a"] array<f64: 3.000000e-01, 1.100000e+00>
  %1 = plan.policy @ghz over %0 {candidate = "sim", method = "none", applied = [], scales = array<i64: 1>, shots = array<i64: 500>, overhead = 1.000000e+00 : f64, model = "global-depolarizing/2", reason = "the backend is exact: nothing to mitigate", stderr = {ends = 0.044721359549995794 : f64, turned = 0.044721359549995794 : f64}, bias = {ends = 0.000000e+00 : f64, turned = 0.000000e+00 : f64}, considered = [{method = "none", overhead = 1.000000e+00 : f64, bias = 0.000000e+00 : f64, stderr = 0.044721359549995794 : f64, mse = 2.000000e-03 : f64, fidelity = 1.000000e+00 : f64}], fidelity = #plan.interval<1.000000e+00, 1.000000e+00, 1.000000e+00>}
  %2 = plan.schedule @ghz, %1 "sim" {kind = "sim", noisy = false, gamma = 0.000000e+00 : f64, crypto = true, availability = 1.000000e+00 : f64, score = 0.99999713053045602 : f64, cost = #plan.interval<0.000000e+00, 0.000000e+00, 0.000000e+00>, latency = #plan.interval<0.01033012, 0.000000e+00, 0.02066024>, fidelity = #plan.interval<1.000000e+00, 1.000000e+00, 1.000000e+00>, rejected = []}
  %3 = plan.lower @ghz as @ghz_kernel for %2 {target = "cpu.numpy", precision = "f64", l2_bound = 1.0207515443667021e-14 : f64, digest = "sha256:345938477974838e502248dae62d9598569bd1ff85eaa0b054beb80183a7839e"}
  %4 = plan.execute %3 on %2 over %0 {scales = array<i64: 1>, shots = array<i64: 500>, settings = ["ZIZ", "XXX"], samples = [{label = "q", wires = array<i64: 0, 1, 2>}], states = [], method = "auto"}
  %5 = plan.mitigate %4 by %1 {expect = {ends = {terms = ["Z0*Z2"], coefficients = array<f64: 1.000000e+00>, groups = array<i64: 0>}, turned = {terms = ["X0*X1*X2"], coefficients = array<f64: 1.000000e+00>, groups = array<i64: 1>}}}
  %6 = plan.check %5 []
  %7 = plan.sign %6 {crypto = "classical", algorithms = ["ed25519"], tenant = "default", policy = "sha256:67d6291b301412df4a6ca7808aeafac9d0587b06ece3c68e72bab0157cd9d52c"}
  plan.record %7
}
