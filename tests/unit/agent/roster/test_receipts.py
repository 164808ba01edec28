from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from agent.roster.checkpoints import open_checkpoint, sign_checkpoint
from agent.roster.receipts import DoorReach, receipt, receipt_message
from agent.roster.results import Wanted
from agent.store.roster_table import ListHead
from agent.store.verify import Checkpoint
from protocols.mqtt.roster_messages import DoorReceipt, ReceiptMessage
from protocols.tokens.errors import Defect, TokenError
from protocols.tokens.keys import kid
from protocols.tokens.token import CHECKPOINT_TYP, RECEIPT_TYP, open_token, sign
from tests.unit.agent.roster.lists import AT, GW

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

KEY = Ed25519PrivateKey.from_private_bytes(b"\x07" * 32)
HEAD = ListHead(7, b"\xab" * 32, 12, AT)


def gateway_key(name: str) -> Ed25519PublicKey | None:
    return KEY.public_key() if name == kid(KEY.public_key()) else None


def test_each_door_has_a_receipt_that_the_gateway_signed() -> None:
    doors = [DoorReach("front"), DoorReach("back", complete=False, why="panel offline")]
    message = ReceiptMessage.read(receipt_message(doors, HEAD, GW, KEY).encode())
    assert (message.gw, message.revision, message.digest, message.enforced_at) == (GW, 7, "ab" * 32, AT)
    assert message.wanted is None
    opened = [open_token(token, RECEIPT_TYP, gateway_key) for token in message.receipts]
    assert [DoorReceipt.read(each.body) for each in opened] == [
        DoorReceipt(
            gw=GW, door="front", revision=7, digest="ab" * 32, count=12, enforced_at=AT, complete=True
        ),
        DoorReceipt(
            gw=GW,
            door="back",
            revision=7,
            digest="ab" * 32,
            count=12,
            enforced_at=AT,
            complete=False,
            why="panel offline",
        ),
    ]


def test_what_is_wanted_is_said_with_the_receipts() -> None:
    message = receipt_message([DoorReach("front")], HEAD, GW, KEY, Wanted(7, 9, "gap"))
    assert message.wanted is not None
    assert (message.wanted.have, message.wanted.need, message.wanted.why) == (7, 9, "gap")


def test_without_a_list_there_is_nothing_to_sign_for() -> None:
    message = receipt_message([DoorReach("front")], ListHead(), GW, KEY, Wanted(0, 9, "no_list"))
    assert message.receipts == ()
    assert message.enforced_at is None
    with pytest.raises(ValueError, match="no list"):
        receipt(DoorReach("front"), ListHead(), GW, KEY)


def test_a_checkpoint_is_signed_and_opened() -> None:
    checkpoint = Checkpoint(41, b"\x11" * 32, AT)
    assert open_checkpoint(sign_checkpoint(checkpoint, GW, KEY), gateway_key) == (GW, checkpoint)


def test_a_checkpoint_that_says_something_else_is_none() -> None:
    with pytest.raises(TokenError) as caught:
        open_checkpoint(sign({"v": 1, "seq": -1}, KEY, CHECKPOINT_TYP), gateway_key)
    assert caught.value.code is Defect.MALFORMED
    with pytest.raises(TokenError):
        open_checkpoint(receipt(DoorReach("front"), HEAD, GW, KEY), gateway_key)
