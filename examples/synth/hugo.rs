//! The same group as one Hugo site.
//!
//! In: the plan. Out: configuration, layouts and the `_index.md` of every site and column; the items are written by `write.rs`
//! with [`Dialect::Hugo`](crate::article::Dialect). The layouts stand beside this file, in `hugo/`.

use std::collections::BTreeMap;

use crate::article::{Dialect, Pen, is_shared, topic_of};
use crate::columns::Kind;
use crate::group::{CITY, Column, DOMAIN, Group, Id, Site};
use crate::portico::identity_code;

const FRAME: &[(&str, &str)] = &[
    ("hugo.yaml", include_str!("hugo/hugo.yaml")),
    ("layouts/index.html", include_str!("hugo/index.html")),
    ("layouts/_default/baseof.html", include_str!("hugo/baseof.html")),
    ("layouts/_default/single.html", include_str!("hugo/single.html")),
    ("layouts/_default/list.html", include_str!("hugo/list.html")),
    ("layouts/_default/map.html", include_str!("hugo/map.html")),
    ("layouts/_default/missing.html", include_str!("hugo/missing.html")),
    ("layouts/_default/rss.xml", include_str!("hugo/rss.xml")),
    ("layouts/_default/_markup/render-image.html", include_str!("hugo/render-image.html")),
    ("layouts/partials/head.html", include_str!("hugo/partials/head.html")),
    ("layouts/partials/tags.html", include_str!("hugo/partials/tags.html")),
    ("layouts/partials/header.html", include_str!("hugo/partials/header.html")),
    ("layouts/partials/crumbs.html", include_str!("hugo/partials/crumbs.html")),
    ("layouts/partials/side.html", include_str!("hugo/partials/side.html")),
    ("layouts/partials/footer.html", include_str!("hugo/partials/footer.html")),
    ("layouts/partials/items.html", include_str!("hugo/partials/items.html")),
    ("layouts/partials/block.html", include_str!("hugo/partials/block.html")),
    ("layouts/partials/meta.html", include_str!("hugo/partials/meta.html")),
    ("layouts/partials/fact.html", include_str!("hugo/partials/fact.html")),
    ("layouts/partials/facts.html", include_str!("hugo/partials/facts.html")),
    ("layouts/partials/texts.html", include_str!("hugo/partials/texts.html")),
    ("layouts/partials/links.html", include_str!("hugo/partials/links.html")),
    ("layouts/partials/extra.html", include_str!("hugo/partials/extra.html")),
    ("layouts/partials/sections.html", include_str!("hugo/partials/sections.html")),
    ("layouts/partials/sites.html", include_str!("hugo/partials/sites.html")),
    ("layouts/partials/pages.html", include_str!("hugo/partials/pages.html")),
    ("layouts/partials/data.html", include_str!("hugo/partials/data.html")),
    ("layouts/partials/crumb-data.html", include_str!("hugo/partials/crumb-data.html")),
    ("static/css/main.css", include_str!("hugo/main.css")),
    ("static/favicon.svg", include_str!("hugo/favicon.svg")),
    ("static/img/hills.svg", include_str!("hugo/favicon.svg")),
    ("static/img/police.svg", include_str!("hugo/favicon.svg")),
    ("static/img/official.svg", include_str!("hugo/favicon.svg")),
];

/// What Portico finds out by itself and Hugo has to be told: items shown elsewhere, as logical paths.
#[derive(Default)]
struct Guests {
    /// Shared into the main site's news.
    shared: Vec<String>,
    /// By topic: the items that joined it.
    topics: BTreeMap<usize, Vec<String>>,
}

/// Everything but the items, with paths.
pub fn frame(group: &Group) -> Vec<(String, String)> {
    let guests = guests(group);
    let mut files: Vec<(String, String)> = FRAME.iter().map(|(path, text)| ((*path).to_string(), (*text).to_string())).collect();
    files.push(("content/_index.md".into(), format!("---\ntitle: {CITY}人民政府门户网站群\n---\n")));
    for (place, site) in group.sites.iter().enumerate() {
        files.push((format!("content/{}/_index.md", site.id), site_page(place, site)));
        for (name, title, layout) in [("map", "站点地图", "map"), ("404", "页面不存在", "missing")] {
            let text = format!("---\ntitle: {title}\ndate: 2011-01-01T00:00:00+08:00\nlayout: {layout}\nsource: {}\n---\n", site.name);
            files.push((format!("content/{}/{name}.md", site.id), text));
        }
        for (i, column) in site.columns.iter().enumerate() {
            files.push((format!("content/{}/{}/_index.md", site.id, column.spec.path), column_page(group, &guests, place, i, column)));
        }
    }
    files
}

