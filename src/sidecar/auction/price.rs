//! Prices as people write and read them. Pure.
//!
//! In: what was typed, in yuan. Out: fen, or what is wrong with it, in words for whoever typed it. There is no floating point anywhere.

use super::{Fen, MOST_FEN};

/// Why a price cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadPrice {
    /// Nothing was typed.
    #[error("请填写价格")]
    Empty,
    /// `１２３`
    #[error("价格请用半角数字填写，如 1234.50（现在是全角字符，请关闭输入法的全角状态）")]
    FullWidth,
    /// `-5`
    #[error("价格不能是负数")]
    Negative,
    /// `0.00`
    #[error("价格不能是 0")]
    Zero,
    /// `1.234`
    #[error("价格最多两位小数，精确到分")]
    Fraction,
    /// Above [`MOST_FEN`].
    #[error("价格过大，最高 1000 亿元")]
    TooLarge,
    /// `NaN`, `1e5`, `12,345`, words.
    #[error("价格只能用数字和小数点，如 1234.50，不要写逗号、单位或文字")]
    NotANumber,
}

/// Reads an amount in yuan: digits, maybe a point and one or two more.
///
/// # Errors
/// What is wrong with it.
pub fn read(typed: &str) -> Result<Fen, BadPrice> {
    let text = typed.trim();
    if text.is_empty() {
        return Err(BadPrice::Empty);
    }
    if text.chars().any(|c| matches!(c, '\u{FF01}'..='\u{FF5E}' | '。')) {
        return Err(BadPrice::FullWidth);
    }
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let (sign, amount) = text.strip_prefix(['-', '−']).map_or((1, text), |rest| (-1, rest));
    let (whole, fraction) = amount.split_once('.').unwrap_or((amount, "0"));
    if !digits(whole) || !digits(fraction) {
        return Err(BadPrice::NotANumber);
    }
    if sign < 0 {
        return Err(BadPrice::Negative);
    }
    if fraction.len() > 2 {
        return Err(BadPrice::Fraction);
    }
    let whole: Fen = whole.parse().map_err(|_| BadPrice::TooLarge)?;
    let cents = fraction.parse::<Fen>().unwrap_or(0) * if fraction.len() == 1 { 10 } else { 1 };
    check(whole.checked_mul(100).and_then(|fen| fen.checked_add(cents)).ok_or(BadPrice::TooLarge)?)
}

/// Looks at an amount in fen.
///
/// # Errors
/// When it is nothing, less, or too much.
pub fn check(fen: Fen) -> Result<Fen, BadPrice> {
    match fen {
        ..0 => Err(BadPrice::Negative),
        0 => Err(BadPrice::Zero),
        1..=MOST_FEN => Ok(fen),
        _ => Err(BadPrice::TooLarge),
    }
}

/// Reads an amount in fen as it stands in JSON: a whole number, nothing else.
///
/// # Errors
/// What is wrong with it.
pub fn of_json(value: &serde_json::Value) -> Result<Fen, BadPrice> {
    match value {
        serde_json::Value::Number(n) => match (n.as_i64(), n.as_u64()) {
            (Some(fen), _) => check(fen),
            (None, Some(_)) => Err(BadPrice::TooLarge),
            (None, None) if n.as_f64().is_some_and(|f| f < 0.0) => Err(BadPrice::Negative),
            // Beyond what sixty-four bits hold it is a matter of size, below that one of a fraction.
            (None, None) if n.as_f64().is_some_and(|f| f >= 9.2e18) => Err(BadPrice::TooLarge),
            (None, None) => Err(BadPrice::Fraction),
        },
        serde_json::Value::Null => Err(BadPrice::Empty),
        _ => Err(BadPrice::NotANumber),
    }
}

/// An amount as people read it: `1,234.50`.
#[must_use]
pub fn yuan(fen: Fen) -> String {
    let (sign, fen) = (if fen < 0 { "-" } else { "" }, fen.unsigned_abs());
    let digits = (fen / 100).to_string();
    let grouped: Vec<&str> = digits.as_bytes().rchunks(3).rev().filter_map(|group| std::str::from_utf8(group).ok()).collect();
    format!("{sign}{}.{:02}", grouped.join(","), fen % 100)
}

/// An amount as it is typed: `1234.50`.
#[must_use]
pub fn plain(fen: Fen) -> String {
    yuan(fen).replace(',', "")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_price_that_is_none_is_refused_with_what_is_wrong() {
        use BadPrice::{Empty, Fraction, FullWidth, Negative, NotANumber, TooLarge, Zero};
        for (typed, why) in [
            ("", Empty),
            ("  ", Empty),
            ("0", Zero),
            ("0.00", Zero),
            ("-1", Negative),
            ("−0.01", Negative),
            ("NaN", NotANumber),
            ("inf", NotANumber),
            ("1e5", NotANumber),
            ("1,234", NotANumber),
            ("12元", NotANumber),
            ("一百", NotANumber),
            (".5", NotANumber),
            ("5.", NotANumber),
            ("1.2.3", NotANumber),
            ("+5", NotANumber),
            ("0x10", NotANumber),
            ("１２３", FullWidth),
            ("12．50", FullWidth),
            ("12。50", FullWidth),
            ("1.234", Fraction),
            ("0.001", Fraction),
            ("9223372036854775808", TooLarge),
            ("100000000000.01", TooLarge),
            ("99999999999999999999999999", TooLarge),
        ] {
            assert_eq!(read(typed), Err(why), "{typed}");
        }
        for (typed, fen) in [("1", 100), ("0.01", 1), ("0.1", 10), (" 12.50 ", 1250), ("007", 700), ("100000000000", MOST_FEN)] {
            assert_eq!(read(typed), Ok(fen), "{typed}");
        }
    }

    #[test]
    fn in_json_a_price_is_a_whole_number_of_fen() {
        use BadPrice::{Empty, Fraction, Negative, NotANumber, TooLarge, Zero};
        for (text, told) in [
            ("1250", Ok(1250)),
            ("0", Err(Zero)),
            ("-1", Err(Negative)),
            ("12.5", Err(Fraction)),
            ("1250.0", Err(Fraction)),
            ("9223372036854775807", Err(TooLarge)),
            ("9223372036854775808", Err(TooLarge)),
            ("1e300", Err(TooLarge)),
            ("-1e300", Err(Negative)),
            ("\"1250\"", Err(NotANumber)),
            ("null", Err(Empty)),
            ("[1]", Err(NotANumber)),
        ] {
            let value: serde_json::Value = serde_json::from_str(text).unwrap_or_default();
            assert_eq!(of_json(&value), told, "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_price_reads_back_as_it_was_shown(fen in 1..=MOST_FEN) {
            prop_assert_eq!(read(&plain(fen)), Ok(fen));
            prop_assert_eq!(yuan(fen).replace(',', ""), plain(fen));
        }

        #[test]
        fn whatever_is_typed_is_a_price_or_a_mistake(typed in ".{0,24}") {
            if let Ok(fen) = read(&typed) {
                prop_assert!((1..=MOST_FEN).contains(&fen));
            }
        }
    }
}
