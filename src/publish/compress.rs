//! Compressing a text before anyone asks for it.
//!
//! In: bytes. Out: fewer bytes, or nothing where it does not pay. Knows no file.

use std::io;

use crate::source::publishing::Encoding;

/// Endings of files that shrink.
const TEXTS: [&str; 9] = ["html", "css", "js", "xml", "svg", "txt", "json", "csv", "webmanifest"];

/// Texts shorter than this fit into one packet anyway.
const LEAST: u64 = 512;

/// Whether a file is worth compressing, by its name and its size in bytes.
#[must_use]
pub fn is_worth_it(name: &str, size: u64) -> bool {
    size >= LEAST && name.rsplit_once('.').is_some_and(|(_, ending)| TEXTS.contains(&ending))
}

/// The compressed bytes; `None` when they are not fewer.
///
/// # Errors
/// When the compressor fails.
pub fn compressed(bytes: &[u8], encoding: Encoding) -> io::Result<Option<Vec<u8>>> {
    let packed = match encoding {
        Encoding::Gzip => gzip(bytes)?,
        Encoding::Brotli => brotli(bytes)?,
        Encoding::Zstd => zstd::bulk::compress(bytes, 6)?,
    };
    Ok((packed.len() < bytes.len()).then_some(packed))
}

fn gzip(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut compressor = libdeflater::Compressor::new(libdeflater::CompressionLvl::default());
    let mut packed = vec![0; compressor.gzip_compress_bound(bytes.len())];
    let length = compressor.gzip_compress(bytes, &mut packed).map_err(io::Error::other)?;
    packed.truncate(length);
    Ok(packed)
}

fn brotli(bytes: &[u8]) -> io::Result<Vec<u8>> {
    // Measured on pages of 9 KB: quality 9 is half a percent smaller and takes ten times as long; a window of 256 KB holds any page, a
    // larger one takes half as long again, and below 128 KB the compressor chooses a method that takes thirty times as long.
    let (quality, lgwin) = (5, 18);
    let parameters = brotli::enc::BrotliEncoderParams { quality, lgwin, size_hint: bytes.len(), ..Default::default() };
    let mut packed = Vec::with_capacity(bytes.len() / 4);
    brotli::BrotliCompress(&mut &*bytes, &mut packed, &parameters)?;
    Ok(packed)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use std::io::Read;

    #[test]
    fn what_was_compressed_can_be_read_again() {
        let text = "云岫市人民政府门户网站群".repeat(200).into_bytes();
        for encoding in [Encoding::Gzip, Encoding::Brotli, Encoding::Zstd] {
            let packed = compressed(&text, encoding).unwrap().unwrap();
            assert!(packed.len() * 10 < text.len());
            let mut plain = Vec::new();
            match encoding {
                Encoding::Gzip => {
                    plain = vec![0; text.len()];
                    libdeflater::Decompressor::new().gzip_decompress(&packed, &mut plain).unwrap();
                }
                Encoding::Brotli => drop(brotli::Decompressor::new(&*packed, 4096).read_to_end(&mut plain).unwrap()),
                Encoding::Zstd => plain = zstd::bulk::decompress(&packed, text.len()).unwrap(),
            }
            assert_eq!(plain, text, "{encoding:?}");
        }
        assert_eq!(compressed(&[0x42], Encoding::Gzip).unwrap(), None);
    }

    #[test]
    fn pictures_and_crumbs_are_left_alone() {
        assert!(is_worth_it("a.html", 4000) && !is_worth_it("a.html", 100) && !is_worth_it("a.webp", 4000) && !is_worth_it("a", 4000));
    }
}
