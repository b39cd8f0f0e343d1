//! Random scripts of edits over three sites: after every step the output is what a clean build makes, and no file was written whose
//! bytes did not change.
//!
//! In: scripts of valid edits (`PROPTEST_CASES` asks for more of them). Out: a failing script made as short as it can be.

#![expect(clippy::unwrap_used, reason = "tests")]

mod group;

use std::collections::BTreeMap;

use group::{Group, item, picture};
use proptest::prelude::*;

/// One edit. Numbers choose among what there is, so that every script is a valid one.
#[derive(Debug, Clone)]
enum Edit {
    Write { column: usize, name: usize, look: usize },
    Delete { which: usize },
    Move { which: usize, column: usize },
    Pin { which: usize },
    Draft { which: usize },
    Internal { which: usize },
    Later { which: usize },
    Share { which: usize },
    Alias { which: usize, old: usize },
    Attach { which: usize, size: usize },
    Explain { which: usize },
    RenameColumn { look: usize },
    PageSize { size: usize },
    Collect { look: usize },
    Colour { look: usize },
    Place { place: usize },
    Template { look: usize },
    Style { look: usize },
    Time { day: usize },
    Site { there: bool },
}

fn edit() -> impl Strategy<Value = Edit> {
    let n = 0..64usize;
    prop_oneof![
        6 => (n.clone(), 0..12usize, n.clone()).prop_map(|(column, name, look)| Edit::Write { column, name, look }),
        2 => n.clone().prop_map(|which| Edit::Delete { which }),
        2 => (n.clone(), n.clone()).prop_map(|(which, column)| Edit::Move { which, column }),
        1 => n.clone().prop_map(|which| Edit::Pin { which }),
        1 => n.clone().prop_map(|which| Edit::Draft { which }),
        1 => n.clone().prop_map(|which| Edit::Internal { which }),
        1 => n.clone().prop_map(|which| Edit::Later { which }),
        2 => n.clone().prop_map(|which| Edit::Share { which }),
        1 => (n.clone(), n.clone()).prop_map(|(which, old)| Edit::Alias { which, old }),
        2 => (n.clone(), 1..20usize).prop_map(|(which, size)| Edit::Attach { which, size }),
        1 => n.clone().prop_map(|which| Edit::Explain { which }),
        1 => n.clone().prop_map(|look| Edit::RenameColumn { look }),
        1 => (1..5usize).prop_map(|size| Edit::PageSize { size }),
        1 => n.clone().prop_map(|look| Edit::Collect { look }),
        1 => n.clone().prop_map(|look| Edit::Colour { look }),
        1 => (0..4usize).prop_map(|place| Edit::Place { place }),
        1 => n.clone().prop_map(|look| Edit::Template { look }),
        1 => n.prop_map(|look| Edit::Style { look }),
        1 => (1..29usize).prop_map(|day| Edit::Time { day }),
        1 => any::<bool>().prop_map(|there| Edit::Site { there }),
    ]
}

/// An item as the script wants it.
#[derive(Debug, Clone, Default)]
struct Wanted {
    look: usize,
    pinned: bool,
    draft: bool,
    internal: bool,
    later: bool,
    shared: bool,
    alias: Option<usize>,
    picture: Option<usize>,
    explains: bool,
}

/// The group as the script wants it; laid down anew after every edit, files that did not change left alone.
struct Script {
    items: BTreeMap<(usize, usize), Wanted>,
    column: usize,
    page_size: usize,
    collect: usize,
    colour: usize,
    place: usize,
    template: usize,
    style: usize,
    day: usize,
    third: bool,
}

/// Folders of columns, with how they write their own fields.
const COLUMNS: &[(&str, &str)] =
    &[("www/news", "news"), ("www/policy", "policy"), ("jyj/news", "news"), ("jyj/explainer", "explainer"), ("jyj/album", "album"), ("tea/news", "news")];

impl Script {
    fn new() -> Self {
        let items = (0..9).map(|i| ((i % COLUMNS.len(), i), Wanted { look: i, ..Wanted::default() })).collect();
        Self { items, column: 0, page_size: 2, collect: 0, colour: 0, place: 0, template: 0, style: 0, day: 20, third: true }
    }

