//! Numbers that belong to persons: identity numbers, mobile numbers, bank cards, in any text.
//!
//! In: a text. Out: where such numbers stand, of which kind, and how they are masked. Knows no file and no item. One pass; what is not a
//! number costs a look at each character.

use std::ops::Range;

use crate::digest::Digest;

/// Whose number it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// 公民身份号码 (GB 11643-1999): 17 digits and a check character.
    Identity,
    /// 手机号码: 11 digits of a mobile network of the mainland.
    Mobile,
    /// 银行卡号 (GB/T 19584, ISO/IEC 7812): 16 to 19 digits of a known issuer with Luhn's check digit.
    Bank,
}

/// A number that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Number {
    pub kind: Kind,
    /// Where it stands in the text, in bytes.
    pub range: Range<usize>,
    /// As it may be shown: `530*************6X`.
    pub masked: String,
    /// A digest of its digits, to tell it from others that look the same when they are masked.
    pub digest: u64,
}

/// A digit (or the X that ends an identity number) with its place.
#[derive(Debug, Clone, Copy)]
struct Digit {
    value: u8,
    from: usize,
    to: usize,
}

/// Digits that stand together, with what stands before and behind them.
#[derive(Debug, Clone, Copy)]
struct Block {
    /// Indices into the digits.
    from: usize,
    to: usize,
}

/// Finds every number of a person in a text.
pub(crate) fn find(text: &str) -> Vec<Number> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = text[at..].char_indices().find_map(|(i, c)| digit(c).map(|_| at + i)) {
        let run = Run::read(text, start);
        at = run.end;
        // Shorter than a mobile number: nothing of a person.
        if run.digits.len() >= 11 {
            run.numbers(text, &mut found);
        }
    }
    found
}

/// The value of a digit, narrow or full width.
fn digit(c: char) -> Option<u8> {
    match c {
        '0'..='9' => Some(c as u8 - b'0'),
        '０'..='９' => u8::try_from(c as u32 - '０' as u32).ok(),
        _ => None,
    }
}

fn is_check_letter(c: char) -> bool {
    matches!(c, 'X' | 'x' | 'Ｘ' | 'ｘ')
}

/// Characters that show nothing and hide a number from a plain search.
fn is_invisible(c: char) -> bool {
    matches!(c as u32, 0xAD | 0x200B..=0x200F | 0x202A..=0x202E | 0x2060..=0x2064 | 0xFEFF)
}

/// What may stand between the groups of one number.
fn is_separator(c: char) -> bool {
    matches!(c, ' ' | '-' | '\u{a0}' | '\u{3000}' | '\u{2009}' | '\u{202f}' | '—' | '–' | '－' | '·' | '_')
}

/// Digits with at most one separator between two of them.
struct Run {
    digits: Vec<Digit>,
    blocks: Vec<Block>,
    /// Where the run begins and ends in the text.
    start: usize,
    end: usize,
}

impl Run {
    fn read(text: &str, start: usize) -> Self {
        let mut run = Self { digits: Vec::new(), blocks: Vec::new(), start, end: start };
        let mut from = 0;
        let mut separated = false;
        for (i, c) in text[start..].char_indices() {
            let to = start + i + c.len_utf8();
            let check = is_check_letter(c) && !separated && !run.digits.is_empty() && run.digits.last().is_some_and(|d| d.value < 10);
            if let Some(value) = digit(c).or(check.then_some(10)) {
                if separated {
                    run.blocks.push(Block { from, to: run.digits.len() });
                    from = run.digits.len();
                    separated = false;
                }
                run.digits.push(Digit { value, from: start + i, to });
                run.end = to;
            } else if is_separator(c) && !separated {
                separated = true;
            } else if !is_invisible(c) {
                break;
            }
        }
        run.blocks.push(Block { from, to: run.digits.len() });
        run
    }

    fn numbers(&self, text: &str, found: &mut Vec<Number>) {
        let mut block = 0;
        while block < self.blocks.len() {
            block += self.number_at(text, block, found).max(1);
        }
    }

