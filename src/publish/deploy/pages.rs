//! The two pages that a web server shows by itself: while the sites are being maintained, and while the side service is down.
//!
//! In: the group's name. Out: HTML without scripts, styles from elsewhere or quotes of the simple kind.

/// 维护页: what every address answers while the sites are being maintained.
#[must_use]
pub fn maintenance(name: &str) -> String {
    page(&format!("{name}正在维护"), "网站正在维护，请稍后再来。紧急事项请拨打 12345 政务服务便民热线。")
}

/// What the side service's addresses answer while it does not run.
#[must_use]
pub fn service_down() -> String {
    page("互动服务暂停", "信箱等互动服务暂时停止，其他页面照常。请稍后再试，或拨打 12345 政务服务便民热线。")
}

fn page(title: &str, text: &str) -> String {
    let title = title.replace('&', "&amp;").replace('<', "&lt;").replace('\'', "&#39;");
    format!(
        "<!DOCTYPE html><html lang=\"zh-CN\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>{title}</title></head><body><h1>{title}</h1><p>{text}</p></body></html>"
    )
}
