"""What `menshen journal` says."""

WORDS: dict[str, tuple[str, str]] = {
    "file": ("the journal's file, journal.db, or a copy of it", "日志文件 journal.db 或其副本"),
    "verifying": ("rows checked", "已核验记录"),
    "verify": ("prove that no row was changed, put in or taken out", "证明没有任何记录被改动、插入或删除"),
    "checkpoints": (
        "file of signed checkpoints, one a line, as the gateway published them",
        "网关发布的签名检查点文件，每行一个",
    ),
    "key": (
        "the gateway's public key, 43 characters; checkpoints need it",
        "网关公钥（43 个字符），核验检查点时必需",
    ),
    "copy": (
        "the file is a copy on a medium that cannot be written, and no daemon has it open",
        "文件是只读介质上的副本，且没有守护进程打开它",
    ),
    "export": ("write the rows out, as JSON lines or CSV", "导出记录（JSON 行或 CSV）"),
    "csv": ("CSV for a spreadsheet, instead of JSON lines", "导出为电子表格可读的 CSV"),
    "first": ("number of the first row", "起始记录编号"),
    "last": ("number of the last row", "结束记录编号"),
    "out": ("file to write; standard output when not given", "输出文件；默认标准输出"),
    "replay": (
        "decide recorded presentations again under another list, and tell what would change",
        "用另一份名单重新判定已记录的刷卡，列出会有哪些变化",
    ),
    "roster": ("the other list: a gateway's roster.db, or a copy", "另一份名单：网关的 roster.db 或其副本"),
    "book": (
        "the office's book: its list for --gateway, before it is pushed",
        "物业台账目录：取 --gateway 的名单，尚未下发也可",
    ),
    "gateway": ("the gateway whose list is taken from the book", "从台账取哪个网关的名单"),
    "revision": ("a revision of the book; the newest when not given", "台账的版本号；默认最新"),
    "needs_gateway": (
        "--book needs --gateway: each gateway has a list of its own",
        "使用 --book 时须给出 --gateway：各网关名单不同",
    ),
    "no_such_list": (
        "the book has no list for gateway {gateway} at revision {revision}",
        "台账在版本 {revision} 没有网关 {gateway} 的名单",
    ),
    "since": (
        "leave out what is older, such as 2026-11-21 or 2026-11-21T08:00",
        "略去更早的记录，如 2026-11-21",
    ),
    "until": ("leave out what is newer", "略去更晚的记录"),
    "json": ("one JSON object a line", "每行一个 JSON 对象"),
    "bad_time": (
        "{text} is no time; write 2026-11-21 or 2026-11-21T08:00",
        "{text} 不是时间；请写成 2026-11-21 或 2026-11-21T08:00",
    ),
    "bad_roster": ("{file} holds no list that can be used: {why}", "{file} 中没有可用的名单：{why}"),
    "gains": (
        "{at}  {door}  {digest}  {person}: denied ({was}) → would enter ({now})",
        "{at}  {door}  {digest}  {person}：原拒绝（{was}）→ 将放行（{now}）",
    ),
    "loses": (
        "{at}  {door}  {digest}  {person}: entered ({was}) → would be denied ({now})",
        "{at}  {door}  {digest}  {person}：原放行（{was}）→ 将拒绝（{now}）",
    ),
    "reason": (
        "{at}  {door}  {digest}  {person}: the same, but for {now} instead of {was}",
        "{at}  {door}  {digest}  {person}：结果不变，依据由 {was} 变为 {now}",
    ),
    "replayed": (
        "{count} presentations: {gains} would enter, {loses} would be denied, {reason} for another reason.",
        "共 {count} 次刷卡：{gains} 次将放行，{loses} 次将拒绝，{reason} 次仅依据不同。",
    ),
    "nobody": ("nobody on that list", "名单中无此人"),
    "holds": (
        "The chain holds: {rows} rows, the newest is {head}.",
        "链条完整：共 {rows} 条记录，最新编号 {head}。",
    ),
    "broken": (
        "THE CHAIN DOES NOT HOLD: {rows} rows read, the newest is {head}.",
        "链条不完整：读到 {rows} 条记录，最新编号 {head}。",
    ),
    "removed": (
        "Removed in the stated order, as the chain itself says: {stretches}.",
        "按既定顺序移除（链条中有记载）：{stretches}。",
    ),
    "proved": (
        "Signed checkpoints that agree: {proved}; of removed rows, so not provable here: {unprovable}.",
        "相符的签名检查点：{proved}；对应记录已移除、此处无法证明：{unprovable}。",
    ),
    "needs_key": ("checkpoints are of no use without --key", "使用 --checkpoints 时必须给出 --key"),
    "bad_key": ("--key is no public key: {error}", "--key 不是有效公钥：{error}"),
    "bad_checkpoint": (
        "{file}, line {line}: no checkpoint of this key: {error}",
        "{file} 第 {line} 行：不是此密钥的检查点：{error}",
    ),
    "unreadable": ("cannot read {file}: {error}", "无法读取 {file}：{error}"),
    "unwritable": ("cannot write {file}: {error}", "无法写入 {file}：{error}"),
    "exported": ("{count} rows written to {file}", "已将 {count} 条记录写入 {file}"),
}
