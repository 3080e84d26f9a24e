"""Diagnostics as text for people and as data for tools.

`qlang.compiler.render.formats` is the table of formats; each is one module with a function
`render(diagnostics, theme) -> str`.
"""
