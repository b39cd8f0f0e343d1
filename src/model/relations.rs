//! What items have to do with each other: topics and those who joined them, policies and explainers, repeals, superseded forms, and
//! links to what is not public.
//!
//! In: a group whose columns are filled. Out: its `topics` and `relations`, and warnings.

use ahash::{HashMap, HashMapExt as _};
use rayon::prelude::*;

use super::PortalGroup;
use super::item::ItemRef;
use super::reference::{self, index};
use crate::diagnostic::{Diagnostic, Place};
use crate::source::front_matter::{Details, Reference};
use crate::source::settings::{ColumnType, Sort};

impl PortalGroup {
    /// Topics' items, and what policies, explainers and forms have to do with each other.
    pub(super) fn relate(&mut self) {
        let topics = self.topic_ids();
        let of_site = |s: usize| {
            let (mut found, mut joined, mut related) = (Vec::new(), Vec::new(), Vec::new());
            for at in (0..self.sites[s].items.len()).map(|i| ItemRef { site: index(s), item: index(i) }) {
                let front = &self.version(at).front;
                for topic in &front.seldom().topics {
                    match self.topic(s, &topic.target, &topics) {
                        Some(topic) => joined.push((topic, at)),
                        None => found.push(self.unknown_topic(at, topic, s, &topics)),
                    }
                }
                self.relations_of(at, &front.details, &mut related);
            }
            (found, joined, related)
        };
        let sites: Vec<_> = (0..self.sites.len()).into_par_iter().map(of_site).collect();
        let mut found = Vec::new();
        let mut joined: HashMap<ItemRef, Vec<ItemRef>> = HashMap::new();
        let mut relations: HashMap<ItemRef, Vec<(&'static str, ItemRef)>> = HashMap::new();
        for (told, topics, related) in sites {
            found.extend(told);
            topics.into_iter().for_each(|(topic, at)| joined.entry(topic).or_default().push(at));
            related.into_iter().for_each(|(at, relation)| relations.entry(at).or_default().push(relation));
        }
        for items in joined.values_mut() {
            self.sort(items, Sort::Date);
            items.dedup();
        }
        for list in relations.values_mut() {
            list.sort_by_key(|(kind, at)| (*kind, std::cmp::Reverse(self.version(*at).front.common.date), *at));
            list.dedup();
        }
        self.topics = joined;
        self.relations = relations;
        self.diagnostics.extend(found);
    }

    /// Whether another item takes the place of this one.
    #[must_use]
    pub fn is_replaced(&self, at: ItemRef) -> bool {
        self.relations.get(&at).into_iter().flatten().any(|(how, _)| matches!(*how, "superseded_by" | "repealed_by"))
    }

    fn topic_ids(&self) -> HashMap<(usize, &str), ItemRef> {
        let mut ids = HashMap::new();
        for (s, site) in self.sites.iter().enumerate() {
            for column in site.columns.iter().filter(|c| c.kind == ColumnType::Topic) {
                for &item in &column.own {
                    ids.insert((s, &*site.items[item as usize].slug), ItemRef { site: index(s), item });
                }
            }
        }
        ids
    }

    fn topic(&self, site: usize, id: &str, topics: &HashMap<(usize, &str), ItemRef>) -> Option<ItemRef> {
        topics.get(&(site, id)).or_else(|| topics.get(&(self.main, id))).copied()
    }

    fn unknown_topic(&self, at: ItemRef, topic: &Reference, site: usize, topics: &HashMap<(usize, &str), ItemRef>) -> Diagnostic {
        let file = format!("content/{}/{}", self.source(site).id, self.item_source(at).path);
        let id = &topic.target;
        let mut known: Vec<&str> = topics.keys().filter(|(s, _)| *s == site || *s == self.main).map(|(_, id)| *id).collect();
        known.sort_unstable();
        known.dedup();
        let diagnostic = Diagnostic::warning("no-such-topic", &file, topic.place, format!("没有专题“{id}”"), format!("there is no topic `{id}`"));
        if known.is_empty() { diagnostic } else { diagnostic.hint(format!("现有：{}", known.join("、")), format!("there are: {}", known.join(", "))) }
    }

    fn relations_of(&self, at: ItemRef, details: &Details, relations: &mut Vec<(ItemRef, (&'static str, ItemRef))>) {
        let path = &self.item_source(at).path;
        let mut relate = |references: &[Reference], there: &'static str, here: &'static str| {
            for reference in references {
                if let Some(reference::Target::Item(other)) = self.resolve(at.site as usize, path, &reference.target) {
                    relations.push((other, (there, at)));
                    relations.push((at, (here, other)));
                }
            }
        };
        match details {
            Details::Policy(p) => {
                relate(&p.explained_by, "explains", "explained_by");
                relate(&p.repeals, "repealed_by", "repeals");
            }
            Details::Explainer(e) => relate(&e.explains, "explained_by", "explains"),
            Details::Download(d) => relate(d.supersedes.as_slice(), "superseded_by", "supersedes"),
            _ => {}
        }
    }

    /// Warns of links to what exists and is not public: they become plain text.
    pub(super) fn warn_of_hidden(&mut self) {
        let hides: Vec<bool> = self
            .tree
            .sites
            .iter()
            .zip(&self.standing)
            .map(|(source, standing)| standing.is_none_or(|s| self.sites[s].items.len() != source.content.items.len()))
            .collect();
        if !hides.contains(&true) && self.tree.unreadable.is_empty() {
            return;
        }
        let group = &*self;
        let items = |s: usize| (0..group.sites[s].items.len()).map(move |i| ItemRef { site: index(s), item: index(i) });
        let found: Vec<Diagnostic> = (0..group.sites.len()).into_par_iter().flat_map_iter(|s| items(s).flat_map(|at| group.hidden_links(at))).collect();
        self.diagnostics.extend(found);
    }

    fn hidden_links(&self, at: ItemRef) -> Vec<Diagnostic> {
        let source = self.source(at.site as usize);
        let path = &self.item_source(at).path;
        let version = self.version(at);
        let body = version.outline.links.iter().map(|l| (&*l.target, l.place));
        let links = version.front.links().into_iter().map(|r| (&*r.target, r.place)).chain(body);
        let hidden = links.filter(|(target, _)| {
            (target.starts_with("@/") || target.contains(".md")) && self.resolve(at.site as usize, path, target) == Some(reference::Target::Hidden)
        });
        let warn = |(target, place): (&str, Place)| {
            Diagnostic::warning(
                "hidden-link",
                &format!("content/{}/{path}", source.id),
                place,
                format!("“{target}”没有公开，这里只显示文字"),
                format!("`{target}` is not public; only the wording is shown"),
            )
            .hint("对方公开后链接会自动恢复；不再需要就删掉", "the link returns when it becomes public; remove it when it is not needed")
        };
        hidden.map(warn).collect()
    }
}
