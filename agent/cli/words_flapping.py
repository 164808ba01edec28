"""What `menshen doctor` says of what changes without end, and what to look at first."""

WORDS: dict[str, tuple[str, str]] = {
    "flapping_contact": (
        (
            "the contact of {door} ({name}) changes {times} times a minute, its door state is not to be "
            "believed — look at its magnet and wire, and whether the leaf rattles"
        ),
        "{door} 的门磁（{name}）每分钟变化 {times} 次，门状态不可信。请查磁铁、接线，以及门扇是否晃动",
    ),
    "flapping_exit": (
        (
            "the exit button of {door} ({name}) is pressed {times} times a minute and opens the door each "
            "time — look at the button, its wire, and who stands there"
        ),
        "{door} 的出门按钮（{name}）每分钟触发 {times} 次，每次都会开门。请查按钮、接线，以及现场是否有人",
    ),
    "flapping_fire_line": (
        (
            "the fire line ({name}) changes {times} times a minute; doors that it released stay released "
            "until it is steady — look at its two wires and the panel's relay"
        ),
        (
            "消防联动线（{name}）每分钟变化 {times} 次；已释放的门保持释放，直到其稳定。"
            "请查两根线和消防主机继电器"
        ),
    ),
    "flapping_fire_key": (
        (
            "the key switch of [fire] ({name}) changes {times} times a minute and ends no release until it "
            "is steady — look at the switch and its wire"
        ),
        "[fire] 的钥匙开关（{name}）每分钟变化 {times} 次，稳定之前不能结束释放。请查开关和接线",
    ),
    "flapping_device": (
        (
            "{name} goes silent and comes back, {times} changes a minute — look at its supply, its plug and "
            "the cable to it"
        ),
        "{name} 时断时续，每分钟变化 {times} 次。请查供电、插头和线缆",
    ),
    "flapping_trouble": (
        "{name} comes and goes, {times} changes a minute — look at that device's case, supply and wires",
        "{name} 时有时无，每分钟变化 {times} 次。请查该设备的外壳、供电和接线",
    ),
    "flapping_output": (
        (
            "the relay {name} of {door} is found on for nobody {times} times a minute — another master on "
            "the line, or a board that is faulty: take it out of service"
        ),
        "{door} 的继电器 {name} 每分钟 {times} 次无故变化。总线上可能有其他主机，或板卡故障：请停用",
    ),
    "flapping_reader": (
        (
            "{name} at {door} sends bits that are no card {times} times a minute — look at its wires, its "
            "ground and its format, or at who stands there"
        ),
        "{door} 的 {name} 每分钟发来 {times} 次无效数据。请查接线、接地和格式，以及现场是否有人",
    ),
    "flapping": (
        "{name} changes {times} times a minute — look at its wire",
        "{name} 每分钟变化 {times} 次。请查接线",
    ),
}
