//! Configuration for nginx 1.20 and newer.
//!
//! In: a [`Hosting`]. Out: one file for `/etc/nginx/conf.d/`. Every header is added once, at the server: a header added in a location would
//! silence all others there, so what differs by address is looked up in maps.

use std::fmt::Write;

use super::{Hosting, SEARCH_PATH, SERVICE_PATH, pages};
use crate::source::publishing::Encoding;

/// The configuration.
#[must_use]
pub fn configuration(hosting: &Hosting) -> String {
    let mut text = String::from(
        "# 由 portico deploy nginx 生成；站点增减、搬家或改了发布设置后重新生成，再执行 nginx -t 和 nginx -s reload。\n\
         # Made by `portico deploy nginx`.\n\n",
    );
    text.push_str(&maps(hosting));
    text.push_str(&others(hosting));
    text.push_str(&server(hosting));
    text
}

/// What depends on the address asked for.
pub(super) fn maps(h: &Hosting) -> String {
    let mut text = String::new();
    let domain = &h.domain;
    let _ = writeln!(text, "# 域名对应的文件夹；不认识的域名不予回答。\nmap $host $portico_host {{\n    default \"\";\n    {domain} {};", h.main);
    if h.wildcard {
        let _ = writeln!(text, "    ~^(?<portico_label>[a-z0-9-]+)\\.{}$ $portico_label;", Hosting::literal(domain));
    } else {
        text.extend(h.hosts.iter().map(|host| format!("    {host}.{domain} {host};\n")));
    }
    text.push_str("}\n\n# 已搬家的站点：旧地址 → 新地址。\nmap \"$portico_host$request_uri\" $portico_moved {\n    default \"\";\n");
    for m in &h.moved {
        let _ = writeln!(text, "    \"~^{}(?:/([^?]*))?(?:\\?.*)?$\" \"{}/{}$1\";", Hosting::literal(&m.from), h.origin(&m.host), m.path);
    }
    text.push_str("}\n\n# 住在路径里的站点有自己的“找不到”页面。\nmap \"$portico_host$uri\" $portico_missing {\n    default /404.html;\n");
    for (place, _) in &h.inside {
        let path = place.split_once('/').map_or("", |(_, path)| path);
        let _ = writeln!(text, "    \"~^{}/\" /{path}/404.html;", Hosting::literal(place));
    }
    text.push_str(
        "}\n\n# 名称里有摘要的文件永不改变；其余每次询问是否有变（没变只回 304）。\nmap $uri $portico_cache {\n    default \"no-cache\";\n    \
         \"~\\.[0-9a-f]{8,}\\.[a-z0-9]+$\" \"public, max-age=31536000, immutable\";\n}\n\n",
    );
    if h.service.is_some() {
        text.push_str("# 互动服务停了，由提问的站点自己的搜索页作答。\nmap \"$portico_host $arg_site\" $portico_search {\n    default /search.html;\n");
        for (place, id) in &h.inside {
            let (host, path) = place.split_once('/').unwrap_or((place, ""));
            let _ = writeln!(text, "    \"{host} {id}\" /{path}/search.html;");
        }
        text.push_str("}\n\n");
        text.push_str(
            "# 互动服务的限额：每个访客每秒 10 次请求，同时 20 个连接。\nlimit_req_zone $binary_remote_addr zone=portico_service:10m rate=10r/s;\n\
             limit_conn_zone $binary_remote_addr zone=portico_service_open:10m;\n\n",
        );
    }
    text
}

/// Other names than the group's, the bare domain, and plain HTTP where there is HTTPS.
pub(super) fn others(h: &Hosting) -> String {
    let port = h.port;
    let mut text = format!("server {{\n    listen {port} default_server;\n    listen [::]:{port} default_server;\n    server_name _;\n    return 444;\n}}\n\n");
    let names = names(h);
    let domain = &h.domain;
    if h.certificate.is_some() {
        let _ = write!(
            text,
            "server {{\n    listen {port};\n    listen [::]:{port};\n    server_name {domain} {names};\n    return 301 https://$host$request_uri;\n}}\n\n"
        );
    }
    let _ = write!(text, "server {{\n{}    server_name {domain};\n    return 301 {}$request_uri;\n}}\n\n", listen(h), h.origin(&h.main));
    text
}

