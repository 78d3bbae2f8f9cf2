//! The recovery kit: a tenant's root on paper.
//!
//! With it, the file `root` (which lies at every backup target) opens without the master key. The text is five lines of six
//! groups of four characters, Crockford's base 32 (no I, L, O, U). A line is 12 bytes and 3 check bytes, the first of
//! SHA-256(`obhut kit line v1\0` ‖ line number (1) ‖ the 12 bytes), so that a typing error is found in its own line. The
//! 60 bytes are: format 1 (1), tenant id (16), number of the root (4), root (32), and the first 7 of
//! SHA-256(`obhut kit v1\0` ‖ the 53 bytes before).
use crate::codec::{Fields, TYPED, secret_bytes, secret_text};
use crate::hash::sha256_prefix;
use crate::secret::Secret;
use crate::{Error, Result};
use base::TenantId;
use std::fmt;
use std::fmt::Write as _;
use zeroize::Zeroizing;

const FORMAT: u8 = 1;
const LINES: usize = 5;
const LINE_BYTES: usize = 12;
const LINE_CHARACTERS: usize = 24;

/// What restores a tenant without its host. Zeroed when dropped; shown by [`Kit::text`] only.
pub struct Kit {
    tenant: TenantId,
    root_number: u32,
    root: Secret,
}

impl Kit {
    pub(crate) fn new(tenant: TenantId, root_number: u32, root: &Secret) -> Self {
        let mut copy = Secret::zero();
        copy.bytes_mut().copy_from_slice(root.bytes());
        Self { tenant, root_number, root: copy }
    }
    pub(crate) fn root(&self) -> Secret {
        let mut copy = Secret::zero();
        copy.bytes_mut().copy_from_slice(self.root.bytes());
        copy
    }

    /// Whose kit it is.
    pub const fn tenant(&self) -> TenantId {
        self.tenant
    }
    /// The number of the root it holds: after the root was rotated, this one no longer fits.
    pub const fn root_number(&self) -> u32 {
        self.root_number
    }

    /// The text to print: tenant, number of the root, and five numbered lines.
    pub fn text(&self) -> Zeroizing<String> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(LINES * LINE_BYTES));
        bytes.push(FORMAT);
        bytes.extend_from_slice(self.tenant.bytes());
        bytes.extend_from_slice(&self.root_number.to_be_bytes());
        bytes.extend_from_slice(self.root.bytes());
        let check = whole_check(&bytes);
        bytes.extend_from_slice(&check);
        let mut text = Zeroizing::new(String::with_capacity(512)); // longer than the text: it never moves
        let _ = writeln!(text, "Obhut recovery kit\nTenant: {}\nRoot key: {}\n", self.tenant, self.root_number);
        for (place, payload) in bytes.chunks(LINE_BYTES).enumerate() {
            let mut line = Zeroizing::new(Vec::with_capacity(LINE_BYTES + 3));
            line.extend_from_slice(payload);
            line.extend_from_slice(&line_check(place, payload));
            let characters = secret_text(&TYPED, &line);
            let _ = write!(text, "{}:", place + 1);
            for (index, character) in characters.chars().enumerate() {
                if index % 4 == 0 {
                    text.push(' ');
                }
                text.push(character);
            }
            text.push('\n');
        }
        text
    }

    /// Reads what was typed: the whole text, the numbered lines, or the groups alone. Case, spaces and hyphens do not matter;
    /// `O` is zero, `I` and `L` are one. [`Error::Kit`] names the line that does not fit.
    pub fn parse(text: &str) -> Result<Self> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(LINES * LINE_BYTES));
        for (place, characters) in typed_lines(text)?.iter().enumerate() {
            let line = secret_bytes(&TYPED, characters)
                .ok_or_else(|| kit_error(format!("line {} has a character that a kit does not use", place + 1)))?;
            let (payload, check) = line.split_at_checked(LINE_BYTES).unwrap_or_default();
            if line_check(place, payload) != *check {
                return Err(kit_error(format!("line {} does not match its check characters", place + 1)));
            }
            bytes.extend_from_slice(payload);
        }
        let whole = || kit_error("its lines are whole but do not belong together".to_owned());
        let (body, check) = bytes.split_last_chunk::<7>().ok_or_else(whole)?;
        if whole_check(body) != *check {
            return Err(whole());
        }
        let mut fields = Fields(body);
        match fields.byte() {
            Some(FORMAT) => {}
            found => return Err(Error::Format { what: "The recovery kit", found: found.unwrap_or_default() }),
        }
        let tenant = TenantId::from_bytes(*fields.take().ok_or_else(whole)?);
        let root_number = fields.u32().ok_or_else(whole)?;
        let root = Secret::copy_of(fields.0).ok_or_else(whole)?;
        Ok(Self { tenant, root_number, root })
    }

    /// Whether the text is this kit, typed back from paper without an error.
    pub fn typed_back(&self, text: &str) -> bool {
        Self::parse(text).is_ok_and(|typed| {
            typed.tenant == self.tenant && typed.root_number == self.root_number && typed.root.equals(&self.root)
        })
    }
}

impl fmt::Debug for Kit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Kit(tenant {}, root {}, …)", self.tenant, self.root_number)
    }
}

/// The characters of the five lines, without what may stand between them.
fn typed_lines(text: &str) -> Result<Vec<Zeroizing<Vec<u8>>>> {
    let numbered: Vec<(usize, &str)> = text.lines().filter_map(numbered_line).collect();
    if numbered.is_empty() {
        let all = characters(text);
        if all.len() != LINES * LINE_CHARACTERS {
            return Err(kit_error(format!(
                "it has {} characters where {} are expected",
                all.len(),
                LINES * LINE_CHARACTERS
            )));
        }
        return Ok(all.chunks(LINE_CHARACTERS).map(|line| Zeroizing::new(line.to_vec())).collect());
    }
    (1..=LINES)
        .map(|wanted| {
            let mut found = numbered.iter().filter(|(number, _)| *number == wanted);
            match (found.next(), found.next()) {
                (None, _) => Err(kit_error(format!("line {wanted} is missing"))),
                (Some(_), Some(_)) => Err(kit_error(format!("line {wanted} is there twice"))),
                (Some((_, rest)), None) => {
                    let line = characters(rest);
                    if line.len() == LINE_CHARACTERS {
                        Ok(line)
                    } else {
                        Err(kit_error(format!("line {wanted} has {} characters, not {LINE_CHARACTERS}", line.len())))
                    }
                }
            }
        })
        .collect()
}

/// `3: ABCD …` as 3 and what follows.
fn numbered_line(line: &str) -> Option<(usize, &str)> {
    let (number, rest) = line.split_once([':', '.', ')'])?;
    number.trim().parse().ok().map(|number| (number, rest))
}

fn characters(text: &str) -> Zeroizing<Vec<u8>> {
    let mut kept = Zeroizing::new(Vec::with_capacity(text.len()));
    kept.extend(text.bytes().filter(|byte| !byte.is_ascii_whitespace() && *byte != b'-'));
    kept
}

fn line_check(place: usize, payload: &[u8]) -> [u8; 3] {
    let number = u8::try_from(place + 1).unwrap_or_default();
    sha256_prefix(&[b"obhut kit line v1\0", &[number], payload])
}
fn whole_check(body: &[u8]) -> [u8; 7] {
    sha256_prefix(&[b"obhut kit v1\0", body])
}
const fn kit_error(reason: String) -> Error {
    Error::Kit { reason }
}

#[cfg(test)]
mod tests;
