//! What a citizen has typed, held against what the desk asks. Pure.
//!
//! In: a [`Desk`] and the form's answers by field. Out: a [`Letter`], or what is wrong field by field, in words for the citizen.

use std::collections::BTreeMap;

use super::desk::{Desk, Field, FieldKind};

/// Answers by the fields' keys, as they were typed.
pub type Answers = BTreeMap<String, String>;

/// A letter that can be taken.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Letter {
    /// 标题
    pub subject: String,
    /// 内容
    pub text: String,
    /// 姓名, maybe empty.
    pub name: String,
    /// 电话, maybe empty.
    pub phone: String,
    /// 邮箱, maybe empty.
    pub email: String,
    /// 类别, empty when the desk has none.
    pub category: String,
    /// The desk's other fields: label and answer, in the form's order.
    pub others: Vec<(String, String)>,
    /// Whether the reply may become public.
    pub consent: bool,
}

/// What is wrong with one field.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Mistake {
    /// The field's key.
    pub field: String,
    /// What to do about it.
    pub message: String,
}

impl Mistake {
    /// A mistake in a field.
    pub fn new(field: &str, message: impl Into<String>) -> Self {
        Self { field: field.to_string(), message: message.into() }
    }
}

/// The form's own fields beside the desk's.
pub const CATEGORY: &str = "category";
/// The tick that agrees to a public reply.
pub const CONSENT: &str = "consent";

/// Reads a letter.
///
/// # Errors
/// Every mistake, in the form's order.
pub fn read(desk: &Desk, answers: &Answers) -> Result<Letter, Vec<Mistake>> {
    let mut mistakes = Vec::new();
    let typed = |key: &str| answers.get(key).map_or("", |a| a.trim());
    let category = typed(CATEGORY);
    if !desk.categories.is_empty() && !desk.categories.iter().any(|c| c.name == category) {
        mistakes.push(Mistake::new(CATEGORY, "请选择来信类别"));
    }
    let mut letter = Letter { category: category.to_string(), consent: !typed(CONSENT).is_empty(), ..Letter::default() };
    for field in desk.fields.iter().filter(|f| f.kind != FieldKind::Files) {
        let value = tidy(typed(&field.key));
        mistakes.extend(wrong(field, &value).map(|message| Mistake::new(&field.key, message)));
        match field.key.as_str() {
            "subject" => letter.subject = value.replace('\n', " "),
            "text" => letter.text = value,
            "name" => letter.name = value,
            "phone" => letter.phone = value,
            "email" => letter.email = value,
            _ if value.is_empty() => {}
            _ => letter.others.push((field.label.clone(), value)),
        }
    }
    if mistakes.is_empty() { Ok(letter) } else { Err(mistakes) }
}

/// Line ends as `\n`, and no characters that cannot be seen.
fn tidy(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    text.chars().filter(|c| *c == '\n' || *c == '\t' || !(c.is_control() || is_invisible(*c))).collect()
}

/// Characters that turn the direction of a text or have no width: they serve to mislead a reader.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}')
}

fn wrong(field: &Field, value: &str) -> Option<String> {
    let (label, length) = (&field.label, value.chars().count());
    if value.is_empty() {
        let verb = if field.kind == FieldKind::Choice { "选择" } else { "填写" };
        return field.required.then(|| format!("请{verb}{label}"));
    }
    if length > field.max {
        return Some(format!("{label}最多 {} 个字，现有 {length} 个字，请删减 {} 个字", field.max, length - field.max));
    }
    let fits = match field.kind {
        FieldKind::Phone => is_phone(value),
        FieldKind::Email => is_email(value),
        FieldKind::Date => is_day(value),
        FieldKind::Choice => field.options.iter().any(|o| o == value),
        FieldKind::Text | FieldKind::Longtext | FieldKind::Files => true,
    };
    (!fits).then(|| match field.kind {
        FieldKind::Phone => "请填写正确的电话号码，如 13900000000 或 0630-8800000".to_string(),
        FieldKind::Email => "请填写正确的邮箱，如 name@example.com".to_string(),
        FieldKind::Date => "请按 2026-11-03 的格式填写日期".to_string(),
        _ => format!("请选择{label}"),
    })
}

/// Digits, blanks, `+`, `-` and brackets, with 7 to 15 digits (ITU-T E.164 allows 15).
fn is_phone(text: &str) -> bool {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    (7..=15).contains(&digits) && text.chars().all(|c| c.is_ascii_digit() || matches!(c, ' ' | '-' | '+' | '(' | ')' | '（' | '）'))
}

