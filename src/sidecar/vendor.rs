//! Vendors (供应商): who they are, how they are certified, whether they may bid. Pure: no SQL, no HTTP; time is an argument.
//!
//! In: what a vendor writes of itself, and what the procurement centre decides. Out: a [`Profile`], the state afterwards, or what is wrong.

use serde::{Deserialize, Serialize};

use super::case::Millis;
use super::words::words;

words! {
    /// 认证状态
    State {
        /// Nobody has looked at it.
        Registered = "registered" "待审核",
        /// Sent back; the vendor may add what is missing.
        Returned = "returned" "已退回",
        /// May bid, stands in the directory.
        Certified = "certified" "已认证",
        /// For a time neither.
        Suspended = "suspended" "已暂停",
        /// For good neither.
        Revoked = "revoked" "已撤销",
    }
}

words! {
    /// What the centre does with a vendor.
    Deed {
        /// 认证
        Certify = "certify" "通过认证",
        /// 退回
        Return = "return" "退回补正",
        /// 暂停
        Suspend = "suspend" "暂停资格",
        /// 撤销
        Revoke = "revoke" "撤销资格",
        /// Takes the changes the vendor has proposed.
        Accept = "accept" "同意变更",
        /// Turns them down.
        Decline = "decline" "不同意变更",
    }
}

impl Deed {
    /// Whether the vendor is to be told why.
    #[must_use]
    pub fn needs_reason(self) -> bool {
        !matches!(self, Self::Certify | Self::Accept)
    }
}

/// One of a vendor's products.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Product {
    /// 名称
    pub name: String,
    /// 规格
    pub spec: String,
    /// 参考价, in words.
    pub price: String,
}

/// What a vendor writes of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// 企业名称
    pub name: String,
    /// 许可证号
    pub licence_number: String,
    /// The first moment at which the licence is no longer good; none: it does not end.
    pub licence_until: Option<Millis>,
    /// 法定代表人
    pub legal_person: String,
    /// 经营范围
    pub business_scope: String,
    /// 地址
    pub address: String,
    /// 对外电话
    pub phone: String,
    /// 网站
    pub website: String,
    /// 企业简介
    pub introduction: String,
    /// 产品
    pub products: Vec<Product>,
    /// 联系人; never public.
    pub contact: String,
    /// 联系人手机; never public.
    pub contact_phone: String,
    /// 联系邮箱; never public.
    pub contact_email: String,
}

impl Profile {
    /// What is missing or too long, by field.
    #[must_use]
    pub fn mistakes(&self) -> Vec<(&'static str, String)> {
        let wanted = [
            ("name", "企业名称", &self.name, true, 60),
            ("licence_number", "许可证号", &self.licence_number, false, 60),
            ("legal_person", "法定代表人", &self.legal_person, true, 20),
            ("business_scope", "经营范围", &self.business_scope, true, 500),
            ("address", "地址", &self.address, true, 100),
            ("phone", "对外电话", &self.phone, true, 30),
            ("website", "网站", &self.website, false, 200),
            ("introduction", "企业简介", &self.introduction, false, 2000),
            ("contact", "联系人", &self.contact, true, 20),
            ("contact_phone", "联系人手机", &self.contact_phone, true, 20),
            ("contact_email", "联系邮箱", &self.contact_email, false, 100),
        ];
        let mut found = Vec::new();
        for (field, name, text, required, most) in wanted {
            if required && text.trim().is_empty() {
                found.push((field, format!("请填写{name}")));
            }
            if text.chars().count() > most {
                found.push((field, format!("{name}最多 {most} 字")));
            }
        }
        if !self.website.is_empty() && !self.website.starts_with("https://") && !self.website.starts_with("http://") {
            found.push(("website", "网站应以 https:// 或 http:// 开头".into()));
        }
        if self.products.len() > 50 || self.products.iter().any(|p| p.name.chars().count() > 60 || p.spec.chars().count() > 100 || p.price.chars().count() > 40)
        {
            found.push(("products", "产品最多 50 项，每项名称 60 字、规格 100 字、参考价 40 字以内".into()));
        }
        found
    }
}

