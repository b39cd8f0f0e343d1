//! Digests: of bytes, and of any plain data as a template would see it.
//!
//! In: bytes or a `Serialize` value. Out: a [`Digest`] (xxh3, 128 bits). Every part of a value feeds the hasher through serde
//! itself, so nothing a template can read is left out, and nothing is copied to be hashed.

use serde::{Serialize, ser};
use xxhash_rust::xxh3::Xxh3;

/// A 128-bit xxh3 digest. Not for secrets: it tells change, not intent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, bitcode::Encode, bitcode::Decode)]
pub struct Digest(pub u128);

impl Digest {
    /// The digest of some bytes.
    #[must_use]
    pub fn of_bytes(bytes: &[u8]) -> Self {
        Self(xxhash_rust::xxh3::xxh3_128(bytes))
    }

    /// The digest of plain data, field by field (names of fields do not count, their order does).
    #[must_use]
    pub fn of<T: Serialize + ?Sized>(value: &T) -> Self {
        let mut hasher = Hasher { waiting: [0; WAITING], waits: 0, state: None };
        // The hasher never fails; only a value's own `Serialize` could, and then what came before the failure still counts.
        let _ = value.serialize(&mut hasher);
        Self(hasher.finish())
    }

    /// The first 64 bits, for compact records.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, reason = "half of the digest is what is wanted")]
    pub fn short(self) -> u64 {
        self.0 as u64
    }

    /// Lower-case hexadecimal of the first `n` digits.
    #[must_use]
    pub fn hex(self, n: usize) -> String {
        let mut text = format!("{:032x}", self.0);
        text.truncate(n);
        text
    }
}

/// What a browser holds a script or a style sheet against: the value of its `integrity` attribute (W3C Subresource Integrity).
#[must_use]
pub fn integrity(bytes: &[u8]) -> String {
    use base64::Engine as _;
    use sha2::Digest as _;
    format!("sha384-{}", base64::engine::general_purpose::STANDARD.encode(sha2::Sha384::digest(bytes)))
}

impl Serialize for Digest {
    fn serialize<S: ser::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() { serializer.serialize_str(&self.hex(32)) } else { serializer.serialize_u128(self.0) }
    }
}

/// A serde serializer that feeds a hasher. Every value is preceded by a tag or a length, so that two different values
/// never feed the same bytes.
struct Hasher {
    /// What has not been digested yet: values come in pieces of a few bytes, for which the digest itself is a costly call.
    waiting: [u8; WAITING],
    waits: usize,
    /// Begun when there is no room left.
    state: Option<Box<Xxh3>>,
}

/// Bytes that wait. More than most values have: those are digested in one call.
const WAITING: usize = 1024;

#[derive(Debug)]
struct Never(String);

impl std::fmt::Display for Never {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Never {}

impl ser::Error for Never {
    fn custom<T: std::fmt::Display>(msg: T) -> Self {
        Self(msg.to_string())
    }
}

impl Hasher {
    fn tag(&mut self, tag: u8) {
        self.piece(&[tag]);
    }

    fn bytes(&mut self, tag: u8, bytes: &[u8]) {
        let mut head = [tag; 9];
        head[1..].copy_from_slice(&(bytes.len() as u64).to_le_bytes());
        self.piece(&head);
        self.piece(bytes);
    }

    /// Appends some bytes. Inlined, so that short pieces of a known length are a move or two.
    #[inline]
    fn piece(&mut self, bytes: &[u8]) {
        if let Some(room) = self.waiting.get_mut(self.waits..self.waits + bytes.len()) {
            room.copy_from_slice(bytes);
            self.waits += bytes.len();
        } else {
            self.overflow(bytes);
        }
    }

    #[cold]
    fn overflow(&mut self, bytes: &[u8]) {
        let state = self.state.get_or_insert_default();
        state.update(&self.waiting[..self.waits]);
        state.update(bytes);
        self.waits = 0;
    }

    fn finish(self) -> u128 {
        let waiting = &self.waiting[..self.waits];
        match self.state {
            None => xxhash_rust::xxh3::xxh3_128(waiting),
            Some(mut state) => {
                state.update(waiting);
                state.digest128()
            }
        }
    }
}

macro_rules! numbers {
    ($($name:ident $type:ty, $tag:literal;)*) => {$(
        fn $name(self, v: $type) -> Result<(), Never> {
            self.tag($tag);
            self.piece(&v.to_le_bytes());
            Ok(())
        }
    )*};
}

impl ser::Serializer for &mut Hasher {
    type Ok = ();
    type Error = Never;
    type SerializeSeq = Self;
    type SerializeTuple = Self;
    type SerializeTupleStruct = Self;
    type SerializeTupleVariant = Self;
    type SerializeMap = Self;
    type SerializeStruct = Self;
    type SerializeStructVariant = Self;

    numbers! {
        serialize_i8 i8, 1; serialize_i16 i16, 2; serialize_i32 i32, 3; serialize_i64 i64, 4; serialize_i128 i128, 5;
        serialize_u8 u8, 6; serialize_u16 u16, 7; serialize_u32 u32, 8; serialize_u64 u64, 9; serialize_u128 u128, 10;
        serialize_f32 f32, 11; serialize_f64 f64, 12;
    }

