//! Where a long run is, as bytes: the results of the searches that it has ended, and the state of the one under way.
//!
//! Random streams need no state: they are addressed by what they are for. The bytes are a `.safetensors` file of f64
//! tensors named `<search>/<number>`, with a checksum and a stamp of what they hold for.

use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::{Duration, Instant};

/// Numbers by name, from which a search goes on bit for bit.
pub type State = BTreeMap<String, Vec<f64>>;

/// A state from its parts.
pub(crate) fn state<const N: usize>(parts: [(&str, Vec<f64>); N]) -> State {
    parts.into_iter().map(|(name, numbers)| (name.to_string(), numbers)).collect()
}

/// What keeps the bytes of a checkpoint.
pub type Keep<'a> = Box<dyn Fn(&[u8]) + 'a>;

/// Saves a run every so often, and takes it up again.
pub struct Checkpoint<'a> {
    stamp: String,
    every: Duration,
    write: Keep<'a>,
    saved: Cell<Instant>,
    ended: RefCell<Vec<State>>,
    restored: RefCell<VecDeque<State>>,
}

impl<'a> Checkpoint<'a> {
    /// Hands its bytes to `write` whenever `every` has passed. `stamp` says for what they hold: the run, the bits of the
    /// code, the CPU.
    pub fn new(stamp: String, every: Duration, write: Keep<'a>) -> Checkpoint<'a> {
        let (ended, restored) = Default::default();
        Checkpoint { stamp, every, write, saved: Cell::new(Instant::now()), ended, restored }
    }

    /// Goes on from bytes that were saved; the error says why they are of no use, and the run begins anew.
    pub fn restore(&self, bytes: &[u8]) -> Result<(), String> {
        let broken = |error| format!("the checkpoint cannot be read: {error}");
        let (_, header) = SafeTensors::read_metadata(bytes).map_err(broken)?;
        let tensors = SafeTensors::deserialize(bytes).map_err(broken)?;
        let said = header.metadata().clone().unwrap_or_default();
        let read = |key: &str| said.get(key).map(String::as_str).unwrap_or_default();
        if read("stamp") != self.stamp {
            return Err(format!("the checkpoint is of {}, and this is {}", read("stamp"), self.stamp));
        }
        let mut states: BTreeMap<usize, State> = BTreeMap::new();
        for (name, view) in tensors.iter() {
            let (search, name) = name.split_once('/').ok_or("the checkpoint has a tensor of no search")?;
            let search = search.parse().map_err(|_| "the checkpoint has a tensor of no search")?;
            let numbers = view.data().as_chunks::<8>().0.iter().map(|b| f64::from_le_bytes(*b)).collect();
            states.entry(search).or_default().insert(name.to_string(), numbers);
        }
        if read("crc") != crc(&states.values().collect::<Vec<_>>()) {
            return Err("the checkpoint is damaged: its checksum does not fit".into());
        }
        *self.restored.borrow_mut() = states.into_values().collect();
        Ok(())
    }

    pub(crate) fn begin(&self) -> Option<State> {
        self.restored.borrow_mut().pop_front()
    }
    pub(crate) fn end(&self, state: State) {
        self.ended.borrow_mut().push(state);
    }
    pub(crate) fn is_due(&self) -> bool {
        self.saved.get().elapsed() >= self.every
    }
    pub(crate) fn save(&self, state: State) {
        let ended = self.ended.borrow();
        let states: Vec<&State> = ended.iter().chain([&state]).collect();
        let bytes: Vec<(String, Vec<u8>)> = states
            .iter()
            .enumerate()
            .flat_map(|(k, state)| state.iter().map(move |(name, numbers)| (format!("{k}/{name}"), little(numbers))))
            .collect();
        let views = bytes.iter().map(|(name, bytes)| {
            let view = TensorView::new(Dtype::F64, vec![bytes.len() / 8], bytes);
            (name.as_str(), view.expect("eight bytes are a number"))
        });
        let said = HashMap::from([("stamp".to_string(), self.stamp.clone()), ("crc".into(), crc(&states))]);
        (self.write)(&safetensors::serialize(views, Some(said)).expect("tensors of numbers become bytes"));
        self.saved.set(Instant::now());
    }
}

fn little(numbers: &[f64]) -> Vec<u8> {
    numbers.iter().flat_map(|x| x.to_le_bytes()).collect()
}

/// CRC-32 of all numbers with their names.
fn crc(states: &[&State]) -> String {
    let mut hasher = crc32fast::Hasher::new();
    for (name, numbers) in states.iter().flat_map(|state| state.iter()) {
        hasher.update(name.as_bytes());
        hasher.update(&little(numbers));
    }
    format!("{:08x}", hasher.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The bytes of two ended searches and one under way, with numbers that JSON could not hold.
    fn bytes() -> Vec<u8> {
        let kept = RefCell::new(vec![]);
        let write = |bytes: &[u8]| *kept.borrow_mut() = bytes.to_vec();
        let checkpoint = Checkpoint::new("run 1".into(), Duration::ZERO, Box::new(write));
        checkpoint.end(state([("x", vec![1.0, -0.0, f64::NAN])]));
        checkpoint.end(state([("x", vec![])]));
        checkpoint.save(state([("x", vec![f64::INFINITY]), ("memory/0", vec![5e-324])]));
        drop(checkpoint);
        kept.into_inner()
    }

    fn restored(bytes: &[u8], stamp: &str) -> Result<Vec<State>, String> {
        let checkpoint = Checkpoint::new(stamp.into(), Duration::ZERO, Box::new(|_| ()));
        checkpoint.restore(bytes)?;
        Ok(std::iter::from_fn(|| checkpoint.begin()).collect())
    }

    #[test]
    fn what_was_saved_comes_back_to_the_bit_and_in_order() {
        let states = restored(&bytes(), "run 1").expect("whole");
        let bits: Vec<u64> = states[0]["x"].iter().map(|x| x.to_bits()).collect();
        assert_eq!(bits, [1.0, -0.0, f64::NAN].map(f64::to_bits));
        assert!(states[1]["x"].is_empty());
        assert_eq!((states.len(), states[2]["memory/0"][0], states[2]["x"][0]), (3, 5e-324, f64::INFINITY));
    }

    #[test]
    fn a_checkpoint_of_another_run_or_with_any_damaged_byte_is_refused_and_none_panics() {
        let whole = bytes();
        assert!(restored(&whole, "run 2").expect_err("another run").contains("of run 1, and this is run 2"));
        for cut in 0..whole.len() {
            assert!(restored(&whole[..cut], "run 1").is_err(), "cut at {cut}");
        }
        for at in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[at] ^= 0x10;
            if let Ok(states) = restored(&damaged, "run 1") {
                // Blanks that pad the header, and the order of its keys, are no part of what it says.
                let same = |a: &State, b: &State| a.iter().zip(b).all(|(a, b)| little(a.1) == little(b.1));
                let expected = restored(&whole, "run 1").expect("whole");
                assert!(states.iter().zip(&expected).all(|(a, b)| same(a, b)), "byte {at}");
            }
        }
    }
}
