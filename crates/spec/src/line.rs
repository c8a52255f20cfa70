//! A record as one line of a segment: JSON whose last key is the CRC-32 of the text before it.

use crate::Record;

/// What stands after the text that the checksum covers.
const TAIL: usize = r#","crc":"00000000"}"#.len();

/// Digits of an id.
const ID: usize = 32;

impl Record {
    /// The line of a segment, with its line end.
    pub fn to_line(&self) -> String {
        let json = serde_json::to_string(self).expect("plain data becomes JSON");
        let body = json.strip_suffix('}').expect("a record is a mapping");
        format!("{body},\"crc\":\"{:08x}\"}}\n", crc32fast::hash(body.as_bytes()))
    }
    /// The record of a line without its line end, if it is whole; if not, why.
    pub fn from_line(line: &str) -> Result<Record, String> {
        let split = line.len().checked_sub(TAIL).filter(|at| line.is_char_boundary(*at)).ok_or("it is cut off")?;
        let (body, tail) = line.split_at(split);
        let crc = tail.strip_prefix(r#","crc":""#).and_then(|t| t.strip_suffix(r#""}"#)).ok_or("it is cut off")?;
        if crc != format!("{:08x}", crc32fast::hash(body.as_bytes())) {
            return Err("its checksum does not fit".into());
        }
        // Of the whole line: the checksum is a key that a record does not know.
        let record: Record =
            serde_json::from_str(line).map_err(|error| format!("it is no record of this version: {error}"))?;
        // Files are named by it.
        if record.id.len() != ID || !record.id.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
            return Err(format!("its id is not {ID} hexadecimal digits"));
        }
        Ok(record)
    }
}
