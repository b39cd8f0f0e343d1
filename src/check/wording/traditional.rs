//! 繁简混用: traditional characters within simplified text.
//!
//! In: a running text. Out: runs of traditional characters with their simplified forms. A text that is traditional as a whole (a poem, an
//! inscription) is left alone.

use super::Slip;
use super::punctuation::is_chinese;
use crate::source::folding::simplified;

/// Share of traditional characters from which a text is traditional on purpose.
const ON_PURPOSE: f64 = 0.2;

/// Runs of traditional characters in a simplified text.
pub(crate) fn traditional(text: &str) -> Vec<Slip> {
    let (mut found, mut chinese, mut strange) = (Vec::<Slip>::new(), 0u32, 0u32);
    for (at, c) in text.char_indices() {
        chinese += u32::from(is_chinese(c));
        let Some(simple) = simplified(c) else { continue };
        strange += 1;
        let end = at + c.len_utf8();
        match found.last_mut().filter(|slip| slip.range.end == at) {
            Some(slip) => {
                slip.range.end = end;
                slip.write.push(simple);
            }
            None => found.push(Slip { rule: "traditional", range: at..end, write: simple.to_string() }),
        }
    }
    let on_purpose = f64::from(strange) > f64::from(chinese) * ON_PURPOSE;
    if on_purpose { Vec::new() } else { found }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_traditional_character_in_simplified_text_is_found() {
        let text = "云岫市人民政府關于印发通知的公告，请各单位遵照执行";
        let found = traditional(text);
        assert_eq!(found.len(), 1);
        assert_eq!((&text[found[0].range.clone()], found[0].write.as_str()), ("關", "关"));
    }

    #[test]
    fn a_traditional_text_and_rare_names_are_left_alone() {
        assert!(traditional("雲岫書院記：學而時習之").is_empty());
        assert!(traditional("李喆、王堃、朱镕等同志参加活动").is_empty());
        assert!(traditional("人民政府的里程碑，皇后镇后面的面条").is_empty());
    }
}
