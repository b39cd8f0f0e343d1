//! What may have been meant: words that nearly are what was typed.
//!
//! In: what was typed, the catalogue's names, the dictionary. Out: other words, the nearest first.

use super::dictionary::{Dictionary, letters};
use super::shown::Catalogue;

/// Other words that may have been meant: names and words of the dictionary from which a letter or two differ.
pub(super) fn meant(words: &str, catalogue: &Catalogue, dictionary: &Dictionary) -> Vec<String> {
    let typed = letters(words);
    if !(2..=30).contains(&typed.len()) {
        return Vec::new();
    }
    let text: String = typed.iter().collect();
    let mut found: Vec<(usize, usize, String)> = Vec::new();
    for word in dictionary.terms() {
        let letters = letters(word);
        // One wrong letter within what was typed: the rest stays as it is.
        for (at, window) in typed.windows(letters.len().max(1)).enumerate() {
            if letters.len() >= 3 && window.iter().zip(&letters).filter(|(a, b)| a != b).count() == 1 {
                let mut right = typed.clone();
                right.splice(at..at + letters.len(), letters.iter().copied());
                found.push((1, 0, right.into_iter().collect()));
            }
        }
    }
    let names = catalogue.vocabulary.iter().map(String::as_str).chain(dictionary.terms());
    for name in names {
        let plain: String = letters(name).into_iter().collect();
        let allowed = match typed.len() {
            0..3 => 0,
            3..6 => 1,
            _ => 2,
        };
        let apart = strsim::damerau_levenshtein(&text, &plain);
        if (1..=allowed).contains(&apart) {
            found.push((apart, 1, name.to_string()));
        } else if typed.len() >= 2 && holds_in_order(&plain, &typed) && plain != text {
            found.push((3, plain.chars().count(), name.to_string()));
        }
    }
    found.sort();
    let mut out: Vec<String> = Vec::new();
    for (_, _, word) in found {
        if letters(&word) != typed && !out.contains(&word) {
            out.push(word);
        }
    }
    out.truncate(4);
    out
}

/// Whether a name has all letters in order, as abbreviations do.
fn holds_in_order(name: &str, letters: &[char]) -> bool {
    let mut rest = name.chars();
    letters.iter().all(|letter| rest.any(|c| c == *letter))
}
