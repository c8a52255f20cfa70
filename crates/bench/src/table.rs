//! A file as tables: one for each dtype and size.

use crate::kernels::{Header, Kernels, Row};
use crate::variant::Variant;
use surprisal_report::text;

/// What stands above the tables.
fn header(it: &Header) -> String {
    let versions: Vec<String> = it.versions.iter().map(|(name, version)| format!("{name} {version}")).collect();
    let core = it.core.map_or("not pinned".into(), |core| format!("core {core}"));
    let (rounds, sample, tries) = it.rounds;
    format!(
        "{}, kernels on {}, one thread ({core}), allocator {}, load {:.2} to {:.2}, {}\n\
         {rounds} rounds of two samples of {sample} ms, {tries} tries; FMA peak {:.1} GFLOP/s; {}\n\
         errors: {}\n",
        it.cpu,
        it.isa,
        it.allocator,
        it.load[0],
        it.load[1],
        it.date,
        it.peak_gflops,
        versions.join(", "),
        it.domain
    )
}

/// Three digits.
fn number(x: f64) -> String {
    match x.abs() {
        y if y >= 100.0 => format!("{x:.0}"),
        y if y >= 10.0 => format!("{x:.1}"),
        y if y >= 1.0 || y == 0.0 => format!("{x:.2}"),
        _ => format!("{x:.3}"),
    }
}

fn optional(x: Option<f64>) -> String {
    x.map_or("–".into(), number)
}

/// The share of what the machine could do: of the bandwidth of a copy, or of its peak, whichever allows less.
fn roof(it: &Kernels, row: &Row) -> Option<f64> {
    let copy = it.beside(row, Variant::Memcpy)?.gb_per_second()?;
    let least = (row.bytes_per_element / copy).max(row.flop_per_element / it.header.peak_gflops);
    Some(100.0 * least / row.ns_per_element?)
}

/// All of it, for a terminal.
pub fn render(it: &Kernels, width: usize) -> String {
    let mut out = header(&it.header);
    let mut groups: Vec<(&str, usize)> = it.rows.iter().map(|row| (row.dtype.as_str(), size(row))).collect();
    groups.sort_unstable();
    groups.dedup();
    let head =
        ["loss", "variant", "ns/element", "GB/s", "% of roof", "× memcpy", "× fused", "max ulp", "max nats", "isa"];
    for (dtype, n) in groups {
        let rows = it.rows.iter().filter(|row| row.dtype == dtype && size(row) == n);
        let rows = rows.map(|row| {
            let error = row.max_nat_error.map_or("–".into(), |x| format!("{x:.1e}"));
            let ns = match &row.note {
                Some(note) if row.ns_per_element.is_some() => format!("{} {note}", optional(row.ns_per_element)),
                Some(note) => note.clone(),
                None => optional(row.ns_per_element),
            };
            vec![
                format!("{} ({})", row.family, row.parameters),
                row.variant.to_string(),
                ns,
                optional(row.gb_per_second()),
                if row.variant == Variant::Memcpy { "–".into() } else { optional(roof(it, row)) },
                optional(row.memcpy_ratio),
                optional(row.fused_ratio.map(|it| it.value)),
                optional(row.max_ulp),
                error,
                row.isa.clone().unwrap_or_else(|| "–".into()),
            ]
        });
        let right = vec![false, false, true, true, true, true, true, true, true, false];
        out += &format!("\n{dtype}, about {n} elements\n\n");
        out += &text::plain_table(head.map(String::from).to_vec(), right, rows.collect(), width);
    }
    out
}

/// Elements to the next power of two: rows of classes do not fill it.
fn size(row: &Row) -> usize {
    row.n.next_power_of_two()
}
