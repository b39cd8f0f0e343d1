//! One item, looked at by itself: privacy, wording, links, hidden text, accessibility, a guide's elements.
//!
//! In: an item's file as it stands, what was read of it, and the [`Rulebook`]. Out: [`Examined`], which holds as long as the file and the
//! rulebook do. Knows no other item and no clock.

use bitcode::{Decode, Encode};

use super::finding::Finding;
use super::hidden;
use super::likeness::Shape;
use super::numbers::{self, Kind};
use super::outside::{Hosts, Wrong, outside_host};
use super::passage::{Passage, place_in};
use super::wording::{Dictionary, Slip, slips, traditional};
use crate::diagnostic::Place;
use crate::source::checking::OutsideHost;
use crate::source::front_matter::{Details, ServiceGuide};
use crate::source::{ItemVersion, Written};

/// What every item is held against.
#[derive(Debug)]
pub(crate) struct Rulebook {
    pub dictionary: Dictionary,
    /// The group's domain.
    pub domain: String,
    pub listed: Vec<OutsideHost>,
}

/// What became of an item or an attachment.
#[derive(Debug, Clone, Default, PartialEq, Encode, Decode)]
pub(crate) struct Examined {
    /// Relative to `content/<site>/`.
    pub path: Box<str>,
    /// The file's stamp; 0 = look again.
    pub stamp: u64,
    pub findings: Vec<Finding>,
    /// What its text is like; nothing for short ones.
    pub shape: Option<Shape>,
    /// Links to headings of other items, to be looked up in the output.
    pub fragments: Vec<(Box<str>, Place)>,
    /// Addresses outside, to be asked online.
    pub outside: Vec<(Box<str>, Place)>,
}

/// Slips of these rules are told so often for each item, then it is enough.
const ENOUGH: usize = 5;

/// Keys whose values are sentences.
const WORDS: [&str; 5] = ["title:", "summary:", "question:", "correction:", "duties:"];

struct Examiner<'a> {
    rules: &'a Rulebook,
    file: &'a str,
    text: &'a str,
    body_at: usize,
    body_line: u32,
    passage: Passage,
    out: Examined,
}

/// Examines an item. `file` is its path from the group's root.
pub(crate) fn item(rules: &Rulebook, file: &str, version: &ItemVersion, written: &Written) -> Examined {
    let passage = Passage::of(&written.text[written.body_at..]);
    let (text, body_at, body_line) = (written.text.as_str(), written.body_at, written.body_line);
    let mut examiner = Examiner { rules, file, text, body_at, body_line, passage, out: Examined::default() };
    examiner.front();
    examiner.body();
    examiner.links(version);
    examiner.access();
    if let Details::Guide(guide) = &version.front.details {
        examiner.guide(guide);
    }
    examiner.out.shape = Shape::of(&examiner.passage.text);
    examiner.out.findings.sort_by(|a, b| (a.told.place, &a.told.code).cmp(&(b.told.place, &b.told.code)));
    examiner.out
}

