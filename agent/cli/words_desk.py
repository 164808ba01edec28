"""What `menshen office` says when the desk loads a plan, moves a household, undoes, erases or looks back."""

WORDS: dict[str, tuple[str, str]] = {
    "import_unverified": (
        "note: nobody has verified {count} of these persons; no door opens for them until then",
        "提示：其中 {count} 人未实名核验，核验前任何门都不放行",
    ),
    "passphrase_short": ("a passphrase has {least} characters at least", "口令至少 {least} 个字符"),
    "opt_phone": ("public key text, or its id in the book", "公钥文本，或登记簿内编号"),
    "undo_hint": (
        "To take it back: menshen office undo {revision} --dry-run",
        "如需撤回：menshen office undo {revision} --dry-run",
    ),
    "due_never": ("never verified", "从未核验"),
    "table_schedule": ("schedule", "时段"),
    "table_door_group": ("group", "权限组"),
    "table_gateway": ("gateway", "网关"),
    "step_added": ("+ {table} {name}: {detail}", "新增 {table} {name}：{detail}"),
    "step_changed": ("~ {table} {name}: {detail}", "变更 {table} {name}：{detail}"),
    "step_removed": ("- {table} {name}: {detail}", "删除 {table} {name}：{detail}"),
    "nobody_moves": ("nobody gains or loses a door", "没有人增加或失去门"),
    "door_unwired": ("note: no gateway has {doors}", "提示：没有网关管这些门：{doors}"),
    "door_unopened": ("note: no group opens {doors}", "提示：没有权限组可开这些门：{doors}"),
    "dry": ("would make {count} changes. Nothing was written", "演练：将有 {count} 处变更。未写入任何内容"),
    "purge_whom": (
        "name persons, or give --ended-days N (0 or more)",
        "请指明人员，或给出 --ended-days 天数（不小于 0）",
    ),
    "purge_dry": (
        "{count} persons would be erased. Nothing was written",
        "演练：将清除 {count} 人。未写入任何内容",
    ),
    "purge_count": (
        "{count} persons erased; copies of the book from before still hold them",
        "已清除 {count} 人；此前的登记簿副本中仍有其信息",
    ),
    "household_done": (
        "{count} cards and phones changed: revision {revision}",
        "{count} 张卡或手机钥匙已变更：版本 {revision}",
    ),
    "household_changed": (
        "{count} persons changed: revision {revision}",
        "{count} 人已变更：版本 {revision}",
    ),
    "household_ended": (
        "{count} persons whose right has ended are left alone; to renew one: person set PERSON --until DATE",
        "{count} 人的有效期已过，保持不变；如需为某人续期：person set 人员 --until 日期",
    ),
    "history_holds": (
        "the history holds: {revision} revisions, none altered or taken out",
        "变更历史完好：共 {revision} 个版本，未被篡改或删除",
    ),
    "history_bare": (
        "note: {count} lines have no mark; this version gives one to each, so in a new book somebody took it",
        "提示：{count} 行没有校验标记：本版本建立的登记簿每行都有标记，缺少即被人抹去",
    ),
    "history_wrong": (
        "the history was altered at or before revision {revision}; compare with a backup",
        "变更历史在版本 {revision} 或之前被改动；请与备份核对",
    ),
    "done_of": ("done, {person}: revision {revision}", "完成，{person}：版本 {revision}"),
    "template_made": (
        "fill in {file}, then: menshen office import {file} --dry-run",
        "请填写 {file}，再执行 menshen office import {file} --dry-run",
    ),
}
