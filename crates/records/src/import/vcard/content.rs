//! From the lines of a card to its properties: unfolds lines, joins what quoted-printable and base64 broke.
use super::property::Property;
use crate::import::text::Line;
use crate::import::{MAX_CARD_PROPERTIES, Message};

/// A property while its lines are collected.
struct Open {
    line: u64,
    bytes: Vec<u8>,
    quoted_printable: bool,
    base64: bool,
    /// Length of the line that was appended last, for the old way of folding.
    last_length: usize,
    stray: usize,
}

impl Open {
    fn new(line: &Line) -> Self {
        let head =
            line.bytes.iter().position(|byte| *byte == b':').and_then(|at| line.bytes.get(..at)).unwrap_or_default();
        let head: Vec<u8> = head.iter().map(u8::to_ascii_uppercase).collect();
        let holds = |word: &[u8]| head.windows(word.len()).any(|part| part == word);
        Self {
            line: line.number,
            bytes: line.bytes.clone(),
            quoted_printable: holds(b"QUOTED-PRINTABLE"),
            base64: holds(b";BASE64") || holds(b"ENCODING=B") || holds(b"ENCODING=\"B"),
            last_length: line.bytes.len(),
            stray: 0,
        }
    }

    fn append(&mut self, bytes: &[u8], length: usize) {
        self.bytes.extend_from_slice(bytes);
        self.last_length = length;
    }
}

/// The properties of a card. The error says that there are too many.
pub(super) fn properties(lines: &[Line]) -> Result<Vec<Property>, Message> {
    let old = lines.iter().any(|line| {
        let plain: Vec<u8> = line.bytes.iter().filter(|byte| !byte.is_ascii_whitespace()).copied().collect();
        plain.eq_ignore_ascii_case(b"VERSION:2.1")
    });
    let mut done: Vec<Property> = Vec::new();
    let mut open: Option<Open> = None;
    for line in lines {
        let bytes = line.bytes.as_slice();
        if bytes.trim_ascii().is_empty() {
            // An empty line ends base64 and a soft line break behind which nothing follows.
            if let Some(property) = open.as_mut()
                && property.quoted_printable
                && property.bytes.ends_with(b"=")
            {
                property.bytes.pop();
                property.quoted_printable = false;
            }
            continue;
        }
        if let Some(property) = open.as_mut() {
            if property.quoted_printable && property.bytes.ends_with(b"=") {
                property.bytes.pop();
                property.append(bytes, bytes.len());
                continue;
            }
            if let Some(rest) = bytes.strip_prefix(b" ").or_else(|| bytes.strip_prefix(b"\t")) {
                if property.base64 {
                    property.append(rest.trim_ascii(), bytes.len());
                } else {
                    // vCard 2.1 folds before a blank that belongs to the text, later ones add the blank. Who folds at a
                    // fixed width means the later way, whatever version he writes.
                    if old && property.last_length < 70 {
                        property.bytes.push(b' ');
                    }
                    property.append(rest, bytes.len());
                }
                continue;
            }
            let is_base64 =
                |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'-' | b'_' | b' ');
            if property.base64 && bytes.iter().all(is_base64) {
                property.append(bytes.trim_ascii(), bytes.len());
                continue;
            }
            if !starts_property(bytes) {
                // A line break that the writing program forgot to mask.
                property.bytes.push(b'\n');
                property.append(bytes, bytes.len());
                property.stray += 1;
                continue;
            }
        }
        if let Some(property) = open.replace(Open::new(line)) {
            push(&mut done, &property)?;
        }
    }
    if let Some(property) = open {
        push(&mut done, &property)?;
    }
    Ok(done)
}

fn push(done: &mut Vec<Property>, property: &Open) -> Result<(), Message> {
    if done.len() >= MAX_CARD_PROPERTIES {
        return Err(Message::new(
            format!("Die Karte hat mehr als {MAX_CARD_PROPERTIES} Angaben"),
            format!("the card has more than {MAX_CARD_PROPERTIES} properties"),
        ));
    }
    done.push(Property::parse(property.line, &property.bytes, property.stray));
    Ok(())
}

/// Whether a line starts a property: a name, then a colon or a parameter.
fn starts_property(bytes: &[u8]) -> bool {
    let name =
        bytes.iter().take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.')).count();
    let behind = bytes.get(name..).unwrap_or_default();
    // A blank before the colon is a fault that some programs make.
    let behind = behind.trim_ascii_start();
    name > 0 && (behind.starts_with(b":") || (behind.starts_with(b";") && behind.contains(&b':')))
}
