//! Plain text: for a terminal, without colours, the same when piped.

use super::{
    Head, Item, arrow, contrast_n, contrast_scores, counted, difference, heads, items, plain, plain_difference,
};
use crate::escape::text as escape;
use crate::{Counted, RowKind, Section, Summary};
use comfy_table::{Cell, CellAlignment, ColumnConstraint, ContentArrangement, Table, Width};

/// The width of [`Format::Text`](crate::Format::Text).
pub const WIDTH: usize = 100;

/// A word of a label that is longer is broken where it must be.
const WORD: usize = 40;

/// A table before it is laid out; numbers stand right and keep their width, words wrap.
struct Grid {
    head: Vec<String>,
    right: Vec<bool>,
    rows: Vec<Vec<String>>,
}

impl Grid {
    fn column(&self, k: usize) -> impl Iterator<Item = &str> {
        std::iter::once(&self.head).chain(&self.rows).map(move |row| row[k].as_str())
    }
    /// The longest line or word of column `k`.
    fn longest(&self, k: usize, at: &[char]) -> usize {
        self.column(k).flat_map(|text| text.split(at)).map(|part| part.chars().count()).max().unwrap_or(0)
    }
    fn width(&self) -> usize {
        (0..self.head.len()).map(|k| self.longest(k, &['\n']) + 2).sum::<usize>().saturating_sub(2)
    }
    /// The narrowest that column `k` can be, with what parts it from the next.
    fn narrowest(&self, k: usize) -> usize {
        2 + if self.right[k] { self.longest(k, &['\n']) } else { self.longest(k, &['\n', ' ']).min(WORD) }
    }
    /// Tables one below the other that fit a width: each begins with the words, and has as many numbers as it can.
    fn parts(&self, width: usize) -> Vec<Grid> {
        let (words, numbers): (Vec<usize>, Vec<usize>) = (0..self.head.len()).partition(|&k| !self.right[k]);
        let words_wide: usize = words.iter().map(|&k| self.narrowest(k)).sum();
        let (mut parts, mut wide) = (vec![words.clone()], words_wide);
        for k in numbers {
            if wide + self.narrowest(k) > width + 1 && parts.last().is_some_and(|part| part.len() > words.len()) {
                parts.push(words.clone());
                wide = words_wide;
            }
            wide += self.narrowest(k);
            parts.last_mut().expect("one at least").push(k);
        }
        let of = |row: &Vec<String>, part: &[usize]| part.iter().map(|&k| row[k].clone()).collect();
        let grid = |part: Vec<usize>| Grid {
            head: of(&self.head, &part),
            right: part.iter().map(|&k| self.right[k]).collect(),
            rows: self.rows.iter().map(|row| of(row, &part)).collect(),
        };
        parts.into_iter().map(grid).collect()
    }
    /// As one table, or as several where it may not be wider.
    fn show_within(&self, width: usize, split: bool, out: &mut String) {
        if !split {
            return self.show(width, out);
        }
        for (k, part) in self.parts(width).into_iter().enumerate() {
            if k > 0 {
                out.push('\n');
            }
            // The line below the head is one longer than the numbers.
            part.show(width.saturating_sub(1), out);
        }
    }
    fn show(&self, width: usize, out: &mut String) {
        let mut table = Table::new();
        // Nothing but a line below the head.
        table.load_preset("     ──            ");
        table
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_width(u16::try_from(width + 2).unwrap_or(u16::MAX));
        table.set_header(self.head.iter().map(Cell::new));
        for row in &self.rows {
            table.add_row(row);
        }
        let words = (0..self.head.len()).map(|k| self.longest(k, &['\n', ' ']).min(WORD) as u16 + 1);
        for ((column, word), &right) in table.column_iter_mut().zip(words.collect::<Vec<_>>()).zip(&self.right) {
            column.set_padding((0, 1));
            if right {
                column.set_cell_alignment(CellAlignment::Right);
                column.set_constraint(ColumnConstraint::ContentWidth);
            } else {
                column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(word)));
            }
        }
        for line in table.lines() {
            *out += line.trim_end();
            out.push('\n');
        }
    }
}

/// A table of its own: a head, which columns are numbers, and rows; words wrap where it would be wider than `width`.
///
/// ```
/// let head = ["what", "ns"].map(String::from).to_vec();
/// let rows = vec![["exp", "0.39"].map(String::from).to_vec()];
/// assert_eq!(surprisal_report::text::plain_table(head, vec![false, true], rows, 80), "what    ns\n───────────\nexp   0.39\n");
/// ```
pub fn plain_table(head: Vec<String>, right: Vec<bool>, rows: Vec<Vec<String>>, width: usize) -> String {
    let mut out = String::new();
    Grid { head, right, rows }.show(width, &mut out);
    out
}

fn marks(marks: &[String]) -> String {
    if marks.is_empty() { String::new() } else { format!(" {}", marks.join(",")) }
}

/// A label on two lines: a family, and its parameters.
fn broken(label: &str) -> String {
    label.replacen('(', "(\n", 1)
}

/// Words onto lines of at most so many columns, those after the first under the text and not under its mark.
///
/// ```
/// assert_eq!(surprisal_report::text::wrapped("- ", "one two three", 9), "- one two\n  three\n");
/// ```
pub fn wrapped(mark: &str, text: &str, width: usize) -> String {
    let mut out = String::new();
    wrap(&mut out, mark, text, width);
    out
}

