//! Holding an item against the rest of the group: its address, its references and files, where it wants to be shared.
//!
//! In: what was read, and one version of an item. Out: diagnostics with places. Decides on what was written, not on what is public, so
//! that one item's mistake never makes another's.

use super::item::{Conditions, is_slug, slug_of_path, visibility};
use super::reference::{Dead, Written, written};
use super::site::Site;
use crate::diagnostic::{Diagnostic, Place, Text};
use crate::source::front_matter::{self, Details, Reference, Seldom};
use crate::source::{ItemSource, ItemVersion, SiteSource, SourceTree, is_picture, markdown};

/// Columns that the site's settings name and that do not exist: blocks of the home page, links of menu entries.
pub(super) fn check_columns_named(tree: &SourceTree, site: &SiteSource, diagnostics: &mut Vec<Diagnostic>) {
    let file = site.settings_file();
    for (i, block) in site.settings.home.iter().enumerate().filter(|(_, block)| block.links.is_empty()) {
        if written_column(tree, &site.id, &block.column).is_none() {
            let place = site.places.get(&format!("home.{i}.column")).copied().unwrap_or_default();
            diagnostics.push(Diagnostic::warning(
                "no-such-column",
                &file,
                place,
                format!("首页版块的栏目“{}”不存在", block.column),
                format!("the home page's column `{}` does not exist", block.column),
            ));
        }
    }
}

/// The tree's site that has the column `path` of site `id`.
pub(super) fn written_column(tree: &SourceTree, id: &str, path: &str) -> Option<usize> {
    let path = path.trim_matches('/');
    match written(tree, 0, "", &format!("@/{id}/{path}")) {
        Ok(Written::Column(site)) => Some(site),
        _ => None,
    }
}

/// Whether anyone will see this version now or later: drafts and what has expired are not checked.
pub(super) fn may_be_seen(version: &ItemVersion, conditions: &Conditions) -> bool {
    let visible = visibility(&version.front, conditions);
    let internal = version.front.common.audience == front_matter::Audience::Internal;
    visible.shown || visible.until.is_some() || (internal && !version.front.common.draft)
}

/// Holds an item against the rest of the group: its address, references, files, topics and shares.
pub(super) fn check(tree: &SourceTree, site: &Site, item: &ItemSource, version: &ItemVersion, file: &str, found: &mut Vec<Diagnostic>) {
    let seldom = version.front.seldom();
    check_address(seldom, item, file, found);
    for reference in version.front.files().into_iter().chain(version.front.links()) {
        let dead = match written(tree, site.source, &item.path, &reference.target) {
            Ok(Written::File(site, at)) => wrong_kind(reference, version, &tree.sites[site].content.files[at].path),
            Ok(_) => None,
            Err(dead) => Some(dead),
        };
        found.extend(dead.map(|d| dead_link(&d, file, reference.place)));
    }
    for link in version.outline.links.iter().filter(|l| markdown::allowed_scheme(&l.target)) {
        match written(tree, site.source, &item.path, &link.target) {
            Err(dead) => found.push(dead_link(&dead, file, link.place)),
            Ok(Written::Address) if link.kind == markdown::LinkKind::Picture => found.push(
                Diagnostic::error(
                    "outside-picture",
                    file,
                    link.place,
                    format!("不能引用外部图片“{}”", link.target),
                    format!("pictures of other hosts are not shown: `{}`", link.target),
                )
                .hint("把图片放在稿件旁边", "put the picture beside the item"),
            ),
            // The service beside the pages: every host leads there.
            Ok(Written::Address) if link.target.starts_with("/-/") => {}
            Ok(Written::Address) if link.target.starts_with('/') && !link.target.starts_with("//") => found.push(
                Diagnostic::warning("unchecked-link", file, link.place, format!("“{}”无法检查", link.target), format!("`{}` cannot be checked", link.target))
                    .hint("改用 @/站点/栏目/文件.md", "use @/site/column/file.md"),
            ),
            Ok(_) => {}
        }
    }
    if let Some(pdf) = seldom.attachments.iter().find(|a| is_pdf(&a.target))
        && version.outline.characters < READABLE
        && !matches!(version.front.details, Details::Download(_))
    {
        found.push(pdf_without_text(file, pdf));
    }
    for share in &seldom.share {
        if let Err((zh, en)) = shared_column(tree, &share.target) {
            found.push(
                Diagnostic::error("no-such-column", file, share.place, zh, en).hint("写成 站点/栏目，如 www/news", "write `site/column`, such as `www/news`"),
            );
        }
    }
}

/// Visible characters from which a body counts as a text of its own beside a PDF.
const READABLE: u32 = 60;

fn is_pdf(target: &str) -> bool {
    target.to_ascii_lowercase().ends_with(".pdf")
}

/// A PDF cannot be read on a small screen, aloud, or by a search engine as well as a page can.
fn pdf_without_text(file: &str, pdf: &Reference) -> Diagnostic {
    Diagnostic::warning(
        "pdf-without-text",
        file,
        pdf.place,
        format!("只有 PDF 附件“{}”，没有网页正文", pdf.target),
        format!("there is only the PDF `{}`, no text on the page", pdf.target),
    )
    .hint("把全文写进正文，PDF 作为附件保留", "write the whole text into the body and keep the PDF as an attachment")
}

