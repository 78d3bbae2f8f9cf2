use super::*;
use crate::import::{MAX_LINE_BYTES, Reason};
use std::fmt::Write;
use std::io::Cursor;

/// Lines and cells of the rows, and line and reason of the rejects.
type Read = (Vec<String>, Vec<(u64, Vec<String>)>, Vec<(u64, Reason)>);

fn read_with(bytes: &[u8], options: &TableOptions) -> Read {
    let reader = TableReader::open(Cursor::new(bytes.to_vec()), options).unwrap();
    let names = reader.headers().names().to_vec();
    let (mut rows, mut rejects) = (Vec::new(), Vec::new());
    for row in reader {
        match row {
            Ok(row) => rows.push((row.line, row.values().to_vec())),
            Err(reject) => rejects.push((reject.line, reject.reason)),
        }
    }
    (names, rows, rejects)
}

fn read(bytes: &[u8]) -> Read {
    read_with(bytes, &TableOptions::default())
}

fn values(read: &Read) -> Vec<Vec<&str>> {
    read.1.iter().map(|(_, cells)| cells.iter().map(String::as_str).collect()).collect()
}

#[test]
fn excel_with_a_german_setting() {
    let bytes = b"\xEF\xBB\xBFsep=;\r\nName;Betrag;Notiz\r\nM\xC3\xBCller;1.234,50;\"Zeile 1\r\nZeile 2\"\r\n;;\r\nKurz;1,5;\"a \"\"b\"\"\";;\r\n";
    let read = read(bytes);
    assert_eq!(read.0, ["Name", "Betrag", "Notiz"]);
    assert_eq!(values(&read), [["Müller", "1.234,50", "Zeile 1\nZeile 2"], ["Kurz", "1,5", "a \"b\""]]);
    assert_eq!(read.1.iter().map(|row| row.0).collect::<Vec<_>>(), [3, 6]);
    assert!(read.2.is_empty());
}

#[test]
fn separators_are_found() {
    for (text, separator) in [
        ("a,b\n1,2\n", ','),
        ("a;b\n1,5;2,5\n", ';'),
        ("a\tb\n1,5\t2;3\n", '\t'),
        ("a|b\n1|2\n", '|'),
        ("only\nx, y\n", ','),
        ("Name, Vorname;Ort;Land\nMüller, Max;Berlin;D\n", ';'),
        ("sep=|\na|b,c\n1|2\n", '|'),
        ("\"a;b\",c\n\"1;2\",3\n", ','),
    ] {
        let reader = TableReader::open(Cursor::new(text.as_bytes().to_vec()), &TableOptions::default()).unwrap();
        assert_eq!(reader.separator(), Some(separator), "{text:?}");
    }
}

#[test]
fn a_row_with_another_number_of_cells_is_rejected_with_both_numbers() {
    let bytes = b"a,b,c\n1,2,3\n1,2,3,4\n1,2\n4,5,6,,\n";
    let reader = TableReader::open(Cursor::new(bytes.to_vec()), &TableOptions::default()).unwrap();
    let all: Vec<_> = reader.collect();
    assert_eq!(all.len(), 4);
    let long = all[1].as_ref().unwrap_err();
    assert!(long.message.en.starts_with("3 columns expected, 4 found"), "{}", long.message.en);
    assert!(long.message.de.starts_with("3 Spalten erwartet, 4 gefunden"), "{}", long.message.de);
    assert_eq!((long.line, long.raw.as_slice()), (3, &["1", "2", "3", "4"].map(str::to_owned)[..]));
    assert_eq!(all[2].as_ref().unwrap_err().message.en, "3 columns expected, 2 found");
    assert_eq!(all[3].as_ref().unwrap().values(), ["4", "5", "6"]);
    let short = TableOptions { short_rows: true, ..TableOptions::default() };
    assert_eq!(read_with(bytes, &short).1.len(), 3);
}

#[test]
fn a_bad_quotation_mark_costs_its_own_line_only() {
    // Never closed: the rest of the file is read all the same.
    let read_one = read(b"a,b\n1,\"open\n3,4\n5,6\n");
    assert_eq!(values(&read_one), [["3", "4"], ["5", "6"]]);
    assert_eq!(read_one.2, [(2, Reason::BadQuote)]);
    // Closed by the next row's: the row in between is set free.
    let read_two = read(b"a,b\n1,\"open\n3,4\n5,\"x\"\n7,8\n");
    assert_eq!(values(&read_two), [["3", "4"], ["5", "x"], ["7", "8"]]);
    assert_eq!(read_two.2, [(2, Reason::BadQuote)]);
    // Text behind the closing mark.
    let read_three = read(b"a,b\n\"say \"hi\" now\",2\n3,4\n");
    assert_eq!(values(&read_three), [["3", "4"]]);
    assert_eq!(read_three.2, [(2, Reason::BadQuote)]);
    // A mark within a cell that does not start with one is a letter.
    assert_eq!(values(&read(b"a,b\n5\" pipe,2\n")), [["5\" pipe", "2"]]);
    assert_eq!(values(&read(b"a,b\n1, \"x, y\" \n")), [["1", "x, y"]]);
}

