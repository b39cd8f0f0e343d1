//! Front matter: what stands between the `---` lines of an item, read with places and written back.
//!
//! In: the YAML's tree and the column's type. Out: a [`FrontMatter`] and everything that is wrong with it, all at once.
//! One table per type of column (the `fields!` blocks) says which keys there are: reading, writing, the JSON Schema and
//! the list of known keys all come from it.

use bitcode::{Decode, Encode};
use jiff::tz::TimeZone;
use schemars::JsonSchema;
use serde::Serialize;

use super::date::Date;
use super::fields::{Fields, FromNode};
use super::settings::ColumnType;
pub use super::words::{Prose, Words};
use super::yaml::{Node, Value};
use crate::diagnostic::{Diagnostic, Place};

/// Something an item refers to: an item (`@/site/column/file.md`), a file beside it, an address, a column or a topic.
#[derive(Debug, Clone, Default, Encode, Decode)]
pub struct Reference {
    /// As written.
    pub target: Box<str>,
    /// The wording to show, when it was given.
    pub name: Option<Box<str>>,
    /// Where it is written.
    pub place: Place,
}

impl Reference {
    /// A reference without a place, as the sidecar writes them.
    #[must_use]
    pub fn to(target: &str) -> Self {
        Self { target: target.into(), ..Self::default() }
    }
}

impl PartialEq for Reference {
    fn eq(&self, other: &Self) -> bool {
        self.target == other.target && self.name == other.name
    }
}

impl Serialize for Reference {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;
        match &self.name {
            None if serializer.is_human_readable() => serializer.serialize_str(&self.target),
            name => {
                let mut s = serializer.serialize_struct("Reference", 2)?;
                s.serialize_field("file", &self.target)?;
                s.serialize_field("name", name)?;
                s.end()
            }
        }
    }
}

impl JsonSchema for Reference {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Reference".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"anyOf": [
            {"type": "string"},
            {"type": "object", "required": ["file"], "properties": {"file": {"type": "string"}, "name": {"type": "string"}}, "additionalProperties": false}
        ]})
    }
}

impl FromNode for Reference {
    fn from_node(node: &Node, fields: &mut Fields<'_>) -> Option<Self> {
        match &node.value {
            Value::Map(_) => {
                let mut inner = fields.nested(node);
                let file: Option<Box<str>> = inner.take("file");
                let name = inner.take("name");
                fields.absorb(inner);
                match file {
                    Some(target) => Some(Self { target, name, place: node.place }),
                    None => fields.wrong(node, "缺少 file", "`file` is missing"),
                }
            }
            _ => Some(Self { target: Box::from_node(node, fields)?, name: None, place: node.place }),
        }
    }
}

