//! The preview: build, watch, serve every site on one local port, reload the browser.
//!
//! In: `portico serve`'s arguments. Out: a web server until Ctrl-C. `http://localhost:PORT` is the main site, `http://<site>.localhost:PORT`
//! any site. Pages are the built files; only a script for reloading and for showing mistakes is added on the way out.

#[cfg(feature = "sidecar")]
mod beside;
pub mod watch;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, RwLock};

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::sync::broadcast;
use tokio_stream::wrappers::BroadcastStream;
use tokio_stream::{Stream, StreamExt};

use crate::cli::ServeArgs;
use crate::diagnostic::{Diagnostic, Lang, Report};
use crate::pipeline::{BuildError, Kept, Outcome, Request, Silent, build, touch};
use crate::source::{ReadError, content_type};

/// The script that pages of the preview load.
const SCRIPT: &str = include_str!("preview/reload.js");

/// How many files that were saved together are shown before the whole group is looked at. Whoever saves one is looking at it; whoever
/// changes many is not.
const AT_ONCE: usize = 16;

/// Where the side service is asked; while it is not there, the asked site's own page for searching answers, as it does behind a web server.
const SEARCH: &str = "-/search";

/// What the server knows of the last build.
#[derive(Debug, Default)]
struct Latest {
    /// The folder of the main site's host; empty before the first build.
    main: String,
    diagnostics: Vec<Diagnostic>,
    /// Why nothing was built at all.
    failure: Option<String>,
    /// How many builds there have been; counted from the clock, so that a restarted preview has other numbers.
    number: u64,
    built: bool,
}

#[derive(Debug, Clone)]
struct Preview {
    root: PathBuf,
    out: PathBuf,
    latest: Arc<RwLock<Latest>>,
    news: broadcast::Sender<u64>,
    lang: Lang,
}

/// Serves until Ctrl-C. `say` prints a line for people.
///
/// # Errors
/// When the port cannot be had or the runtime cannot start.
pub fn serve(args: &ServeArgs, lang: Lang, say: fn(&str)) -> anyhow::Result<()> {
    let root = args.source.root.clone();
    let out = root.join(".portico/preview");
    let request = Request { base_url: Some(format!("http://{{site}}.localhost:{}", args.port)), ..args.source.request(out.clone()) };
    let (news, _) = broadcast::channel(16);
    let number = u64::try_from(jiff::Timestamp::now().as_millisecond()).unwrap_or(0);
    let preview = Preview { root: root.clone(), out, latest: Arc::new(RwLock::new(Latest { number, ..Latest::default() })), news, lang };
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(async {
        let address = SocketAddr::new(args.listen, args.port);
        let listener = tokio::net::TcpListener::bind(address).await.map_err(|e| anyhow::anyhow!("{address}: {e}"))?;
        let router = router(preview.clone());
        #[cfg(feature = "sidecar")]
        let router = router.merge(beside::routes(preview.clone(), request.base_url.as_deref().unwrap_or(""), say));
        let builder = preview.clone();
        let mut kept = Kept::default();
        std::thread::spawn(move || watch::run(&root, |changed| builder.build(&request, &mut kept, changed, say)));
        axum::serve(listener, router.into_make_service_with_connect_info::<SocketAddr>()).with_graceful_shutdown(stopped()).await?;
        Ok(())
    })
}