    /// The longest number that begins with a block: how many blocks it takes, 0 when there is none.
    fn number_at(&self, text: &str, first: usize, found: &mut Vec<Number>) -> usize {
        let mut longest = None;
        for last in first..self.blocks.len().min(first + 8) {
            let digits = &self.digits[self.blocks[first].from..self.blocks[last].to];
            if digits.len() > 20 {
                break;
            }
            if let Some((kind, skip)) = self.kind(text, first, last, digits) {
                longest = Some((last + 1 - first, kind, &digits[skip..]));
            }
        }
        let Some((blocks, kind, digits)) = longest else { return 0 };
        found.push(number(kind, digits));
        blocks
    }

    /// What the digits of some blocks are, and how many of them stand before the number (a country's code).
    fn kind(&self, text: &str, first: usize, last: usize, digits: &[Digit]) -> Option<(Kind, usize)> {
        let (before, after) = (&text[..digits[0].from], &text[digits[digits.len() - 1].to..]);
        let alone = first == last;
        if !stands_alone(before, after, first > 0 || digits[0].from > self.start) {
            return None;
        }
        let values: Vec<u8> = digits.iter().map(|d| d.value).collect();
        if is_identity(&values) && !is_called(before, &["信用代码", "机构代码", "税号", "识别号", "credit_code"]) {
            return Some((Kind::Identity, 0));
        }
        let lengths: Vec<usize> = self.blocks[first..=last].iter().map(|b| b.to - b.from).collect();
        if let Some(skip) = mobile(&values, &lengths)
            && (skip == 0 || !alone || before.ends_with('+') || values.starts_with(&[0, 0]))
            && !is_amount(before, after)
            && !is_called(before, &["文号", "编号", "单号", "证号", "代码", "编码", "索引号", "备案号", "case_number", "_number"])
        {
            return Some((Kind::Mobile, skip));
        }
        // A card's number is written in one piece or in groups of four; the last group may be shorter, or six digits come first.
        let grouped = alone || lengths[..lengths.len() - 1].iter().all(|n| *n == 4) || (lengths.len() == 2 && lengths[0] == 6);
        let is_card = grouped && is_bank(&values, before) && !is_called(before, &["文号", "编号", "单号", "索引号", "备案号", "信用代码"]);
        is_card.then_some((Kind::Bank, 0))
    }
}

/// Whether a number is not part of a longer word or number.
fn stands_alone(before: &str, after: &str, separated: bool) -> bool {
    let joins = |c: char| c.is_ascii_alphanumeric() || digit(c).is_some();
    let visible = |c: &char| !is_invisible(*c);
    let label = ["tel", "phone", "mobile", "id", "no", "sfz"].iter().any(|w| ends_with_word(before, w));
    let open = separated || label || !before.chars().rev().find(visible).is_some_and(|c| joins(c) || c == '*');
    open && !after.chars().find(visible).is_some_and(|c| joins(c) || c == '*')
}

/// Whether a text ends with a Latin word that is not part of a longer one.
fn ends_with_word(text: &str, word: &str) -> bool {
    let head = text.len().checked_sub(word.len()).filter(|at| text.is_char_boundary(*at));
    head.is_some_and(|at| text[at..].eq_ignore_ascii_case(word) && !text[..at].ends_with(|c: char| c.is_ascii_alphanumeric()))
}

/// Whether one of the words names a number: it stands right before it.
fn is_called(before: &str, words: &[&str]) -> bool {
    let name = before.trim_end_matches([':', '：', ' ', '=', '"', '\'', '\u{3000}', '为', '是', '（', '(', '\t']);
    words.iter().any(|w| name.ends_with(w))
}

/// Whether a number is an amount or a measure: `13812345678.5`, `13812345678元`.
fn is_amount(before: &str, after: &str) -> bool {
    const UNITS: [&str; 16] = ["元", "万元", "亿", "吨", "万吨", "千瓦", "万千瓦", "平方", "立方", "公里", "公顷", "人次", "株", "册", "%", "％"];
    let fraction = after.starts_with('.') && after[1..].starts_with(|c: char| c.is_ascii_digit());
    fraction || UNITS.iter().any(|unit| after.starts_with(unit)) || before.ends_with(['¥', '￥', '$', '='])
}

