//! Documents: what of the group is found, by which words, and what is shown of it.
//!
//! In: the assembled group, which holds only what is public under the build's conditions. Out: an [`Entry`] for each document-to-be with the digest of
//! what it is made from, and on demand its [`Document`]s. Reads bodies, tables and attachments; nothing else.

use std::path::Path;

use rayon::prelude::*;

use super::passage::running_text;
use super::shown::{Kind, Shown, Spot};
use crate::digest::Digest;
use crate::model::PortalGroup;
use crate::model::item::ItemRef;
use crate::model::reference::Target;
use crate::plan::picture::public_path;
use crate::plan::url::{Urls, encoded};
use crate::source::date::Date;
use crate::source::front_matter::{Details, Prose, Reference, Table};
use crate::source::sought::{numbers, table_key};
use crate::source::{self, attachment, beside};

/// Characters of an item's attachments that are searched.
const INSIDE_FILES: usize = 20_000;
/// Bytes of an attachment that is looked into.
const LARGEST_FILE: u64 = 20 << 20;
/// Characters of the text that are kept for excerpts.
const KEPT: usize = 1_500;
/// Endings of files whose text can be read; of others only the name is found.
const READ: [&str; 11] = ["docx", "xlsx", "pptx", "odt", "ods", "odp", "ofd", "pdf", "csv", "txt", "zip"];
/// Rows on a page of a table that says nothing else.
const ROWS: usize = 100;

/// What a document is made from.
#[derive(Debug, Clone, Copy)]
pub(super) enum Origin {
    /// An item.
    Item(ItemRef),
    /// The rows of a table.
    Rows(ItemRef),
    /// A site.
    Site(usize),
}

/// A document that should be in the index.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    /// Its name in the index; the rows of a table share one.
    pub key: u64,
    /// Of everything it is made from.
    pub stamp: u64,
    pub origin: Origin,
}

/// One document.
#[derive(Debug, Default)]
pub(super) struct Document {
    pub kind: Option<Kind>,
    /// Minutes since the year 0, for order; 0 for none.
    pub date: u64,
    pub year: u16,
    pub title: String,
    pub numbers: String,
    pub body: String,
    /// The cells of a row, heading by heading.
    pub cells: Vec<String>,
    pub shown: Shown,
}

/// Where documents come from.
pub(super) struct Library<'g> {
    pub group: &'g PortalGroup,
    /// The group's folder.
    pub root: &'g Path,
    pub urls: Urls<'g>,
    /// For every site of the group: its number in the index.
    pub numbers: Vec<u16>,
}

impl<'g> Library<'g> {
    /// The number of a site in the index.
    pub(super) fn number(&self, site: usize) -> u16 {
        self.numbers.get(site).copied().unwrap_or(u16::MAX)
    }

    /// Everything that should be in the index.
    pub(super) fn entries(&self, recipe: u32) -> Vec<Entry> {
        let of_site = |site: usize| {
            let s = &self.group.sites[site];
            let id = &self.group.source(site).id;
            let settings = &self.group.source(site).settings;
            let key = Digest::of(&("site", id)).short();
            let stamp = Digest::of(&(recipe, self.number(site), settings, &s.place.path)).short();
            let mut entries = vec![Entry { key, stamp, origin: Origin::Site(site) }];
            for item in 0..s.items.len() {
                let at = ItemRef { site: narrow(site), item: narrow(item) };
                let path = &self.group.item_source(at).path;
                let stamp = self.stamp(recipe, self.number(site), at);
                entries.push(Entry { key: Digest::of(&("item", id, path)).short(), stamp, origin: Origin::Item(at) });
                if let Some(stamp) = self.rows_stamp(stamp, at) {
                    entries.push(Entry { key: self.table_key(at), stamp, origin: Origin::Rows(at) });
                }
            }
            entries
        };
        (0..self.group.sites.len()).into_par_iter().flat_map_iter(of_site).collect()
    }

    /// The name of a table's rows in the index.
    pub(super) fn table_key(&self, at: ItemRef) -> u64 {
        table_key(&self.group.source(at.site as usize).id, &self.group.item_source(at).path)
    }

