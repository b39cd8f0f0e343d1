//! What can go wrong with a request, and what is said about it: enough to go on for whoever asked, the cause to the log only.

use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use crate::sidecar::bidding;
use crate::sidecar::casework::NotDone;
use crate::sidecar::certification;
use crate::sidecar::seal::NoRandom;
use crate::sidecar::store::database::Trouble;

/// Why a request is not answered as asked.
#[derive(Debug, Clone)]
pub(super) enum Problem {
    /// There is no such page, or none for this account.
    Missing,
    /// Signed in, but not allowed.
    Forbidden,
    /// Not signed in.
    SignIn,
    /// The form has no valid token.
    Expired,
    /// What was sent cannot be used; why.
    Wrong(String),
    /// The request itself cannot be read, or is not for this address.
    Unreadable(StatusCode),
    /// Too many.
    TooMany,
    /// The rules or another officer are in the way.
    Conflict(String),
    /// The database does not answer. The cause is for the log.
    Unavailable(String),
    /// A mistake of ours. The cause is for the log.
    Broken(String),
}

impl Problem {
    pub(super) fn status(&self) -> StatusCode {
        match self {
            Self::Missing => StatusCode::NOT_FOUND,
            Self::Forbidden | Self::Expired => StatusCode::FORBIDDEN,
            Self::SignIn => StatusCode::UNAUTHORIZED,
            Self::Wrong(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Unreadable(status) => *status,
            Self::TooMany => StatusCode::TOO_MANY_REQUESTS,
            Self::Conflict(_) => StatusCode::CONFLICT,
            Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Broken(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// What whoever asked is told.
    pub(super) fn message(&self) -> &str {
        match self {
            Self::Missing => "没有找到您要的页面",
            Self::Forbidden => "您没有权限进行这项操作",
            Self::SignIn => "请先登录",
            Self::Expired => "页面已过期或来源不明，请返回上一页，刷新后重新提交",
            Self::Unreadable(StatusCode::METHOD_NOT_ALLOWED) => "这个地址不能这样访问，请从页面上的链接或按钮进入",
            Self::Unreadable(_) => "提交的内容或地址格式不正确，请返回上一页检查后重新提交",
            Self::TooMany => "操作过于频繁，请一小时后再试。紧急事项请拨打 12345",
            Self::Wrong(why) | Self::Conflict(why) => why,
            Self::Unavailable(_) => "系统暂时无法保存，您的内容尚未提交。请稍后重新提交",
            Self::Broken(_) => "系统出现故障，技术人员会尽快处理。请稍后再试",
        }
    }

    /// The cause, for the log.
    pub(super) fn cause(&self) -> Option<&str> {
        match self {
            Self::Unavailable(cause) | Self::Broken(cause) => Some(cause),
            _ => None,
        }
    }
}

impl From<Trouble> for Problem {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Unmet(_) => Self::Conflict("刚刚被其他人修改过，请刷新后再试".into()),
            Trouble::Unavailable(cause) => Self::Unavailable(cause),
        }
    }
}

impl From<NotDone> for Problem {
    fn from(not_done: NotDone) -> Self {
        match not_done {
            NotDone::Trouble(trouble) => trouble.into(),
            NotDone::TooMany => Self::TooMany,
            NotDone::NotYours => Self::Missing,
            other => Self::Conflict(other.to_string()),
        }
    }
}

impl From<bidding::NotDone> for Problem {
    fn from(not_done: bidding::NotDone) -> Self {
        match not_done {
            bidding::NotDone::Trouble(trouble) => trouble.into(),
            bidding::NotDone::NoLot => Self::Missing,
            bidding::NotDone::Terms(_) | bidding::NotDone::Slip | bidding::NotDone::NotSo(_) => Self::Wrong(not_done.to_string()),
            other => Self::Conflict(other.to_string()),
        }
    }
}

impl From<certification::NotDone> for Problem {
    fn from(not_done: certification::NotDone) -> Self {
        match not_done {
            certification::NotDone::Trouble(trouble) => trouble.into(),
            certification::NotDone::NoVendor => Self::Missing,
            certification::NotDone::TooMany => Self::TooMany,
            certification::NotDone::Refused(why) => Self::Wrong(why.to_string()),
            other => Self::Conflict(other.to_string()),
        }
    }
}

impl From<NoRandom> for Problem {
    fn from(cause: NoRandom) -> Self {
        Self::Broken(cause.to_string())
    }
}

impl From<crate::diagnostic::Diagnostic> for Problem {
    fn from(d: crate::diagnostic::Diagnostic) -> Self {
        Self::Broken(format!("{}:{}: {}", d.file, d.place.line, d.message.en))
    }
}

/// An answer that carries its problem to where pages are made.
pub(super) fn response(problem: Problem) -> Response {
    let mut answer = problem.status().into_response();
    answer.extensions_mut().insert(Arc::new(problem));
    answer
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        response(self)
    }
}
