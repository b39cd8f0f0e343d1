//! One item's page: everything it shows, with every reference resolved.
//!
//! In: the group. Out: [`ItemView`]s and [`BodyView`]s. A body enters as its digest and its links' targets; its text is read only when the page is rendered.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::Planner;
use super::picture::{public_path, public_size};
use super::view::{BodyView, DateView, FileNote, FileView, ItemView, LinkView, TableView, Target as BodyTarget};
use crate::digest::Digest;
use crate::model::PortalGroup;
use crate::model::dependence::ALIKE_WITHIN;
use crate::model::item::ItemRef;
use crate::model::reference::Target;
use crate::source::date::Date;
use crate::source::front_matter::{Details, Reference, is_file};
use crate::source::markdown::LinkKind;
use crate::source::settings::Sort;
use crate::source::sought::table_key;
use crate::source::{FileSource, is_picture};

/// The most items shown as alike.
const ALIKE: usize = 3;

/// The digests of a site's keywords, in the order of its items: every page is held against those before it.
#[derive(Debug)]
pub(super) struct Keywords {
    /// Where the words of the items end, after where those of the first begin.
    ends: Vec<usize>,
    words: Vec<u64>,
}

impl Keywords {
    fn of(group: &PortalGroup, site: u32) -> Self {
        let mut all = Self { ends: vec![0], words: Vec::new() };
        for item in (0u32..).take(group.sites[site as usize].items.len()) {
            let words = &group.version(ItemRef { site, item }).front.common.keywords;
            all.words.extend(words.iter().map(|word| Digest::of_bytes(word.as_bytes()).short()));
            all.ends.push(all.words.len());
        }
        all
    }

    fn get(&self, item: u32) -> &[u64] {
        let item = item as usize;
        &self.words[self.ends[item]..self.ends[item + 1]]
    }
}

