//! Configuration for Caddy 2.6 and newer.
//!
//! In: a [`Hosting`]. Out: a Caddyfile. Caddy gets its certificates by itself, unless others are named or HTTP is asked for on another port.

use std::fmt::Write;

use super::{Hosting, SEARCH_PATH, SERVICE_PATH, pages};
use crate::source::publishing::Encoding;

/// The configuration.
#[must_use]
pub fn configuration(h: &Hosting) -> String {
    let mut text =
        String::from("# 由 portico deploy caddy 生成；站点增减、搬家或改了发布设置后重新生成，再执行 caddy reload。\n# Made by `portico deploy caddy`.\n\n");
    let _ = write!(text, "{} {{\n\tredir {}{{uri}} permanent\n}}\n\n", address(h, None), h.origin(&h.main));
    let hosts: Vec<String> = if h.wildcard { vec![address(h, Some("*"))] } else { h.hosts.iter().map(|host| address(h, Some(host))).collect() };
    let _ = writeln!(text, "{} {{", hosts.join(", "));
    if let Some((certificate, key)) = &h.certificate {
        let _ = writeln!(text, "\ttls {} {}", certificate.display(), key.display());
    }
    headers(h, &mut text);
    maintenance(h, &mut text);
    moved(h, &mut text);
    if let Some(service) = &h.service {
        let _ = write!(
            text,
            "\n\t# 互动服务。它停了，网页照常。Caddy 本身不限请求次数，限额由互动服务自己把守。\n\thandle {SERVICE_PATH}* {{\n\t\trequest_body {{\n\t\t\tmax_size 20MB\n\t\t}}\n\
             \t\treverse_proxy {service} {{\n\t\t\ttransport http {{\n\t\t\t\tdial_timeout 3s\n\t\t\t\tresponse_header_timeout 60s\n\t\t\t}}\n\t\t}}\n\t}}\n"
        );
    }
    files(h, &mut text);
    errors(h, &mut text);
    text.push_str("}\n");
    text
}

/// A site's address as Caddy writes it; the bare domain's when there is no host.
fn address(h: &Hosting, host: Option<&str>) -> String {
    let name = host.map_or_else(|| h.domain.clone(), |host| format!("{host}.{}", h.domain));
    if h.certificate.is_some() || h.port == 80 { name } else { format!("http://{name}:{}", h.port) }
}

/// The folder of the host asked for: its label stands before the domain's own.
fn root(h: &Hosting) -> String {
    format!("{}/{{http.request.host.labels.{}}}", h.live(), h.domain.split('.').count())
}

fn headers(h: &Hosting, text: &mut String) {
    text.push_str(&security(h));
    text.push_str(
        "\t# 名称里有摘要的文件永不改变；其余每次询问是否有变化。\n\t@hashed path_regexp \\.[0-9a-f]{8,}\\.[a-z0-9]+$\n\
         \t@others not path_regexp \\.[0-9a-f]{8,}\\.[a-z0-9]+$\n\theader @hashed Cache-Control \"public, max-age=31536000, immutable\"\n\
         \theader @others Cache-Control no-cache\n",
    );
}

fn security(h: &Hosting) -> String {
    let lines: String = h.headers().iter().map(|(name, value)| format!("\t\t{name} \"{value}\"\n")).collect();
    format!("\theader {{\n{lines}\t\t-Server\n\t}}\n")
}

fn maintenance(h: &Hosting, text: &mut String) {
    let store = h.store.display();
    let _ = write!(
        text,
        "\n\t# 维护：建立文件 {store}/maintenance.html（portico deploy maintenance-page）即全站停用，删除即恢复。\n\t@maintenance file {{\n\t\troot {store}\n\
         \t\ttry_files /maintenance.html\n\t}}\n\thandle @maintenance {{\n\t\troot * {store}\n\t\trewrite * /maintenance.html\n\t\tfile_server {{\n\t\t\tstatus 503\n\t\t}}\n\t}}\n"
    );
}

