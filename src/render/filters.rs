//! Filters that templates have besides Tera's own: addresses and data written safely, QR codes.
//!
//! In: a text. Out: a text. Pure; knows no view.

use qrcodegen::{Mask, QrCode, QrCodeEcc, QrSegment, Version};
use tera::{Kwargs, State, Tera, Value};

/// Registers the filters `urlencode`, `json` and `qr`.
pub(super) fn register(tera: &mut Tera) {
    tera.register_filter("urlencode", |text: &str, _: Kwargs, _: &State| percent_encoded(text));
    tera.register_filter("json", |text: &str, _: Kwargs, _: &State| Value::safe_string(&json_text(text)));
    tera.register_filter("qr", |text: &str, _: Kwargs, _: &State| Value::from_serializable(&qr(text)));
}

/// Percent-encodes what an address may not hold as it is: of ASCII all but the unreserved characters of RFC 3986. Other characters stay:
/// a browser encodes them as UTF-8 when it follows the link (WHATWG URL), and a Chinese title takes a third of the bytes.
fn percent_encoded(text: &str) -> String {
    let plain = |byte: u8| !byte.is_ascii() || byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~');
    let digit = |n: u8| char::from(b"0123456789ABCDEF"[usize::from(n)]);
    let mut out = String::with_capacity(text.len() + text.len() / 2);
    let mut rest = text;
    while let Some(at) = rest.bytes().position(|byte| !plain(byte)) {
        let byte = rest.as_bytes()[at];
        out.push_str(&rest[..at]);
        out.extend(['%', digit(byte >> 4), digit(byte & 15)]);
        rest = &rest[at + 1..];
    }
    out.push_str(rest);
    out
}

/// A text as a JSON string that may stand inside `<script>`: no `<` that could end it.
fn json_text(text: &str) -> String {
    let json = serde_json::to_string(text).unwrap_or_default();
    if json.contains('<') { json.replace('<', "\\u003c") } else { json }
}

/// A QR code to be drawn in strokes one unit wide: the side of its square, and the `d` of a path whose lines run through the middle of
/// the modules. The quiet zone is left to the page. Nothing when the text is too long.
fn qr(text: &str) -> Option<QrDrawing> {
    let code = code(text)?;
    let size = code.size();
    let mut path = String::new();
    for y in 0..size {
        let (mut x, mut end) = (0, None);
        while x < size {
            let run = (x..size).take_while(|&at| code.get_module(at, y)).fold(0, |n, _| n + 1);
            if run > 0 {
                match end {
                    None => put(&mut path, &[("M", x), (" ", y), ("h", run)]),
                    Some(end) => put(&mut path, &[("m", x - end), (" 0h", run)]),
                }
                end = Some(x + run);
            }
            x += run + 1;
        }
    }
    Some(QrDrawing { size, path })
}

/// Writes numbers, each behind its word.
fn put(out: &mut String, numbers: &[(&str, i32)]) {
    for &(word, number) in numbers {
        out.push_str(word);
        out.push_str(itoa::Buffer::new().format(number));
    }
}

/// The code itself. Every mask can be read; trying all eight for the prettiest would take ten times as long.
fn code(text: &str) -> Option<QrCode> {
    let segments = QrSegment::make_segments(text);
    QrCode::encode_segments_advanced(&segments, QrCodeEcc::Low, Version::MIN, Version::MAX, Some(Mask::new(3)), false).ok()
}

/// A drawn QR code.
#[derive(Debug, PartialEq, serde::Serialize)]
struct QrDrawing {
    size: i32,
    path: String,
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_code_shows_every_dark_module_and_no_other() {
        let text = "https://www.yunxiu.gov.example/open/policy/2026-21.html";
        let (code, drawing) = (code(text).unwrap(), qr(text).unwrap());
        let mut dark = std::collections::BTreeSet::new();
        let (mut x, mut y) = (0, 0);
        for step in drawing.path.replace('M', "\nM").replace('m', "\nm").lines().filter(|l| !l.is_empty()) {
            let (kind, rest) = step.split_at(1);
            let (to, run) = rest.split_once('h').unwrap();
            let (dx, dy) = to.split_once(' ').unwrap();
            let (dx, dy, run): (i32, i32, i32) = (dx.parse().unwrap(), dy.parse().unwrap(), run.parse().unwrap());
            (x, y) = if kind == "M" { (dx, dy) } else { (x + dx, y + dy) };
            dark.extend((x..x + run).map(|x| (x, y)));
            x += run;
        }
        let wanted = (0..drawing.size).flat_map(|y| (0..drawing.size).map(move |x| (x, y))).filter(|&(x, y)| code.get_module(x, y)).collect();
        assert_eq!(dark, wanted);
        assert_eq!(qr(&"x".repeat(5000)), None);
    }

    #[test]
    fn what_stands_in_addresses_and_data_cannot_leave_them() {
        assert_eq!(percent_encoded("云 a/b?&=~“\"”<"), "云%20a%2Fb%3F%26%3D~“%22”%3C");
        assert_eq!(json_text("</script>\"\n"), "\"\\u003c/script>\\\"\\n\"");
    }
}
