//! The plan of a portal group: its sites, their columns, and how many items each column holds.
//!
//! In: how many sites and items, and a seed. Out: a [`Group`], from which the date, the file and the address of any item follow
//! without asking any other item. Writes nothing.

use crate::calendar::{LAST_DAY, Moment, SPAN};
use crate::columns::{Spec, columns_of};
use crate::fields::{FIELDS, OFFICES, TOWNSHIP};
use crate::random::Rng;

/// The city, and the domain of its group.
pub const CITY: &str = "青屿市";
pub const DOMAIN: &str = "qingyu.gov.example";

/// 站点类别
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SiteKind {
    Portal,
    Department,
    Township,
}

impl SiteKind {
    pub fn word(self) -> &'static str {
        match self {
            Self::Portal => "portal",
            Self::Department => "department",
            Self::Township => "township",
        }
    }
}

/// A column of a site, with the number of its items.
pub struct Column {
    pub spec: &'static Spec,
    pub count: usize,
    pub collect: Vec<String>,
}

/// A site.
pub struct Site {
    pub id: String,
    pub kind: SiteKind,
    /// `青屿市教育局`
    pub name: String,
    /// `市教育局`
    pub short_name: String,
    pub field: usize,
    pub columns: Vec<Column>,
}

impl Site {
    /// How many items it holds.
    pub fn items(&self) -> usize {
        self.columns.iter().map(|c| c.count).sum()
    }

    /// The place of a column with items, by its path.
    pub fn column(&self, path: &str) -> Option<usize> {
        self.columns.iter().position(|c| c.spec.path == path && c.count > 0)
    }
}

/// One item: nothing but where it stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Id {
    pub site: usize,
    pub column: usize,
    pub index: usize,
}

/// The whole plan.
pub struct Group {
    pub seed: u64,
    pub sites: Vec<Site>,
    /// By column in order: how many items stand before it, and which column it is.
    starts: Vec<(usize, usize, usize)>,
    pub items: usize,
}

impl Group {
    /// Plans `sites` sites with `items` items altogether.
    pub fn plan(sites: usize, items: usize, seed: u64) -> Self {
        let mut list = name_sites(sites, seed);
        let shares = apportion(items, &site_weights(&list, seed));
        for (site, share) in list.iter_mut().zip(shares) {
            site.columns = fill_columns(site.kind, share);
        }
        let middling = middling_departments(&list);
        // A pattern that meets no site would be a mistake in the settings.
        let of_kind = |kind: SiteKind, pattern: &str| if list.iter().any(|s| s.kind == kind) { vec![pattern.to_string()] } else { Vec::new() };
        let (news, policies) = (of_kind(SiteKind::Township, "township/news"), of_kind(SiteKind::Department, "department/open/policy"));
        for column in &mut list[0].columns {
            column.collect = match column.spec.path {
                "news/departments" => middling.iter().map(|id| format!("{id}/news")).collect(),
                "news/townships" => news.clone(),
                "open/department-policy" => policies.clone(),
                _ => Vec::new(),
            };
        }
        let (starts, items) = starts(&list);
        Self { seed, sites: list, starts, items }
    }

    /// The stream of chance of one item for one purpose.
    pub fn chance(&self, id: Id, purpose: u64) -> Rng {
        Rng::of(&[self.seed, id.site as u64, id.column as u64, id.index as u64, purpose])
    }

    /// The item at a place in the order of all items.
    pub fn nth(&self, n: usize) -> Id {
        let at = self.starts.partition_point(|(start, ..)| *start <= n) - 1;
        let (start, site, column) = self.starts[at];
        Id { site, column, index: n - start }
    }

    /// The column of an item.
    pub fn column_of(&self, id: Id) -> &Column {
        &self.sites[id.site].columns[id.column]
    }

    /// When an item was published. Later items of a column have later days, spread over all the years.
    pub fn date(&self, id: Id) -> Moment {
        let count = self.column_of(id).count.max(1) as i64;
        let mut rng = self.chance(id, 0xDA7E);
        let within = rng.below(1000) as i64;
        let day = LAST_DAY - SPAN + 1 + ((id.index as i64 * 1000 + within) * SPAN / (count * 1000));
        // Offices publish from 8:00 to 18:59.
        Moment { day: day.min(LAST_DAY), minute: 480 + rng.below(660) as u32 }
    }

