"""What `menshen phone` says."""

WORDS: dict[str, tuple[str, str]] = {
    "enrol": ("make this phone's key, and print what the office needs", "生成手机钥匙，并打印物业需要的内容"),
    "open": ("ask a gateway to open a door", "请求网关开门"),
    "key": ("file of the phone's private key", "手机私钥文件"),
    "door": ("the door", "门"),
    "gateway": ("the gateway", "网关"),
    "client": ("name under which the answer is heard", "接收应答所用的名称"),
    "within": ("seconds to wait for the answer", "等待应答的秒数"),
    "seconds": (
        "{text} is no time to wait: more than 0 and at most {longest} seconds",
        "{text} 不是等待时间：须大于 0 且不超过 {longest} 秒",
    ),
    "enrolled": (
        (
            "Made {path}. Give the office this public key:\n\n    {key}\n\n"
            "It then runs: menshen office phone add PERSON --key={key}\nName of the key (kid): {kid}"
        ),
        (
            "已生成 {path}。请把此公钥交给物业：\n\n    {key}\n\n"
            "物业执行：menshen office phone add 住户 --key={key}\n钥匙名（kid）：{kid}"
        ),
    ),
    "opened": ("{door} is open", "{door} 已开"),
    "refused": ("{door} stays locked: {reason}", "{door} 未开：{reason}"),
    "failed": ("{door} did not open: {reason}", "{door} 未能打开：{reason}"),
}