fn check_address(seldom: &Seldom, item: &ItemSource, file: &str, found: &mut Vec<Diagnostic>) {
    let own = slug_of_path(&item.path);
    let slug = seldom.slug.as_deref().unwrap_or(&own);
    if !is_slug(slug) {
        found.push(
            Diagnostic::error("bad-slug", file, Place::new(1, 1), format!("“{slug}”不能用作地址"), format!("`{slug}` cannot be an address"))
                .hint("用字母、数字、汉字和连字符；不能是 index、page-数字", "use letters, digits and hyphens; not `index` or `page-N`"),
        );
    }
    for alias in &seldom.aliases {
        if alias_path(&alias.target).is_none() {
            found.push(
                Diagnostic::error(
                    "bad-alias",
                    file,
                    alias.place,
                    format!("旧地址“{}”不可用", alias.target),
                    format!("the old address `{}` cannot be used", alias.target),
                )
                .hint("写成本站内的路径，如 /old/123.html", "write a path on this site, such as /old/123.html"),
            );
        }
    }
}

/// A file an alias or a redirect is written to: `/old/x.html` → `old/x.html`, `/old/` → `old/index.html`. `None` when it
/// would leave the site's folder or would not be served as a page.
#[must_use]
pub fn alias_path(alias: &str) -> Option<String> {
    let path = alias.strip_prefix('/')?;
    let safe = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '~' | '/' | ' ' | '+' | ',' | '=');
    if path.len() > 300 || !path.chars().all(safe) {
        return None;
    }
    let folder = path.is_empty() || path.ends_with('/');
    let mut parts: Vec<&str> = path.trim_end_matches('/').split('/').collect();
    if path.is_empty() || parts.iter().any(|p| p.is_empty() || p.starts_with('.')) {
        return None;
    }
    match parts.last().and_then(|name| name.rsplit_once('.')) {
        _ if folder => parts.push("index.html"),
        Some((_, "html" | "htm" | "shtml")) => {}
        Some(_) => return None,
        None => parts.push("index.html"),
    }
    Some(parts.join("/"))
}

/// A picture is wanted and something else is given.
fn wrong_kind(reference: &Reference, version: &ItemVersion, path: &str) -> Option<Dead> {
    let front = &version.front;
    let is = |r: &Option<Reference>| r.as_ref().is_some_and(|r| std::ptr::eq(r, reference));
    let picture = is(&front.seldom().image)
        || match &front.details {
            Details::Album(a) => a.photos.iter().any(|p| std::ptr::eq(&p.file, reference)),
            Details::Leader(l) => is(&l.portrait),
            Details::Topic(t) => is(&t.banner),
            Details::Link(l) => is(&l.logo),
            Details::Video(v) => is(&v.poster),
            _ => false,
        };
    let target = &reference.target;
    if picture && !is_picture(path) {
        return Some(Dead { code: "not-a-picture", zh: format!("“{target}”不是图片"), en: format!("`{target}` is not a picture"), near: None });
    }
    let table = matches!(&front.details, Details::Table(t) if is(&t.data));
    let csv = path.to_ascii_lowercase().ends_with(".csv");
    (table && !csv).then(|| Dead { code: "not-csv", zh: format!("“{target}”不是 CSV 文件"), en: format!("`{target}` is not a CSV file"), near: None })
}

fn dead_link(dead: &Dead, file: &str, place: Place) -> Diagnostic {
    let diagnostic = Diagnostic::error(dead.code, file, place, dead.zh.as_str(), dead.en.as_str());
    match &dead.near {
        Some(near) => diagnostic.hint(format!("是不是 {near}？"), format!("did you mean `{near}`?")),
        None if dead.code == "missing-file" => diagnostic.hint("把文件放在稿件旁边，并核对文件名", "put the file beside the item and check its name"),
        None if dead.code == "broken-file" => diagnostic.hint(OPEN_IT.0, OPEN_IT.1),
        None if dead.code == "refused-file" => {
            diagnostic.hint("改用 PDF、Office、WPS、图片、音视频或压缩文件", "use PDF, office files, pictures, audio, video or archives")
        }
        None => diagnostic,
    }
}

/// A damaged picture that no item names.
pub(super) fn broken_picture(file: &str, why: &Text) -> Diagnostic {
    Diagnostic::error("broken-file", file, Place::default(), why.zh.clone(), why.en.clone()).hint(OPEN_IT.0, OPEN_IT.1)
}

/// What helps with most damaged files.
const OPEN_IT: (&str, &str) = ("用相应的软件打开核对，重新导出后再放进来", "open it in its program, export it again and put that here");

/// The site (in the tree) and the column's path that `www/news` names.
pub(super) fn shared_column<'a>(tree: &SourceTree, target: &'a str) -> Result<(usize, &'a str), (String, String)> {
    let target = target.trim_start_matches("@/").trim_matches('/');
    let (id, path) = target.split_once('/').unwrap_or((target, ""));
    if tree.unreadable.iter().any(|u| **u == *id) {
        return Ok((usize::MAX, path));
    }
    if !tree.sites.iter().any(|s| *s.id == *id) {
        return Err((format!("没有站点“{id}”"), format!("there is no site `{id}`")));
    }
    match written_column(tree, id, path) {
        Some(site) => Ok((site, path)),
        None => Err((format!("站点 {id} 没有栏目“{path}”"), format!("the site `{id}` has no column `{path}`"))),
    }
}