impl Examiner<'_> {
    fn add(&mut self, finding: Finding) {
        self.out.findings.push(finding);
    }

    /// The file's place of a place in the running text.
    fn place(&self, at: usize) -> Place {
        place_in(&self.text[self.body_at..], self.passage.in_body(at), self.body_line)
    }

    /// The front matter as it is written: everything in it is shown or told by search engines.
    fn front(&mut self) {
        let front = &self.text[..self.body_at];
        let place = |at: usize| place_in(front, at, 1);
        let mut found: Vec<Finding> = numbers::find(front).iter().map(|n| private(self.file, place(n.range.start), n, "")).collect();
        found.extend(self.rules.dictionary.slips(front).iter().map(|s| slip(self.file, place(s.range.start), front, s)));
        // Names of keys and lists are not sentences.
        let in_words = |s: &Slip| WORDS.iter().any(|key| front[..s.range.start].rsplit('\n').next().is_some_and(|line| line.starts_with(key)));
        let slips: Vec<Slip> = slips(front).into_iter().filter(in_words).collect();
        found.extend(enough(traditional(front)).iter().map(|s| slip(self.file, place(s.range.start), front, s)));
        found.extend(enough(slips).iter().map(|s| slip(self.file, place(s.range.start), front, s)));
        found.extend(hidden::characters(front).iter().map(|h| concealed(self.file, place(h.range.start), h)));
        self.out.findings.extend(found);
    }

    fn body(&mut self) {
        let text = self.passage.text.as_str();
        let mut found: Vec<Finding> = numbers::find(text).iter().map(|n| private(self.file, self.place(n.range.start), n, "")).collect();
        let in_code =
            |s: &Slip| self.passage.code.iter().chain(self.passage.links.iter().filter(|l| l.is_bare).map(|l| &l.words)).any(|c| c.contains(&s.range.start));
        let ours = |slips: Vec<Slip>| slips.into_iter().filter(|s| !in_code(s)).collect::<Vec<_>>();
        let words = ours(self.rules.dictionary.slips(text));
        for s in words.iter().chain(&enough(ours(traditional(text)))).chain(&enough(ours(slips(text)))) {
            found.push(slip(self.file, self.place(s.range.start), text, s));
        }
        found.extend(hidden::characters(text).iter().map(|h| concealed(self.file, self.place(h.range.start), h)));
        let body = &self.text[self.body_at..];
        for raw in &self.passage.raw {
            for h in hidden::styled(&body[raw.clone()]) {
                found.push(concealed(self.file, place_in(body, raw.start + h.range.start, self.body_line), &h));
            }
        }
        self.out.findings.extend(found);
    }

    fn links(&mut self, version: &ItemVersion) {
        let body = &self.text[self.body_at..];
        let mut links: Vec<(String, String, Place)> = Vec::new();
        for link in &self.passage.links {
            let place = place_in(body, link.at, self.body_line);
            links.push((link.target.clone(), self.passage.text[link.words.clone()].to_string(), place));
        }
        // Raw HTML's links are in the outline alone.
        let written: Vec<&str> = self.passage.links.iter().map(|l| l.target.as_str()).collect();
        let others = version.outline.links.iter().filter(|l| !written.contains(&&*l.target)).map(|l| (l.target.to_string(), String::new(), l.place));
        links.extend(others.collect::<Vec<_>>());
        links.extend(version.front.links().iter().map(|r| (r.target.to_string(), version.front.common.title.to_string(), r.place)));
        for (target, words, place) in links {
            self.link(&target, &words, place);
        }
        let empty: Vec<Place> = self.passage.links.iter().filter(|l| self.is_empty(l)).map(|l| place_in(body, l.at, self.body_line)).collect();
        for place in empty {
            self.add(concealed(self.file, place, &hidden::Hidden { rule: "hidden-link", range: 0..0, by: "[]()".into() }));
        }
    }

    /// Whether a link has neither words nor a picture.
    fn is_empty(&self, link: &super::passage::Link) -> bool {
        let end = link.at + self.text[self.body_at + link.at..].find(')').unwrap_or(0);
        self.passage.text[link.words.clone()].trim().is_empty() && !self.passage.pictures.iter().any(|p| (link.at..=end).contains(&p.at))
    }

    fn link(&mut self, target: &str, words: &str, place: Place) {
        // The words of a link are read with the body; numbers in its address are not.
        for number in ["tel:", "sms:"].iter().filter_map(|scheme| target.strip_prefix(scheme)).flat_map(numbers::find) {
            let finding = private(self.file, place, &number, "");
            if !self.out.findings.iter().any(|f| f.excerpt == finding.excerpt && f.told.place.line == place.line) {
                self.add(finding);
            }
        }
        let hosts = Hosts { domain: &self.rules.domain, listed: &self.rules.listed };
        match hosts.wrong(target, words) {
            Some(Wrong::Unlisted(host)) => self.add(
                Finding::new("outside-link", self.file, place, format!("外链 {host} 不在白名单里"), format!("the outside host {host} is on no list"))
                    .hint("核对后登记在 sites/group.yaml 的 check.links", "look at it, then list it in `check.links` of sites/group.yaml")
                    .excerpt(target),
            ),
            Some(Wrong::Suspicious(why)) => self.add(
                Finding::new("suspicious-link", self.file, place, format!("可疑外链（{why}）"), format!("a suspicious outside link ({why})"))
                    .hint("很可能是被植入的链接，请删去并查明来历", "it was probably planted: remove it and find out how it came here")
                    .excerpt(target),
            ),
            None => {}
        }
        if outside_host(target, &self.rules.domain).is_some() {
            self.out.outside.push((target.into(), place));
        } else if target.starts_with("@/") && target.contains('#') {
            self.out.fragments.push((target.into(), place));
        }
    }

    fn access(&mut self) {
        let body = &self.text[self.body_at..];
        let mut found = Vec::new();
        for link in self.passage.links.iter().filter(|l| says_nothing(&self.passage.text[l.words.clone()])) {
            let words = self.passage.text[link.words.clone()].trim().to_string();
            let place = place_in(body, link.at, self.body_line);
            found.push(
                Finding::new(
                    "click-here",
                    self.file,
                    place,
                    format!("链接文字“{words}”没有说明去哪里"),
                    format!("the link's words “{words}” do not say where it leads"),
                )
                .hint("用目标的名称作链接文字，如“《办法》全文”", "use the target's name as the link's words")
                .excerpt(words),
            );
        }
        for at in &self.passage.headless {
            let place = place_in(body, *at, self.body_line);
            found.push(
                Finding::new("table-headings", self.file, place, "表格没有表头", "the table has no headings")
                    .hint("在第一行写明各列名称，读屏软件要靠它报读", "name the columns in the first row: screen readers read them out"),
            );
        }
        for picture in &self.passage.pictures {
            let words = self.passage.text[picture.words.clone()].trim().to_string();
            if is_file_name(&words) {
                let place = place_in(body, picture.at, self.body_line);
                found.push(
                    Finding::new(
                        "alt-is-name",
                        self.file,
                        place,
                        format!("图片说明“{words}”是文件名"),
                        format!("the picture's description `{words}` is a file name"),
                    )
                    .hint("写出图片上是什么", "say what the picture shows")
                    .excerpt(words),
                );
            }
        }
        self.out.findings.extend(found);
    }

    fn guide(&mut self, guide: &ServiceGuide) {
        let missing: Vec<(&str, &str)> = [
            ("设定依据", "legal_basis", guide.legal_basis.is_empty()),
            ("申请条件", "conditions", guide.conditions.is_empty()),
            ("办理材料", "materials", guide.materials.is_empty()),
            ("办理地点", "place", guide.place.is_none()),
            ("办理时间", "hours", guide.hours.is_none()),
            ("联系电话", "phone", guide.phone.is_none()),
            ("办理流程", "process", guide.process.is_empty()),
        ]
        .iter()
        .filter(|(.., lacks)| *lacks)
        .map(|(zh, en, _)| (*zh, *en))
        .collect();
        if !missing.is_empty() {
            let (zh, en): (Vec<&str>, Vec<&str>) = missing.into_iter().unzip();
            self.add(Finding::new(
                "guide-incomplete",
                self.file,
                Place::new(1, 1),
                format!("办事指南缺少{}（{}）", zh.join("、"), en.join("、")),
                format!("the service guide lacks {}", en.join(", ")),
            ));
        }
    }
}

