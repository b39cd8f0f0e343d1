//! One item: its title, its front matter and its body.
//!
//! In: the plan of the group and the item's place in it. Out: an [`Article`] in the chosen dialect. The text does not depend on
//! the dialect; only the ways links and files are written do.

use crate::calendar::Moment;
use crate::columns::Kind;
use crate::group::{CITY, Group, Id, Site, SiteKind};
use crate::random::Rng;
use crate::text::Text;
use crate::typed;
use crate::voice::{Scene, Voice};
use crate::words;

/// Who is going to read the files.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    Portico,
    Hugo,
}

/// A value of front matter.
pub enum Value {
    Text(String),
    /// Written as it is: a number, a word.
    Plain(String),
    Day(Moment),
    Time(Moment),
    Texts(Vec<String>),
    Item(Id),
    Items(Vec<Id>),
    /// A file of the site, by its path below the site's folder.
    File(String),
    Files(Vec<String>),
    Maps(Vec<Vec<(&'static str, Value)>>),
}

/// A whole item.
pub struct Article {
    pub fields: Vec<(&'static str, Value)>,
    pub body: String,
    /// A CSV file beside it, for tables.
    pub csv: Option<String>,
}

/// Who writes which item for whom.
pub struct Pen<'a> {
    pub group: &'a Group,
    pub id: Id,
    pub dialect: Dialect,
}

/// How many pictures every site has, and their names.
pub const PICTURES: &[&str] = &["pictures/p1.jpg", "pictures/p2.jpg", "pictures/p3.jpg", "pictures/p4.jpg", "pictures/p5.png", "pictures/p6.png"];
/// The forms every site has.
pub const FORMS: &[&str] = &["files/form-1.docx", "files/form-2.docx", "files/form-3.docx", "files/form-4.docx"];

const NEWS: &[[&str; 3]] = &[
    ["title-meet", "lead-meet", "meet"],
    ["title-visit", "lead-visit", "visit"],
    ["title-scene", "lead-scene", "scene"],
    ["title-build", "lead-build", "build"],
    ["title-progress", "lead-progress", "measures"],
];

impl Pen<'_> {
    pub fn site(&self) -> &Site {
        &self.group.sites[self.id.site]
    }

    /// The target of a link to an item.
    pub fn link(&self, to: Id) -> String {
        let (site, stem) = (&self.group.sites[to.site].id, self.group.stem(to));
        match self.dialect {
            Dialect::Portico => format!("@/{site}/{stem}.md"),
            Dialect::Hugo => format!("/{site}/{stem}.html"),
        }
    }

    /// The target of a link to a column, or to a site's home when the path is empty.
    pub fn column_link(&self, site: &str, path: &str) -> String {
        let slash = if path.is_empty() { "" } else { "/" };
        match self.dialect {
            Dialect::Portico => format!("@/{site}/{path}{slash}"),
            Dialect::Hugo => format!("/{site}/{path}{slash}"),
        }
    }

    /// The target of a link to a file of the same site.
    pub fn file(&self, path: &str) -> String {
        match self.dialect {
            Dialect::Portico => format!("{}{path}", "../".repeat(self.group.stem(self.id).matches('/').count())),
            Dialect::Hugo => format!("/{}/{path}", self.site().id),
        }
    }
}

/// The form a piece of news has.
fn news_form(group: &Group, id: Id) -> &'static [&'static str; 3] {
    group.chance(id, 0xF0).one(NEWS)
}

/// The item's title: always the same one, so that links can quote it.
pub fn title(group: &Group, id: Id) -> String {
    title_in(group, id, &Scene::of(group, id))
}

fn title_in(group: &Group, id: Id, scene: &Scene) -> String {
    let kind = group.column_of(id).spec.kind;
    let mut voice = Voice::new(group.chance(id, 0x71), scene);
    match kind {
        Kind::Section | Kind::News => voice.one_of(news_form(group, id)[0]),
        Kind::Notice => voice.one_of("title-notice"),
        Kind::Policy => format!("{}{}", typed::issuer(&group.sites[id.site]), voice.one_of("title-policy")),
        Kind::Explainer => explainer_title(group, id, &mut voice),
        Kind::Guide => voice.one_of("title-guide"),
        Kind::Download => format!("{}（{}年版）", voice.one_of("title-download"), scene.date.date().year),
        Kind::Album => voice.one_of("title-album"),
        Kind::Video => format!("【视频】{}", voice.one_of(news_form(group, id)[0])),
        Kind::Leader => scene.name.clone(),
        Kind::Table => voice.say("{year}年{month}月{topic}主要指标"),
        Kind::Topic => voice.one_of("title-topic"),
        Kind::Link => voice.say("{service}查询"),
        Kind::Reply => voice.one_of("title-reply"),
        Kind::Auction => voice.say("{org}{goods}（{#2-120}件）网上竞价公告"),
        Kind::Vendor => voice.say(&format!("{CITY}{{firm}}{{trade}}有限公司")),
    }
}

