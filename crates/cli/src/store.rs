//! The store: append-only segments of records. No lock, no status file; the union of its lines, keyed by id.

use crate::{atomic, exit, read};
use anyhow::{Context, Result, bail};
use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use surprisal_spec::{BITS, Outcome, Record, Records};

/// What was read, and what was wrong with it.
#[derive(Default)]
pub struct Contents {
    /// By id; of several of one run, the last written.
    pub records: Records,
    /// Damaged lines and differing duplicates, as sentences.
    pub remarks: Vec<String>,
    /// How far each segment was read: to the end of its last whole line.
    ends: BTreeMap<PathBuf, u64>,
}

/// A folder of segments.
pub struct Store {
    folder: PathBuf,
    segment: Option<File>,
    /// What this process has written, should its segment be taken away.
    written: Vec<String>,
    synced: Instant,
}

/// The name of the segment that compacting writes: the first of all.
const COMPACT: &str = "00000000T000000-compact.jsonl";

/// Longest time that a record is written but not synced.
const SYNC: Duration = Duration::from_millis(100);

/// Up to the end of the last whole line.
fn whole(bytes: &[u8]) -> usize {
    bytes.iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1)
}

/// The records of lines, in their order; parsed on all cores where there are many.
fn parse_all(lines: &[&[u8]]) -> Vec<Result<Box<Record>, String>> {
    const MANY: usize = 2000;
    let one = |line: &&[u8]| {
        let text = std::str::from_utf8(line).map_err(|_| "it is not text".to_string())?;
        Record::from_line(text).map(Box::new)
    };
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
    if lines.len() < MANY || cores == 1 {
        return lines.iter().map(one).collect();
    }
    std::thread::scope(|scope| {
        let parts = lines.chunks(lines.len().div_ceil(cores));
        let work: Vec<_> = parts.map(|part| scope.spawn(|| part.iter().map(one).collect::<Vec<_>>())).collect();
        work.into_iter().flat_map(|part| part.join().expect("parsing does not panic")).collect()
    })
}

impl Store {
    /// The records of an experiment; nothing is created before something is appended.
    pub fn new(results: &Path) -> Store {
        Store { folder: results.join("records"), segment: None, written: Vec::new(), synced: Instant::now() }
    }

    /// Where the segments lie.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    fn segments(&self) -> Result<Vec<PathBuf>> {
        let mut found = Vec::new();
        match self.folder.read_dir() {
            Ok(entries) => {
                for entry in entries {
                    let path = entry?.path();
                    if path.extension().is_some_and(|e| e == "jsonl") {
                        found.push(path);
                    }
                    if found.len() > read::MAX_ENTRIES {
                        bail!(exit::Missing(format!(
                            "`{}` has more than {} segments",
                            self.folder.display(),
                            read::MAX_ENTRIES
                        )));
                    }
                }
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(error).with_context(|| format!("cannot list `{}`", self.folder.display())),
        }
        found.sort();
        Ok(found)
    }

    /// The segments, if memory may hold them.
    fn bounded(&self) -> Result<Vec<PathBuf>> {
        let found = self.segments()?;
        let length = |path: &PathBuf| fs::symlink_metadata(path).ok().filter(fs::Metadata::is_file).map(|it| it.len());
        let all = found.iter().filter_map(length).fold(0, u64::saturating_add);
        if all > read::MAX_RECORDS {
            let (folder, why) = (self.folder.display(), read::too_large(all, read::MAX_RECORDS));
            bail!(exit::Missing(format!("cannot read the records in `{folder}`: {why}")));
        }
        Ok(found)
    }

    /// Reads all segments. A torn or damaged line is skipped and reported: its run is simply done again.
    pub fn read(&self) -> Result<Contents> {
        let mut contents = Contents::default();
        for path in self.bounded()? {
            contents.read(&path)?;
        }
        Ok(contents)
    }

    /// Reads one file of records.
    pub fn read_file(path: &Path) -> Result<Contents> {
        let mut contents = Contents::default();
        contents.read(path)?;
        Ok(contents)
    }

