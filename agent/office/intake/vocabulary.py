"""The words that property offices write in the cells of a roster, and what they stand for."""

from __future__ import annotations

from agent.office.identity import Document
from agent.office.people import Role

_ROLES = {
    Role.OWNER: "业主|房主|产权人|本人|户主|业主本人",
    Role.TENANT: "租户|租客|承租人|租赁人|租住人",
    Role.FAMILY: "家属|家人|家庭成员|亲属|亲戚|配偶|夫妻|丈夫|妻子|老公|老婆|爱人|夫|妻|"
    "子女|儿子|女儿|长子|次子|长女|次女|之子|之女|子|女|儿媳|女婿|孙子|孙女|外孙|外孙女|"
    "父母|父亲|母亲|父|母|爸爸|妈妈|公公|婆婆|岳父|岳母|祖父|祖母|爷爷|奶奶|外公|外婆|"
    "兄弟|姐妹|哥哥|弟弟|姐姐|妹妹|兄|弟|姐|妹",
    Role.STAFF: "员工|工作人员|职员|保洁|保洁员|保姆|家政|钟点工|护工|司机|施工人员|装修工人",
    Role.VISITOR: "访客|来访人员|客人|亲友",
    Role.PROPERTY: "物业|物业人员|物业员工|物业公司|客服|管家|工程部|维修",
    Role.PATROL: "保安|安保|门卫|巡逻|巡更|秩序维护员",
}
ROLES: dict[str, Role] = {role.value: role for role in Role} | {
    word: role for role, words in _ROLES.items() for word in words.split("|")
}
ROLES_TOLD = "、".join(words.partition("|")[0] for words in _ROLES.values()) + " / " + ", ".join(Role)
"""One word for each, for who wrote another."""

_DOCUMENTS = {
    # A permit of residence for people of Hong Kong, Macao and Taiwan has a number of GB 11643's form, and so
    # has the household register that children have before a card of their own.
    Document.RESIDENT: "id|id card|identity card|resident identity card|身份证|居民身份证|二代身份证|"
    "临时身份证|户口簿|户口本|港澳台居民居住证|港澳居民居住证|台湾居民居住证|居住证",
    Document.PASSPORT: "护照|中国护照|外国护照|外籍护照",
    Document.HK_MACAO_PERMIT: "港澳居民来往内地通行证|港澳通行证|回乡证|港澳证|home return permit",
    Document.TAIWAN_PERMIT: "台湾居民来往大陆通行证|台湾通行证|台胞证|taiwan permit",
    Document.FOREIGN_PERMANENT: "外国人永久居留身份证|外国人永久居留证|永久居留身份证|永久居留证|"
    "五星卡|绿卡|foreign permanent residence|permanent residence",
    Document.OTHER: "其他|其它|军官证|士兵证|警官证|驾驶证",
}
DOCUMENTS: dict[str, Document] = {kind.value: kind for kind in Document} | {
    word: kind for kind, words in _DOCUMENTS.items() for word in words.split("|")
}

YES = frozenset(
    {
        "y",
        "yes",
        "true",
        "1",
        "是",
        "有",
        "√",
        "✓",
        "✔",
        "已核验",
        "已实名",
        "已认证",
        "已登记",
        "已同意",
        "同意",
    }
)
NO = frozenset(
    {"", "n", "no", "false", "0", "否", "无", "没有", "未", "未核验", "未实名", "未认证", "未登记", "待核验"}
    | {"×", "x", "✗", "-", "--", "—", "——", "/"}
)
NOTHING = frozenset(
    {"-", "--", "—", "——", "/", "\\", "无", "暂无", "没有", "n/a", "na", "none", "null", "nil"}
)
"""What is written in a cell to say that there is nothing to write."""
FOR_EVER = frozenset(
    {"长期", "长期有效", "永久", "永久有效", "无期限", "无固定期限", "不限", "permanent", "unlimited"}
)
"""What is written for an end that there is not."""
CELL_ERRORS = frozenset(
    {"#N/A", "#REF!", "#NAME?", "#VALUE!", "#DIV/0!", "#NULL!", "#NUM!", "#SPILL!", "#CALC!"}
)
"""What a formula's cell shows when it came to nothing."""
DAMAGED = "#15"
"""What workbook.py writes for a cell whose number has more digits than Excel keeps: the number is lost."""
