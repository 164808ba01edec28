"""The one root of what can be wrong with bytes or with a peer."""


class WireError(Exception):
    """These bytes, or this peer, are wrong. Decoders raise nothing else, whatever comes."""


class Refused(WireError):  # noqa: N818 - the field's word: a device refuses
    """The device understood and said no; asking again will not help."""

    def __init__(self, code: int, meaning: str) -> None:
        super().__init__(f"refused: {meaning} ({code:#04x})")
        self.code = code
        self.meaning = meaning