    /// Adds the records that were appended since `known` was read, or since the last call, by whatever process; their ids.
    pub fn update(&self, known: &mut Contents) -> Result<Vec<String>> {
        let mut ids = Vec::new();
        for path in self.segments()? {
            let read = known.ends.get(&path).copied();
            let Ok(mut file) = read::open(&path) else { continue };
            if file.metadata().is_ok_and(|it| it.len() <= read.unwrap_or(0)) {
                continue;
            }
            // The compact segment is replaced, not appended to.
            let from = if path.ends_with(COMPACT) { 0 } else { read.unwrap_or(0) };
            let mut bytes = Vec::new();
            file.seek(SeekFrom::Start(from))?;
            file.take(read::MAX_RECORDS).read_to_end(&mut bytes)?;
            // A line without its end is being written.
            let whole = whole(&bytes);
            let lines: Vec<&[u8]> = bytes[..whole].split(|b| *b == b'\n').collect();
            for record in parse_all(&lines).into_iter().flatten() {
                ids.push(record.id.clone());
                known.add(record);
            }
            known.ends.insert(path, from + whole as u64);
        }
        Ok(ids)
    }

    /// Appends one record to this process's own segment.
    pub fn append(&mut self, record: &Record) -> Result<()> {
        self.written.push(record.to_line());
        let mut text = self.written.last().cloned().unwrap_or_default();
        if self.segment.as_ref().is_some_and(is_gone) {
            self.segment = None;
            text = self.written.concat();
        }
        self.write(&text)?;
        if self.synced.elapsed() >= SYNC {
            self.sync()?;
        }
        Ok(())
    }

    /// Writes whole lines to this process's segment, opening one if there is none.
    fn write(&mut self, text: &str) -> Result<()> {
        if self.segment.is_none() {
            fs::create_dir_all(&self.folder).with_context(|| format!("cannot create `{}`", self.folder.display()))?;
            self.segment = Some(self.open()?);
            // The name of a new file is part of its folder.
            File::open(&self.folder)?.sync_all().ok();
        }
        let segment = self.segment.as_mut().expect("opened above");
        let written = segment.write_all(text.as_bytes());
        if written.is_err() {
            // It may end in a torn line now: nothing is ever appended to that.
            self.segment = None;
        }
        written.with_context(|| format!("cannot write to `{}`", self.folder.display()))
    }

    fn open(&self) -> Result<File> {
        let time = jiff::Timestamp::now().strftime("%Y%m%dT%H%M%S").to_string();
        for attempt in 0u32.. {
            let path = self.folder.join(format!("{time}-{:08x}.jsonl", atomic::unique(attempt)));
            match OpenOptions::new().append(true).create_new(true).open(&path) {
                Ok(file) => return Ok(file),
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists && attempt < 100 => {}
                Err(error) => return Err(error).with_context(|| format!("cannot create `{}`", path.display())),
            }
        }
        unreachable!("a hundred names are enough")
    }

    /// Makes sure that what was appended survives a loss of power.
    pub fn sync(&mut self) -> Result<()> {
        if self.segment.as_ref().is_some_and(is_gone) {
            // Compacted away while this process was running: all that it wrote goes to a new segment.
            self.segment = None;
            self.write(&self.written.concat())?;
        }
        if let Some(segment) = &self.segment {
            segment.sync_data().context("cannot sync the records")?;
        }
        self.synced = Instant::now();
        Ok(())
    }

    /// Compacts the segments to one, sorted by id.
    ///
    /// A segment that holds a line which cannot be read is kept. A process that is still writing notices that its
    /// segment is gone and writes its records anew.
    pub fn compact(&self) -> Result<Compacted> {
        let path = self.folder.join(COMPACT);
        let (mut contents, mut whole, mut kept) = (Contents::default(), Vec::new(), 0);
        for old in self.bounded()? {
            let before = contents.remarks.len();
            let length = contents.read(&old)?;
            if contents.remarks.len() > before {
                kept += 1;
            } else {
                whole.push((old, length));
            }
        }
        let remarks = std::mem::take(&mut contents.remarks);
        if contents.records.is_empty() {
            return Ok(Compacted { records: 0, segments: 0, kept, remarks });
        }
        let lines: String = contents.records.sorted().into_iter().map(Record::to_line).collect();
        atomic::write_durably(&path, lines.as_bytes())?;
        let segments = whole.len();
        for (old, length) in whole.into_iter().filter(|(old, _)| *old != path) {
            if fs::metadata(&old)?.len() == length as u64 {
                fs::remove_file(old)?;
            }
        }
        Ok(Compacted { records: contents.records.len(), segments, kept, remarks })
    }
}