#[test]
fn an_unclosed_mark_that_meets_another_far_below_gives_the_rows_between_back() {
    let mut text = String::from("a,b,c\n1,\"open,3\n");
    for number in 0..50 {
        writeln!(text, "{number},x,y").unwrap();
    }
    text.push_str("9,\"closed\",z\n");
    let read = read(text.as_bytes());
    assert_eq!(read.1.len(), 51);
    assert_eq!(read.2, [(2, Reason::BadQuote)]);
}

#[test]
fn rows_that_an_unclosed_mark_swallowed_are_set_free() {
    // Closed by a stray mark: too many cells, and the line within is a row.
    let too_many = read(b"a,b,c\n1,\"open\n2,x,y\n3,z\",u,v\n");
    assert_eq!(values(&too_many), [["2", "x", "y"]]);
    assert_eq!(too_many.2, [(2, Reason::BadQuote), (4, Reason::ColumnCount)]);
    // By accident the right number of cells.
    let fitting = read(b"a,b,c,d\n1,\"open,9,\n2,x,y,\n3,x,y,z\n4,z\",u,v\n");
    assert_eq!(values(&fitting), [["2", "x", "y", ""], ["3", "x", "y", "z"], ["4", "z\"", "u", "v"]]);
    assert_eq!(fitting.2, [(2, Reason::BadQuote)]);
    // A note of several lines, some of which have separators, stays a note.
    let note = read(b"a,b,c\n1,\"eins, zwei, drei\nvier, f\xC3\xBCnf, sechs\nEnde\nwirklich\",x\n");
    assert_eq!((note.1.len(), note.2.len()), (1, 0));
}

#[test]
fn old_encodings_and_line_ends() {
    let (windows, _, _) = encoding_rs::WINDOWS_1252.encode("Name;Ort\r\nMüller;Köln\r\nŁ€uro;\u{201E}x\u{201C}\r\n");
    let read_windows = read(&windows);
    assert_eq!(read_windows.1[0].1, ["Müller", "Köln"]);
    let units: Vec<u8> = "\u{FEFF}Name\tOrt\r\nMüller\tKöln\r\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(values(&read(&units)), [["Müller", "Köln"]]);
    assert_eq!(values(&read(b"a;b\r1;2\r3;4")), [["1", "2"], ["3", "4"]]);
    let dos = TableOptions { encoding: Some("cp850".into()), ..TableOptions::default() };
    assert_eq!(values(&read_with(b"a;b\nM\x81ller;x\n", &dos)), [["Müller", "x"]]);
    let unknown = TableOptions { encoding: Some("klingon".into()), ..TableOptions::default() };
    assert!(TableReader::open(Cursor::new(b"a".to_vec()), &unknown).is_err());
}

#[test]
fn bytes_that_are_no_text_reject_their_row() {
    let read = read("name;ort\nMüller;Köln\nbad \u{0};x\nÄ;Ö\n".as_bytes());
    assert_eq!(read.2, [(3, Reason::Encoding)]);
    assert_eq!(read.1.len(), 2);
    let mut bytes = "name;ort\nMüller;Köln\nÄ;Ö\n".as_bytes().to_vec();
    bytes.extend_from_slice(b"x\xFF;y\nlast;row\n");
    let read = self::read(&bytes);
    assert_eq!(read.2, [(4, Reason::Encoding)]);
    assert_eq!(read.1.len(), 3);
}

#[test]
fn headers_are_named_once_each() {
    let read = read(b" Name ,,E-Mail,E-Mail,,\n1,2,3,4\n");
    assert_eq!(read.0, ["Name", "column 2", "E-Mail", "E-Mail (2)", "column 5", "column 6"]);
    assert_eq!(read.1.len(), 1);
}

