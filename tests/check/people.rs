//! Invented persons' numbers, each valid by its own standard, written in the ways people write them.
//!
//! In: how many. Out: [`Planted`] numbers, always the same.

/// A number to be found.
#[derive(Debug, Clone)]
pub struct Planted {
    /// The rule that finds it.
    pub rule: &'static str,
    /// Its digits.
    pub number: String,
    /// As it is written.
    pub written: String,
}

/// A small generator of numbers (SplitMix64): the tests need no more than always the same ones.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let x = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (x ^ (x >> 31)) % sides
    }
}

/// So many numbers: identity numbers, mobile numbers and cards in turn.
pub fn people(count: usize) -> Vec<Planted> {
    let mut dice = Dice(7);
    (0..count).map(|i| [identity, mobile, card][i % 3](&mut dice, i)).collect()
}

fn identity(dice: &mut Dice, i: usize) -> Planted {
    let place = ["530102", "110105", "440305", "510104", "652901", "810000", "620102"][i % 7];
    let head = format!("{place}{:04}{:02}{:02}{:03}", 1930 + dice.roll(90), 1 + dice.roll(12), 1 + dice.roll(28), dice.roll(1000));
    let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = head.bytes().zip(weights).map(|(b, w)| u32::from(b - b'0') * w).sum();
    let number = format!("{head}{}", &"10X98765432"[(sum % 11) as usize..][..1]);
    let written = match i / 3 % 5 {
        0 => format!("{} {} {}", &number[..6], &number[6..14], &number[14..]),
        1 => number.to_lowercase(),
        2 => format!("{}-{}-{}", &number[..6], &number[6..14], &number[14..]),
        _ => number.clone(),
    };
    Planted { rule: "private-id", number, written }
}

fn mobile(dice: &mut Dice, i: usize) -> Planted {
    let number = format!("1{}{:08}", ["39", "58", "77", "86", "99", "66"][i % 6], 10_000_000 + dice.roll(89_999_998));
    let written = match i / 3 % 4 {
        0 => format!("{} {} {}", &number[..3], &number[3..7], &number[7..]),
        1 => format!("+86{number}"),
        2 => format!("{}-{}-{}", &number[..3], &number[3..7], &number[7..]),
        _ => number.clone(),
    };
    Planted { rule: "private-mobile", number, written }
}

fn card(dice: &mut Dice, i: usize) -> Planted {
    let head = format!("{}{:012}", ["622202", "621700", "622848", "955880"][i % 4], dice.roll(1_000_000_000_000));
    let sum: u32 = head
        .bytes()
        .rev()
        .enumerate()
        .map(|(k, b)| (u32::from(b - b'0'), k % 2 == 0))
        .map(|(v, twice)| {
            if !twice {
                v
            } else if v > 4 {
                v * 2 - 9
            } else {
                v * 2
            }
        })
        .sum();
    let number = format!("{head}{}", (10 - sum % 10) % 10);
    let written = if i.is_multiple_of(2) { number.as_bytes().chunks(4).map(String::from_utf8_lossy).collect::<Vec<_>>().join(" ") } else { number.clone() };
    Planted { rule: "private-bank", number, written }
}
