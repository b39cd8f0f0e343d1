//! What the type of a column adds to an item.
//!
//! In: the item and its voice. Out: front matter of the content contract (and, for tables, a CSV file). Relations between items
//! (which explainer explains which policy) are reckoned from their numbers, so both ends know of each other without a search.

use crate::article::{Article, Dialect, FORMS, PICTURES, Pen, Value, numeral};
use crate::columns::Kind;
use crate::group::{CITY, Group, Id, Site, SiteKind};
use crate::random::Rng;
use crate::voice::Voice;

type Fields = Vec<(&'static str, Value)>;

fn text(value: impl Into<String>) -> Value {
    Value::Text(value.into())
}

fn plain(value: impl Into<String>) -> Value {
    Value::Plain(value.into())
}

/// 发文机关
pub fn issuer(site: &Site) -> String {
    if site.kind == SiteKind::Portal { format!("{CITY}人民政府") } else { site.name.clone() }
}

/// What the item's type adds; the body holds only what other blocks do not.
pub fn details(pen: &Pen<'_>, voice: &mut Voice<'_>) -> Article {
    let mut article = Article { fields: Vec::new(), body: String::new(), csv: None };
    article.fields = match pen.group.column_of(pen.id).spec.kind {
        Kind::Section | Kind::News | Kind::Notice | Kind::Topic => Vec::new(),
        Kind::Policy => policy(pen, voice),
        Kind::Explainer => explainer(pen),
        Kind::Guide => guide(pen, voice),
        Kind::Download => download(pen, voice),
        Kind::Album => album(voice),
        Kind::Video => video(pen),
        Kind::Leader => leader(pen, voice),
        Kind::Table => table(pen, voice, &mut article),
        Kind::Link => link(pen),
        Kind::Reply => reply(pen, voice),
        Kind::Auction => auction(pen, voice),
        Kind::Vendor => vendor(voice),
    };
    article
}

/// The policy that an explainer explains.
pub fn explained(group: &Group, id: Id) -> Option<Id> {
    let site = &group.sites[id.site];
    let column = site.column("open/policy")?;
    let (policies, explainers) = (site.columns[column].count, group.column_of(id).count);
    // As many explainers as policies or fewer: spread over all of them; more: round and round.
    let index = if explainers <= policies { id.index * policies / explainers } else { id.index % policies };
    Some(Id { column, index, ..id })
}

/// The explainers of a policy: the other end of [`explained`].
fn explainers(group: &Group, id: Id) -> Vec<Id> {
    let site = &group.sites[id.site];
    let Some(column) = site.column("open/explainer").or_else(|| site.column("open/explainers")) else { return Vec::new() };
    let (policies, count) = (group.column_of(id).count, site.columns[column].count);
    let first = if count <= policies { (id.index * count).div_ceil(policies) } else { id.index };
    let all = (first..count).step_by(policies).map(|index| Id { column, index, ..id });
    all.filter(|e| explained(group, *e) == Some(id)).take(5).collect()
}

/// Every twelfth policy repeals one.
fn repeals(index: usize) -> Option<usize> {
    (index % 12 == 7).then(|| index - 5)
}

fn sibling(group: &Group, id: Id, index: usize) -> Option<Id> {
    (index < group.column_of(id).count).then_some(Id { index, ..id })
}

fn policy(pen: &Pen<'_>, voice: &mut Voice<'_>) -> Fields {
    let (group, id, scene) = (pen.group, pen.id, voice.scene);
    let signed = scene.date.later(-(voice.rng.between(1, 9) as i64));
    let year = signed.date().year;
    let mark: String = if pen.site().kind == SiteKind::Portal { "政".into() } else { scene.field.name.chars().take(1).collect() };
    let mut fields = vec![
        ("index_number", text(format!("QY{:03}-{:02}-{year}-{:05}", id.site + 1, id.column, id.index + 1))),
        ("document_number", text(format!("青{mark}发〔{year}〕{}号", id.index % 97 + 1))),
        ("issuing_agency", text(issuer(pen.site()))),
        ("signed_on", Value::Day(signed)),
        ("effective_on", Value::Day(scene.date.later(30))),
        ("validity", plain(voice.rng.pick(&["effective", "effective", "effective", "effective", "effective", "trial", "amended", "repealed", "expired"]))),
        ("category", text(voice.one_of("category"))),
        ("subject_words", Value::Texts(vec![scene.field.name.into(), voice.one_of("subject"), voice.one_of("subject")])),
    ];
    fields.extend(repeals(id.index).map(|index| ("repeals", Value::Items(vec![Id { index, ..id }]))));
    // Portico finds the other ends of relations by itself; Hugo is told.
    if pen.dialect == Dialect::Hugo {
        let back = sibling(group, id, id.index + 5).filter(|other| repeals(other.index) == Some(id.index));
        fields.extend(back.map(|other| ("repealed_by", Value::Items(vec![other]))));
        let explainers = if group.column_of(id).spec.path == "open/policy" { explainers(group, id) } else { Vec::new() };
        if !explainers.is_empty() {
            fields.push(("explained_by", Value::Items(explainers)));
        }
    }
    fields
}

fn explainer(pen: &Pen<'_>) -> Fields {
    let mut fields: Fields = explained(pen.group, pen.id).map(|policy| ("explains", Value::Items(vec![policy]))).into_iter().collect();
    fields.push(("form", plain("text")));
    fields
}

fn some_form(pen: &Pen<'_>, rng: &mut Rng) -> Option<Id> {
    let site = pen.id.site;
    let column = pen.site().column("services/forms")?;
    Some(Id { site, column, index: rng.below(pen.site().columns[column].count) })
}

fn guide(pen: &Pen<'_>, voice: &mut Voice<'_>) -> Fields {
    let id = pen.id;
    let form = some_form(pen, &mut voice.rng);
    let materials = (0..voice.rng.between(3, 5)).map(|i| material(voice, form.filter(|_| i == 1))).collect();
    let lines = |voice: &mut Voice<'_>, list: &str, n: usize| Value::Texts((0..n).map(|_| voice.one_of(list)).collect());
    let mut fields = vec![
        ("item_code", text(format!("5388-{:03}-{:02}-{:04}", id.site + 1, id.column, id.index + 1))),
        ("legal_basis", Value::Texts(voice.scene.field.laws.iter().map(|law| (*law).to_string()).collect())),
        ("conditions", lines(voice, "condition", 3)),
        ("materials", Value::Maps(materials)),
        ("place", text(voice.say("{city}{street}{#1-180}号政务服务中心{#1-60}号窗口"))),
        ("hours", text("工作日 8:30—12:00，14:30—17:30")),
        ("phone", text(format!("0888-88{:05}", 10_000 + id.site * 17 % 90_000))),
        ("process", Value::Texts(["申请", "受理", "审查", "决定", "送达"].map(String::from).into())),
        ("time_limit", text(voice.say("自受理之日起{#1-20}个工作日"))),
        ("fee", text("不收费")),
        ("object", plain(voice.rng.pick(&["person", "business", "both"]))),
        ("life_event", text(voice.scene.field.name)),
        ("office", text(voice.scene.org.clone())),
    ];
    fields.extend(form.map(|form| ("forms", Value::Items(vec![form]))));
    fields
}

fn material(voice: &mut Voice<'_>, form: Option<Id>) -> Fields {
    let mut fields = vec![("name", text(voice.one_of("material"))), ("copies", plain(voice.rng.between(1, 3).to_string()))];
    fields.extend(form.map(|form| ("form", Value::Item(form))));
    if voice.rng.percent(30) {
        fields.push(("note", text("验原件，收复印件")));
    }
    fields
}

/// Every ninth form replaces the one before it.
fn supersedes(index: usize) -> Option<usize> {
    (index % 9 == 4).then(|| index - 1)
}

fn download(pen: &Pen<'_>, voice: &mut Voice<'_>) -> Fields {
    let id = pen.id;
    let mut fields = vec![
        ("form_name", text(voice.say("{service}申请表"))),
        ("office", text(voice.scene.org.clone())),
        ("version", text(voice.say("V{#1-4}.{#0-9}"))),
        ("object", plain(voice.rng.pick(&["person", "business", "both"]))),
        ("attachments", Value::Files(vec![voice.rng.pick(FORMS).into()])),
    ];
    fields.extend(supersedes(id.index).map(|index| ("supersedes", Value::Item(Id { index, ..id }))));
    if pen.dialect == Dialect::Hugo {
        let back = sibling(pen.group, id, id.index + 1).filter(|other| supersedes(other.index) == Some(id.index));
        fields.extend(back.map(|other| ("superseded_by", Value::Items(vec![other]))));
    }
    fields
}

fn album(voice: &mut Voice<'_>) -> Fields {
    let from = voice.rng.below(PICTURES.len());
    let taken = voice.scene.date.later(-2);
    let photo = |voice: &mut Voice<'_>, i: usize| {
        vec![
            ("file", Value::File(PICTURES[(from + i) % PICTURES.len()].into())),
            ("caption", text(voice.say("{place}：{photo}"))),
            ("credit", text(voice.say("{surname}{given}"))),
            ("taken_on", Value::Day(taken)),
        ]
    };
    let count = voice.rng.between(3, 5);
    vec![("photos", Value::Maps((0..count).map(|i| photo(voice, i)).collect()))]
}

