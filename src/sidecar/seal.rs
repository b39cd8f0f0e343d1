//! The office's seal (印章): what is drawn by lot, signed and hashed.
//!
//! In: the installation's secret. Out: signed form tokens, case numbers, receipt codes, session and one-time codes. Knows neither what
//! they are for nor where they are kept; the moment is an argument.

use std::fmt::Write;

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use super::case::Millis;

/// Signs with the installation's secret.
#[derive(Clone)]
pub struct Seal {
    secret: Vec<u8>,
}

impl std::fmt::Debug for Seal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seal")
    }
}

/// The machine gives no random numbers.
#[derive(Debug, thiserror::Error)]
#[error("no random numbers: {0}")]
pub struct NoRandom(#[from] getrandom::Error);

/// 256 random bits as 64 hexadecimal digits.
///
/// # Errors
/// When the machine gives none.
pub fn random() -> Result<String, NoRandom> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)?;
    Ok(hex(&bytes))
}

/// SHA-256 as hexadecimal digits: for what is random enough by itself.
#[must_use]
pub fn hash(text: &str) -> String {
    hash_bytes(text.as_bytes())
}

/// SHA-256 of bytes as hexadecimal digits.
#[must_use]
pub fn hash_bytes(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Hexadecimal digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut out, b| {
        // Writing to a String never fails.
        let _ = write!(out, "{b:02x}");
        out
    })
}

/// Why a form's token is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadToken {
    /// Not signed here, or for another form.
    Forged,
    /// Sent faster than a person writes.
    TooFast,
    /// The form has lain too long.
    TooOld,
}

/// A form filled in faster than this was not filled in by a person.
const FASTEST: Millis = 2_000;
/// A form may lie open for a day.
const OLDEST: Millis = 24 * 60 * 60 * 1000;

impl Seal {
    /// A seal with a secret.
    #[must_use]
    pub fn new(secret: &str) -> Self {
        Self { secret: secret.as_bytes().to_vec() }
    }

    /// HMAC-SHA-256 of the parts, each of them set apart from the next.
    #[must_use]
    pub fn sign(&self, parts: &[&str]) -> [u8; 32] {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.secret).unwrap_or_else(|_| unreachable!("HMAC takes keys of any length"));
        for part in parts {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part.as_bytes());
        }
        mac.finalize().into_bytes().into()
    }

    /// A token for a form, bound to `purpose` and to the moment it was given out.
    ///
    /// # Errors
    /// When the machine gives no random numbers.
    pub fn form_token(&self, purpose: &str, now: Millis) -> Result<String, NoRandom> {
        let (nonce, now) = (random()?, now.to_string());
        let mac = hex(&self.sign(&["form", purpose, &nonce, &now]));
        Ok(format!("{nonce}.{now}.{mac}"))
    }

    /// The nonce of a form's token.
    ///
    /// # Errors
    /// When it was not given out here for this purpose, or not within the hours in which a person would have used it.
    pub fn open_form_token<'t>(&self, token: &'t str, purpose: &str, now: Millis) -> Result<&'t str, BadToken> {
        let mut parts = token.split('.');
        let (Some(nonce), Some(given), Some(mac), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else { return Err(BadToken::Forged) };
        if !same(&hex(&self.sign(&["form", purpose, nonce, given])), mac) {
            return Err(BadToken::Forged);
        }
        let age = now - given.parse::<Millis>().map_err(|_| BadToken::Forged)?;
        match age {
            ..FASTEST => Err(BadToken::TooFast),
            FASTEST..OLDEST => Ok(nonce),
            _ => Err(BadToken::TooOld),
        }
    }

    /// The case number a form's nonce leads to: the day and eight digits. `attempt` gives another one when a number is taken.
    #[must_use]
    pub fn case_number(&self, nonce: &str, day: &str, attempt: u32) -> String {
        let mac = self.sign(&["number", nonce, &attempt.to_string()]);
        let number = u64::from_be_bytes([mac[0], mac[1], mac[2], mac[3], mac[4], mac[5], mac[6], mac[7]]) % 100_000_000;
        format!("{day}-{:04}-{:04}", number / 10_000, number % 10_000)
    }

    /// The receipt code of a case: 100 bits as twenty characters in groups of four. A form sent twice leads to the same code.
    #[must_use]
    pub fn receipt_code(&self, nonce: &str, number: &str) -> String {
        let mac = self.sign(&["receipt", nonce, number]);
        let mut bits = mac.iter().flat_map(|byte| (0..8).rev().map(move |i| byte >> i & 1));
        let mut code = String::new();
        for at in 0..CODE_LENGTH {
            if at > 0 && at % 4 == 0 {
                code.push('-');
            }
            let five = (0..5).fold(0, |sum, _| sum << 1 | usize::from(bits.next().unwrap_or(0)));
            code.push(char::from(ALPHABET[five]));
        }
        code
    }

    /// A pass for what follows once a code was right: it opens one case for two hours.
    #[must_use]
    pub fn case_pass(&self, number: &str, now: Millis) -> String {
        let now = now.to_string();
        format!("{number}.{now}.{}", hex(&self.sign(&["pass", number, &now])))
    }

    /// The number of the case a pass opens.
    #[must_use]
    pub fn open_case_pass<'t>(&self, pass: &'t str, now: Millis) -> Option<&'t str> {
        const HOURS: Millis = 2 * 60 * 60 * 1000;
        let mut parts = pass.split('.');
        let (number, given, mac) = (parts.next()?, parts.next()?, parts.next()?);
        let fresh = (0..HOURS).contains(&(now - given.parse::<Millis>().ok()?));
        (parts.next().is_none() && fresh && same(&hex(&self.sign(&["pass", number, given])), mac)).then_some(number)
    }
}

