"""What `menshen desk` says."""

WORDS: dict[str, tuple[str, str]] = {
    "key": (
        "make this desk's key, or show it, with what goes on the gateways",
        "生成或显示值班台的钥匙，以及网关上要写的内容",
    ),
    "broker": ("remember the broker, beside the key", "记住服务器，存在钥匙旁"),
    "open": ("open a door once", "开门一次"),
    "hold": ("hold doors open until they are set to normal", "保持门常开，直到恢复正常"),
    "lock": (
        "lock doors down: cards open none but by the override right",
        "封锁门：除有越权权限者外，刷卡一律不开",
    ),
    "normal": ("end both: doors go by cards and schedules again", "恢复正常：门重新按刷卡和时段放行"),
    "fire-over": (
        "say that the fire is over: doors are as before, if the fire line is at rest",
        "确认火警解除：消防联动线复位后，各门恢复原状",
    ),
    "key_file": ("file of the desk's private key", "值班台私钥文件"),
    "key_is": (
        (
            "The desk's key is in {path}. Each gateway that it may order has in its configuration:\n\n"
            '{trust}\n\nLeave out what it may not do. "override" beside "open" opens doors that are locked\n'
            'down, too; "roster.revoke" stops cards (menshen office push --key-file).\n'
            "Then `menshen check` there, and a restart.\n"
            "Name of the key (kid): {kid}"
        ),
        (
            "值班台钥匙在 {path}。在每台受其指挥的网关的配置中写入：\n\n{trust}\n\n"
            '不允许的权限请删去；在 "open" 旁加 "override" 可开已封锁的门，\n'
            '"roster.revoke" 可挂失停卡（menshen office push --key-file）。\n'
            "随后在该网关执行 `menshen check` 并重启。\n"
            "钥匙名（kid）：{kid}"
        ),
    ),
    "no_key": (
        "there is no key in {path}; `menshen desk key` makes it",
        "{path} 中没有钥匙；请先执行 `menshen desk key`",
    ),
    "no_broker": (
        "say --broker HOST:PORT, or once for all: menshen desk broker --broker HOST:PORT",
        "请给出 --broker 主机:端口，或一次设定：menshen desk broker --broker 主机:端口",
    ),
    "broker_broken": (
        "{path} cannot be read; write it anew: menshen desk broker --broker HOST:PORT",
        "{path} 无法读取；请重写：menshen desk broker --broker 主机:端口",
    ),
    "did_open": ("{door} is open", "{door} 已开"),
    "did_hold": (
        "{door} is held open, until: menshen desk normal {gateway} {door}",
        "{door} 已常开，恢复请执行：menshen desk normal {gateway} {door}",
    ),
    "did_lock": (
        "{door} is locked down (exit and fire still open it), until: menshen desk normal {gateway} {door}",
        "{door} 已封锁（出门按钮和消防仍可开门），恢复请执行：menshen desk normal {gateway} {door}",
    ),
    "did_normal": ("{door} goes by cards and schedules again", "{door} 已恢复正常"),
    "did_fire-over": (
        "{gateway}: the fire is over, its doors are as before",
        "{gateway}：火警已解除，各门恢复原状",
    ),
    "refused": ("{place}: refused: {reason}", "{place}：被拒绝：{reason}"),
    "failed": ("{place}: not carried out: {reason}", "{place}：未能执行：{reason}"),
    "unsent": ("{place}: nothing was sent: {reason}", "{place}：未发送：{reason}"),
    "unanswered": (
        "{place}: no answer within {within} s: {reason}",
        "{place}：{within} 秒内无应答：{reason}",
    ),
    "last_heard": (
        "the gateway is offline, and was heard last at {at}",
        "网关离线，最后一次在线 {at}",
    ),
    "mend_unknown_key": (
        "  Write into the configuration of {gateway}, `menshen check` it there, and restart:\n\n{trust}",
        "  请写入 {gateway} 的配置，在该网关执行 `menshen check` 并重启：\n\n{trust}",
    ),
    "mend_wrong_scope": (
        (
            '  In the configuration of {gateway}, the [[trust]] with key = "{key}"\n'
            '  needs "{scope}" in its scopes; then `menshen check` there, and a restart.'
        ),
        (
            '  在 {gateway} 的配置中，key = "{key}" 的 [[trust]]\n'
            '  的 scopes 需加 "{scope}"；随后在该网关执行 `menshen check` 并重启。'
        ),
    ),
    "mend_door_locked": (
        (
            "  `menshen desk normal {gateway} {door}` ends the lockdown. To open it all the same,\n"
            '  the [[trust]] with key = "{key}"\n'
            '  needs "override" beside "open" in its scopes.'
        ),
        (
            "  `menshen desk normal {gateway} {door}` 可解除封锁。若要在封锁中开门，\n"
            '  key = "{key}" 的 [[trust]] 的 scopes 需在 "open" 旁加 "override"。'
        ),
    ),
    "mend_unknown_door": ("  Its doors: {doors}", "  该网关的门：{doors}"),
    "mend_fire_line_calls": (
        "  Reset the fire panel first. Where it is at rest, look at its wire: a cut one calls, too.",
        "  请先复位消防主机。若主机已复位，请检查线路：断线也会触发。",
    ),
    "mend_expired": (
        "  By this machine it is {now}. Compare with the gateway's clock: `timedatectl` on both.",
        "  本机时间 {now}。请与网关时间核对：两边执行 `timedatectl`。",
    ),
    "mend_too_early": (
        "  By this machine it is {now}. Compare with the gateway's clock: `timedatectl` on both.",
        "  本机时间 {now}。请与网关时间核对：两边执行 `timedatectl`。",
    ),
    "mend_cannot_record": (
        "  `menshen doctor` on {gateway} says why. Until then the key at the door is what opens.",
        "  在 {gateway} 执行 `menshen doctor` 查明原因；在此之前请用机械钥匙开门。",
    ),
    "mend_failed": (
        "  Look at the door; `menshen doctor` on {gateway} says which wire.",
        "  请到现场查看；在 {gateway} 执行 `menshen doctor` 可查明线路。",
    ),
    "mend_gateway_silent": (
        (
            "  It says that it is online. Whether it heard the order is not known: look at the door.\n"
            "  The order is void {life} s after it was sent.\n"
            '  Does the broker let this desk write "cmd" and hear "res/{client}"?'
        ),
        (
            "  网关自称在线，是否收到指令不得而知，请到现场查看。指令发出 {life} 秒后失效。\n"
            '  服务器是否允许值班台写 "cmd"、读 "res/{client}"？'
        ),
    ),
    "mend_gateway_unknown": (
        "  Is {gateway} spelt as in its configuration, and may this desk hear its state at the broker?",
        "  {gateway} 是否与其配置中的名称一致？服务器是否允许值班台读取其状态？",
    ),
}