/// The first few of a rule's slips.
fn enough(mut slips: Vec<Slip>) -> Vec<Slip> {
    slips.truncate(ENOUGH);
    slips
}

/// A person's number. `within` says where in an attachment it stands.
pub(crate) fn private(file: &str, place: Place, number: &numbers::Number, within: &str) -> Finding {
    let (rule, zh, en) = match number.kind {
        Kind::Identity => ("private-id", "公民身份号码", "an identity number"),
        Kind::Mobile => ("private-mobile", "手机号码", "a mobile number"),
        Kind::Bank => ("private-bank", "银行卡号", "a bank card number"),
    };
    let masked = &number.masked;
    let (at_zh, at_en) = if within.is_empty() { (String::new(), String::new()) } else { (format!("（{within}）"), format!(" ({within})")) };
    Finding::new(rule, file, place, format!("{zh} {masked}{at_zh}"), format!("{en}: {masked}{at_en}"))
        .hint(format!("删去，或隐去部分数字，写成 {masked}"), format!("remove it, or mask it: {masked}"))
        .excerpt(masked.as_str())
}

fn slip(file: &str, place: Place, text: &str, slip: &Slip) -> Finding {
    let wrong = &text[slip.range.clone()];
    let (zh, en) = match slip.rule {
        "office-name" => (format!("机构名称或职务“{wrong}”不规范"), format!("wrong name or title of an office: “{wrong}”")),
        "punctuation" => (format!("标点或全半角“{wrong}”不规范"), format!("punctuation or width: “{wrong}”")),
        "traditional" => (format!("简体文字中夹有繁体字“{wrong}”"), format!("traditional characters within simplified text: “{wrong}”")),
        "sensitive-word" => (format!("表述“{wrong}”不妥"), format!("a sensitive expression: “{wrong}”")),
        _ => (format!("“{wrong}”写法有误"), format!("wrong expression: “{wrong}”")),
    };
    let finding = Finding::new(slip.rule, file, place, zh, en).excerpt(around(text, slip.range.start, slip.range.end));
    if slip.write.is_empty() { finding } else { finding.hint(format!("写作“{}”", slip.write), format!("write “{}”", slip.write)) }
}

