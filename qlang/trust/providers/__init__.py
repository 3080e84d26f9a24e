"""Implementations of the signature algorithms, interchangeable behind one protocol."""