fn explainer_title(group: &Group, id: Id, voice: &mut Voice<'_>) -> String {
    match typed::explained(group, id) {
        // Titles inside a title take the smaller marks.
        Some(policy) => format!("《{}》政策解读", title(group, policy).replace('《', "〈").replace('》', "〉")),
        None => voice.say("{year}年{topic}政策解读"),
    }
}

/// Whether an item is also shown in the main site's news.
pub fn is_shared(group: &Group, id: Id) -> bool {
    let news = group.column_of(id).spec.path == "news";
    news && group.sites[0].columns.iter().any(|c| c.spec.path == "news/headlines") && group.chance(id, 0x54).once_in(250)
}

/// The topic of the main site that an item joins.
pub fn topic_of(group: &Group, id: Id) -> Option<Id> {
    if group.column_of(id).spec.kind != Kind::News {
        return None;
    }
    let column = group.sites[0].column("news/topics")?;
    let mut rng = group.chance(id, 0x70);
    rng.once_in(300).then(|| Id { site: 0, column, index: rng.below(group.sites[0].columns[column].count) })
}

/// Composes an item.
pub fn compose(pen: &Pen<'_>) -> Article {
    let (group, id) = (pen.group, pen.id);
    let scene = Scene::of(group, id);
    let mut voice = Voice::new(group.chance(id, 0xB0D), &scene);
    let picture = picture_of(pen, &mut voice.rng);
    let mut fields = common(pen, &scene, &mut voice, picture);
    let mut article = typed::details(pen, &mut voice);
    fields.append(&mut article.fields);
    let body = body(pen, &mut voice, picture) + &article.body;
    Article { fields, body, csv: article.csv }
}

