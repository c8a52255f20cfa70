//! A table's identity: the sha256 of its content, never of a path or a name.

use crate::Table;
use sha2::{Digest, Sha256};
use surprisal_density::Stream;

/// Lower case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Feeds values with their lengths, so that no two contents run together.
struct Content(Sha256);

impl Content {
    fn number(&mut self, n: usize) {
        self.0.update((n as u64).to_le_bytes());
    }
    fn text(&mut self, text: &str) {
        self.number(text.len());
        self.0.update(text);
    }
    fn texts(&mut self, texts: &[String]) {
        self.number(texts.len());
        texts.iter().for_each(|text| self.text(text));
    }
    fn words(&mut self, words: impl ExactSizeIterator<Item = u64>) {
        self.number(words.len());
        words.for_each(|word| self.0.update(word.to_le_bytes()));
    }
    fn floats(&mut self, xs: &[f64]) {
        self.words(xs.iter().map(|x| x.to_bits()));
    }
    fn optional<T>(&mut self, value: &Option<T>, feed: impl Fn(&mut Self, &T)) {
        self.number(usize::from(value.is_some()));
        value.iter().for_each(|value| feed(self, value));
    }
}

/// The hash of everything a run can see: names of columns, kind, labels, and all numbers to the bit.
pub(crate) fn content(table: &Table) -> String {
    let mut it = Content(Sha256::new());
    it.text("surprisal table 1");
    it.texts(&table.features);
    it.text(&table.target);
    it.optional(&table.kind, |it, kind| it.text(kind.name()));
    it.texts(&table.classes);
    it.floats(&table.x);
    it.floats(&table.y);
    it.optional(&table.weight, |it, xs| it.floats(xs));
    it.optional(&table.offset, |it, xs| it.floats(xs));
    it.optional(&table.group, |it, ids| it.words(ids.iter().copied()));
    hex(&it.0.finalize())
}

/// The hash as a key of a random stream.
pub(crate) fn stream_key(table: &Table) -> u64 {
    Stream::text_key(&table.hash)
}