async fn stopped() {
    // Without a signal handler the server simply runs until it is killed.
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

impl Preview {
    /// Builds once and tells the browsers. Gives the moment of the next scheduled change, if any.
    fn build(&self, request: &Request, kept: &mut Kept, changed: &[PathBuf], say: fn(&str)) -> Option<std::time::Duration> {
        let touched = self.touch(request, kept, changed);
        let result = build(request, &Silent, kept);
        let (mut next, mut number, mut built) = (None, 0, None);
        if let Ok(mut latest) = self.latest.write() {
            latest.built = true;
            latest.failure = None;
            // What was shown at once need not be shown twice.
            let shown = result.as_ref().is_ok_and(|o| touched > 0 && o.written <= touched && o.removed == 0 && o.diagnostics == latest.diagnostics);
            latest.number += u64::from(!shown);
            number = latest.number;
            match result {
                Ok(mut outcome) => {
                    next = outcome.next_change;
                    let first = latest.main.is_empty();
                    latest.main.clone_from(&outcome.main_host);
                    self.say(&outcome, request, first, say);
                    latest.diagnostics = std::mem::take(&mut outcome.diagnostics);
                    built = Some(outcome);
                }
                Err(BuildError::Read(ReadError::BadGroup(diagnostics))) => {
                    say(&self.report(&diagnostics, &request.root));
                    latest.diagnostics = diagnostics;
                }
                Err(error) => {
                    say(&error.to_string());
                    latest.failure = Some(error.to_string());
                }
            }
        }
        // Nobody listening is no mistake.
        let _ = self.news.send(number);
        if let Some(outcome) = built {
            index(request, &outcome, kept, say);
        }
        next
    }

    /// Shows at once the pages of a few items that were saved, before the whole group is looked at. Gives how many.
    fn touch(&self, request: &Request, kept: &mut Kept, changed: &[PathBuf]) -> usize {
        let few = &changed[..changed.len().min(AT_ONCE)];
        // What goes wrong here is told by the build that follows.
        let touched = touch(request, kept, few).unwrap_or(0);
        if let (true, Ok(mut latest)) = (touched > 0, self.latest.write()) {
            latest.number += 1;
            let _ = self.news.send(latest.number);
        }
        touched
    }

    fn say(&self, outcome: &Outcome, request: &Request, first: bool, say: fn(&str)) {
        say(&self.report(&outcome.diagnostics, &request.root));
        let (written, removed, errors, ms) = (outcome.written, outcome.removed, outcome.errors(), outcome.elapsed_ms);
        let base = request.base_url.as_deref().unwrap_or("");
        let line = match (self.lang, first) {
            (Lang::Zh, true) => format!(
                "{} 个站点，{} 个文件，{errors} 个错误，用时 {ms} 毫秒。\n主站：{}\n各站：{}",
                outcome.sites,
                outcome.outputs,
                base.replace("{site}.", ""),
                base.replace("{site}", "<站点>")
            ),
            (Lang::En, true) => format!(
                "{} sites, {} files, {errors} errors, {ms} ms.\nMain site: {}\nAny site: {}",
                outcome.sites,
                outcome.outputs,
                base.replace("{site}.", ""),
                base.replace("{site}", "<site>")
            ),
            (Lang::Zh, false) => format!("已更新：写入 {written}，删除 {removed}，错误 {errors}，用时 {ms} 毫秒"),
            (Lang::En, false) => format!("updated: {written} written, {removed} removed, {errors} errors, {ms} ms"),
        };
        say(&line);
    }

    fn report(&self, diagnostics: &[Diagnostic], root: &Path) -> String {
        Report { diagnostics, lang: self.lang, line_of: |file: &str, line| crate::source::line_of(root, file, line) }.to_string()
    }

    /// The number of the last build.
    fn number(&self) -> u64 {
        self.latest.read().map_or(0, |latest| latest.number)
    }

    /// The output folder of the host a request names.
    fn folder(&self, headers: &HeaderMap) -> Option<String> {
        let host = headers.get(header::HOST)?.to_str().ok()?;
        let host = host.rsplit_once(':').map_or(host, |(name, port)| if port.bytes().all(|b| b.is_ascii_digit()) { name } else { host });
        match host.strip_suffix(".localhost") {
            Some(site) if site.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') => Some(site.to_string()),
            Some(_) => None,
            // Any other name could be a page elsewhere that was made to point here.
            None if host != "localhost" && host.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_err() => None,
            None => Some(self.latest.read().ok()?.main.clone()),
        }
    }
}

/// Brings the search index up to what was built, once everybody has been shown it.
#[cfg(feature = "search")]
fn index(request: &Request, outcome: &Outcome, kept: &Kept, say: fn(&str)) {
    if let Err(cause) = crate::pipeline::index(request, outcome, kept) {
        say(&cause.to_string());
    }
}

#[cfg(not(feature = "search"))]
fn index(_: &Request, _: &Outcome, _: &Kept, _: fn(&str)) {}

fn router(preview: Preview) -> Router {
    Router::new()
        .route("/__portico/reload.js", get(async || ([(header::CONTENT_TYPE, "text/javascript; charset=utf-8")], SCRIPT)))
        .route("/__portico/events", get(events))
        .route("/__portico/report", get(report))
        .fallback(file)
        .with_state(preview)
}

async fn events(State(preview): State<Preview>) -> Sse<impl Stream<Item = Result<Event, std::convert::Infallible>>> {
    // Subscribed first, then asked for the present number: no build in between is missed.
    let later = BroadcastStream::new(preview.news.subscribe()).filter_map(Result::ok);
    let stream = tokio_stream::once(preview.number()).chain(later).map(|number| Ok(Event::default().event("built").data(number.to_string())));
    Sse::new(stream).keep_alive(KeepAlive::default())
}

/// The last build's mistakes as JSON: `{"failure", "diagnostics": [...]}`.
async fn report(State(preview): State<Preview>) -> Response {
    let value = preview.latest.read().map_or(serde_json::Value::Null, |latest| {
        let list: Vec<_> = latest.diagnostics.iter().map(|d| d.to_json(preview.lang)).collect();
        serde_json::json!({"failure": latest.failure, "diagnostics": list})
    });
    ([(header::CONTENT_TYPE, "application/json; charset=utf-8"), (header::CACHE_CONTROL, "no-store")], value.to_string()).into_response()
}

async fn file(State(preview): State<Preview>, method: Method, uri: Uri, headers: HeaderMap) -> Response {
    if method != Method::GET && method != Method::HEAD {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    let Some(folder) = preview.folder(&headers).filter(|f| !f.is_empty()) else { return waiting(&preview) };
    let host = preview.out.join(&folder);
    let Some(path) = safe_path(uri.path()) else { return StatusCode::BAD_REQUEST.into_response() };
    if path == SEARCH {
        return search_page(&preview, &folder, uri.query().unwrap_or("")).await;
    }
    let mut full = host.join(&path);
    if tokio::fs::metadata(&full).await.is_ok_and(|m| m.is_dir()) {
        if !uri.path().ends_with('/') {
            let query = uri.query().map_or_else(String::new, |q| format!("?{q}"));
            // One slash at the beginning: two would name a host.
            let location = format!("/{}/{query}", uri.path().trim_start_matches('/'));
            return (StatusCode::MOVED_PERMANENTLY, [(header::LOCATION, location)]).into_response();
        }
        full = full.join("index.html");
    }
    // Taken before the file is read: a page older than its number would never be reloaded.
    let number = preview.number();
    match tokio::fs::read(&full).await {
        Ok(bytes) => respond(StatusCode::OK, &full, bytes, number),
        Err(_) => missing(&host, &path, number).await,
    }
}

/// The page for searching of the site that a question names: of the host's own site, or of one that lives in a path of the host.
async fn search_page(preview: &Preview, folder: &str, query: &str) -> Response {
    let asked = query.split('&').find_map(|part| part.strip_prefix("site="));
    let sites = crate::source::settings_alone(&preview.root).map(|(_, sites)| sites).unwrap_or_default();
    let place = sites.into_iter().find(|(id, s)| Some(id.as_str()) == asked && s.at.starts_with(&format!("{folder}/"))).map(|(_, s)| s.at);
    let page = preview.out.join(place.as_deref().unwrap_or(folder)).join("search.html");
    match tokio::fs::read(&page).await {
        Ok(bytes) => respond(StatusCode::SERVICE_UNAVAILABLE, &page, bytes, preview.number()),
        Err(_) => missing(&preview.out.join(folder), SEARCH, preview.number()).await,
    }
}

/// The nearest 404 page above a path: a site that lives in a path has its own.
async fn missing(host: &Path, path: &str, number: u64) -> Response {
    let mut folder = path;
    loop {
        folder = folder.rsplit_once('/').map_or("", |(parent, _)| parent);
        let page = host.join(folder).join("404.html");
        if let Ok(bytes) = tokio::fs::read(&page).await {
            return respond(StatusCode::NOT_FOUND, &page, bytes, number);
        }
        if folder.is_empty() {
            return (StatusCode::NOT_FOUND, "404\n").into_response();
        }
    }
}

/// What pages may load: their own host's files, and pictures and films of the group's other hosts. Nothing inline, nothing from elsewhere. A
/// published group says the same with its own domain (see docs/content.md).
const CONTENT_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; \
     frame-ancestors 'none'; img-src 'self' http://localhost:* http://*.localhost:*; media-src 'self' http://localhost:* http://*.localhost:*";

fn waiting(preview: &Preview) -> Response {
    let (built, number) = preview.latest.read().map_or((false, 0), |l| (l.built, l.number));
    let text = match (preview.lang, built) {
        (Lang::Zh, false) => "正在生成，请稍候……",
        (Lang::En, false) => "Building, one moment …",
        (Lang::Zh, true) => "没有可显示的站点，请看错误报告",
        (Lang::En, true) => "There is no site to show; see the report",
    };
    let page = format!("<!DOCTYPE html><html><head><meta charset=\"utf-8\"><title>Portico</title></head><body><p>{text}</p></body></html>");
    respond(StatusCode::SERVICE_UNAVAILABLE, Path::new("index.html"), page.into_bytes(), number)
}

fn respond(status: StatusCode, path: &Path, mut bytes: Vec<u8>, number: u64) -> Response {
    let kind = content_type(path.to_str().unwrap_or_default());
    if kind.starts_with("text/html") {
        let at = bytes.windows(7).rposition(|w| w == b"</body>").unwrap_or(bytes.len());
        bytes.splice(at..at, format!("<script src=\"/__portico/reload.js\" data-build=\"{number}\"></script>").into_bytes());
    }
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CONTENT_POLICY)),
    ];
    (status, headers, Body::from(bytes)).into_response()
}

/// The path of a request inside a host's folder; `None` when it would leave it.
fn safe_path(path: &str) -> Option<String> {
    let decoded = crate::source::percent_decoded(path)?;
    let parts: Vec<&str> = decoded.split('/').filter(|p| !p.is_empty()).collect();
    let safe = parts.iter().all(|p| (!p.starts_with('.') || *p == ".well-known") && !p.contains(['\\', '\0']));
    safe.then(|| parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::safe_path;

    #[test]
    fn a_request_never_leaves_its_hosts_folder() {
        assert_eq!(safe_path("/news/%E5%81%9C.html").as_deref(), Some("news/停.html"));
        for bad in ["/../x", "/%2e%2e/x", "/a/..%2fx", "/.portico/x", "/a%00b", "/a\\b"] {
            assert_eq!(safe_path(bad), None, "{bad}");
        }
    }
}
