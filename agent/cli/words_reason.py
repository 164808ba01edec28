"""Why a command or an entry was refused, for the person who asked. Keys are the reason codes on the wire."""

WORDS: dict[str, tuple[str, str]] = {
    "retained": (
        "the broker had kept the command; a kept command never opens",
        "指令被服务器保留过，保留的指令不会开门",
    ),
    "expired": ("the command came too late", "指令已过期"),
    "too_early": ("the command is from the future; check the phone's clock", "指令时间超前，请检查手机时间"),
    "too_long": ("the command asks to be valid for too long", "指令有效期过长"),
    "wrong_audience": ("the command is for another gateway", "指令发错了网关"),
    "unknown_key": ("this phone is not registered", "此手机未登记"),
    "bad_signature": ("the signature does not hold", "签名无效"),
    "wrong_scope": ("this key may not do that", "此钥匙无权执行该操作"),
    "replayed": ("the command was used before", "指令已使用过"),
    "nonce_required": (
        "the gateway's clock is unsure; try again with its fresh number",
        "网关时钟未校准，请重试",
    ),
    "wrong_nonce": ("the gateway has a fresh number since; try again", "网关随机数已更新，请重试"),
    "unknown_door": ("there is no such door at this gateway", "网关没有这个门"),
    "malformed": ("the command cannot be read", "指令格式错误"),
    "too_large": ("the command is too large", "指令过大"),
    "overloaded": ("the gateway has too much to do; try again", "网关繁忙，请重试"),
    "no_answer": ("the gateway did not answer in time", "网关未及时应答"),
    "offline": ("the gateway is offline", "网关离线"),
}