/// 行政区划 of the first two digits: the provinces, and 91 for foreigners' residence permits (since 2023).
const PROVINCES: [u8; 36] =
    [11, 12, 13, 14, 15, 21, 22, 23, 31, 32, 33, 34, 35, 36, 37, 41, 42, 43, 44, 45, 46, 50, 51, 52, 53, 54, 61, 62, 63, 64, 65, 71, 81, 82, 83, 91];

/// GB 11643-1999: place, date of birth, sequence, check character of ISO 7064 MOD 11-2.
pub(crate) fn is_identity(values: &[u8]) -> bool {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    const CHECKS: [u8; 11] = [1, 0, 10, 9, 8, 7, 6, 5, 4, 3, 2];
    let (Some(&check), 18) = (values.last(), values.len()) else { return false };
    if values[..17].iter().any(|v| *v > 9) || !PROVINCES.contains(&(values[0] * 10 + values[1])) {
        return false;
    }
    let number = |r: Range<usize>| values[r].iter().fold(0i16, |n, v| n * 10 + i16::from(*v));
    let (year, month, day) = (number(6..10), number(10..12), number(12..14));
    let born = i8::try_from(month).ok().zip(i8::try_from(day).ok()).and_then(|(m, d)| jiff::civil::Date::new(year, m, d).ok());
    let sum: u32 = values[..17].iter().zip(WEIGHTS).map(|(v, w)| u32::from(*v) * w).sum();
    born.is_some() && (1900..=2099).contains(&year) && CHECKS[(sum % 11) as usize] == check
}

/// Where in the digits a mobile number begins: at once, or behind 86 or 0086. `None` when they are none.
fn mobile(values: &[u8], lengths: &[usize]) -> Option<usize> {
    let skip = match values {
        [0, 0, 8, 6, rest @ ..] if rest.len() == 11 => 4,
        [8, 6, rest @ ..] if rest.len() == 11 => 2,
        rest if rest.len() == 11 => 0,
        _ => return None,
    };
    let number = &values[skip..];
    // Segments of the mobile networks as the ministry has given them out; 14x, 16x and 17x hold numbers of machines too.
    let segment = number[1] * 10 + number[2];
    let given = number[0] == 1
        && matches!(segment, 30..=39 | 45..=49 | 50..=53 | 55..=59 | 62 | 65..=67 | 70..=78 | 80..=89 | 90..=93 | 95..=99)
        && number.iter().all(|v| *v < 10)
        // 13800000000, 18888888888: a place kept free.
        && number[3..].windows(2).any(|w| w[0] != w[1]);
    let usual = matches!(lengths, [11 | 13 | 15] | [3, 4, 4] | [3, 8] | [7, 4] | [2 | 4, 11] | [2 | 4, 3, 4, 4]);
    (given && usual).then_some(skip)
}

/// Issuers (发卡行标识) of the cards in use: UnionPay's 62, and the older ones of single banks.
fn is_bank(values: &[u8], before: &str) -> bool {
    let head = |n: usize| values[..n].iter().fold(0u32, |sum, v| sum * 10 + u32::from(*v));
    if !(16..=19).contains(&values.len()) || values.iter().any(|v| *v > 9) {
        return false;
    }
    let issuer = head(2) == 62
        || matches!(head(4), 9558 | 6013 | 4367 | 5453 | 4563 | 4380 | 4392 | 5264 | 5187 | 5218 | 4033 | 4041 | 5359)
        || (matches!(values[0], 3..=5) && is_called(before, &["卡号", "账号", "账户", "帐号", "银行"]));
    issuer && luhn(values)
}

/// Luhn's check digit (ISO/IEC 7812-1).
fn luhn(values: &[u8]) -> bool {
    let twice = |v: u8| if v > 4 { v * 2 - 9 } else { v * 2 };
    let sum: u32 = values.iter().rev().enumerate().map(|(i, v)| u32::from(if i % 2 == 1 { twice(*v) } else { *v })).sum();
    sum.is_multiple_of(10)
}