macro_rules! choice {
    ($(#[$meta:meta])* $name:ident { $($(#[$vmeta:meta])* $variant:ident = $word:literal $(| $alias:literal)*,)* }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Encode, Decode)]
        pub enum $name { $($(#[$vmeta])* #[serde(rename = $word)] $variant,)* }

        impl JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            /// The words in English first, so that editors complete them; the Chinese ones are understood too.
            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({"enum": [$($word,)* $($($alias,)*)*]})
            }
        }

        impl FromNode for $name {
            fn from_node(node: &Node, fields: &mut Fields<'_>) -> Option<Self> {
                let text: Box<str> = Box::from_node(node, fields)?;
                match &*text {
                    $($word $(| $alias)* => Some(Self::$variant),)*
                    other => fields.not_one_of(node, other, &[$($word),*]),
                }
            }
        }
    };
}
pub(super) use choice;

choice! {
    /// 公开范围: who may see an item.
    #[derive(Default)]
    Audience {
        /// Everyone.
        #[default] Public = "public" | "公开",
        /// Only builds with `--audience internal`.
        Internal = "internal" | "内部",
    }
}

choice! {
    /// 有效性 of a policy.
    Validity {
        /// 有效
        Effective = "effective" | "有效" | "现行有效",
        /// 试行
        Trial = "trial" | "试行" | "暂行",
        /// 已修改
        Amended = "amended" | "已修改" | "修改",
        /// 废止
        Repealed = "repealed" | "废止" | "已废止",
        /// 失效
        Expired = "expired" | "失效" | "已失效",
    }
}

choice! {
    /// 服务对象: whom a service or a form is for.
    ServiceObject {
        /// 个人
        Person = "person" | "个人" | "自然人",
        /// 法人
        Business = "business" | "法人" | "企业",
        /// 个人和法人
        Both = "both" | "个人和法人" | "自然人和法人",
    }
}

choice! {
    /// 解读形式: the form of an explanation.
    ExplainerForm {
        /// 文字解读
        Text = "text" | "文字",
        /// 图解
        Picture = "picture" | "图解" | "图片",
        /// 视频解读
        Video = "video" | "视频",
        /// 新闻发布会
        Conference = "conference" | "发布会",
    }
}

choice! {
    /// 竞价状态: how far an auction's lot has come.
    AuctionState {
        /// 已公告
        Announced = "announced" | "已公告",
        /// 竞价中
        Open = "open" | "竞价中",
        /// 已截止
        Closed = "closed" | "已截止",
        /// 已成交
        Awarded = "awarded" | "已成交",
        /// 流标
        Failed = "failed" | "流标",
        /// 已取消
        Cancelled = "cancelled" | "已取消",
    }
}

choice! {
    /// The kind of a chart.
    ChartKind {
        /// A line over time.
        Line = "line" | "折线",
        /// Bars.
        Bar = "bar" | "柱形",
    }
}

/// Left out when written: a field that holds nothing.
fn empty<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

macro_rules! fields {
    ($(#[$meta:meta])* $name:ident { $($(#[$fmeta:meta])* $field:ident: $ty:ty,)* }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Default, Serialize, JsonSchema, Encode, Decode)]
        #[serde(deny_unknown_fields)]
        pub struct $name { $($(#[$fmeta])* #[serde(skip_serializing_if = "empty")] pub $field: $ty,)* }

        impl $name {
            /// The keys in the order they are written.
            pub const KEYS: &[&str] = &[$(stringify!($field)),*];

            fn take(fields: &mut Fields<'_>) -> Self {
                Self { $($field: fields.take(stringify!($field)),)* }
            }
        }
    };
}

macro_rules! nested {
    ($($name:ident or $text:ident;)*) => {$(
        impl FromNode for $name {
            fn from_node(node: &Node, fields: &mut Fields<'_>) -> Option<Self> {
                if let Value::Map(_) = node.value {
                    let mut inner = fields.nested(node);
                    let value = Self::take(&mut inner);
                    fields.absorb(inner);
                    Some(value)
                } else {
                    Some(Self { $text: FromNode::from_node(node, fields)?, ..Self::default() })
                }
            }
        }
    )*};
}

type Txt = Option<Box<str>>;
type Texts = Vec<Box<str>>;

fields! {
    /// What every item may have (信息的公共字段), as far as most items have it.
    Common {
        /// 标题
        title: Box<str>,
        /// 发布日期
        date: Date,
        /// 更新日期
        updated: Option<Date>,
        /// 来源
        source: Txt,
        /// 作者
        author: Txt,
        /// 关键词
        keywords: Words,
        /// 摘要; made from the body when it is missing.
        summary: Option<Prose>,
        /// 草稿
        draft: bool,
        /// 置顶
        pinned: bool,
        /// 公开范围
        audience: Audience,
    }
}

fields! {
    /// What every item may have and few do: kept apart, because a group's items are held in memory all at once.
    Seldom {
        /// 题图: a picture beside the item.
        image: Option<Reference>,
        /// The last part of the address; the file's stem when it is missing.
        slug: Txt,
        /// Old addresses on the same site that lead here, `/old/x.html`.
        aliases: Vec<Reference>,
        /// 定时发布
        publish_at: Option<Date>,
        /// 到期撤下
        expires_at: Option<Date>,
        /// 同时显示在: `site/column` of other sites.
        share: Vec<Reference>,
        /// 专题: ids of topics.
        topics: Vec<Reference>,
        /// 附件
        attachments: Vec<Reference>,
        /// Place in a column sorted by it.
        order: Option<i64>,
        /// 更正说明: what was corrected, shown beside the update.
        correction: Txt,
    }
}

fields! {
    /// 政策文件 (fields of disclosure: the Regulation on Open Government Information).
    Policy {
        /// 索引号
        index_number: Txt,
        /// 发文字号
        document_number: Txt,
        /// 发文机关
        issuing_agency: Txt,
        /// 成文日期
        signed_on: Option<Date>,
        /// 施行日期
        effective_on: Option<Date>,
        /// 有效性
        validity: Option<Validity>,
        /// 主题分类
        category: Txt,
        /// 主题词
        subject_words: Texts,
        /// Policies this one repeals.
        repeals: Vec<Reference>,
        /// Its explainers.
        explained_by: Vec<Reference>,
    }
}

fields! {
    /// 政策解读
    Explainer {
        /// The policies explained.
        explains: Vec<Reference>,
        /// 解读形式
        form: Option<ExplainerForm>,
    }
}

fields! {
    /// One of the 办理材料 of a service.
    Material {
        /// 材料名称
        name: Box<str>,
        /// 份数
        copies: Txt,
        /// 表格: a link or a file.
        form: Option<Reference>,
        /// 备注
        note: Txt,
    }
}

fields! {
    /// 办事指南
    ServiceGuide {
        /// 事项编码
        item_code: Txt,
        /// 设定依据
        legal_basis: Texts,
        /// 申请条件
        conditions: Texts,
        /// 办理材料
        materials: Vec<Material>,
        /// 办理地点
        place: Txt,
        /// 办理时间
        hours: Txt,
        /// 联系电话
        phone: Txt,
        /// 办理流程
        process: Texts,
        /// 办理时限
        time_limit: Txt,
        /// 收费标准
        fee: Txt,
        /// 服务对象
        object: Option<ServiceObject>,
        /// 生活事件
        life_event: Txt,
        /// 办理机构
        office: Txt,
        /// 相关表格
        forms: Vec<Reference>,
        /// 在线办理
        online: Option<Reference>,
    }
}

fields! {
    /// 表格下载
    Download {
        /// 表格名称
        form_name: Txt,
        /// 提供部门
        office: Txt,
        /// 版本
        version: Txt,
        /// The form this one replaces.
        supersedes: Option<Reference>,
        /// 适用对象
        object: Option<ServiceObject>,
    }
}

fields! {
    /// One picture of an album.
    Photo {
        /// The picture beside the item.
        file: Reference,
        /// 图片说明
        caption: Txt,
        /// 摄影
        credit: Txt,
        /// 拍摄日期
        taken_on: Option<Date>,
    }
}

fields! {
    /// 图集
    Album {
        /// The pictures in order; every picture of the item's own folder when it is missing.
        photos: Vec<Photo>,
    }
}

fields! {
    /// 视频
    Video {
        /// A file beside the item.
        file: Option<Reference>,
        /// An https address of a stream.
        stream: Option<Reference>,
        /// 封面
        poster: Option<Reference>,
        /// 字幕 (WebVTT)
        captions: Option<Reference>,
        /// 时长
        duration: Txt,
    }
}

fields! {
    /// 领导
    Leader {
        /// 职务
        position: Txt,
        /// 分工
        duties: Txt,
        /// 照片
        portrait: Option<Reference>,
        /// 出生年月
        born_on: Txt,
        /// 学历
        education: Txt,
        /// 办公电话
        office_phone: Txt,
    }
}

fields! {
    /// How a table is drawn.
    Chart {
        /// Line or bars.
        kind: Option<ChartKind>,
        /// The heading along the axis.
        x: Box<str>,
        /// The headings drawn.
        y: Texts,
    }
}

fields! {
    /// 数据表
    Table {
        /// A CSV file beside the item; its first line holds the headings.
        data: Option<Reference>,
        /// 单位
        unit: Txt,
        /// The headings shown, in order; all when it is missing.
        columns_shown: Texts,
        /// 图表
        chart: Option<Chart>,
        /// Rows on a page, 100.
        rows_per_page: Option<u32>,
    }
}

fields! {
    /// 专题
    Topic {
        /// 横幅
        banner: Option<Reference>,
        /// 截止日期
        closed_on: Option<Date>,
    }
}

fields! {
    /// 链接
    Link {
        /// Where it leads.
        url: Option<Reference>,
        /// 图标
        logo: Option<Reference>,
    }
}

fields! {
    /// 答复: a published answer of a desk.
    Reply {
        /// 来信编号
        case_number: Txt,
        /// 窗口
        desk: Txt,
        /// 来信日期
        asked_on: Option<Date>,
        /// 来信内容
        question: Txt,
        /// 答复日期
        answered_on: Option<Date>,
        /// 答复单位
        answering_office: Txt,
        /// 类别
        category: Txt,
        /// 满意度
        satisfaction: Txt,
    }
}

fields! {
    /// A bid in the course of an auction.
    Quote {
        /// 时间
        at: Option<Date>,
        /// 报价, in fen
        fen: Option<i64>,
    }
}

fields! {
    /// 网上竞价: a lot's announcement and result.
    ReverseAuction {
        /// 编号
        lot_number: Txt,
        /// 标的
        goods: Txt,
        /// 数量
        quantity: Txt,
        /// 最高限价, in fen
        ceiling_fen: Option<i64>,
        /// 最小降幅, in fen
        minimum_step_fen: Option<i64>,
        /// 开始
        opens_at: Option<Date>,
        /// 截止
        closes_at: Option<Date>,
        /// 采购单位
        purchaser: Txt,
        /// 状态
        state: Option<AuctionState>,
        /// 成交供应商
        award_vendor: Txt,
        /// 成交价, in fen
        award_fen: Option<i64>,
        /// 报价次数
        bids: Option<i64>,
        /// 报价过程: the leading prices, for the chart.
        course: Vec<Quote>,
        /// The whole record, a JSON file beside the item.
        record: Option<Reference>,
    }
}

fields! {
    /// One of a vendor's products.
    Product {
        /// 名称
        name: Box<str>,
        /// 规格
        spec: Txt,
        /// 参考价
        price: Txt,
    }
}

fields! {
    /// 供应商(工商博览)
    Vendor {
        /// 统一社会信用代码
        credit_code: Txt,
        /// 许可证号
        licence_number: Txt,
        /// 法定代表人
        legal_person: Txt,
        /// 经营范围
        business_scope: Txt,
        /// 产品
        products: Vec<Product>,
        /// 地址
        address: Txt,
        /// 电话
        phone: Txt,
        /// 认证日期
        certified_on: Option<Date>,
        /// 网站
        website: Option<Reference>,
    }
}

nested! { Material or name; Photo or file; Product or name; Quote or fen; Chart or x; }

macro_rules! details {
    ($($variant:ident($ty:ident) = $($column:ident)|+;)*) => {
        /// What the column's type adds to an item.
        #[derive(Debug, Clone, PartialEq, Default, Serialize, Encode, Decode)]
        #[serde(untagged)]
        pub enum Details {
            /// Nothing (news, notices).
            #[default]
            None,
            $(#[doc = concat!("See [`", stringify!($ty), "`].")] $variant(Box<$ty>),)*
        }

        impl Details {
            fn take(column: ColumnType, fields: &mut Fields<'_>) -> Self {
                match column {
                    $($(ColumnType::$column)|+ => Self::$variant(Box::new($ty::take(fields))),)*
                    ColumnType::News | ColumnType::Notice => Self::None,
                }
            }

            /// The keys a type of column adds.
            #[must_use]
            pub fn keys(column: ColumnType) -> &'static [&'static str] {
                match column {
                    $($(ColumnType::$column)|+ => $ty::KEYS,)*
                    ColumnType::News | ColumnType::Notice => &[],
                }
            }
        }

        /// The JSON Schema of every type's own keys, for `docs/schema/`.
        pub(super) fn typed_schemas(generator: &mut schemars::SchemaGenerator) -> Vec<schemars::Schema> {
            vec![$($ty::json_schema(generator)),*]
        }
    };
}

details! {
    Policy(Policy) = Policy;
    Explainer(Explainer) = Explainer;
    Guide(ServiceGuide) = Guide;
    Download(Download) = Download;
    Album(Album) = Album;
    Video(Video) = Video;
    Leader(Leader) = Leader;
    Table(Table) = Table;
    Topic(Topic) = Topic;
    Link(Link) = Link;
    Reply(Reply) = Reply;
    Auction(ReverseAuction) = Auction;
    Vendor(Vendor) = Vendor;
}

/// An item's whole front matter.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Encode, Decode)]
pub struct FrontMatter {
    /// What most items have.
    pub common: Common,
    /// What few items have; see [`FrontMatter::seldom`].
    pub further: Option<Box<Seldom>>,
    /// What its column's type adds.
    pub details: Details,
}

/// Keys that Hugo, Jekyll and Zola users bring, and what they are called here.
const SPELLINGS: &[(&str, &str)] = &[
    ("publishDate", "publish_at"),
    ("publishdate", "publish_at"),
    ("expiryDate", "expires_at"),
    ("expirydate", "expires_at"),
    ("expires", "expires_at"),
    ("lastmod", "updated"),
    ("modified", "updated"),
    ("tags", "keywords"),
    ("categories", "keywords"),
    ("description", "summary"),
    ("excerpt", "summary"),
    ("weight", "order"),
];

impl FrontMatter {
    /// Reads a front matter's tree for a column of type `column`, with everything that is wrong in it. `None` when the item cannot be used.
    pub(crate) fn read(node: &Node, column: ColumnType, file: &str, zone: &TimeZone) -> (Option<Self>, Vec<Diagnostic>) {
        let mut fields = Fields::new(node, file, zone);
        fields.rename(SPELLINGS);
        let common = Common::take(&mut fields);
        let further = Some(Seldom::take(&mut fields)).filter(|seldom| !empty(seldom)).map(Box::new);
        let details = Details::take(column, &mut fields);
        for (key, zh, en, missing) in [("title", "标题", "title", common.title.is_empty()), ("date", "发布日期", "date", common.date == Date::default())]
        {
            if missing {
                fields.missing(key, zh, en);
            }
        }
        let front = Self { common, further, details };
        require(&front, &mut fields);
        let diagnostics = fields.finish();
        let usable = !diagnostics.iter().any(Diagnostic::is_error);
        (usable.then_some(front), diagnostics)
    }

    /// Writes the front matter as YAML between `---` lines, followed by `body`: a whole content file that reads back equal.
    ///
    /// # Errors
    /// Only if the YAML writer refuses a value, which none of these types has.
    pub fn to_file(&self, body: &str) -> Result<String, serde_json::Error> {
        use serde::ser::Error;
        let mut map = serde_json::Map::new();
        for part in [serde_json::to_value(&self.common)?, serde_json::to_value(self.seldom())?, serde_json::to_value(&self.details)?] {
            if let serde_json::Value::Object(fields) = part {
                map.extend(fields);
            }
        }
        let yaml = serde_saphyr::to_string(&map).map_err(serde_json::Error::custom)?;
        let yaml = yaml.trim_end();
        Ok(format!("---\n{yaml}\n---\n{body}"))
    }

    /// What few items have.
    #[must_use]
    pub fn seldom(&self) -> &Seldom {
        static NOTHING: std::sync::LazyLock<Seldom> = std::sync::LazyLock::new(Seldom::default);
        self.further.as_deref().unwrap_or(&NOTHING)
    }

    /// Every reference to a file beside the item.
    pub(crate) fn files(&self) -> Vec<&Reference> {
        let seldom = self.seldom();
        let mut files: Vec<&Reference> = seldom.image.iter().chain(&seldom.attachments).collect();
        match &self.details {
            Details::Guide(g) => files.extend(g.forms.iter().chain(g.materials.iter().filter_map(|m| m.form.as_ref()))),
            Details::Album(a) => files.extend(a.photos.iter().map(|p| &p.file)),
            Details::Video(v) => files.extend(v.file.iter().chain(&v.poster).chain(&v.captions)),
            Details::Leader(l) => files.extend(&l.portrait),
            Details::Table(t) => files.extend(&t.data),
            Details::Topic(t) => files.extend(&t.banner),
            Details::Link(l) => files.extend(&l.logo),
            Details::Auction(a) => files.extend(&a.record),
            _ => {}
        }
        files.retain(|r| is_file(&r.target));
        files
    }

    /// Every reference to an item, a column or an address (`@/…`, `https://…`).
    pub(crate) fn links(&self) -> Vec<&Reference> {
        let mut links: Vec<&Reference> = Vec::new();
        match &self.details {
            Details::Policy(p) => links.extend(p.repeals.iter().chain(&p.explained_by)),
            Details::Explainer(e) => links.extend(&e.explains),
            Details::Guide(g) => {
                links.extend(g.forms.iter().chain(g.materials.iter().filter_map(|m| m.form.as_ref())).chain(&g.online));
            }
            Details::Download(d) => links.extend(&d.supersedes),
            Details::Video(v) => links.extend(&v.stream),
            Details::Link(l) => links.extend(&l.url),
            Details::Vendor(v) => links.extend(&v.website),
            _ => {}
        }
        links.retain(|r| !is_file(&r.target));
        links
    }
}

/// Whether a target names a file beside the item (rather than an item or an address).
#[must_use]
pub fn is_file(target: &str) -> bool {
    !target.starts_with("@/") && !target.starts_with('#') && !target.starts_with('/') && !target.contains(':') && !target.ends_with(".md")
}

/// What a type cannot do without.
fn require(front: &FrontMatter, fields: &mut Fields<'_>) {
    match &front.details {
        Details::Download(_) if front.seldom().attachments.is_empty() => fields.missing("attachments", "供下载的文件", "the file to download"),
        Details::Table(t) if t.data.is_none() => fields.missing("data", "数据文件（CSV）", "the CSV file"),
        Details::Link(l) if l.url.is_none() => fields.missing("url", "链接地址", "the address"),
        Details::Video(v) if v.file.is_none() && v.stream.is_none() => fields.missing("file", "视频文件（file 或 stream）", "the video (`file` or `stream`)"),
        _ => {}
    }
}
