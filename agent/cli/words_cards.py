"""What `menshen cards` says."""

WORDS: dict[str, tuple[str, str]] = {
    "about": ("card numbers as printed and as read", "印刷的卡号与读到的卡号"),
    "explain": ("every reading of a printed or typed number", "列出印刷或录入号码的所有读法"),
    "number": (
        "as printed or typed, such as 0040856634 or 111,27706",
        "印刷或录入的号码,如 0040856634 或 111,27706",
    ),
    "bad": ("no card number: {why}", "不是卡号：{why}"),
    "bad_long": ("longer than {most} characters", "超过 {most} 个字符"),
    "bad_shortened": (
        "a spreadsheet has rounded it — format the column as text, and enter it again",
        "号码已被表格软件取整。请把该列设为文本后重新录入",
    ),
    "bad_none": (
        "cards bear decimal digits, hex digits, or two numbers with a comma between",
        "卡上印的是十进制、十六进制，或用逗号隔开的两个数",
    ),
    "reading": ("{mark} {style:<20} {number}", "{mark} {style:<20} {number}"),
    "incomplete": ("only the last 16 bits: names no card", "只有低 16 位,不足以确定一张卡"),
    "print": ("      printed {style:<16} {text}", "      印作 {style:<16} {text}"),
    "reader": (
        "      {readers}{how}: {number}  (office gateway add --reads {kind})",
        "      {readers}{how}:{number}(office gateway add --reads {kind})",
    ),
    "readers_uid32": ("34-bit readers", "34 位读卡器"),
    "readers_fc8cn16": ("26-bit readers", "26 位读卡器"),
    "readers_of": ("readers of {space}", "{space} 读卡器"),
    "how": (", {how}", ",{how}"),
    "ambiguous": (
        "Ambiguous: say how it is printed, or hold the card before a reader.",
        "有歧义:请说明印刷格式,或在读卡器上刷一次卡。",
    ),
    "certain": ("One reading is likely.", "只有一种可能的读法。"),
    "the first byte dropped": ("the first byte dropped", "丢掉第一个字节"),
    "the last byte dropped": ("the last byte dropped", "丢掉最后一个字节"),
    "bytes reversed, the last byte dropped": (
        "bytes reversed, the last byte dropped",
        "字节颠倒并丢掉最后一个字节",
    ),
    "bytes reversed, the first byte dropped": (
        "bytes reversed, the first byte dropped",
        "字节颠倒并丢掉第一个字节",
    ),
    "the first three bytes dropped": ("the first three bytes dropped", "丢掉前三个字节"),
    "the last three bytes dropped": ("the last three bytes dropped", "丢掉后三个字节"),
}
