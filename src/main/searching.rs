//! The search index after a build: brought up to date, and told in a line.

use portico::diagnostic::Lang;
use portico::pipeline::{Kept, Outcome, Request};

/// What became of the index.
#[derive(Debug, Default)]
pub struct Indexed {
    /// A line for people; empty when nothing was done.
    pub text: String,
    /// For machines; null when nothing was done.
    pub json: serde_json::Value,
}

/// Brings the index up to what was built. Pages do not depend on it: what goes wrong is told, and nothing else.
#[cfg(feature = "search")]
pub fn index(request: &Request, outcome: &Outcome, kept: &Kept, lang: Lang) -> Indexed {
    match portico::pipeline::index(request, outcome, kept) {
        Ok(None) => Indexed::default(),
        Ok(Some(done)) => {
            #[expect(clippy::cast_precision_loss, reason = "seconds for people")]
            let seconds = done.elapsed_ms as f64 / 1000.0;
            let (documents, made, removed) = (done.documents, done.made, done.removed);
            let text = match lang {
                Lang::Zh => format!("搜索：{documents} 条，更新 {made}，删除 {removed}；用时 {seconds:.2} 秒\n"),
                Lang::En => format!("search: {documents} documents, {made} made, {removed} removed; {seconds:.2} s\n"),
            };
            let (anew, elapsed_ms) = (done.anew, done.elapsed_ms);
            Indexed { text, json: serde_json::json!({"documents": documents, "made": made, "removed": removed, "anew": anew, "elapsed_ms": elapsed_ms}) }
        }
        Err(cause) => {
            let text = match lang {
                Lang::Zh => format!("搜索索引没有更新：{cause}\n"),
                Lang::En => format!("the search index was not brought up to date: {cause}\n"),
            };
            Indexed { text, json: serde_json::json!({"error": cause.to_string()}) }
        }
    }
}

/// Without search there is nothing to bring up to date.
#[cfg(not(feature = "search"))]
pub fn index(_: &Request, _: &Outcome, _: &Kept, _: Lang) -> Indexed {
    Indexed::default()
}

/// A report for machines with what became of the index.
pub fn with(mut report: serde_json::Value, indexed: &Indexed) -> serde_json::Value {
    if !indexed.json.is_null() {
        report["search"] = indexed.json.clone();
    }
    report
}
