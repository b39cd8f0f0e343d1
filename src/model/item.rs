//! Items: which version of a file is shown, whether it is public, and the last part of its address.
//!
//! In: what was read of one file, and the build's conditions. Out: [`Item`]. Reads no clock: the moment is a condition.

use std::borrow::Cow;

use crate::source::date::Date;
use crate::source::front_matter::{Audience, FrontMatter};

/// 稿件 and every other kind of content: a public item of a site.
#[derive(Debug, Clone)]
pub struct Item {
    /// Index among the site's source items.
    pub source: u32,
    /// Index among the site's columns.
    pub column: u32,
    /// The last part of its address, without `.html`.
    pub slug: Box<str>,
    /// The file has errors: this is its last good version, and its page stays as it was built.
    pub stale: bool,
}

/// An item of any site.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ItemRef {
    /// Index among the group's sites.
    pub site: u32,
    /// Index among the site's items.
    pub item: u32,
}

/// Under which conditions a build decides what is public.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, bitcode::Encode, bitcode::Decode)]
pub struct Conditions {
    /// The moment of the build, in the group's time.
    pub at: Date,
    /// For whom.
    pub audience: Audience,
    /// Whether drafts are shown.
    pub drafts: bool,
}

/// Whether an item is shown, and until when that holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Visibility {
    /// Shown now.
    pub shown: bool,
    /// The next moment at which this changes by itself.
    pub until: Option<Date>,
}

/// Decides whether an item is shown under `conditions`.
#[must_use]
pub fn visibility(front: &FrontMatter, conditions: &Conditions) -> Visibility {
    let (common, seldom) = (&front.common, front.seldom());
    let at = conditions.at;
    if (common.draft && !conditions.drafts) || (common.audience == Audience::Internal && conditions.audience == Audience::Public) {
        return Visibility { shown: false, until: None };
    }
    let starts = seldom.publish_at.filter(|p| !p.reached(at));
    // A date without a time lasts to the end of its day.
    let ends = seldom.expires_at.map(Date::end);
    match (starts, ends) {
        (_, Some(end)) if end.reached(at) => Visibility { shown: false, until: None },
        (Some(start), _) => Visibility { shown: false, until: Some(start) },
        (None, end) => Visibility { shown: true, until: end },
    }
}

/// The slug a file's path gives: its stem, or its folder's name for `index.md`. Characters that addresses cannot hold become `-`.
#[must_use]
pub fn slug_of_path(path: &str) -> Cow<'_, str> {
    let (folder, name) = split_name(path);
    let mut stem = name;
    while let Some(shorter) = stem.strip_suffix(".md") {
        stem = shorter;
    }
    let name = if stem == "index" { folder.map_or(stem, |folder| split_name(folder).1) } else { stem };
    if is_of_slug_chars(name) { Cow::Borrowed(name) } else { Cow::Owned(name.chars().map(|c| if is_slug_char(c) { c } else { '-' }).collect()) }
}

/// A path's folder, if it has one, and the name in it.
fn split_name(path: &str) -> (Option<&str>, &str) {
    match memchr::memrchr(b'/', path.as_bytes()) {
        Some(at) => (Some(&path[..at]), &path[at + 1..]),
        None => (None, path),
    }
}

fn is_slug_char(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '~')
}

fn is_of_slug_chars(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'~');
    text.bytes().all(plain) || text.chars().all(is_slug_char)
}

/// Whether a text can be the last part of an address: letters (Chinese ones too), digits and `-_.~`, and none of the names
/// the generator itself gives.
#[must_use]
pub fn is_slug(slug: &str) -> bool {
    !slug.is_empty() && slug.len() <= 200 && is_of_slug_chars(slug) && !slug.starts_with('.') && slug != "index" && !is_page_number(slug)
}

/// Whether a name is `page-7` or ends with `.page-7`.
fn is_page_number(name: &str) -> bool {
    let rest = name.trim_end_matches(|c: char| c.is_ascii_digit());
    rest.len() < name.len() && rest.strip_suffix("page-").is_some_and(|before| before.ends_with('.') || name.starts_with("page-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_come_from_names_and_never_leave_the_folder() {
        assert_eq!(slug_of_path("news/2026/x.md"), "x");
        assert_eq!(slug_of_path("news/photo-day/index.md"), "photo-day");
        assert_eq!(slug_of_path("news/停水 通知.md"), "停水-通知");
        for bad in ["", "..", ".x", "a/b", "index", "page-3", "x.page-2", "page-page-3", "a b", "a\\b", "a%2fb", "\0"] {
            assert!(!is_slug(bad), "{bad}");
        }
        for good in ["2026-12", "停水通知", "page-x", "page-", "xpage-3", "v1.2"] {
            assert!(is_slug(good), "{good}");
        }
    }
}
