//! A line of a segment from a stranger: a record that is written back as it was read, or a sentence.
#![no_main]

use libfuzzer_sys::fuzz_target;
use surprisal_spec::Record;

fuzz_target!(|bytes: &[u8]| {
    let Ok(body) = std::str::from_utf8(bytes) else { return };
    let _ = Record::from_line(body);
    // The checksum keeps damage out, not malice: here it always fits.
    let line = format!("{body},\"crc\":\"{:08x}\"}}", crc32fast::hash(body.as_bytes()));
    let Ok(record) = Record::from_line(&line) else { return };
    let written = record.to_line();
    let again = Record::from_line(written.trim_end()).expect("what was written can be read");
    assert_eq!(again.to_line(), written);
    let _ = (record.run.id(), record.outcome.fit.map(|fit| fit.status.word()));
});
