"""qlang: a declarative job language for quantum work, and its compiler."""
