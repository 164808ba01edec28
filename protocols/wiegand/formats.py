"""The table of Wiegand formats: sixty layouts as data.

Length never identifies a format: up to eight of these share one. A reader therefore has a list of the formats
that it may give, and one without any check bits counts only where that list names it.

Two layouts share an identity space when the same frame, or the same chip at another reader, gives both the
same number: the 24 data bits of H10301 are one number whether a manual splits them 8 and 16 or 12 and 12.

Sources: positions and parity of the HID, Indala, AWID, Kantech and other American layouts as facts from the
Proxmark3 project's table (RfidResearchGroup/proxmark3 client/src/wiegand_formats.c, 1c8c3b78), checked there
against its own published known answers; W26/W32/W34/W40/W42/W56 from the Civintec CN56 manual, section 6.4;
W30 and W44 from the CDVI DGLIMWLC manual, pages 5-6; W34 from Hikvision's Wiegand manual, pages 9-11; ZK* and
W50 from ZKTeco's KF1000 (pages 32-34) and MiniAC Plus (page 46) manuals, by their mask strings. Field limits
that are narrower than their bits are not carried over: they are limits of one program, not of the cards.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from protocols.wiegand.layout import define

if TYPE_CHECKING:
    from collections.abc import Mapping

    from protocols.wiegand.layout import Format

_TABLE = (
    define(
        "H10301",
        26,
        {"facility": "1-8", "card": "9-24"},
        name="HID 26-bit standard",
        parity=(
            "0 even 1-12",
            "25 odd 13-24",
        ),
        space="fc8cn16",
    ),
    define(
        "W26_CARD24",
        26,
        {"card": "1-24"},
        name="26-bit, whole 24 bits as one card number (ZKTeco Wiegand26)",
        parity=(
            "0 even 1-12",
            "25 odd 13-24",
        ),
        space="fc8cn16",
    ),
    define(
        "IND26",
        26,
        {"facility": "1-12", "card": "13-24"},
        name="Indala 26-bit",
        parity=(
            "0 even 1-12",
            "25 odd 13-24",
        ),
        space="fc8cn16",
    ),
    define("IND27", 27, {"facility": "0-12", "card": "13-26"}, name="Indala 27-bit", space="ind27"),
    define(
        "INDASC27",
        27,
        {"facility": "9,4,6,5,0,7,19,8,10,16,24,12,22", "card": "26,1,3,15,14,17,20,13,25,2,18,21,11,23"},
        name="Indala ASC 27-bit (scrambled)",
        space="indasc27",
    ),
    define(
        "TECOM27",
        27,
        {"facility": "15,19,24,23,22,18,6,10,14,3,2", "card": "0-1,13,12,9,26,20,16-17,21,25,7-8,11,4-5"},
        name="Tecom 27-bit (scrambled)",
        space="tecom27",
    ),
    define(
        "2804W",
        28,
        {"facility": "4-11", "card": "12-26"},
        name="2804 Wiegand 28-bit",
        parity=(
            "2 odd 4-5,7-8,10-11,13-14,16-17,19-20,22-23,25-26",
            "0 even 1-13",
            "27 odd 0-26",
        ),
        space="2804w",
    ),
    define("IND29", 29, {"facility": "0-12", "card": "13-28"}, name="Indala 29-bit", space="ind29"),
    define(
        "ATSW30",
        30,
        {"facility": "1-12", "card": "13-28"},
        name="ATS Wiegand 30-bit",
        parity=(
            "0 even 1-12",
            "29 odd 13-28",
        ),
        space="atsw30",
    ),
    define(
        "W30_DATA28",
        30,
        {"card": "1-28"},
        name="30-bit: 28 data bits, even/odd over halves (CDVI)",
        parity=(
            "0 even 1-14",
            "29 odd 15-28",
        ),
        space="w30-data28",
    ),
    define(
        "ADT31",
        31,
        {"facility": "1-4", "card": "5-27"},
        name="HID ADT 31-bit (parity scheme unknown)",
        space="adt31",
    ),
    define(
        "KASTLE32",
        32,
        {"issue": "2-6", "facility": "7-14", "card": "15-30"},
        name="Kastle 32-bit",
        parity=(
            "0 even 1-16",
            "31 odd 14-30",
        ),
        fixed=("1=1",),
        space="kastle32",
    ),
    define(
        "KANTECH32",
        32,
        {"facility": "7-14", "card": "15-30"},
        name="Indala/Kantech KFS 32-bit (parity not modelled)",
        space="kantech32",
    ),
    define(
        "WIE32",
        32,
        {"facility": "4-15", "card": "16-31"},
        name="Wiegand 32-bit 12+16 (parity not modelled)",
        space="wie32",
    ),
    define(
        "HPP32", 32, {"facility": "1-12", "card": "13-31"}, name="HID Hewlett-Packard 32-bit", space="hpp32"
    ),
    define("HCP32", 32, {"card": "1-24"}, name="HID Check Point 32-bit", space="hcp32"),
    define(
        "W32_DATA30",
        32,
        {"card": "1-30"},
        name="32-bit with parity: 30 data bits, even/odd over 15/15 (Civintec Wiegand32)",
        parity=(
            "0 even 1-15",
            "31 odd 16-30",
        ),
        space="w32-data30",
    ),
    define(
        "W32_CSN",
        32,
        {"card": "0-31"},
        name="32-bit raw CSN, MSB byte first, no parity (Civintec Wiegand32e, Rosslare 32-bit)",
        space="uid32",
    ),
    define(
        "W32_CSN_REV",
        32,
        {"card": "24-31,16-23,8-15,0-7"},
        name="32-bit raw CSN, bytes reversed (LSB byte first), no parity",
        space="uid32",
    ),
    define(
        "D10202",
        33,
        {"facility": "1-7", "card": "8-31"},
        name="HID D10202 33-bit (DSX)",
        parity=(
            "0 even 1-16",
            "32 odd 16-31",
        ),
        space="d10202",
    ),
    define(
        "H10306",
        34,
        {"facility": "1-16", "card": "17-32"},
        name="HID H10306 34-bit (16+16)",
        parity=(
            "0 even 1-16",
            "33 odd 17-32",
        ),
        space="uid32",
    ),
    define(
        "N10002",
        34,
        {"facility": "1-16", "card": "17-32"},
        name="Honeywell/Northern N10002 34-bit (same layout as H10306)",
        parity=(
            "0 even 1-16",
            "33 odd 17-32",
        ),
        space="uid32",
    ),
    define(
        "W34_CARD32",
        34,
        {"card": "1-32"},
        name="34-bit with one 32-bit card number (ZKTeco Wiegand34, Hikvision, Civintec)",
        parity=(
            "0 even 1-16",
            "33 odd 17-32",
        ),
        space="uid32",
    ),
    define(
        "W34_CARD32_REV",
        34,
        {"card": "25-32,17-24,9-16,1-8"},
        name="34-bit with 32-bit CSN, bytes reversed",
        parity=(
            "0 even 1-16",
            "33 odd 17-32",
        ),
        space="uid32",
    ),
    define(
        "BQT34",
        34,
        {"facility": "1-8", "card": "9-32"},
        name="BQT 34-bit 8+24 (also ZKTeco Wiegand34a, AWID 34)",
        parity=(
            "0 even 1-16",
            "33 odd 17-32",
        ),
        space="uid32",
    ),
    define("OPTUS34", 34, {"card": "1-16", "facility": "22-32"}, name="Indala Optus 34-bit", space="optus34"),
    define(
        "SMP34",
        34,
        {"facility": "1-13", "issue": "14-16", "card": "17-32"},
        name="Cardkey Smartpass 34-bit",
        space="smp34",
    ),
    define(
        "C1K35",
        35,
        {"facility": "2-13", "card": "14-33"},
        name="HID Corporate 1000 35-bit",
        parity=(
            "1 even 2-3,5-6,8-9,11-12,14-15,17-18,20-21,23-24,26-27,29-30,32-33",
            "34 odd 1-2,4-5,7-8,10-11,13-14,16-17,19-20,22-23,25-26,28-29,31-32",
            "0 odd 1-34",
        ),
        space="c1k35",
    ),
    define(
        "C15001",
        36,
        {"oem": "1-10", "facility": "11-18", "card": "19-34"},
        name="HID KeyScan 36-bit",
        parity=(
            "0 even 1-17",
            "35 odd 18-34",
        ),
        space="data34",
    ),
    define(
        "S12906",
        36,
        {"facility": "1-8", "issue": "9-10", "card": "11-34"},
        name="HID Simplex 36-bit",
        parity=(
            "0 odd 1-17",
            "35 odd 17-34",
        ),
        space="s12906",
    ),
    define(
        "S12906B",
        36,
        {"facility": "1-8", "card": "11-34"},
        name="HID Simplex Grinnell 36-bit (facility fixed 217)",
        parity=(
            "0 odd 1-2,4-5,7-8,12-13,15-16,18-19,21-22,24-25,27-28,30-31,33-34",
            "9 even 2-3,5-6,8,11,13-14,16-17,19-20,22-23,25-26,28-29,31-32,34-35",
            "10 even 1,3-4,6-7,11-12,14-15,17-18,20-21,23-24,26-27,29-30,32-33,35",
        ),
        fixed=(
            "1=1",
            "2=1",
            "3=0",
            "4=1",
            "5=1",
            "6=0",
            "7=0",
            "8=1",
        ),
        space="s12906b",
    ),
    define(
        "SIE36",
        36,
        {"facility": "1-18", "card": "19-34"},
        name="HID 36-bit Siemens",
        parity=(
            "0 odd 1,3-4,6-7,9-10,12-13,15-16,18-19,21-22,24-25,27-28,30-31,33-34",
            "35 even 1-2,4-5,7-8,10-11,13-14,16-17,19-20,22-23,25-26,28-29,31-32,34",
        ),
        space="sie36",
    ),
    define(
        "ZK36",
        36,
        {"facility": "1-16", "card": "17-32", "oem": "33-34"},
        name="ZKTeco Wiegand36 (O F16 C16 M2 E)",
        parity=(
            "0 odd 1-17",
            "35 even 18-34",
        ),
        space="zk36",
    ),
    define(
        "ZK36A",
        36,
        {"facility": "1-18", "card": "19-34"},
        name="ZKTeco Wiegand36a (E F18 C16 O)",
        parity=(
            "0 even 1-17",
            "35 odd 18-34",
        ),
        space="data34",
    ),
    define(
        "H10302",
        37,
        {"card": "1-35"},
        name="HID H10302 37-bit, no facility code",
        parity=(
            "0 even 1-18",
            "36 odd 18-35",
        ),
        space="data35",
    ),
    define(
        "H10304",
        37,
        {"facility": "1-16", "card": "17-35"},
        name="HID H10304 37-bit with facility code",
        parity=(
            "0 even 1-18",
            "36 odd 18-35",
        ),
        space="data35",
    ),
    define(
        "P10004",
        37,
        {"facility": "1-13", "card": "14-31"},
        name="HID P10004 37-bit PCSC (parity unknown)",
        space="p10004",
    ),
    define(
        "MDI37",
        37,
        {"facility": "3-6", "card": "7-35"},
        name="PointGuard MDI 37-bit",
        parity=(
            "0 even 1-18",
            "36 odd 18-35",
        ),
        space="mdi37",
    ),
    define(
        "ZK37A",
        37,
        {"oem": "1-3", "facility": "4-13", "issue": "14-19", "card": "20-35"},
        name="ZKTeco Wiegand37a (E M3 F10 S6 C16 O); oem=M3, facility=F10, issue=S6",
        parity=(
            "0 even 1-17",
            "36 odd 18-35",
        ),
        space="zk37a",
    ),
    define(
        "BQT38",
        38,
        {"card": "1-19", "issue": "20-23", "facility": "24-36"},
        name="BQT 38-bit",
        parity=(
            "0 even 1-18",
            "37 odd 19-36",
        ),
        space="bqt38",
    ),
    define(
        "ISCS38",
        38,
        {"oem": "1-4", "facility": "5-14", "card": "15-36"},
        name="ISCS 38-bit",
        parity=(
            "0 even 1-18",
            "37 odd 19-36",
        ),
        space="iscs38",
    ),
    define(
        "PW39",
        39,
        {"facility": "1-17", "card": "18-37"},
        name="Farpointe/Pyramid 39-bit",
        parity=(
            "0 even 1-18",
            "38 odd 19-37",
        ),
        space="pw39",
    ),
    define(
        "P10001",
        40,
        {"facility": "4-15", "card": "16-31"},
        name="HID P10001 Honeywell 40-bit (F prefix, 8-bit XOR)",
        fixed=(
            "0=1",
            "1=1",
            "2=1",
            "3=1",
        ),
        xor="32-39 = 8-bit units of 0-31",
        space="p10001",
    ),
    define("CASI40", 40, {"card": "1-38"}, name="Casi-Rusco 40-bit (no parity modelled)", space="casi40"),
    define(
        "VERKADA40",
        40,
        {"facility": "1-10", "card": "11-38"},
        name="Verkada 40-bit (both parities even)",
        parity=(
            "0 even 1-10",
            "39 even 11-38",
        ),
        space="verkada40",
    ),
    define(
        "BC40",
        40,
        {"oem": "0-6", "facility": "7-18", "card": "19-37"},
        name="Bundy TimeClock 40-bit",
        parity=("39 odd 19-37",),
        space="bc40",
    ),
    define(
        "W40_RAW",
        40,
        {"card": "0-39"},
        name="40-bit raw (EM4100 full id / 5-byte), no parity (Civintec Wiegand40)",
        space="uid40",
    ),
    define(
        "W42_DATA40",
        42,
        {"card": "1-40"},
        name="42-bit: 40 data bits, even/odd over 20/20 (Civintec Wiegand42)",
        parity=(
            "0 even 1-20",
            "41 odd 21-40",
        ),
        space="uid40",
    ),
    define(
        "W44_LRC",
        44,
        {"card": "0-39"},
        name="44-bit: 40 data bits + 4-bit XOR of nibbles (CDVI)",
        xor="40-43 = 4-bit units of 0-39",
        space="uid40",
    ),
    define(
        "H800002",
        46,
        {"facility": "1-14", "card": "15-44"},
        name="HID H800002 46-bit",
        parity=(
            "0 even 1-44",
            "45 odd 1-44",
        ),
        space="h800002",
    ),
    define(
        "C1K48",
        48,
        {"facility": "2-23", "card": "24-46"},
        name="HID Corporate 1000 48-bit",
        parity=(
            "1 even 3-4,6-7,9-10,12-13,15-16,18-19,21-22,24-25,27-28,30-31,33-34,36-37,39-40,42-43,45-46",
            "47 odd 2-3,5-6,8-9,11-12,14-15,17-18,20-21,23-24,26-27,29-30,32-33,35-36,38-39,41-42,44-45",
            "0 odd 1-47",
        ),
        space="c1k48",
    ),
    define(
        "W50",
        50,
        {"facility": "1-16", "card": "17-48"},
        name="50-bit 16+32 (AWID 50, RBH, ZKTeco Wiegand50)",
        parity=(
            "0 even 1-24",
            "49 odd 25-48",
        ),
        space="w50",
    ),
    define(
        "AVIG56",
        56,
        {"facility": "1-20", "card": "21-54"},
        name="Avigilon 56-bit",
        parity=(
            "0 even 1-27",
            "55 odd 28-54",
        ),
        space="avig56",
    ),
    define(
        "IR56",
        56,
        {"facility": "0-23", "card": "24-55"},
        name="Inner Range 56-bit (24+32), no parity",
        space="uid56",
    ),
    define(
        "W56_CSN",
        56,
        {"card": "0-55"},
        name="56-bit raw 7-byte UID, no parity (Civintec Wiegand56)",
        space="uid56",
    ),
    define(
        "W58_CSN",
        58,
        {"card": "1-56"},
        name="58-bit: 7-byte UID with even/odd over 28/28",
        parity=(
            "0 even 1-28",
            "57 odd 29-56",
        ),
        space="uid56",
    ),
    define(
        "TWIC58",
        58,
        {"agency": "1-14", "system": "15-28", "card": "29-48", "series": "49-52", "issue": "53-56"},
        name="TWIC/CAC FASC-N 58-bit",
        parity=(
            "0 even 1-28",
            "57 odd 29-56",
        ),
        space="uid56",
    ),
    define("W64_RAW", 64, {"card": "0-63"}, name="64-bit raw 8-byte CSN, no parity", space="uid64"),
    define(
        "W66_CSN",
        66,
        {"card": "1-64"},
        name="66-bit: 64 data bits with even/odd over 32/32",
        parity=(
            "0 even 1-32",
            "65 odd 33-64",
        ),
        space="uid64",
    ),
    define(
        "PIV75",
        75,
        {"agency": "1-14", "system": "15-28", "card": "29-48", "expiry": "49-73"},
        name="PIV / pivCLASS 75-bit",
        parity=(
            "0 even 1-37",
            "74 odd 38-73",
        ),
        space="piv75",
    ),
)

FORMATS: Mapping[str, Format] = MappingProxyType({layout.id: layout for layout in _TABLE})
"""Every layout we know, by its id."""

SPACES: Mapping[str, int] = MappingProxyType({layout.space: layout.number_bits for layout in _TABLE})
"""Width in bits of each identity space."""
