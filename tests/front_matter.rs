//! Front matter that is written reads back equal, whatever the texts in it; the schemas and this repository's own settings agree
//! with the keys that are known.
//!
//! In: front matter of every type with hard texts, written by `FrontMatter::to_file`. Out: what reading the files gives.

#![expect(clippy::unwrap_used, reason = "tests")]

mod group;

use std::path::Path;

use group::Group;
use jiff::tz::TimeZone;
use portico::diagnostic::Diagnostic;
use portico::source::date::Date;
use portico::source::front_matter::{
    Album, AuctionState, Audience, Chart, ChartKind, Common, Details, Download, Explainer, ExplainerForm, FrontMatter, Leader, Link, Material, Photo, Policy,
    Product, Prose, Quote, Reference, Reply, ReverseAuction, Seldom, ServiceGuide, ServiceObject, Table, Topic, Validity, Vendor, Video,
};
use portico::source::{Remembered, SourceTree, load_text, read, scan, schema};
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;

/// A column for every type; the order in which [`details`] makes them.
const COLUMNS: &[&str] =
    &["news", "policy", "explainer", "guide", "download", "album", "video", "leader", "table", "topic", "link", "reply", "auction", "vendor"];

const HARD: &[&str] = &[
    "通知: 停水",
    "\"引号\"",
    "it's",
    "'",
    "\"",
    "a\nb",
    "a\n\nb\n",
    "---",
    "--- x",
    "...",
    "- x",
    "? x",
    "# x",
    "x # y",
    "&a",
    "*a",
    "!tag",
    "%x",
    "@x",
    "`x`",
    "|",
    ">",
    "[x",
    "{x",
    "x]",
    ", ",
    "true",
    "no",
    "Yes",
    "null",
    "~",
    "Null",
    "0",
    "007",
    "1.5",
    "1e3",
    "0x1F",
    ".inf",
    "2026-11-03",
    "09:30",
    "1_000",
    "😀",
    "\\",
    "\\n",
    "a\tb",
    "\u{a0}x",
    "\u{3000}",
    "\u{2028}",
    "\u{85}",
    "\u{feff}x",
    "\u{7f}",
    "\u{1}",
    "\u{200b}",
    "x:",
    ":x",
    "key: [a, b]",
    "<b>&amp;</b>",
    "=",
    "<<",
    "很长的一句话，很长的一句话，很长的一句话，很长的一句话，很长的一句话，很长的一句话，很长的一句话，很长的一句话。 and some words that may be folded",
    "",
];

/// Reading takes the white space around a text away, as people leave it there by mistake.
fn text() -> BoxedStrategy<Box<str>> {
    prop_oneof![select(HARD).prop_map(str::to_string), "\\PC{0,24}", "[ -~\n]{0,12}", ".{0,12}"].prop_map(|t| Box::from(t.trim())).boxed()
}

fn texts() -> BoxedStrategy<Vec<Box<str>>> {
    vec(text(), 0..3).boxed()
}

fn date() -> BoxedStrategy<Date> {
    (1990..2090, 1..13, 1..29, of((0..24, 0..60, 0..60)))
        .prop_map(|(y, m, d, time)| {
            let time = time.map_or(String::new(), |(h, min, s)| format!(" {h:02}:{min:02}:{s:02}"));
            Date::parse(&format!("{y}-{m:02}-{d:02}{time}"), &TimeZone::UTC).unwrap()
        })
        .boxed()
}

fn reference() -> BoxedStrategy<Reference> {
    (text(), of(text())).prop_map(|(target, name)| Reference { target, name, ..Reference::default() }).boxed()
}

fn references() -> BoxedStrategy<Vec<Reference>> {
    vec(reference(), 0..3).boxed()
}

fn number() -> BoxedStrategy<Option<i64>> {
    of(any::<i64>()).boxed()
}

fn common() -> BoxedStrategy<Common> {
    (text(), date(), of(date()), of(text()), of(text()), texts(), of(text()), any::<bool>(), any::<bool>(), any::<bool>())
        .prop_map(|(title, date, updated, source, author, keywords, summary, draft, pinned, internal)| Common {
            title: if title.is_empty() { "题".into() } else { title },
            date,
            updated,
            source,
            author,
            keywords: keywords.iter().map(|word| &**word).collect(),
            summary: summary.map(Prose::from),
            draft,
            pinned,
            audience: if internal { Audience::Internal } else { Audience::Public },
        })
        .boxed()
}

