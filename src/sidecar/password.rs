//! Passwords and one-time codes.
//!
//! In: what was typed, what is kept, the moment. Out: whether it fits. Argon2id takes its time and its memory: callers do it away from the
//! threads that serve others, a few at once.

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

use super::case::Millis;

/// Characters a password must have.
pub const SHORTEST: usize = 12;

/// A password as it is kept: Argon2id with a salt of its own, as a PHC string.
///
/// # Errors
/// When the machine gives no random numbers.
pub fn hashed(password: &str) -> anyhow::Result<String> {
    Argon2::default().hash_password(password.as_bytes()).map(|hash| hash.to_string()).map_err(|e| anyhow::anyhow!("{e}"))
}

/// Whether a password fits. An account that is not there takes as long as one that is.
#[must_use]
pub fn fits(password: &str, kept: Option<&str>) -> bool {
    // Of a password nobody has.
    const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5bm9ib2R5$Q2vP0iBrOZ5h0yx9Qp0d3R7m6aJm1b1o2n1Yw7cC8yE";
    let Ok(hash) = PasswordHash::new(kept.unwrap_or(NOBODY)) else { return false };
    Argon2::default().verify_password(password.as_bytes(), &hash).is_ok() && kept.is_some()
}

/// Seconds a one-time code lives (RFC 6238).
const STEP: Millis = 30_000;

/// The time step in which a one-time code fits: this one, the one before or the next (clocks differ).
#[must_use]
pub fn step_of(code: &str, secret: &str, now: Millis) -> Option<i64> {
    let key = base32_bytes(secret)?;
    let step = now.div_euclid(STEP);
    let code: String = code.chars().filter(char::is_ascii_digit).collect();
    [step, step - 1, step + 1].into_iter().find(|step| super::seal::same(&one_time(&key, *step), &code))
}

/// The code that an authenticator shows at a moment; nothing when the secret is none.
#[must_use]
pub fn code_at(secret: &str, now: Millis) -> Option<String> {
    Some(one_time(&base32_bytes(secret)?, now.div_euclid(STEP)))
}

/// The six digits of a time step (RFC 4226, RFC 6238).
fn one_time(key: &[u8], step: i64) -> String {
    let mut mac = Hmac::<Sha1>::new_from_slice(key).unwrap_or_else(|_| unreachable!("HMAC takes keys of any length"));
    mac.update(&step.to_be_bytes());
    let digest = mac.finalize().into_bytes();
    let at = usize::from(digest[19] & 15);
    let number = u32::from_be_bytes([digest[at] & 0x7F, digest[at + 1], digest[at + 2], digest[at + 3]]);
    format!("{:06}", number % 1_000_000)
}

const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// Bytes as the base 32 of RFC 4648, which authenticator programs take.
#[must_use]
pub fn base32(bytes: &[u8]) -> String {
    let bits: Vec<u8> = bytes.iter().flat_map(|byte| (0..8).rev().map(move |i| byte >> i & 1)).collect();
    bits.chunks(5).map(|five| char::from(BASE32[(0..5).fold(0, |sum, i| sum << 1 | usize::from(*five.get(i).unwrap_or(&0)))])).collect()
}

fn base32_bytes(text: &str) -> Option<Vec<u8>> {
    let mut bits = Vec::new();
    for c in text.bytes().filter(|b| *b != b' ' && *b != b'=') {
        let value = BASE32.iter().position(|b| *b == c.to_ascii_uppercase())?;
        bits.extend((0..5).rev().map(|i| value >> i & 1));
    }
    Some(bits.chunks_exact(8).map(|byte| byte.iter().fold(0, |sum, bit| sum << 1 | u8::try_from(*bit).unwrap_or(0))).collect())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_password_fits_its_own_hash_only() {
        let kept = hashed("云岫山下一二三四五六").unwrap();
        assert!(kept.starts_with("$argon2id$"));
        assert!(fits("云岫山下一二三四五六", Some(&kept)));
        assert!(!fits("云岫山下一二三四五", Some(&kept)));
        assert!(!fits("x", None) && !fits("", Some("")));
    }

    #[test]
    fn nobodys_password_takes_as_long_as_anybodys() {
        // The parameters stand in the hash: if they could not be read, it would be quick.
        let kept = hashed("x").unwrap();
        let parameters = |phc: &str| phc.split('$').nth(3).unwrap_or("").to_string();
        let source = include_str!("password.rs");
        assert!(source.contains(&parameters(&kept)), "{kept}");
        let nobody = source.split("NOBODY: &str = \"").nth(1).unwrap().split('"').next().unwrap();
        assert!(PasswordHash::new(nobody).is_ok());
    }

    #[test]
    fn one_time_codes_are_those_of_the_standard() {
        // RFC 6238, appendix B, with its last six digits; the secret is "12345678901234567890".
        let secret = base32(b"12345678901234567890");
        assert_eq!(secret, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        for (seconds, code) in [(59, "287082"), (1_111_111_109, "081804"), (1_234_567_890, "005924"), (20_000_000_000, "353130")] {
            assert_eq!(step_of(code, &secret, seconds * 1000), Some(seconds / 30));
        }
        assert_eq!(step_of("287082", &secret, (59 + 90) * 1000), None);
        assert_eq!(step_of("", &secret, 59_000), None);
    }
}
