//! Masking: what must not stand in a public text. Pure.
//!
//! In: names and texts of citizens. Out: the same with names shortened and numbers that lead to a person blotted out.

/// `张三` → `张**`, `欧阳小云` → `欧阳**`, `John Smith` → `J**`; nobody → `匿名`.
#[must_use]
pub fn name(name: &str) -> String {
    const DOUBLE: [&str; 10] = ["欧阳", "司马", "上官", "诸葛", "夏侯", "东方", "皇甫", "尉迟", "公孙", "慕容"];
    let name = name.trim();
    let family = DOUBLE.iter().find(|d| name.starts_with(**d) && name.chars().count() > 2).map(|d| d.chars().count()).unwrap_or(1);
    if name.is_empty() { "匿名".to_string() } else { name.chars().take(family).collect::<String>() + "**" }
}

/// A text in which telephone, identity and bank card numbers (7 digits or more in a row, blanks and hyphens aside) and mail addresses are
/// blotted out, and every mention of `person`.
#[must_use]
pub fn text(text: &str, person: &str) -> String {
    let text = numbers(text);
    let text = addresses(&text);
    let person = person.trim();
    if person.chars().count() < 2 { text } else { text.replace(person, &name(person)) }
}

/// Runs of digits, with single blanks or hyphens inside.
fn numbers(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let (mut out, mut at) = (String::with_capacity(text.len()), 0);
    while at < chars.len() {
        let end = run(&chars, at);
        let digits = chars[at..end].iter().filter(|c| c.is_ascii_digit()).count();
        if digits >= 7 && !is_moment(&chars[at..end]) {
            out.extend(chars[at..end].iter().map(|c| if c.is_ascii_digit() || *c == 'X' || *c == 'x' { '*' } else { *c }));
        } else {
            out.extend(&chars[at..end.max(at + 1)]);
        }
        at = end.max(at + 1);
    }
    out
}

/// Where the run of digits that begins at `at` ends; `at` when none begins there.
fn run(chars: &[char], at: usize) -> usize {
    let digit = |i: usize| chars.get(i).is_some_and(char::is_ascii_digit);
    let mut end = at;
    while digit(end) || (end > at && matches!(chars.get(end), Some(' ' | '-')) && digit(end + 1)) {
        end += 1;
    }
    // The last character of an identity number may be X.
    if end > at + 16 && matches!(chars.get(end), Some('X' | 'x')) { end + 1 } else { end }
}

/// `2026-11-03` is a day and not a telephone number.
fn is_moment(run: &[char]) -> bool {
    let text: String = run.iter().collect();
    text.get(..10).is_some_and(|day| day.parse::<jiff::civil::Date>().is_ok()) && run.len() <= 13
}

/// Mail addresses.
fn addresses(text: &str) -> String {
    let part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '+' | '-');
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('@') {
        let local = rest[..at].char_indices().rev().take_while(|(_, c)| part(*c)).last().map_or(at, |(i, _)| i);
        let host = rest[at + 1..].find(|c| !part(c)).map_or(rest.len(), |i| at + 1 + i);
        if local < at && host > at + 1 {
            out.push_str(&rest[..local]);
            out.push_str("***");
        } else {
            out.push_str(&rest[..host]);
        }
        rest = &rest[host..];
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_keep_their_family_name() {
        for (full, masked) in [("张三", "张**"), ("欧阳小云", "欧阳**"), ("欧阳", "欧**"), ("John Smith", "J**"), (" ", "匿名")] {
            assert_eq!(name(full), masked);
        }
    }

    #[test]
    fn numbers_that_lead_to_a_person_are_blotted_out() {
        for (plain, masked) in [
            ("电话13900001234请回", "电话***********请回"),
            ("0630-8800123", "****-*******"),
            ("139 0000 1234", "*** **** ****"),
            ("身份证53990119800101123X。", "身份证******************。"),
            ("邮箱 li.si@mail.example.cn，谢谢", "邮箱 ***，谢谢"),
            ("我是张三丰，张三丰住 3 栋 1202 室", "我是张**，张**住 3 栋 1202 室"),
        ] {
            assert_eq!(text(plain, "张三丰"), masked);
        }
    }

    #[test]
    fn what_leads_to_nobody_stays() {
        for plain in ["2026-11-03 起停水", "2026年第12号文件", "共 123456 元", "8:30-17:30", "@云岫发布"] {
            assert_eq!(text(plain, ""), plain);
        }
    }
}