fn seldom() -> BoxedStrategy<Seldom> {
    let one = (of(reference()), of(text()), references(), of(date()), of(date()));
    let two = (references(), references(), references(), number(), of(text()));
    (one, two)
        .prop_map(|((image, slug, aliases, publish_at, expires_at), (share, topics, attachments, order, correction))| Seldom {
            image,
            slug,
            aliases,
            publish_at,
            expires_at,
            share,
            topics,
            attachments,
            order,
            correction,
        })
        .boxed()
}

fn object() -> BoxedStrategy<Option<ServiceObject>> {
    of(select(vec![ServiceObject::Person, ServiceObject::Business, ServiceObject::Both])).boxed()
}

fn policy() -> BoxedStrategy<Policy> {
    let validity = of(select(vec![Validity::Effective, Validity::Trial, Validity::Amended, Validity::Repealed, Validity::Expired]));
    (of(text()), of(text()), of(text()), of(date()), of(date()), validity, of(text()), texts(), references(), references())
        .prop_map(|(index_number, document_number, issuing_agency, signed_on, effective_on, validity, category, subject_words, repeals, explained_by)| Policy {
            index_number,
            document_number,
            issuing_agency,
            signed_on,
            effective_on,
            validity,
            category,
            subject_words,
            repeals,
            explained_by,
        })
        .boxed()
}

fn guide() -> BoxedStrategy<ServiceGuide> {
    let material = (text(), of(text()), of(reference()), of(text())).prop_map(|(name, copies, form, note)| Material { name, copies, form, note });
    let one = (of(text()), texts(), texts(), vec(material, 0..3), of(text()), of(text()), of(text()), texts());
    let two = (of(text()), of(text()), object(), of(text()), of(text()), references(), of(reference()));
    (one, two)
        .prop_map(
            |((item_code, legal_basis, conditions, materials, place, hours, phone, process), (time_limit, fee, object, life_event, office, forms, online))| {
                ServiceGuide {
                    item_code,
                    legal_basis,
                    conditions,
                    materials,
                    place,
                    hours,
                    phone,
                    process,
                    time_limit,
                    fee,
                    object,
                    life_event,
                    office,
                    forms,
                    online,
                }
            },
        )
        .boxed()
}

fn auction() -> BoxedStrategy<ReverseAuction> {
    let state = of(select(vec![
        AuctionState::Announced,
        AuctionState::Open,
        AuctionState::Closed,
        AuctionState::Awarded,
        AuctionState::Failed,
        AuctionState::Cancelled,
    ]));
    let one = (of(text()), of(text()), of(text()), number(), number(), of(date()), of(date()));
    let course = vec((of(date()), 1..1_000_000_i64).prop_map(|(at, fen)| Quote { at, fen: Some(fen) }), 0..3);
    let two = (of(text()), state, of(text()), number(), number(), course, of(reference()));
    (one, two)
        .prop_map(
            |(
                (lot_number, goods, quantity, ceiling_fen, minimum_step_fen, opens_at, closes_at),
                (purchaser, state, award_vendor, award_fen, bids, course, record),
            )| {
                ReverseAuction {
                    lot_number,
                    goods,
                    quantity,
                    ceiling_fen,
                    minimum_step_fen,
                    opens_at,
                    closes_at,
                    purchaser,
                    state,
                    award_vendor,
                    award_fen,
                    bids,
                    course,
                    record,
                }
            },
        )
        .boxed()
}

fn vendor() -> BoxedStrategy<Vendor> {
    let product = (text(), of(text()), of(text())).prop_map(|(name, spec, price)| Product { name, spec, price });
    (of(text()), of(text()), of(text()), of(text()), vec(product, 0..3), of(text()), of(text()), of(date()), of(reference()))
        .prop_map(|(credit_code, licence_number, legal_person, business_scope, products, address, phone, certified_on, website)| Vendor {
            credit_code,
            licence_number,
            legal_person,
            business_scope,
            products,
            address,
            phone,
            certified_on,
            website,
        })
        .boxed()
}

