//! The column trees: of the main site (60 columns), of a department and of a township (12 each).
//!
//! In: the kind of a site. Out: its columns as one flat table, parents before children. A weight says how much of a site's items
//! a column gets (0: none of its own), a cap how many at most. The news is never capped, so any number of items finds room.

use crate::group::SiteKind;

/// 栏目类型
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// A column that only holds others.
    Section,
    News,
    Notice,
    Policy,
    Explainer,
    Guide,
    Download,
    Album,
    Video,
    Leader,
    Table,
    Topic,
    Link,
    Reply,
    Auction,
    Vendor,
}

impl Kind {
    /// As the settings spell it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Section => "section",
            Self::News => "news",
            Self::Notice => "notice",
            Self::Policy => "policy",
            Self::Explainer => "explainer",
            Self::Guide => "guide",
            Self::Download => "download",
            Self::Album => "album",
            Self::Video => "video",
            Self::Leader => "leader",
            Self::Table => "table",
            Self::Topic => "topic",
            Self::Link => "link",
            Self::Reply => "reply",
            Self::Auction => "auction",
            Self::Vendor => "vendor",
        }
    }
}

/// One column of a tree.
pub struct Spec {
    /// `open/policy`
    pub path: &'static str,
    pub name: &'static str,
    pub kind: Kind,
    pub weight: u64,
    pub cap: usize,
    /// A place on the home page: how many items are shown there, 0 for none.
    pub on_home: usize,
}

const fn section(path: &'static str, name: &'static str) -> Spec {
    Spec { path, name, kind: Kind::Section, weight: 0, cap: 0, on_home: 0 }
}

const fn column(path: &'static str, name: &'static str, kind: Kind, weight: u64, cap: usize, on_home: usize) -> Spec {
    Spec { path, name, kind, weight, cap, on_home }
}

const ALL: usize = usize::MAX;

/// The columns of a kind of site.
pub fn columns_of(kind: SiteKind) -> &'static [Spec] {
    match kind {
        SiteKind::Portal => PORTAL,
        SiteKind::Department => DEPARTMENT,
        SiteKind::Township => TOWN,
    }
}

const DEPARTMENT: &[Spec] = &[
    column("news", "工作动态", Kind::News, 1000, ALL, 8),
    column("notices", "通知公告", Kind::Notice, 330, ALL, 8),
    section("open", "政务公开"),
    column("open/policy", "政策文件", Kind::Policy, 90, ALL, 6),
    column("open/explainer", "政策解读", Kind::Explainer, 50, ALL, 5),
    column("open/leaders", "领导信息", Kind::Leader, 15, 9, 0),
    column("open/budget", "财政预决算", Kind::Notice, 25, 600, 0),
    section("services", "办事服务"),
    column("services/guide", "办事指南", Kind::Guide, 40, 300, 8),
    column("services/forms", "表格下载", Kind::Download, 30, 200, 6),
    column("interact", "互动交流", Kind::Reply, 120, ALL, 5),
    column("focus", "业务工作", Kind::News, 300, ALL, 8),
];

const TOWN: &[Spec] = &[
    column("news", "乡镇动态", Kind::News, 1000, ALL, 8),
    column("notices", "通知公告", Kind::Notice, 300, ALL, 8),
    column("overview", "乡镇概况", Kind::Notice, 8, 8, 2),
    section("open", "政务公开"),
    column("open/policy", "政策文件", Kind::Policy, 50, ALL, 6),
    column("open/leaders", "领导信息", Kind::Leader, 15, 9, 0),
    column("open/villages", "村（居）务公开", Kind::Notice, 180, ALL, 6),
    section("services", "便民服务"),
    column("services/guide", "办事指南", Kind::Guide, 30, 120, 6),
    column("services/forms", "表格下载", Kind::Download, 15, 60, 0),
    column("interact", "互动交流", Kind::Reply, 40, ALL, 5),
    column("album", "乡村图集", Kind::Album, 25, 120, 4),
];

