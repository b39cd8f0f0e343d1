//! Whether a picture tells where it was taken: the GPS part of Exif (JEITA CP-3451).
//!
//! In: a picture's bytes, whatever its format. Out: yes or no. Looks for Exif blocks and reads their first directory; decodes nothing.

/// The tag of the directory that holds the place.
const GPS: u16 = 0x8825;

/// Whether a picture has a GPS directory with a latitude.
pub(super) fn has_place(bytes: &[u8]) -> bool {
    if bytes.starts_with(b"II*\0") || bytes.starts_with(b"MM\0*") {
        return of_tiff(bytes);
    }
    // JPEG, HEIC and WebP put the same mark before it; PNG has the block bare.
    let after_mark = memchr::memmem::find_iter(bytes, b"Exif\0\0").any(|at| of_tiff(&bytes[at + 6..]));
    let in_png = || memchr::memmem::find_iter(bytes, b"eXIf").any(|at| of_tiff(&bytes[at + 4..]));
    after_mark || in_png() || has_xmp_place(bytes)
}

/// XMP tells places in words.
fn has_xmp_place(bytes: &[u8]) -> bool {
    memchr::memmem::find(bytes, b"exif:GPSLatitude").is_some()
}

fn of_tiff(tiff: &[u8]) -> bool {
    let big = match tiff.get(..4) {
        Some(b"II*\0") => false,
        Some(b"MM\0*") => true,
        _ => return false,
    };
    let word = |at: usize| {
        Some(if big { u16::from_be_bytes(tiff.get(at..at + 2)?.try_into().ok()?) } else { u16::from_le_bytes(tiff.get(at..at + 2)?.try_into().ok()?) })
    };
    let long = |at: usize| {
        Some(if big { u32::from_be_bytes(tiff.get(at..at + 4)?.try_into().ok()?) } else { u32::from_le_bytes(tiff.get(at..at + 4)?.try_into().ok()?) })
    };
    let tags = |at: usize| {
        let count = usize::from(word(at).unwrap_or(0));
        (0..count).map(move |i| at + 2 + i * 12)
    };
    let Some(first) = long(4) else { return false };
    let gps = tags(first as usize).find(|at| word(*at) == Some(GPS)).and_then(|at| long(at + 8));
    // 2 = GPSLatitude: an empty directory tells nothing.
    gps.is_some_and(|at| tags(at as usize).any(|entry| word(entry) == Some(2)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exif(latitude: bool) -> Vec<u8> {
        let mut tiff = b"II*\0\x08\0\0\0\x01\0".to_vec();
        tiff.extend(GPS.to_le_bytes());
        tiff.extend([4, 0, 1, 0, 0, 0, 26, 0, 0, 0, 0, 0, 0, 0]);
        tiff.resize(26, 0);
        tiff.extend([1, 0, if latitude { 2 } else { 0 }, 0, 5, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        let mut jpeg = b"\xFF\xD8\xFF\xE1\0\x60Exif\0\0".to_vec();
        jpeg.extend(tiff);
        jpeg
    }

    #[test]
    fn a_place_is_found_and_its_absence_too() {
        assert!(has_place(&exif(true)));
        assert!(!has_place(&exif(false)));
        assert!(!has_place(b"\xFF\xD8\xFF\xDB no metadata"));
    }
}