/// The signature of an event: HMAC-SHA-256 of `timestamp.body` as hexadecimal digits.
#[must_use]
pub fn event_signature(secret: &str, timestamp: &str, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap_or_else(|_| unreachable!("HMAC takes keys of any length"));
    for part in [timestamp, ".", body] {
        mac.update(part.as_bytes());
    }
    hex(&mac.finalize().into_bytes())
}

/// Crockford's alphabet: no I, L, O, U.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const CODE_LENGTH: usize = 20;

/// A receipt code as it was meant: blanks and hyphens do not count, O is 0, I and L are 1, full-width characters are their plain ones.
#[must_use]
pub fn tidy_code(typed: &str) -> String {
    let plain = typed.chars().map(|c| match c {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(c as u32 - 0xFEE0).unwrap_or(c),
        c => c,
    });
    let code: String = plain.filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect();
    code.chars()
        .map(|c| match c {
            'O' => '0',
            'I' | 'L' => '1',
            c => c,
        })
        .collect()
}

/// Whether two texts are the same, in a time that does not tell where they differ.
#[must_use]
pub fn same(a: &str, b: &str) -> bool {
    a.len() == b.len() && a.bytes().zip(b.bytes()).fold(0, |sum, (a, b)| sum | (a ^ b)) == 0
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_forms_token_is_for_one_form_and_for_one_day() {
        let seal = Seal::new("secret");
        let token = seal.form_token("mayor", 1000).unwrap();
        assert!(seal.open_form_token(&token, "mayor", 1000 + FASTEST).is_ok());
        assert_eq!(seal.open_form_token(&token, "mayor", 1000 + FASTEST - 1), Err(BadToken::TooFast));
        assert_eq!(seal.open_form_token(&token, "mayor", 1000 + OLDEST), Err(BadToken::TooOld));
        assert_eq!(seal.open_form_token(&token, "tax", 9000), Err(BadToken::Forged));
        assert_eq!(Seal::new("other").open_form_token(&token, "mayor", 9000), Err(BadToken::Forged));
        let later = token.replacen(".1000.", ".9000.", 1);
        assert_eq!(seal.open_form_token(&later, "mayor", 20_000), Err(BadToken::Forged));
        for bad in ["", "a.b", "a.b.c.d", "..."] {
            assert_eq!(seal.open_form_token(bad, "mayor", 9000), Err(BadToken::Forged));
        }
    }

    #[test]
    fn a_receipt_code_has_a_hundred_bits_and_forgives_how_it_is_typed() {
        let seal = Seal::new("secret");
        let code = seal.receipt_code("nonce", "20261121-0001-0002");
        assert_eq!(code, seal.receipt_code("nonce", "20261121-0001-0002"), "sent twice, told twice");
        assert_eq!(tidy_code(&code).len() * 5, 100);
        assert_ne!(code, seal.receipt_code("nonce", "20261121-0001-0003"));
        assert_eq!(tidy_code(&format!(" {} ", code.to_lowercase().replace('-', " "))), tidy_code(&code));
        assert_eq!(tidy_code("oil-ＡＢ１２"), "011AB12");
    }

    #[test]
    fn a_pass_opens_one_case_for_two_hours() {
        let seal = Seal::new("secret");
        let pass = seal.case_pass("20261121-0001-0002", 1000);
        assert_eq!(seal.open_case_pass(&pass, 1000), Some("20261121-0001-0002"));
        assert_eq!(seal.open_case_pass(&pass, 1000 + 2 * 60 * 60 * 1000), None);
        assert_eq!(seal.open_case_pass(&pass.replace("0001", "0009"), 1000), None);
        assert_eq!(seal.open_case_pass("", 1000), None);
    }
}