const PORTAL: &[Spec] = &[
    section("city", "走进青屿"),
    column("city/overview", "城市概况", Kind::Notice, 1, 12, 0),
    column("city/history", "历史沿革", Kind::Notice, 1, 30, 0),
    column("city/nature", "自然地理", Kind::Notice, 1, 30, 0),
    column("city/customs", "风土人情", Kind::Notice, 3, 200, 0),
    column("city/products", "特产名品", Kind::Notice, 3, 200, 0),
    column("city/tourism", "旅游指南", Kind::Notice, 10, 800, 0),
    column("city/album", "城市图集", Kind::Album, 6, 400, 4),
    section("news", "新闻中心"),
    column("news/headlines", "青屿要闻", Kind::News, 1000, ALL, 9),
    column("news/departments", "部门动态", Kind::News, 0, 0, 8),
    column("news/townships", "乡镇动态", Kind::News, 0, 0, 8),
    column("news/province", "国务院和省要闻", Kind::News, 500, ALL, 0),
    column("news/media", "媒体关注", Kind::News, 300, ALL, 0),
    column("news/pictures", "图片新闻", Kind::News, 90, ALL, 5),
    column("news/notices", "公告公示", Kind::Notice, 350, ALL, 8),
    column("news/press", "新闻发布会", Kind::Notice, 20, 900, 0),
    column("news/video", "视频新闻", Kind::Video, 10, 300, 0),
    column("news/topics", "专题专栏", Kind::Topic, 2, 40, 4),
    section("open", "政务公开"),
    column("open/guide", "政府信息公开指南", Kind::Notice, 1, 3, 0),
    column("open/rules", "政府信息公开制度", Kind::Notice, 1, 30, 0),
    column("open/policy", "政府文件", Kind::Policy, 60, ALL, 6),
    column("open/office-policy", "政府办文件", Kind::Policy, 60, ALL, 0),
    column("open/department-policy", "部门文件", Kind::Policy, 0, 0, 0),
    column("open/explainers", "政策解读", Kind::Explainer, 45, ALL, 5),
    column("open/leaders", "领导之窗", Kind::Leader, 2, 15, 0),
    column("open/meetings", "政府常务会议", Kind::Notice, 15, 700, 0),
    column("open/agencies", "机构职能", Kind::Notice, 3, 90, 0),
    column("open/plans", "规划计划", Kind::Notice, 8, 300, 0),
    column("open/reports", "政府工作报告", Kind::Notice, 1, 15, 0),
    column("open/budget", "财政预决算", Kind::Notice, 30, ALL, 0),
    column("open/projects", "重点项目", Kind::Notice, 40, ALL, 0),
    column("open/livelihood", "民生实事", Kind::Notice, 25, ALL, 0),
    column("open/personnel", "人事任免", Kind::Notice, 30, ALL, 0),
    column("open/emergency", "应急管理", Kind::Notice, 25, ALL, 0),
    column("open/enforcement", "行政执法公示", Kind::Notice, 60, ALL, 0),
    column("open/proposals", "建议提案办理", Kind::Notice, 30, ALL, 0),
    column("open/annual", "政府信息公开年报", Kind::Notice, 3, 100, 0),
    column("open/request", "依申请公开", Kind::Notice, 1, 5, 0),
    column("open/bids", "采购公告", Kind::Notice, 60, ALL, 0),
    section("services", "办事服务"),
    column("services/person", "个人办事", Kind::Guide, 12, 400, 8),
    column("services/business", "法人办事", Kind::Guide, 12, 400, 6),
    column("services/forms", "表格下载", Kind::Download, 10, 400, 0),
    column("services/hotline", "便民热线", Kind::Table, 1, 5, 0),
    column("services/faq", "常见问题", Kind::Notice, 10, 500, 0),
    column("services/query", "便民查询", Kind::Link, 2, 20, 6),
    section("interact", "互动交流"),
    column("interact/mayor", "市长信箱", Kind::Reply, 250, ALL, 5),
    column("interact/hotline", "12345热线回复", Kind::Reply, 200, ALL, 0),
    column("interact/interviews", "在线访谈", Kind::Notice, 6, 200, 0),
    column("interact/consultation", "意见征集", Kind::Notice, 15, ALL, 0),
    section("data", "数据青屿"),
    column("data/monthly", "统计月报", Kind::Table, 4, 180, 3),
    column("data/yearly", "年度数据", Kind::Table, 1, 30, 0),
    column("data/bulletin", "统计公报", Kind::Notice, 2, 60, 0),
    section("market", "投资青屿"),
    column("market/trade", "网上竞价", Kind::Auction, 25, 3000, 0),
    column("market/vendors", "工商博览", Kind::Vendor, 12, 800, 0),
];
