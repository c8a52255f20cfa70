//! Markdown: tables as GitHub shows them.

use super::{Head, Item, arrow, contrast_n, contrast_scores, difference, heads, items, plain, plain_difference};
use crate::escape::markdown as escape;
use crate::{Section, Summary};

fn marks(marks: &[String]) -> String {
    if marks.is_empty() { String::new() } else { format!("<sup>{}</sup>", marks.join(",")) }
}

fn line(out: &mut String, cells: &[String]) {
    *out += &format!("| {} |\n", cells.join(" | "));
}

fn table(section: &Section, out: &mut String) {
    let (mut head, mut rule) = (vec![], vec![]);
    for it in heads(section) {
        let (text, align) = match it {
            Head::Word(word @ ("n" | "tried")) => (word.to_string(), "---:"),
            Head::Word(word) => (escape(word), "---"),
            Head::Score(column) => (format!("{}{}", escape(&column.score), arrow(column.better)), "---:"),
        };
        head.push(text);
        rule.push(align.to_string());
    }
    line(out, &head);
    line(out, &rule);
    for row in &section.rows {
        let cell = |item: &Item| match item {
            Item::Label(text, notes) => escape(text) + &marks(notes),
            Item::Number(cell) if cell.bold => format!("**{}**{}", plain(cell), marks(&cell.marks)),
            Item::Number(cell) => plain(cell) + &marks(&cell.marks),
            Item::Count(text) => text.clone(),
            Item::Words(text) => escape(text),
        };
        line(out, &items(section, row).iter().map(cell).collect::<Vec<_>>());
    }
}

fn contrasts(section: &Section, out: &mut String) {
    let scores = contrast_scores(section);
    let mut head: Vec<String> = ["contrast", "first", "second", "given"].map(String::from).into();
    head.extend(scores.iter().map(|score| escape(score)));
    head.push("n".into());
    line(out, &head);
    let rule: Vec<String> = (0..head.len()).map(|k| if k < 4 { "---".into() } else { "---:".into() }).collect();
    line(out, &rule);
    for it in &section.contrasts {
        let mut cells: Vec<String> = [&it.factor, &it.arm, &it.minus, &it.given].map(|text| escape(text)).into();
        cells.extend(scores.iter().map(|score| plain_difference(difference(it, score))));
        cells.push(contrast_n(it).to_string());
        line(out, &cells);
    }
}

fn paragraph(out: &mut String, sentences: &[String]) {
    if !sentences.is_empty() {
        let text: Vec<String> = sentences.iter().map(|s| escape(s)).collect();
        *out += &format!("\n{}\n", text.join(" "));
    }
}

pub(super) fn render(summary: &Summary) -> String {
    let mut out = String::new();
    for (k, section) in summary.sections.iter().enumerate() {
        if k > 0 {
            out.push('\n');
        }
        out += &format!("**{}: {}**\n\n", escape(&summary.title), escape(&section.dataset));
        table(section, &mut out);
        paragraph(&mut out, &section.caption);
        if !section.notes.is_empty() {
            out.push('\n');
        }
        for note in &section.notes {
            let mark = if note.mark.is_empty() { String::new() } else { format!("<sup>{}</sup> ", note.mark) };
            out += &format!("- {mark}{}\n", escape(&note.text));
        }
        if !section.contrasts.is_empty() {
            out.push('\n');
            contrasts(section, &mut out);
            paragraph(&mut out, &section.contrast_caption);
        }
    }
    paragraph(&mut out, &summary.caption);
    out
}
