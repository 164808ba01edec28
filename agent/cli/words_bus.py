"""What `menshen bus` says."""

WORDS: dict[str, tuple[str, str]] = {
    "about": ("what hangs on a serial line", "串行总线上有什么设备"),
    "port": ("serial port, best under /dev/serial/by-id", "串口,最好写 /dev/serial/by-id 下的路径"),
    "addresses": ("addresses, with commas between them", "地址,用逗号分隔"),
    "address": ("the device's address", "设备地址"),
    "baud": ("speed of the line", "总线速率"),
    "key": (
        "the readers' key, 32 hex digits; without it they are spoken to in clear",
        "读卡器密钥,32 位十六进制;不给则明文通信",
    ),
    "install": ("use the default key, which everybody knows", "使用人人皆知的默认密钥"),
    "pulse": ("answer each card with this output pulse", "每次刷卡后让该输出动作指定秒数"),
    "seconds": ("end after so long", "运行指定秒数后结束"),
    "osdp": ("be the panel of OSDP readers and show what they say", "作为 OSDP 控制器,显示读卡器上报的内容"),
    "find": (
        "find OSDP devices and Modbus boards: which addresses, at which speeds",
        "查找 OSDP 设备和 Modbus 板:有哪些地址、什么速率",
    ),
    "find_kind": ("look for only these", "只查找此类设备"),
    "found_board": (
        "{baud:>6} baud  address {address:>3}  board of {families}  {outputs} outputs  {inputs} inputs",
        "速率 {baud:>6}  地址 {address:>3}  Modbus 板,型号系列 {families}  {outputs} 路输出  {inputs} 路输入",
    ),
    "no_family": ("not told", "无法判断"),
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
        "where the new key is written, for its owner only; must not exist",
        "新密钥写入的文件(仅属主可读),不得已存在",
    ),
    "old_key_file": ("the key it has now, where it has one", "若已有密钥,现密钥所在文件"),
    "window": ("give up after so long", "超过此时间即放弃"),
    "move": ("give one device another address or speed", "更改一台设备的地址或速率"),
    "to_address": ("the new address", "新地址"),
    "to_baud": ("the new speed", "新速率"),
    "move_key": ("file with the device's key, where it has one", "设备密钥所在文件(若有)"),
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
    "pair_failed": ("not paired: {why}", "配对失败:{why}"),
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
    "file_kind": ("kind of the file: 1, or the maker's own from 128", "文件类型：1，或厂商自定义（128 起）"),
    "sending": ("{taken} of {total} bytes", "已发送 {taken} / {total} 字节"),
    "sent": ("the device has taken the file", "设备已接收文件"),
    "not_sent": ("not sent: {why}", "未发送成功：{why}"),
}
