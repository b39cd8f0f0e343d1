//! The directory (工商博览) and the auctions' pages: certified vendors, announcements and results as ordinary content files.
//!
//! In: vendors and lots that have moved, and the numbers. Out: files below `content/`, made whole from the database, compared, and replaced when
//! they differ; a suspended vendor's file is removed. What cannot be written is tried again.

use std::path::{Path, PathBuf};

use super::auction::record::{Happened, Record, bids_of};
use super::auction::{Extension, Fen, Names, Phase, Single, Step, Taken, price};
use super::bulletin::{Wanted, as_markdown, date, put, put_all};
use super::case::Millis;
use super::desk::Desks;
use super::live::numbers;
use super::numbers::cell;
use super::procurement::Centre;
use super::service::Sidecar;
use super::store::accounts::Account;
use super::store::database::Trouble;
use super::store::lots::Lot;
use super::store::vendors::Vendor;
use super::vendor::State;
use crate::source::date::Date;
use crate::source::front_matter::{AuctionState, Chart, ChartKind, Common, Details, FrontMatter, Product, Quote, Reference, ReverseAuction, Seldom, Table};

/// Prices a result's chart is drawn from at most.
const DRAWN: usize = 200;

/// The folder files of a kind go to.
fn folder(centre: &Centre, column: &str) -> PathBuf {
    Path::new("content").join(&centre.site).join(column)
}

/// Brings the content files of vendors and lots that have moved to what they should be.
pub async fn publish(sidecar: &Sidecar) {
    let desks = sidecar.desks();
    let Some(centre) = &desks.centre else { return };
    if let Err(cause) = publish_all(sidecar, centre, &desks).await {
        tracing::error!(cause = %format!("{cause:#}"), "the directory is not written; it will be tried again");
    }
}

async fn publish_all(sidecar: &Sidecar, centre: &Centre, desks: &Desks) -> anyhow::Result<()> {
    let store = &sidecar.casework.store;
    for vendor in store.unlisted_vendors().await? {
        let message = format!("工商博览：{} {}", vendor.profile.name, vendor.state.name());
        write(sidecar, centre, vec![vendor_file(&vendor, centre, desks)], message).await?;
        store.listed_vendor(&vendor).await?;
    }
    let now = sidecar.auctioneer.now().await?;
    for lot in store.unlisted_lots().await?.iter().filter(|lot| lot.tree.size() > 0) {
        let phase = lot.phase(now);
        // While it runs, its first entry is all that is told.
        let entries = store.entries(&lot.id, 0, if lot.standing.ended.is_some() { i64::MAX } else { 1 }).await?;
        let record = sidecar.auctioneer.record(&lot.id, entries);
        let mut wanted = lot_files(lot, phase, &record, centre, desks);
        wanted.extend(attachments(sidecar, lot, centre).await?);
        write(sidecar, centre, wanted, format!("网上竞价：{} {}", lot.id, phase.name())).await?;
        // One that goes on may change its phase by itself: it is looked at again.
        if lot.standing.ended.is_some() {
            store.listed_lot(lot).await?;
        }
    }
    Ok(())
}

async fn write(sidecar: &Sidecar, centre: &Centre, wanted: Vec<Wanted>, message: String) -> anyhow::Result<()> {
    let configuration = sidecar.casework.configuration.clone();
    let author = Account { full_name: centre.name.clone(), ..Account::default() };
    let changed = tokio::task::spawn_blocking(move || put_all(&configuration.root, &wanted, configuration.git.then_some((&author, &message)))).await??;
    if changed {
        sidecar.count(|c| &c.published);
    }
    Ok(())
}

fn some(text: &str) -> Option<Box<str>> {
    (!text.trim().is_empty()).then(|| text.trim().into())
}

/// A vendor's page: there for the certified, gone for all others.
#[must_use]
pub fn vendor_file(vendor: &Vendor, centre: &Centre, desks: &Desks) -> Wanted {
    let path = folder(centre, &centre.vendors).join(format!("{}.md", vendor.code.to_ascii_lowercase()));
    let text = if vendor.state == State::Certified { vendor_text(vendor, centre, desks) } else { None };
    Wanted { path, bytes: text.map(String::into_bytes) }
}

