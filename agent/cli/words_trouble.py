"""What `menshen doctor` says of a device's trouble, where its kind leads to a wire or a screw of its own."""

WORDS: dict[str, tuple[str, str]] = {
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
}
