//! What the preview shows before it has looked at everything: the page of an item whose wording alone was changed.
//!
//! In: a small group kept in memory after a build. Out: the item's page at once, and after the next build the tree a clean one makes.

#![expect(clippy::unwrap_used, reason = "tests")]

mod group;

use group::Group;
use portico::pipeline::{Kept, Outcome, Request, Silent, build, touch};

const A: &str = "content/www/news/a.md";
const PAGE: &str = "www/news/a.html";

/// A small group, built and kept.
fn kept() -> (Group, Request, Kept) {
    let group = Group::small();
    let (request, mut kept) = (group.request(), Kept::default());
    assert_eq!(build(&request, &Silent, &mut kept).unwrap().errors(), 0);
    (group, request, kept)
}

fn touched(group: &Group, request: &Request, kept: &mut Kept) -> usize {
    touch(request, kept, &[group.path(A).canonicalize().unwrap()]).unwrap()
}

/// Builds, and holds the tree against a clean build's.
fn built(group: &Group, request: &Request, kept: &mut Kept) -> Outcome {
    let outcome = build(request, &Silent, kept).unwrap();
    group::assert_same_tree(&group.tree(), &group.clean_with(&[]).0);
    outcome
}

#[test]
fn a_saved_article_is_shown_at_once_and_the_build_that_follows_does_the_rest() {
    let (group, request, mut kept) = kept();
    group.edit(A, "甲的正文。", "甲的新正文。");
    assert_eq!(touched(&group, &request, &mut kept), 1);
    assert!(group.page(PAGE).contains("甲的新正文。"));
    assert_eq!(built(&group, &request, &mut kept).written, 1);
}

#[test]
fn a_new_title_is_shown_on_its_page_at_once_and_everywhere_after_the_build() {
    let (group, request, mut kept) = kept();
    group.edit(A, "title: 甲", "title: 改过的甲");
    assert_eq!(touched(&group, &request, &mut kept), 1);
    assert!(group.page(PAGE).contains("改过的甲"));
    assert!(!group.page("www/news/index.html").contains("改过的甲"));
    built(&group, &request, &mut kept);
    assert!(group.page("www/news/index.html").contains("改过的甲"));
}

#[test]
fn an_edit_taken_back_before_the_build_leaves_no_trace() {
    let (group, request, mut kept) = kept();
    group.edit(A, "甲的正文。", "甲的异文。");
    assert_eq!(touched(&group, &request, &mut kept), 1);
    group.edit(A, "甲的异文。", "甲的正文。");
    built(&group, &request, &mut kept);
    assert!(group.page(PAGE).contains("甲的正文。"));
}

#[test]
fn a_process_that_ends_after_showing_leaves_it_to_the_next() {
    let (group, request, mut kept) = kept();
    group.edit(A, "甲的正文。", "甲的异文。");
    assert_eq!(touched(&group, &request, &mut kept), 1);
    group.edit(A, "甲的异文。", "甲的正文。");
    built(&group, &request, &mut Kept::default());
}

#[test]
fn whatever_is_more_than_wording_waits_for_the_build() {
    for (from, to) in [
        ("date: 2026-01-01", "date: 2026-02-01"),
        ("summary: 甲的摘要", "slug: other"),
        ("summary: 甲的摘要", "draft: true"),
        ("title: 甲\n", ""),
        ("甲的正文。", "见[无](@/www/news/none.md)。"),
    ] {
        let (group, request, mut kept) = kept();
        let before = group.page(PAGE);
        group.edit(A, from, to);
        assert_eq!(touched(&group, &request, &mut kept), 0, "{to}");
        assert_eq!(group.page(PAGE), before, "{to}");
    }
}
