//! The Merkle tree of RFC 9162, section 2.1, growing at its end. Pure.
//!
//! In: leaves' bytes. Out: the root over all of them. Only the roots of the full subtrees are kept, so that a lot with a million bids
//! is as quick as an empty one.

use sha2::{Digest, Sha256};

type Hash = [u8; 32];

/// A tree that grows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tree {
    size: u64,
    /// Roots of the full subtrees, the largest first: one for each 1 in `size` written in binary.
    peaks: Vec<Hash>,
}

impl Tree {
    /// How many leaves it has.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Adds a leaf.
    pub fn append(&mut self, leaf: &[u8]) {
        let mut hash = digest(&[&[0], leaf]);
        // Each trailing 1 of the size is a full subtree as large as what has grown so far.
        for _ in 0..self.size.trailing_ones() {
            hash = digest(&[&[1], &self.peaks.pop().unwrap_or_default(), &hash]);
        }
        self.peaks.push(hash);
        self.size += 1;
    }

    /// The root over all leaves, hexadecimal; of none, the hash of nothing.
    #[must_use]
    pub fn root(&self) -> String {
        let root = self.peaks.iter().rev().copied().reduce(|right, left| digest(&[&[1], &left, &right]));
        hex(&root.unwrap_or_else(|| digest(&[])))
    }

    /// What is to be kept of it: its peaks, hexadecimal, with commas between.
    #[must_use]
    pub fn peaks(&self) -> String {
        self.peaks.iter().map(|hash| hex(hash)).collect::<Vec<_>>().join(",")
    }

    /// From what was kept; nothing when that is no tree of that size.
    #[must_use]
    pub fn of(size: u64, peaks: &str) -> Option<Self> {
        let peaks: Vec<Hash> = peaks.split(',').filter(|part| !part.is_empty()).map(bytes).collect::<Option<_>>()?;
        (peaks.len() == size.count_ones() as usize).then_some(Self { size, peaks })
    }
}

fn digest(parts: &[&[u8]]) -> Hash {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part);
    }
    hasher.finalize().into()
}

/// Hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    crate::sidecar::seal::hex(bytes)
}

/// Exactly `N` bytes from lower-case hexadecimal digits: each value has one writing only.
pub(super) fn bytes<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digit = |b: u8| match b {
        b'0'..=b'9' => Some(b - b'0'),
        b'a'..=b'f' => Some(b - b'a' + 10),
        _ => None,
    };
    let pairs: Vec<u8> = text.as_bytes().chunks(2).map(|pair| Some(digit(pair[0])? << 4 | digit(*pair.get(1)?)?)).collect::<Option<_>>()?;
    pairs.try_into().ok()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    /// The definition, word for word.
    fn by_definition(leaves: &[Vec<u8>]) -> Hash {
        match leaves.len() {
            0 => digest(&[]),
            1 => digest(&[&[0], &leaves[0]]),
            n => {
                let k = n.next_power_of_two() / 2;
                digest(&[&[1], &by_definition(&leaves[..k]), &by_definition(&leaves[k..])])
            }
        }
    }

    #[test]
    fn the_root_is_that_of_the_definition() {
        let mut tree = Tree::default();
        let mut leaves = Vec::new();
        for n in 0..70_u8 {
            assert_eq!(tree.root(), hex(&by_definition(&leaves)), "{n}");
            assert_eq!(Tree::of(tree.size(), &tree.peaks()).unwrap(), tree);
            leaves.push(vec![n; usize::from(n % 5)]);
            tree.append(leaves.last().unwrap());
        }
        assert_eq!(Tree::of(3, &Tree::default().peaks()), None);
    }

    #[test]
    fn the_roots_known_from_certificate_transparency() {
        // The test vectors of the reference implementation of RFC 6962, whose hashes RFC 9162 keeps.
        let mut tree = Tree::default();
        assert_eq!(tree.root(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        tree.append(b"");
        assert_eq!(tree.root(), "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
        tree.append(b"\x00");
        assert_eq!(tree.root(), "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125");
        tree.append(b"\x10");
        assert_eq!(tree.root(), "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77");
    }

    #[test]
    fn hexadecimal_digits_have_one_writing() {
        assert_eq!(bytes::<2>("0aff"), Some([10, 255]));
        for bad in ["0AFF", "0af", "0aff0", "0afg", "", "é1"] {
            assert_eq!(bytes::<2>(bad), None, "{bad}");
        }
    }
}
