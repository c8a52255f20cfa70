//! What a machine can hold: a file or a config from a stranger is refused before memory is asked for.

/// Largest file that is read: 1 GiB.
pub(crate) const MAX_BYTES: u64 = 1 << 30;
/// Most cells of a file.
pub(crate) const MAX_CELLS: usize = 1 << 26;
/// Most columns of a file, features and classes of a table.
pub(crate) const MAX_COLUMNS: usize = 1 << 16;
/// Most splits of a table.
pub(crate) const MAX_SPLITS: usize = 100_000;
/// Most numbers of a data set, of its splits' rows, and of all data sets of an experiment: 1 GiB of f64.
pub const MAX_NUMBERS: usize = 1 << 27;

/// Whether a product of sizes stays below a limit; it does not overflow.
pub(crate) fn fits(sizes: &[usize], most: usize) -> bool {
    sizes.iter().try_fold(1_usize, |product, &size| product.checked_mul(size)).is_some_and(|product| product <= most)
}

/// The beginning of a text that may be long, for messages.
pub(crate) fn brief(text: &str) -> String {
    const SHOWN: usize = 80;
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_string(),
    }
}