/// A number as it may be shown: enough to find it again, not enough to use it.
fn number(kind: Kind, digits: &[Digit]) -> Number {
    let (head, tail) = match kind {
        Kind::Identity => (3, 2),
        Kind::Mobile => (3, 4),
        Kind::Bank => (4, 3),
    };
    let shown = |(i, d): (usize, &Digit)| match d.value {
        _ if i >= head && i + tail < digits.len() => '*',
        10 => 'X',
        v => char::from(b'0' + v),
    };
    let values: Vec<u8> = digits.iter().map(|d| d.value).collect();
    Number {
        kind,
        digest: Digest::of_bytes(&values).short(),
        range: digits[0].from..digits[digits.len() - 1].to,
        masked: digits.iter().enumerate().map(shown).collect(),
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(Kind, String)> {
        find(text).into_iter().map(|n| (n.kind, n.masked)).collect()
    }

    #[track_caller]
    fn one(text: &str, kind: Kind, masked: &str) {
        assert_eq!(found(text), [(kind, masked.to_string())], "{text}");
    }

    #[track_caller]
    fn none(text: &str) {
        assert_eq!(found(text), [], "{text}");
    }

    #[test]
    fn identity_numbers_are_found_however_they_are_written() {
        for text in [
            "身份证号：53010219900307106X。",
            "53010219900307106x",
            "（５３０１０２１９９００３０７１０６Ｘ）",
            "530102 19900307 106X",
            "530102-19900307-106X",
            "5301 0219 9003 0710 6X",
            "530102\u{200b}19900307\u{ad}106X",
            "第1名 53010219900307106X,男",
            "1. 53010219900307106X",
        ] {
            one(text, Kind::Identity, "530*************6X");
        }
        assert_eq!(found("53010219900307106X 530102198501011233").len(), 2);
        assert_eq!(found("530102 19850101 1233 13987654321").len(), 2);
    }

    #[test]
    fn what_only_looks_like_an_identity_number_is_none() {
        none("530102199003071335"); // wrong check character
        none("53010219901307106X"); // no thirteenth month
        none("99010219900307106X"); // no such province
        none("统一社会信用代码：91530100MA6K3X1A2B");
        none("统一社会信用代码 53010219900307106X"); // said to be an organisation's
        none("A53010219900307106X");
        none("530102199003071330000");
        none("530102********106X");
        none("云政发〔2026〕12号 索引号 530102-2026-0012");
    }

    #[test]
    fn mobile_numbers_are_found_and_amounts_are_not() {
        for text in [
            "1.13987654321",
            "邮政编码653100 电话13987654321",
            "TEL13987654321",
            "13987654321 人社局",
            "电话13987654321",
            "139 8765 4321",
            "139-8765-4321",
            "+8613987654321",
            "0086 139 8765 4321",
            "86-13987654321",
            "tel:13987654321",
        ] {
            one(text, Kind::Mobile, "139****4321");
        }
        for text in ["13987654321元", "13987654321.50", "0630-8812345", "12345678901", "139876543210", "工单编号：13987654321", "139****4321", "13800000000"]
        {
            none(text);
        }
    }

    #[test]
    fn bank_cards_need_an_issuer_and_a_check_digit() {
        for text in ["卡号6222021234567890128", "6222 0212 3456 7890 128", "622202 1234567890128"] {
            let values: Vec<u8> = text.bytes().filter(u8::is_ascii_digit).map(|b| b - b'0').collect();
            assert_eq!(luhn(&values), !found(text).is_empty(), "{text}");
        }
        let card = with_luhn("622202123456789012");
        one(&format!("卡号{card}"), Kind::Bank, &format!("6222************{}", &card[16..]));
        let wrong: String = card[..18].to_string() + if card.ends_with('0') { "1" } else { "0" };
        none(&wrong);
        none(&with_luhn("112202123456789012"));
    }

    fn with_luhn(head: &str) -> String {
        (0..10).map(|d| format!("{head}{d}")).find(|t| luhn(&t.bytes().map(|b| b - b'0').collect::<Vec<_>>())).unwrap()
    }
}