fn video(pen: &Pen<'_>) -> Fields {
    let stream = format!("https://video.{}/{}/{}.mp4", crate::group::DOMAIN, pen.site().id, pen.group.stem(pen.id));
    vec![("stream", text(stream)), ("duration", text(format!("{}分{}秒", pen.id.index % 9 + 1, pen.id.index * 7 % 60)))]
}

fn leader(pen: &Pen<'_>, voice: &mut Voice<'_>) -> Fields {
    let index = pen.id.index;
    let title = if index == 0 { "党组书记、主要负责人" } else { "党组成员、副职领导" };
    vec![
        ("order", plain((index + 1).to_string())),
        ("position", text(format!("{}{title}", voice.scene.org))),
        ("duties", text(voice.one_of("duty"))),
        ("portrait", Value::File(PICTURES[index % PICTURES.len()].into())),
        ("born_on", text(voice.say("{#1966-1989}年{#1-12}月"))),
        ("education", text(voice.one_of("degree"))),
        ("office_phone", text(voice.say("0888-88{#10000-99999}"))),
    ]
}

fn table(pen: &Pen<'_>, voice: &mut Voice<'_>, article: &mut Article) -> Fields {
    let mut rows = vec![["指标", "单位", "本期", "累计", "同比增长"].map(String::from).to_vec()];
    for i in 0..voice.rng.between(12, 60) {
        let name = format!("{}（{}）", voice.scene.field.topics[i % voice.scene.field.topics.len()], numeral(i + 1));
        let this = voice.rng.between(10, 900);
        rows.push(vec![name, "万元".into(), this.to_string(), (this + voice.rng.between(10, 9000)).to_string(), voice.say("{%1-30}")]);
    }
    if pen.dialect == Dialect::Hugo {
        // Hugo gets the same table as part of the body.
        let mut body = crate::text::Text::new(0);
        body.table(&rows);
        article.body = format!("\n{}", body.finish());
        return vec![("unit", text("万元"))];
    }
    article.csv = Some(rows.iter().map(|row| row.join(",") + "\n").collect());
    let stem = pen.group.stem(pen.id);
    vec![("data", text(format!("{}.csv", stem.rsplit('/').next().unwrap_or(&stem)))), ("unit", text("万元"))]
}