    fn stamp(&self, recipe: u32, number: u16, at: ItemRef) -> u64 {
        let (version, column) = (self.group.version(at), self.group.column(at));
        let front = &version.front;
        // Most items have no files and no references: nothing outside their own file goes in.
        let mut files: Vec<Digest> = Vec::new();
        let mut spots: Vec<Option<Spot>> = Vec::new();
        for reference in self.references(at) {
            spots.push(self.spot(at, &reference.target));
            files.extend(self.file(at, reference).and_then(|file| Some(file.facts.as_ref()?.digest)));
        }
        let place = &self.group.sites[at.site as usize].place.path;
        Digest::of(&(recipe, number, version.digest, front, &column.name, column.kind.word(), &self.group.item(at).slug, place, files, spots)).short()
    }

    fn rows_stamp(&self, stamp: u64, at: ItemRef) -> Option<u64> {
        let Details::Table(table) = &self.group.version(at).front.details else { return None };
        let facts = self.file(at, table.data.as_ref()?)?.facts.as_ref()?;
        Some(Digest::of(&(stamp, facts.digest)).short())
    }

    /// References whose targets or names are shown or searched.
    fn references(&self, at: ItemRef) -> Vec<&'g Reference> {
        let front = &self.group.version(at).front;
        let mut all: Vec<&Reference> = front.seldom().attachments.iter().collect();
        match &front.details {
            Details::Guide(g) => all.extend(g.forms.iter().chain(g.materials.iter().filter_map(|m| m.form.as_ref())).chain(&g.online)),
            Details::Link(l) => all.extend(&l.url),
            _ => {}
        }
        all
    }

    fn file(&self, at: ItemRef, reference: &Reference) -> Option<&'g source::FileSource> {
        let content = &self.group.source(at.site as usize).content;
        let path = beside(&self.group.item_source(at).path, &reference.target)?;
        content.file_at(&path).map(|file| &content.files[file])
    }

    /// Where a target written in an item leads, if that is public.
    fn spot(&self, at: ItemRef, target: &str) -> Option<Spot> {
        let path = |site: usize, path: &str| self.spot_of(site, path);
        Some(match self.group.resolve(at.site as usize, &self.group.item_source(at).path, target)? {
            Target::Item(to) => path(to.site as usize, &self.urls.item_path(to, 1)),
            Target::Column(site, column) => path(site, &self.urls.column_path(site, column, 0)),
            Target::Site(site) => path(site, ""),
            Target::File(site, file) => path(site, &public_path(&self.group.source(site).content.files[file])),
            Target::Address => Spot { site: None, path: target.into() },
            Target::Hidden => return None,
        })
    }

    /// A path inside a site, from its host's root.
    fn path(&self, site: usize, path: &str) -> String {
        format!("{}{}", self.urls.home(site), encoded(path))
    }

    fn spot_of(&self, site: usize, path: &str) -> Spot {
        Spot { site: Some(self.number(site)), path: self.path(site, path).into() }
    }

    /// The documents of an entry.
    pub(super) fn documents(&self, origin: Origin) -> Vec<Document> {
        match origin {
            Origin::Item(at) => vec![self.item(at)],
            Origin::Rows(at) => self.rows(at),
            Origin::Site(site) => vec![self.site(site)],
        }
    }

    fn site(&self, site: usize) -> Document {
        let settings = &self.group.source(site).settings;
        let texts = [&settings.short_name, &settings.description, &settings.address, &settings.phone, &settings.email, &settings.hours];
        let body: Vec<&str> = texts.into_iter().flatten().map(|t| &**t).chain(settings.keywords.iter().map(|k| &**k)).collect();
        let facts = [("地址", &settings.address), ("电话", &settings.phone), ("邮箱", &settings.email), ("办公时间", &settings.hours)];
        let shown = Shown {
            title: settings.name.clone(),
            spot: self.spot_of(site, ""),
            text: settings.description.clone().unwrap_or_default(),
            facts: facts.into_iter().filter_map(|(name, value)| Some((name.into(), value.clone()?))).collect(),
            ..Shown::default()
        };
        let title = match &settings.short_name {
            Some(short) => format!("{} {short}", settings.name),
            None => settings.name.to_string(),
        };
        Document { kind: Some(Kind::Site), title, body: body.join("\n"), shown, ..Document::default() }
    }

    fn item(&self, at: ItemRef) -> Document {
        let (version, column) = (self.group.version(at), self.group.column(at));
        let (common, details) = (&version.front.common, &version.front.details);
        let source = self.group.source(at.site as usize);
        let text = source::load_text(self.root, source, self.group.item(at).source as usize, version.digest).map_or_else(String::new, |b| running_text(&b));
        let mut shown = Shown {
            title: common.title.clone(),
            spot: self.spot_of(at.site as usize, &self.urls.item_path(at, 1)),
            column: column.name.clone(),
            day: common.date.day().into(),
            numbers: numbers(details).into_iter().map(Box::from).collect(),
            facts: facts(details),
            ..Shown::default()
        };
        if let Details::Link(link) = details
            && let Some(spot) = link.url.as_ref().and_then(|url| self.spot(at, &url.target))
        {
            shown.spot = spot;
        }
        let mut body = String::with_capacity(text.len() + 256);
        let strings = strings(details);
        let summary = common.summary.as_ref().map(Prose::text);
        let names = [common.source.as_deref(), common.author.as_deref()].into_iter().flatten();
        for words in summary.into_iter().chain(names).chain(common.keywords.iter()).chain(strings.iter().map(String::as_str)) {
            body.push_str(words);
            body.push('\n');
        }
        body.push_str(&text);
        let mut room = INSIDE_FILES;
        for reference in self.references(at) {
            self.filed(at, reference, &mut shown, &mut body, &mut room);
        }
        // What a kind is about comes first: a guide's body is often nothing but remarks.
        let lead = match details {
            Details::Guide(_) | Details::Reply(_) => strings.join("\n"),
            _ => summary.unwrap_or("").to_string(),
        };
        shown.text = format!("{lead}\n{text}").trim().chars().take(KEPT).collect::<String>().into();
        Document {
            kind: Some(Kind::Item(column.kind)),
            date: minutes(common.date),
            year: year(common.date),
            title: common.title.to_string(),
            numbers: shown.numbers.join("\n"),
            body,
            cells: Vec::new(),
            shown,
        }
    }

    /// Notes a file or a form of an item, and reads what stands in it.
    fn filed(&self, at: ItemRef, reference: &Reference, shown: &mut Shown, body: &mut String, room: &mut usize) {
        let Some(spot) = self.spot(at, &reference.target) else { return };
        let own = self.file(at, reference);
        let named = reference.name.as_deref().map(str::to_string);
        let name = named.or_else(|| self.name_of(at, reference)).unwrap_or_default();
        body.push('\n');
        body.push_str(&name);
        if !name.is_empty() && !shown.files.iter().any(|(_, there)| *there == spot) {
            shown.files.push((name.into(), spot));
        }
        let Some(file) = own.filter(|file| *room > 0 && file.size <= LARGEST_FILE) else { return };
        let ending = file.path.rsplit('.').next().unwrap_or("").to_ascii_lowercase();
        if !READ.contains(&ending.as_str()) {
            return;
        }
        let path = self.root.join("content").join(&*self.group.source(at.site as usize).id).join(&*file.path);
        let Ok(bytes) = std::fs::read(path) else { return };
        for (_, text) in attachment::read(&file.path, &bytes).texts {
            let taken: String = text.chars().take(*room).collect();
            *room -= taken.chars().count().min(*room);
            body.push('\n');
            body.push_str(&taken);
            if *room == 0 {
                return;
            }
        }
    }

    /// What a reference without words of its own is called: the file's name, or the title of the item it leads to.
    fn name_of(&self, at: ItemRef, reference: &Reference) -> Option<String> {
        if let Some(file) = self.file(at, reference) {
            return file.path.rsplit('/').next().map(str::to_string);
        }
        match self.group.resolve(at.site as usize, &self.group.item_source(at).path, &reference.target)? {
            Target::Item(to) => Some(self.group.version(to).front.common.title.to_string()),
            _ => None,
        }
    }

    /// The headings of a table as its pages show them, and which columns of its file they are.
    fn shown_columns(table: &Table, headings: &[String]) -> Vec<(String, usize)> {
        let all = || headings.iter().cloned().zip(0..).collect();
        if table.columns_shown.is_empty() {
            return all();
        }
        table.columns_shown.iter().filter_map(|name| Some((name.to_string(), headings.iter().position(|h| **h == **name)?))).collect()
    }

    /// The headings and the number of rows of a table.
    pub(super) fn table(&self, at: ItemRef) -> Option<(Vec<String>, usize)> {
        let (table, data) = self.load(at)?;
        Some((Self::shown_columns(table, &data.headings).into_iter().map(|(name, _)| name).collect(), data.rows.len()))
    }

    /// An item's title and the path of its first page from its host's root.
    pub(super) fn titled(&self, at: ItemRef) -> (String, String) {
        let title = self.group.version(at).front.common.title.to_string();
        (title, self.path(at.site as usize, &self.urls.item_path(at, 1)))
    }

    fn load(&self, at: ItemRef) -> Option<(&'g Table, source::Table)> {
        let Details::Table(table) = &self.group.version(at).front.details else { return None };
        let file = self.file(at, table.data.as_ref()?)?;
        let data = source::load_table(self.root, &self.group.source(at.site as usize).id, &file.path, file.facts.as_ref()?.digest)?;
        Some((table, data))
    }

    fn rows(&self, at: ItemRef) -> Vec<Document> {
        let Some((table, data)) = self.load(at) else { return Vec::new() };
        let columns = Self::shown_columns(table, &data.headings);
        let common = &self.group.version(at).front.common;
        let size = table.rows_per_page.map_or(ROWS, |n| n as usize).max(1);
        let row = |(i, row): (usize, &Vec<String>)| {
            let cells: Vec<String> = columns.iter().map(|(_, at)| row.get(*at).cloned().unwrap_or_default()).collect();
            let said = columns.iter().zip(&cells).filter(|(_, cell)| !cell.is_empty());
            let facts: Vec<(Box<str>, Box<str>)> = said.map(|((name, _), cell)| (name.as_str().into(), cell.as_str().into())).collect();
            let shown = Shown {
                title: common.title.clone(),
                spot: self.spot_of(at.site as usize, &self.urls.item_path(at, i / size + 1)),
                column: self.group.column(at).name.clone(),
                day: common.date.day().into(),
                facts,
                ..Shown::default()
            };
            Document { kind: Some(Kind::Row), date: minutes(common.date), year: year(common.date), cells, shown, ..Document::default() }
        };
        data.rows.iter().enumerate().map(row).collect()
    }
}