fn vendor_text(vendor: &Vendor, centre: &Centre, desks: &Desks) -> Option<String> {
    let (profile, certified) = (&vendor.profile, date(vendor.certified_at?, &desks.zone));
    let common = Common { title: profile.name.as_str().into(), date: certified, source: some(&centre.name), ..Common::default() };
    let product = |p: &super::vendor::Product| Product { name: p.name.as_str().into(), spec: some(&p.spec), price: some(&p.price) };
    let details = crate::source::front_matter::Vendor {
        credit_code: some(&vendor.code),
        licence_number: some(&profile.licence_number),
        legal_person: some(&profile.legal_person),
        business_scope: some(&profile.business_scope),
        products: profile.products.iter().map(product).collect(),
        address: some(&profile.address),
        phone: some(&profile.phone),
        certified_on: Some(certified),
        website: some(&profile.website).map(|url| Reference::to(&url)),
    };
    let matter = FrontMatter { common, further: None, details: Details::Vendor(Box::new(details)) };
    matter.to_file(&as_markdown(&profile.introduction)).ok()
}

/// A lot's page, and its record beside it once it is over.
#[must_use]
pub fn lot_files(lot: &Lot, phase: Phase, record: &Record, centre: &Centre, desks: &Desks) -> Vec<Wanted> {
    let (folder, name) = (folder(centre, &centre.lots), lot.id.to_ascii_lowercase());
    let ended = lot.standing.ended.is_some();
    let text = lot_text(lot, phase, record, centre, desks);
    let json = ended.then(|| serde_json::to_string_pretty(record).ok()).flatten().map(|json| format!("{json}\n").into_bytes());
    let mut files: Vec<Wanted> = json.map(|bytes| Wanted { path: folder.join(format!("{name}.json")), bytes: Some(bytes) }).into_iter().collect();
    files.extend(text.map(|text| Wanted { path: folder.join(format!("{name}.md")), bytes: Some(text.into_bytes()) }));
    files
}

/// The terms' attachments, beside the page.
async fn attachments(sidecar: &Sidecar, lot: &Lot, centre: &Centre) -> anyhow::Result<Vec<Wanted>> {
    let (store, owner) = (&sidecar.casework.store, owner(&lot.id));
    let mut wanted = Vec::new();
    for file in store.files(&owner).await? {
        let whole = store.file(&owner, &file.id).await?;
        let path = folder(centre, &centre.lots).join(attachment_name(lot, &file.name));
        wanted.extend(whole.map(|file| Wanted { path, bytes: Some(file.bytes) }));
    }
    Ok(wanted)
}

/// Under what the files of a lot are kept.
#[must_use]
pub fn owner(lot: &str) -> String {
    format!("lot/{lot}")
}

fn attachment_name(lot: &Lot, name: &str) -> String {
    format!("{}-{name}", lot.id.to_ascii_lowercase())
}

fn state(phase: Phase) -> AuctionState {
    match phase {
        Phase::Draft | Phase::Announced => AuctionState::Announced,
        Phase::Open => AuctionState::Open,
        Phase::Closed => AuctionState::Closed,
        Phase::Awarded => AuctionState::Awarded,
        Phase::Failed => AuctionState::Failed,
        Phase::Cancelled => AuctionState::Cancelled,
    }
}

