//! Pictures: in which sizes and formats each is published, under which names, and how pages show it.
//!
//! In: what a picture's header says. Out: [`Variant`]s, their file names, and [`PictureView`]s. Everything follows from the header and
//! the digest of the file: nothing is decoded to plan a page.

use std::borrow::Cow;

use serde::Serialize;

use super::Planner;
use super::view::PictureView;
use crate::model::item::ItemRef;
use crate::source::front_matter::Details;
use crate::source::picture::{Picture, PictureKind};
use crate::source::{FileSource, beside};

/// How photographs are made. To be raised whenever other bytes come out of the same photograph: other sizes, another quality, another
/// library (`tests/media.rs` holds the libraries' versions against it). What an older recipe made is made again.
pub const RECIPE: u32 = 1;

/// The longer sides of the sizes, in pixels: a card, a picture in a text, a full screen.
const STEPS: [u32; 3] = [480, 960, 1920];

/// The format of a published photograph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Format {
    /// For nearly every browser.
    WebP,
    /// For all others, for downloads, for other sites' previews.
    Jpeg,
}

impl Format {
    fn ending(self) -> &'static str {
        match self {
            Self::WebP => "webp",
            Self::Jpeg => "jpg",
        }
    }
}

/// One published file of a photograph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Variant {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Its format.
    pub format: Format,
}

impl Variant {
    /// What tells it from the others of the same photograph, the end of its file's name: `960.webp`.
    #[must_use]
    pub fn ending(&self) -> String {
        format!("{}.{}", self.width.max(self.height), self.format.ending())
    }
}

/// The sizes a photograph is published in, smallest first: every step that is clearly smaller than the original, then the original's own
/// size up to the largest step. Nothing is enlarged. None for graphics.
#[must_use]
pub fn sizes(picture: &Picture) -> Vec<(u32, u32)> {
    if picture.kind == PictureKind::Graphic {
        return Vec::new();
    }
    let long = picture.width.max(picture.height);
    let largest = long.min(STEPS[STEPS.len() - 1]);
    let scaled = |side: u32, to: u32| u32::try_from((u64::from(side) * u64::from(to) + u64::from(long) / 2) / u64::from(long)).unwrap_or(side).max(1);
    let steps = STEPS.into_iter().filter(|step| step * 5 < largest * 4).chain([largest]);
    steps.map(|to| (scaled(picture.width, to), scaled(picture.height, to))).collect()
}

/// Every published file of a photograph; none for graphics.
#[must_use]
pub fn variants(picture: &Picture) -> Vec<Variant> {
    let both = |(width, height)| [Format::WebP, Format::Jpeg].map(|format| Variant { width, height, format });
    sizes(picture).into_iter().flat_map(both).collect()
}

/// The path of a variant of the photograph at `path`. It begins with that path, so that what was made of a photograph is found by it.
#[must_use]
pub fn variant_path(path: &str, picture: &Picture, variant: &Variant) -> String {
    format!("{path}{}{}", mark(picture), variant.ending())
}

/// What stands between the photograph's own name and the size: its digest, so that every version has addresses of its own.
fn mark(picture: &Picture) -> String {
    format!(".{}-", picture.digest.hex(8))
}

/// The path under which a file is published: of a photograph, its largest JPEG; the original never is.
#[must_use]
pub fn public_path(file: &FileSource) -> Cow<'_, str> {
    let picture = file.facts.as_ref().and_then(|f| f.picture.as_ref());
    match picture.and_then(|p| Some((p, *sizes(p).last()?))) {
        Some((picture, (width, height))) => variant_path(&file.path, picture, &Variant { width, height, format: Format::Jpeg }).into(),
        None => Cow::Borrowed(&file.path),
    }
}

/// The bytes of the file as it is published; unknown before a photograph has been made.
#[must_use]
pub fn public_size(file: &FileSource) -> Option<u64> {
    match file.facts.as_ref().and_then(|f| f.picture.as_ref()) {
        Some(picture) if picture.kind == PictureKind::Photo => None,
        Some(picture) => Some(picture.bytes),
        None => Some(file.size),
    }
}

/// The picture of a file as a page shows it, `own` being the address of its path.
fn view<'a>(own: String, picture: &Picture, alt: &'a str) -> PictureView<'a> {
    let sizes = sizes(picture);
    let (Some(&(width, height)), Some(&thumb)) = (sizes.last(), sizes.first()) else {
        let shown = PictureView { width: picture.width, height: picture.height, alt: alt.into(), ..PictureView::default() };
        return PictureView { thumb: own.clone(), large: own.clone(), src: own, ..shown };
    };
    // In the middle: good enough for the few browsers that know no WebP.
    let medium = sizes.iter().rev().copied().find(|(w, h)| w.max(h) <= &STEPS[1]).unwrap_or(thumb);
    let stem = own + &mark(picture);
    let address = |(width, height): (u32, u32), format| format!("{stem}{}", Variant { width, height, format }.ending());
    let candidates: Vec<String> = sizes.iter().map(|&size| format!("{} {}w", address(size, Format::WebP), size.0)).collect();
    PictureView {
        src: address(medium, Format::Jpeg),
        srcset: candidates.join(", "),
        thumb: address(thumb, Format::Jpeg),
        thumb_webp: address(thumb, Format::WebP),
        large: address((width, height), Format::Jpeg),
        width,
        height,
        alt: alt.into(),
        credit: "".into(),
    }
}

