"""What `menshen office` says: help, outcomes, tables."""

WORDS: dict[str, tuple[str, str]] = {
    # options
    "opt_book": ("directory of the book", "登记簿目录"),
    "opt_passphrase_file": ("file that holds the book's passphrase", "存放登记簿口令的文件"),
    "opt_by": ("who makes this change (the login name)", "操作人（默认为登录名）"),
    "opt_broker": ("the broker, host:port", "服务器，主机:端口"),
    "opt_user": ("user name at the broker", "服务器用户名"),
    "opt_password_file": ("file that holds the broker's password", "存放服务器密码的文件"),
    "opt_ca": ("certificate of the broker's authority: the line is then TLS", "服务器 CA 证书（启用 TLS）"),
    "opt_certificate": ("our certificate for the broker", "本方证书"),
    "opt_broker_key": ("key of our certificate", "本方证书私钥"),
    "opt_person": ("id, document, phone, name or household", "人员编号、证件号、手机号、姓名或房号"),
    "opt_card": ("card number as printed, or its id in the book", "卡面号码，或登记簿内编号"),
    "opt_style": ("how the number is printed: {known}", "卡面格式：{known}"),
    "opt_why": ("why; kept sealed in the book", "原因（加密保存）"),
    "opt_key": ("public key text", "公钥文本"),
    "opt_doors": ("its doors, parted by commas", "所管的门，用逗号分隔"),
    "opt_reads": (
        "what its readers give, parted by commas (cards explain names them); {default} unless said otherwise",
        "读卡器送出的卡号类型，用逗号分隔（名称见 cards explain）；默认 {default}",
    ),
    "opt_accept_collisions": (
        "take cards that some readers cannot tell apart: none of them opens there",
        "接受部分读卡器分不清的卡：这些卡在该处均不开门",
    ),
    "opt_door": ("DOOR, or DOOR:SCHEDULE; may be repeated", "门，或 门:时段；可重复"),
    "opt_window": ('such as "mon-fri 08:00-20:00"; may be repeated', "如“周一至周五 08:00-20:00”；可重复"),
    "opt_zone": ("time zone", "时区"),
    "opt_passphrase": (
        "lock the book with a passphrase instead of a key file",
        "用口令代替密钥文件锁定登记簿",
    ),
    "opt_dry_run": ("say what would change, and change nothing", "只演练，不写入"),
    "opt_sheet": ("sheet of a workbook that has several", "工作簿有多个名单时，指定工作表"),
    "opt_template": ("new .xlsx file", "新的 .xlsx 文件"),
    "opt_skip_bad": ("apply the good rows of a file that has bad ones", "跳过有问题的行，写入其余各行"),
    "opt_group": ("group; may be repeated", "权限组；可重复"),
    "opt_default_group": ("group of rows that name none; may be repeated", "未写权限组的行所用的组；可重复"),
    "opt_leave_missing": (
        "the file names everybody of its buildings: all others there leave",
        "文件已列出所涉楼栋全部人员：其余人按迁出处理",
    ),
    "opt_report": (
        "write the report to this file too; a table of what is wrong where it is a .csv",
        "同时把报告写入文件；.csv 为问题列表",
    ),
    "opt_wait": ("seconds to wait for receipts", "等待回执的秒数"),
    "opt_key_file": (
        "sign with this key, which may only stop cards, in the office's place",
        "改用此密钥签名（只能停用，不能授权）",
    ),
    "opt_deputy": (
        "the file to make, to be kept by whoever may stop cards",
        "要生成的密钥文件，由有权停用者保管",
    ),
    "opt_csv": ("print CSV", "以 CSV 输出"),
    "opt_until": ("valid until this date, which still counts", "有效期至（含当日）"),
    "opt_from": ("valid from this date", "生效日期"),
    "opt_how": ("how it was verified: seen, police, …", "核验方式：当面、公安联网…"),
    "opt_revision": ("revision to return to", "恢复到的版本"),
    "opt_skip": ("above the highest revision of any gateway", "须高于所有网关的版本"),
    "opt_new_passphrase_file": ("file that holds the new passphrase", "存放新口令的文件"),
    "opt_seconds": ("end after so many seconds", "运行秒数，到时结束"),
    "opt_longer": ("the door stays open longer for this person", "为此人延长开门时间"),
    "opt_override": ("may enter during a lockdown", "封锁期间可通行"),
    "opt_days": ("how many days ahead", "提前天数"),
    "opt_home": (
        "3-1-1201; a whole unit is 3-1-, a whole building 3--",
        "如 3-1-1201；整个单元 3-1-，整栋 3--",
    ),
    "opt_plan": (
        "access plan: .toml, .xlsx or .csv; `access show` prints the one in force",
        "门禁方案：.toml、.xlsx 或 .csv；access show 可输出现行方案",
    ),
    "opt_ended": (
        "everybody whose right ended so many days ago, and who holds nothing",
        "有效期已过若干天、且不再持卡的全部人员",
    ),
    "opt_purge_receipts": ("add the receipts to this file", "把清除回执追加到文件"),
    "opt_verified_until": ("until when the verification holds", "核验有效期至"),
    "opt_consent": ("the consent that was given: how and when", "知情同意：方式与日期"),
    "opt_care": ("whom to call when no sign of life is seen (opt-in)", "关怀联系人（本人自愿）"),
    "opt_note": ("a note; kept sealed", "备注（加密保存）"),
    "opt_about": ("only what was changed of this person and their cards", "只看此人及其卡的变更"),
    "opt_verify": ("say whether a line was altered or taken out", "检查历史是否被篡改或删除"),
    # actions
    "init": ("make the book and the office's keys", "建立登记簿和物业密钥"),
    "broker": ("remember how to reach the broker", "保存服务器连接方式"),
    "gateway": ("gateways and their doors", "网关及其所管的门"),
    "access": ("schedules, groups and gateways as one file", "以一个文件管理时段、权限组和网关"),
    "load": ("make them what a file says", "按文件更新"),
    "group": ("groups: doors and when", "权限组：门与时段"),
    "schedule": ("weekly schedules", "每周时段"),
    "person": ("persons", "人员"),
    "card": ("cards", "门禁卡"),
    "phone": ("phone keys", "手机钥匙"),
    "import": ("read a roster (.csv, .xlsx)", "导入名单（.csv、.xlsx）"),
    "template": ("write an empty roster to fill in", "生成空白登记表"),
    "push": ("send the roster to the gateways", "下发名单到网关"),
    "receipts": ("the signed evidence of each door", "各门的签名回执"),
    "watch": ("stay at the broker: answer gateways, keep receipts", "常驻：应答网关，保存回执"),
    "history": ("who changed what, and when", "变更历史"),
    "undo": ("make the book as it was at a revision", "把登记簿恢复到某一版本"),
    "skip-to": (
        "go on from a revision above what the gateways have, after a restored backup",
        "恢复备份后，从高于网关的版本继续",
    ),
    "key": ("the key that signs rosters", "名单签名密钥"),
    "prepare": ("make the next key; gateways must trust it first", "生成下一把密钥（须先登记到网关）"),
    "deputy": (
        "make a key that may stop cards and give none, for the duty desk",
        "生成只能停用的密钥，供值班台使用",
    ),
    "switch": ("sign with the next key from now on", "启用下一把密钥"),
    "rekey": ("lock the book anew: a new key or a passphrase", "更换登记簿密钥或口令"),
    "set": ("change what is given of a person", "修改人员信息"),
    "due": ("whose lease or verification ends soon", "租约或核验即将到期的人员"),
    "household": ("households", "住户"),
    "add": ("add or change", "新增或修改"),
    "list": ("list", "列出"),
    "show": ("show one", "查看"),
    "remove": ("remove", "删除"),
    "verify": ("note that a person's identity was verified", "登记实名核验"),
    "unverify": ("take the verification back: all entry stops", "撤销实名核验，停止通行"),
    "leave": ("a person moves out: all their cards and phones end", "人员迁出：注销其全部卡和手机"),
    "purged": ("the purge receipts that were given", "列出清除回执"),
    "purge": ("erase what is personal of persons who have left", "清除已迁出人员的个人信息"),
    "issue": ("issue a card to a person", "发卡"),
    "suspend": ("stop a card for a while", "停用"),
    "resume": ("end a suspension", "恢复"),
    "lost": ("report a card lost", "挂失"),
    "revoke": ("revoke a card for good", "注销"),
    "release": ("let a lost or revoked card be issued anew", "释放已挂失或注销的卡"),
    "replace": ("revoke a card and issue another in its place", "换卡"),
    "collisions": ("cards that some readers cannot tell apart", "部分读卡器分不清的卡"),
    "pass": ("visitor passes", "访客通行证"),
    # outcomes
    "made": (
        (
            "Made the book in {book}.\n\n"
            "Every gateway needs two things:\n"
            "  1. the office's public key, in its configuration:\n       {key}\n"
            "  2. a copy of {digest_key}, readable by the agent alone (0600).\n\n"
            "Keep a copy of {book} in a safe place: without its keys nothing in it can be read.\n"
            "Next: menshen office gateway add GW --doors lobby,garage"
        ),
        (
            "登记簿已建在 {book}。\n\n"
            "每个网关需要两样东西：\n"
            "  1. 配置中的物业公钥：\n       {key}\n"
            "  2. {digest_key} 的副本，仅网关程序可读（0600）。\n\n"
            "请妥善备份 {book}：没有其中的密钥，登记簿无法读取。\n"
            "下一步：menshen office gateway add 网关 --doors lobby,garage"
        ),
    ),
    "done": ("done: revision {revision}", "完成：版本 {revision}"),
    "unchanged": ("nothing changed", "没有变化"),
    "ask_passphrase": ("Passphrase of the book: ", "登记簿口令："),
    "ask_again": ("The same again: ", "再输一次："),
    "not_same": ("the two passphrases differ", "两次口令不一致"),
    "ask_name": ("Name: ", "姓名："),
    "ask_number": ("Document number: ", "证件号码："),
    "report_unwritten": ("cannot write {path}: {why}", "无法写入 {path}：{why}"),
    "needs_name": ("give --name and --number", "请给出 --name 和 --number"),
    "no_broker": (
        "no broker is known; once: menshen office broker HOST:PORT, or give --broker",
        "未设置服务器；请执行 menshen office broker 主机:端口，或使用 --broker",
    ),
    "no_gateways": ("no gateway is known; first: menshen office gateway add …", "尚无网关；请先 gateway add"),
    "bad_date": ("{text!r} is no date; write 2026-12-31", "{text!r} 不是日期，请写 2026-12-31"),
    "bad_number": ("the document number: {flaw}", "证件号码：{flaw}"),
    "unknown_group": ("there is no group {group!r}", "没有权限组 {group!r}"),
    "unknown_card": ("the card number: {flaw}", "卡号：{flaw}"),
    "added": ("added {person}", "已登记 {person}"),
    "issued": ("issued to {person}: revision {revision}", "已发给 {person}：版本 {revision}"),
    "collision": (
        "readers of {gateway} ({reads}) cannot tell cards of {persons} apart; none opens there: {cards}",
        "{gateway} 的读卡器（{reads}）分不清 {persons} 的卡，在该处均不开门：{cards}",
    ),
    "push_hint": (
        "Send it to the doors: menshen office push --wait 30",
        "下发到各门：menshen office push --wait 30",
    ),
    "pushed": ("revision {revision} sent to {count} gateways", "版本 {revision} 已发送到 {count} 个网关"),
    "all_enforced": (
        "revision {revision} is enforced at all {doors} doors",
        "版本 {revision} 已在全部 {doors} 个门生效",
    ),
    "some_missing": (
        "revision {revision} is not yet enforced at {missing} of {doors} doors; the list waits at the broker",
        "版本 {revision} 在 {doors} 个门中的 {missing} 个尚未生效；完整名单已留在服务器等待",
    ),
    "unsent": ("the broker did not confirm in time; push again", "服务器未及时确认，请重新下发"),
    "watching": ("watching {count} gateways; ^C ends", "正在守候 {count} 个网关；^C 结束"),
    "heard": (
        "{gateway} {door}: revision {revision} enforced at {at}",
        "{gateway} {door}：版本 {revision} 于 {at} 生效",
    ),
    "key_now": ("signs now: {key} (kid {kid})", "当前签名公钥：{key}（kid {kid}）"),
    "key_next": ("signs next: {key} (kid {kid})", "下一把公钥：{key}（kid {kid}）"),
    "key_prepared": (
        "Add it to the configuration of every gateway, then: menshen office key switch",
        "请先加入每个网关的配置，再执行 menshen office key switch",
    ),
    "key_passes": (
        "passes signed by the old key run until {until}: take it off the gateways after that, or they stop",
        "旧密钥签发的通行证最晚有效至 {until}：此后再从网关移除旧密钥，否则这些通行证失效",
    ),
    "key_deputy": (
        (
            "Made {file}. It may stop cards, phones and passes, and give nothing. On every gateway:\n\n"
            '  [[trust]]\n  name = "night-desk"\n  key = "{key}"\n  scopes = ["roster.revoke"]\n\n'
            "Then whoever has it sends what was stopped: menshen office push --key-file {file} --wait 30"
        ),
        (
            "已生成 {file}。它只能停用卡、手机和通行证，不能授权。请在每个网关配置：\n\n"
            '  [[trust]]\n  name = "night-desk"\n  key = "{key}"\n  scopes = ["roster.revoke"]\n\n'
            "持有者随后即可下发停用：menshen office push --key-file {file} --wait 30"
        ),
    ),
    "rekeyed": (
        "the book is locked anew; old copies of its key open only old copies of it",
        "登记簿密钥已更换；旧密钥只能打开旧副本",
    ),
    "due_lease": ("validity or lease", "有效期或租约"),
    "due_verification": ("verification", "实名核验"),
    "bad_phone": ("the telephone: {flaw}", "电话：{flaw}"),
    "nobody_there": ("nobody in the book lives there", "登记簿中该处无人"),
    "left": ("{count} persons have left: revision {revision}", "{count} 人已迁出：版本 {revision}"),
    # import
    "still_open": (
        "note: {file} is open in Excel; what was not saved is not read",
        "提示：{file} 正在 Excel 中打开，未保存的内容不会读取",
    ),
    "reading": ("reading", "读取"),
    "writing": ("writing", "写入"),
    "import_refused": (
        "{bad} of {rows} rows have problems; nothing was written. Mend them, or use --skip-bad",
        "{rows} 行中有 {bad} 行有问题，未写入任何内容。请修正，或用 --skip-bad 跳过这些行",
    ),
    "import_done": (
        "{added} persons added, {changed} changed, {same} as before; {cards} cards; revision {revision}",
        "新增 {added} 人，变更 {changed} 人，未变 {same} 人；发卡 {cards} 张；版本 {revision}",
    ),
    "import_same": ("the book holds all of this already", "登记簿已是最新，无需更改"),
    "import_dry": (
        "would add {added} persons, change {changed}, leave {same}; {cards} cards. Nothing was written",
        "演练：将新增 {added} 人，变更 {changed} 人，未变 {same} 人；发卡 {cards} 张。未写入任何内容",
    ),
    "import_would": (
        "with --skip-bad it would add {added} persons, change {changed}, leave {same}; {cards} cards",
        "若用 --skip-bad：将新增 {added} 人，变更 {changed} 人，未变 {same} 人；发卡 {cards} 张",
    ),
    "import_missing": (
        "note: {count} persons of these buildings are not in the file; --leave-missing ends their rights",
        "提示：这些楼栋中有 {count} 人不在文件中；--leave-missing 可终止其通行权",
    ),
    "import_left": (
        "{count} persons of these buildings are not in the file: they leave",
        "这些楼栋中有 {count} 人不在文件中：按迁出处理",
    ),
    "shift_missing": (
        "not in the file  {person}  gains {gains}  loses {loses}",
        "不在文件中  {person}  增加 {gains}  失去 {loses}",
    ),
    "problem_line_row": ("row {row}: {what}", "第 {row} 行：{what}"),
    "warning_line_row": ("note: row {row}: {what}", "提示：第 {row} 行：{what}"),
    "not_both": (
        "--leave-missing needs a file without bad rows: whom a bad row means is not known",
        "--leave-missing 要求文件没有问题行：问题行所指的人无法确定",
    ),
    "problem_line": ("row {row}  {place}  {header}: {what}", "第 {row} 行  {place}  {header}：{what}"),
    "warning_line": (
        "note: row {row}  {place}  {header}: {what}",
        "提示：第 {row} 行  {place}  {header}：{what}",
    ),
    "shift_line": (
        "row {row}  {person}  gains {gains}  loses {loses}",
        "第 {row} 行  {person}  增加 {gains}  失去 {loses}",
    ),
    "shift_total": ("{door}: {gain} gain, {lose} lose", "{door}：增加 {gain} 人，失去 {lose} 人"),
    "more": ("… and {count} more", "……另有 {count} 条"),
    # tables
    "col_id": ("id", "编号"),
    "col_name": ("name", "姓名"),
    "col_home": ("household", "房号"),
    "col_role": ("role", "身份"),
    "col_groups": ("groups", "权限组"),
    "col_until": ("until", "有效期至"),
    "col_verified": ("verified", "核验"),
    "col_cards": ("cards", "卡"),
    "col_document": ("document", "证件"),
    "col_phone": ("phone", "电话"),
    "col_consent": ("consent", "知情同意"),
    "col_care": ("care contact", "关怀联系人"),
    "col_note": ("note", "备注"),
    "col_receipt": ("receipt", "回执"),
    "col_card": ("card", "卡"),
    "col_kind": ("kind", "类别"),
    "col_state": ("state", "状态"),
    "col_gateway": ("gateway", "网关"),
    "col_doors": ("doors", "门"),
    "col_reads": ("readers give", "读卡类型"),
    "col_door": ("door", "门"),
    "col_key": ("key", "公钥"),
    "col_revision": ("revision", "版本"),
    "col_at": ("at", "时间"),
    "col_by": ("by", "操作人"),
    "col_what": ("what", "操作"),
    "col_detail": ("detail", "内容"),
    "col_windows": ("windows", "时段"),
    "col_zone": ("zone", "时区"),
    "col_row": ("row", "行"),
    "col_ends": ("ends", "到期项"),
    "col_cell": ("cell", "单元格"),
    "col_column": ("column", "列名"),
    "col_mend": ("what is wrong, and the mend", "问题与改法"),
    "col_gains": ("gains", "增加"),
    "col_loses": ("loses", "失去"),
    "col_enforced": ("enforced at", "生效时间"),
    "col_latency": ("after", "用时"),
    "col_complete": ("panels", "控制器"),
    "col_status": ("status", "状态"),
    "st_enforced": ("enforced", "已生效"),
    "st_waiting": ("waiting", "等待中"),
    "st_offline": ("offline", "离线"),
    "st_never": ("never heard", "从未上线"),
    "st_trouble": ("not accepted: {why}", "未采信：{why}"),
    "trouble_from_ahead": (
        "it is ahead of this book; after a restored backup: menshen office skip-to",
        "网关版本高于登记簿；若刚恢复备份，请执行 menshen office skip-to",
    ),
    "trouble_wrong_list": ("its list is not the one that we made", "其名单与本登记簿不一致"),
    "trouble_wrong_place": ("it speaks for another gateway or door", "回执来自其他网关或门"),
    "trouble_bad_signature": ("the signature does not hold", "签名无效"),
    "trouble_needs_office": (
        "not only cards were stopped since: push with the office's key",
        "此后不只有停用操作：请用物业密钥下发",
    ),
    "trouble_unknown_key": (
        "signed by another key; if the box was replaced: gateway add --key",
        "签名密钥不符；若已更换网关，请用 gateway add --key 登记",
    ),
    "reads_unsaid": (
        (
            "{gateway}: its readers give {given}, which the office was not told of: cards may silently not "
            "open. Mend: menshen office gateway add {gateway} --reads {reads}"
        ),
        (
            "{gateway}：其读卡器送出 {given}，但物业未登记，部分卡可能刷不开。请执行 "
            "menshen office gateway add {gateway} --reads {reads}"
        ),
    ),
    "yes": ("yes", "是"),
    "no": ("no", "否"),
    "in_part": ("not yet: {why}", "尚未：{why}"),
    "seconds": ("{seconds:.3f} s", "{seconds:.3f} 秒"),
}
