//! The words that settings choose from: kinds of sites and columns, orders, looks.
//!
//! In: a word in English or Chinese. Out: an enum, or a diagnostic with the words there are.

use bitcode::{Decode, Encode};
use schemars::JsonSchema;
use serde::Serialize;

use crate::source::fields::{Fields, FromNode};
use crate::source::front_matter::choice;
use crate::source::yaml::Node;

choice! {
    /// 栏目类型: what a column holds. It chooses the template and the fields that are checked.
    #[derive(Default)]
    ColumnType {
        /// 新闻
        #[default] News = "news" | "新闻",
        /// 通知公告
        Notice = "notice" | "通知" | "公告",
        /// 政策文件
        Policy = "policy" | "政策",
        /// 政策解读
        Explainer = "explainer" | "解读",
        /// 办事指南
        Guide = "guide" | "指南",
        /// 表格下载
        Download = "download" | "下载",
        /// 图集
        Album = "album" | "图集",
        /// 视频
        Video = "video" | "视频",
        /// 领导
        Leader = "leader" | "领导",
        /// 数据表
        Table = "table" | "表格",
        /// 专题
        Topic = "topic" | "专题",
        /// 链接
        Link = "link" | "链接",
        /// 答复
        Reply = "reply" | "答复",
        /// 网上竞价
        Auction = "auction" | "竞价",
        /// 供应商
        Vendor = "vendor" | "供应商",
    }
}

impl ColumnType {
    /// The word it has in settings and in template names.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
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

choice! {
    /// 站点类别: what a site is in the group.
    #[derive(Default)]
    SiteKind {
        /// 门户
        Portal = "portal" | "门户",
        /// 部门
        #[default] Department = "department" | "部门",
        /// 乡镇、街道
        Township = "township" | "乡镇" | "街道",
    }
}

choice! {
    /// 排序: the order of a column's items.
    #[derive(Default)]
    Sort {
        /// Newest first.
        #[default] Date = "date",
        /// By the items' `order`, then title.
        Order = "order",
        /// By title.
        Title = "title",
    }
}

choice! {
    /// How a block of the home page looks.
    #[derive(Default)]
    BlockStyle {
        /// Titles with dates.
        #[default] List = "list",
        /// One large headline (头条).
        Headline = "headline",
        /// Pictures.
        Pictures = "pictures",
        /// Cards with summaries.
        Cards = "cards",
        /// Short links.
        Links = "links",
        /// Large entries: the block's own `links`.
        Entries = "entries",
        /// The newest row of the newest table, figure by figure.
        Figures = "figures",
    }
}

choice! {
    /// How much of a line a block of the home page takes.
    BlockWidth {
        /// A third.
        Third = "third",
        /// Half.
        Half = "half",
        /// Two thirds.
        TwoThirds = "two-thirds",
        /// All.
        Full = "full",
    }
}

choice! {
    /// 政府信息公开 (Regulation of 2019): which of its parts a column is.
    DisclosurePart {
        /// 指南
        Guide = "guide" | "指南",
        /// 制度
        Rules = "rules" | "制度",
        /// 法定主动公开内容
        Content = "content" | "法定主动公开内容",
        /// 年报
        Report = "report" | "年报",
        /// 依申请公开
        Request = "request" | "依申请公开",
    }
}

choice! {
    /// What feeds hold of an item.
    #[derive(Default)]
    FeedText {
        /// Its summary.
        #[default] Summary = "summary" | "摘要",
        /// Its whole text.
        Full = "full" | "全文",
    }
}