    /// The item's file below `content/<site>/`, without its ending: `open/policy/2019/n000012`.
    pub fn stem(&self, id: Id) -> String {
        let column = self.column_of(id);
        let (path, number) = (column.spec.path, id.index + 1);
        // No folder holds more than a few thousand files.
        match column.count {
            0..=300 => format!("{path}/n{number:06}"),
            301..=25_000 => format!("{path}/{}/n{number:06}", self.date(id).date().year),
            _ => {
                let day = self.date(id).date();
                format!("{path}/{}/{:02}/n{number:06}", day.year, day.month)
            }
        }
    }
}

fn starts(sites: &[Site]) -> (Vec<(usize, usize, usize)>, usize) {
    let mut starts = Vec::new();
    let mut total = 0;
    for (s, site) in sites.iter().enumerate() {
        for (c, column) in site.columns.iter().enumerate().filter(|(_, c)| c.count > 0) {
            starts.push((total, s, c));
            total += column.count;
        }
    }
    (starts, total)
}

fn fill_columns(kind: SiteKind, share: usize) -> Vec<Column> {
    let specs = columns_of(kind);
    let counts = apportion(share, &specs.iter().map(|s| (s.weight, s.cap)).collect::<Vec<_>>());
    specs.iter().zip(counts).map(|(spec, count)| Column { spec, count, collect: Vec::new() }).collect()
}

/// The departments whose news the main site shows: a dozen of middling size, so that the list is long but not the whole group.
fn middling_departments(sites: &[Site]) -> Vec<String> {
    let mut departments: Vec<&Site> = sites.iter().filter(|s| s.kind == SiteKind::Department).collect();
    departments.sort_by_key(|s| std::cmp::Reverse(s.items()));
    let from = departments.len() / 6;
    departments.iter().skip(from).take(12).map(|s| s.id.clone()).collect()
}

/// Zipf's law by rank, the main site first: about a fifth of everything is its own. The great offices, which come first, are the
/// ones that publish much.
fn site_weights(sites: &[Site], seed: u64) -> Vec<(u64, usize)> {
    const GREAT: usize = 24;
    let ranked = |kind: SiteKind, salt: u64| {
        let mut places: Vec<usize> = (0..sites.len()).filter(|i| sites[*i].kind == kind).collect();
        let count = places.len().min(GREAT);
        let (great, others) = places.split_at_mut(count);
        let mut rng = Rng::of(&[seed, salt]);
        rng.shuffle(great);
        rng.shuffle(others);
        places
    };
    let mut weights = vec![(0, usize::MAX); sites.len()];
    weights[0].0 = 1_000_000;
    for (rank, place) in ranked(SiteKind::Department, 1).into_iter().enumerate() {
        weights[place].0 = 1_000_000 / (rank as u64 + 2);
    }
    for (rank, place) in ranked(SiteKind::Township, 2).into_iter().enumerate() {
        weights[place].0 = 200_000 / (rank as u64 + 2);
    }
    weights
}

/// Shares `total` out by weight, nobody getting more than its cap; what is left over goes to the largest remainders. If all
/// are full, the first one without a cap takes the rest.
fn apportion(total: usize, shares: &[(u64, usize)]) -> Vec<usize> {
    let mut given: Vec<Option<usize>> = shares.iter().map(|(weight, _)| (*weight == 0).then_some(0)).collect();
    loop {
        let left = total - given.iter().flatten().sum::<usize>();
        let weight: u64 = shares.iter().zip(&given).filter(|(_, g)| g.is_none()).map(|((w, _), _)| w).sum();
        let exact = |w: u64| u128::from(w) * left as u128;
        let over: Vec<usize> = (0..shares.len()).filter(|i| given[*i].is_none() && exact(shares[*i].0) > shares[*i].1 as u128 * u128::from(weight)).collect();
        if over.is_empty() {
            return share_rest(left, weight, shares, given);
        }
        for i in over {
            given[i] = Some(shares[i].1);
        }
    }
}

