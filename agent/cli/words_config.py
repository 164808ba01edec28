"""What is wrong with a configuration, and the mends, in two languages. A key is the problem's stable code.

The English is the text that `agent.config` and the drivers' settings say; `agent.cli.problem_words` finds it
here. In braces stands what differs from one problem to the next.
"""

WORDS: dict[str, tuple[str, str]] = {
    # --- the file
    "file_unread": ("cannot be read ({why})", "无法读取（{why}）"),
    "file_large": ("is larger than {bytes} bytes", "超过 {bytes} 字节"),
    "file_encoding": ("is no UTF-8 text", "不是 UTF-8 文本"),
    "file_toml": ("is no TOML: {what}", "不是有效的 TOML：{what}"),
    "file_nested": ("is nested without end", "嵌套层数过多"),
    "file_nul": (
        "holds a NUL character (\\u0000), which no name or path has",
        "含有 NUL 字符（\\u0000），名称和路径中都不能有",
    ),
    # --- types
    "missing": ("is missing", "缺少此项"),
    "no_setting": ("is no setting here", "此处没有这个设置"),
    "no_choice": ("has no such choice", "没有这个选项"),
    "no_kind": ("there is no kind {kind}", "没有 {kind} 这种类型"),
    "kind_missing": ("does not say what it is", "没有写明类型"),
    "spelling": ("is not written as it must be", "写法不符合要求"),
    "no_table": ("is no table", "不是表"),
    "cannot_be": ("cannot be", "此值不可用"),
    # --- that the parts fit together
    "name_twice": ("a second {noun} is named {name}", "第二个{noun}也叫 {name}"),
    "other_point": ("{name} is no {noun} but another kind of point", "{name} 不是{noun}，而是另一种点"),
    "point_missing": ("no port has a {noun} {name}", "没有任何端口提供{noun} {name}"),
    "point_missing_an": ("no port has an {noun} {name}", "没有任何端口提供{noun} {name}"),
    "in_use_door": ("{name} is in use already as {noun} of door {door}", "{name} 已用作门 {door} 的{noun}"),
    "in_use_fire": ("{name} is in use already as the fire {what}", "{name} 已用作消防的 {what}"),
    "in_use": ("{name} is in use already as {what}", "{name} 已用作{what}"),
    "extended_short": (
        "is {extended}, shorter than release_s, {release}",
        "为 {extended}，短于 release_s 的 {release}",
    ),
    "format_unknown": ("there is no card format {format}", "没有卡格式 {format}"),
    "format_twice": ("format {format} stands there twice", "格式 {format} 写了两遍"),
    "format_overlap": (
        "a frame may fit both {one} and {other} and mean two cards",
        "同一帧可能同时符合 {one} 和 {other}，会被当成两张卡",
    ),
    "format_for_codes": ("{reader} reads QR codes and no cards", "{reader} 读二维码，不读卡"),
    "format_none": ("names no card format, so no card would open", "没有写卡格式，任何卡都打不开门"),
    "format_not_given": (
        "reader {reader} gives {format}, which is not here",
        "读卡器 {reader} 输出 {format}，此处没有",
    ),
    "format_unchecked": (
        "{format} has no check bits: {bits} pulses of noise are a card of it",
        "{format} 没有校验位：{bits} 个噪声脉冲就会被当成一张卡",
    ),
    "fire_endless": ("nobody could end a fire release", "消防释放后没有任何人能结束它"),
    "key_twice": ("is the key of {name} too", "与 {name} 是同一把密钥"),
    "line_shared": ("its line is the line of port {name} already", "其线路已被端口 {name} 使用"),
    "device_absent": ("{device} is not there", "{device} 不存在"),
    "line_slow": (
        ("at this speed a press of a button counts after up to {late} ms, so a shorter one may be missed"),
        "按此速率，按钮按下最长要 {late} 毫秒才算数，更短的按下可能漏掉",
    ),
    # --- credentials and files
    "credential_missing": ("credential {name} is not in {places}", "凭据 {name} 不在 {places}"),
    "credential_open": (
        "credential {path} can be read by others (mode {mode})",
        "凭据 {path} 可被其他用户读取（权限 {mode}）",
    ),
    "credential_unread": ("credential {path} cannot be read ({why})", "凭据 {path} 无法读取（{why}）"),
    "credential_empty": ("credential {path} is empty or too large", "凭据 {path} 为空或过大"),
    "credential_no_key": (
        "credential {name} holds no key of {bytes} bytes (raw, hexadecimal or base64url)",
        "凭据 {name} 中没有 {bytes} 字节的密钥（原始、十六进制或 base64url）",
    ),
    "credential_unfit": ("credential {name} {why}", "凭据 {name} 不可用：{why}"),
    "driver_unmade": ("its driver cannot be made: {why}", "无法建立其驱动：{why}"),
    "tls_unread": ("{file} cannot be read ({why})", "{file} 无法读取（{why}）"),
    "tls_no_file": ("{file} is no file", "{file} 不是文件"),
    "tls_open": ("{file} can be read by others", "{file} 可被其他用户读取"),
    # --- what only the value's own rules know
    "public_key": ("is no Ed25519 public key", "不是 Ed25519 公钥"),
    "tls_pair": ("certificate and key go together", "证书和私钥必须成对出现"),
    "tls_or_clear": ("says neither tls nor cleartext", "既没有写 tls，也没有写 cleartext"),
    "tls_and_clear": ("says both tls and cleartext", "同时写了 tls 和 cleartext"),
    "override_alone": (
        "says override without open, which it widens",
        "写了 override 却没有 open，override 只是扩大 open 的范围",
    ),
    "secure_key": (
        'secure = "required" needs key_credential, and nothing else does',
        'secure = "required" 须配 key_credential，其他情况不需要',
    ),
    "format_everybodys": ("{id} is a format that everybody has", "{id} 是已有的通用格式"),
    # --- what is given up
    "gives_up_clock": (
        "the wall clock is believed on a person's word: orders are judged by it",
        "按人工保证采信时钟：指令以此判断时效",
    ),
    "gives_up_tls": (
        "the line to the broker is clear text: who listens sees events and persons' ids",
        "与服务器的连接为明文：窃听者能看到事件和人员编号",
    ),
    "gives_up_secure": (
        "this reader speaks in clear: who reaches its wires can play a card's bits again",
        "此读卡器明文通信：接触到线路的人可以重放卡数据",
    ),
    "gives_up_own_key": (
        "this reader speaks with the key that everybody knows: as good as in clear",
        "此读卡器使用公开的默认密钥：等同明文",
    ),
    "gives_up_relock": (
        "this board ends no release by itself: if the gateway dies, doors stay open",
        "此继电器板不会自行结束释放：网关故障时门将一直开着",
    ),
    "gives_up_unchecked": (
        "a format without check bits counts at this reader: noise on its wires may be a card",
        "此读卡器接受没有校验位的格式：线路干扰可能被当作一张卡",
    ),
}

