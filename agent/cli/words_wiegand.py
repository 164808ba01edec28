"""What `menshen decode wiegand` says."""

WORDS: dict[str, tuple[str, str]] = {
    "about": ("explain the bits of a Wiegand frame", "解释一帧韦根比特"),
    "bits": (
        '0 and 1 in the order they arrived, or LENGTH:HEX; "-" reads one frame a line from stdin',
        '按到达顺序的 0 和 1，或 位数:十六进制；"-" 表示从标准输入逐行读取',
    ),
    "format": ("only this format; may be given more than once", "只看此格式,可多次给出"),
    "unknown_format": (
        "{format} is no format. There are: {formats}",
        "没有 {format} 这种格式。可用的有:{formats}",
    ),
    "config": (
        "also the card formats of this gateway's own ([[format]] in FILE)",
        "同时使用本网关自定义的卡格式（FILE 中的 [[format]]）",
    ),
    "bad_bits": (
        "a frame is 1 to {most} digits, each 0 or 1; or its length and hex, such as 26:2EC0C86",
        "一帧应为 1 到 {most} 位，每位为 0 或 1；或写成 位数:十六进制，如 26:2EC0C86",
    ),
    "bad_hex": (
        "hex alone does not say how many bits there were — write the length before it, such as 26:{text}",
        "仅有十六进制无法知道位数，请在前面写上位数，如 26:{text}",
    ),
    "bad_length": (
        "{text} has more than {bits} bits",
        "{text} 超过 {bits} 位",
    ),
    "bad_line": ("line {line}: {why}", "第 {line} 行：{why}"),
    "head": ("{bits} bits: {text}", "{bits} 位:{text}"),
    "match": ("fits  {format:<15} {fields}   {number}", "符合  {format:<15} {fields}   {number}"),
    "rejected": ("not   {format:<15} {why}", "不符  {format:<15} {why}"),
    "nothing": ("no format fits", "没有符合的格式"),
    "hint": ("look at: {hint}", "请检查:{hint}"),
    "why_length": ("wrong length", "长度不对"),
    "why_fixed": ("a fixed bit is wrong", "固定位不对"),
    "why_lrc": ("the check sum is wrong", "校验和不对"),
    "why_parity": ("the parity bit at {at} is wrong", "第 {at} 位的奇偶校验不对"),
    "hint_swapped": (
        "D0 and D1 are probably swapped: the complement passes {format}",
        "D0 与 D1 可能接反:取反后符合 {format}",
    ),
    "hint_backwards": (
        "the bits are perhaps in reverse order: read backwards they pass {format}",
        "比特顺序可能颠倒:倒序后符合 {format}",
    ),
    "hint_one_short": (
        "{bits} bits: one bit of {length} was lost; the wire, the ground, the gap",
        "{bits} 位:比 {length} 位少一位;请查线路、共地和帧间隔",
    ),
    "hint_one_long": (
        "{bits} bits: one more than {length}, a noise pulse; the shield and the ground",
        "{bits} 位:比 {length} 位多一位,为干扰脉冲;请查屏蔽和共地",
    ),
    "hint_doubled": (
        "{bits} bits: two frames of {length} run together; the gap is set too long",
        "{bits} 位:两帧 {length} 位连在一起;帧间隔设得太长",
    ),
    "hint_no_such_length": (
        "no checked format has {bits} bits; those looked at have {lengths}",
        "没有带校验的 {bits} 位格式;已看过的有 {lengths} 位",
    ),
    "hint_unchecked": (
        "no check bits: only the length fits, so a noisy line could have made this",
        "没有校验位:只有长度相符,线路干扰也可能造成",
    ),
    "hint_several": (
        "several cards fit: only the reader's own list of formats can tell which is meant",
        "可对应多张卡:只有读卡器自己的格式清单才能确定",
    ),
    "hint_typed": (
        "perhaps no card: a keypad that sends whole codes sends {code} so; declare it (keypad_codes)",
        "可能不是卡：整码发送的键盘输入 {code} 时就是这样；请声明 keypad_codes",
    ),
    "hint_byte_order": (
        "a reader with the other byte order shows this card as {number} ({hex})",
        "字节序相反的读卡器会把此卡读成 {number}({hex})",
    ),
}
