"""What `menshen journal` says."""

WORDS: dict[str, tuple[str, str]] = {
    "file": ("the journal's file, journal.db, or a copy of it", "日志文件 journal.db 或其副本"),
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
