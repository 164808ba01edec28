"""The columns that a roster file may have, by the names that property offices give them."""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


class Column(StrEnum):
    """What a column holds."""

    NAME = "name"
    DOCUMENT = "document"
    NUMBER = "number"
    PHONE = "phone"
    ROLE = "role"
    HOME = "home"
    BUILDING = "building"
    UNIT = "unit"
    ROOM = "room"
    GROUPS = "groups"
    FROM = "from"
    UNTIL = "until"
    CARD = "card"
    CARD_STYLE = "card_style"
    VERIFIED_AT = "verified_at"
    VERIFIED_BY = "verified_by"
    VERIFIED_HOW = "verified_how"
    VERIFIED_UNTIL = "verified_until"
    LONGER = "longer"
    CONSENT = "consent"
    CARE = "care"
    NOTE = "note"


NEEDED = (Column.NAME, Column.NUMBER)
"""A header row is one that names these; without them nobody can be verified."""

NAMES: dict[Column, str] = {
    Column.NAME: "name|full name|resident|resident name|姓名|名字|住户姓名|业主姓名|人员姓名",
    Column.DOCUMENT: "document|document type|id type|证件类型|证件种类|证件类别",
    Column.NUMBER: "document number|document no|id number|id no|identity number|证件号码|证件号|证件编号|"
    "身份证|身份证号|身份证号码|居民身份证号|公民身份号码",
    Column.PHONE: "phone|mobile|telephone|phone number|手机|手机号|手机号码|电话|联系电话|联系方式|电话号码",
    Column.ROLE: "role|type|person type|身份|类型|人员类型|人员类别|住户类型|与业主关系|关系",
    Column.HOME: "household|address|home|住址|房屋|房屋地址|地址|户室|户号|房产|房间",
    Column.BUILDING: "building|block|楼栋|楼号|栋|幢|楼|栋号|幢号|楼栋号",
    Column.UNIT: "unit|entrance|单元|单元号",
    Column.ROOM: "room|flat|apartment|室|房号|房间号|室号|门牌号",
    Column.GROUPS: "group|groups|access group|access groups|权限|权限组|门禁权限|分组|通行权限",
    Column.FROM: "from|start|start date|valid from|move in|开始日期|生效日期|入住日期|"
    "起始日期|租期开始|有效期起",
    Column.UNTIL: "until|end|end date|valid until|lease end|expiry|到期|到期日|到期日期|"
    "结束日期|截止日期|租约到期|租期结束|租约到期日|有效期止|有效期至|有效期",
    Column.CARD: "card|cards|card number|card no|卡号|门禁卡号|卡片号|ic卡号|id卡号|门禁卡",
    Column.CARD_STYLE: "card style|print style|card format|卡号格式|卡号样式|印刷格式",
    Column.VERIFIED_AT: "verified|verified at|verified on|核验|核验日期|核验时间|"
    "实名日期|实名核验日期|实名登记日期",
    Column.VERIFIED_BY: "verified by|verifier|核验人|核验人员|经办人|登记人",
    Column.VERIFIED_HOW: "verified how|verification|核验方式|实名方式",
    Column.VERIFIED_UNTIL: "verified until|reverify by|核验有效期|实名有效期|下次核验|复核日期",
    Column.LONGER: "longer|longer opening|延长|延长开门|行动不便",
    Column.CONSENT: "consent|同意|知情同意|同意书|授权书",
    Column.CARE: "care contact|care|关怀联系人|紧急联系人",
    Column.NOTE: "note|notes|remark|remarks|备注|说明",
}

_IN_BRACKETS = re.compile(r"[(\[【].*?[)\]】]")
_MARKS = re.compile(r"[\s*:：_\-./#]+")


def plain(header: str) -> str:
    """Return a header as it is compared: half-width, lower case, without brackets, marks and spaces."""
    text = unicodedata.normalize("NFKC", header).casefold()
    return _MARKS.sub("", _IN_BRACKETS.sub("", text))


_BY_NAME = {plain(name): column for column, names in NAMES.items() for name in names.split("|")}


def find_columns(cells: Sequence[str]) -> dict[Column, int] | None:
    """Return where each column stands when `cells` is a header row, else None. The first of two counts."""
    found: dict[Column, int] = {}
    for index, cell in enumerate(cells):
        column = _BY_NAME.get(plain(cell))
        if column is not None:
            found.setdefault(column, index)
    return found if all(column in found for column in NEEDED) else None