/// Some characters to both sides, on the same line; numbers of persons in them are masked.
fn around(text: &str, from: usize, to: usize) -> String {
    let before: String = text[..from].chars().rev().take_while(|c| *c != '\n').take(10).collect::<Vec<_>>().into_iter().rev().collect();
    let after: String = text[to..].chars().take_while(|c| *c != '\n').take(10).collect();
    let digits = |s: String| s.chars().map(|c| if c.is_numeric() { '*' } else { c }).collect::<String>();
    format!("{}{}{}", digits(before), &text[from..to], digits(after))
}

fn concealed(file: &str, place: Place, hidden: &hidden::Hidden) -> Finding {
    let by = &hidden.by;
    let (zh, en) = match hidden.rule {
        "bidi-control" => (format!("含有改变文字方向的控制符 {by}"), format!("the control {by} changes the direction of text")),
        "invisible-text" => (format!("含有看不见的字符 {by}"), format!("an invisible character {by}")),
        _ => (format!("内容被隐藏（{by}），疑为暗链"), format!("hidden content ({by}), perhaps a planted link")),
    };
    Finding::new(hidden.rule, file, place, zh, en).hint("删去；若不是自己写的，查明来历", "remove it; find out how it came here").excerpt(by.as_str())
}

/// Words that do not say where a link leads.
fn says_nothing(words: &str) -> bool {
    const EMPTY: [&str; 14] =
        ["点击这里", "点击此处", "点这里", "这里", "此处", "点击", "点击查看", "点击进入", "点击下载", "链接", "更多", "详情", "click here", "here"];
    let words = words.trim().trim_matches(['【', '】', '>', '》', '…', '。', '：', ':', '»', '[', ']']).to_lowercase();
    EMPTY.contains(&words.as_str())
}

/// `IMG_2031.jpg`, `微信图片_20261103.png`, `image1`: the name of a file, not what is to be seen.
fn is_file_name(words: &str) -> bool {
    let lower = words.to_lowercase();
    let ending = [".jpg", ".jpeg", ".png", ".gif", ".webp", ".bmp"].iter().any(|e| lower.ends_with(e));
    let head = ["img_", "dsc", "image", "微信图片", "微信截图", "截图", "图片", "qq图片", "未命名"].iter().find_map(|h| lower.strip_prefix(h));
    ending || head.is_some_and(|rest| rest.chars().all(|c| c.is_ascii_digit() || matches!(c, '_' | '-' | ' ')))
}
