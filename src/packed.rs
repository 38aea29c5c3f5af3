//! Files that gzip or zstd have packed, told by how they begin; and packed as their names end.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use ruzstd::decoding::StreamingDecoder;
use ruzstd::encoding::{CompressionLevel, compress_to_vec};

/// The largest file that is read, in bytes once it is unpacked: facts of five hundred containers have a twentieth of it.
const MAX_BYTES: u64 = 512 << 20;
/// How files begin that gzip and zstd have packed.
const GZIP: [u8; 2] = [0x1f, 0x8b];
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// The bytes of a regular file, unpacked if they are packed.
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    // Opening a pipe would wait for somebody to write into it.
    if !std::fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    unpack(limited(File::open(path)?)?)
}

/// The bytes that a reader gives, unpacked if they are packed.
pub fn read_from(reader: impl Read) -> io::Result<Vec<u8>> {
    unpack(limited(reader)?)
}

/// Bytes as a file of that name holds them: packed for `.zst` and `.gz`.
pub fn pack(bytes: Vec<u8>, path: &Path) -> io::Result<Vec<u8>> {
    match path.extension().and_then(|ending| ending.to_str()) {
        Some("zst") => Ok(compress_to_vec(bytes.as_slice(), CompressionLevel::Fastest)),
        Some("gz") => {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
            encoder.write_all(&bytes)?;
            encoder.finish()
        }
        _ => Ok(bytes),
    }
}

fn unpack(packed: Vec<u8>) -> io::Result<Vec<u8>> {
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
        return Err(io::Error::other(format!("it is larger than {MAX_BYTES} bytes")));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_packed_is_unpacked() {
        let text = b"{}".repeat(1000);
        for name in ["x", "x.json", "x.json.gz", "x.zst"] {
            let packed = pack(text.clone(), Path::new(name)).unwrap();
            assert_eq!(packed.len() < 1000, name.ends_with("gz") || name.ends_with("zst"), "{name}");
            assert_eq!(read_from(packed.as_slice()).unwrap(), text, "{name}");
            let half = read_from(&packed[..packed.len() / 2]);
            assert!(half.map_or(true, |half| half != text), "{name}");
        }
    }

    /// A small file that unpacks to far more than is ever meant.
    #[test]
    fn a_bomb_does_not_go_off() {
        struct Blanks;
        impl Read for Blanks {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                buffer.fill(b' ');
                Ok(buffer.len())
            }
        }
        let error = read_from(Blanks.take(MAX_BYTES + 5)).unwrap_err();
        assert!(error.to_string().contains("larger than"), "{error}");
    }
}
