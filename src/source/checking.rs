//! Settings of checking and of the monthly report: the keys `check` and `report` of `sites/group.yaml`.
//!
//! In: their YAML trees. Out: [`CheckSettings`] and [`ReportSettings`]. What is found, and what it means, is the checking room's.

use bitcode::{Decode, Encode};
use schemars::JsonSchema;
use serde::Serialize;

use super::date::Date;
use super::fields::{Fields, FromNode};
use super::front_matter::{Audience, choice};
use super::settings::{ThemeSettings, settings};
use super::yaml::Node;

choice! {
    /// From which findings on nothing is published.
    #[derive(Default)]
    FailOn {
        /// From errors on.
        #[default] Error = "error" | "错误",
        /// From warnings on.
        Warning = "warning" | "警告",
        /// Never: findings are only told.
        Never = "never" | "从不",
    }
}

type Txt = Option<Box<str>>;
type Texts = Vec<Box<str>>;

settings! {
    /// 检查: what `portico check` looks for, and from where on it refuses.
    CheckSettings {
        /// From which findings on nothing is published, `error`.
        fail_on: Option<FailOn> = "fail_on",
        /// By rule: `error`, `warning` or `off`.
        rules: ThemeSettings = "rules",
        /// Days without anything new after which a home page counts as silent, 14.
        home_days: Option<u32> = "home_days",
        /// The same for a news column, 14.
        news_days: Option<u32> = "news_days",
        /// The same for a top column of notices or policies, 183.
        notice_days: Option<u32> = "notice_days",
        /// The same for every other column that is written regularly, 365.
        other_days: Option<u32> = "other_days",
        /// How many silent news and notice columns a site may have before it fails, 5.
        silent_columns: Option<u32> = "silent_columns",
        /// How many columns long without anything new a site may have before it fails, 10.
        stale_columns: Option<u32> = "stale_columns",
        /// How many empty columns a site may have before it fails, 5.
        empty_columns: Option<u32> = "empty_columns",
        /// Days within which a letter has to be answered, 90.
        reply_days: Option<u32> = "reply_days",
        /// Per cent of equal text from which two items count as the same, 85.
        similar: Option<u32> = "similar",
        /// How many days an item may be dated before its first commit, 7.
        backdated_days: Option<u32> = "backdated_days",
        /// What was first committed up to this day came from older websites: its dates are not questioned.
        imported_until: Option<Date> = "imported_until",
        /// Folders of old items brought over later, `content/www/history`: their dates are not questioned.
        archives: Texts = "archives",
        /// Days after which the review of an outside link is due again, 365.
        link_review_days: Option<u32> = "link_review_days",
        /// 外链白名单: hosts of others that may be linked to; nothing is held against the list while it is empty.
        links: Vec<OutsideHost> = "links",
        /// What is known and accepted for a time.
        suppress: Vec<Suppression> = "suppress",
    }
}

settings! {
    /// A host of others that may be linked to.
    OutsideHost {
        /// `www.gov.cn`, or `*.gov.cn` for all below it.
        host: Box<str> = "host",
        /// When somebody last looked at it.
        reviewed: Option<Date> = "reviewed",
        /// Whose it is.
        note: Txt = "note",
    }
}

settings! {
    /// 例外: findings that are accepted, with a reason and until a day.
    Suppression {
        /// The rule.
        rule: Box<str> = "rule",
        /// The file, or a folder with everything in it, from the group's root: `content/www/news/a.md`.
        path: Box<str> = "path",
        /// Only findings whose masked excerpt or message has this text.
        text: Txt = "text",
        /// Why it is accepted.
        reason: Box<str> = "reason",
        /// Until the end of which day.
        until: Option<Date> = "until",
    }
}

settings! {
    /// 每月简报: what `portico report` shows to whom, and how it ranks.
    ReportSettings {
        /// Which audience may read it: an internal one is only shown inside, `internal`.
        audience: Option<Audience> = "audience",
        /// By part of the formula: points for each (`item`, `original`, `attachment`, `new_column`, `shared`, `late`, `correction`, `answered`,
        /// `overdue`, `error`, `warning`).
        points: ThemeSettings = "points",
        /// Days from an item's date to its commit within which it is in time, 2.
        timely_days: Option<u32> = "timely_days",
    }
}