fn lot_text(lot: &Lot, phase: Phase, record: &Record, centre: &Centre, desks: &Desks) -> Option<String> {
    let (terms, zone, bids) = (&lot.terms, &desks.zone, bids_of(record));
    let ended = lot.standing.ended.is_some();
    let award = lot.standing.ended.filter(|end| *end == Phase::Awarded).and_then(|_| awarded(record, &bids));
    let kind = match phase {
        Phase::Awarded => "成交公告",
        Phase::Failed => "流标公告",
        Phase::Cancelled => "取消公告",
        _ => "公告",
    };
    let common = Common {
        title: format!("{}网上竞价{kind}", terms.title).into(),
        date: date(if ended { lot.head_at } else { announced_at(record)? }, zone),
        source: some(&centre.name),
        keywords: ["网上竞价"].into_iter().collect(),
        summary: Some(summary(lot, award.as_ref().map(|(bid, _)| *bid)).into()),
        ..Common::default()
    };
    let details = ReverseAuction {
        lot_number: some(&lot.id),
        goods: some(&terms.goods),
        quantity: some(&terms.quantity),
        ceiling_fen: Some(terms.ceiling_fen),
        minimum_step_fen: if let Step::Fen(fen) = terms.step { Some(fen) } else { None },
        opens_at: Some(date(terms.opens_at, zone)),
        closes_at: Some(date(if ended { lot.standing.closes_at } else { terms.closes_at }, zone)),
        purchaser: some(&terms.purchaser),
        state: Some(state(phase)),
        award_vendor: award.as_ref().and_then(|(bid, _)| some(&bid.name)),
        award_fen: award.as_ref().map(|(bid, _)| bid.fen),
        bids: ended.then_some(lot.standing.bids),
        course: if phase == Phase::Cancelled { Vec::new() } else { course(&bids, desks) },
        record: ended.then(|| Reference::to(&format!("{}.json", lot.id.to_ascii_lowercase()))),
    };
    let body = if ended { result(lot, record, &bids, award, desks) } else { announcement(lot, centre) };
    let attachments: Vec<Reference> = terms.attachments.iter().map(|sheet| Reference::to(&attachment_name(lot, &sheet.name))).collect();
    let further = (!attachments.is_empty()).then(|| Box::new(Seldom { attachments, ..Seldom::default() }));
    FrontMatter { common, further, details: Details::Auction(Box::new(details)) }.to_file(&body).ok()
}

fn announced_at(record: &Record) -> Option<Millis> {
    record.entries.first()?.entry.get("at")?.as_i64()
}

/// The bid that was awarded, and why.
fn awarded<'b>(record: &Record, bids: &'b [Taken]) -> Option<(&'b Taken, String)> {
    let happened = serde_json::from_value::<Happened>(record.entries.last()?.entry.get("happened")?.clone()).ok()?;
    let Happened::Awarded { bid, reason, .. } = happened else { return None };
    Some((bids.iter().find(|taken| taken.index == bid)?, reason))
}

fn summary(lot: &Lot, award: Option<&Taken>) -> String {
    let terms = &lot.terms;
    match (lot.standing.ended, award) {
        (Some(Phase::Awarded), Some(bid)) => format!("{}以 {} 元成交，报价 {} 次。", bid.name, price::yuan(bid.fen), lot.standing.bids),
        (Some(Phase::Failed), _) => format!("{}流标。", terms.title),
        (Some(_), _) => format!("{}已取消。", terms.title),
        (None, _) => format!("采购{}，{}，最高限价 {} 元。", terms.goods, terms.quantity, price::yuan(terms.ceiling_fen)),
    }
}

/// The leading prices, thinned to what a picture shows.
fn course(bids: &[Taken], desks: &Desks) -> Vec<Quote> {
    let every = bids.len().div_ceil(DRAWN).max(1);
    let last = bids.len().saturating_sub(1);
    let drawn = bids.iter().enumerate().filter(|(i, _)| i % every == 0 || *i == last);
    drawn.map(|(_, bid)| Quote { at: Some(date(bid.at, &desks.zone)), fen: Some(bid.fen) }).collect()
}

fn announcement(lot: &Lot, centre: &Centre) -> String {
    let terms = &lot.terms;
    let mut text = as_markdown(&terms.specification);
    text.push_str(&format!("\n## 竞价规则\n\n{}\n", rules(lot).iter().map(|rule| format!("- {rule}\n")).collect::<String>()));
    if !terms.deposit.trim().is_empty() {
        text.push_str(&format!("\n## 保证金\n\n{}", as_markdown(&terms.deposit)));
    }
    text.push_str(&format!("\n竞价全程公开：[观看竞价](/-/lot/{})。尚未认证的供应商，请先[登记](/-/vendor/register)。", lot.id));
    if !centre.phone.is_empty() {
        text.push_str(&format!("联系电话 {}。", centre.phone));
    }
    text.push('\n');
    text
}