    fn serialize_bool(self, v: bool) -> Result<(), Never> {
        self.tag(if v { 13 } else { 14 });
        Ok(())
    }

    fn serialize_char(self, v: char) -> Result<(), Never> {
        self.serialize_u32(v.into())
    }

    fn serialize_str(self, v: &str) -> Result<(), Never> {
        self.bytes(15, v.as_bytes());
        Ok(())
    }

    fn serialize_bytes(self, v: &[u8]) -> Result<(), Never> {
        self.bytes(16, v);
        Ok(())
    }

    fn serialize_none(self) -> Result<(), Never> {
        self.tag(17);
        Ok(())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Never> {
        self.tag(18);
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Never> {
        self.tag(19);
        Ok(())
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<(), Never> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(self, _name: &'static str, index: u32, _variant: &'static str) -> Result<(), Never> {
        self.tag(20);
        self.piece(&index.to_le_bytes());
        Ok(())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _name: &'static str, value: &T) -> Result<(), Never> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(self, _name: &'static str, index: u32, _variant: &'static str, value: &T) -> Result<(), Never> {
        self.tag(21);
        self.piece(&index.to_le_bytes());
        value.serialize(self)
    }

    fn serialize_seq(self, len: Option<usize>) -> Result<Self, Never> {
        self.tag(22);
        self.piece(&len.map_or(u64::MAX, |n| n as u64).to_le_bytes());
        Ok(self)
    }

    fn serialize_tuple(self, len: usize) -> Result<Self, Never> {
        self.serialize_seq(Some(len))
    }

    fn serialize_tuple_struct(self, _name: &'static str, len: usize) -> Result<Self, Never> {
        self.serialize_seq(Some(len))
    }

    fn serialize_tuple_variant(self, _name: &'static str, index: u32, _variant: &'static str, _len: usize) -> Result<Self, Never> {
        self.tag(23);
        self.piece(&index.to_le_bytes());
        Ok(self)
    }

    fn serialize_map(self, len: Option<usize>) -> Result<Self, Never> {
        self.serialize_seq(len)
    }

    fn serialize_struct(self, _name: &'static str, len: usize) -> Result<Self, Never> {
        self.serialize_seq(Some(len))
    }

    fn serialize_struct_variant(self, name: &'static str, index: u32, variant: &'static str, len: usize) -> Result<Self, Never> {
        self.serialize_tuple_variant(name, index, variant, len)
    }

    fn is_human_readable(&self) -> bool {
        false
    }
}

macro_rules! sequences {
    ($($trait:ident $method:ident;)*) => {$(
        impl ser::$trait for &mut Hasher {
            type Ok = ();
            type Error = Never;
            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Never> {
                value.serialize(&mut **self)
            }
            fn end(self) -> Result<(), Never> {
                self.tag(24);
                Ok(())
            }
        }
    )*};
}

sequences! {
    SerializeSeq serialize_element;
    SerializeTuple serialize_element;
    SerializeTupleStruct serialize_field;
    SerializeTupleVariant serialize_field;
}

impl ser::SerializeMap for &mut Hasher {
    type Ok = ();
    type Error = Never;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Never> {
        key.serialize(&mut **self)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Never> {
        value.serialize(&mut **self)
    }

    fn end(self) -> Result<(), Never> {
        self.tag(24);
        Ok(())
    }
}

macro_rules! structs {
    ($($trait:ident;)*) => {$(
        impl ser::$trait for &mut Hasher {
            type Ok = ();
            type Error = Never;
            fn serialize_field<T: Serialize + ?Sized>(&mut self, _key: &'static str, value: &T) -> Result<(), Never> {
                value.serialize(&mut **self)
            }
            fn skip_field(&mut self, _key: &'static str) -> Result<(), Never> {
                self.tag(25);
                Ok(())
            }
            fn end(self) -> Result<(), Never> {
                self.tag(24);
                Ok(())
            }
        }
    )*};
}

structs! { SerializeStruct; SerializeStructVariant; }

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbouring_texts_do_not_run_together() {
        assert_ne!(Digest::of(&("ab", "c")), Digest::of(&("a", "bc")));
        assert_ne!(Digest::of(&(None::<u8>, Some(1u8))), Digest::of(&(Some(1u8), None::<u8>)));
        assert_ne!(Digest::of(&(vec!["a"], vec!["b"])), Digest::of(&(vec!["a", "b"], Vec::<&str>::new())));
        assert_eq!(Digest::of(&("ab", 1u8)), Digest::of(&("ab".to_string(), 1u8)));
    }

    #[test]
    fn what_waits_and_what_does_not_make_one_digest() {
        let fed = |texts: &[String]| {
            let mut all = Xxh3::new();
            let head = |tag: u8, n: usize| [&[tag][..], &(n as u64).to_le_bytes()].concat();
            all.update(&head(22, texts.len()));
            for text in texts {
                all.update(&head(15, text.len()));
                all.update(text.as_bytes());
            }
            all.update(&[24]);
            Digest(all.digest128())
        };
        for (many, long) in [(0, 0), (1, WAITING - 19), (1, WAITING - 18), (3, 300), (5, 2 * WAITING), (200, 7)] {
            let texts = vec!["x".repeat(long); many];
            assert_eq!(Digest::of(&texts), fed(&texts), "{many} texts of {long} bytes");
        }
    }
}