/// What compacting did.
pub struct Compacted {
    /// Records in the one segment.
    pub records: usize,
    /// Segments that were compacted.
    pub segments: usize,
    /// Segments that stay, for they hold lines that cannot be read.
    pub kept: usize,
    /// What could not be read.
    pub remarks: Vec<String>,
}

/// Whether the file of a segment has no name any more.
pub fn is_gone(segment: &File) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        segment.metadata().is_ok_and(|it| it.nlink() == 0)
    }
    #[cfg(not(unix))]
    {
        let _ = segment;
        false
    }
}

impl Contents {
    /// Reads one segment and gives its length; one that is gone meanwhile is empty.
    fn read(&mut self, path: &Path) -> Result<usize> {
        let bytes = match read::own(path, read::MAX_RECORDS) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(0),
            Err(error) if error.kind() == std::io::ErrorKind::InvalidInput => {
                self.remarks.push(format!("{}: skipped: {error}", path.display()));
                return Ok(0);
            }
            Err(error) => return Err(error).with_context(|| format!("cannot read `{}`", path.display())),
        };
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let lines: Vec<&[u8]> = bytes.split(|b| *b == b'\n').collect();
        let parsed = parse_all(&lines).into_iter().enumerate().zip(&lines).filter(|(_, line)| !line.is_empty());
        self.records.reserve(lines.len());
        for ((i, record), _) in parsed {
            match record {
                Ok(record) => self.add(record),
                Err(why) => self.remarks.push(format!("{name}:{}: skipped a line: {why}", i + 1)),
            }
        }
        self.ends.insert(path.to_path_buf(), whole(&bytes) as u64);
        Ok(bytes.len())
    }

    fn add(&mut self, record: Box<Record>) {
        if let Some(known) = self.records.get(&record.id) {
            let same_machine = known.made.platform == record.made.platform && known.made.cpu == record.made.cpu;
            let differs = result(&known.outcome) != result(&record.outcome);
            let both = known.outcome.failure.is_none() && record.outcome.failure.is_none();
            if known.bits == record.bits && same_machine && differs && both {
                self.remarks.push(format!(
                    "run {} was computed twice with different results: that is non-determinism, please report it",
                    record.id
                ));
            }
            // A result is worth more than a failure, and this version more than another.
            let worth = |r: &Record| (r.bits == BITS, r.outcome.failure.is_none());
            if worth(known) > worth(&record) {
                return;
            }
        }
        self.records.insert(record);
    }
}

/// What two computations of one run must agree in: all but remarks on the data and how a candidate was spelt.
pub fn result(outcome: &Outcome) -> Outcome {
    let mut outcome = Outcome { notes: vec![], ..outcome.clone() };
    if let Some(selected) = outcome.fit.as_mut().and_then(|fit| fit.selected.as_mut()) {
        selected.values.clear();
    }
    outcome
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_cut_at_every_byte_gives_its_whole_lines_and_tells_of_the_torn_one() {
        let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../results/quickstart/shipped.jsonl");
        let text = fs::read_to_string(shipped).expect("the committed records");
        let bytes: Vec<u8> = text.lines().take(2).flat_map(|line| format!("{line}\n").into_bytes()).collect();
        let ends: Vec<usize> = (0..bytes.len()).filter(|&i| bytes[i] == b'\n').collect();
        let place = tempfile::tempdir().expect("a folder");
        let path = place.path().join("a.jsonl");
        for cut in 0..=bytes.len() {
            fs::write(&path, &bytes[..cut]).expect("a segment");
            let contents = Store::read_file(&path).expect("it can be read");
            assert_eq!(contents.records.len(), ends.iter().filter(|end| **end <= cut).count(), "cut at {cut}");
            let torn = cut > 0 && !ends.iter().any(|end| cut == *end || cut == end + 1);
            assert_eq!(contents.remarks.len(), usize::from(torn), "cut at {cut}: {:?}", contents.remarks);
        }
    }
}
