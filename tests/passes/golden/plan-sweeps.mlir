builtin.module {
  kernel.func @f(%h: f64) attributes {qubits = 5 : i64, parameters = ["h"]} {
    %half = arith.constant 5.000000e-01 : f64
    %m = arith.mulf %h, %half : f64
    kernel.program(%m, %h) {bytes = 1024 : i64, flops = 1600 : i64, passes = 3 : i64} gates {
      kernel.sweep <ry(0.3) 0, cx 0 1, x 2, h 2, ccx 0 1 2, cp(0.5) 2 3>
      kernel.gate "rz"(%m) [1]
      kernel.each "rx"(%h) [0, 1, 2, 3, 4]
    } sweeps {
      kernel.product ["ry(0.095493pi) 0", "rz(pi/2) 4", "ry(a1) 4", "rz(-pi/2) 4"]
      kernel.tiles [0, 1, 2, 3, 4] {bytes = 1024 : i64, flops = 1600 : i64, passes = 3 : i64} passes {
        kernel.pass cx ["cx 0 1"] phases ["rz(pi/2) 0", "rz(pi/2) 3", "rz(pi/2 + a0) 1", "p(pi) 0 1 !2"] turns ["ry(pi/2) 2"] lanes ["ry(a1) 0", "ry(a1) 1"]
        kernel.pass phases ["rz(-pi/2) 2", "p(0.159155pi) !2 3"] turns ["ry(a1) 2", "ry(a1) 3"]
        kernel.pass phases ["rz(-pi/2) 1", "rz(-pi/2) 0", "rz(pi/2) 2", "rz(-pi/2) 3"]
      }
      kernel.reading wires array<i64: 0, 1, 2, 3, 4> x array<i64: 2> z array<i64: 2>
    }
    %a = arith.constant 0 : i64
    %b = arith.constant 3 : i64
    %one = arith.constant 1 : i64
    scf.for %i = %a to %b step %one : i64 {
      kernel.gate "cx"() [%i, 4]
      kernel.program(%h, %m, %half) {bytes = 1024 : i64, flops = 1152 : i64, passes = 4 : i64} gates {
        kernel.sweep <swap 0 1, ry(0.25) 0, cx 0 3>
        kernel.gate "u" controls "1"(%h, %m, %half) [0, 2]
      } sweeps {
        kernel.tiles [0, 1, 2, 3, 4] {bytes = 1024 : i64, flops = 1152 : i64, passes = 4 : i64} passes {
          kernel.pass lanes ["ry(0.0795775pi) 1"]
          kernel.pass cx ["cx 1 2", "cx 1 3"] phases ["rz(0.5 a2) 1 2", "rz(0.5 a1 + 0.5 a2) 1", "rz(-0.5 a2) 2"] turns ["ry(-0.5 a0) 2"]
          kernel.pass cx ["cx 1 2"] turns ["ry(0.5 a0) 2"]
          kernel.pass phases ["rz(0.5 a1) 2", "rz(-0.5 a1) 1 2"]
        }
        kernel.reading wires array<i64: 1, 0, 2, 3, 4> x array<i64> z array<i64>
      }
    }
    %c = kernel.measure [0] : !circuit.bits<1>
    kernel.program() {bytes = 1024 : i64, flops = 512 : i64, passes = 2 : i64} gates {
      kernel.sweep <h 0, t 1>
    } sweeps {
      kernel.tiles [0, 1, 2, 3, 4] {bytes = 1024 : i64, flops = 512 : i64, passes = 2 : i64} passes {
        kernel.pass lanes ["ry(-pi/2) 0"]
        kernel.pass phases ["rz(pi/4) 1"]
      }
      kernel.reading wires array<i64: 0, 1, 2, 3, 4> x array<i64> z array<i64: 0>
    }
    kernel.return
  }
}
