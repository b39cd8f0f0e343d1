//! The procurement centre (采购中心) is data: `sites/procurement/centre.yaml` says whose it is and where what becomes public goes.
//!
//! In: the file's tree and the sites. Out: a [`Centre`], and everything that is wrong with it, with places. Knows no database and no web.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;

use super::case::Millis;
use super::desk::column_type;
use crate::diagnostic::{Diagnostic, Place};
use crate::source::date::Date;
use crate::source::fields::Fields;
use crate::source::settings::{self, ColumnType, SiteSettings};
use crate::source::yaml::Node;

/// Its file.
pub const CENTRE: &str = "sites/procurement/centre.yaml";

/// The procurement centre.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Centre {
    /// 名称
    pub name: String,
    /// The site it belongs to: officials' grants name it.
    pub site: String,
    /// Where certified vendors stand: a vendor column of its site.
    pub vendors: String,
    /// Where announcements and results go: an auction column of its site.
    pub lots: String,
    /// Where its numbers go: a table column of its site, if anywhere.
    pub numbers: Option<String>,
    /// What lots' numbers begin with.
    pub prefix: String,
    /// 联系电话
    pub phone: String,
    /// Said above the form in which vendors register.
    pub intro: String,
}

/// A local time that was typed, `2026-11-28 09:00` or `2026-11-28T09:00`, as a moment.
#[must_use]
pub fn moment(typed: &str, zone: &TimeZone) -> Option<Millis> {
    let stamp: jiff::Timestamp = Date::parse(typed, zone)?.rfc3339(zone).parse().ok()?;
    Some(stamp.as_millisecond())
}

/// The first moment after a day that was typed.
#[must_use]
pub fn day_after(typed: &str, zone: &TimeZone) -> Option<Millis> {
    let day: jiff::civil::Date = Date::parse(typed, zone)?.day().parse().ok()?;
    Some(day.tomorrow().ok()?.to_zoned(zone.clone()).ok()?.timestamp().as_millisecond())
}

/// Reads its file.
pub(super) fn read(node: &Node, sites: &BTreeMap<String, SiteSettings>, zone: &TimeZone) -> (Centre, Vec<Diagnostic>) {
    let mut fields = Fields::new(node, CENTRE, zone);
    let centre = Centre {
        name: fields.take::<Box<str>>("name").into(),
        site: fields.take::<Box<str>>("site").into(),
        vendors: fields.take::<Box<str>>("vendors").into(),
        lots: fields.take::<Box<str>>("lots").into(),
        numbers: fields.take::<Option<Box<str>>>("numbers").map(String::from),
        prefix: fields.take::<Option<Box<str>>>("prefix").map_or("JJ".into(), String::from),
        phone: fields.take::<Box<str>>("phone").into(),
        intro: fields.take::<Box<str>>("intro").into(),
    };
    let wanted = [
        ("name", "名称", "name", &centre.name),
        ("site", "所属站点", "site", &centre.site),
        ("vendors", "供应商栏目", "vendors' column", &centre.vendors),
        ("lots", "竞价栏目", "auctions' column", &centre.lots),
    ];
    for (key, zh, en, _) in wanted.iter().filter(|(.., value)| value.is_empty()) {
        fields.missing(key, zh, en);
    }
    let places = settings::places(node);
    let place = |key: &str| places.get(key).copied().unwrap_or_default();
    if !centre.prefix.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
        let (zh, en) = ("编号前缀只能用字母、数字和连字符", "`prefix` takes letters, digits and hyphens");
        fields.report(Diagnostic::error("bad-id", CENTRE, place("prefix"), zh, en));
    }
    check_columns(&centre, sites, &place, &mut fields);
    (centre, fields.finish())
}

fn check_columns(centre: &Centre, sites: &BTreeMap<String, SiteSettings>, place: &impl Fn(&str) -> Place, fields: &mut Fields<'_>) {
    if centre.site.is_empty() {
        return;
    }
    let Some(site) = sites.get(&centre.site) else {
        let (zh, en) = (format!("没有站点“{}”", centre.site), format!("there is no site `{}`", centre.site));
        return fields.report(Diagnostic::error("no-such-site", CENTRE, place("site"), zh, en));
    };
    let columns = [
        ("vendors", Some(&centre.vendors), ColumnType::Vendor),
        ("lots", Some(&centre.lots), ColumnType::Auction),
        ("numbers", centre.numbers.as_ref(), ColumnType::Table),
    ];
    for (key, path, kind) in columns {
        let Some(path) = path.filter(|p| !p.is_empty() && column_type(&site.columns, p) != Some(kind)) else { continue };
        let word = kind.word();
        let zh = format!("站点 {} 没有类型为 {word} 的栏目“{path}”", centre.site);
        let en = format!("the site `{}` has no column `{path}` of the type {word}", centre.site);
        fields.report(Diagnostic::error("no-such-column", CENTRE, place(key), zh, en));
    }
}
