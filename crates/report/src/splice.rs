//! A table put into a page between two comments, so that the page can be regenerated.

/// `readme` with `table` between the lines `<!-- surprisal:marker -->` and `<!-- /surprisal -->`.
///
/// The comments stand alone on their lines, outside of fenced code. None where there is no such pair, or where another
/// block opens inside it. Splicing twice changes nothing more.
///
/// ```
/// let page = "# Ridge\n<!-- surprisal:table -->\nold\n<!-- /surprisal -->\nVerdict\n";
/// let page = surprisal_report::splice(page, "table", "| a |\n").unwrap();
/// assert_eq!(page, "# Ridge\n<!-- surprisal:table -->\n\n| a |\n\n<!-- /surprisal -->\nVerdict\n");
/// ```
pub fn splice(readme: &str, marker: &str, table: &str) -> Option<String> {
    let open = format!("<!-- surprisal:{marker} -->");
    let (mut at, mut fence, mut start) = (0, None, None);
    for line in readme.split_inclusive('\n') {
        let text = line.trim();
        let end = at + line.len();
        let ticks = ["```", "~~~"].into_iter().find(|ticks| text.starts_with(ticks));
        match (fence, ticks) {
            (None, Some(_)) => fence = ticks,
            (Some(open), Some(ticks)) if open == ticks => fence = None,
            (Some(_), _) => {}
            _ if start.is_none() && text == open => start = Some(end),
            _ if start.is_some() && text == "<!-- /surprisal -->" => {
                let start = start?;
                let newline = if readme[..start].ends_with("\r\n") { "\r\n" } else { "\n" };
                let body = table.trim_matches('\n').replace("\r\n", "\n").replace('\n', newline);
                return Some(format!("{}{newline}{body}{newline}{newline}{}", &readme[..start], &readme[at..]));
            }
            _ if start.is_some() && text.starts_with("<!-- surprisal:") => return None,
            _ => {}
        }
        at = end;
    }
    None
}
