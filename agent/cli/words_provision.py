"""What `menshen provision` says."""

WORDS: dict[str, tuple[str, str]] = {
    "key": ("where the key is, or is to be made; else broker.tls.key", "密钥文件；缺省为 broker.tls.key"),
    "made": ("made a new key: {key} (only its owner can read it)", "已生成新密钥：{key}（仅所有者可读）"),
    "kept": ("kept the key that was there: {key}", "沿用已有密钥：{key}"),
    "request": (
        "request in the name of {gateway}: {request} — have it signed for broker.tls.certificate",
        "网关 {gateway} 的证书申请：{request}。请签发，并把证书放到 broker.tls.certificate 所指位置",
    ),
    "fingerprint": (
        "compare by voice with whoever signs: SHA-256 {fingerprint}",
        "请与签发方口头核对：SHA-256 {fingerprint}",
    ),
    "no_gateway": (
        '{file} names no gateway that can stand in a certificate — write gateway = "…"',
        '{file} 没有可用于证书的网关名。请写明 gateway = "…"',
    ),
    "no_key": (
        "{file} does not say where the key goes — write broker.tls.key, or give --key FILE",
        "{file} 没有说明密钥位置。请写明 broker.tls.key，或用 --key FILE",
    ),
}
