"""Hypothesis strategies for every command and reply that has a shape."""

from __future__ import annotations

from hypothesis import strategies as st

from protocols.osdp import commands as c
from protocols.osdp import identity as i
from protocols.osdp import replies as r
from protocols.osdp import signals as s

byte = st.integers(0, 0xFF)
word = st.integers(0, 0xFFFF)
long = st.integers(0, 0xFFFF_FFFF)


def blob(size: int) -> st.SearchStrategy[bytes]:
    return st.binary(min_size=size, max_size=size)


light = st.builds(s.Light, byte, byte, byte, byte)
led = st.builds(
    s.LedRecord, byte, byte, temporary=light, timer_tenths=word, permanent=st.none() | light
) | st.builds(s.LedRecord, byte, byte, permanent=st.none() | light, cancel=st.booleans())

commands: st.SearchStrategy[c.Command] = st.one_of(
    st.sampled_from(
        [
            c.Poll(),
            c.AskLocal(),
            c.AskInputs(),
            c.AskOutputs(),
            c.AskReaders(),
            c.AskCapabilities(),
            c.Abort(),
        ]
    ),
    st.builds(c.Identify, st.booleans()),
    st.builds(
        c.SetOutputs, st.lists(st.builds(c.OutputRecord, byte, byte, word), min_size=1, max_size=5).map(tuple)
    ),
    st.builds(s.SetLights, st.lists(led, min_size=1, max_size=5).map(tuple)),
    st.builds(s.Buzz, byte, byte, byte, byte, byte),
    st.builds(s.ShowText, st.binary(max_size=32), byte, byte, byte, byte, byte),
    st.builds(c.SetCommunication, byte, long),
    st.builds(c.SetKey, blob(16)),
    st.builds(c.Challenge, blob(8)),
    st.builds(c.ServerCryptogram, blob(16)),
    st.builds(c.TellReceiveSize, word),
    st.builds(c.SendFile, byte, long, long, st.binary(max_size=100)),
    st.builds(c.MakerCommand, blob(3), st.binary(max_size=50)),
    st.builds(c.KeepActive, word),
    st.builds(c.OtherCommand, st.sampled_from([0x73, 0xA1, 0xF0]), st.binary(max_size=50)),
)

states = st.lists(byte, max_size=8).map(tuple)
bits = st.text("01", min_size=1, max_size=300)
text = st.text(max_size=10)

replies: st.SearchStrategy[r.Reply] = st.one_of(
    st.sampled_from([r.Ack(), r.Busy()]),
    st.builds(r.Nak, byte, st.binary(max_size=4)),
    st.builds(i.Identity, blob(3), byte, byte, long, st.tuples(byte, byte, byte)),
    st.builds(
        i.ExtendedIdentity,
        st.lists(st.tuples(st.sampled_from(["maker", "serial", "configuration", "9"]), text), max_size=4).map(
            tuple
        ),
    ),
    st.builds(
        i.IdentityPart, st.integers(1000, 0xFFFF), st.integers(0, 900), st.binary(min_size=1, max_size=50)
    ),
    st.builds(i.Capabilities, st.lists(st.builds(i.Capability, byte, byte, byte), max_size=9).map(tuple)),
    st.builds(r.LocalStatus, st.booleans(), st.booleans()),
    st.builds(r.InputStates, states),
    st.builds(r.OutputStates, states),
    st.builds(r.ReaderStates, states),
    st.builds(r.Raw, bits, byte, byte),
    st.builds(r.Formatted, st.binary(max_size=20), byte, byte),
    st.builds(r.Keys, st.text("0123456789*#ABCDEFGH", max_size=20), byte),
    st.builds(r.Communication, byte, long),
    st.builds(r.ClientCryptogram, blob(8), blob(8), blob(16)),
    st.builds(r.InitialRmac, blob(16)),
    st.builds(r.FileStatus, st.integers(-0x8000, 0x7FFF), word, word, byte),
    st.builds(r.MakerReply, blob(3), st.binary(max_size=50)),
    st.builds(r.OtherReply, st.sampled_from([0x57, 0xB1, 0xF0]), st.binary(max_size=50)),
)
