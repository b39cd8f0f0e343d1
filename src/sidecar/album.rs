//! Citizens' photographs (百姓摄影): the accepted ones of a year are one album, with credit.
//!
//! In: a case of a desk that has an album. Out: the album's content file and its pictures as they should be, made whole from the database.

use std::path::Path;

use super::bulletin::Wanted;
use super::case::{Millis, Publication};
use super::desk::{Desk, Desks};
use super::masking;
use super::store::Store;
use super::store::cases::{Attachment, Record};
use super::store::database::Trouble;
use crate::source::date::Date;
use crate::source::front_matter::{Album, Common, Details, FrontMatter, Photo, Reference};

/// The album of the year in which a case was received, and the case's own pictures.
///
/// # Errors
/// When the database does not answer.
pub async fn files(store: &Store, record: &Record, desk: &Desk, desks: &Desks) -> Result<Vec<Wanted>, Trouble> {
    let Some(column) = &desk.album else { return Ok(Vec::new()) };
    let (year, from, to) = year_of(record.case.received_at, desks);
    let folder = Path::new("content").join(&desk.site).join(column).join(format!("{}-{year}", desk.id));
    let mut photos = Vec::new();
    let mut newest = 0;
    for shown in store.published_between(&desk.id, from, to).await? {
        newest = newest.max(shown.case.closed_at.unwrap_or(0));
        photos.extend(pictures(store, &shown).await?.iter().map(|(name, _)| photo(name, &shown)));
    }
    let public = record.case.publication == Publication::Published;
    let own = pictures(store, record).await?.into_iter();
    let mut wanted: Vec<Wanted> = Vec::new();
    for (name, file) in own {
        let bytes = if public { store.file(&record.number, &file.id).await?.map(|f| f.bytes) } else { None };
        wanted.push(Wanted { path: folder.join(name), bytes });
    }
    let text = if photos.is_empty() { None } else { text(desk, year, newest, photos, desks) };
    wanted.push(Wanted { path: folder.join("index.md"), bytes: text.map(String::into_bytes) });
    Ok(wanted)
}

/// A case's pictures under the names they have in the album.
async fn pictures(store: &Store, record: &Record) -> Result<Vec<(String, Attachment)>, Trouble> {
    let files = store.files(&record.number).await?.into_iter().filter(|f| f.kind.starts_with("image/"));
    let name = |(at, file): (usize, Attachment)| {
        let ending = if file.kind == "image/png" { "png" } else { "jpg" };
        (format!("{}-{}.{ending}", record.number, at + 1), file)
    };
    Ok(files.enumerate().map(name).collect())
}

fn photo(name: &str, record: &Record) -> Photo {
    let letter = &record.letter;
    let credit = letter.others.iter().find(|(label, _)| label.contains("署名")).map_or_else(|| masking::name(&letter.name), |(_, name)| name.clone());
    Photo { file: Reference::to(name), caption: Some(masking::text(&letter.subject, "").into()), credit: Some(credit.into()), taken_on: None }
}

fn text(desk: &Desk, year: i16, newest: Millis, photos: Vec<Photo>, desks: &Desks) -> Option<String> {
    let date = Date::at(jiff::Timestamp::from_millisecond(newest).ok()?, &desks.zone);
    let title = format!("{}（{year}年）", desk.name);
    let common = Common { title: title.into(), date, source: Some(desks.site_name(&desk.site).into()), ..Common::default() };
    FrontMatter { common, further: None, details: Details::Album(Box::new(Album { photos })) }.to_file("市民投稿，经审核刊登。\n").ok()
}

/// The year of a moment on the group's calendar, its beginning and its end.
fn year_of(at: Millis, desks: &Desks) -> (i16, Millis, Millis) {
    let year = jiff::Timestamp::from_millisecond(at).unwrap_or_default().to_zoned(desks.zone.clone()).year();
    let begin = |year: i16| jiff::civil::Date::new(year, 1, 1).and_then(|d| d.to_zoned(desks.zone.clone())).map_or(0, |z| z.timestamp().as_millisecond());
    (year, begin(year), begin(year + 1))
}
