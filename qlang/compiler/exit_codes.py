"""What the command's exit status says; scripts rely on these numbers."""

OK = 0
DIAGNOSTICS = 1
"""The program has mistakes, or a verification failed."""
USAGE = 2
EXECUTION = 3
"""A correct program could not be executed to its end."""
INTERRUPTED = 130
BROKEN_PIPE = 141
"""Nobody reads the output any more (128 + SIGPIPE, as shells count)."""