impl Planner<'_> {
    pub(super) fn item_view(&self, at: ItemRef, page: usize) -> ItemView<'_> {
        let version = self.group.version(at);
        let (common, seldom) = (&version.front.common, version.front.seldom());
        let site = at.site as usize;
        let (previous, next) = self.neighbours(at);
        ItemView {
            title: &common.title,
            kind: self.group.column(at).kind.word(),
            date: self.date(common.date),
            updated: common.updated.map(|d| self.date(d)),
            correction: seldom.correction.as_deref().unwrap_or(""),
            source: common.source.as_deref().unwrap_or(&self.group.source(site).settings.name),
            author: common.author.as_deref().unwrap_or(""),
            keywords: &common.keywords,
            summary: self.summary(at),
            image: self.cover(site, at),
            details: &version.front.details,
            refs: self.refs(at),
            related: self.related(at),
            alike: self.alike(at),
            attachments: self.files(site, at),
            photos: self.photos(at),
            topics: self.topics_of(at),
            previous,
            next,
            characters: version.outline.characters,
            table: self.table(at, page),
        }
    }

    /// A date as pages show it.
    pub(super) fn date(&self, date: Date) -> DateView {
        DateView { day: date.day(), full: date.to_string(), iso: date.rfc3339(&self.group.tree.zone) }
    }

    /// 摘要: the author's, or the beginning of the body.
    pub(super) fn summary(&self, at: ItemRef) -> &str {
        let version = self.group.version(at);
        version.front.common.summary.as_ref().unwrap_or(&version.outline.summary).text()
    }

    /// The address of an item as seen from site `from`: its page, or where a link leads.
    pub(super) fn item_url(&self, from: usize, at: ItemRef) -> String {
        let site = at.site as usize;
        if let Details::Link(link) = &self.group.version(at).front.details
            && let Some(url) = &link.url
        {
            return self.reference_url(from, at, &url.target, 0).unwrap_or_default();
        }
        self.urls.link(from, site, &self.urls.item_path(at, 1))
    }

    fn reference_url(&self, from: usize, at: ItemRef, target: &str, depth: usize) -> Option<String> {
        match self.group.resolve(at.site as usize, &self.group.item_source(at).path, target)? {
            Target::Address => Some(target.to_string()),
            // A link item that leads to a link item is followed a few times, not for ever.
            Target::Item(other) if depth < 4 => match &self.group.version(other).front.details {
                Details::Link(link) => self.reference_url(from, other, &link.url.as_ref()?.target, depth + 1),
                _ => self.target_url(from, Target::Item(other)),
            },
            other => self.target_url(from, other),
        }
        .map(|url| format!("{url}{}", fragment(target)))
    }

    /// The address of a target as seen from site `from`; `None` for what is not public, and for addresses as they stand.
    pub(super) fn target_url(&self, from: usize, target: Target) -> Option<String> {
        match target {
            Target::Item(at) => Some(self.urls.link(from, at.site as usize, &self.urls.item_path(at, 1))),
            Target::Column(site, column) => Some(self.column_url(from, site, column)),
            Target::Site(site) => Some(self.urls.link(from, site, "")),
            Target::File(site, file) => Some(self.urls.link(from, site, &public_path(self.file(site, file)))),
            Target::Address | Target::Hidden => None,
        }
    }

    pub(super) fn file(&self, site: usize, file: usize) -> &FileSource {
        &self.group.source(site).content.files[file]
    }

    /// 附件
    pub(super) fn files(&self, from: usize, at: ItemRef) -> Vec<FileView<'_>> {
        let attachments = &self.group.version(at).front.seldom().attachments;
        attachments.iter().filter_map(|reference| self.file_view(from, at, reference)).collect()
    }

    fn file_view<'a>(&'a self, from: usize, at: ItemRef, reference: &'a Reference) -> Option<FileView<'a>> {
        let file = self.file_beside(at, &reference.target)?;
        let name = file.path.rsplit('/').next().unwrap_or(&file.path);
        let (path, size) = (public_path(file), public_size(file));
        Some(FileView {
            name: Cow::Borrowed(reference.name.as_deref().unwrap_or(name)),
            url: self.urls.link(from, at.site as usize, &path),
            format: format_of(&path).to_uppercase(),
            size,
            size_text: size.map_or_else(String::new, size_text),
            sha256: file.facts.as_ref().and_then(|f| f.sha256).map(hex).unwrap_or_default(),
        })
    }

    /// Where the references of the item's own fields lead.
    fn refs(&self, at: ItemRef) -> BTreeMap<&str, LinkView<'_>> {
        let site = at.site as usize;
        let front = &self.group.version(at).front;
        if matches!(front.details, Details::None) {
            return BTreeMap::new();
        }
        let path = &self.group.item_source(at).path;
        let mut refs = BTreeMap::new();
        for reference in front.links().into_iter().chain(front.files()) {
            let target = &*reference.target;
            let Some(url) = self.reference_url(site, at, target, 0) else { continue };
            let name = match (&reference.name, self.group.resolve(site, path, target)) {
                (Some(name), _) => Cow::Borrowed(&**name),
                (None, Some(Target::Item(other))) => Cow::Borrowed(&*self.group.version(other).front.common.title),
                (None, Some(Target::Column(s, c))) => Cow::Borrowed(&*self.group.sites[s].columns[c].name),
                (None, Some(Target::Site(s))) => Cow::Borrowed(&*self.group.source(s).settings.name),
                _ => Cow::Borrowed(if is_file(target) { target.rsplit('/').next().unwrap_or(target) } else { target }),
            };
            refs.insert(target, LinkView { name, url: url.into() });
        }
        refs
    }

    /// Items that refer to this one, by how.
    fn related(&self, at: ItemRef) -> BTreeMap<&'static str, Vec<LinkView<'_>>> {
        let mut related: BTreeMap<&'static str, Vec<LinkView<'_>>> = BTreeMap::new();
        for &(how, other) in self.group.relations.get(&at).into_iter().flatten() {
            related.entry(how).or_default().push(self.item_link(at.site as usize, other));
        }
        related
    }

    fn item_link(&self, from: usize, at: ItemRef) -> LinkView<'_> {
        LinkView { name: Cow::Borrowed(&self.group.version(at).front.common.title), url: self.item_url(from, at).into() }
    }

    fn topics_of(&self, at: ItemRef) -> Vec<LinkView<'_>> {
        let ids = &self.group.version(at).front.seldom().topics;
        if ids.is_empty() {
            return Vec::new();
        }
        let mut topics: Vec<ItemRef> = self.group.topics.iter().filter(|(_, items)| items.contains(&at)).map(|(topic, _)| *topic).collect();
        topics.sort();
        topics.into_iter().map(|topic| self.item_link(at.site as usize, topic)).collect()
    }

    /// The items published before and after this one in its column.
    fn neighbours(&self, at: ItemRef) -> (Option<LinkView<'_>>, Option<LinkView<'_>>) {
        let own = &self.group.column(at).own;
        let here = self.facts(at.site as usize).positions[at.item as usize] as usize;
        let link = |i: usize| own.get(i).map(|&item| self.item_link(at.site as usize, ItemRef { item, ..at }));
        (here.checked_sub(1).and_then(link), link(here + 1))
    }

    /// Earlier items of the same column that share keywords, the most alike first. Only earlier ones near it, so that a new item
    /// never changes an old page.
    fn alike(&self, at: ItemRef) -> Vec<LinkView<'_>> {
        let site = at.site as usize;
        let all = self.facts(site).keywords.get_or_init(|| Keywords::of(self.group, at.site));
        let keywords = all.get(at.item);
        let column = self.group.column(at);
        if keywords.is_empty() || column.sort != Sort::Date {
            return Vec::new();
        }
        let own = &column.own;
        let here = self.facts(site).positions[at.item as usize] as usize;
        // The one just before is linked anyway.
        let earlier = own[here.saturating_sub(ALIKE_WITHIN)..here].iter().rev().skip(1);
        let shared = |item: u32| all.get(item).iter().filter(|word| keywords.contains(word)).count();
        let mut found: Vec<(usize, u32)> = earlier.map(|&item| (shared(item), item)).filter(|(count, _)| *count > 0).collect();
        found.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
        found.into_iter().take(ALIKE).map(|(_, item)| self.item_link(at.site as usize, ItemRef { item, ..at })).collect()
    }

    /// The rows of a table that page `page` (from 1) shows.
    fn table(&self, at: ItemRef, page: usize) -> Option<TableView<'_>> {
        let Details::Table(table) = &self.group.version(at).front.details else { return None };
        let site = at.site as usize;
        let reference = table.data.as_ref()?;
        let facts = self.file_beside(at, &reference.target)?.facts.as_ref()?;
        let total = facts.rows? as usize;
        let size = table.rows_per_page.unwrap_or(100) as usize;
        let count = total.div_ceil(size).max(1);
        let page_link = |n: usize| LinkView { name: n.to_string().into(), url: self.urls.link(site, site, &self.urls.item_path(at, n)).into() };
        Some(TableView {
            digest: facts.digest,
            columns: &table.columns_shown,
            from: (page - 1) * size,
            to: (page * size).min(total),
            total,
            page,
            pages: if count > 1 { (1..=count).map(page_link).collect() } else { Vec::new() },
            file: self.file_view(site, at, reference)?,
            chart: table.chart.as_ref().filter(|_| page == 1),
            key: self.table_key(at),
        })
    }

    /// By what the side service knows a table's rows; nothing without the service.
    fn table_key(&self, at: ItemRef) -> String {
        if !self.has_search_service() {
            return String::new();
        }
        format!("{:016x}", table_key(&self.group.source(at.site as usize).id, &self.group.item_source(at).path))
    }

    /// How many pages an item has: tables may have several.
    pub(super) fn item_pages(&self, at: ItemRef) -> usize {
        self.table(at, 1).map_or(1, |t| t.pages.len().max(1))
    }

    /// What the body needs besides its text.
    pub(super) fn body_view(&self, at: ItemRef) -> BodyView {
        let version = self.group.version(at);
        let targets = version.outline.links.iter().map(|link| self.body_target(at, &link.target, link.kind)).collect();
        BodyView { digest: version.digest, targets }
    }

    fn body_target(&self, at: ItemRef, target: &str, kind: LinkKind) -> BodyTarget {
        let site = at.site as usize;
        if !crate::source::markdown::allowed_scheme(target) {
            return BodyTarget::Nothing;
        }
        match (kind, self.group.resolve(site, &self.group.item_source(at).path, target)) {
            (_, None | Some(Target::Hidden)) => BodyTarget::Nothing,
            (LinkKind::Picture, Some(Target::File(s, f))) => match self.picture_of(site, s, self.file(s, f), "") {
                Some(p) if is_picture(&self.file(s, f).path) => {
                    BodyTarget::Picture { src: p.src.into(), srcset: p.srcset.into(), width: p.width, height: p.height }
                }
                _ => BodyTarget::Nothing,
            },
            (LinkKind::Picture, _) => BodyTarget::Nothing,
            (LinkKind::Link, Some(Target::File(s, f))) => {
                let file = self.file(s, f);
                let path = public_path(file);
                let note = FileNote { format: format_of(&path).into(), size: public_size(file) };
                BodyTarget::Href { url: self.urls.link(site, s, &path).into(), external: false, file: Some(note) }
            }
            (LinkKind::Link, Some(Target::Address)) => BodyTarget::Href { url: target.into(), external: self.urls.is_external(target), file: None },
            (LinkKind::Link, Some(_)) => match self.reference_url(site, at, target, 0) {
                Some(url) => BodyTarget::Href { external: self.urls.is_external(&url), url: url.into(), file: None },
                None => BodyTarget::Nothing,
            },
        }
    }
}

fn fragment(target: &str) -> &str {
    if target.starts_with("@/") || target.contains(".md#") { target.find('#').map_or("", |at| &target[at..]) } else { "" }
}

/// The ending of a file's name, in small letters.
fn format_of(path: &str) -> String {
    path.rsplit('.').next().unwrap_or("").to_ascii_lowercase()
}

fn hex(bytes: [u8; 32]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// `12 KB`, `1.4 MB`.
fn size_text(bytes: u64) -> String {
    match bytes {
        0..1_024 => format!("{bytes} B"),
        1_024..1_048_576 => format!("{} KB", bytes.div_ceil(1_024)),
        _ => {
            let tenths = bytes * 10 / 1_048_576;
            format!("{}.{} MB", tenths / 10, tenths % 10)
        }
    }
}