/// About a tenth of all items show a picture; pieces of picture news always do.
fn picture_of(pen: &Pen<'_>, rng: &mut Rng) -> Option<&'static str> {
    let spec = pen.group.column_of(pen.id).spec;
    let always = spec.path == "news/pictures" || matches!(spec.kind, Kind::Video | Kind::Topic);
    let chosen = rng.pick(PICTURES);
    (always || rng.percent(10)).then_some(chosen)
}

fn common(pen: &Pen<'_>, scene: &Scene, voice: &mut Voice<'_>, picture: Option<&str>) -> Vec<(&'static str, Value)> {
    let (group, id) = (pen.group, pen.id);
    let mut fields = vec![("title", Value::Text(title_in(group, id, scene))), ("date", Value::Time(scene.date))];
    if voice.rng.percent(5) {
        let days = voice.rng.between(1, 40) as i64;
        let key = if pen.dialect == Dialect::Hugo { "lastmod" } else { "updated" };
        fields.push((key, Value::Time(scene.date.later(days))));
    }
    let source = if voice.rng.percent(30) { voice.one_of("outlet") } else { pen.site().name.replace("门户网站", "") };
    fields.push(("source", Value::Text(source)));
    if voice.rng.percent(20) {
        fields.push(("author", Value::Text(voice.say("{surname}{given}"))));
    }
    if voice.rng.percent(70) {
        fields.push(("keywords", Value::Texts(vec![scene.topic.into(), scene.field.name.into(), scene.project.into()])));
    }
    if voice.rng.percent(60) {
        fields.push(("summary", Value::Text(voice.one_of("summary"))));
    }
    fields.extend(picture.map(|p| ("image", Value::File(p.into()))));
    if is_shared(group, id) {
        fields.push(("share", Value::Texts(vec!["www/news/headlines".into()])));
    }
    if let Some(topic) = topic_of(group, id) {
        let stem = group.stem(topic);
        fields.push(("topics", Value::Texts(vec![stem.rsplit('/').next().unwrap_or(&stem).into()])));
    }
    fields
}

/// Most texts are short; none leaves 300 to 1,500 characters by much.
fn target(rng: &mut Rng) -> usize {
    let x = rng.below(1000);
    300 + x * x * 1080 / 1_000_000
}

fn body(pen: &Pen<'_>, voice: &mut Voice<'_>, picture: Option<&str>) -> String {
    let mut text = Text::new(target(&mut voice.rng));
    match pen.group.column_of(pen.id).spec.kind {
        Kind::Section | Kind::News | Kind::Video | Kind::Album | Kind::Topic => news(pen, voice, picture, &mut text),
        Kind::Notice => notice(pen, voice, picture, &mut text),
        Kind::Policy => policy(pen, voice, &mut text),
        Kind::Explainer => explainer(pen, voice, picture, &mut text),
        Kind::Guide | Kind::Download | Kind::Auction | Kind::Vendor | Kind::Link => notes(pen, voice, "guide-note", &mut text),
        Kind::Reply => {
            text.paragraph(&voice.one_of("reply-open"));
            notes(pen, voice, "reply-body", &mut text);
            text.paragraph(&voice.one_of("reply-close"));
        }
        Kind::Leader => notes(pen, voice, "bio", &mut text),
        Kind::Table => notes(pen, voice, "measures", &mut text),
    }
    text.finish()
}

fn news(pen: &Pen<'_>, voice: &mut Voice<'_>, picture: Option<&str>, text: &mut Text) {
    let [_, lead, own] = news_form(pen.group, pen.id);
    text.paragraph(&voice.one_of(lead));
    show(pen, voice, picture, text);
    if voice.rng.percent(60) {
        text.paragraph(&voice.one_of("background"));
    }
    let parts = voice.rng.percent(35);
    let first = voice.rng.below(99);
    let mut part = 0;
    while !text.nearly_full() {
        if parts && part < 4 && voice.rng.percent(45) {
            part += 1;
            text.heading(&part_heading(first, part));
        }
        let list = voice.rng.pick(&[own, own, own, "measures", "measures", "data", "quote"]);
        text.paragraph(&voice.one_of(list));
        extra(pen, voice, text);
    }
    text.paragraph(&voice.one_of("next"));
}

/// `二、健全长效机制`: the parts of a text have headings in turn, so that none comes twice.
fn part_heading(first: usize, part: usize) -> String {
    let heads = words::list("head");
    format!("{}、{}", numeral(part), heads[(first + part) % heads.len()])
}

fn notice(pen: &Pen<'_>, voice: &mut Voice<'_>, picture: Option<&str>, text: &mut Text) {
    if voice.rng.percent(60) {
        text.paragraph("各乡镇人民政府（街道办事处），市直有关单位：");
    }
    text.paragraph(&voice.one_of("notice-body"));
    show(pen, voice, picture, text);
    let first = voice.rng.below(99);
    let mut part = 0;
    while !text.nearly_full() {
        part += 1;
        if part < 6 {
            text.heading(&part_heading(first, part));
        }
        let items: Vec<String> = (0..voice.rng.between(2, 5)).map(|_| voice.one_of("notice-item")).collect();
        text.list(&items, part % 2 == 1);
        if voice.rng.percent(50) {
            text.paragraph(&voice.one_of("duty-article"));
        }
        extra(pen, voice, text);
    }
    text.paragraph("特此通知。");
    text.paragraph(&voice.say("{org}　{year}年{month}月{day}日"));
}

fn policy(pen: &Pen<'_>, voice: &mut Voice<'_>, text: &mut Text) {
    text.paragraph("各乡镇人民政府（街道办事处），市直各部门、各单位：");
    text.paragraph(&voice.say("现将有关文件印发给你们，请结合实际，认真贯彻执行。"));
    let (mut chapter, mut article) = (0, 0);
    while !text.nearly_full() {
        if article % 3 == 0 && chapter < 6 {
            chapter += 1;
            text.heading(&format!("第{}章　{}", numeral(chapter), ["总则", "职责分工", "工作内容", "程序和要求", "监督管理", "附则"][chapter - 1]));
        }
        article += 1;
        let said = if article == 1 {
            voice.say("为做好{topic}工作，根据{law}等法律法规，结合本市实际，制定本文件。")
        } else {
            voice.one_of("duty-article")
        };
        text.paragraph(&format!("**第{}条**　{said}", numeral(article)));
        extra(pen, voice, text);
    }
    text.paragraph(&format!("**第{}条**　{}", numeral(article + 1), voice.say("本文件自印发之日起施行，由{org}负责解释，有效期{#2-5}年。")));
}

fn explainer(pen: &Pen<'_>, voice: &mut Voice<'_>, picture: Option<&str>, text: &mut Text) {
    text.paragraph(&voice.say("近日，{org}印发了有关{topic}的政策文件。为便于社会各界准确理解，现就有关内容解读如下。"));
    show(pen, voice, picture, text);
    let mut part = 0;
    while !text.nearly_full() {
        part += 1;
        text.heading(&format!("{}、{}", numeral(part), voice.one_of("ask")));
        text.paragraph(&voice.one_of("answer"));
        extra(pen, voice, text);
    }
    text.paragraph(&voice.say("咨询单位：{org}；咨询时间：工作日 8:30—12:00，14:30—17:30。"));
}

fn notes(pen: &Pen<'_>, voice: &mut Voice<'_>, list: &str, text: &mut Text) {
    while !text.nearly_full() {
        let from = if voice.rng.percent(80) { list } else { "background" };
        text.paragraph(&voice.one_of(from));
        extra(pen, voice, text);
    }
}

fn show(pen: &Pen<'_>, voice: &mut Voice<'_>, picture: Option<&str>, text: &mut Text) {
    if let Some(path) = picture {
        let caption = voice.one_of("photo");
        text.picture(&caption, &pen.file(path), &voice.say("{month}月{day}日，{place}"));
    }
}

/// Now and then something other than a paragraph: a list, a table, a link, a quotation.
fn extra(pen: &Pen<'_>, voice: &mut Voice<'_>, text: &mut Text) {
    match voice.rng.below(24) {
        0 | 1 => {
            text.paragraph(&voice.one_of("lead-in"));
            let items: Vec<String> = (0..voice.rng.between(3, 5)).map(|_| format!("{}，{}；", voice.one_of("attitude"), voice.one_of("measure"))).collect();
            let ordered = voice.rng.percent(50);
            text.list(&items, ordered);
        }
        2 => {
            text.paragraph(&voice.one_of("table-intro"));
            text.table(&progress_table(pen.group, voice));
        }
        3..=6 => {
            let (name, target) = any_link(pen, &mut voice.rng);
            let said = voice.one_of("see").replace("{link}", &format!("[{name}]({target})"));
            text.paragraph(&said);
        }
        7 => text.quotation(&voice.one_of("duty-article")),
        _ => {}
    }
}

fn progress_table(group: &Group, voice: &mut Voice<'_>) -> Vec<Vec<String>> {
    let mut rows = vec![vec!["单位".into(), "任务数（个）".into(), "完成数（个）".into(), "完成率".into()]];
    let places: Vec<&Site> = group.sites.iter().filter(|s| s.kind != SiteKind::Portal).collect();
    for i in 0..voice.rng.between(3, 7) {
        let name = places.get(voice.rng.below(places.len())).map_or_else(|| format!("第{}组", numeral(i + 1)), |s| s.short_name.clone());
        let all = voice.rng.between(20, 180);
        let done = voice.rng.between(all / 2, all);
        rows.push(vec![name, all.to_string(), done.to_string(), format!("{}.{}%", done * 100 / all, done * 1000 / all % 10)]);
    }
    rows
}

/// A link with its wording: mostly near, sometimes on another site, sometimes a column or a home page.
fn any_link(pen: &Pen<'_>, rng: &mut Rng) -> (String, String) {
    let (group, id) = (pen.group, pen.id);
    let to = match rng.below(10) {
        0 => return whole_column(pen, rng),
        1..=5 => Id { index: rng.below(group.column_of(id).count), ..id },
        6 | 7 => {
            let site = pen.site();
            let full: Vec<usize> = (0..site.columns.len()).filter(|c| site.columns[*c].count > 0).collect();
            let column = rng.pick(&full);
            Id { site: id.site, column, index: rng.below(site.columns[column].count) }
        }
        _ => group.nth(rng.below(group.items)),
    };
    // An item of a link column leads elsewhere and may have no page of its own.
    if to == id || group.column_of(to).spec.kind == Kind::Link {
        return whole_column(pen, rng);
    }
    (title(group, to), pen.link(to))
}

fn whole_column(pen: &Pen<'_>, rng: &mut Rng) -> (String, String) {
    let site = rng.one(&pen.group.sites);
    if rng.percent(40) {
        return (site.name.clone(), pen.column_link(&site.id, ""));
    }
    let column = rng.one(&site.columns);
    (format!("{}“{}”栏目", site.short_name, column.spec.name), pen.column_link(&site.id, column.spec.path))
}

/// 一, 二, … 十, 十一, …, as far as 九十九.
pub fn numeral(n: usize) -> String {
    const DIGITS: [&str; 10] = ["", "一", "二", "三", "四", "五", "六", "七", "八", "九"];
    match n {
        1..=9 => DIGITS[n].into(),
        10..=19 => format!("十{}", DIGITS[n - 10]),
        20..=99 => format!("{}十{}", DIGITS[n / 10], DIGITS[n % 10]),
        _ => n.to_string(),
    }
}