fn table() -> BoxedStrategy<Table> {
    let chart = (of(select(vec![ChartKind::Line, ChartKind::Bar])), text(), texts()).prop_map(|(kind, x, y)| Chart { kind, x, y });
    (reference(), of(text()), texts(), of(chart), of(1..100_001u32))
        .prop_map(|(data, unit, columns_shown, chart, rows_per_page)| Table { data: Some(data), unit, columns_shown, chart, rows_per_page })
        .boxed()
}

/// One of every type, in the order of [`COLUMNS`].
fn details() -> BoxedStrategy<Vec<Details>> {
    let form = of(select(vec![ExplainerForm::Text, ExplainerForm::Picture, ExplainerForm::Video, ExplainerForm::Conference]));
    let explainer = (references(), form).prop_map(|(explains, form)| Explainer { explains, form });
    let download = (of(text()), of(text()), of(text()), of(reference()), object()).prop_map(|(form_name, office, version, supersedes, object)| Download {
        form_name,
        office,
        version,
        supersedes,
        object,
    });
    let photo = (reference(), of(text()), of(text()), of(date())).prop_map(|(file, caption, credit, taken_on)| Photo { file, caption, credit, taken_on });
    let album = vec(photo, 0..3).prop_map(|photos| Album { photos });
    let video = (reference(), of(reference()), of(reference()), of(reference()), of(text())).prop_map(|(file, stream, poster, captions, duration)| Video {
        file: Some(file),
        stream,
        poster,
        captions,
        duration,
    });
    let leader = (of(text()), of(text()), of(reference()), of(text()), of(text()), of(text()))
        .prop_map(|(position, duties, portrait, born_on, education, office_phone)| Leader { position, duties, portrait, born_on, education, office_phone });
    let topic = (of(reference()), of(date())).prop_map(|(banner, closed_on)| Topic { banner, closed_on });
    let link = (reference(), of(reference())).prop_map(|(url, logo)| Link { url: Some(url), logo });
    let reply = (of(text()), of(text()), of(date()), of(text()), of(date()), of(text()), of(text()), of(text())).prop_map(
        |(case_number, desk, asked_on, question, answered_on, answering_office, category, satisfaction)| Reply {
            case_number,
            desk,
            asked_on,
            question,
            answered_on,
            answering_office,
            category,
            satisfaction,
        },
    );
    let one = (policy(), explainer.boxed(), guide(), download.boxed(), album.boxed(), video.boxed(), leader.boxed());
    let two = (table(), topic.boxed(), link.boxed(), reply.boxed(), auction(), vendor());
    (one, two)
        .prop_map(|((policy, explainer, guide, download, album, video, leader), (table, topic, link, reply, auction, vendor))| {
            vec![
                Details::None,
                Details::Policy(policy.into()),
                Details::Explainer(explainer.into()),
                Details::Guide(guide.into()),
                Details::Download(download.into()),
                Details::Album(album.into()),
                Details::Video(video.into()),
                Details::Leader(leader.into()),
                Details::Table(table.into()),
                Details::Topic(topic.into()),
                Details::Link(link.into()),
                Details::Reply(reply.into()),
                Details::Auction(auction.into()),
                Details::Vendor(vendor.into()),
            ]
        })
        .boxed()
}

fn empty_group() -> Group {
    let group = Group::empty();
    let columns: Vec<String> = COLUMNS.iter().map(|kind| format!("- {{id: {kind}, name: {kind}, type: {kind}}}\n")).collect();
    group.write("sites/group.yaml", "name: 群\ndomain: yunxiu.test\nmain: www\n");
    group.write("sites/www.yaml", format!("name: 站\nat: www\ncolumns:\n{}", columns.concat()));
    group
}

