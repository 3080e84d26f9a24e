"""Sealing: files that only named recipients can open (HPKE, RFC 9180), by crypto mode."""
