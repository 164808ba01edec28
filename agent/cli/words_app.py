"""One line on each group of commands, and what the command line says of itself."""

WORDS: dict[str, tuple[str, str]] = {
    "about": (
        "Menshen (门神), the edge agent of a building's doors",
        "门神：楼宇门禁边缘网关",
    ),
    "groups": ("what to do; `menshen GROUP --help` says more", "要做的事；详情见 `menshen 命令 --help`"),
    "run": ("run the daemon", "运行守护进程"),
    "check": (
        "tell every problem of a configuration, with place and mend",
        "检查配置，一次列出所有问题及改法",
    ),
    "demo": ("a whole simulated building on this terminal", "在终端演示一栋模拟楼宇"),
    "status": ("what the daemon sees: doors, readers, roster, broker", "运行状态：门、读卡器、名单、服务器"),
    "doctor": ("what does not work, and which wire to look at", "故障诊断：哪里不通，该查哪根线"),
    "bus": ("find and try devices on an RS-485 line", "查找并测试 RS-485 总线设备"),
    "decode": ("explain captured bits, bytes and tokens", "解释抓取的比特、字节和令牌"),
    "cards": ("explain a printed or typed card number", "解释印刷或录入的卡号"),
    "office": ("the property office: roster, cards, receipts", "物业：名单、发卡、挂失、回执"),
    "phone": ("open a door with this machine as a phone", "以手机身份开门"),
    "desk": (
        "the duty desk: open, hold, lock doors; say that a fire is over",
        "值班台：开门、常开、封锁，确认火警解除",
    ),
    "journal": ("verify and export what happened", "核验并导出事件日志"),
    "provision": ("make this gateway's key and certificate request", "生成网关密钥和证书申请"),
    "interrupted": ("interrupted", "已中断"),
    "no_text": ("{text} is no UTF-8 text", "{text} 不是 UTF-8 文本"),
    "nobody_answers": (
        "nobody is there to answer the question: run this on a terminal, or give the answer in a file",
        "无人应答：请在终端运行，或用文件给出答案",
    ),
}
