//! Did-you-mean.

/// The known word that `word` was probably meant to be.
///
/// The closest by insertions, deletions, changes and swaps of neighbours, if it is close for its length: one slip in a
/// name of two letters, two in six. Case counts for nothing, and `-` is `_`. Of equally close words one with the same
/// first letter wins, then the earlier in the list. A word that is close to none but begins exactly one (`gauss`) gives
/// that one.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let plain = |text: &str| text.to_lowercase().replace('-', "_");
    let word = plain(word);
    let mut best: Option<((usize, bool), &'a str)> = None;
    let mut longer = Vec::new();
    for name in known {
        let candidate = plain(name);
        let length = word.chars().count().max(candidate.chars().count());
        let distance = strsim::damerau_levenshtein(&word, &candidate);
        let rank = (distance, word.chars().next() != candidate.chars().next());
        if distance < length && distance <= (length / 3).max(1) && best.is_none_or(|(found, _)| rank < found) {
            best = Some((rank, name));
        }
        if word.chars().count() > 2 && candidate.starts_with(&word) {
            longer.push(name);
        }
    }
    match (best, &longer[..]) {
        (Some((_, name)), _) => Some(name),
        (None, [only]) => Some(only),
        _ => None,
    }
}

/// `did you mean …?`, if a known word is near.
pub(super) fn suggestion(word: &str, known: &[&str]) -> Option<String> {
    nearest(word, known.iter().copied()).map(did_you_mean)
}

/// The question that offers `name`.
pub(super) fn did_you_mean(name: &str) -> String {
    format!("did you mean `{name}`?")
}