/// A lot's rules, a sentence each.
#[must_use]
pub fn rules(lot: &Lot) -> Vec<String> {
    let terms = &lot.terms;
    let mut rules = vec!["报价为含税总价，精确到分，提交后不能撤回；以服务器收到完整请求的时间为准".to_string()];
    rules.push(match terms.step {
        Step::Fen(fen) => format!("每次报价至少比当前最低价低 {} 元", price::yuan(fen)),
        Step::Permille(share) => format!("每次报价至少比当前最低价低 {}.{}%", share / 10, share % 10),
    });
    rules.push(match terms.extension {
        Some(Extension { within, by, times }) => {
            format!("截止前 {} 分钟内有新报价的，截止时间顺延 {} 分钟，最多顺延 {times} 次", within / 60_000, by / 60_000)
        }
        None => "到时自动截止，不延时".into(),
    });
    rules.push(match terms.names {
        Names::After => "竞价期间以代号显示供应商，结束后公布名称".into(),
        Names::During => "竞价期间公布供应商名称".into(),
    });
    if terms.single == Single::Fail {
        rules.push("只有一家供应商报价的，作流标处理".into());
    }
    if let Some(floor) = terms.floor_fen {
        rules.push(format!("合理价下限 {} 元，低于下限的报价{}", price::yuan(floor), terms.below_floor.name()));
    }
    rules.push(if terms.invited.is_empty() {
        "经认证的供应商均可参加".into()
    } else {
        format!("仅受邀的 {} 家供应商参加", terms.invited.len())
    });
    rules
}

fn result(lot: &Lot, record: &Record, bids: &[Taken], award: Option<(&Taken, String)>, desks: &Desks) -> String {
    let reason = |key: &str| {
        let told = record.entries.last().and_then(|e| e.entry.pointer(&format!("/happened/{key}/reason")));
        as_markdown(told.and_then(|r| r.as_str()).unwrap_or(""))
    };
    let mut text = match lot.standing.ended {
        Some(Phase::Cancelled) => format!("本项目已取消，原因：\n\n{}", reason("cancelled")),
        Some(Phase::Failed) => format!("本项目流标，原因：\n\n{}", reason("failed")),
        _ => String::new(),
    };
    if let Some((bid, why)) = award {
        let saved = lot.terms.budget_fen - bid.fen;
        text.push_str(&format!("预算 {} 元，成交 {} 元，节约 {} 元。\n", price::yuan(lot.terms.budget_fen), price::yuan(bid.fen), price::yuan(saved)));
        if !why.is_empty() {
            text.push_str(&format!("\n确认理由：{}", as_markdown(&why)));
        }
    }
    if !bids.is_empty() && lot.standing.ended != Some(Phase::Cancelled) {
        text.push_str(&standings(bids, desks));
    }
    let root = record.entries.last().map_or("", |e| &*e.root);
    text.push_str(&format!(
        "\n## 核验\n\n全部记录见本页所附数据文件，可用 `portico verify-auction` 离线核验；签名公钥为 `{}`，记录的最终散列为 `{root}`。\n",
        record.key
    ));
    text
}

/// Every vendor's last price, the lowest first.
fn standings(bids: &[Taken], desks: &Desks) -> String {
    let numbers = numbers(bids);
    let mut text = "\n## 各供应商最后报价\n\n| 名次 | 供应商 | 竞价代号 | 报价（元） | 时间 |\n| ---: | --- | --- | ---: | --- |\n".to_string();
    for (place, bid) in super::auction::ranking(bids).iter().enumerate() {
        let at = jiff::Timestamp::from_millisecond(bid.at).unwrap_or_default().to_zoned(desks.zone.clone()).strftime("%H:%M:%S%.3f").to_string();
        let name = as_markdown(&bid.name);
        let number = numbers.get(&*bid.vendor).copied().unwrap_or(0);
        text.push_str(&format!("| {} | {} | 供应商 {number} | {} | {at} |\n", place + 1, name.trim(), price::yuan(bid.fen)));
    }
    text
}

/// A lot that is over, with the price it was awarded at, if it was.
pub type Finished = (Lot, Option<Fen>);

/// One line a group of finished lots: how many, budget, award, saving.
fn line(lots: &[&Finished]) -> String {
    let awarded = || lots.iter().filter_map(|(lot, award)| Some((lot, (*award)?)));
    let budget: i64 = awarded().map(|(lot, _)| lot.terms.budget_fen).sum();
    let award: i64 = awarded().map(|(_, award)| award).sum();
    let saving = budget - award;
    let share = if budget > 0 { format!("{}.{}%", saving * 1000 / budget / 10, (saving * 1000 / budget % 10).abs()) } else { String::new() };
    format!("{},{},{},{},{},{share}", lots.len(), awarded().count(), price::plain(budget), price::plain(award), price::plain(saving))
}

