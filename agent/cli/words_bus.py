"""What `menshen bus` says."""

WORDS: dict[str, tuple[str, str]] = {
    "about": ("what hangs on a serial line", "串行总线上有什么设备"),
    "port": ("serial port, best under /dev/serial/by-id", "串口,最好写 /dev/serial/by-id 下的路径"),
    "addresses": ("addresses, with commas between them", "地址,用逗号分隔"),
    "address": ("the device's address", "设备地址"),
    "baud": ("speed of the line", "总线速率"),
    "key": (
        "the readers' key, 32 hex digits, in sight of everybody on this machine; without any key it is clear",
        "读卡器密钥,32 位十六进制,本机其他用户可见;不给任何密钥则明文通信",
    ),
    "install": ("use the default key, which everybody knows", "使用人人皆知的默认密钥"),
    "pulse": ("answer each card with this output pulse", "每次刷卡后让该输出动作指定秒数"),
    "seconds": ("end after so long", "运行指定秒数后结束"),
    "osdp": ("be the panel of OSDP readers and show what they say", "作为 OSDP 控制器,显示读卡器上报的内容"),
    "find": (
        (
            "find OSDP devices and Modbus boards: which addresses, at which speeds. It only asks and writes "
            "nothing; all speeds and parities take some minutes, --kind, --baud and --parity shorten that"
        ),
        (
            "查找 OSDP 设备和 Modbus 板:有哪些地址、什么速率。只查询,不写入;"
            "遍历全部速率和校验方式需几分钟,可用 --kind、--baud、--parity 缩短"
        ),
    ),
    "find_kind": ("look for only these", "只查找此类设备"),
    "found_board": (
        (
            "{baud:>6} baud{parity}  address {address:>3}  board of {families}  {outputs} outputs  "
            "{inputs} inputs{version}"
        ),
        (
            "速率 {baud:>6}{parity}  地址 {address:>3}  Modbus 板,型号系列 {families}  {outputs} 路输出  "
            "{inputs} 路输入{version}"
        ),
    ),
    "parity": (" {parity} parity", " 校验 {parity}"),
    "board_version": ("  version {version}", "  版本 {version}"),
    "find_parity": (
        "look for boards with only this parity; may be given more than once",
        "只按此校验方式查找 Modbus 板,可多次给出",
    ),
    "find_addresses": (
        "addresses, with commas between them; boards are otherwise looked for at 1 to 32",
        "地址,用逗号分隔;不给则 Modbus 板只查 1 到 32",
    ),
    "no_family": ("a make that it does not tell", "无法判断"),
    "find_alone": (
        "one OSDP device alone is on the line: ask it whatever its address",
        "线路上只有一台 OSDP 设备：无论地址直接询问",
    ),
    "find_baud": ("only this speed; may be given more than once", "只查此速率,可多次给出"),
    "pair": (
        (
            "give one reader in install mode a key of its own. Do it where nobody listens on the wire: "
            "the default key, under which the new one travels, is known to everybody"
        ),
        "为处于安装模式的一台读卡器设置专用密钥。请在无人窃听的线路上操作：新密钥是在人人皆知的默认密钥下传送的",
    ),
    "key_file": (
        "where the new key is written, for its owner only; without --reader it must not exist",
        "新密钥写入的文件(仅属主可读);不用 --reader 时不得已存在",
    ),
    "old_key_file": ("the key it has now, where it has one", "若已有密钥,现密钥所在文件"),
    "window": ("give up after so long", "超过此时间即放弃"),
    "move": ("give one device another address or speed", "更改一台设备的地址或速率"),
    "to_address": ("the new address", "新地址"),
    "to_baud": ("the new speed", "新速率"),
    "move_key": (
        "file with the device's key, where it has one: 32 hex digits, mode 0600",
        "设备密钥所在文件(若有):32 位十六进制,权限 0600",
    ),
    "bad_address": ("{text} is no address: 0 to {highest}", "{text} 不是地址:应为 0 到 {highest}"),
    "address_twice": ("an address stands twice in {text}", "{text} 中有重复地址"),
    "bad_key": ("a key is 32 hex digits", "密钥应为 32 位十六进制"),
    "bad_pulse": (
        "{text} is no pulse: OUTPUT:SECONDS, such as 0:3",
        "{text} 格式不对:应为 输出号:秒数,例如 0:3",
    ),
    "searching": ("{baud} baud, address {address} …", "速率 {baud},地址 {address} …"),
    "found": (
        (
            "{baud:>6} baud  address {address:>3}  serial {serial}  maker {maker}  model {model}  "
            "firmware {firmware}"
        ),
        "速率 {baud:>6}  地址 {address:>3}  序列号 {serial}  厂商 {maker}  型号 {model}  固件 {firmware}",
    ),
    "collision": (
        "{baud:>6} baud  address {address:>3}  more than one device, or a bad line: answers come damaged",
        "速率 {baud:>6}  地址 {address:>3}  可能有多台设备同址,或线路不良:应答损坏",
    ),
    "nothing": (
        "nothing answers. Look at power, at A and B (swapped?), and at the speed",
        "没有设备应答。请检查供电、A/B 线是否接反,以及速率",
    ),
    "paired": (
        "paired: address {address}, serial {serial}, cuid {cuid}. The key is in {file}",
        "配对成功:地址 {address},序列号 {serial},cuid {cuid}。密钥已写入 {file}",
    ),
    "pair_waits": (
        "waiting up to {seconds} s for the reader at address {address}; it must be in install mode …",
        "等待地址 {address} 的读卡器,最多 {seconds} 秒;读卡器须处于安装模式 …",
    ),
    "pair_failed": ("not paired: {why}", "配对失败:{why}"),
    "pair_not_open": (
        (
            "not paired: {why}. Look whether the reader is in install mode and at this address and speed; "
            "one that has a key needs --old-key-file"
        ),
        "配对失败:{why}。请检查读卡器是否处于安装模式、地址和速率是否正确;已有密钥的需给出 --old-key-file",
    ),
    "pair_not_come": (
        "not paired: {why}. Look at the address, the speed, and whether the old key is the reader's",
        "配对失败:{why}。请检查地址、速率,以及旧密钥是否属于该读卡器",
    ),
    "pair_other": (
        "not paired: this is not the reader that the configuration means: {why}. Mend one of the two",
        "配对失败:这不是配置中指定的读卡器:{why}。请更正其中之一",
    ),
    "pair_reader": (
        (
            "name of a reader in the gateway's configuration: its line, its address and the place of its key "
            "are then known, and the pairing is recorded in the journal. Stop the daemon first"
        ),
        "网关配置中读卡器的名称:由此得知线路、地址和密钥位置,并把配对写入日志。请先停止守护进程",
    ),
    "pair_config": ("with --reader: the configuration", "与 --reader 一起:配置文件"),
    "pair_needs": (
        "give --reader NAME for a reader of this gateway, or else {options}",
        "请用 --reader NAME 指定本网关的读卡器,否则还需 {options}",
    ),
    "no_reader": (
        "the configuration has no OSDP reader {reader}; it has: {known}",
        "配置中没有 OSDP 读卡器 {reader};现有:{known}",
    ),
    "pair_no_credential": (
        'the configuration names no key for {reader}: first write key_credential and secure = "required"',
        '配置中没有为 {reader} 指定密钥:请先写上 key_credential 和 secure = "required"',
    ),
    "not_owner": (
        "{data_dir} is another user's, who could not read it: runuser -u menshen -- menshen bus …",
        "{data_dir} 属于其他用户,守护进程将无法读取写入的文件:runuser -u menshen -- menshen bus …",
    ),
    "pair_recorded": (
        "recorded in the journal as row {row}; it is the reader that belongs at {reader}",
        "已写入日志第 {row} 条;今后 {reader} 处应为这台读卡器",
    ),
    "pair_unrecorded": (
        "in no journal: with --reader NAME the pairing of a gateway's reader is recorded",
        "未写入任何日志:用 --reader NAME 可记录网关读卡器的配对",
    ),
    "bad_window": ("a window is more than 0 and up to {most} seconds", "时间窗口应大于 0,不超过 {most} 秒"),
    "key_is_there": (
        "{file} is there already; a key is never written over",
        "{file} 已存在;密钥文件绝不覆盖",
    ),
    "pair_unproven": (
        (
            "not proven: {why}. The device may have the new key, so {file} is kept; "
            "try again with --old-key-file"
        ),
        "未能证实:{why}。设备可能已换上新密钥,故保留 {file};请用 --old-key-file 重试",
    ),
    "moved": ("now at address {address}, {baud} baud", "现为地址 {address},速率 {baud}"),
    "move_failed": ("not moved: {why}", "更改失败:{why}"),
    "no_answer": ("no reply", "没有应答"),
    "file": ("send a file, such as its firmware, to one device", "向一台设备发送文件，例如固件"),
    "file_path": ("the file", "要发送的文件"),
    "file_reader": (
        "name of a reader in the gateway's configuration: the running daemon carries it between the polls",
        "网关配置中读卡器的名称:由正在运行的守护进程在轮询间隙发送文件",
    ),
    "file_needs": (
        "give --reader NAME for a reader of this gateway, or else --port and --address",
        "请用 --reader NAME 指定本网关的读卡器,否则需给出 --port 和 --address",
    ),
    "carry_no_daemon": (
        "no daemon runs here that could carry it: start it, or give --port and --address",
        "此处没有正在运行的守护进程:请启动它,或给出 --port 和 --address",
    ),
    "carry_busy": (
        "a file is on its way to {reader} already; remove {slip} to withdraw it",
        "已有文件正在发往 {reader};删除 {slip} 即可撤回",
    ),
    "carry_size": ("{file}: a file has 1 to {most} bytes", "{file}:文件应为 1 到 {most} 字节"),
    "carry_stopped": (
        "the daemon has stopped; when it runs again, it begins anew with the file",
        "守护进程已停止;再次运行时将重新发送该文件",
    ),
    "file_kind": ("kind of the file: 1, or the maker's own from 128", "文件类型：1，或厂商自定义（128 起）"),
    "sending": ("{taken} of {total} bytes", "已发送 {taken} / {total} 字节"),
    "sent": ("the device has taken the file", "设备已接收文件"),
    "not_sent": ("not sent: {why}", "未发送成功：{why}"),
    "allow_clear": (
        "if the device asks for it, send the file outside the secure channel: all on the line can read it",
        "若设备要求,允许在安全通道之外发送文件:线路上任何人都能读到",
    ),
    "file_waits": (
        "{why}: the rest goes on when the device is back",
        "{why}:设备恢复后继续发送其余部分",
    ),
    "file_clear": (
        "the device wants the rest outside the secure channel: it goes on in clear, as allowed",
        "设备要求其余部分在安全通道之外发送:按所允许,以明文继续",
    ),
    "send": (
        "give one device one command, once: only what it says that it can",
        "向一台设备发送一条命令:只发送设备声明支持的",
    ),
    "send_text": (
        "show a text on its display; ASCII, as OSDP has no other",
        "在其显示屏上显示文字;仅 ASCII,OSDP 只支持它",
    ),
    "send_seconds": (
        "show it for so long; 0 is until something else is shown",
        "显示秒数;0 为直到显示其他内容",
    ),
    "send_row": ("line of the display, from 1", "显示屏行号,从 1 起"),
    "send_column": ("column of the display, from 1", "显示屏列号,从 1 起"),
    "send_reader": ("which reader of the device, from 0", "设备的第几个读头,从 0 起"),
    "send_wrap": ("go on in the next line where one is full", "一行写满后换行继续"),
    "send_mfg": ("a maker's own command", "厂商自定义命令"),
    "send_oui": ("the maker's number, 6 hex digits", "厂商编号,6 位十六进制"),
    "send_keep": ("keep the card field on for so many milliseconds", "让读卡场保持开启若干毫秒"),
    "send_abort": ("end what goes on in parts, such as a file", "中止分段进行的操作,例如文件传送"),
    "send_status": (
        "ask for states: local inputs outputs readers; without one, all that it has",
        "查询状态:local inputs outputs readers;不写则查询其全部",
    ),
    "send_id": ("ask who it is", "查询设备身份"),
    "send_extended": ("its texts too: maker, product, hardware …", "同时查询其文字信息:厂商、产品、硬件等"),
    "bad_text": (
        "a text is 1 to {most} printable ASCII characters",
        "文字应为 1 到 {most} 个可打印 ASCII 字符",
    ),
    "bad_number": ("{text} is not a number from {least} to {most}", "{text} 不是 {least} 到 {most} 的数"),
    "bad_hex": (
        "{text} is not {least} to {most} bytes in hex digits",
        "{text} 不是 {least} 到 {most} 字节的十六进制",
    ),
    "key_refused": ("this key cannot be used: {why}", "此密钥不可使用:{why}"),
    "not_done": ("not done: {why}", "未执行:{why}"),
    "unproven": (
        "not proven: {why}. It may have been done: look at the device",
        "未能证实:{why}。可能已执行,请查看设备",
    ),
    "answer_ack": ("done", "已执行"),
    "lack_text": ("the device says that it has no display", "设备声明没有显示屏"),
    "lack_text_too_long": (
        "its display holds {characters} characters",
        "其显示屏只能显示 {characters} 个字符",
    ),
    "lack_smart_card": ("the device says that it does not speak to smart cards", "设备声明不支持智能卡通信"),
    "lack_inputs": ("the device says that it has no inputs", "设备声明没有输入"),
    "lack_outputs": ("the device says that it has no outputs", "设备声明没有输出"),
    "lack_readers": ("the device says that it has no readers attached", "设备声明没有连接读头"),
    "lack_extended_id": ("the device says that it has no extended identity", "设备声明没有扩展身份信息"),
}