fn share_rest(left: usize, weight: u64, shares: &[(u64, usize)], given: Vec<Option<usize>>) -> Vec<usize> {
    let mut counts: Vec<usize> = given.iter().map(|g| g.unwrap_or(0)).collect();
    let mut remainders = Vec::new();
    let mut rest = left;
    for (i, (w, _)) in shares.iter().enumerate().filter(|(i, _)| given[*i].is_none()) {
        let product = u128::from(*w) * left as u128;
        counts[i] = (product / u128::from(weight)) as usize;
        rest -= counts[i];
        remainders.push((std::cmp::Reverse(product % u128::from(weight)), i));
    }
    remainders.sort_unstable();
    for (_, i) in remainders.into_iter().take(rest) {
        counts[i] += 1;
    }
    counts
}

fn name_sites(count: usize, seed: u64) -> Vec<Site> {
    let others = count.saturating_sub(1);
    // 78 of 93, as in the group this is modelled on; a group's second site is a department.
    let departments = (others * 78).div_ceil(93);
    let mut sites = vec![site("www".into(), SiteKind::Portal, format!("{CITY}人民政府门户网站"), format!("{CITY}人民政府"), 0)];
    for i in 0..departments {
        let (name, field) = office(i);
        sites.push(site(format!("d{:02}", i + 1), SiteKind::Department, format!("{CITY}{name}"), format!("市{name}"), field));
    }
    let mut towns = town_names(others - departments);
    Rng::of(&[seed, 3]).shuffle(&mut towns);
    for (i, name) in towns.into_iter().enumerate() {
        let government = if name.ends_with("街道") { "办事处" } else { "人民政府" };
        sites.push(site(format!("t{:02}", i + 1), SiteKind::Township, format!("{CITY}{name}{government}"), name, TOWNSHIP));
    }
    sites
}

fn site(id: String, kind: SiteKind, name: String, short_name: String, field: usize) -> Site {
    Site { id, kind, name, short_name, field, columns: Vec::new() }
}

/// The `i`th office: a real one as long as there are any, then centres and stations of every field, then numbered ones.
fn office(i: usize) -> (String, usize) {
    const SUFFIXES: &[&str] = &["服务中心", "综合执法大队", "事务中心", "信息中心", "监测站", "研究所", "指导站", "培训中心", "宣传教育中心", "评估中心"];
    if let Some((name, field)) = OFFICES.get(i) {
        return ((*name).into(), *field);
    }
    let i = i - OFFICES.len();
    let (fields, suffixes) = (FIELDS.len() - 1, SUFFIXES.len());
    let (field, suffix, round) = (i % fields, (i / fields) % suffixes, i / (fields * suffixes));
    let number = if round == 0 { String::new() } else { format!("第{}", round + 1) };
    (format!("{}{number}{}", FIELDS[field].name, SUFFIXES[suffix]), field)
}

fn town_names(count: usize) -> Vec<String> {
    const FIRST: &[&str] = &["云", "白", "青", "龙", "石", "松", "竹", "清", "金", "凤", "南", "东", "长", "太", "永", "安", "月", "鹤", "花", "桃"];
    const SECOND: &[&str] = &["台", "溪", "坪", "泉", "岭", "湾", "桥", "塘", "川", "坝", "源", "坡", "山", "河", "庄", "寨", "滩", "峰", "沟", "林"];
    const SUFFIXES: &[&str] = &["镇", "乡", "街道", "镇", "镇"];
    let name = |i: usize| {
        // Steps of 7 and 3 meet every pair once before any comes back.
        let (a, b, round) = (i * 7 % FIRST.len(), (i * 3 + i / FIRST.len()) % SECOND.len(), i / (FIRST.len() * SECOND.len()));
        let number = if round == 0 { String::new() } else { format!("第{}", round + 1) };
        format!("{}{}{number}{}", FIRST[a], SECOND[b], SUFFIXES[i % SUFFIXES.len()])
    };
    (0..count).map(name).collect()
}
