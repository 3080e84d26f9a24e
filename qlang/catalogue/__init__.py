"""Devices, calibration snapshots, layouts on them, and prices.

`store` finds and loads snapshots, `ibm` and `iqm` read the vendors' own files, `layout` and `noise` turn a
snapshot into the noise that a given circuit sees, `summary` puts a
device into a few numbers, `reach` says what can execute now, `prices` what it costs.
Standard library only, and cheap to import: the command's fast paths come through here.
"""
