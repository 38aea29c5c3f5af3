//! Collected facts as JSON: what expressions read, and what a file holds, so that one machine is looked at and another judges.

mod conform;

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use jiff::civil::Date;
use ruzstd::decoding::StreamingDecoder;
use ruzstd::encoding::{CompressionLevel, compress_to_vec};
use serde_json::Value;

use crate::facts::{FORMAT, Facts};

/// The largest file of facts that is read, in bytes once it is unpacked: five hundred containers have a twentieth of it.
const MAX_BYTES: u64 = 512 << 20;
/// How files begin that gzip and zstd have packed.
const GZIP: [u8; 2] = [0x1f, 0x8b];
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// Facts that were collected, here and now or elsewhere before.
#[derive(Clone, Debug)]
pub struct Collected {
    json: Value,
}

impl Collected {
    /// The facts of a collection.
    pub fn new(facts: &Facts) -> serde_json::Result<Self> {
        serde_json::to_value(facts).map(|json| Self { json })
    }

    /// Reads facts from a file, packed or not; what does not have the shape of facts is told with its place.
    pub fn read(path: &Path) -> Result<Self, String> {
        let cannot = |why: &dyn std::fmt::Display| format!("cannot read facts from {}: {why}", path.display());
        let bytes = File::open(path).and_then(bytes).map_err(|error| cannot(&error))?;
        let json: Value = serde_json::from_slice(&bytes).map_err(|error| {
            let torn = if error.is_eof() { "; the file ends too early, collect again" } else { "" };
            cannot(&format_args!("{error}{torn}"))
        })?;
        match json.get("format").and_then(Value::as_u64) {
            Some(format) if format == u64::from(FORMAT) => {}
            Some(format) => {
                let what = format!(
                    "they have format {format}, and this plimsoll reads format {FORMAT}; use the one that wrote them or newer"
                );
                return Err(cannot(&what));
            }
            None => return Err(cannot(&"they have no `format`: `plimsoll collect` writes facts")),
        }
        conform::facts(&json).map_err(|why| cannot(&why))?;
        Ok(Self { json })
    }

    /// The facts as a file holds them, packed as the ending of its name says: `.zst`, `.gz`, or not at all.
    pub fn pack(&self, path: &Path) -> io::Result<Vec<u8>> {
        let mut json = serde_json::to_vec(&self.json)?;
        json.push(b'\n');
        match path.extension().and_then(|ending| ending.to_str()) {
            Some("zst") => Ok(compress_to_vec(json.as_slice(), CompressionLevel::Fastest)),
            Some("gz") => {
                let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
                encoder.write_all(&json)?;
                encoder.finish()
            }
            _ => Ok(json),
        }
    }

    /// The facts as expressions read them.
    pub const fn json(&self) -> &Value {
        &self.json
    }

    /// When the collection began, RFC 3339 in UTC.
    pub fn collected_at(&self) -> &str {
        self.text("/collected_at").unwrap_or_default()
    }

    /// The day of the collection. One that cannot be told is after the end of every word that somebody gave.
    pub fn day(&self) -> Date {
        self.collected_at().get(..10).and_then(|day| day.parse().ok()).unwrap_or(Date::MAX)
    }

    /// A text at a place of the facts.
    pub(crate) fn text(&self, pointer: &str) -> Option<&str> {
        self.json.pointer(pointer).and_then(Value::as_str)
    }

    /// What happened during the collection that a reader should know.
    pub(crate) fn notices(&self) -> impl Iterator<Item = String> {
        let notices = self.json.get("notices").and_then(Value::as_array).into_iter().flatten();
        notices.filter_map(Value::as_str).map(str::to_owned)
    }
}

/// The bytes of a file, unpacked if they are packed.
fn bytes(file: File) -> io::Result<Vec<u8>> {
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    let packed = limited(file)?;
    if packed.starts_with(&GZIP) {
        return limited(GzDecoder::new(packed.as_slice()));
    }
    if packed.starts_with(&ZSTD) {
        return limited(StreamingDecoder::new(packed.as_slice()).map_err(io::Error::other)?);
    }
    Ok(packed)
}

fn limited(reader: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reader.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(io::Error::other(format!("they are larger than {MAX_BYTES} bytes")));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests;
