//! Fingerprints: what an output was made from, part by part.
//!
//! In: a view, with the digests of its template's closure and of its chrome. Out: a [`Fingerprint`]. Same fingerprint, same bytes.
//! The parts are kept apart so that a build can say which of them moved.

use bitcode::{Decode, Encode};
use serde::Serialize;

use crate::digest::Digest;
use crate::plan::Made;
use crate::plan::picture::RECIPE;
use crate::plan::view::{Content, View};

/// The engine's own part of every fingerprint: another program may make other bytes of the same view, and read its memory otherwise.
/// It moves with the program's source (see `build.rs`), so no one has to remember to raise it.
pub const ENGINE: &str = concat!("portico ", env!("CARGO_PKG_VERSION"), " ", env!("PORTICO_ENGINE"));

/// What an output was made from: 64 bits of the digest of each part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Encode, Decode)]
pub struct Fingerprint {
    /// The template and all it extends, includes and calls.
    pub template: u64,
    /// What the whole site shares (menus, footer, words, static files), and what the whole column does (breadcrumbs, side menu, tags).
    pub chrome: u64,
    /// Title, tags.
    pub page: u64,
    /// What fills the page.
    pub content: u64,
    /// The item's text, and where its links lead.
    pub body: u64,
    /// What surrounds the item: neighbours, related items, topics.
    pub around: u64,
}

/// A part of a fingerprint, by its name and what it means in Chinese.
pub type Part = (&'static str, &'static str);

impl Fingerprint {
    /// All parts, in the order of their fields.
    #[must_use]
    pub fn parts(&self) -> [u64; 6] {
        [self.template, self.chrome, self.page, self.content, self.body, self.around]
    }

    /// A fingerprint of plain data alone.
    #[must_use]
    pub fn of_content<T: Serialize + ?Sized>(content: &T) -> Self {
        Self { content: Digest::of(content).short(), ..Self::default() }
    }

    /// The fingerprint of a page.
    #[must_use]
    pub fn of_page(view: &mut View<'_>, template: Digest, chrome: Digest) -> Self {
        let mut print = Self {
            template: template.short(),
            chrome: Digest::of(&(chrome, view.place.digest)).short(),
            page: Digest::of(&view.page).short(),
            ..Self::default()
        };
        if let Content::Item(item, body, topic) = &mut view.content {
            // The surroundings are taken out while the item itself is digested, then put back.
            let around =
                (item.previous.take(), item.next.take(), std::mem::take(&mut item.related), std::mem::take(&mut item.alike), std::mem::take(&mut item.topics));
            print.around = Digest::of(&(&around, &topic)).short();
            print.body = Digest::of(body).short();
            print.content = Digest::of(item).short();
            (item.previous, item.next, item.related, item.alike, item.topics) = around;
        } else {
            print.content = Digest::of(&view.content).short();
        }
        print
    }

    /// The parts that differ from another fingerprint.
    #[must_use]
    pub fn moved(&self, other: &Self) -> Vec<Part> {
        let parts: [(Part, u64, u64); 6] = [
            (("template", "模板"), self.template, other.template),
            (("chrome", "站点和栏目的公共部分（菜单、当前位置、侧栏、页脚、样式）"), self.chrome, other.chrome),
            (("page", "标题、标签"), self.page, other.page),
            (("content", "内容字段或列表"), self.content, other.content),
            (("body", "正文及其链接"), self.body, other.body),
            (("around", "上下篇、相关内容、专题"), self.around, other.around),
        ];
        parts.into_iter().filter(|(_, a, b)| a != b).map(|(part, ..)| part).collect()
    }
}

/// The fingerprint of any output. `template` and `chrome` count for pages only.
#[must_use]
pub fn fingerprint(made: &mut Made<'_>, template: impl Fn(&View<'_>) -> Digest, chrome: Digest) -> Fingerprint {
    match made {
        Made::Page(view) => {
            let template = template(view);
            Fingerprint::of_page(view, template, chrome)
        }
        Made::Feed(view) => Fingerprint::of_content(&("feed", view)),
        Made::SiteMap(view) => Fingerprint::of_content(&("map", view)),
        Made::SiteMapIndex(view) => Fingerprint::of_content(&("maps", view)),
        Made::Index(view) => Fingerprint::of_content(&("index", view)),
        Made::Finder(view) => Fingerprint::of_content(&("finder", view)),
        Made::OpenSearch(view) => Fingerprint::of_content(&("open search", view)),
        Made::Security(view) => Fingerprint::of_content(&("security", view)),
        Made::Robots(view) => Fingerprint::of_content(&("robots", view)),
        Made::Redirect(to, language, site) => Fingerprint::of_content(&("redirect", to, language, site)),
        Made::Copy(_, digest) => Fingerprint::of_content(&("copy", digest)),
        Made::Graphic(_, digest) => Fingerprint::of_content(&("graphic", digest)),
        Made::Photo(_, picture, variant) => Fingerprint::of_content(&("photo", RECIPE, picture.digest, variant)),
        Made::Asset(_, digest) => Fingerprint::of_content(&("asset", digest)),
        Made::Style(css) => Fingerprint::of_content(&("style", css)),
        Made::Kept => Fingerprint::default(),
    }
}
