//! Names come from strangers: what may not reach a terminal, a page or a typesetter as it stands.

use surprisal_spec::shown;

/// For a terminal: hidden characters become `\u{1b}` and the like.
pub(crate) fn text(s: &str) -> String {
    shown(s).into_owned()
}

/// For a cell of CSV: hidden characters as for a terminal, and what a spreadsheet would take for a formula is text.
pub(crate) fn csv(s: &str) -> String {
    let shown = text(s);
    // A number is no formula, whatever its sign.
    let formula = shown.starts_with(['=', '+', '-', '@']) && shown.parse::<f64>().is_err();
    if formula { format!("'{shown}") } else { shown }
}

/// For Markdown: nothing in it is markup, and a table cell stays one cell.
pub(crate) fn markdown(s: &str) -> String {
    let shown: Vec<char> = text(s).chars().collect();
    let word = |i: Option<usize>| i.and_then(|i| shown.get(i)).is_some_and(|c| c.is_alphanumeric());
    let mut out = String::with_capacity(shown.len());
    for (i, &c) in shown.iter().enumerate() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            // An underscore inside a word is one: student_t reads the same raw.
            '_' if word(i.checked_sub(1)) && word(Some(i + 1)) => out.push('_'),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '$' | '!' => out.extend(['\\', c]),
            '#' | '+' | '-' if i == 0 => out.extend(['\\', c]),
            _ => out.push(c),
        }
    }
    out
}

/// For LaTeX text mode, with any input encoding.
pub(crate) fn latex(s: &str) -> String {
    let mut out = String::with_capacity(s.len());
    let shown = text(s);
    let mut before = ' ';
    for c in shown.chars() {
        let plain = match c {
            '\\' => r"\textbackslash{}",
            '~' => r"\textasciitilde{}",
            '^' => r"\textasciicircum{}",
            '<' => r"\textless{}",
            '>' => r"\textgreater{}",
            '|' => r"\textbar{}",
            '"' => r"\textquotedbl{}",
            '-' if before == '-' => "{}-",
            '‡' => r"\ddag{}",
            '–' => "--",
            '−' => "$-$",
            '±' => r"$\pm$",
            '×' => r"$\times$",
            '·' => r"$\cdot$",
            '√' => r"$\surd$",
            '→' => r"$\to$",
            '↓' => r"$\downarrow$",
            '↑' => r"$\uparrow$",
            '∞' => r"$\infty$",
            'σ' => r"$\sigma$",
            'ν' => r"$\nu$",
            'τ' => r"$\tau$",
            'λ' => r"$\lambda$",
            'η' => r"$\eta$",
            'α' => r"$\alpha$",
            'β' => r"$\beta$",
            'μ' => r"$\mu$",
            _ => "",
        };
        match c {
            _ if !plain.is_empty() => out.push_str(plain),
            '{' | '}' | '$' | '&' | '#' | '_' | '%' => out.extend(['\\', c]),
            // A bracket or a star after a line break would be its argument.
            '*' => out.push_str("{*}"),
            '[' => out.push_str("{[}"),
            ']' => out.push_str("{]}"),
            _ => out.push(c),
        }
        before = c;
    }
    out
}