/// One product a line, its parts parted by `|`: `高山红茶 | 200 克/盒 | 158 元`.
#[must_use]
pub fn products(text: &str) -> Vec<Product> {
    let line = |line: &str| {
        let mut parts = line.split(['|', '｜']).map(|part| part.trim().to_string());
        let mut next = || parts.next().unwrap_or_default();
        Product { name: next(), spec: next(), price: next() }
    };
    text.lines().filter(|l| !l.trim().is_empty()).map(line).filter(|p| !p.name.is_empty()).collect()
}

/// Products as they are typed.
#[must_use]
pub fn typed_products(products: &[Product]) -> String {
    products.iter().map(|p| format!("{} | {} | {}", p.name, p.spec, p.price)).collect::<Vec<_>>().join("\n")
}

/// Why a deed is not done, in words for the official.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Not in this state.
    #[error("供应商{}，不能{}", .0.name(), .1.name())]
    State(State, Deed),
    /// It needs a reason.
    #[error("请填写原因，供应商会看到")]
    Reason,
    /// Nothing has been proposed.
    #[error("没有待审核的变更")]
    NoChange,
}

/// The state after a deed.
///
/// # Errors
/// When it cannot be done in this state, or needs a reason.
pub fn after(state: State, deed: Deed, reason: &str, proposed: bool) -> Result<State, Refused> {
    use State::{Certified, Registered, Returned, Revoked, Suspended};
    let next = match (deed, state) {
        (Deed::Certify, Registered | Returned | Suspended) => Certified,
        (Deed::Return, Registered) => Returned,
        (Deed::Suspend, Certified) => Suspended,
        (Deed::Revoke, Registered | Returned | Certified | Suspended) => Revoked,
        (Deed::Accept | Deed::Decline, state) if state != Revoked => {
            if !proposed {
                return Err(Refused::NoChange);
            }
            state
        }
        (deed, state) => return Err(Refused::State(state, deed)),
    };
    if deed.needs_reason() && reason.trim().is_empty() { Err(Refused::Reason) } else { Ok(next) }
}

/// Whether a vendor may bid at a moment; why not, in words for it.
///
/// # Errors
/// Not certified, suspended, revoked, or its licence has run out.
pub fn may_bid(state: State, licence_until: Option<Millis>, at: Millis) -> Result<(), String> {
    match state {
        State::Certified if licence_until.is_some_and(|until| at >= until) => Err("贵公司的许可证已过期，请先提交新的许可证".into()),
        State::Certified => Ok(()),
        other => Err(format!("贵公司{}，不能报价", if other == State::Registered { "尚未通过认证" } else { other.name() })),
    }
}

/// Why a credit code is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadCode {
    /// Not eighteen characters.
    #[error("统一社会信用代码应为 18 位")]
    Length,
    /// A character that no code has.
    #[error("统一社会信用代码只用数字和大写字母，不用 I、O、Z、S、V")]
    Alphabet,
    /// The last character does not fit the others.
    #[error("统一社会信用代码的校验位不对，请核对")]
    Checksum,
}