/// Words onto lines.
fn wrap(out: &mut String, first: &str, text: &str, width: usize) {
    let indent = " ".repeat(first.chars().count());
    let (mut line, mut empty) = (first.to_string(), true);
    for word in text.split(' ') {
        if !empty && line.chars().count() + 1 + word.chars().count() > width {
            *out += line.trim_end();
            out.push('\n');
            (line, empty) = (indent.clone(), true);
        }
        if !empty {
            line.push(' ');
        }
        line += word;
        empty = false;
    }
    *out += line.trim_end();
    out.push('\n');
}

fn sentences(out: &mut String, sentences: &[String], width: usize) {
    if !sentences.is_empty() {
        let text: Vec<String> = sentences.iter().map(|s| escape(s).replacen("Bold:", "Bold (*):", 1)).collect();
        wrap(out, "", &text.join(" "), width);
    }
}

/// As much of a section as `with_status` and `breaking` say.
fn grid(section: &Section, with_status: bool, breaking: bool) -> Grid {
    let head = heads(section).into_iter().map(|head| match head {
        Head::Word(word) => (escape(word), matches!(word, "n" | "tried")),
        Head::Score(column) => (format!("{}{}", escape(&column.score), arrow(column.better)), true),
    });
    let (mut head, mut right): (Vec<String>, Vec<bool>) = head.unzip();
    let item = |item: Item| match item {
        Item::Label(text, notes) if breaking => broken(&escape(text)) + &marks(notes),
        Item::Label(text, notes) => escape(text) + &marks(notes),
        Item::Number(cell) => format!("{}{}{}", plain(cell), if cell.bold { " *" } else { "" }, marks(&cell.marks)),
        Item::Count(text) => text,
        Item::Words(text) => escape(&text),
    };
    let mut rows: Vec<Vec<String>> =
        section.rows.iter().map(|row| items(section, row).into_iter().map(item).collect()).collect();
    if section.has_status && !with_status {
        head.pop();
        right.pop();
        rows.iter_mut().for_each(|row| _ = row.pop());
    }
    Grid { head, right, rows }
}

/// How the runs ended, where the table has no room for it.
fn status(section: &Section) -> String {
    let converged = |counts: &[Counted]| counts.iter().all(|it| it.what == "converged");
    let title = |row: &crate::Row| section.labels.iter().map(|key| row.label(key)).collect::<Vec<_>>().join(", ");
    let arms = || section.rows.iter().filter(|row| row.kind == RowKind::Arm);
    let others = arms().filter(|row| !converged(&row.status));
    let mut parts: Vec<String> = others.map(|row| format!("{}: {}", title(row), counted(&row.status))).collect();
    if arms().any(|row| !row.status.is_empty() && converged(&row.status)) {
        parts.push("in the other rows every run that gave a number converged".into());
    }
    escape(&parts.join("; "))
}

fn table(section: &Section, width: usize, split: bool, out: &mut String) {
    let stages = [(true, false), (false, false), (false, true)]
        .map(|(status, breaking)| (status, grid(section, status, breaking)));
    let last = stages.len() - 1;
    let fits = stages.iter().position(|(_, grid)| grid.width() <= width).unwrap_or(last);
    let (with_status, grid) = &stages[fits];
    grid.show_within(width, split, out);
    if section.has_status && !with_status {
        out.push('\n');
        wrap(out, "status  ", &status(section), width);
    }
}

fn contrasts(section: &Section, width: usize, split: bool, out: &mut String) {
    let scores = contrast_scores(section);
    let mut head: Vec<String> = ["contrast", "first − second", "given"].map(String::from).into();
    head.extend(scores.iter().map(|score| escape(score)));
    head.push("n".into());
    let grid = |breaking: bool| {
        let label = |text: &str| if breaking { broken(&escape(text)) } else { escape(text) };
        let row = |it: &crate::Contrast| {
            let pair = format!("{}\n− {}", label(&it.arm), label(&it.minus));
            let mut cells = vec![escape(&it.factor), pair, label(&it.given)];
            let numbers = scores.iter().map(|score| plain_difference(difference(it, score)).replacen(" [", "\n[", 1));
            cells.extend(numbers);
            cells.push(contrast_n(it).to_string());
            cells
        };
        let rows = section.contrasts.iter().map(row).collect();
        Grid { head: head.clone(), right: (0..head.len()).map(|k| k > 2).collect(), rows }
    };
    let whole = grid(false);
    let grid = if split && whole.width() > width { grid(true) } else { whole };
    grid.show_within(width, split, out);
}

/// Tables and sentences, at most `width` columns wide where the numbers allow it; bold is a star. With `split`, a table
/// whose numbers need more is shown as several.
pub fn render(summary: &Summary, width: usize, split: bool) -> String {
    let mut out = String::new();
    for (k, section) in summary.sections.iter().enumerate() {
        if k > 0 {
            out.push('\n');
        }
        wrap(&mut out, "", &format!("{}: {}", escape(&summary.title), escape(&section.dataset)), width);
        out.push('\n');
        table(section, width, split, &mut out);
        out.push('\n');
        sentences(&mut out, &section.caption, width);
        for note in &section.notes {
            let mark = if note.mark.is_empty() { "-" } else { &note.mark };
            wrap(&mut out, &format!("{mark} "), &escape(&note.text), width);
        }
        if !section.contrasts.is_empty() {
            out.push('\n');
            contrasts(section, width, split, &mut out);
            out.push('\n');
            sentences(&mut out, &section.contrast_caption, width);
        }
    }
    if !summary.caption.is_empty() {
        out.push('\n');
        sentences(&mut out, &summary.caption, width);
    }
    out
}