    fn pick(&mut self, which: usize) -> Option<&mut Wanted> {
        let count = self.items.len().max(1);
        self.items.values_mut().nth(which % count)
    }

    fn apply(&mut self, edit: &Edit) {
        let key = |script: &Self, which: usize| script.items.keys().nth(which % script.items.len().max(1)).copied();
        match *edit {
            Edit::Write { column, name, look } => self.items.entry((column % COLUMNS.len(), name)).or_default().look = look,
            Edit::Delete { which } => {
                key(self, which).map(|key| self.items.remove(&key));
            }
            Edit::Move { which, column } => {
                if let Some((from, name)) = key(self, which)
                    && let Some(wanted) = self.items.remove(&(from, name))
                {
                    self.items.insert((column % COLUMNS.len(), name), wanted);
                }
            }
            Edit::Pin { which } => self.pick(which).into_iter().for_each(|w| w.pinned ^= true),
            Edit::Draft { which } => self.pick(which).into_iter().for_each(|w| w.draft ^= true),
            Edit::Internal { which } => self.pick(which).into_iter().for_each(|w| w.internal ^= true),
            Edit::Later { which } => self.pick(which).into_iter().for_each(|w| w.later ^= true),
            Edit::Share { which } => self.pick(which).into_iter().for_each(|w| w.shared ^= true),
            Edit::Alias { which, old } => self.pick(which).into_iter().for_each(|w| w.alias = Some(old)),
            Edit::Attach { which, size } => self.pick(which).into_iter().for_each(|w| w.picture = Some(size)),
            Edit::Explain { which } => self.pick(which).into_iter().for_each(|w| w.explains ^= true),
            Edit::RenameColumn { look } => self.column = look,
            Edit::PageSize { size } => self.page_size = size,
            Edit::Collect { look } => self.collect = look % 4,
            Edit::Colour { look } => self.colour = look % 3,
            Edit::Place { place } => self.place = place,
            Edit::Template { look } => self.template = look,
            Edit::Style { look } => self.style = look,
            Edit::Time { day } => self.day = day,
            Edit::Site { there } => self.third = there,
        }
    }

    fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let mut files: BTreeMap<String, Vec<u8>> = BTreeMap::new();
        let mut put = |path: String, text: String| files.insert(path, text.into_bytes());
        put("sites/group.yaml".into(), format!("name: 云岫市人民政府\ndomain: yunxiu.test\nmain: www\ntheme: plain\npage_size: {}\n", self.page_size));
        let collect = ["", ", collect: [department/news]", ", collect: [\"*/news\"]", ", collect: [township/news, jyj/explainer]"][self.collect];
        put(
            "sites/www.yaml".into(),
            format!(
                "name: 云岫市人民政府\nkind: portal\nat: www\ncolumns:\n- {{id: news, name: 要闻{}}}\n- {{id: policy, name: 政策, type: policy}}\n- {{id: depts, name: 部门{collect}}}\n",
                self.column
            ),
        );
        let colour = ["", "settings: {color: \"#123456\"}\n", "settings: {color: \"#abc\"}\n"][self.colour];
        let place = ["jyj", "jyj\nformerly: [www/jyj]", "www/jyj\nformerly: [jyj]", "www/bm/jyj\nformerly: [jyj, old]"][self.place];
        put(
            "sites/jyj.yaml".into(),
            format!(
                "name: 教育局\nkind: department\nat: {place}\n{colour}columns:\n- {{id: news, name: 动态}}\n- {{id: explainer, name: 解读, type: explainer}}\n- {{id: album, name: 图集, type: album}}\n"
            ),
        );
        if self.third {
            put("sites/tea.yaml".into(), "name: 茶马镇\nkind: township\nat: www/tea\ncolumns:\n- {id: news, name: 镇闻}\n".into());
        }
        for (path, text) in group::PLAIN {
            put((*path).to_string(), (*text).to_string());
        }
        put("themes/plain/templates/search.html".into(), "{% extends \"base.html\" %}{% block main %}{{ search }}{% endblock main %}\n".into());
        put("themes/plain/static/css/main.css".into(), format!("body{{margin:{}px}}\n", self.style));
        put(
            "themes/plain/templates/item-policy.html".into(),
            format!("{{% extends \"item.html\" %}}{{% block main %}}{} {{{{ super() }}}}{{% endblock main %}}\n", self.template),
        );
        let policy = self.items.keys().find(|(column, _)| *column == 1);
        for (&(column, name), wanted) in self.items.iter().filter(|((column, _), _)| self.third || *column != 5) {
            let (folder, kind) = COLUMNS[column];
            let mut more = String::new();
            let mut line = |there: bool, text: &str| {
                if there {
                    more.push_str(text);
                    more.push('\n');
                }
            };
            line(wanted.pinned, "pinned: true");
            line(wanted.draft, "draft: true");
            line(wanted.internal, "audience: internal");
            line(wanted.later, "publish_at: 2026-11-15");
            line(wanted.shared, "share: [www/news, www/depts]");
            line(wanted.look % 2 == 1, "summary: 摘要");
            if let Some(old) = wanted.alias {
                line(true, &format!("aliases: [/old/{old}-{column}-{name}.html]"));
            }
            line(wanted.picture.is_some() && kind != "album", &format!("image: p{name}.png"));
            if let Some((_, policy)) = policy {
                line(kind == "explainer" && wanted.explains, &format!("explains: [\"@/www/policy/i{policy}.md\"]"));
            }
            let mut body = format!("正文{}。\n", wanted.look);
            if let (Some(size), true) = (wanted.picture, kind != "album") {
                body.push_str(&format!("\n![图](p{name}.png)\n"));
                files.insert(format!("content/{folder}/p{name}.png"), picture(u32::try_from(size).unwrap(), 3));
            }
            let date = format!("2026-10-{:02}", wanted.look % 28 + 1);
            let text = item(&format!("题{}", wanted.look / 2), &date, &more, &body);
            if kind == "album" {
                files.insert(format!("content/{folder}/i{name}/index.md"), text.into_bytes());
                if let Some(size) = wanted.picture {
                    files.insert(format!("content/{folder}/i{name}/1.png"), picture(u32::try_from(size).unwrap(), 2));
                }
            } else {
                files.insert(format!("content/{folder}/i{name}.md"), text.into_bytes());
            }
        }
        files
    }

    /// Makes the group's folder what the script wants.
    fn lay_down(&self, group: &Group) {
        let wanted = self.files();
        let mut there = group::tree(group.root());
        there.retain(|p, _| !p.starts_with("out/") && !p.starts_with(".portico/"));
        for path in there.keys().filter(|p| !wanted.contains_key(*p)) {
            group.remove(path);
        }
        for (path, bytes) in wanted.iter().filter(|(p, bytes)| there.get(*p) != Some(*bytes)) {
            group.write(path, bytes);
        }
    }
}

fn config() -> ProptestConfig {
    let asked = std::env::var_os("PROPTEST_CASES").is_some();
    let default = ProptestConfig { failure_persistence: None, max_shrink_iters: 60, ..ProptestConfig::default() };
    if asked { default } else { ProptestConfig { cases: 12, ..default } }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn whatever_is_edited_the_output_is_a_clean_builds_and_nothing_is_written_in_vain(edits in prop::collection::vec(edit(), 8)) {
        let group = Group::empty();
        let mut script = Script::new();
        script.lay_down(&group);
        group.build_with(&[]).exits(0);
        for edit in &edits {
            script.apply(edit);
            script.lay_down(&group);
            let at = format!("2026-11-{:02}", script.day);
            let before = group.tree();
            let (changes, built) = group.changes(&["--at", &at]);
            prop_assert_eq!(built.status, 0, "{:?}: {}", edit, built.stderr);
            group.equals_clean(&["--at", &at], &built);
            let after = group.tree();
            for path in &changes.written {
                prop_assert!(before.get(path) != after.get(path), "{:?}: {} was written in vain", edit, path);
            }
            prop_assert_eq!(group.build_with(&["--at", &at]).number("written"), 0);
        }
    }
}
