//! A body's HTML without its links' tags, made while the body is read; and with them, once it is known where they lead.
//!
//! In: the pieces of a body; later its draft and the targets. Out: a [`Draft`]; later the same HTML as [`super::render`] would have made. What may
//! come out differently for other targets in more than links' tags (pictures, raw HTML, footnotes, links without text) is not drafted.

use std::ops::Range;

use pulldown_cmark::{Event, Tag};

use super::{RenderedBody, Target, Writer};
use crate::source::markdown::pieces::Piece;
use crate::source::markdown::{Draft, DraftLink, Drafter};

/// Makes drafts.
pub const DRAFTER: Drafter = Drafter(draft);

/// The links of a draft that is being made, and where others began when something else did whose tag is written later.
#[derive(Default)]
pub(super) struct OpenDraft {
    links: Vec<DraftLink>,
    /// How many of them have ended: all, or all but the last.
    ended: usize,
    /// How many had begun and ended when the last source line ended.
    line_end: (usize, usize),
    /// How many there were when the last heading began.
    heading: usize,
    /// Whether some link has no text.
    given_up: bool,
}

fn draft<'a>(body: &'a str, pieces: &mut dyn Iterator<Item = (Piece<'a>, Range<usize>)>) -> Option<Draft> {
    let mut writer = Writer { draft: Some(OpenDraft::default()), ..Writer::new(body, &[], "") };
    for (piece, range) in pieces {
        match &piece {
            Piece::Markdown(Event::Start(Tag::Image { .. } | Tag::FootnoteDefinition(_)) | Event::FootnoteReference(_) | Event::TaskListMarker(_)) => {
                return None;
            }
            Piece::Markdown(_) => {}
            Piece::Open(..) | Piece::Close(_) | Piece::Text(_) | Piece::Refused(_) => return None,
        }
        writer.piece(piece, range);
    }
    let open = writer.draft.take()?;
    if open.given_up || open.ended < open.links.len() {
        return None;
    }
    let RenderedBody { html, headings } = writer.finish();
    // Copied, so that it takes the room it fills.
    Some(Draft { html: html.as_str().into(), links: open.links.into(), headings: headings.into() })
}

/// A draft with its links; `targets` as for [`super::render`].
pub(super) fn linked(draft: &Draft, targets: &[Target]) -> RenderedBody {
    let mut writer = Writer::new("", targets, "");
    writer.out.reserve(draft.html.len() + 128 * draft.links.len());
    let mut written = 0;
    for (k, link) in draft.links.iter().enumerate() {
        writer.out.push_str(&draft.html[written..link.text.start]);
        let open = writer.open_link(k, &link.title);
        writer.out.push_str(&draft.html[link.text.clone()]);
        if open {
            writer.close_link(k);
        }
        written = link.text.end;
    }
    writer.out.push_str(&draft.html[written..]);
    RenderedBody { html: writer.out, headings: draft.headings.to_vec() }
}

