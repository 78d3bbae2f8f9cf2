//! What a workbook really unpacks to, before anything of it is held: an archive's own statement of its sizes may lie.
//!
//! Every part is inflated once and thrown away, so that no more than the limits is ever asked of the reader behind. Only archives of the one plain
//! shape pass, so that no other reader can find another directory in them.
use crate::import::{ImportError, MAX_WORKBOOK_PART_BYTES, MAX_WORKBOOK_UNPACKED_BYTES, Message, Unsupported};
use flate2::read::DeflateDecoder;
use std::io::Read;

/// Parts of a workbook.
const MAX_PARTS: u16 = 10_000;
/// Where the sheets of a workbook lie: they are read cell by cell and never held whole.
const SHEETS: &[u8] = b"xl/worksheets/";

/// Refuses an archive whose parts are larger than a workbook may have, together or one of those that are held whole.
pub(super) fn check(archive: &[u8]) -> Result<(), ImportError> {
    let damaged = || ImportError::Workbook("its directory of parts cannot be read".into());
    let parts = directory(archive).ok_or_else(damaged)?;
    let mut total = 0_u64;
    for part in parts {
        let left = MAX_WORKBOOK_UNPACKED_BYTES - total;
        let most = if part.name.starts_with(SHEETS) { left } else { left.min(MAX_WORKBOOK_PART_BYTES) };
        let size = match part.method {
            0 => part.data.len() as u64,
            8 => inflated(part.data, most).map_err(|_| damaged())?,
            _ => return Err(ImportError::Unsupported(Unsupported::Packing)),
        };
        if size > most {
            return Err(ImportError::TooLarge(Message::new(
                "die Arbeitsmappe ist entpackt größer, als gelesen wird",
                "the workbook unpacks to more than is read",
            )));
        }
        total += size;
    }
    Ok(())
}

/// How many bytes come out, counted up to one more than `most`.
fn inflated(data: &[u8], most: u64) -> std::io::Result<u64> {
    std::io::copy(&mut DeflateDecoder::new(data).take(most + 1), &mut std::io::sink())
}

struct Part<'a> {
    name: &'a [u8],
    method: u16,
    data: &'a [u8],
}

/// The parts by the directory at the end; none if anything about it is not as plain writers write it.
fn directory(archive: &[u8]) -> Option<Vec<Part<'_>>> {
    let short = |from: usize| Some(u16::from_le_bytes(archive.get(from..from.checked_add(2)?)?.try_into().ok()?));
    let long = |from: usize| {
        let four = archive.get(from..from.checked_add(4)?)?;
        usize::try_from(u32::from_le_bytes(four.try_into().ok()?)).ok()
    };
    let tail = archive.len().saturating_sub(66_000);
    let end = tail + archive.get(tail..)?.windows(4).rposition(|four| four == b"PK\x05\x06")?;
    // Nothing behind its comment, the directory right before it, and no second directory of the large form.
    let (count, size, start) = (short(end + 10)?, long(end + 12)?, long(end + 16)?);
    let plain = end + 22 + usize::from(short(end + 20)?) == archive.len()
        && start.checked_add(size) == Some(end)
        && archive.get(end.saturating_sub(20)..end).is_none_or(|before| !before.starts_with(b"PK\x06\x07"));
    if !plain || count > MAX_PARTS {
        return None;
    }
    let (mut parts, mut at) = (Vec::new(), start);
    for _ in 0..count {
        if archive.get(at..at.checked_add(4)?)? != b"PK\x01\x02" {
            return None;
        }
        let lengths = [short(at + 28)?, short(at + 30)?, short(at + 32)?].map(usize::from);
        let name = archive.get(at + 46..at + 46 + lengths[0])?;
        let (method, packed, local) = (short(at + 10)?, long(at + 20)?, long(at + 42)?);
        if archive.get(local..local.checked_add(4)?)? != b"PK\x03\x04" {
            return None;
        }
        let data = local + 30 + usize::from(short(local + 26)?) + usize::from(short(local + 28)?);
        parts.push(Part { name, method, data: archive.get(data..data.checked_add(packed)?)? });
        at += 46 + lengths.iter().sum::<usize>();
    }
    (at == end).then_some(parts)
}
