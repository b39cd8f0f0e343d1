//! A Markdown body that grows block by block.
//!
//! In: paragraphs, headings, lists, tables, pictures. Out: Markdown that reads the same in every CommonMark reader. Counts its
//! characters, so that whoever writes knows when enough is said.

/// A body being written.
pub struct Text {
    out: String,
    characters: usize,
    target: usize,
}

impl Text {
    /// A body that wants about `target` characters.
    pub fn new(target: usize) -> Self {
        Self { out: String::with_capacity(target * 4), characters: 0, target }
    }

    /// Whether only a closing paragraph is wanting.
    pub fn nearly_full(&self) -> bool {
        self.characters + 40 >= self.target
    }

    fn block(&mut self, block: &str) {
        if !self.out.is_empty() {
            self.out.push('\n');
        }
        self.out.push_str(block);
        self.out.push('\n');
        self.characters += visible(block);
    }

    pub fn paragraph(&mut self, said: &str) {
        self.block(said);
    }

    pub fn heading(&mut self, said: &str) {
        self.block(&format!("## {said}"));
    }

    pub fn quotation(&mut self, said: &str) {
        self.block(&format!("> {said}"));
    }

    pub fn list(&mut self, items: &[String], ordered: bool) {
        let mark = |i: usize| if ordered { format!("{}. ", i + 1) } else { "- ".into() };
        let lines: Vec<String> = items.iter().enumerate().map(|(i, item)| format!("{}{item}", mark(i))).collect();
        self.block(&lines.join("\n"));
    }

    /// A table; the first row holds its headings.
    pub fn table(&mut self, rows: &[Vec<String>]) {
        let line = |cells: &[String]| format!("| {} |", cells.join(" | "));
        let Some((head, rest)) = rows.split_first() else { return };
        let mut lines = vec![line(head), format!("|{}", " --- |".repeat(head.len()))];
        lines.extend(rest.iter().map(|row| line(row)));
        self.block(&lines.join("\n"));
    }

    pub fn picture(&mut self, alt: &str, target: &str, caption: &str) {
        self.block(&format!("![{alt}]({target} \"{caption}\")"));
    }

    pub fn finish(self) -> String {
        self.out
    }
}

/// The characters a reader sees: without the addresses of links and pictures.
fn visible(block: &str) -> usize {
    let mut parts = block.split("](");
    let first = parts.next().map_or(0, |part| part.chars().count());
    first + parts.map(|part| part.split_once(')').map_or(0, |(_, seen)| seen.chars().count())).sum::<usize>()
}
