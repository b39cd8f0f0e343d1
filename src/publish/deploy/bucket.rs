//! nginx in front of object storage: what a CDN asks, or visitors themselves.
//!
//! In: a [`Hosting`] and the address of the bucket. Out: a configuration for `/etc/nginx/conf.d/`, and the script (njs) that follows the
//! pointer from release to folder to file. What never changes is cached for as long as there is room; the pointer for one second.

use super::Hosting;
use super::nginx;

/// The script `/etc/nginx/portico.js`.
pub const SCRIPT: &str = include_str!("bucket.js");

/// The configuration. `bucket`: where `live.json` is read, without a final `/`; `script`: where the script lies; `cache`: a folder for nginx.
#[must_use]
pub fn configuration(hosting: &Hosting, bucket: &str, script: &str, cache: &str) -> String {
    let (origin, folder) = parts(bucket);
    let server = SERVER.replace("@ORIGIN@", &origin).replace("@FOLDER@", &folder).replace("@HEADERS@", &nginx::headers(hosting));
    let server = server.replace("@LISTEN@", &nginx::listen(hosting)).replace("@NAMES@", &nginx::names(hosting));
    let head = format!(
        "# 由 portico deploy bucket-nginx 生成；需要模块 libnginx-mod-http-js 和脚本 {script}（portico deploy bucket-script）。\n\
         # Made by `portico deploy bucket-nginx`.\n\njs_import portico from {script};\n# 名称里有摘要的文件永不改变，由脚本认出；其余每次询问是否有变。\njs_var $portico_lasts no-cache;\n\
         proxy_cache_path {cache} levels=1:2 keys_zone=portico:64m max_size=20g inactive=30d use_temp_path=off;\n\n"
    );
    head + &nginx::maps(hosting) + &nginx::others(hosting) + &server
}

/// `https://host/bucket/prefix` → `https://host` and `/bucket/prefix`.
fn parts(bucket: &str) -> (String, String) {
    let host = bucket.find("://").map_or(0, |at| at + 3);
    let (origin, folder) = bucket.split_at(bucket[host..].find('/').map_or(bucket.len(), |at| host + at));
    (origin.to_string(), folder.to_string())
}

const SERVER: &str = r#"server {
@LISTEN@    server_name
        @NAMES@;
    server_tokens off;
    absolute_redirect off;
    gzip on;
    gzip_vary on;
    gzip_proxied any;
    gzip_types text/css text/plain text/csv text/javascript application/json application/xml image/svg+xml;
    subrequest_output_buffer_size 16m;

@HEADERS@    add_header Cache-Control $portico_lasts;

    if ($portico_moved) { return 301 $portico_moved$is_args$args; }
    location / { limit_except GET { deny all; } js_content portico.answer; }

    # 以下只供脚本使用。
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host $proxy_host;
    proxy_set_header Cookie "";
    proxy_set_header Accept-Encoding "";
    proxy_method GET;
    proxy_pass_request_headers off;
    proxy_hide_header Cache-Control;
    proxy_ignore_headers Cache-Control Expires Vary Set-Cookie;
    proxy_cache portico;
    proxy_cache_key $proxy_host$uri;
    proxy_cache_lock on;
    # 对象存储停了，缓存里有的照常。
    proxy_cache_use_stale error timeout updating http_500 http_502 http_503 http_504;
    proxy_connect_timeout 3s;
    proxy_ssl_server_name on;
    location = /~live {
        internal;
        rewrite ^ "@FOLDER@/live.json" break;
        proxy_cache_valid 200 1s;
        proxy_pass @ORIGIN@;
    }
    location /~trees/ {
        internal;
        rewrite "^/~trees/([0-9a-f]+)$" "@FOLDER@/trees/$1.json" break;
        proxy_cache_valid 200 30d;
        proxy_pass @ORIGIN@;
    }
    location /~files/ {
        internal;
        rewrite "^/~files/([0-9a-f]+)$" "@FOLDER@/files/$1" break;
        proxy_cache_valid 200 30d;
        proxy_pass @ORIGIN@;
    }
}
"#;
