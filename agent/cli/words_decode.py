"""What `menshen decode` says of itself and of tokens."""

WORDS: dict[str, tuple[str, str]] = {
    "token": ("explain a signed token", "解释签名令牌"),
    "text": ("the token, or - to read it from standard input", "令牌；- 表示从标准输入读取"),
    "key": (
        "a public key (base64url) the signature is checked with",
        "用来核对签名的公钥（base64url）",
    ),
    "kind": ("kind       {typ}", "类型       {typ}"),
    "kid": ("key        {kid}", "密钥       {kid}"),
    "time": ("{name:<10} {value}  ({at})", "{name:<10} {value}  （{at}）"),
    "value": ("{name:<10} {value}", "{name:<10} {value}"),
    "holds": ("signature  holds", "签名       有效"),
    "wrong": ("signature  DOES NOT HOLD: {why}", "签名       无效：{why}"),
    "unchecked": ("signature  not checked: no --key was given", "签名       未核对：没有给出 --key"),
}