#[test]
fn limits_hold() {
    let wide = vec!["x"; MAX_COLUMNS + 1].join(",");
    assert!(matches!(
        TableReader::open(Cursor::new(wide.into_bytes()), &TableOptions::default()),
        Err(ImportError::Columns { .. })
    ));
    let mut long = b"a,b\n".to_vec();
    long.extend(vec![b'x'; MAX_LINE_BYTES + 1]);
    long.extend_from_slice(b",1\nnext,2\n");
    let read = read(&long);
    assert_eq!(read.2, [(2, Reason::TooLong)]);
    assert_eq!(values(&read), [["next", "2"]]);
    for nothing in [&b""[..], b"\n\n", b"\xEF\xBB\xBF", b"sep=;\r\n", b",,,\n"] {
        assert!(matches!(
            TableReader::open(Cursor::new(nothing.to_vec()), &TableOptions::default()),
            Err(ImportError::Empty)
        ));
    }
}

#[test]
fn the_guard_of_our_own_export_is_taken_off() {
    assert_eq!(values(&read(b"a,b\n'=1+1,'+49-30\n")), [["=1+1", "+49-30"]]);
}

#[test]
fn well_formed_files_read_as_the_csv_crate_reads_them() {
    for file in ["customers", "suppliers", "employees", "orders"] {
        let path = format!("{}/tests-data/northwind/{file}.csv", env!("CARGO_MANIFEST_DIR"));
        let bytes = std::fs::read(path).unwrap();
        let theirs: Vec<Vec<String>> = ::csv::ReaderBuilder::new()
            .flexible(true)
            .from_reader(bytes.as_slice())
            .records()
            .map(|row| row.unwrap().iter().map(str::to_owned).collect())
            .collect();
        let reader = TableReader::open(Cursor::new(bytes), &TableOptions::default()).unwrap();
        let ours: Vec<Vec<String>> =
            reader.map(|row| row.map_or_else(|reject| reject.raw, |row| row.values().to_vec())).collect();
        assert_eq!(ours, theirs, "{file}");
    }
}

#[test]
fn preamble_lines_are_skipped_on_request() {
    let options = TableOptions { skip_lines: 2, ..TableOptions::default() };
    let read = read_with(b"Kontoauszug\nvom 1.1.;\nDatum;Betrag\n1.1.;2,5\n", &options);
    assert_eq!((read.0.len(), read.1[0].0), (2, 4));
}

fn workbook(name: &str) -> Result<TableReader, ImportError> {
    let path = format!("{}/tests-data/xlsx/{name}.xlsx", env!("CARGO_MANIFEST_DIR"));
    TableReader::open_workbook(std::fs::File::open(path).unwrap(), &TableOptions::default())
}

#[test]
fn a_workbook_reads_like_a_table() {
    let reader = workbook("kontakte").unwrap();
    let names = reader.headers().names().to_vec();
    assert_eq!(names, ["Vorname", "Nachname", "Geburtsdatum", "Umsatz", "PLZ", "Aktiv", "Geändert", "Faktor"]);
    let all: Vec<_> = reader.collect();
    let row = |at: usize| all[at].as_ref().unwrap();
    assert_eq!(
        row(0).values(),
        ["Jürgen", "Müller", "1980-03-22", "1234.5", "01067", "true", "2026-11-23T10:30:00", "0.3"]
    );
    assert_eq!(row(1).values(), ["Anna", "Groß", "", "42", "50667", "false", "", ""]);
    let rejects: Vec<(u64, Reason)> =
        all.iter().filter_map(|row| row.as_ref().err().map(|reject| (reject.line, reject.reason))).collect();
    assert_eq!(rejects, [(6, Reason::CellError), (7, Reason::ColumnCount)]);
    assert_eq!((row(4).line, row(4).values()[1].as_str()), (8, "Zeile"));
}

#[test]
fn a_cell_at_the_far_corner_costs_one_row() {
    let rows: Vec<Row> = workbook("far").unwrap().map(|row| row.unwrap()).collect();
    assert_eq!(rows.iter().map(|row| row.line).collect::<Vec<_>>(), [2, 1_048_576]);
}

#[test]
fn damaged_workbooks_are_errors() {
    let path = format!("{}/tests-data/xlsx/kontakte.xlsx", env!("CARGO_MANIFEST_DIR"));
    let whole = std::fs::read(path).unwrap();
    for at in (0..whole.len()).step_by(7) {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x55;
        let _ = TableReader::open_workbook(Cursor::new(bytes), &TableOptions::default()).map(Iterator::count);
        let _ = TableReader::open_workbook(Cursor::new(whole[..at].to_vec()), &TableOptions::default())
            .map(Iterator::count);
    }
    let old =
        TableReader::open_workbook(Cursor::new(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1".to_vec()), &TableOptions::default());
    assert!(matches!(old, Err(ImportError::Unsupported(_))));
}