/// Sites that have moved. A host that was left altogether answers for every path.
fn moved(h: &Hosting, text: &mut String) {
    for (i, m) in h.moved.iter().enumerate() {
        let (host, path) = m.from.split_once('/').map_or((&*m.from, ""), |(host, path)| (host, path));
        let inside = if path.is_empty() { String::new() } else { format!("/{}", Hosting::literal(path)) };
        let _ = write!(
            text,
            "\n\t@moved{i} {{\n\t\thost {host}.{}\n\t\tpath_regexp moved{i} ^{inside}(?:/(.*))?$\n\t}}\n\thandle @moved{i} {{\n\t\tredir {}/{}{{re.moved{i}.1}} permanent\n\t}}\n",
            h.domain,
            h.origin(&m.host),
            m.path
        );
    }
}

fn files(h: &Hosting, text: &mut String) {
    let copies: Vec<&str> = h
        .encodings
        .iter()
        .map(|e| {
            if *e == Encoding::Gzip {
                "gzip"
            } else if *e == Encoding::Brotli {
                "br"
            } else {
                "zstd"
            }
        })
        .collect();
    let precompressed = if copies.is_empty() { String::new() } else { format!(" {{\n\t\t\tprecompressed {}\n\t\t}}", copies.join(" ")) };
    let _ = write!(
        text,
        "\n\thandle {{\n\t\troot * {}\n\t\t@secret {{\n\t\t\tpath */.*\n\t\t\tnot path /.well-known/*\n\t\t}}\n\t\terror @secret 404\n\
         \t\t@other not method GET HEAD\n\t\terror @other 405\n\t\tfile_server{precompressed}\n\t}}\n",
        root(h)
    );
}

/// The nearest page that says that there is no such page.
fn errors(h: &Hosting, text: &mut String) {
    // What was set before an error is forgotten.
    let _ = write!(text, "\n\thandle_errors {{\n{}", security(h));
    text.push_str("\t\t@missing expression {http.error.status_code} == 404\n\t\thandle @missing {\n");
    let _ = writeln!(text, "\t\t\troot * {}", root(h));
    for (i, (place, _)) in h.inside.iter().enumerate() {
        let (host, path) = place.split_once('/').unwrap_or((place, ""));
        let _ = write!(
            text,
            "\t\t\t@inside{i} {{\n\t\t\t\thost {host}.{}\n\t\t\t\tpath /{path}/*\n\t\t\t}}\n\t\t\thandle @inside{i} {{\n\t\t\t\trewrite * /{path}/404.html\n\t\t\t\tfile_server\n\t\t\t}}\n",
            h.domain
        );
    }
    text.push_str("\t\t\thandle {\n\t\t\t\trewrite * /404.html\n\t\t\t\tfile_server\n\t\t\t}\n\t\t}\n");
    search(h, text);
    let _ = write!(
        text,
        "\t\t@down expression {{http.error.status_code}} in [502, 504]\n\
         \t\thandle @down {{\n\t\t\theader Content-Type \"text/html; charset=utf-8\"\n\t\t\trespond `{}`\n\t\t}}\n\t}}\n",
        pages::service_down()
    );
}

/// While the service is down, the page for searching of the site that the question names answers.
fn search(h: &Hosting, text: &mut String) {
    if h.service.is_none() {
        return;
    }
    let _ = write!(
        text,
        "\t\t@search {{\n\t\t\tpath {SEARCH_PATH}\n\t\t\texpression {{http.error.status_code}} in [502, 503, 504]\n\t\t}}\n\
         \t\thandle @search {{\n\t\t\troot * {}\n",
        root(h)
    );
    let answer = |path: &str| format!("\t\t\t\trewrite * {path}/search.html\n\t\t\t\tfile_server {{\n\t\t\t\t\tstatus 503\n\t\t\t\t}}\n");
    for (i, (place, id)) in h.inside.iter().enumerate() {
        let (host, path) = place.split_once('/').unwrap_or((place, ""));
        let _ = write!(
            text,
            "\t\t\t@asked{i} {{\n\t\t\t\thost {host}.{}\n\t\t\t\tquery site={id}\n\t\t\t}}\n\t\t\thandle @asked{i} {{\n{}\t\t\t}}\n",
            h.domain,
            answer(&format!("/{path}"))
        );
    }
    let _ = write!(text, "\t\t\thandle {{\n{}\t\t\t}}\n\t\t}}\n", answer(""));
}
