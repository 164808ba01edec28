"""What `menshen decode osdp` says."""

WORDS: dict[str, tuple[str, str]] = {
    "about": ("explain captured OSDP frames", "解释抓取到的 OSDP 帧"),
    "frames": (
        "frames in hex, in the order captured; - reads lines",
        "十六进制帧，按抓取顺序；- 表示逐行读标准输入",
    ),
    "key": (
        "the devices' key, to open secure frames from the handshake on",
        "设备密钥，用于从握手起解开安全帧",
    ),
    "key_file": ("the same, in a file of mode 0600", "同上,存于权限 0600 的文件"),
    "no_hex": ("{text} is not hex", "{text} 不是十六进制"),
    "too_long": ("a line has more than {most} characters", "一行超过 {most} 个字符"),
}
