//! What items are asked for by, besides their words: the numbers of documents, and the key under which a table's rows are searched.
//!
//! In: front matter and paths. Out: texts and keys. Knows neither index.

use super::front_matter::Details;
use crate::digest::Digest;

/// The numbers by which an item is known (发文字号、索引号、事项编码 and their like), as written.
#[must_use]
pub fn numbers(details: &Details) -> Vec<&str> {
    let found: [&Option<Box<str>>; 2] = match details {
        Details::Policy(p) => [&p.document_number, &p.index_number],
        Details::Guide(g) => [&g.item_code, &None],
        Details::Reply(r) => [&r.case_number, &None],
        Details::Auction(a) => [&a.lot_number, &None],
        Details::Vendor(v) => [&v.credit_code, &v.licence_number],
        _ => [&None, &None],
    };
    found.into_iter().flatten().map(|number| &**number).collect()
}

/// By what a table's rows are known where they are searched. `item` is the path of the table's item in the folder of its site.
#[must_use]
pub fn table_key(site: &str, item: &str) -> u64 {
    Digest::of(&("rows", site, item)).short()
}
