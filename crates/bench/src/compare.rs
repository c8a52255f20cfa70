//! Two files beside each other: what became faster, what slower, and what cannot be told.

use crate::kernels::{Kernels, Row};
use surprisal_report::text;

/// What is known of one row of two files.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Verdict {
    /// Less time, by this ratio at least and at most.
    Faster(f64, f64),
    /// More.
    Slower(f64, f64),
    /// The interval of the ratio holds 1, or one of the two is ambiguous itself.
    Ambiguous,
}

/// Of the second over the first; `None` where one of them has no time.
pub fn verdict(first: &Row, second: &Row) -> Option<(f64, Verdict)> {
    let ratio = second.ns_per_element? / first.ns_per_element?;
    let (Some(a), Some(b)) = (first.time(), second.time()) else { return Some((ratio, Verdict::Ambiguous)) };
    let (low, high) = (b.low / a.high, b.high / a.low);
    Some((
        ratio,
        match () {
            () if high < 1.0 => Verdict::Faster(low, high),
            () if low > 1.0 => Verdict::Slower(low, high),
            () => Verdict::Ambiguous,
        },
    ))
}

/// As a table; remarks first, on what makes two files hard to compare.
pub fn compare(first: &Kernels, second: &Kernels, width: usize) -> String {
    let mut out = String::new();
    let (a, b) = (&first.header, &second.header);
    for (what, a, b) in [("CPU", &a.cpu, &b.cpu), ("allocator", &a.allocator, &b.allocator)] {
        if a != b {
            out += &format!("note: another {what}: {a}, {b}\n");
        }
    }
    let head = ["loss", "variant", "dtype", "n", "first ns", "second ns", "ratio", "verdict"];
    let mut rows = Vec::new();
    for old in &first.rows {
        let Some(new) = second.rows.iter().find(|row| row.key() == old.key()) else { continue };
        let Some((ratio, verdict)) = verdict(old, new) else { continue };
        let ns = |row: &Row| row.ns_per_element.map_or("–".into(), |ns| format!("{ns:.3}"));
        rows.push(vec![
            format!("{} ({})", old.family, old.parameters),
            old.variant.to_string(),
            old.dtype.clone(),
            old.n.to_string(),
            ns(old),
            ns(new),
            format!("{ratio:.3}"),
            match verdict {
                Verdict::Faster(low, high) => format!("faster [{low:.3}, {high:.3}]"),
                Verdict::Slower(low, high) => format!("slower [{low:.3}, {high:.3}]"),
                Verdict::Ambiguous => "ambiguous".into(),
            },
        ]);
    }
    if rows.is_empty() {
        return out + "nothing is in both\n";
    }
    let right = vec![false, false, false, true, true, true, true, false];
    out + &text::plain_table(head.map(String::from).to_vec(), right, rows, width)
}
