//! A reader that turns UTF-16 into UTF-8 while it goes.
use std::io::{self, Read};

use encoding_rs::{CoderResult, Decoder, Encoding};

/// Reads UTF-16 from within, gives UTF-8. Half a letter becomes U+FFFD.
pub(super) struct Utf16Reader<R> {
    inner: R,
    decoder: Decoder,
    raw: Vec<u8>,
    raw_from: usize,
    raw_to: usize,
    ended: bool,
    flushed: bool,
}

impl<R: Read> Utf16Reader<R> {
    pub(super) fn new(inner: R, table: &'static Encoding) -> Self {
        let decoder = table.new_decoder_without_bom_handling();
        Self { inner, decoder, raw: vec![0; 16 << 10], raw_from: 0, raw_to: 0, ended: false, flushed: false }
    }
}

impl<R: Read> Read for Utf16Reader<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        // The decoder wants room for one letter at least; smaller reads are served from a small buffer by BufReader.
        if out.len() < 8 {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "a reader of UTF-16 needs a buffer of 8 bytes"));
        }
        loop {
            if self.raw_from == self.raw_to && !self.ended {
                self.raw_to = self.inner.read(&mut self.raw)?;
                self.raw_from = 0;
                self.ended = self.raw_to == 0;
            }
            if self.ended && self.flushed {
                return Ok(0);
            }
            let source = self.raw.get(self.raw_from..self.raw_to).unwrap_or_default();
            let (result, read, written, _) = self.decoder.decode_to_utf8(source, out, self.ended);
            self.raw_from += read;
            if self.ended && result == CoderResult::InputEmpty {
                self.flushed = true;
            }
            if written > 0 {
                return Ok(written);
            }
        }
    }
}
