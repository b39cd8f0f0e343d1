//! The rules: what is looked for, how bad it is, what it costs a site, and where that comes from.
//!
//! In: nothing. Out: the table [`RULES`]. Levels and points are what `check.rules` of `sites/group.yaml` does not say otherwise.

use crate::diagnostic::Severity::{self, Error, Warning};

/// 检查规则.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// Its stable name, `kebab-case`.
    pub id: &'static str,
    /// How bad it is.
    pub level: Severity,
    /// 扣分: what each finding costs of a site's 100 points.
    pub points: f64,
    /// 单项否决: one finding fails the site.
    pub veto: bool,
    /// Its name, in Chinese and English.
    pub name: (&'static str, &'static str),
    /// Where it comes from.
    pub source: &'static str,
}

const fn rule_of(id: &'static str, level: Severity, points: f64, name: (&'static str, &'static str), source: &'static str) -> Rule {
    Rule { id, level, points, veto: false, name, source }
}

const fn veto(id: &'static str, name: (&'static str, &'static str), source: &'static str) -> Rule {
    Rule { id, level: Warning, points: 0.0, veto: true, name, source }
}

const INDICATORS: &str = "政府网站与政府系统政务新媒体检查指标 (2019)";
const OPENNESS: &str = "政府信息公开条例 (2019) 第十五条; 个人信息保护法 第二十八条";
const PAGES: &str = "政府网站发展指引 (国办发〔2017〕47号)";
const ACCESS: &str = "GB/T 37668-2019; WCAG 2.2";

/// All rules, by what they are about. Points of links follow the indicator table (首页 0.2, other pages 0.1); the others are Portico's own.
pub const RULES: &[Rule] = &[
    rule_of("private-id", Error, 10.0, ("公民身份号码", "identity number"), OPENNESS),
    rule_of("private-mobile", Error, 2.0, ("手机号码", "mobile number"), OPENNESS),
    rule_of("private-bank", Error, 5.0, ("银行卡号", "bank card number"), OPENNESS),
    rule_of("private-place", Error, 1.0, ("图片里的拍摄位置", "where a picture was taken"), OPENNESS),
    rule_of("attachment-unread", Warning, 0.0, ("附件无法检查", "attachment that cannot be looked into"), OPENNESS),
    rule_of("wrong-word", Warning, 0.5, ("错别字和不规范表述", "wrong expression"), INDICATORS),
    rule_of("sensitive-word", Error, 5.0, ("敏感表述", "sensitive expression"), INDICATORS),
    rule_of("office-name", Warning, 0.2, ("机构名称不规范", "wrong name of an office"), PAGES),
    rule_of("punctuation", Warning, 0.1, ("标点和全半角", "punctuation and width"), "GB/T 15834-2011; GB/T 15835-2011"),
    rule_of("traditional", Warning, 0.1, ("繁简混用", "traditional characters"), "国家通用语言文字法 第九条"),
    rule_of("outside-link", Warning, 0.1, ("外链不在白名单", "outside link that is on no list"), INDICATORS),
    rule_of("outside-link-review", Warning, 0.0, ("外链到期未复核", "outside link due for review"), INDICATORS),
    rule_of("suspicious-link", Error, 5.0, ("可疑外链", "suspicious outside link"), INDICATORS),
    rule_of("outside-link-dead", Warning, 0.1, ("外链打不开", "outside link that does not open"), INDICATORS),
    rule_of("dead-fragment", Warning, 0.1, ("页内锚点不存在", "link to a heading that is not there"), INDICATORS),
    rule_of("dead-link", Error, 0.1, ("错链断链", "dead link"), INDICATORS),
    rule_of("backdated", Warning, 1.0, ("发布日期早于入库日期", "dated before it was there"), INDICATORS),
    rule_of("future-date", Warning, 0.5, ("发布日期在将来", "dated in the future"), INDICATORS),
    rule_of("duplicate", Warning, 0.2, ("不同站点重复的稿件", "same item on several sites"), PAGES),
    rule_of("click-here", Warning, 0.1, ("链接文字没有意义", "link whose words say nothing"), ACCESS),
    rule_of("table-headings", Warning, 0.1, ("表格没有表头", "table without headings"), ACCESS),
    rule_of("alt-is-name", Warning, 0.1, ("图片说明是文件名", "picture described by its file name"), ACCESS),
    rule_of("invisible-text", Error, 5.0, ("隐藏文字", "hidden text"), INDICATORS),
    rule_of("bidi-control", Error, 5.0, ("改变文字方向的控制符", "bidirectional control"), "Unicode UTS 55; CVE-2021-42574"),
    rule_of("hidden-link", Error, 10.0, ("暗链", "hidden link"), INDICATORS),
    veto("home-silent", ("首页不更新", "home page not updated"), INDICATORS),
    rule_of("column-silent", Warning, 1.0, ("栏目不更新", "column not updated"), INDICATORS),
    veto("columns-silent", ("栏目不更新达到上限", "too many columns not updated"), INDICATORS),
    rule_of("column-empty", Warning, 1.0, ("空白栏目", "empty column"), INDICATORS),
    veto("columns-empty", ("空白栏目达到上限", "too many empty columns"), INDICATORS),
    veto("letters-unanswered", ("来信超期未答复", "letters unanswered too long"), INDICATORS),
    veto("no-consultation", ("没有咨询渠道", "no consultation channel"), INDICATORS),
    veto("no-guides", ("没有办事指南", "no service guides"), INDICATORS),
    rule_of("guide-incomplete", Warning, 0.5, ("办事指南要素不全", "service guide lacking key elements"), INDICATORS),
    rule_of("footer-incomplete", Warning, 1.0, ("页脚要素不全", "footer lacking duties"), PAGES),
    rule_of("page-tags", Warning, 1.0, ("网页标签不全", "page lacking tags"), "政府网站网页标签规范 (国办函〔2017〕)"),
    rule_of("suppression", Warning, 0.0, ("例外登记有误或已到期", "suppression wrong or expired"), "sites/group.yaml"),
];

/// The rule of this name; findings of builds have rules of their own and are not here.
#[must_use]
pub fn rule(id: &str) -> Option<&'static Rule> {
    RULES.iter().find(|r| r.id == id)
}

/// What a finding of a build (`dead-link`, `missing-file`, …) costs a site.
pub(crate) const BUILD_POINTS: f64 = 0.1;
