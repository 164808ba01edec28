"""What `menshen office pass` says."""

WORDS: dict[str, tuple[str, str]] = {
    "issue": ("sign a pass and show its QR code", "签发通行证并显示二维码"),
    "list": (
        "the passes that are out, and at which doors a revoked one is dead",
        "列出在外的通行证，及注销在各门是否生效",
    ),
    "revoke": ("revoke passes before their end", "提前注销通行证"),
    "opt_gateway": ("the gateway whose doors it opens", "所属网关"),
    "opt_door": ("door; may be repeated", "门；可重复"),
    "opt_until": ("last day of the visit, which still counts", "来访截止日期（含当日）"),
    "opt_uses": ("how many entries it is good for", "可用次数"),
    "opt_host": (
        "who is visited: when they leave, the pass stops with them",
        "被访人：其迁出或失效时，通行证一并注销",
    ),
    "opt_png": ("write the QR code as a picture (PNG)", "把二维码存为 PNG"),
    "opt_svg": ("write the QR code as a drawing (SVG)", "把二维码存为 SVG"),
    "opt_number": ("number of a pass; see: pass list", "通行证编号（见 pass list）"),
    "opt_of": (
        "all passes of this visitor, and all on the word of this host",
        "此访客或此被访人的全部通行证",
    ),
    "opt_all": ("those too that are over", "包括已过期的"),
    "made": (
        "pass {number} for {person}: {doors}, until {until}, {uses} entries",
        "通行证 {number}，{person}：{doors}，至 {until}，可用 {uses} 次",
    ),
    "none_named": (
        "name passes by their numbers, or a person with --person",
        "请给出通行证编号，或用 --person 指定人员",
    ),
    "revoked": ("{count} passes revoked: revision {revision}", "已注销 {count} 张通行证：版本 {revision}"),
    "none_stopped": ("nothing to revoke: revoked already, or over", "没有可注销的通行证：已注销或已过期"),
    "col_number": ("pass", "通行证"),
    "col_visitor": ("visitor", "访客"),
    "col_host": ("host", "被访人"),
    "col_uses": ("entries", "次数"),
    "st_valid": ("valid", "有效"),
    "st_not_yet": ("from {at}", "自 {at} 起"),
    "st_over": ("over", "已过期"),
    "st_dead": ("revoked: dead at every door", "已注销：各门均已生效"),
    "st_dying": ("revoked: not yet at {doors}", "已注销：{doors} 尚未生效"),
}