impl Planner<'_> {
    /// The file beside an item that a target names, if it is there.
    pub(super) fn file_beside(&self, at: ItemRef, target: &str) -> Option<&FileSource> {
        let path = beside(&self.group.item_source(at).path, target)?;
        let content = &self.group.source(at.site as usize).content;
        content.file_at(&path).map(|i| &content.files[i])
    }

    /// A picture beside an item, as seen from site `from`.
    pub(super) fn picture<'a>(&'a self, from: usize, at: ItemRef, target: &str, alt: &'a str) -> Option<PictureView<'a>> {
        let file = self.file_beside(at, target)?;
        self.picture_of(from, at.site as usize, file, alt)
    }

    pub(super) fn picture_of<'a>(&'a self, from: usize, site: usize, file: &FileSource, alt: &'a str) -> Option<PictureView<'a>> {
        let picture = file.facts.as_ref()?.picture.as_ref()?;
        Some(view(self.urls.link(from, site, &file.path), picture, alt))
    }

    /// 题图
    pub(super) fn cover(&self, from: usize, at: ItemRef) -> Option<PictureView<'_>> {
        let front = &self.group.version(at).front;
        let own = front.seldom().image.as_ref();
        let other = match &front.details {
            Details::Album(a) => a.photos.first().map(|p| &p.file),
            Details::Leader(l) => l.portrait.as_ref(),
            Details::Topic(t) => t.banner.as_ref(),
            Details::Video(v) => v.poster.as_ref(),
            Details::Link(l) => l.logo.as_ref(),
            _ => None,
        };
        if let Some(reference) = own.or(other) {
            return self.picture(from, at, &reference.target, reference.name.as_deref().unwrap_or(""));
        }
        let first = *self.group.album_folder(at).first()?;
        self.picture_of(from, at.site as usize, self.file(at.site as usize, first), "")
    }

    /// The pictures of an album.
    pub(super) fn photos(&self, at: ItemRef) -> Vec<PictureView<'_>> {
        let site = at.site as usize;
        let Details::Album(album) = &self.group.version(at).front.details else { return Vec::new() };
        let listed = album.photos.iter().filter_map(|p| {
            let picture = self.picture(site, at, &p.file.target, p.caption.as_deref().unwrap_or(""))?;
            Some(PictureView { credit: Cow::Borrowed(p.credit.as_deref().unwrap_or("")), ..picture })
        });
        let folder = self.group.album_folder(at).into_iter().filter_map(|f| self.picture_of(site, site, self.file(site, f), ""));
        listed.chain(folder).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(width: u32, height: u32, kind: PictureKind) -> Picture {
        Picture { digest: crate::digest::Digest(0xabcd_1234 << 96), width, height, turn: 1, kind, bytes: 1, memory: 1 }
    }

    #[test]
    fn nothing_is_enlarged_and_no_two_sizes_are_nearly_the_same() {
        let of = |w, h| sizes(&picture(w, h, PictureKind::Photo));
        assert_eq!(of(4000, 3000), [(480, 360), (960, 720), (1920, 1440)]);
        assert_eq!(of(3000, 4000), [(360, 480), (720, 960), (1440, 1920)]);
        assert_eq!(of(1920, 1080), [(480, 270), (960, 540), (1920, 1080)]);
        assert_eq!(of(1000, 500), [(480, 240), (1000, 500)]);
        assert_eq!(of(500, 400), [(500, 400)]);
        assert_eq!(of(1, 1), [(1, 1)]);
        assert_eq!(of(60_000, 1), [(480, 1), (960, 1), (1920, 1)]);
        assert!(sizes(&picture(4000, 3000, PictureKind::Graphic)).is_empty());
    }

    #[test]
    fn a_page_shows_webp_with_a_jpeg_for_all_others() {
        let shown = view("/news/a.jpg".into(), &picture(4000, 3000, PictureKind::Photo), "甲");
        assert_eq!(shown.srcset, "/news/a.jpg.abcd1234-480.webp 480w, /news/a.jpg.abcd1234-960.webp 960w, /news/a.jpg.abcd1234-1920.webp 1920w");
        assert_eq!((&*shown.src, &*shown.large), ("/news/a.jpg.abcd1234-960.jpg", "/news/a.jpg.abcd1234-1920.jpg"));
        assert_eq!((&*shown.thumb, shown.width, shown.height), ("/news/a.jpg.abcd1234-480.jpg", 1920, 1440));
        let graphic = view("/news/a.png".into(), &picture(40, 30, PictureKind::Graphic), "");
        assert_eq!((&*graphic.src, &*graphic.srcset, &*graphic.thumb), ("/news/a.png", "", "/news/a.png"));
    }
}
