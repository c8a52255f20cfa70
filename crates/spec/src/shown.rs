//! What may reach a terminal: names, cells and configs come from strangers.

use std::borrow::Cow;

/// Whether a character moves the cursor, begins an escape sequence, turns the writing direction or is not seen.
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// On one line: hidden characters become `\u{1b}` and the like.
///
/// ```
/// use surprisal_spec::shown;
/// assert_eq!(shown("red\u{1b}[31m\n"), r"red\u{1b}[31m\u{a}");
/// ```
pub fn shown(text: &str) -> Cow<'_, str> {
    escaped(text, |c| c.escape_unicode().to_string())
}

/// JSON whose texts hold no hidden characters as they stand; it means the same.
///
/// ```
/// use surprisal_spec::shown_json;
/// assert_eq!(shown_json("\"a\u{9b}\u{202e}\u{e0001}\"\n"), "\"a\\u009b\\u202e\\udb40\\udc01\"\n");
/// ```
pub fn shown_json(json: &str) -> Cow<'_, str> {
    let utf16 = |c: char| c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect();
    // Between texts, JSON has line ends and blanks only; in texts, serde_json has escaped them.
    escaped(json, |c| if c == '\n' { c.to_string() } else { utf16(c) })
}

/// A text of as many bytes for a caret to point into: hidden characters become others of the same length.
pub(crate) fn masked(text: &str) -> Cow<'_, str> {
    escaped(text, |c| match (c, c.len_utf8()) {
        ('\n' | '\r' | '\t', _) => c.to_string(),
        (_, 1) => "?".into(),
        (_, 2) => "¿".into(),
        (_, 3) => "\u{fffd}".into(),
        _ => "\u{fffd}?".into(),
    })
}

fn escaped(text: &str, escape: impl Fn(char) -> String) -> Cow<'_, str> {
    if !text.contains(is_hidden) {
        return text.into();
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_hidden(c) { out += &escape(c) } else { out.push(c) }
    }
    out.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_masked_text_has_the_same_bytes_and_lines_and_nothing_hidden() {
        let text = "a\u{1b}[2J\r\n\tb\u{9b}31m\u{202e}\u{feff}\u{e0041}é\n";
        let masked = masked(text);
        assert_eq!(masked, "a?[2J\r\n\tb¿31m\u{fffd}\u{fffd}\u{fffd}?é\n");
        assert_eq!(masked.len(), text.len());
    }
}