pub(super) fn names(h: &Hosting) -> String {
    if h.wildcard {
        return format!("*.{}", h.domain);
    }
    h.hosts.iter().map(|host| format!("{host}.{}", h.domain)).collect::<Vec<_>>().join("\n        ")
}

pub(super) fn listen(h: &Hosting) -> String {
    match &h.certificate {
        Some((certificate, key)) => format!(
            "    listen 443 ssl http2;\n    listen [::]:443 ssl http2;\n    ssl_certificate {};\n    ssl_certificate_key {};\n    \
             ssl_protocols TLSv1.2 TLSv1.3;\n",
            certificate.display(),
            key.display()
        ),
        None => format!("    listen {0};\n    listen [::]:{0};\n", h.port),
    }
}

/// Of every answer.
pub(super) fn headers(h: &Hosting) -> String {
    h.headers().into_iter().map(|(name, value)| format!("    add_header {name} \"{value}\" always;\n")).collect()
}

fn server(h: &Hosting) -> String {
    let store = h.store.display();
    let mut text = format!("server {{\n{}    server_name\n        {};\n", listen(h), names(h));
    let _ = write!(
        text,
        "    root {}/$portico_host;\n    index index.html;\n    charset utf-8;\n    charset_types text/css text/plain text/xml text/csv \
         application/javascript application/json application/xml image/svg+xml;\n    absolute_redirect off;\n    server_tokens off;\n\n",
        h.live()
    );
    for encoding in &h.encodings {
        text.push_str(match encoding {
            Encoding::Gzip => "    gzip_static on;\n    gzip_vary on;\n",
            Encoding::Brotli => "    # 需要模块 libnginx-mod-http-brotli-static。\n    brotli_static on;\n",
            Encoding::Zstd => "    # 需要模块 zstd-nginx-module。\n    zstd_static on;\n",
        });
    }
    text.push_str(&headers(h));
    let _ = write!(
        text,
        "    add_header Cache-Control $portico_cache;\n\n    \
         # 维护：建立文件 {store}/maintenance.html（portico deploy maintenance-page）即全站停用，删除即恢复。\n    \
         if (-f {store}/maintenance.html) {{ return 503; }}\n    error_page 503 @portico_maintenance;\n    \
         location @portico_maintenance {{ root {store}; rewrite ^ /maintenance.html break; }}\n\n    \
         if ($portico_moved) {{ return 301 $portico_moved$is_args$args; }}\n    error_page 404 $portico_missing;\n    \
         location / {{ limit_except GET {{ deny all; }} try_files $uri $uri/ =404; }}\n    \
         location ~ /\\.(?!well-known/) {{ return 404; }}\n"
    );
    if let Some(address) = &h.service {
        text.push_str(&service(address));
    }
    text.push_str("}\n");
    text
}

fn service(address: &str) -> String {
    let proxied = proxied(address);
    format!(
        "\n    # 互动服务。它停了，网页照常，搜索由静态的搜索页作答。\n    location {SERVICE_PATH} {{\n{proxied}        \
         error_page 502 504 @portico_service_down;\n    }}\n    location = {SEARCH_PATH} {{\n{proxied}        \
         proxy_intercept_errors on;\n        error_page 502 503 504 =503 $portico_search;\n    }}\n    \
         location @portico_service_down {{\n        internal;\n        default_type text/html;\n        return 502 '{}';\n    }}\n",
        pages::service_down()
    )
}

/// What every address of the service has.
fn proxied(address: &str) -> String {
    format!(
        "        limit_req zone=portico_service burst=20 nodelay;\n        limit_req_status 429;\n        limit_conn portico_service_open 20;\n        \
         limit_conn_status 429;\n        client_max_body_size 20m;\n        client_body_timeout 30s;\n        proxy_pass http://{address};\n        \
         proxy_http_version 1.1;\n        proxy_set_header Connection \"\";\n        proxy_set_header Host $host;\n        \
         proxy_set_header X-Real-IP $remote_addr;\n        proxy_set_header X-Forwarded-For $remote_addr;\n        \
         proxy_set_header X-Forwarded-Proto $scheme;\n        proxy_connect_timeout 3s;\n        proxy_read_timeout 60s;\n        \
         proxy_hide_header Content-Security-Policy;\n"
    )
}