fn read_again(group: &Group) -> SourceTree {
    read(group.root(), scan(group.root()).unwrap(), Remembered::default(), None).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(if std::env::var_os("PROPTEST_CASES").is_some() { ProptestConfig::default().cases } else { 48 }) })]

    #[test]
    fn what_is_written_reads_back_equal(common in common(), seldom in of(seldom()), all in details(), body in prop_oneof![Just(String::new()), Just("---\n正文\n---\n".to_string()), "[^\\r\\x00\\u{feff}]{0,40}"]) {
        let group = empty_group();
        let mut written = Vec::new();
        for (kind, details) in COLUMNS.iter().zip(all) {
            let mut seldom = seldom.clone().unwrap_or_default();
            if *kind == "download" && seldom.attachments.is_empty() {
                seldom.attachments.push(Reference::to("form.docx"));
            }
            let further = (seldom != Seldom::default()).then(|| Box::new(seldom));
            let front = FrontMatter { common: common.clone(), further, details };
            let text = front.to_file(&body).unwrap();
            group.write(&format!("content/www/{kind}/x.md"), &text);
            written.push((kind, front, text));
        }
        let tree = read_again(&group);
        for (kind, front, text) in written {
            let path = format!("{kind}/x.md");
            let at = tree.sites[0].item_at(&path).unwrap();
            let found = &tree.sites[0].content.items[at];
            let wrong: Vec<&Diagnostic> = found.diagnostics.iter().filter(|d| &*d.code != "unsafe-link" && &*d.code != "unsafe-html" && &*d.code != "heading-level" && &*d.code != "picture-without-text").collect();
            prop_assert!(wrong.is_empty(), "{wrong:?}\n{text}");
            let version = found.current.as_ref().unwrap();
            prop_assert_eq!(&version.front, &front, "{}", text);
            let again = load_text(group.root(), &tree.sites[0], at, version.digest).unwrap();
            prop_assert_eq!(&*again, &*body);
            // Written once more it is the same file.
            prop_assert_eq!(version.front.to_file(&body).unwrap(), text);
        }
    }
}

#[test]
fn a_written_file_is_one_that_people_can_read() {
    let zone = TimeZone::get("Asia/Shanghai").unwrap();
    let common = Common {
        title: "通知: 停水".into(),
        date: Date::parse("2026-11-03 09:30", &zone).unwrap(),
        keywords: ["停水", "检修"].into_iter().collect(),
        ..Common::default()
    };
    let attachments = vec![Reference::to("a.pdf"), Reference { name: Some("表".into()), ..Reference::to("b.docx") }];
    let further = Some(Box::new(Seldom { attachments, ..Seldom::default() }));
    let text = FrontMatter { common, further, details: Details::None }.to_file("正文。\n").unwrap();
    assert_eq!(
        text,
        "---\ntitle: \"通知: 停水\"\ndate: 2026-11-03 09:30\nkeywords:\n- 停水\n- 检修\nattachments:\n- a.pdf\n- file: b.docx\n  name: 表\n---\n正文。\n"
    );
}

#[test]
fn the_schemas_in_the_repository_are_the_programs_own() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/schema");
    for (name, wanted) in schema::all() {
        let found = std::fs::read_to_string(folder.join(name)).unwrap_or_default();
        assert!(found == wanted, "{name} is out of date: run `portico schema`");
        let _: serde_json::Value = serde_json::from_str(&wanted).unwrap();
    }
    let group = Group::empty();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_portico")).arg("schema").arg(group.path("s")).output().unwrap();
    assert!(output.status.success());
}

#[test]
fn every_key_that_is_read_is_in_the_schema() {
    let all = schema::all();
    let front: serde_json::Value = serde_json::from_str(&all.iter().find(|(n, _)| n.starts_with("front")).unwrap().1).unwrap();
    for key in Common::KEYS
        .iter()
        .chain(Seldom::KEYS)
        .chain(Policy::KEYS)
        .chain(ServiceGuide::KEYS)
        .chain(Vendor::KEYS)
        .chain(Reply::KEYS)
        .chain(ReverseAuction::KEYS)
        .chain(Table::KEYS)
    {
        assert!(front["properties"].get(key).is_some(), "{key}");
    }
}

#[test]
fn this_repositorys_settings_and_items_hold_only_known_keys() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    if !root.join("sites/group.yaml").exists() {
        return;
    }
    let tree = read(root, scan(root).unwrap(), Remembered::default(), None).unwrap();
    let items = tree.sites.iter().flat_map(|s| s.content.items.iter()).flat_map(|i| i.diagnostics.iter());
    let unknown: Vec<String> =
        tree.diagnostics.iter().chain(items).filter(|d| &*d.code == "unknown-key").map(|d| format!("{}:{} {}", d.file, d.place.line, d.message.en)).collect();
    assert_eq!(unknown, Vec::<String>::new());
}
