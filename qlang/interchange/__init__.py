"""Circuits from and to other languages and frameworks.

Readers turn a foreign object into OpenQASM 3 text, so that everything after (diagnostics, manifest, replay) works on
it as on a file. Writers start from a `circuit.func` after `canonicalize-circuit`. No framework is imported to read
its objects: whoever passes one has imported it.
"""
