//! Filling sentence patterns.
//!
//! In: a [`Scene`] (who, where, what, when) and a stream of chance. Out: Chinese text. Within one voice the same pattern or word
//! is not chosen again soon, so that a text does not stammer.

use crate::calendar::Moment;
use crate::fields::{FIELDS, Field, OFFICES, TOWNSHIP};
use crate::group::{CITY, Group, Id, SiteKind};
use crate::random::Rng;
use crate::words;

/// What stays the same through one text.
pub struct Scene {
    pub org: String,
    pub field: &'static Field,
    pub topic: &'static str,
    pub project: &'static str,
    pub people: &'static str,
    pub venue: &'static str,
    pub service: &'static str,
    pub law: &'static str,
    /// What a letter is about.
    pub matter: &'static str,
    pub goods: &'static str,
    pub trade: &'static str,
    pub place: String,
    pub name: String,
    pub leader: String,
    pub meeting: String,
    pub date: Moment,
}

/// One text being written.
pub struct Voice<'a> {
    pub rng: Rng,
    pub scene: &'a Scene,
    /// The last words and the last sentences chosen, and how many there were.
    words: ([&'static str; 6], usize),
    sentences: ([&'static str; 40], usize),
}

impl Scene {
    /// The scene of an item: always the same one, so that its title and its body agree.
    pub fn of(group: &Group, id: Id) -> Self {
        let mut rng = group.chance(id, 0x5CE);
        let site = &group.sites[id.site];
        let (org, field) = match site.kind {
            // The main site tells what all offices do.
            SiteKind::Portal => {
                let (name, field) = rng.pick(OFFICES);
                (format!("市{name}"), field)
            }
            _ => (site.short_name.clone(), site.field),
        };
        let field = &FIELDS[field];
        let mut scene = Self {
            org,
            field,
            topic: rng.pick(field.topics),
            project: rng.pick(field.projects),
            people: rng.pick(field.people),
            venue: rng.pick(field.venues),
            service: rng.pick(field.services),
            law: rng.pick(field.laws),
            matter: rng.pick(words::list("letterword")),
            goods: rng.pick(words::list("goods")),
            trade: rng.pick(words::list("trade")),
            place: place(group, id, &mut rng),
            name: person(&mut rng),
            leader: String::new(),
            meeting: String::new(),
            date: group.date(id),
        };
        scene.leader = if site.kind == SiteKind::Portal {
            format!("{}{}", rng.pick(words::list("post")), scene.name)
        } else {
            format!("{}{}{}", scene.org, rng.pick(words::list("chief")), scene.name)
        };
        let mut voice = Voice::new(rng, &scene);
        let meeting = voice.one_of("meeting");
        scene.meeting = meeting;
        scene
    }
}

fn person(rng: &mut Rng) -> String {
    format!("{}{}", rng.pick(words::list("surname")), rng.pick(words::list("given")))
}

/// A township of the group; in a township one of its villages.
fn place(group: &Group, id: Id, rng: &mut Rng) -> String {
    const VILLAGES: &[&str] = &["大坪村", "新寨村", "上河村", "松林村", "石桥社区", "龙潭村", "柳树村", "文明社区", "茶山村", "红岩村"];
    const TOWNS: &[&str] = &["城关镇", "湖滨街道", "马岭镇", "白鹤镇", "茶山乡", "双河镇"];
    let site = &group.sites[id.site];
    if site.field == TOWNSHIP && site.kind == SiteKind::Township {
        return format!("{}{}", site.short_name, rng.pick(VILLAGES));
    }
    let first = group.sites.partition_point(|s| s.kind != SiteKind::Township);
    match &group.sites[first..] {
        [] => rng.pick(TOWNS).to_string(),
        towns => rng.one(towns).short_name.clone(),
    }
}

impl<'a> Voice<'a> {
    pub fn new(rng: Rng, scene: &'a Scene) -> Self {
        Self { rng, scene, words: ([""; 6], 0), sentences: ([""; 40], 0) }
    }

    /// A pattern of a list, filled.
    pub fn one_of(&mut self, list: &str) -> String {
        let mut out = String::new();
        self.slot(list, &mut out);
        out
    }

    /// A pattern, filled.
    pub fn say(&mut self, pattern: &str) -> String {
        let mut out = String::with_capacity(pattern.len() * 2);
        self.fill(pattern, &mut out);
        out
    }

    /// A choice that was not among the last ones, as far as there is another.
    pub fn choose(&mut self, list: &[&'static str]) -> &'static str {
        let mut chosen = self.rng.pick(list);
        for _ in 0..8 {
            if !self.words.0.contains(&chosen) && !self.sentences.0.contains(&chosen) {
                break;
            }
            chosen = self.rng.pick(list);
        }
        self.remember(chosen);
        chosen
    }

    /// Sentences are remembered longer than words: a reader notices them.
    fn remember(&mut self, chosen: &'static str) {
        let sentence = chosen.len() > 80;
        let (ring, turn) = if sentence { (&mut self.sentences.0[..], &mut self.sentences.1) } else { (&mut self.words.0[..], &mut self.words.1) };
        ring[*turn % ring.len()] = chosen;
        *turn += 1;
    }

    fn fill(&mut self, pattern: &str, out: &mut String) {
        let mut rest = pattern;
        while let Some(open) = rest.find('{') {
            let Some(close) = rest[open..].find('}') else { break };
            out.push_str(&rest[..open]);
            self.slot(&rest[open + 1..open + close], out);
            rest = &rest[open + close + 1..];
        }
        out.push_str(rest);
    }

    fn slot(&mut self, slot: &str, out: &mut String) {
        match slot.as_bytes().first() {
            Some(b'#') => self.number(&slot[1..], out),
            Some(b'%') => self.share(&slot[1..], out),
            _ if self.fact(slot, out) => {}
            _ => match self.choices(slot) {
                [] => *out += &format!("{{{slot}}}"),
                list => {
                    let pattern = self.choose(list);
                    self.fill(pattern, out);
                }
            },
        }
    }

    fn choices(&self, slot: &str) -> &'static [&'static str] {
        match slot {
            "measure" => self.scene.field.measures,
            _ => words::list(slot),
        }
    }

    /// What the scene says; whether it says anything.
    fn fact(&self, slot: &str, out: &mut String) -> bool {
        let scene = self.scene;
        let day = scene.date.date();
        match slot {
            "org" => out.push_str(&scene.org),
            "city" => out.push_str(CITY),
            "topic" => out.push_str(scene.topic),
            "project" => out.push_str(scene.project),
            "people" => out.push_str(scene.people),
            "venue" => out.push_str(scene.venue),
            "service" => out.push_str(scene.service),
            "law" => out.push_str(scene.law),
            "letterword" => out.push_str(scene.matter),
            "goods" => out.push_str(scene.goods),
            "trade" => out.push_str(scene.trade),
            "place" => out.push_str(&scene.place),
            "name" => out.push_str(&scene.name),
            "leader" => out.push_str(&scene.leader),
            "meeting" if !scene.meeting.is_empty() => out.push_str(&scene.meeting),
            "year" => *out += &day.year.to_string(),
            "lastyear" => *out += &(day.year - 1).to_string(),
            "month" => *out += &day.month.to_string(),
            // The months of this year that are over.
            "months" => *out += &(day.month - 1).max(1).to_string(),
            "day" => *out += &day.day.to_string(),
            _ => return false,
        }
        true
    }

    /// `3-12`: a number between them.
    fn number(&mut self, range: &str, out: &mut String) {
        let (low, high) = bounds(range);
        *out += &self.rng.between(low, high).to_string();
    }

    /// `1-30`: a percentage with one decimal.
    fn share(&mut self, range: &str, out: &mut String) {
        let (low, high) = bounds(range);
        let tenths = self.rng.between(low * 10, high * 10);
        *out += &format!("{}.{}%", tenths / 10, tenths % 10);
    }
}

fn bounds(range: &str) -> (usize, usize) {
    let (low, high) = range.split_once('-').unwrap_or((range, range));
    (low.parse().unwrap_or(0), high.parse().unwrap_or(0))
}