/// The two tables of finished lots as CSV: by month, and by month and department.
#[must_use]
pub fn tables(lots: &[Finished], desks: &Desks) -> (String, String) {
    use std::collections::BTreeMap;
    let (mut months, mut departments) = (BTreeMap::<String, Vec<&Finished>>::new(), BTreeMap::<(String, String), Vec<&Finished>>::new());
    for finished in lots {
        let lot = &finished.0;
        let month = jiff::Timestamp::from_millisecond(lot.head_at).unwrap_or_default().to_zoned(desks.zone.clone()).strftime("%Y-%m").to_string();
        months.entry(month.clone()).or_default().push(finished);
        departments.entry((month, lot.terms.purchaser.clone())).or_default().push(finished);
    }
    let headings = "完成项目,成交项目,预算（元）,成交（元）,节约（元）,节约率";
    let monthly = months.iter().map(|(month, lots)| format!("{month},{}\n", line(lots))).collect::<String>();
    let by = departments.iter().map(|((month, name), lots)| format!("{month},{},{}\n", cell(name), line(lots))).collect::<String>();
    (format!("月份,{headings}\n{monthly}"), format!("月份,采购单位,{headings}\n{by}"))
}

/// Lots that were awarded or have failed.
async fn finished(sidecar: &Sidecar) -> Result<Vec<Finished>, Trouble> {
    let store = &sidecar.casework.store;
    let mut finished = Vec::new();
    for lot in store.lots().await?.into_iter().filter(|lot| matches!(lot.standing.ended, Some(Phase::Awarded | Phase::Failed))) {
        let last = store.entries(&lot.id, lot.tree.size() - 1, 1).await?;
        let award = last.first().and_then(|e| e.entry.pointer("/happened/awarded/fen")?.as_i64());
        finished.push((lot, award));
    }
    Ok(finished)
}

/// Brings the numbers to what they should be.
pub async fn publish_numbers(sidecar: &Sidecar, now: Millis) {
    let desks = sidecar.desks();
    let Some((centre, column)) = desks.centre.as_ref().and_then(|c| Some((c, c.numbers.as_ref()?))) else { return };
    let lots = match finished(sidecar).await {
        Ok(lots) => lots,
        Err(cause) => return tracing::error!(%cause, "the auctions' numbers cannot be read"),
    };
    let (monthly, departments) = tables(&lots, &desks);
    // A centre that has finished nothing has no numbers.
    if monthly.lines().count() < 2 {
        return;
    }
    for (name, title, csv, chart) in
        [("auctions-monthly", "网上竞价情况（按月）", monthly, true), ("auctions-departments", "网上竞价情况（按采购单位）", departments, false)]
    {
        let folder = folder(centre, column);
        let table = number_text(title, &format!("{name}.csv"), chart, centre, &desks, now);
        let files = [Some((csv, "csv")), table.map(|text| (text, "md"))].into_iter().flatten();
        for (text, ending) in files {
            let wanted = Wanted { path: folder.join(format!("{name}.{ending}")), bytes: Some(text.into_bytes()) };
            if let Err(cause) = put(&sidecar.casework.configuration.root, &wanted) {
                tracing::error!(%cause, "the auctions' numbers are not written; they will be tried again");
            }
        }
    }
}

/// The table item around a CSV file. Its date is the day, so that it changes once a day at most.
fn number_text(title: &str, csv: &str, chart: bool, centre: &Centre, desks: &Desks, now: Millis) -> Option<String> {
    let today = Date::parse(&date(now, &desks.zone).day(), &desks.zone)?;
    let common = Common { title: title.into(), date: today, source: some(&centre.name), ..Common::default() };
    let drawn = Chart { kind: Some(ChartKind::Bar), x: "月份".into(), y: vec!["预算（元）".into(), "成交（元）".into()] };
    let table = Table { data: Some(Reference::to(csv)), chart: chart.then_some(drawn), rows_per_page: Some(60), ..Table::default() };
    let matter = FrontMatter { common, further: None, details: Details::Table(Box::new(table)) };
    matter.to_file("按确认结果的月份统计；预算和成交金额只计成交项目。\n").ok()
}
