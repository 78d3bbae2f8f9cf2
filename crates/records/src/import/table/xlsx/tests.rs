//! Workbooks that somebody made to hurt.
use super::*;
use flate2::{Compression, Crc, write::DeflateEncoder};
use std::io::Write;

/// An archive of these parts; `lie` is the unpacked size that the directory states instead of the true one.
fn archive(parts: &[(&str, &[u8])], lie: Option<u32>) -> Vec<u8> {
    let (mut archive, mut directory) = (Vec::new(), Vec::new());
    for (name, content) in parts {
        let mut packed = DeflateEncoder::new(Vec::new(), Compression::best());
        packed.write_all(content).unwrap();
        let packed = packed.finish().unwrap();
        let mut crc = Crc::new();
        crc.update(content);
        let size = lie.unwrap_or(u32::try_from(content.len()).unwrap());
        let mut head = vec![20, 0, 0, 0, 8, 0, 0, 0, 0x21, 0x50];
        head.extend(crc.sum().to_le_bytes());
        head.extend(u32::try_from(packed.len()).unwrap().to_le_bytes());
        head.extend(size.to_le_bytes());
        head.extend(u16::try_from(name.len()).unwrap().to_le_bytes());
        head.extend([0, 0]);
        let at = u32::try_from(archive.len()).unwrap();
        archive.extend([b"PK\x03\x04".as_slice(), &head, name.as_bytes(), &packed].concat());
        directory
            .extend([b"PK\x01\x02\x14\0".as_slice(), &head, &[0; 10], &at.to_le_bytes(), name.as_bytes()].concat());
    }
    let count = u16::try_from(parts.len()).unwrap().to_le_bytes();
    let (start, size) = (u32::try_from(archive.len()).unwrap(), u32::try_from(directory.len()).unwrap());
    archive.extend(&directory);
    let end = [b"PK\x05\x06\0\0\0\0".as_slice(), &count, &count, &size.to_le_bytes(), &start.to_le_bytes(), &[0, 0]];
    archive.extend(end.concat());
    archive
}

const TYPES: &str =
    r#"<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>"#;
const ROOT: &str = r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#;
const BOOK: &str = r#"<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="A" sheetId="1" r:id="r1"/></sheets></workbook>"#;
const LINKS: &str = r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="r2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings" Target="sharedStrings.xml"/></Relationships>"#;

fn workbook(sheet: &str, strings: &str, lie: Option<u32>) -> Vec<u8> {
    let parts: &[(&str, &[u8])] = &[
        ("[Content_Types].xml", TYPES.as_bytes()),
        ("_rels/.rels", ROOT.as_bytes()),
        ("xl/workbook.xml", BOOK.as_bytes()),
        ("xl/_rels/workbook.xml.rels", LINKS.as_bytes()),
        ("xl/sharedStrings.xml", strings.as_bytes()),
        ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
    ];
    archive(parts, lie)
}

fn sheet(rows: impl Iterator<Item = String>) -> String {
    let rows: String = rows.collect();
    format!(
        r#"<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{rows}</sheetData></worksheet>"#
    )
}

fn far(count: usize) -> String {
    // SF is the 500th column.
    sheet((1..=count).map(|row| format!(r#"<row r="{row}"><c r="SF{row}"><v>7</v></c></row>"#)))
}

const NO_STRINGS: &str =
    r#"<?xml version="1.0"?><sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"/>"#;

#[test]
fn a_cell_far_to_the_right_in_every_row_costs_one_cell_a_row() {
    let bytes = workbook(&far(5_000), NO_STRINGS, None);
    assert!(bytes.len() < 100_000, "{}", bytes.len());
    let mut book = Xlsx::new(Cursor::new(bytes.clone())).unwrap();
    let rows = read_sheet(&mut book, "A").unwrap();
    assert_eq!(rows.len(), 5_000);
    assert_eq!(rows.iter().map(|row| row.cells.len()).sum::<usize>(), 5_000, "what is held");
    // And it is read as before: 499 empty cells and a 7.
    let (headers, _) = SheetRows::open(Cursor::new(bytes), &TableOptions::default()).unwrap();
    assert_eq!((headers.names().len(), headers.names()[499].as_str()), (500, "7"));
}

#[test]
fn what_a_part_unpacks_to_is_counted_and_not_believed() {
    let many = usize::try_from(crate::import::MAX_WORKBOOK_PART_BYTES).unwrap() / 5 + 1;
    let strings = format!(
        r#"<?xml version="1.0"?><sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">{}</sst>"#,
        "<si/>".repeat(many)
    );
    for lie in [None, Some(100)] {
        let bytes = workbook(&far(2), &strings, lie);
        assert!(bytes.len() < 1_000_000, "{}", bytes.len());
        let refused = SheetRows::open(Cursor::new(bytes), &TableOptions::default()).err();
        assert!(matches!(refused, Some(ImportError::TooLarge(_))), "{refused:?}");
    }
}

#[test]
fn an_archive_with_two_directories_is_not_read() {
    let bytes = workbook(&far(2), NO_STRINGS, None);
    assert!(SheetRows::open(Cursor::new(bytes.clone()), &TableOptions::default()).is_ok());
    for bytes in [[bytes.as_slice(), b"x"].concat(), [b"x", bytes.as_slice()].concat(), bytes.repeat(2)] {
        let refused = SheetRows::open(Cursor::new(bytes), &TableOptions::default()).err();
        assert!(matches!(refused, Some(ImportError::Workbook(_))), "{refused:?}");
    }
}
