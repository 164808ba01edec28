"""What is wrong in a roster's cell, and the mend. Keys are the codes of agent/office/intake."""

WORDS: dict[str, tuple[str, str]] = {
    "cell_too_long": ("longer than {most} characters; shorten it", "超过 {most} 个字符，请缩短"),
    "formula": ("a formula; paste its value instead", "这是公式，请粘贴为数值"),
    "name_missing": ("no name; write it", "缺少姓名，请填写"),
    "document_kind": (
        "unknown kind of document; write 身份证, 护照, 港澳通行证, 台胞证, 永久居留证 or 其他",
        "证件类型无法识别；请写 身份证、护照、港澳通行证、台胞证、永久居留证 或 其他",
    ),
    "number_missing": ("no document number; without it nobody can be verified", "缺少证件号码，无法实名"),
    "number_length": (
        "an identity number has 18 characters; compare with the card, or say which document it is (证件类型)",
        "身份证号应为 18 位，请核对证件；若是护照等其他证件，请填写“证件类型”列",
    ),
    "number_old_length": (
        "the old form of 15 digits, which no valid card has; write all 18 from the card",
        "15 位旧号码，已不再有效；请按现用证件填写 18 位",
    ),
    "number_characters": (
        "characters that no such number has; compare with the card",
        "含有不应出现的字符，请核对证件",
    ),
    "number_area": (
        "the first two digits are no province; compare with the card",
        "前两位不是有效省份代码，请核对证件",
    ),
    "number_birth": (
        "digits 7 to 14 are no date of birth; compare with the card",
        "第 7 至 14 位不是有效出生日期，请核对证件",
    ),
    "number_check": (
        "the check digit does not fit: one digit is wrong; compare with the card",
        "校验位不符，有一位写错，请核对证件",
    ),
    "number_excel": (
        "Excel has replaced the last digits by zeros; set the column to text and type the number again",
        "末位已被 Excel 改为 0；请把该列设为“文本”后重新录入",
    ),
    "number_scientific": (
        "Excel has turned the number into 1.1E+17; set the column to text and type it again",
        "已被 Excel 改为科学计数法；请把该列设为“文本”后重新录入",
    ),
    "number_permit": (
        "no number of such a document; compare with the card",
        "不符合该类证件的号码格式，请核对证件",
    ),
    "number_zeros": (
        "ends in 000, as numbers do that Excel has damaged; compare with the card",
        "末三位为 000，可能被 Excel 损坏，请核对证件",
    ),
    "cell_error": (
        "the cell holds an error of Excel; write the value",
        "单元格是 Excel 错误值，请填写实际内容",
    ),
    "cell_damaged": (
        "Excel has lost the last digits of this number; set the column to text and type it again",
        "Excel 已丢失该数字的末位；请把该列设为“文本”后重新录入",
    ),
    "card_excel": (
        "Excel has lost the last digits of this number; set the column to text and type it again",
        "Excel 已丢失卡号的末位；请把该列设为“文本”后重新录入",
    ),
    "row_aside": ("no entry: passed over", "不是住户记录，已略过"),
    "phone": (
        "no telephone number; write digits only, several parted by 、",
        "不是电话号码，请只写数字，多个用“、”分隔",
    ),
    "role": ("unknown; write one of {known}", "无法识别；请写其中之一：{known}"),
    "home": ("no household; write it like 3-1-1201", "不是房号；请写成 3-1-1201"),
    "home_incomplete": ("building and room are both needed", "楼栋和房号都要填写"),
    "group_missing": ("no group; name one, or give --group", "缺少权限组；请填写，或使用 --group"),
    "group_unknown": (
        "there is no such group; correct it, or add it first; known: {known}",
        "没有此权限组；请更正，或先添加；现有：{known}",
    ),
    "date": ("no date; write it like 2026-12-31", "不是日期；请写成 2026-12-31"),
    "until_before_from": ("ends before it begins", "结束早于开始"),
    "lease_end_missing": ("a tenant needs the day the lease ends", "租户必须填写租约到期日"),
    "verified_in_future": ("verified in the future; correct the date", "核验日期在将来，请更正"),
    "unverified": (
        "a card, and nobody has verified this person; verify them and write the day (核验日期)",
        "有卡但未实名核验；请先核验，并填写核验日期",
    ),
    "card_unreadable": ("no card number; write it as printed", "不是卡号；请按卡面填写"),
    "card_ambiguous": (
        "may be read in more than one way; say how it is printed (卡号格式 or --card-style): {known}",
        "有多种读法；请注明卡号格式（卡号格式列或 --card-style）：{known}",
    ),
    "card_too_large": (
        "no number of that print style; check number and style",
        "不符合该卡号格式，请检查卡号与格式",
    ),
    "card_style": ("unknown print style; one of {known}", "卡号格式无法识别；可用：{known}"),
    "card_shared": (
        "the same card as in row {others}; a card has one holder",
        "与第 {others} 行同卡；一张卡只能一人持有",
    ),
    "card_taken": ("this card is bound to {person} in the book", "此卡在登记簿中属于 {person}"),
    "card_suspended": ("this card is suspended; resume it, or issue another", "此卡已停用；请恢复或换卡"),
    "card_lost": ("this card was reported lost; issue another", "此卡已挂失；请换卡"),
    "card_revoked": ("this card was revoked; release it, or issue another", "此卡已注销；请释放或换卡"),
    "card_stopped": (
        "this card was lost or revoked before; if it is back in your hand: menshen office card issue",
        "此卡曾挂失或注销；若确已收回，请用 menshen office card issue 重新发放",
    ),
    "card_meets_row": (
        "readers of {gateway} take this card for row {others}'s; use another, or see --accept-collisions",
        "{gateway} 的读卡器分不清此卡与第 {others} 行的卡；请换卡，或见 --accept-collisions",
    ),
    "card_meets_book": (
        "readers of {gateway} take this card for one of {others}; use another, or see --accept-collisions",
        "{gateway} 的读卡器分不清此卡与 {others} 的卡；请换卡，或见 --accept-collisions",
    ),
    "card_left_out_row": (
        "readers of {gateway} take this card for row {others}'s: neither opens there",
        "{gateway} 的读卡器分不清此卡与第 {others} 行的卡：两卡在该处均不开门",
    ),
    "card_left_out_book": (
        "readers of {gateway} take this card for one of {others}: neither opens there",
        "{gateway} 的读卡器分不清此卡与 {others} 的卡：两卡在该处均不开门",
    ),
    "document_twice": (
        "the same document as row {other}, under another name",
        "与第 {other} 行证件相同但姓名不同",
    ),
    "row_twice": ("says the same as row {other}; remove one", "与第 {other} 行重复，请删除其一"),
    "second_home": (
        "the person of row {other} with another household; the first one is kept",
        "与第 {other} 行同一人但房号不同；保留前者",
    ),
    "yes_or_no": ("write 是 or 否", "请写 是 或 否"),
}
