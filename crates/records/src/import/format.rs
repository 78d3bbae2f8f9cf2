//! Which of the formats a file has: by what stands in it first, by its name only where that is open.
use std::path::Path;

/// The formats that an import reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// Cells with a separator: comma, semicolon, tab or bar.
    Csv,
    /// Address cards: vCard 2.1, 3.0 and 4.0.
    Vcard,
    /// A workbook of Excel 2007 or later; its first sheet that holds something.
    Xlsx,
}

impl Format {
    /// The name as the command line has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Vcard => "vcard",
            Self::Xlsx => "xlsx",
        }
    }

    /// The format of a name on the command line.
    pub fn by_name(name: &str) -> Option<Self> {
        match name.to_ascii_lowercase().as_str() {
            "csv" | "tsv" | "txt" => Some(Self::Csv),
            "vcard" | "vcf" => Some(Self::Vcard),
            "xlsx" => Some(Self::Xlsx),
            _ => None,
        }
    }
}

/// Tells the format from the file's name and its first bytes (a few hundred are enough). What is neither cards nor a
/// workbook is taken as a table.
pub fn detect(name: &str, head: &[u8]) -> Format {
    // A workbook is a zip archive; nothing that we read as text starts so.
    if head.starts_with(b"PK\x03\x04") {
        return Format::Xlsx;
    }
    if holds_begin(head) {
        return Format::Vcard;
    }
    let ending =
        Path::new(name).extension().and_then(|ending| ending.to_str()).unwrap_or_default().to_ascii_lowercase();
    match ending.as_str() {
        "vcf" | "vcard" if !head.is_empty() => Format::Vcard,
        "xlsx" | "xlsm" => Format::Xlsx,
        _ => Format::Csv,
    }
}

/// Whether a file begins as JSON does: with a brace or bracket, and what may stand behind it. A head line of a table in braces is none.
pub fn is_json(head: &[u8]) -> bool {
    let head = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head).trim_ascii_start();
    let second = head.get(1..).unwrap_or_default().trim_ascii_start().first();
    match head.first() {
        Some(b'{') => matches!(second, Some(b'"' | b'}')),
        Some(b'[') => matches!(second, Some(b'{' | b'[' | b']' | b'"')),
        _ => false,
    }
}

/// Whether the first text is `BEGIN:VCARD`, in any case and also as UTF-16.
fn holds_begin(head: &[u8]) -> bool {
    let letters: Vec<u8> = head
        .iter()
        .copied()
        .filter(u8::is_ascii_graphic)
        .take("BEGIN:VCARD".len())
        .map(|byte| byte.to_ascii_uppercase())
        .collect();
    letters == b"BEGIN:VCARD"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_content_goes_before_the_name() {
        assert_eq!(detect("cards.csv", b"begin:vcard\r\nVERSION:3.0"), Format::Vcard);
        assert_eq!(detect("x.vcf", b"\xEF\xBB\xBFBEGIN:VCARD\n"), Format::Vcard);
        assert_eq!(detect("x", b"\xFF\xFEB\0E\0G\0I\0N\0:\0V\0C\0A\0R\0D\0"), Format::Vcard);
        assert_eq!(detect("x.csv", b"PK\x03\x04...."), Format::Xlsx);
        assert_eq!(detect("x.csv", b"a;b\n1;2"), Format::Csv);
        assert_eq!(detect("x", b""), Format::Csv);
        assert_eq!(detect("contacts.vcf", b"garbage\nBEGIN:VCARD"), Format::Vcard);
    }
}