/// Minutes since the year 0, on the group's calendar.
fn minutes(date: Date) -> u64 {
    let at = date.civil();
    let day = at.date().duration_since(jiff::civil::date(0, 1, 1)).as_hours() / 24;
    u64::try_from(day).unwrap_or(0) * 1440 + u64::try_from(i64::from(at.hour()) * 60 + i64::from(at.minute())).unwrap_or(0)
}

fn year(date: Date) -> u16 {
    u16::try_from(date.civil().year()).unwrap_or(0)
}

fn narrow(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// What a result tells of a kind besides its text.
fn facts(details: &Details) -> Vec<(Box<str>, Box<str>)> {
    use crate::source::front_matter::Validity;
    let mut facts: Vec<(Box<str>, Box<str>)> = Vec::new();
    let mut add = |name: &str, value: &Option<Box<str>>| facts.extend(value.iter().map(|v| (name.into(), v.clone())));
    match details {
        Details::Policy(p) => {
            add("发文字号", &p.document_number);
            let validity = p.validity.map(|v| match v {
                Validity::Effective => "有效",
                Validity::Trial => "试行",
                Validity::Amended => "已修改",
                Validity::Repealed => "废止",
                Validity::Expired => "失效",
            });
            add("有效性", &validity.map(Box::from));
        }
        Details::Guide(g) => {
            add("办理机构", &g.office);
            add("办理地点", &g.place);
            add("联系电话", &g.phone);
            add("办理时限", &g.time_limit);
        }
        Details::Leader(l) => add("职务", &l.position),
        Details::Reply(r) => add("答复单位", &r.answering_office),
        Details::Vendor(v) => add("电话", &v.phone),
        Details::Auction(a) => add("采购单位", &a.purchaser),
        _ => {}
    }
    facts
}

/// All sentences of the fields that a type adds; addresses and files are not among them.
fn strings(details: &Details) -> Vec<String> {
    fn walk(key: &str, value: serde_json::Value, out: &mut Vec<String>) {
        match value {
            serde_json::Value::String(text) if !UNREAD.contains(&key) => out.push(text),
            serde_json::Value::Array(list) => list.into_iter().for_each(|v| walk(key, v, out)),
            serde_json::Value::Object(map) => map.into_iter().for_each(|(k, v)| walk(&k, v, out)),
            _ => {}
        }
    }
    const UNREAD: [&str; 23] = [
        "file",
        "forms",
        "form",
        "online",
        "url",
        "logo",
        "banner",
        "portrait",
        "poster",
        "captions",
        "stream",
        "data",
        "record",
        "repeals",
        "explained_by",
        "explains",
        "supersedes",
        "website",
        "object",
        "validity",
        "state",
        "kind",
        "columns_shown",
    ];
    let mut out = Vec::new();
    if !matches!(details, Details::None | Details::Topic(_) | Details::Link(_)) {
        walk("", serde_json::to_value(details).unwrap_or_default(), &mut out);
    }
    out
}
