"""What `menshen doctor` says: what does not work, and what to look at first."""

from __future__ import annotations

from agent.cli.words_flapping import WORDS as FLAPPING
from agent.cli.words_trouble import WORDS as TROUBLE

WORDS: dict[str, tuple[str, str]] = {
    **FLAPPING,
    "nothing": (
        "nothing is wrong that can be seen from here",
        "未发现问题",
    ),
    "late": (
        (
            "the daemon has not written for {age_s:.0f} s — see journalctl -u menshen -e; "
            "systemd restarts it soon"
        ),
        "守护进程已 {age_s:.0f} 秒未写入。请看：journalctl -u menshen -e；systemd 会很快重启它",
    ),
    "fire_line": (
        (
            "the fire line calls or cannot be read, doors are released — if there is no fire, look at the "
            "panel and its two wires"
        ),
        "消防联动线有效或无法读取，门已释放。若无火情，请查消防主机及其两根线",
    ),
    "fire_acknowledgement": (
        (
            "the fire line is at rest, doors are still released — when the fire is over, turn the key switch "
            "of [fire], or have the duty desk send fire_over"
        ),
        "消防联动线已恢复，门仍释放。确认火情结束后，请拧 [fire] 的钥匙开关，或由值班台发送 fire_over 指令",
    ),
    "unwritable": (
        (
            "the journal cannot be written: only exits and fire open doors — look at disk and "
            "mount: df -h, dmesg"
        ),
        "日志无法写入，只有出门和消防可以开门。请查磁盘：df -h、dmesg",
    ),
    "port_silent": (
        (
            "no device on port {port} ({place}) answers ({why}) — one cause for all: the "
            "adapter's plug, its power, A and B exchanged, the first metre of the cable, or the "
            "wrong speed"
        ),
        (
            "端口 {port}（{place}）上没有设备应答（{why}）。共同原因：转换器插头、供电、"
            "A/B 接反、第一段线缆或波特率不对"
        ),
    ),
    "port_flaps": (
        (
            "port {port} ({place}) was gone and came back {times} times since the start — its plug, a hub "
            "without power of its own, a lock's cable beside it; of a gateway, its network cable and supply"
        ),
        (
            "端口 {port}（{place}）自启动以来断开又恢复 {times} 次。请查：插头、无独立供电的 USB 集线器、"
            "旁边的锁线；若为网关，查网线和供电"
        ),
    ),
    "gateway_silent": (
        (
            "nothing behind port {port} ({place}) answers ({why}) — first the gateway itself: its power, "
            "its network cable, ping, its address and port; then its serial side: speed, A and B; and "
            '`framing`: "tcp" where it speaks Modbus TCP, "rtu" where it carries bytes'
        ),
        (
            "端口 {port}（{place}）后面没有设备应答（{why}）。先查网关本身：供电、网线、ping、地址和端口；"
            "再查其串口侧：速率、A/B 线；以及 framing：网关转 Modbus TCP 用 tcp，透明传输用 rtu"
        ),
    ),
    "device_refuses": (
        (
            "{device} answers on port {port}, but {why} — the address may be another device's, or `family` "
            "is wrong: `menshen bus find` with the daemon stopped tells"
        ),
        (
            "端口 {port} 上的 {device} 有应答，但拒绝读取（{why}）。可能地址是另一台设备的，"
            "或 family 写错：停止守护进程后用 `menshen bus find` 查看"
        ),
    ),
    "device_elsewhere": (
        (
            "{device} does not answer, but its questions on port {port} are answered under another "
            "address — its address was changed (switches?): `menshen bus find` with the daemon stopped tells"
        ),
        (
            "{device} 无应答，但端口 {port} 上有设备以另一地址回答了它的询问。地址可能被改动（拨码？）："
            "停止守护进程后用 `menshen bus find` 查看"
        ),
    ),
    "device_silent": (
        (
            "{device} does not answer ({why}), others on port {port} do — its own branch: power "
            "at its terminals, its A and B, its address"
        ),
        "{device} 无应答（{why}），端口 {port} 上其他设备正常。请查其自身：端子供电、A/B 线、地址",
    ),
    **TROUBLE,
    "trouble": (
        "{device} reports {kind} — see the journal for when it began",
        "{device} 报告 {kind}。请查日志看何时开始",
    ),
    "replies_lost": (
        (
            "{percent:.1f} % of the replies at {place} are lost — 120 Ω at both ends of the pair and nowhere "
            "else, one common ground, no star of cables"
        ),
        "{place} 有 {percent:.1f} % 的应答丢失。请查：仅两端 120 Ω 终端电阻、共地、不要星形布线",
    ),
    "noise": (
        (
            "{stray} damaged frames and stray bytes in {questions} questions at {place} — bias resistors at "
            "one place, away from the locks' cables, a diode at each lock"
        ),
        "{place} 在 {questions} 次询问中有 {stray} 个坏帧和杂散字节。请查：偏置电阻、远离锁线、锁加二极管",
    ),
    "strangers": (
        (
            "{count} answers at {place} came from another address — two devices with one address, or a "
            "second panel on the pair"
        ),
        "{place} 有 {count} 个应答来自别的地址。请查：地址重复，或同一对线上有第二个控制器",
    ),
    "lock_offline": (
        "door {door}: its lock cannot be reached, so no card opens it; wired exits and keys still do",
        "门 {door}：锁控板不通，刷卡不能开门；硬接线出门和钥匙仍可用",
    ),
    "lock_found_on": (
        (
            "door {door}: its relay is on though nobody was let in, so it may stand open — go and look; then "
            "at what else can switch it: a button at the board, a linked input, welded contacts"
        ),
        "门 {door}：无人获准而其继电器吸合，门可能开着。请现场查看，再查：板上按钮、输入联动、触点粘连",
    ),
    "door_fault": (
        "door {door}: {fault}",
        "门 {door}：{fault}",
    ),
    "contact_unknown": (
        ("door {door}: nobody knows whether it is open — its contact's board is silent, or the loop is cut"),
        "门 {door}：开关状态未知。门磁所在板无应答，或线路断开",
    ),
    "door_alarm": (
        "door {door}: {alarm} — go and look, then close it",
        "门 {door}：{alarm}。请现场查看并关门",
    ),
    "door_forced": (
        "door {door} was opened with no release ({alarm}) — go and look; if nobody was there, at its contact",
        "门 {door} 未经释放被打开（{alarm}）。请现场查看；若无人，请查门磁",
    ),
    "door_held": (
        "door {door} stands open too long ({alarm}) — close it; if it is closed, look at contact and magnet",
        "门 {door} 开门超时（{alarm}）。请关门；若已关，请查门磁和磁铁",
    ),
    "door_held_warning": (
        "door {door} is about to alarm ({alarm}) — close it",
        "门 {door} 即将报警（{alarm}）。请关门",
    ),
    "door_mode": (
        "door {door} is in mode {mode}, by an order",
        "门 {door} 处于 {mode} 模式（按指令）",
    ),
    "filling": (
        (
            "the journal is {percent:.0f} % full, {hours} h to go — the centre must confirm what "
            "it got, or the oldest is given up"
        ),
        "日志已用 {percent:.0f} %，约 {hours} 小时后满。中心需确认已收事件，否则最旧的将被舍弃",
    ),
    "no_roster": (
        "no list has come, so no card opens — at the office: menshen office push",
        "尚未收到名单，任何卡都不能开门。请在物业执行：menshen office push",
    ),
    "broker": (
        (
            "the broker {place} is not reached ({why}); doors work on, {unsent} events wait — "
            "address, network, certificate, clock"
        ),
        (
            "无法连接服务器 {place}（{why}）；门照常工作，{unsent} 条事件等待发送。请查：地址、"
            "网络、证书、时钟"
        ),
    ),
    "clock_holdover": (
        "no time service keeps the clock — systemctl status systemd-timesyncd (or chrony)",
        "时钟未与时间服务同步。请看：systemctl status systemd-timesyncd（或 chrony）",
    ),
    "clock_unset": (
        ("the clock shows a time before this program was made — its battery is flat, and no network set it"),
        "时钟明显错误：电池没电且未经网络校时",
    ),
    "warning": (
        "{text}",
        "{text}",
    ),
    "step_down": (
        "given up by the configuration: {text}",
        "配置中的安全降级：{text}",
    ),
}
