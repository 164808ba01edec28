"""The command line: finds the group that is asked for, and runs it. Groups are loaded only when named.

A group is a module with `register(commands)`: it adds one parser of its own name and sets `run`, a function
from the parsed arguments to an exit code. Exit codes follow sysexits.
"""

from __future__ import annotations

import argparse
import io
import os
import sys
from importlib import import_module
from importlib.util import find_spec
from types import MappingProxyType
from typing import TYPE_CHECKING, NoReturn, Protocol

from agent.cli.words import Language, language, say
from agent.errors import EX_IOERR, EX_NOINPUT, EX_USAGE, AgentError, ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - argparse has no other name

GROUPS: Mapping[str, str] = MappingProxyType(
    {
        "run": "agent.cli.run",
        "check": "agent.cli.check",
        "demo": "agent.cli.demo",
        "status": "agent.cli.status",
        "doctor": "agent.cli.doctor",
        "bus": "agent.cli.bus",
        "decode": "agent.cli.decode",
        "cards": "agent.cli.cards",
        "office": "agent.cli.office",
        "phone": "agent.cli.phone",
        "desk": "agent.cli.desk",
        "journal": "agent.cli.journal",
        "provision": "agent.cli.provision",
    }
)
"""Every group there may be, with its module. One whose module is not installed is not offered."""

INTERRUPTED = 130
"""What a shell expects of a command that ^C ended: 128 + SIGINT."""

NOBODY_READS = 141
"""The same for SIGPIPE: the reader of a pipe went away, which is no fault of ours."""


class Group(Protocol):
    """What a group's module has."""

    def register(self, commands: Commands) -> None:
        """Add the group's parser to `commands`."""


class Parser(argparse.ArgumentParser):
    """argparse, with the exit code that sysexits has for wrong usage."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong with the arguments and how they are written, and end."""
        self.print_usage(sys.stderr)
        self.exit(EX_USAGE, f"{self.prog}: {message}\n")


def main(argv: Sequence[str] | None = None, groups: Mapping[str, str] = GROUPS) -> int:
    """Run the command in `argv` (the process's own when None) and return its exit code."""
    given = sys.argv[1:] if argv is None else list(argv)
    _have_streams()
    try:
        parser = parser_for(given, groups)
        args = parser.parse_args(given)
        _refuse_what_is_no_text(parser, args)
        code = args.run(args)
        sys.stdout.flush()  # here, where a reader that went away can still be told from a failure
    except AgentError as error:
        print(f"menshen: {_said(error)}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print(f"menshen: {say('app.interrupted')}", file=sys.stderr)
        return INTERRUPTED
    except EOFError:
        print(f"menshen: {say('app.nobody_answers')}", file=sys.stderr)
        return EX_NOINPUT
    except BrokenPipeError:
        _print_no_more()
        return NOBODY_READS
    except OSError as error:
        # A file or a disk that a command met without a better word for it. Never a traceback to a person.
        said = error.strerror or str(error)
        where = "" if error.filename is None else f"{error.filename}: "
        print(f"menshen: {where}{said}", file=sys.stderr)
        _print_no_more()
        return EX_IOERR
    return int(code)


def _have_streams() -> None:
    """Have something behind each standard stream that prints whatever it is given.

    A closed one leaves its number to the next file that is opened, and what is meant for a person would go
    into that. What the locale's encoding lacks is printed as an escape: a name in Chinese is no failure.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free: this one
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(number, "r" if number == 0 else "w", closefd=False))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _print_no_more() -> None:
    """Let what Python would still flush at exit go nowhere, instead of into a second failure."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _refuse_what_is_no_text(parser: Parser, args: argparse.Namespace) -> None:
    """End with wrong usage where an argument holds bytes that are no text. Paths may: they name files."""
    for value in vars(args).values():
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, str):
                try:
                    each.encode()
                except UnicodeEncodeError:
                    parser.error(say("app.no_text", text=ascii(each)))


def parser_for(given: Sequence[str], groups: Mapping[str, str] = GROUPS) -> Parser:
    """Return a parser with every group's name, of which only the group that `given` names is loaded."""
    parser = Parser(prog="menshen", description=say("app.about"))
    parser.add_argument("--version", action=_Version)
    commands = parser.add_subparsers(
        title=say("app.groups"), metavar="GROUP", required=True, parser_class=Parser, dest="group"
    )
    named = next((word for word in given if not word.startswith("-")), None)
    for name in available(groups):
        if name == named:
            import_module(groups[name]).register(commands)
        else:
            commands.add_parser(name, help=say(f"app.{name}"), add_help=False)
    return parser


def available(groups: Mapping[str, str] = GROUPS) -> tuple[str, ...]:
    """Return the groups whose modules are installed."""
    return tuple(name for name, module in groups.items() if find_spec(module) is not None)


class _Version(argparse.Action):
    """Prints the installed version. Looked up only when asked for: that alone takes as long as the rest."""

    def __init__(self, option_strings: Sequence[str], dest: str) -> None:
        super().__init__(option_strings, dest, nargs=0, help="show the version and exit")

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        from importlib.metadata import version  # noqa: PLC0415 - see above

        print(f"menshen {version('menshen')}")
        parser.exit()


def _said(error: AgentError) -> str:
    """Return the message of `error` in the locale's language."""
    if isinstance(error, ConfigError):
        from agent.cli.problem_words import in_words  # noqa: PLC0415 - read when there is such a mistake

        return in_words(error, language())
    return error.chinese if language() is Language.CHINESE else str(error)
