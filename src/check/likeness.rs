//! Near-duplicates: the same item on several sites, found without holding every item against every other.
//!
//! In: running texts. Out: [`Shape`]s (one-permutation MinHash of shingles), and groups of items that are alike. Two texts with the share s of
//! equal shingles have the share s of equal slots; items that agree in a whole band of slots are held against each other.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;

use bitcode::{Decode, Encode};
use nohash_hasher::NoHashHasher;
use rayon::prelude::*;

/// Characters of a shingle.
const SHINGLE: usize = 6;
/// Texts shorter than this are alike by chance: 来信 forms, notices of one line.
const SHORTEST: usize = 120;
const SLOTS: usize = 64;
/// Slots that make a band: with 16 bands of 4, two texts that are 85 % alike share one with a probability of 0.99999.
const BAND: usize = 4;
const BANDS: usize = SLOTS / BAND;
/// How many kinds of text a band's bucket is held against: more are no copies but forms.
const KINDS: usize = 4;

/// What a text is like.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Shape(Vec<u16>);

impl Shape {
    /// The shape of a text; `None` when it is too short to be anybody's copy.
    pub(crate) fn of(text: &str) -> Option<Self> {
        let letters: Vec<u32> = text.chars().filter(|c| c.is_alphanumeric()).map(|c| c as u32).collect();
        if letters.len() < SHORTEST {
            return None;
        }
        let mut least = vec![u64::MAX; SLOTS];
        // A rolling hash of the window: letters leave and enter with their powers.
        const BASE: u64 = 0x9E37_79B9_7F4A_7C15;
        let power = (1..SHINGLE).fold(1u64, |p, _| p.wrapping_mul(BASE));
        let mut rolling = 0u64;
        for (i, &c) in letters.iter().enumerate() {
            if i >= SHINGLE {
                rolling = rolling.wrapping_sub(u64::from(letters[i - SHINGLE]).wrapping_mul(power));
            }
            rolling = rolling.wrapping_mul(BASE).wrapping_add(u64::from(c));
            if i + 1 >= SHINGLE {
                let hash = mixed(rolling);
                let slot = &mut least[(hash >> 58) as usize];
                *slot = (*slot).min(hash & (u64::MAX >> 6));
            }
        }
        Some(Self(filled(&least)))
    }

    /// The share of slots that two shapes have alike, from 0 to 1.
    pub(crate) fn alike(&self, other: &Self) -> f64 {
        let same = self.0.iter().zip(&other.0).filter(|(a, b)| a == b).count();
        #[expect(clippy::cast_precision_loss, reason = "64 at most")]
        let share = same as f64 / SLOTS as f64;
        share
    }

    /// The slots of every band, side by side.
    fn bands(&self) -> [u64; BANDS] {
        std::array::from_fn(|band| self.0.iter().skip(band * BAND).take(BAND).fold(0, |all, slot| all << 16 | u64::from(*slot)))
    }
}

/// Spreads a number over all 64 bits (the finaliser of MurmurHash3).
fn mixed(mut x: u64) -> u64 {
    x = (x ^ (x >> 33)).wrapping_mul(0xFF51_AFD7_ED55_8CCD);
    x = (x ^ (x >> 33)).wrapping_mul(0xC4CE_B9FE_1A85_EC53);
    x ^ (x >> 33)
}

/// Empty slots take the next full one's value, so that short texts can be held against each other.
fn filled(least: &[u64]) -> Vec<u16> {
    let value = |i: usize| {
        let full = (0..SLOTS).map(|step| (i + step) % SLOTS).find(|at| least[*at] != u64::MAX).unwrap_or(0);
        #[expect(clippy::cast_possible_truncation, reason = "16 bits of a hash tell two texts apart")]
        let short = mixed(least[full] ^ full as u64) as u16;
        short
    };
    (0..SLOTS).map(value).collect()
}

