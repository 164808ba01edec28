"""What `menshen office receipts` and the tables of doors say."""

WORDS: dict[str, tuple[str, str]] = {
    "opt_card": ("since when this card is dead, door by door", "此卡从何时起在各门失效"),
    "opt_pass": ("the same of a pass, by its number", "同上，按通行证编号"),
    "opt_check": (
        "check evidence that was exported with --json; needs no book",
        "核验用 --json 导出的回执（无需登记簿）",
    ),
    "opt_key": (
        "public key of a gateway, as the gateway shows it; may be repeated (with --check)",
        "网关公钥，以网关显示的为准；可重复（与 --check 同用）",
    ),
    "alive": ("this still opens doors", "此项仍可开门"),
    "opt_list": (
        "the opaque list of a gateway, as it was sent",
        "某网关的名单（仅不透明编号），与下发内容一致",
    ),
    "opt_revision": ("with --list: at this revision", "与 --list 同用：指定版本"),
    "opt_list_file": (
        "with --check: the list that the receipts are of, exported with --list",
        "与 --check 同用：回执所指的名单（用 --list 导出）",
    ),
    "no_gateway": ("there is no gateway {gateway!r}", "没有网关 {gateway!r}"),
    "no_revision": (
        "there is no revision {revision}; the newest is {newest}",
        "没有版本 {revision}，最新为 {newest}",
    ),
    "list_line": ("{file}: line {line} is no row of a list", "{file}：第 {line} 行不是名单行"),
    "list_proven": (
        "the list of {rows} rows is that of {gateway} at revision {revision}, by {receipts} receipts",
        "名单共 {rows} 行，即 {gateway} 版本 {revision} 的名单，有 {receipts} 份回执为证",
    ),
    "list_unproven": (
        "the list of {rows} rows is not the one of any receipt",
        "名单共 {rows} 行，与任何回执都不符",
    ),
    "nowhere": ("this was on no gateway's list before", "此前不在任何网关的名单上"),
    "stopped": (
        "revision {revision}, written {at} by {by}: opens nothing since",
        "版本 {revision}，由 {by} 于 {at} 写入：此后不再开门",
    ),
    "dead_everywhere": (
        "dead at all {doors} doors, by their signed receipts",
        "据签名回执，已在全部 {doors} 个门失效",
    ),
    "alive_somewhere": (
        "not yet known to be dead at {missing} of {doors} doors",
        "{doors} 个门中有 {missing} 个尚未确认失效",
    ),
    "col_since": ("dead since", "失效时间"),
    "col_after": ("after the desk", "距登记"),
    "col_proof": ("receipt of", "回执版本"),
    "not_yet": ("not yet", "尚未"),
    "progress": (
        "{done} of {doors} doors, {left:.0f} s left",
        "{doors} 个门中 {done} 个已生效，剩余 {left:.0f} 秒",
    ),
    "more": ("… and {count} doors more", "……另有 {count} 个门"),
    "offline_since": ("offline, last seen {at}", "离线，最后在线 {at}"),
    "unreadable": ("cannot read {file}: {error}", "无法读取 {file}：{error}"),
    "no_lines": (
        "{file} holds no evidence; write it with: menshen office receipts --json",
        "{file} 中没有回执；请用 menshen office receipts --json 导出",
    ),
    "line_bad": ("line {line}: {why}", "第 {line} 行：{why}"),
    "bad_line": ("is no line of exported evidence", "不是导出的回执"),
    "bad_key": ("no key given with --key has signed it", "不是 --key 所给公钥签署"),
    "bad_signature": ("the signature does not hold: {why}", "签名无效：{why}"),
    "bad_words": (
        "what is written beside the receipt is not what was signed: {names}",
        "旁注与签名内容不符：{names}",
    ),
    "checked": (
        "{good} receipts hold, {bad} do not",
        "{good} 份回执有效，{bad} 份无效",
    ),
    "own_keys": (
        "checked with keys of the file itself; hold these against the gateways, and give them with --key:",
        "以文件自带公钥核验；请与网关上显示的公钥对照，并用 --key 给出：",
    ),
}