/// What a draft has to know of what is written. Where none is made, nothing of this does anything.
impl Writer<'_> {
    /// A link begins; `false`: no draft is made.
    pub(super) fn draft_link(&mut self, title: &str) -> bool {
        let Some(draft) = &mut self.draft else { return false };
        draft.given_up |= draft.ended < draft.links.len();
        draft.links.push(DraftLink { text: self.out.len()..self.out.len(), title: title.into() });
        true
    }

    /// A link ends; `false`: no draft is made.
    pub(super) fn end_draft_link(&mut self) -> bool {
        let Some(draft) = &mut self.draft else { return false };
        if let Some(link) = draft.links.last_mut() {
            link.text.end = self.out.len();
            draft.given_up |= link.text.is_empty();
        }
        draft.ended = draft.links.len();
        true
    }

    pub(super) fn note_line_end(&mut self) {
        if let Some(draft) = &mut self.draft {
            draft.line_end = (draft.links.len(), draft.ended);
        }
    }

    /// A line end has been written that came before the tags written since.
    pub(super) fn shift_after_line_end(&mut self) {
        let Some(draft) = &mut self.draft else { return };
        let (begun, ended) = draft.line_end;
        draft.links.iter_mut().skip(begun).for_each(|link| link.text.start += 1);
        let since = draft.ended;
        draft.links.iter_mut().take(since).skip(ended).for_each(|link| link.text.end += 1);
    }

    pub(super) fn note_heading(&mut self) {
        if let Some(draft) = &mut self.draft {
            draft.heading = draft.links.len();
        }
    }

    /// A heading's tag has been written before all that stands in it.
    pub(super) fn shift_after_heading(&mut self, by: usize) {
        if let Some(draft) = &mut self.draft {
            draft.links.iter_mut().skip(draft.heading).for_each(|link| link.text = link.text.start + by..link.text.end + by);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{FileNote, render};
    use super::*;
    use crate::source::markdown::outline_and_draft;

    fn drafted(body: &str) -> Option<Draft> {
        outline_and_draft(body, 1, "a.md", true, Some(&DRAFTER)).2
    }

    /// Targets as good and bad as a portal has them, each at another link's number.
    fn targets(shift: usize) -> Vec<Target> {
        let href = |url: &str, external, file| Target::Href { url: url.into(), external, file };
        let file = FileNote { format: "docx".into(), size: Some(12_000) };
        let some = [
            href("/x/y.html", false, None),
            Target::Nothing,
            href("https://a/?b&c", true, None),
            href("b.docx", false, Some(file)),
            href("javascript:x", false, None),
        ];
        (0..40).map(|k| some[(k + shift) % some.len()].clone()).collect()
    }

    fn compare(body: &str) -> Result<bool, TestCaseError> {
        let Some(draft) = drafted(body) else { return Ok(false) };
        for targets in (0..5).map(targets).chain([Vec::new()]) {
            prop_assert_eq!(linked(&draft, &targets), render(body, &targets, ""));
        }
        Ok(true)
    }

    #[test]
    fn usual_bodies_are_drafted_and_come_out_as_if_they_were_not() {
        for body in [
            "",
            "甲\n\n乙 [丙](x) 丁，[**戊**](y \"题 <\")。\n",
            "## 一、[要求](x)\n\n### [甲](y) 乙\n\n## 要求\n\n[丙](z)",
            "甲\n[乙](x)\n丙\nabc\n[def\n](x)\n戊 [\n己](y)",
            "| 甲 | [乙](x) |\n|---|--:|\n| [丙](y) | 丁 |\n",
            "- [甲](x)\n- 乙 <https://a.cn>\n\n> 1. <a@b.cn>\n>\n>    `码` ~~划~~\n\n[丙][丁]\n\n[丁]: /u \"题\"",
            "```rust\n<a>\n```\n\n---\n\n甲  \n乙",
        ] {
            assert!(compare(body).unwrap_or_else(|e| panic!("{body}: {e}")), "{body} is not drafted");
        }
    }

    #[test]
    fn what_targets_decide_is_not_drafted() {
        for body in
            ["![图](a.jpg)", "[![图](a.jpg)](x)", "甲[^1]\n\n[^1]: 乙", "<a href=x>甲</a>", "<div>甲</div>", "甲 [](x)", "- [x] 甲", "<script>甲</script>"]
        {
            assert_eq!(drafted(body), None, "{body}");
        }
    }

    const PARTS: &[&str] = &[
        "甲",
        "，",
        "a",
        " ",
        "\n",
        "\n",
        "\n\n",
        "\n\n",
        "  \n",
        "[乙](x)",
        "[丙\n](x)",
        "[\n丁](y \"题\")",
        "[**戊**](z)",
        "[`码`](x)",
        "[己",
        "](x)",
        "[",
        "]",
        "<https://a.cn>",
        "<a@b.cn>",
        "[庚][r]",
        "\n\n[r]: /u 't'\n\n",
        "# ",
        "## ",
        "\n---\n",
        "- ",
        "1. ",
        "> ",
        "    ",
        "`",
        "```\n",
        "**",
        "*",
        "~~",
        "~",
        "\\",
        "\n\n| 甲 | [乙](x) |\n|---|---|\n| [丙](y) | 丁 |\n\n",
        "\n\n| [](x) |\n|---|\n",
        "[](x)",
        "|",
        "&amp;",
        "<",
        "\u{0}",
        "\u{3000}",
    ];

    proptest! {
        #![proptest_config(ProptestConfig { cases: 8 * ProptestConfig::default().cases, ..ProptestConfig::default() })]

        #[test]
        fn a_draft_with_its_links_is_the_body_rendered(parts in proptest::collection::vec(proptest::sample::select(PARTS), 0..24)) {
            compare(&parts.concat())?;
        }
    }
}