/// For items in the order in which they count (the earliest first): for each, the earliest one it is a copy of.
pub(crate) fn copies(shapes: &[Option<&Shape>], share: f64, may: impl Fn(usize, usize) -> bool + Sync) -> Vec<Option<usize>> {
    // Every shape is looked at once for all bands: most of the time is waiting for memory.
    let bands: Vec<[u64; BANDS]> = shapes.par_iter().with_min_len(1024).map(|shape| shape.map_or([0; BANDS], Shape::bands)).collect();
    let found: Vec<_> = (0..BANDS).into_par_iter().map(|band| copies_by(&bands, band, shapes, share, &may)).collect();
    let mut of: Vec<Option<usize>> = vec![None; shapes.len()];
    for (at, first) in found.into_iter().flatten() {
        of[at] = Some(of[at].map_or(first, |before| before.min(first)));
    }
    of
}

/// The items that may agree with another one in a band, in order, with what is in it: the others meet nobody. A table of bits tells what
/// there is more than once; that two bands share a bit only lets a few more through.
fn met(bands: &[[u64; BANDS]], band: usize, shapes: &[Option<&Shape>]) -> Vec<(usize, u64)> {
    let bits = (bands.len() * 16).next_power_of_two().max(64);
    let (mut once, mut again) = (vec![0u64; bits / 64], vec![0u64; bits / 64]);
    let place = |slots: u64| {
        let bit = (slots.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32) as usize & (bits - 1);
        (bit / 64, 1u64 << (bit % 64))
    };
    let items = || bands.iter().enumerate().filter(|(at, _)| shapes[*at].is_some()).map(|(at, slots)| (at, slots[band]));
    for (_, slots) in items() {
        let (word, bit) = place(slots);
        again[word] |= once[word] & bit;
        once[word] |= bit;
    }
    let meets = |slots: u64| {
        let (word, bit) = place(slots);
        again[word] & bit != 0
    };
    items().filter(|(_, slots)| meets(*slots)).collect()
}

/// What one band tells: copies with the first item of their kind.
fn copies_by(bands: &[[u64; BANDS]], band: usize, shapes: &[Option<&Shape>], share: f64, may: impl Fn(usize, usize) -> bool) -> Vec<(usize, usize)> {
    const NONE: u32 = u32::MAX;
    let items = met(bands, band, shapes);
    let mut kinds: HashMap<u64, [u32; KINDS], BuildHasherDefault<NoHashHasher<u64>>> = HashMap::default();
    kinds.reserve(items.len());
    let mut copies = Vec::new();
    for (at, slots) in items {
        let Some(shape) = shapes[at] else { continue };
        let kinds = kinds.entry(mixed(slots)).or_insert([NONE; KINDS]);
        let mut firsts = kinds.iter().take_while(|k| **k != NONE).map(|k| *k as usize);
        let known = firsts.find(|k| may(*k, at) && shapes[*k].is_some_and(|other| other.alike(shape) >= share));
        match known {
            Some(first) => copies.push((at, first)),
            None => {
                if let Some(free) = kinds.iter_mut().find(|k| **k == NONE) {
                    *free = u32::try_from(at).unwrap_or(NONE);
                }
            }
        }
    }
    copies
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn text(seed: u32, length: u32) -> String {
        (0..length).map(|i| char::from_u32(0x4E00 + (mixed(u64::from(seed) << 32 | u64::from(i)) % 3000) as u32).unwrap()).collect()
    }

    #[test]
    fn copies_are_found_with_small_changes_and_others_are_not() {
        let original = text(1, 600);
        let copied = format!("转发：{}　（来源：云岫市教育局）", original.replacen(&original[300..303], "改", 1));
        let other = text(2, 600);
        let shapes: Vec<Shape> = [&original, &other, &copied].iter().map(|t| Shape::of(t).unwrap()).collect();
        let all: Vec<Option<&Shape>> = shapes.iter().map(Some).collect();
        assert_eq!(copies(&all, 0.8, |_, _| true), [None, None, Some(0)]);
        assert_eq!(copies(&all, 0.8, |_, _| false), [None, None, None]);
        assert!(shapes[0].alike(&shapes[1]) < 0.1);
    }

    #[test]
    fn half_of_the_same_text_is_no_copy() {
        let original = text(1, 800);
        let half = format!("{}{}", &original[..1200], text(3, 400));
        let shapes = [Shape::of(&original).unwrap(), Shape::of(&half).unwrap()];
        assert_eq!(copies(&[Some(&shapes[0]), Some(&shapes[1])], 0.85, |_, _| true), [None, None]);
        assert!(Shape::of("太短").is_none());
    }
}
