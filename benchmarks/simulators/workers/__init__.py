"""Processes that simulate: one module for each simulator, run by the interpreter of its own environment.

They share nothing with the process that measures but lines of JSON; see `service`.
"""
