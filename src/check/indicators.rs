//! 检查指标: what inspections decide of a site as a whole: silent and empty columns, letters, guides, duties in the footer.
//!
//! In: the group, its settings and the moment. Out: findings, each with the settings file of its site. Thresholds are settings, with the
//! table's numbers (2019 edition) as defaults. Opens nothing but the tables of published numbers it is handed.

use super::dates::days_between;
use super::finding::Finding;
use super::group::id_of;
use crate::diagnostic::Place;
use crate::model::PortalGroup;
use crate::model::site::Column;
use crate::source::checking::CheckSettings;
use crate::source::date::Date;
use crate::source::front_matter::Details;
use crate::source::settings::{ColumnType, SiteKind};
use crate::source::{ItemVersion, Table};

/// One site held against the indicators.
pub(super) struct Inspection<'g> {
    pub group: &'g PortalGroup,
    pub settings: &'g CheckSettings,
    pub at: Date,
    /// Ids of sites that have desks for letters.
    pub desks: &'g [String],
}

impl Inspection<'_> {
    /// Everything that is wrong with a site.
    pub(super) fn site(&self, site: usize) -> Vec<Finding> {
        let mut found = Vec::new();
        self.home(site, &mut found);
        self.columns(site, &mut found);
        self.services(site, &mut found);
        self.footer(site, &mut found);
        found
    }

    fn told(&self, site: usize, rule: &'static str, zh: String, en: String) -> Finding {
        Finding::new(rule, &format!("sites/{}.yaml", id_of(self.group, site)), Place::default(), zh, en)
    }

    /// The newest thing that any of the columns shows.
    fn newest<'c>(&self, columns: impl Iterator<Item = &'c Column>) -> Option<Date> {
        columns.flat_map(|c| &c.listing).map(|item| self.version(*item)).map(freshness).max()
    }

    fn version(&self, at: crate::model::item::ItemRef) -> &ItemVersion {
        self.group.version(at)
    }

    fn silent_for(&self, newest: Option<Date>) -> Option<i64> {
        newest.map(|d| days_between(d, self.at))
    }

    fn home(&self, site: usize, found: &mut Vec<Finding>) {
        let allowed = i64::from(self.settings.home_days.unwrap_or(14));
        match self.silent_for(self.newest(self.group.sites[site].columns.iter())) {
            Some(days) if days <= allowed => {}
            Some(days) => found.push(self.told(
                site,
                "home-silent",
                format!("首页已 {days} 天没有更新（上限 {allowed} 天）"),
                format!("nothing new on the home page for {days} days ({allowed} are allowed)"),
            )),
            None => found.push(self.told(site, "home-silent", "首页没有任何内容".into(), "the home page has no content at all".into())),
        }
    }

    fn columns(&self, site: usize, found: &mut Vec<Finding>) {
        let (mut silent, mut stale, mut empty) = (0u32, 0u32, 0u32);
        for column in self.group.sites[site].columns.iter().filter(|c| !c.hidden && c.link.is_none()) {
            if column.children.is_empty() && column.listing.is_empty() {
                empty += 1;
                found.push(self.told(
                    site,
                    "column-empty",
                    format!("栏目“{}”（{}）是空的", column.name, column.path),
                    format!("the column `{}` is empty", column.path),
                ));
                continue;
            }
            let Some((allowed, is_news)) = self.allowed(column) else { continue };
            let Some(days) = self.silent_for(self.newest(std::iter::once(column))).filter(|days| *days > allowed) else { continue };
            if is_news {
                silent += 1;
            } else {
                stale += 1;
            }
            let zh = format!("栏目“{}”（{}）已 {days} 天没有更新（上限 {allowed} 天）", column.name, column.path);
            found.push(self.told(site, "column-silent", zh, format!("nothing new in the column `{}` for {days} days ({allowed} are allowed)", column.path)));
        }
        let s = self.settings;
        for (count, limit, rule, zh, en) in [
            (silent, s.silent_columns.unwrap_or(5), "columns-silent", "动态、通知、政策类栏目不更新", "news, notice and policy columns not updated"),
            (stale, s.stale_columns.unwrap_or(10), "columns-silent", "应更新而长期不更新的栏目", "columns long not updated"),
            (empty, s.empty_columns.unwrap_or(5), "columns-empty", "空白栏目", "empty columns"),
        ] {
            if count >= limit {
                found.push(self.told(site, rule, format!("{zh}共 {count} 个，达到 {limit} 个的上限"), format!("{en}: {count} ({limit} fail the site)")));
            }
        }
    }

    /// How many days a column may be silent, and whether it is one of news, notices or policies; nothing for what is not written regularly.
    fn allowed(&self, column: &Column) -> Option<(i64, bool)> {
        let s = self.settings;
        match column.kind {
            ColumnType::News if is_current(&column.name) => Some((i64::from(s.news_days.unwrap_or(14)), true)),
            ColumnType::Notice | ColumnType::Policy if column.parent.is_none() => Some((i64::from(s.notice_days.unwrap_or(183)), true)),
            ColumnType::News | ColumnType::Notice | ColumnType::Policy | ColumnType::Explainer | ColumnType::Table => {
                Some((i64::from(s.other_days.unwrap_or(365)), false))
            }
            _ => None,
        }
    }

    /// The main portal has to offer consultation and guides; who lists guides has to have some.
    fn services(&self, site: usize, found: &mut Vec<Finding>) {
        let source = self.group.source(site);
        if source.settings.kind != SiteKind::Portal {
            return;
        }
        let columns = &self.group.sites[site].columns;
        let speaks = |c: &Column| c.kind == ColumnType::Reply || ["咨询", "信箱", "互动", "来信", "留言"].iter().any(|w| c.name.contains(w));
        if !self.desks.iter().any(|id| *id == *source.id) && !columns.iter().any(speaks) {
            found.push(self.told(site, "no-consultation", "没有咨询渠道：没有信箱、留言或咨询栏目".into(), "there is no consultation channel".into()));
        }
        let links_to_services = columns.iter().any(|c| c.name.contains("服务") || c.name.contains("办事"));
        let guides = self.group.sites.iter().flat_map(|s| &s.columns).any(|c| c.kind == ColumnType::Guide && !c.listing.is_empty());
        if !guides || !links_to_services {
            found.push(self.told(site, "no-guides", "没有办事指南".into(), "there are no service guides".into()));
        }
    }

    fn footer(&self, site: usize, found: &mut Vec<Finding>) {
        let settings = &self.group.source(site).settings;
        let duties = settings.footer.or(&self.group.tree.group.footer);
        let lacks = [
            ("主办单位", "sponsor", duties.sponsor.is_none()),
            ("承办单位", "organizer", duties.organizer.is_none()),
            ("ICP备案号", "icp", duties.icp.is_none()),
            ("公安机关备案号", "police", duties.police.is_none()),
            ("党政机关标识", "conac", duties.conac.is_none()),
            ("联系方式", "contact", duties.contact.is_none()),
            ("政府网站找错", "error_report", duties.error_report.is_none()),
            ("10 位网站标识码", "identity_code", settings.identity_code.as_deref().is_none_or(|code| code.len() != 10)),
        ];
        let missing: Vec<_> = lacks.iter().filter(|(.., lacks)| *lacks).collect();
        if !missing.is_empty() {
            let zh: Vec<&str> = missing.iter().map(|(zh, ..)| *zh).collect();
            let en: Vec<&str> = missing.iter().map(|(_, en, _)| *en).collect();
            found.push(self.told(site, "footer-incomplete", format!("页脚缺少{}", zh.join("、")), format!("the footer lacks {}", en.join(", "))));
        }
    }

    /// Published answers that came too late, or not at all.
    pub(super) fn letter(&self, file: &str, version: &ItemVersion) -> Option<Finding> {
        let Details::Reply(reply) = &version.front.details else { return None };
        let (asked, allowed) = (reply.asked_on?, i64::from(self.settings.reply_days.unwrap_or(90)));
        let days = days_between(asked, reply.answered_on.unwrap_or(self.at));
        let within_a_year = days_between(asked, self.at) <= 365;
        (reply.answered_on.is_none() && days > allowed && within_a_year).then(|| {
            Finding::new(
                "letters-unanswered",
                file,
                Place::new(1, 1),
                format!("来信已 {days} 天没有答复（上限 {allowed} 天）"),
                format!("a letter unanswered for {days} days ({allowed} are allowed)"),
            )
        })
    }

    /// The published numbers of letters: months long past in which fewer were answered than accepted. `file` is the table's.
    pub(super) fn numbers(&self, file: &str, table: &Table) -> Vec<Finding> {
        let column = |name: &str| table.headings.iter().position(|h| h == name);
        let (Some(month), Some(accepted), Some(answered)) = (column("月份"), column("已受理"), column("已答复")) else { return Vec::new() };
        let allowed = i64::from(self.settings.reply_days.unwrap_or(90));
        let late = |(i, row): (usize, &Vec<String>)| {
            let end = Date::parse(&format!("{}-28", row[month]), &jiff::tz::TimeZone::UTC)?;
            let days = days_between(end, self.at);
            let open = row[accepted].parse::<i64>().ok()? - row[answered].parse::<i64>().ok()?;
            let line = u32::try_from(i + 2).unwrap_or(0);
            (open > 0 && days > allowed && days <= 365).then(|| {
                let (zh, en) = (
                    format!("{} 的来信还有 {open} 件没有答复，已超过 {allowed} 天", row[month]),
                    format!("{open} letters of {} are unanswered for over {allowed} days", row[month]),
                );
                Finding::new("letters-unanswered", file, Place::new(line, 1), zh, en)
            })
        };
        table.rows.iter().enumerate().filter_map(late).collect()
    }
}

/// Whether a column of plain items is one of news (动态、要闻类) by its name; others hold what seldom changes (概况、机构职能).
fn is_current(name: &str) -> bool {
    ["动态", "要闻", "新闻", "快讯", "消息", "资讯", "时政", "播报"].iter().any(|word| name.contains(word))
}

/// When an item was last new: its date, or its update.
fn freshness(version: &ItemVersion) -> Date {
    let common = &version.front.common;
    common.updated.map_or(common.date, |u| u.max(common.date))
}
