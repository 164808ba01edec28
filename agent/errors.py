"""What ends a process, and with which exit code (sysexits)."""

EX_USAGE = 64
EX_DATAERR = 65
EX_NOINPUT = 66
EX_UNAVAILABLE = 69
EX_SOFTWARE = 70
EX_IOERR = 74
EX_TEMPFAIL = 75
EX_NOPERM = 77
EX_CONFIG = 78


class AgentError(Exception):
    """Ends the command or the daemon, with `exit_code` and a message that names the mend.

    chinese: the same for who reads Chinese; the message itself where nobody has said it in Chinese.
    """

    exit_code = EX_SOFTWARE

    def __init__(self, message: str = "", chinese: str = "") -> None:
        super().__init__(message)
        self.chinese = chinese or message


class ConfigError(AgentError):
    """The configuration cannot be used. `problems`: every one of them, each with place and mend."""

    exit_code = EX_CONFIG

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class StoreError(AgentError):
    """The journal or the roster on disk cannot be read or written."""

    exit_code = EX_IOERR


class Unavailable(AgentError):  # noqa: N818 - sysexits' word
    """A service that the command needs does not answer."""

    exit_code = EX_UNAVAILABLE


class BadInput(AgentError):  # noqa: N818 - what it is
    """What the person gave cannot be used: a file, a number, a token."""

    exit_code = EX_DATAERR
