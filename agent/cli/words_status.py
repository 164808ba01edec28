"""What `menshen status` says. One line a thing, so that it can be searched."""

WORDS: dict[str, tuple[str, str]] = {
    "never": (
        "no daemon has run here: there is no {file} — start it: systemctl start menshen",
        "守护进程从未在此运行：没有 {file}。请启动：systemctl start menshen",
    ),
    "closed": (
        "{file} cannot be read ({why}) — run this as root or as the user menshen",
        "无法读取 {file}（{why}）。请以 root 或 menshen 用户运行",
    ),
    "broken": (
        "{file} is not what this version writes — are daemon and command of one version?",
        "{file} 不是本版本写的。守护进程与命令版本一致吗？",
    ),
    "gone": (
        "no daemon runs: the last one (process {pid}) wrote at {at} — see: journalctl -u menshen -e",
        "守护进程未运行：上一个（进程 {pid}）最后写于 {at}。请看：journalctl -u menshen -e",
    ),
    "stale": (
        "STALE: the daemon has not written for {age_s:.0f} s; what stands below was true then",
        "过时：守护进程已 {age_s:.0f} 秒没有写入；以下是当时的情况",
    ),
    "gateway": (
        "gateway   {gateway}  menshen {version}  process {pid}  since {since}  clock {clock}",
        "网关      {gateway}  menshen {version}  进程 {pid}  启动于 {since}  时钟 {clock}",
    ),
    "fire_line": (
        "FIRE      doors are released; the fire line calls, or cannot be read",
        "火警      门已释放；消防联动线有效，或无法读取",
    ),
    "fire_acknowledgement": (
        "FIRE      doors are released; the line is at rest and somebody must say that the fire is over",
        "火警      门已释放；联动线已恢复，须由人员确认火情结束",
    ),
    "door": (
        "door      {name}  {lock}  contact {contact}  mode {mode}{more}",
        "门        {name}  {lock}  门磁 {contact}  模式 {mode}{more}",
    ),
    "flapping": (
        "FLAPPING  {name}  {role}  {door}  {times} changes a minute, summed up in the journal",
        "抖动      {name}  {role}  {door}  每分钟变化 {times} 次，日志中汇总记录",
    ),
    "port": ("port      {name}  {kind}  {place}", "端口      {name}  {kind}  {place}"),
    "line": ("          {figures}", "          {figures}"),
    "online": ("  online  {name}  {identity}", "  在线    {name}  {identity}"),
    "offline": ("  OFFLINE {name}  since {since}  {why}", "  离线    {name}  自 {since}  {why}"),
    "roster": (
        "roster    revision {revision}  {count} rows  enforced {at}  {digest}",
        "名单      版本 {revision}  {count} 行  生效于 {at}  {digest}",
    ),
    "no_roster": ("roster    none has come: no card opens", "名单      尚未收到：任何卡都不能开门"),
    "journal": (
        "journal   {events} events  {unsent} unsent  {unconfirmed} unconfirmed  {fill:.0%} full{forecast}",
        "日志      {events} 条  {unsent} 未发  {unconfirmed} 未确认  已用 {fill:.0%}{forecast}",
    ),
    "forecast": ("  {hours:.0f} h to full", "  {hours:.0f} 小时后满"),
    "unwritable": (
        "JOURNAL   cannot be written: only exits and fire open doors",
        "日志      无法写入：只有出门和消防可以开门",
    ),
    "broker": (
        "broker    {link}  {place}  since {since}  {why}",
        "服务器    {link}  {place}  自 {since}  {why}",
    ),
    "refused": ("refused   {counts}", "已拒绝    {counts}"),
    "step_down": ("given up  {text}", "安全降级  {text}"),
    "warning": ("warning   {text}", "警告      {text}"),
}
