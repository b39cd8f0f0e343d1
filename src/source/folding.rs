//! Characters as a reader takes them: widths, cases and traditional forms that mean the same become one.
//!
//! In: a character. Out: its plain form, or nothing for what only parts words. One character becomes one at most, so that a place in folded text is
//! a place in the text. The table holds traditional characters that are not in GB 2312, each followed by its simplified form.

use std::collections::HashMap;
use std::sync::LazyLock;

/// Pairs, traditional then simplified.
const PAIRS: &str = include_str!("traditional.txt");

struct Table {
    /// A bit for each character of the basic plane: most characters are answered by it.
    bits: Vec<u64>,
    simple: HashMap<char, char>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let simple: HashMap<char, char> = pairs().collect();
    let mut bits = vec![0u64; 1024];
    simple.keys().for_each(|c| bits[*c as usize >> 6 & 1023] |= 1 << (*c as u32 & 63));
    Table { bits, simple }
});

fn pairs() -> impl Iterator<Item = (char, char)> {
    let mut letters = PAIRS.chars().filter(|c| *c != '\n');
    std::iter::from_fn(move || Some((letters.next()?, letters.next()?)))
}

/// All traditional characters that have a simplified form, each followed by it.
#[must_use]
pub fn letters() -> String {
    PAIRS.replace('\n', "")
}

/// The simplified form (简体) of a traditional character; `None` for all others.
#[must_use]
pub fn simplified(c: char) -> Option<char> {
    let table = &*TABLE;
    if (c as u32) > 0xFFFF || table.bits[c as usize >> 6] & (1 << (c as u32 & 63)) == 0 {
        return None;
    }
    table.simple.get(&c).copied()
}

/// The plain form of a letter or digit: of ordinary width, lower case, simplified. `None` for everything that is neither.
#[must_use]
pub fn folded(c: char) -> Option<char> {
    let c = match c {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(c as u32 - 0xFEE0)?,
        c => c,
    };
    if c.is_ascii() {
        return c.is_ascii_alphanumeric().then(|| c.to_ascii_lowercase());
    }
    if !c.is_alphanumeric() {
        return None;
    }
    if is_wide(c) {
        return Some(simplified(c).unwrap_or(c));
    }
    let mut lower = c.to_lowercase();
    match (lower.next(), lower.next()) {
        (Some(one), None) => Some(one),
        _ => Some(c),
    }
}

/// Whether a letter is of a script that is written without spaces: Chinese characters and their neighbours.
#[must_use]
pub fn is_wide(c: char) -> bool {
    matches!(c as u32, 0x2E80..=0x9FFF | 0xAC00..=0xD7AF | 0xF900..=0xFAFF | 0x2_0000..=0x3_FFFF)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_means_the_same_becomes_one() {
        let plain = |text: &str| text.chars().filter_map(folded).collect::<String>();
        assert_eq!(plain("云政发〔2026〕12号"), plain("雲政發［２０２６］１２號"));
        assert_eq!(plain("ＰＤＦ、Ärzte！"), "pdfärzte");
        assert_eq!(plain("　—— …\u{200B}\u{0}()"), "");
    }

    #[test]
    fn the_table_leads_to_characters_that_stay() {
        for (traditional, simple) in pairs() {
            assert_ne!(traditional, simple);
            assert_eq!(folded(traditional), Some(simple));
        }
    }
}