/// One `@`, something before it, a dotted host after it; nothing that could end a header line.
fn is_email(text: &str) -> bool {
    let Some((local, host)) = text.split_once('@') else { return false };
    let plain = text.chars().all(|c| c.is_ascii_graphic() && !matches!(c, '<' | '>' | ',' | ';' | '"' | '\\'));
    let labels = host.split('.').all(|l| !l.is_empty() && l.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'));
    plain && !local.is_empty() && text.len() <= 254 && host.contains('.') && labels
}

fn is_day(text: &str) -> bool {
    text.parse::<jiff::civil::Date>().is_ok()
}

/// More addresses of web pages in a letter than people put there: such letters wait for a second look.
#[must_use]
pub fn looks_like_advertising(letter: &Letter) -> bool {
    let links = |text: &str| text.matches("http://").count() + text.matches("https://").count() + text.matches("www.").count();
    links(&letter.subject) > 0 || links(&letter.text) > 3
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::super::desk::Category;
    use super::*;

    fn field(key: &str, kind: FieldKind, required: bool, max: usize) -> Field {
        Field { key: key.into(), label: format!("〔{key}〕"), kind, required, max, help: String::new(), options: vec!["甲".into(), "乙".into()] }
    }

    fn desk() -> Desk {
        let zone = jiff::tz::TimeZone::UTC;
        let clock = super::super::case::Clock { days: 3, screen_days: 1, count: super::super::case::Count::Calendar, zone };
        let rules = super::super::case::Rules { clock, publishing: super::super::case::Publishing::Never, confidential: false, reopen_days: 1 };
        Desk {
            id: "mayor".into(),
            name: "市长信箱".into(),
            site: "www".into(),
            intro: String::new(),
            next: String::new(),
            column: None,
            numbers: None,
            album: None,
            rules,
            by_clerk: false,
            opens_at: None,
            closes_at: None,
            categories: vec![Category { name: "教育".into(), to: None }],
            fields: vec![
                field("subject", FieldKind::Text, true, 10),
                field("text", FieldKind::Longtext, true, 20),
                field("name", FieldKind::Text, false, 10),
                field("phone", FieldKind::Phone, false, 20),
                field("email", FieldKind::Email, false, 100),
                field("kind", FieldKind::Choice, false, 10),
                field("day", FieldKind::Date, false, 10),
            ],
            file_kinds: vec![],
            max_bytes: 0,
        }
    }

    fn answers(pairs: &[(&str, &str)]) -> Answers {
        let mut all: Answers = [("subject", "路灯不亮"), ("text", "请修"), ("category", "教育")].iter().map(|(k, v)| (k.to_string(), v.to_string())).collect();
        all.extend(pairs.iter().map(|(k, v)| (k.to_string(), v.to_string())));
        all
    }

    #[test]
    fn a_letter_is_what_was_typed_tidied() {
        let letter = read(&desk(), &answers(&[("text", " 第一行\r\n第二行\u{202E}\u{0} "), ("kind", "甲"), ("consent", "on")])).unwrap();
        assert_eq!((letter.text.as_str(), letter.consent), ("第一行\n第二行", true));
        assert_eq!(letter.others, [("〔kind〕".to_string(), "甲".to_string())]);
    }

    #[test]
    fn each_field_says_what_is_wrong_with_it() {
        for (key, bad) in [
            ("subject", ""),
            ("subject", "一二三四五六七八九十一"),
            ("text", "  "),
            ("category", "不存在的类别"),
            ("phone", "12"),
            ("phone", "打我电话"),
            ("email", "a@b"),
            ("email", "a b@c.cn"),
            ("email", "a@b.cn\nBcc: x@y.cn"),
            ("email", "<a@b.cn>"),
            ("kind", "丙"),
            ("day", "2026-02-30"),
        ] {
            let mistakes = read(&desk(), &answers(&[(key, bad)])).unwrap_err();
            assert_eq!(mistakes.iter().map(|m| &*m.field).collect::<Vec<_>>(), [key], "{bad}");
        }
        for (key, good) in
            [("phone", "0630-8800000"), ("phone", "+86 139 0000 0000"), ("email", "li.si+a@mail.example.cn"), ("day", "2026-11-03"), ("name", "")]
        {
            assert!(read(&desk(), &answers(&[(key, good)])).is_ok(), "{good}");
        }
    }

    #[test]
    fn many_links_look_like_advertising() {
        let of = |text: &str| looks_like_advertising(&Letter { text: text.into(), ..Letter::default() });
        assert!(of(&"详见 https://a.example ".repeat(4)));
        assert!(!of("图片在 https://a.example"));
    }
}
