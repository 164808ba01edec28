"""What `menshen check` says."""

WORDS: dict[str, tuple[str, str]] = {
    "file": ("the configuration file", "配置文件"),
    "json": ("one JSON object instead of words", "以 JSON 对象输出"),
    "problems": ("{count} problem(s) in {file}", "{file} 有 {count} 个问题"),
    "good": (
        "{file} is good: gateway {gateway}, {doors} door(s), {readers} reader(s), {ports} port(s)",
        "{file} 没有问题：网关 {gateway}，{doors} 个门，{readers} 个读卡器，{ports} 个端口",
    ),
    "warning": ("warning: {text}", "警告：{text}"),
    "step_down": ("given up: {text}", "安全降级：{text}"),
}
