"""What `menshen doctor` says: what does not work, and what to look at first."""

from agent.cli.words_flapping import WORDS as FLAPPING

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
    "trouble_tamper": (
        "{device} says it is being opened — go and look at its cover and its wall",
        "{device} 报告被拆动。请现场查看外壳和安装面",
    ),
    "trouble_power": (
        "{device} says its power is bad — measure at its terminals while a lock pulls",
        "{device} 报告供电异常。请在锁吸合时测量其端子电压",
    ),
    "trouble_identity_changed": (
        (
            "at {device} hangs another device than before — if you have replaced it, stop the daemon and run "
            "menshen bus pair --reader {device}, or write its serial and cuid into the configuration; "
            "if not, go and look"
        ),
        (
            "{device} 处的设备与之前不是同一台。若是您更换的，请停止守护进程后运行 "
            "menshen bus pair --reader {device}，或在配置中写明其 serial 和 cuid；否则请现场查看"
        ),
    ),
    "trouble_security": (
        (
            "no secure session with {device}, so nothing it says is believed — if you have replaced or reset "
            "it, pair it again: menshen bus pair --reader {device}; if not, go and look what hangs there"
        ),
        (
            "与 {device} 无法建立安全会话，所报内容一律不予采信。若是您更换或复位的，请重新配对："
            "menshen bus pair --reader {device}；否则请现场查看接的是什么"
        ),
    ),
    "trouble_strangers": (
        (
            "somebody else answers where {device} is asked, and is not believed — two devices with one "
            "address, a second panel, or a stranger on the pair: go and look along the cable"
        ),
        (
            "询问 {device} 时有别的设备应答：地址重复、第二个控制器，或有人接入此线。其内容一律不予采信，"
            "请沿线缆检查"
        ),
    ),
    "trouble_sessions_lost": (
        (
            "the session with {device} breaks off again and again — its power, a wire that is loose, or "
            "somebody on the pair who answers for it"
        ),
        "与 {device} 的会话反复中断。请查其供电、松动的接线，或是否有人在线上冒充应答",
    ),
    "trouble_card_as_text": (
        "{device} sends cards as characters, which nobody can read for sure — set it to send bits (RAW)",
        "{device} 以字符方式上报卡号，无法可靠识读。请将其设为上报位数据（RAW）",
    ),
    "trouble_linkage": (
        (
            "an input of board {device} switches a relay by itself, so whoever presses there opens a door "
            "unseen — set it to normal: Waveshare registers 0x1000 on to 0, Eletechsup 0x00FD to 0, "
            "Wiren Board 9 on to 3"
        ),
        (
            "板 {device} 的输入会自行联动继电器，按下即开门且无记录。请设回正常：微雪寄存器 0x1000 起写 0，"
            "Eletechsup 0x00FD 写 0，Wiren Board 9 起写 3"
        ),
    ),
    "trouble_stuck_output": (
        "a relay of board {device} stays on though it was told off — welded contacts, or a manual switch",
        "板 {device} 有继电器断不开。请查触点粘连或手动开关",
    ),
    "trouble_actuation": (
        "board {device} confirms a release, but its relay reads off — its supply, or the board itself",
        "板 {device} 确认了释放，但继电器读回为断开。请查其供电或换板",
    ),
    "trouble_left_on": (
        (
            "board {device} was lost while a relay was on that only this box can put off — that door may "
            "stand open: go and look, then at the board's power and its A and B. A board with a pulse of its "
            "own cannot do this"
        ),
        (
            "板 {device} 在继电器吸合时失去联系，而它只能由本机断开：该门可能一直开着。请现场查看，"
            "再查该板供电和 A/B 线。自带定时脉冲的板不会如此"
        ),
    ),
    "trouble_no_watchdog": (
        (
            "board {device} keeps its relays on if this box dies: its safe mode is off, or comes later than "
            "in a minute — write 10 (seconds) into its holding register 8"
        ),
        (
            "本机若停机，板 {device} 的继电器会一直吸合：其安全模式未启用或超过一分钟。"
            "请向其保持寄存器 8 写入 10（秒）"
        ),
    ),
    "trouble_restores": (
        (
            "board {device} switches relays on again after a power cut that were on before it — "
            "write 0 into its holding register 6"
        ),
        "板 {device} 断电恢复后会重新吸合之前的继电器。请向其保持寄存器 6 写入 0",
    ),
    "trouble_wiegand_swapped": (
        "at reader {device} D0 and D1 are swapped — exchange green and white",
        "读卡器 {device} 的 D0 与 D1 接反。请对调绿线和白线",
    ),
    "trouble_wiegand_parity": (
        "many cards at reader {device} fail their parity — shield, common ground, cable away from the locks'",
        "读卡器 {device} 奇偶校验错误多。请查屏蔽、共地，并远离锁线",
    ),
    "trouble_wiegand_both_low": (
        "D0 and D1 of reader {device} go low together — a short between them, or no common ground",
        "读卡器 {device} 的 D0、D1 同时为低。请查两线短路或未共地",
    ),
    "trouble_wiegand_stuck_d0": (
        "D0 (green) of reader {device} stays low — shorted to ground, or the reader has no power",
        "读卡器 {device} 的 D0（绿线）一直为低。请查对地短路或读卡器供电",
    ),
    "trouble_wiegand_stuck_d1": (
        "D1 (white) of reader {device} stays low — shorted to ground, or the reader has no power",
        "读卡器 {device} 的 D1（白线）一直为低。请查对地短路或读卡器供电",
    ),
    "trouble_wiegand_lengths": (
        "reader {device} sends lengths that no format has: bits get lost — pull-ups, cable length, the gap",
        "读卡器 {device} 的帧长不对，有丢位。请查上拉电阻、线长和帧间隔",
    ),
    "trouble_wiegand_noise": (
        "glitches on the wires of reader {device} — shield at one end, ground, a diode at each lock",
        "读卡器 {device} 线上有干扰。请查单端屏蔽、共地、锁加二极管",
    ),
    "trouble_wiegand_one_line": (
        "only one wire of reader {device} ever moves — the other of D0 and D1 is cut",
        "读卡器 {device} 只有一根数据线有信号。D0 或 D1 断线",
    ),
    "trouble_wiegand_late": (
        "this box loses edges of reader {device} — something else takes its processor: see top",
        "本机来不及接收读卡器 {device} 的信号。请看：top",
    ),
    "trouble_wiegand_keypad": (
        "reader {device} sends keys, not as its `keypad` setting says — `menshen status` tells their bits",
        "读卡器 {device} 的按键格式与 keypad 设置不符。请看位数：menshen status",
    ),
    "trouble_babble": (
        "more comes from {device} than people show or type — a key that sticks, or somebody at its wires",
        "{device} 的数据多于人能刷卡或按键的量。请查卡住的按键，或有人动线",
    ),
    "trouble_card_inverted": (
        "unknown cards at {device} are on the list with every bit turned — exchange D0 and D1",
        "{device} 读到的未知卡逐位取反后在名单中。请对调 D0 与 D1",
    ),
    "trouble_card_reversed": (
        "unknown cards at {device} are on the list, bytes turned — take the _REV format, or set the reader",
        "{device} 读到的未知卡字节颠倒后在名单中。请改用 _REV 格式，或设置读卡器字节序",
    ),
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
