//! LaTeX: booktabs, plain columns, everything escaped.

use super::{Head, Item, arrow, contrast_n, contrast_scores, difference, heads, items};
use crate::escape::latex as escape;
use crate::number::{Digits, alone, with_error};
use crate::{Cell, Difference, Section, Statistic, Summary};

fn marks(marks: &[String]) -> String {
    if marks.is_empty() { String::new() } else { format!(r"\textsuperscript{{{}}}", escape(&marks.join(","))) }
}

fn digits(it: &Digits) -> String {
    match (it.mantissa.as_str(), it.exponent) {
        ("NaN", _) => r"\mathrm{NaN}".into(),
        ("inf", _) => r"\infty".into(),
        ("-inf", _) => r"-\infty".into(),
        (mantissa, Some(exponent)) => format!(r"{mantissa} \times 10^{{{exponent}}}"),
        (mantissa, None) => mantissa.into(),
    }
}

/// In math mode, without the dollars.
fn pair(value: f64, se: Option<f64>) -> String {
    match se {
        Some(se) => {
            let (value, se) = with_error(value, se);
            format!(r"{} \pm {}", digits(&value), digits(&se))
        }
        None => digits(&alone(value)),
    }
}

fn number(cell: &Cell) -> String {
    if cell.statistic == Statistic::Absent {
        return "--".into();
    }
    let body = pair(cell.value.0, cell.se.map(|se| se.0));
    let body = if cell.bold { format!(r"\mathbf{{{body}}}") } else { body };
    format!("${body}${}", marks(&cell.marks))
}

fn change(it: Option<&Difference>) -> String {
    let Some(it) = it else { return "--".into() };
    let mean = pair(it.mean.0, it.se.map(|se| se.0));
    match (it.interval, it.se) {
        (Some((low, high)), Some(se)) => {
            let end = |x: f64| digits(&with_error(x, se.0).0);
            // A row must not start with a bracket: it would be the argument of the line break before it.
            format!("${mean}\\;[{},\\,{}]$", end(low.0), end(high.0))
        }
        _ => format!("${mean}$"),
    }
}

fn line(out: &mut String, cells: &[String]) {
    *out += &format!("{} \\\\\n", cells.join(" & "));
}

/// A whole `table`, its lines made by `body`.
fn float(out: &mut String, caption: &str, align: &str, body: impl FnOnce(&mut String), below: &[String]) {
    *out +=
        &format!("\\begin{{table}}\n\\centering\n\\caption{{{caption}}}\n\\begin{{tabular}}{{{align}}}\n\\toprule\n");
    body(out);
    *out += "\\bottomrule\n\\end{tabular}\n";
    if !below.is_empty() {
        *out += &format!("\n\\smallskip\n{{\\footnotesize {}\\par}}\n", below.join(" \\\\\n"));
    }
    *out += "\\end{table}\n";
}

fn table(section: &Section, title: &str, out: &mut String) {
    let mut align = String::new();
    let head = heads(section).into_iter().map(|head| match head {
        Head::Word(word) => {
            align.push(if matches!(word, "n" | "tried") { 'r' } else { 'l' });
            escape(word)
        }
        Head::Score(column) => {
            align.push('r');
            escape(&format!("{}{}", column.score, arrow(column.better)))
        }
    });
    let head: Vec<String> = head.collect();
    let cell = |item: Item| match item {
        Item::Label(text, notes) => escape(text) + &marks(notes),
        Item::Number(cell) => number(cell),
        Item::Count(text) | Item::Words(text) => escape(&text),
    };
    let note = |note: &crate::Note| match note.mark.as_str() {
        "" => escape(&note.text),
        mark => format!("{} {}", marks(&[mark.to_string()]), escape(&note.text)),
    };
    let mut below = vec![escape(&section.caption.join(" "))];
    below.extend(section.notes.iter().map(note));
    let body = |out: &mut String| {
        line(out, &head);
        *out += "\\midrule\n";
        let first = section.rows.iter().position(|row| row.kind != crate::RowKind::Arm);
        for (k, row) in section.rows.iter().enumerate() {
            if Some(k) == first && k > 0 {
                *out += "\\midrule\n";
            }
            line(out, &items(section, row).into_iter().map(cell).collect::<Vec<_>>());
        }
    };
    float(out, &escape(&format!("{title}: {}", section.dataset)), &align, body, &below);
}

fn contrasts(section: &Section, title: &str, out: &mut String) {
    let scores = contrast_scores(section);
    let align = format!("llll{}r", "r".repeat(scores.len()));
    let body = |out: &mut String| {
        let mut head: Vec<String> = ["contrast", "first", "second", "given"].map(String::from).into();
        head.extend(scores.iter().map(|score| escape(score)));
        head.push("n".into());
        line(out, &head);
        *out += "\\midrule\n";
        for it in &section.contrasts {
            let mut cells: Vec<String> = [&it.factor, &it.arm, &it.minus, &it.given].map(|text| escape(text)).into();
            cells.extend(scores.iter().map(|score| change(difference(it, score))));
            cells.push(contrast_n(it).to_string());
            line(out, &cells);
        }
    };
    let caption = escape(&format!("{title}: {}, contrasts", section.dataset));
    float(out, &caption, &align, body, &[escape(&section.contrast_caption.join(" "))]);
}

pub(super) fn render(summary: &Summary) -> String {
    let mut out = String::from("% needs \\usepackage{booktabs}\n");
    for section in &summary.sections {
        table(section, &summary.title, &mut out);
        if !section.contrasts.is_empty() {
            contrasts(section, &summary.title, &mut out);
        }
    }
    if !summary.caption.is_empty() {
        out += &format!("\n{{\\footnotesize {}\\par}}\n", escape(&summary.caption.join(" ")));
    }
    out
}
