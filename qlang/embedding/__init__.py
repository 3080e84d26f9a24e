"""Reading Python functions as definitions of the language: the function's syntax tree in, ours out, nothing run."""