/// Reads a 统一社会信用代码 (GB 32100-2015): eighteen characters, the last of which follows from the others. Small and full-width letters and
/// blanks are put right.
///
/// # Errors
/// What is wrong with it.
pub fn credit_code(typed: &str) -> Result<String, BadCode> {
    const ALPHABET: &str = "0123456789ABCDEFGHJKLMNPQRTUWXY";
    let plain = typed.chars().filter(|c| !c.is_whitespace()).map(|c| match c {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(c as u32 - 0xFEE0).unwrap_or(c),
        c => c,
    });
    let code: String = plain.map(|c| c.to_ascii_uppercase()).collect();
    if code.chars().count() != 18 {
        return Err(BadCode::Length);
    }
    let values: Vec<usize> = code.chars().map(|c| ALPHABET.find(c)).collect::<Option<_>>().ok_or(BadCode::Alphabet)?;
    let (mut sum, mut weight) = (0, 1);
    for value in &values[..17] {
        sum += value * weight;
        weight = weight * 3 % 31;
    }
    if values[17] == (31 - sum % 31) % 31 { Ok(code) } else { Err(BadCode::Checksum) }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_credit_code_has_eighteen_characters_and_a_check() {
        assert_eq!(credit_code("91350100M000100Y43"), Ok("91350100M000100Y43".into()), "the standard's example");
        assert_eq!(credit_code(" 91350100m０００100y43 "), Ok("91350100M000100Y43".into()), "however it is typed");
        assert_eq!(credit_code("91350100M000100Y4"), Err(BadCode::Length));
        assert_eq!(credit_code("91350100M000100Y44"), Err(BadCode::Checksum));
        assert_eq!(credit_code("91350100S000100Y43"), Err(BadCode::Alphabet));
        assert_eq!(credit_code(""), Err(BadCode::Length));
        assert_eq!(credit_code("统一社会信用代码统一社会信用代码统一"), Err(BadCode::Alphabet));
    }

    #[test]
    fn each_state_knows_what_can_be_done() {
        let can = |state: State| Deed::ALL.iter().filter(|d| after(state, **d, "原因", true).is_ok()).map(|d| d.word()).collect::<Vec<_>>().join(" ");
        assert_eq!(can(State::Registered), "certify return revoke accept decline");
        assert_eq!(can(State::Returned), "certify revoke accept decline");
        assert_eq!(can(State::Certified), "suspend revoke accept decline");
        assert_eq!(can(State::Suspended), "certify revoke accept decline");
        assert_eq!(can(State::Revoked), "", "for good");
    }

    #[test]
    fn what_is_taken_away_has_a_reason() {
        for deed in Deed::ALL {
            let told = State::ALL.iter().find_map(|s| after(*s, *deed, "原因", true).ok().map(|_| after(*s, *deed, " ", true)));
            assert_eq!(matches!(told, Some(Err(Refused::Reason))), deed.needs_reason(), "{deed:?}");
        }
        assert_eq!(after(State::Certified, Deed::Accept, "", false), Err(Refused::NoChange));
    }

    #[test]
    fn only_the_certified_bid_and_only_while_their_licence_is_good() {
        assert_eq!(may_bid(State::Certified, None, 5), Ok(()));
        assert_eq!(may_bid(State::Certified, Some(6), 5), Ok(()));
        assert!(may_bid(State::Certified, Some(5), 5).unwrap_err().contains("过期"));
        for state in State::ALL.iter().filter(|s| **s != State::Certified) {
            assert!(may_bid(*state, None, 5).is_err(), "{state:?}");
        }
    }

    #[test]
    fn products_are_typed_one_a_line() {
        let typed = "高山红茶 | 200 克/盒 | 158 元\n\n绿茶｜｜\n | x\n";
        let read = products(typed);
        assert_eq!(read.iter().map(|p| p.name.as_str()).collect::<Vec<_>>(), ["高山红茶", "绿茶"]);
        assert_eq!(products(&typed_products(&read)), read);
    }

    proptest! {
        #[test]
        fn one_wrong_character_is_always_found(at in 0..17_usize, by in 1..31_usize) {
            const ALPHABET: &str = "0123456789ABCDEFGHJKLMNPQRTUWXY";
            let mut code: Vec<char> = "91350100M000100Y43".chars().collect();
            let old = ALPHABET.find(code[at]).unwrap();
            code[at] = ALPHABET.chars().nth((old + by) % 31).unwrap();
            prop_assert_eq!(credit_code(&code.into_iter().collect::<String>()), Err(BadCode::Checksum));
        }
    }
}