fn link(pen: &Pen<'_>) -> Fields {
    // `url` would be the page's own address in Hugo.
    let key = if pen.dialect == Dialect::Hugo { "leads_to" } else { "url" };
    vec![(key, text(format!("https://fw.{}/query/{}", crate::group::DOMAIN, pen.id.index + 1)))]
}

fn reply(pen: &Pen<'_>, voice: &mut Voice<'_>) -> Fields {
    let (id, date) = (pen.id, voice.scene.date);
    let days = voice.rng.between(2, 15) as i64;
    vec![
        ("case_number", text(format!("XJ{}{:06}", date.date().year, id.index + 1))),
        ("desk", text(pen.group.column_of(id).spec.name)),
        ("asked_on", Value::Day(date.later(-days))),
        ("question", text(voice.one_of("ask-letter"))),
        ("answered_on", Value::Day(date)),
        ("answering_office", text(voice.scene.org.clone())),
        ("category", text(voice.rng.pick(&["咨询", "建议", "投诉", "求助"]))),
        ("satisfaction", text(voice.one_of("satisfied"))),
    ]
}

fn auction(pen: &Pen<'_>, voice: &mut Voice<'_>) -> Fields {
    let date = voice.scene.date;
    let ceiling = voice.rng.between(10_000, 4_000_000) * 100;
    vec![
        ("lot_number", text(format!("JJ{}{:05}", date.date().year, pen.id.index + 1))),
        ("goods", text(voice.scene.goods)),
        ("quantity", text(voice.say("{#2-120}件"))),
        ("ceiling_fen", plain(ceiling.to_string())),
        ("minimum_step_fen", plain((ceiling / 100).to_string())),
        ("opens_at", Value::Time(date.later(3))),
        ("closes_at", Value::Time(date.later(5))),
        ("purchaser", text(voice.scene.org.clone())),
        ("state", plain("awarded")),
        ("award_vendor", text(voice.say(&format!("{CITY}{{firm}}{{trade}}有限公司")))),
        ("award_fen", plain((ceiling / 100 * voice.rng.between(70, 96)).to_string())),
        ("bids", plain(voice.rng.between(3, 40).to_string())),
    ]
}

fn vendor(voice: &mut Voice<'_>) -> Fields {
    let trade = voice.scene.trade;
    let product = |voice: &mut Voice<'_>, i: usize| {
        vec![
            ("name", text(format!("{trade}系列{}号产品", numeral(i + 1)))),
            ("spec", text(voice.say("{#1-50}件/箱"))),
            ("price", text(voice.say("{#20-3000}元"))),
        ]
    };
    let products = (0..voice.rng.between(2, 4)).map(|i| product(voice, i)).collect();
    vec![
        ("credit_code", text(voice.say("91538800MA{#10000000-99999999}"))),
        ("legal_person", text(voice.say("{surname}{given}"))),
        ("business_scope", text(format!("{trade}的生产、加工、销售和售后服务"))),
        ("products", Value::Maps(products)),
        ("address", text(voice.say("{city}{street}{#1-180}号"))),
        ("phone", text(voice.say("0888-66{#10000-99999}"))),
        ("certified_on", Value::Day(voice.scene.date)),
    ]
}