fn site_page(place: usize, site: &Site) -> String {
    let blocks = site.columns.iter().filter(|c| c.spec.on_home > 0);
    let home: String = blocks.map(|c| format!("  - {{section: \"/{}/{}\", count: {}}}\n", site.id, c.spec.path, c.spec.on_home)).collect();
    format!(
        "---\ntitle: {}\nweight: {}\nshort_name: {}\nsite_kind: {}\nis_site: true\ntop: \"\"\noutputs: [html, rss]\ndomain: {}.{DOMAIN}\nidentity_code: \"{}\"\n\
         address: {CITY}府前路{}号\nphone: 0888-88{:05}\nhome:\n{home}---\n",
        site.name,
        place + 1,
        site.short_name,
        site.kind.word(),
        site.id,
        identity_code(place),
        place + 1,
        10_000 + place
    )
}

fn column_page(group: &Group, guests: &Guests, place: usize, i: usize, column: &Column) -> String {
    let spec = column.spec;
    let top = spec.path.split('/').next().unwrap_or(spec.path);
    let mut out = format!("---\ntitle: {}\nweight: {}\ntop: {top}\n", spec.name, i + 1);
    if spec.kind != Kind::Section {
        out += &format!("column_type: {}\n", spec.kind.word());
    }
    if has_feed(column) {
        out.push_str("outputs: [html, rss]\n");
    }
    list(&mut out, "collect", &collected(group, column));
    if place == 0 && spec.path == "news/headlines" {
        list(&mut out, "shared", &guests.shared);
    }
    if spec.kind == Kind::Topic {
        out.push_str("members:\n");
        for index in 0..column.count {
            let stem = group.stem(Id { site: place, column: i, index });
            let none = Vec::new();
            let members = guests.topics.get(&index).unwrap_or(&none);
            out += &format!("  {}: [{}]\n", stem.rsplit('/').next().unwrap_or(&stem), quoted(members));
        }
    }
    out + "---\n"
}

/// Whether Portico gives the column a feed: what stands still or is empty has none.
fn has_feed(column: &Column) -> bool {
    let still = matches!(column.spec.kind, Kind::Section | Kind::Guide | Kind::Leader | Kind::Table | Kind::Link | Kind::Vendor);
    !still && (column.count > 0 || !column.collect.is_empty())
}

fn list(out: &mut String, key: &str, paths: &[String]) {
    if !paths.is_empty() {
        *out += &format!("{key}: [{}]\n", quoted(paths));
    }
}

fn quoted(paths: &[String]) -> String {
    paths.iter().map(|p| format!("\"{p}\"")).collect::<Vec<_>>().join(", ")
}

/// `department/news` → the news of every department.
fn collected(group: &Group, column: &Column) -> Vec<String> {
    let mut paths = Vec::new();
    for pattern in &column.collect {
        let Some((from, path)) = pattern.split_once('/') else { continue };
        let sites = group.sites.iter().filter(|s| s.id == from || s.kind.word() == from);
        paths.extend(sites.map(|s| format!("/{}/{path}", s.id)));
    }
    paths
}

fn guests(group: &Group) -> Guests {
    let mut guests = Guests::default();
    for n in 0..group.items {
        let id = group.nth(n);
        let path = || Pen { group, id, dialect: Dialect::Hugo }.link(id).trim_end_matches(".html").to_string();
        if id.site != 0 && is_shared(group, id) {
            guests.shared.push(path());
        }
        if let Some(topic) = topic_of(group, id) {
            guests.topics.entry(topic.index).or_default().push(path());
        }
    }
    // Newest first, as lists show them.
    guests.topics.values_mut().for_each(|members| members.reverse());
    guests
}
