//! The settings of the group and its sites as Portico reads them.
//!
//! In: the plan. Out: the text of `sites/group.yaml` and of every `sites/<site>.yaml`.

use std::fmt::Write;

use crate::columns::Kind;
use crate::group::{CITY, Column, DOMAIN, Group, Site, SiteKind};

/// The settings files with their paths.
pub fn settings(group: &Group) -> Vec<(String, String)> {
    let mut files = vec![("sites/group.yaml".to_string(), group_settings(group))];
    files.extend(group.sites.iter().enumerate().map(|(i, site)| (format!("sites/{}.yaml", site.id), site_settings(i, site))));
    files
}

/// 网站标识码
pub fn identity_code(place: usize) -> String {
    format!("5388{:06}", place + 1)
}

fn group_settings(group: &Group) -> String {
    let has = |kind: SiteKind| group.sites.iter().any(|s| s.kind == kind);
    let mut bar = String::new();
    for (name, kind) in [("部门网站", SiteKind::Department), ("乡镇街道", SiteKind::Township)] {
        if has(kind) {
            bar += &format!("  - {{name: {name}, sites: {}}}\n", kind.word());
        }
    }
    format!(
        "# Written by `cargo run --example synth`: {} sites, {} items, seed {}.\n\
         name: {CITY}人民政府门户网站群\nshort_name: {CITY}政府网\ndescription: {CITY}人民政府及其部门、乡镇（街道）网站群。\n\
         domain: {DOMAIN}\nmain: www\nlanguage: zh-CN\ntimezone: Asia/Shanghai\ntheme: default\npage_size: 20\n\
         navigation:\n  - {{name: 首页, link: \"@/www\"}}\n  - {{name: 政务公开, link: \"@/www/open\"}}\n  - {{name: 办事服务, link: \"@/www/services\"}}\n{bar}\
         footer:\n  sponsor: {CITY}人民政府\n  organizer: {CITY}人民政府办公室\n  icp: 青ICP备20260001号\n  police: 青公网安备 53880002000001号\n  \
         conac: https://bszs.conac.example/sitename?method=show&id=5388000001\n  contact: {CITY}府前路1号　邮编：538800　电话：0888-8810000\n  \
         error_report: https://jiucuo.gov.example/exposure/report?site_code=5388000001\n",
        group.sites.len(),
        group.items,
        group.seed
    )
}

fn site_settings(place: usize, site: &Site) -> String {
    let mut out = String::new();
    let _ = write!(
        out,
        "name: {}\nshort_name: {}\nkind: {}\nat: {}\nidentity_code: \"{}\"\norder: {place}\ndescription: {}发布政务信息、公开政策文件、提供办事服务。\n\
         address: {CITY}府前路{}号\nphone: 0888-88{:05}\nhours: 工作日 8:30—12:00，14:30—17:30\nhome:\n",
        site.name,
        site.short_name,
        site.kind.word(),
        site.id,
        identity_code(place),
        site.name,
        place + 1,
        10_000 + place
    );
    for block in site.columns.iter().filter(|c| c.spec.on_home > 0) {
        let _ = writeln!(out, "  - {{column: {}, count: {}, style: {}}}", block.spec.path, block.spec.on_home, style(block));
    }
    out.push_str("columns:\n");
    for (i, column) in site.columns.iter().enumerate() {
        let nested = column.spec.path.contains('/');
        let first_inside = nested && !site.columns[i - 1].spec.path.contains('/');
        if first_inside {
            out.push_str("    columns:\n");
        }
        column_settings(column, if nested { "      " } else { "  " }, &mut out);
    }
    out
}

fn style(column: &Column) -> &'static str {
    match column.spec.kind {
        Kind::News if column.spec.on_home > 8 => "headline",
        Kind::Album | Kind::Topic => "pictures",
        Kind::Guide => "cards",
        Kind::Link => "links",
        _ => "list",
    }
}

fn column_settings(column: &Column, indent: &str, out: &mut String) {
    let spec = column.spec;
    let id = spec.path.rsplit('/').next().unwrap_or(spec.path);
    let _ = writeln!(out, "{indent}- id: {id}\n{indent}  name: {}", spec.name);
    if spec.kind != Kind::Section {
        let _ = writeln!(out, "{indent}  type: {}", spec.kind.word());
    }
    if spec.kind == Kind::Leader {
        let _ = writeln!(out, "{indent}  sort: order");
    }
    if !column.collect.is_empty() {
        let _ = writeln!(out, "{indent}  collect: [{}]", column.collect.join(", "));
    }
}