MENDS: dict[str, tuple[str, str]] = {
    "named_with_c": ("name the file with -c FILE", "请用 -c FILE 指定文件"),
    "no_configuration": ("this is no configuration", "这不是配置文件"),
    "save_utf8": ("save the file as UTF-8", "请将文件另存为 UTF-8"),
    "mend_line": (
        "mend the line; the rest is read after that",
        "请先改正这一行，之后再检查其余部分",
    ),
    "remove_it": ("remove it", "请删除"),
    "add_it": ("add it", "请补上"),
    "add_kind": ("add kind = …", "请加上 kind = …"),
    "did_you_mean": ("did you mean {name}?", "是否想写 {name}？"),
    "choose_from": ("choose from {choices}", "请从以下选择：{choices}"),
    "write_table": ("write it as keys and values", "请写成键和值"),
    "lower_case": (
        "lower-case letters, digits, - and _ only, at most 40, a letter or digit first",
        "只能用小写字母、数字、- 和 _，最多 40 个，以字母或数字开头",
    ),
    "letters": (
        "letters, digits, -, _ and . only, a letter or digit first",
        "只能用字母、数字、-、_ 和 .，以字母或数字开头",
    ),
    "pattern": ("it must match {pattern}", "须符合 {pattern}"),
    "should_ge": (
        "it should be greater than or equal to {bound}",
        "应大于或等于 {bound}",
    ),
    "should_gt": ("it should be greater than {bound}", "应大于 {bound}"),
    "should_le": ("it should be less than or equal to {bound}", "应小于或等于 {bound}"),
    "should_lt": ("it should be less than {bound}", "应小于 {bound}"),
    "should_integer": ("it should be a valid integer", "应为整数"),
    "should_number": ("it should be a valid number", "应为数字"),
    "should_finite": ("it should be a finite number", "应为有限的数字"),
    "should_string": ("it should be a valid string", "应为文本"),
    "should_boolean": ("it should be a valid boolean", "应为 true 或 false"),
    "should_array": ("it should be a valid tuple", "应为数组"),
    "should_path": ("it is not a valid path", "不是有效的路径"),
    "should": ("it {why}", "要求：it {why}"),
    "another_name": ("give each a name of its own", "请各起不同的名称"),
    "of_its_kind": ("name {noun}s only", "此处只能写{noun}"),
    "there_are": ("there are: {names}", "现有：{names}"),
    "own_wire": ("give each its own wire", "请各用各的线"),
    "raise_extended": ("raise extended_s", "请加大 extended_s"),
    "formats_named": ("`menshen decode wiegand` names them", "`menshen decode wiegand` 可列出"),
    "once": ("once is enough", "写一次即可"),
    "keep_one": ("keep the one in use here", "请只保留此处在用的那个"),
    "remove_formats": ("remove the formats", "请删除 formats"),
    "add_formats": ("add those this reader gives", "请补上此读卡器输出的格式"),
    "set_parity": (
        'set the reader to a format with parity, or write unchecked = "accepted" beside the formats',
        '请将读卡器改为带校验的格式，或在 formats 旁写 unchecked = "accepted"',
    ),
    "end_fire": (
        (
            "name the input of a key switch with `key`, give a key under [[trust]] the scope "
            '"fire_over", or write `latched = false` where the panel itself keeps the line until it is '
            "reset by hand"
        ),
        (
            '请用 `key` 指定钥匙开关的输入，或给 [[trust]] 中的密钥加上 "fire_over"；'
            "若消防主机自身保持信号直到人工复位，则写 `latched = false`"
        ),
    ),
    "join_scopes": ("join their scopes in one entry", "请合并为一项"),
    "same_port": (
        "put its devices under port {name}: one port serves them all",
        "请把其设备写到端口 {name} 下：一个端口服务全部设备",
    ),
    "own_adapter": (
        (
            "give {kind} an adapter and a pair of its own: a device of one protocol may take the "
            "other's bytes for its own and answer into them"
        ),
        "请给 {kind} 单独的适配器和线对：不同协议的设备会误认对方的数据并抢答",
    ),
    "faster_line": (
        "take a higher baud, a second pair for some of its boards, or fewer samples",
        "请提高波特率，或将部分板卡改接到另一对线，或减小 samples",
    ),
    "plugged_in": ("is the adapter plugged in?", "适配器是否已插好？"),
    "put_credential": (
        "put it there, mode 0600, or let systemd load it",
        "请放到该处，权限 0600，或由 systemd 加载",
    ),
    "chmod": ("run: chmod 600 {path}", "请运行：chmod 600 {path}"),
    "run_as_owner": ("run this as the user that owns it", "请以其所有者身份运行"),
    "write_key": ("write the key into it again", "请重新写入密钥"),
    "change_named": ("change what it names", "请更换所指的内容"),
    "provision": ("`menshen provision` makes key and request", "`menshen provision` 可生成密钥和请求"),
    "name_pem": ("name the PEM file itself", "请直接写 PEM 文件"),
    "give_43": (
        "give the 43 characters of base64url that the key's owner was shown",
        "请填写密钥所有者看到的 43 个 base64url 字符",
    ),
    "both_or_neither": ("give both, or neither", "请两者都写或都不写"),
    "add_tls": (
        'add `tls = {{ ca = "…" }}`, or write `cleartext = true` where the wire is your own',
        '请加上 `tls = {{ ca = "…" }}`；若线路完全自有，可写 `cleartext = true`',
    ),
    "remove_one": ("remove one of them", "请删除其一"),
    "add_open": ('add "open", or remove "override"', '请加上 "open"，或删除 "override"'),
    # what a driver's own settings say of themselves
    "pair_reader": (
        "pair the reader with `menshen bus pair`, or write secure out",
        "请用 `menshen bus pair` 配对读卡器，或写明 secure",
    ),
    "supervision": (
        (
            "no board of these families can supervise an input: it cannot tell a cut wire from an open "
            "contact. Take an input of an OSDP reader that can, or leave `supervised` out"
        ),
        (
            "这些系列的板卡不能监测输入线路：分不清断线与触点断开。"
            "请改用能监测的 OSDP 读卡器输入，或删去 `supervised`"
        ),
    ),
    "channel_range": (
        "{point}: a channel is 1 to {most}, as printed on the board",
        "{point}：通道为 1 到 {most}，与板上印字一致",
    ),
    "board_empty": ("a board needs at least one output or input", "板卡至少要有一个输出或输入"),
    "board_holds": (
        (
            "boards of {family} cannot end a release by themselves: if the gateway dies, the door stays "
            'open. Take another board, or write held_outputs = "accepted"'
        ),
        '{family} 系列板卡不会自行结束释放：网关故障时门会一直开着。请换板卡，或写 held_outputs = "accepted"',
    ),
    "channel_twice": ("two {what} on channel {channel}", "通道 {channel} 上有两个 {what}"),
    "host_port": (
        "write host:port, such as 192.168.1.50:502",
        "请写 主机:端口，例如 192.168.1.50:502",
    ),
    "serial_or_tcp": (
        "name either a serial device or a tcp gateway",
        "串口设备与 tcp 网关请只写其一",
    ),
    "framing_tcp": ('framing "tcp" needs a tcp gateway', 'framing "tcp" 需要 tcp 网关'),
    "address_twice": (
        "two {what} at address {address}: their answers would collide",
        "地址 {address} 上有两个 {what}：应答会相互冲突",
    ),
    "address_any": (
        "254 and 255 reach any board, so such a board must be alone on the line",
        "254 和 255 会寻址到任何板卡，因此线上只能有这一块",
    ),
    "named_twice": ("{name} is named twice", "{name} 出现了两次"),
    "output_range": ("{point}: an output is 0 to {most}", "{point}：输出为 0 到 {most}"),
    "number_twice": ("two {what} are number {number}", "两个 {what} 都是 {number} 号"),
    "keypad_one": (
        "a keypad sends keys or whole codes: give keypad or keypad_codes",
        "键盘发送单键或整码：keypad 与 keypad_codes 请只写其一",
    ),
    "port_empty": (
        "a port needs at least one reader, output or input",
        "端口至少要有一个读卡器、输出或输入",
    ),
    "line_holds": (
        (
            "a GPIO line cannot end a release by itself: a killed gateway may leave the door open. "
            'Use a relay board with a pulse of its own, or write held_outputs = "accepted"'
        ),
        (
            "GPIO 线不会自行结束释放：网关被杀后门可能一直开着。"
            '请用自带脉冲的继电器板，或写 held_outputs = "accepted"'
        ),
    ),
    "line_twice": ("line {line} is used twice", "线 {line} 用了两次"),
    "another_id": ("give yours another id", "请换一个 id"),
}

NOUNS: dict[str, str] = {
    "port": "端口",
    "device": "设备",
    "reader": "读卡器",
    "point": "点",
    "door": "门",
    "card format": "卡格式",
    "trusted key": "受信密钥",
    "output point": "输出点",
    "input point": "输入点",
    "lock": "门锁",
    "contact": "门磁",
    "exit": "出门按钮",
    "a reader": "读卡器",
    "none": "无",
}
"""Words of our own that stand where a value does."""
