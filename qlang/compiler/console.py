"""Where a verb's words go: results to standard output, everything else to standard error."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from qlang.compiler.render.theme import COLOR_CHOICES, Theme, theme_of
from qlang.compiler.streams import write_result

if TYPE_CHECKING:
    from qlang.syntax.diagnostic import Diagnostic


@dataclass(frozen=True, slots=True)
class Console:
    """The two streams of one command."""

    out: Theme
    err: Theme
    quiet: bool

    def result(self, text: str) -> None:
        """Write a piece of the result as it is."""
        write_result(text)

    def diff(self, text: str) -> None:
        """Write a change that a tool may apply."""
        from qlang.compiler.rewriting import shown_diff

        write_result(shown_diff(text, self.out, terminal=sys.stdout.isatty()))

    def result_json(self, value: Any) -> None:
        """Write one JSON document, in ASCII so that no stream can spoil it."""
        import json

        write_result(json.dumps(value, indent=2, allow_nan=False) + "\n")

    def note(self, text: str) -> None:
        """A line about what is going on; not written where the user wants quiet."""
        if not self.quiet:
            sys.stderr.write(f"{text}\n")

    def diagnostics(self, diagnostics: Sequence[Diagnostic]) -> None:
        """Show diagnostics with their source, errors even where the user wants quiet."""
        from qlang.compiler.render import full
        from qlang.syntax.diagnostic import errors_of

        shown = errors_of(diagnostics) if self.quiet else diagnostics
        sys.stderr.write(full.render(shown, self.err))


def verb_parser(verb: str, description: str, **settings: Any) -> ArgumentParser:
    """A parser with the options that every verb has."""
    parser = ArgumentParser(
        prog=f"qlangc {verb}",
        description=description,
        formatter_class=RawDescriptionHelpFormatter,
        allow_abbrev=False,
        **settings,
    )
    parser.add_argument("--color", choices=COLOR_CHOICES, default="auto", help="when to color (default: auto)")
    parser.add_argument("-q", "--quiet", action="store_true", help="errors and results only")
    return parser


def add_actions(parser: ArgumentParser, actions: Mapping[str, str], dest: str = "action") -> dict[str, ArgumentParser]:
    """A parser for each action of a verb, by its name; `actions` says what each does. One of them must be chosen."""
    of = parser.add_subparsers(dest=dest, metavar=dest.upper(), required=True)
    return {
        name: of.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.", allow_abbrev=False)
        for name, text in actions.items()
    }


def console_of(options: Namespace) -> Console:
    """The console that the common options ask for."""
    return Console(theme_of(sys.stdout, options.color), theme_of(sys.stderr, options.color), options.quiet)
