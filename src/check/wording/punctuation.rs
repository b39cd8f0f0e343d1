//! Punctuation and width: half-width marks between Chinese characters, full-width digits, doubled marks, wrong brackets of document numbers.
//!
//! In: a running text. Out: slips with the right form (GB/T 15834, GB/T 15835, GB/T 9704). Code and addresses are left to the caller.

use super::Slip;

/// Half-width marks and what stands for them in Chinese text.
const MARKS: [(char, &str); 6] = [(',', "，"), (';', "；"), ('!', "！"), ('?', "？"), (':', "："), ('.', "。")];

/// Marks that do not follow each other.
const DOUBLED: [&str; 8] = ["。。", "，，", "、、", "；；", "，。", "。，", "、。", "，、"];

/// Every slip of a text.
pub(crate) fn slips(text: &str) -> Vec<Slip> {
    let mut found = Vec::new();
    let slip = |from: usize, to: usize, write: &str| Slip { rule: "punctuation", range: from..to, write: write.to_string() };
    let mut before = ' ';
    let mut chars = text.char_indices().peekable();
    let mut wide: Option<(usize, usize, String)> = None;
    while let Some((at, c)) = chars.next() {
        let end = at + c.len_utf8();
        if let Some(narrow) = narrow(c) {
            let (_, to, text) = wide.get_or_insert((at, end, String::new()));
            *to = end;
            text.push(narrow);
            before = c;
            continue;
        }
        if let Some((from, to, narrow)) = wide.take() {
            found.push(slip(from, to, &narrow));
        }
        if c.is_ascii() {
            let next = chars.peek().map_or(' ', |(_, c)| *c);
            if is_chinese(before) && is_chinese(next) {
                found.extend(MARKS.iter().find(|(mark, _)| *mark == c).map(|(_, write)| slip(at, end, write)));
            }
        } else if matches!(c, '。' | '，' | '、' | '；') {
            found.extend(DOUBLED.iter().find(|d| text[at..].starts_with(**d)).map(|d| slip(at, at + d.len(), &d[..c.len_utf8()])));
        }
        if is_chinese(before) && matches!(c, '[' | '【' | '(' | '（' | '［') {
            found.extend(document_number(&text[at..]).map(|(length, write)| slip(at, at + length, &write)));
        }
        before = c;
    }
    found.extend(wide.map(|(from, to, narrow)| slip(from, to, &narrow)));
    found
}

/// The narrow form of a full-width digit or letter.
fn narrow(c: char) -> Option<char> {
    matches!(c, '０'..='９' | 'Ａ'..='Ｚ' | 'ａ'..='ｚ').then(|| char::from_u32(c as u32 - 0xFEE0)).flatten()
}

pub(super) fn is_chinese(c: char) -> bool {
    matches!(c as u32, 0x4E00..=0x9FFF | 0x3400..=0x4DBF)
}

/// `[2026]12号` as it should stand: `〔2026〕12号`. Its length and the right form.
fn document_number(text: &str) -> Option<(usize, String)> {
    let open = text.chars().next()?;
    let rest = &text[open.len_utf8()..];
    let year = rest.get(..4).filter(|y| y.bytes().all(|b| b.is_ascii_digit()) && (y.starts_with("19") || y.starts_with("20")))?;
    let close = rest[4..].chars().next().filter(|c| matches!(c, ']' | '】' | ')' | '）' | '］'))?;
    let after = &rest[4 + close.len_utf8()..];
    let number = after.strip_prefix('第').unwrap_or(after);
    let digits = number.bytes().take_while(u8::is_ascii_digit).count();
    let ends = (1..=4).contains(&digits) && number[digits..].starts_with('号');
    let length = text.len() - number.len() + digits + '号'.len_utf8();
    ends.then(|| (length, format!("〔{year}〕{}号", &number[..digits])))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(String, String)> {
        slips(text).into_iter().map(|s| (text[s.range].to_string(), s.write)).collect()
    }

    #[test]
    fn slips_are_found_with_the_right_form() {
        for (text, wrong, right) in [
            ("通知,请各单位", ",", "，"),
            ("二０二六", "０", "0"),
            ("２０２６年", "２０２６", "2026"),
            ("完成。。", "。。", "。"),
            ("工作，。", "，。", "，"),
            ("云政发[2026]12号", "[2026]12号", "〔2026〕12号"),
            ("云政办发（2026）第3号", "（2026）第3号", "〔2026〕3号"),
        ] {
            assert_eq!(found(text), [(wrong.to_string(), right.to_string())], "{text}");
        }
    }

    #[test]
    fn what_is_right_is_left_alone() {
        for text in
            ["云政发〔2026〕12号", "GDP 增长 5.6%", "8:30—12:00", "（2026）云0102民初12号", "A,B", "第1,234号", "好……", "www.gov.cn", "《办法》（2026年修订）"]
        {
            assert_eq!(found(text), [], "{text}");
        }
    }
}
