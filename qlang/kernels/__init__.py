"""How straight runs of gates become passes over memory, and passes become machine code."""
