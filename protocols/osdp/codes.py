"""The tables of OSDP: numbers and what they are called.

Source: public test descriptions of SIA OSDP Verified (v2.2.x) and the agreement of independent
open implementations; the standard itself (IEC 60839-11-5) is sold and was not read.
"""

from __future__ import annotations

from enum import IntEnum, IntFlag, StrEnum
from types import MappingProxyType

BAUD_RATES = (9600, 19200, 38400, 57600, 115200, 230400)
"""The speeds OSDP allows. Every device starts from the first."""

ANY_ADDRESS = 0x7F
"""Heard by every device: for configuration with one device on the line."""

HIGHEST_ADDRESS = 0x7E


class CommandCode(IntEnum):
    """What a panel may ask."""

    POLL = 0x60
    ID = 0x61
    CAP = 0x62
    LSTAT = 0x64
    ISTAT = 0x65
    OSTAT = 0x66
    RSTAT = 0x67
    OUT = 0x68
    LED = 0x69
    BUZ = 0x6A
    TEXT = 0x6B
    COMSET = 0x6E
    BIOREAD = 0x73
    BIOMATCH = 0x74
    KEYSET = 0x75
    CHLNG = 0x76
    SCRYPT = 0x77
    ACURXSIZE = 0x7B
    FILETRANSFER = 0x7C
    MFG = 0x80
    XWR = 0xA1
    ABORT = 0xA2
    PIVDATA = 0xA3
    GENAUTH = 0xA4
    CRAUTH = 0xA5
    KEEPACTIVE = 0xA7


class ReplyCode(IntEnum):
    """What a device may answer."""

    ACK = 0x40
    NAK = 0x41
    PDID = 0x45
    PDCAP = 0x46
    LSTATR = 0x48
    ISTATR = 0x49
    OSTATR = 0x4A
    RSTATR = 0x4B
    RAW = 0x50
    FMT = 0x51
    KEYPAD = 0x53
    COM = 0x54
    BIOREADR = 0x57
    BIOMATCHR = 0x58
    EXT_PDID = 0x59
    CCRYPT = 0x76
    RMAC_I = 0x78
    BUSY = 0x79
    FTSTAT = 0x7A
    PIVDATAR = 0x80
    GENAUTHR = 0x81
    CRAUTHR = 0x82
    MFGSTATR = 0x83
    MFGERRR = 0x84
    MFGREP = 0x90
    XRD = 0xB1


class NakReason(IntEnum):
    """Why a device said no."""

    BAD_CHECK = 0x01
    BAD_LENGTH = 0x02
    UNKNOWN_COMMAND = 0x03
    SEQUENCE = 0x04
    SECURITY_UNSUPPORTED = 0x05
    SECURITY_REQUIRED = 0x06
    BIO_TYPE = 0x07
    BIO_FORMAT = 0x08
    CANNOT_PROCESS = 0x09
    GENERIC = 0xFF


NAK_TEXT = MappingProxyType(
    {
        NakReason.BAD_CHECK: "the check characters did not fit",
        NakReason.BAD_LENGTH: "the command has a wrong length",
        NakReason.UNKNOWN_COMMAND: "the device does not know this command",
        NakReason.SEQUENCE: "the sequence number did not follow",
        NakReason.SECURITY_UNSUPPORTED: "the security block is not supported",
        NakReason.SECURITY_REQUIRED: "the secure channel is required",
        NakReason.BIO_TYPE: "the biometric type is not supported",
        NakReason.BIO_FORMAT: "the biometric format is not supported",
        NakReason.CANNOT_PROCESS: "the device cannot process this record",
        NakReason.GENERIC: "the device gives no reason",
    }
)


def nak_text(reason: int) -> str:
    """Return the meaning of a NAK's reason, also of an unknown one."""
    known = NAK_TEXT.get(reason)  # type: ignore[call-overload]  # an int is looked up among IntEnum keys
    return str(known) if known else f"reason {reason:#04x}"


class OutputControl(IntEnum):
    """What OUT does to an output. A door's pulse is TIMED_ON."""

    NO_CHANGE = 0
    OFF = 1
    ON = 2
    OFF_AFTER_TIMER = 3
    ON_AFTER_TIMER = 4
    TIMED_ON = 5
    TIMED_OFF = 6


class Colour(IntEnum):
    """Colours of a light."""

    OFF = 0
    RED = 1
    GREEN = 2
    AMBER = 3
    BLUE = 4
    MAGENTA = 5
    CYAN = 6
    WHITE = 7


class Tone(IntEnum):
    """What BUZ sounds."""

    NONE = 0
    OFF = 1
    DEFAULT = 2


class InputCode(IntEnum):
    """One input in ISTATR. Values over 1 come from supervised inputs (v2.2)."""

    INACTIVE = 0
    ACTIVE = 1
    SHORT = 2
    OPEN = 3
    FAULT = 4
    UNKNOWN = 5


class Function(IntEnum):
    """A capability's function in PDCAP."""

    INPUTS = 1
    OUTPUTS = 2
    CARD_FORMAT = 3
    LED = 4
    BUZZER = 5
    TEXT = 6
    TIME = 7
    CRC = 8
    SECURITY = 9
    RECEIVE_SIZE = 10
    LARGEST_MESSAGE = 11
    SMART_CARD = 12
    READERS = 13
    BIOMETRICS = 14
    PIN_ENTRY = 15
    VERSION = 16
    EXTENDED_ID = 17


class BlockType(IntEnum):
    """Security blocks."""

    CHALLENGE = 0x11
    CLIENT_CRYPTOGRAM = 0x12
    SERVER_CRYPTOGRAM = 0x13
    INITIAL_RMAC = 0x14
    COMMAND_MAC = 0x15
    REPLY_MAC = 0x16
    COMMAND_ENCRYPTED = 0x17
    REPLY_ENCRYPTED = 0x18


class FileCode(IntEnum):
    """FTSTAT's status."""

    GO_ON = 0
    PROCESSED = 1
    REBOOTING = 2
    FINISHING = 3
    ABORTED = -1
    UNRECOGNISED = -2
    MALFORMED = -3


class FileFlag(IntFlag):
    """FTSTAT's flags: what the device allows and wants between the parts of a file."""

    INTERLEAVE = 1  # polls may go between
    LEAVE_SECURE = 2  # the next parts outside the secure channel
    POLL_PENDING = 4  # it has something to say to a poll


class IdentityTag(StrEnum):
    """What EXT_PDID's records say, in the order of their tags."""

    MAKER = "maker"
    PRODUCT = "product"
    SERIAL = "serial"
    FIRMWARE = "firmware"
    HARDWARE = "hardware"
    URL = "url"
    CONFIGURATION = "configuration"


IDENTITY_TAGS = tuple(IdentityTag)
