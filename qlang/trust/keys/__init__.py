"""Key store, custody in files, key life and trust.

Nothing is imported here, so that looking at one part does not load the others.
"""
