//! Writing a sealed file.
use super::{CHUNK_SIZE, Header, Stream};
use crate::UnitKey;
use crate::aead::TAG_LEN;
use base::UnitId;
use std::fmt;
use std::io::{self, Write};
use zeroize::Zeroizing;

/// Seals what is written to it. Only [`BlobWriter::finish`] completes the blob: dropped before, or after an error, what was
/// written is cut short and no reader accepts it. Holds one chunk in memory.
pub struct BlobWriter<W: Write> {
    inner: W,
    stream: Stream,
    /// Plaintext that is not sealed yet, at most one chunk. Never grows beyond its first allocation.
    chunk: Zeroizing<Vec<u8>>,
    failed: bool,
}

impl<W: Write> BlobWriter<W> {
    /// Writes the header and is ready for the plaintext. `aad` binds the blob to its place (tenant, record, name) and is not
    /// stored.
    pub fn new(mut inner: W, key: &UnitKey, unit: UnitId, aad: &[u8]) -> io::Result<Self> {
        let header = Header::create(unit);
        inner.write_all(&header.0)?;
        let stream = Stream::new(key, &header, aad);
        Ok(Self { inner, stream, chunk: Zeroizing::new(Vec::with_capacity(CHUNK_SIZE + TAG_LEN)), failed: false })
    }

    /// Seals the last chunk, flushes, and gives the writer back. The caller makes the file durable.
    pub fn finish(mut self) -> io::Result<W> {
        self.seal_chunk(true)?;
        self.inner.flush()?;
        Ok(self.inner)
    }

    fn seal_chunk(&mut self, last: bool) -> io::Result<()> {
        if self.failed {
            return Err(io::Error::other("an earlier write failed; the sealed file is incomplete"));
        }
        self.failed = true; // until this chunk has gone out whole
        let nonce = self.stream.nonce(last).ok_or_else(|| io::Error::other("a sealed file holds at most 256 TiB"))?;
        let tag = self.stream.cipher.seal_in_place(nonce, &self.stream.aad, &mut self.chunk);
        self.chunk.extend_from_slice(&tag);
        self.inner.write_all(&self.chunk)?;
        self.chunk.clear();
        self.failed = false;
        Ok(())
    }
}

impl<W: Write> Write for BlobWriter<W> {
    fn write(&mut self, plain: &[u8]) -> io::Result<usize> {
        if plain.is_empty() {
            return Ok(0);
        }
        // A full chunk waits until there is more: only then is it known not to be the last.
        if self.failed || self.chunk.len() == CHUNK_SIZE {
            self.seal_chunk(false)?;
        }
        let room = CHUNK_SIZE.saturating_sub(self.chunk.len());
        let (taken, _) = plain.split_at_checked(room).unwrap_or((plain, &[]));
        self.chunk.extend_from_slice(taken);
        Ok(taken.len())
    }

    /// Flushes what is sealed; an incomplete chunk stays in memory until there is more or [`BlobWriter::finish`].
    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl<W: Write> fmt::Debug for BlobWriter<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BlobWriter(…)")
    }
}
