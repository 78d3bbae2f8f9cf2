use super::*;

fn lines(bytes: &[u8]) -> (Vec<String>, Encoding) {
    let mut lines = Lines::open(Cursor::new(bytes.to_vec()), None).unwrap();
    let mut all = Vec::new();
    while let Some(line) = lines.next_line().unwrap() {
        assert_eq!(line.number, all.len() as u64 + 1);
        all.push(lines.text(&line.bytes).0);
    }
    (all, lines.encoding)
}

#[test]
fn every_line_end_ends_a_line() {
    assert_eq!(lines(b"a\nb\r\nc\rd").0, ["a", "b", "c", "d"]);
    assert_eq!(lines(b"a\r\n\r\nb\r\r").0, ["a", "", "b", ""]);
    assert_eq!(lines(b"").0.len(), 0);
}

#[test]
fn a_line_end_across_two_buffers_is_one() {
    let mut bytes = vec![b'x'; (64 << 10) - 1];
    bytes.extend_from_slice(b"\r\ny");
    assert_eq!(lines(&bytes).0.len(), 2);
    let mut bytes = vec![b'x'; SAMPLE_BYTES - 1];
    bytes.extend_from_slice(b"\r\ny");
    assert_eq!(lines(&bytes).0.len(), 2);
}

#[test]
fn a_line_beyond_the_limit_is_cut_and_the_next_is_whole() {
    let mut bytes = vec![b'x'; MAX_LINE_BYTES + 10];
    bytes.extend_from_slice(b"\nnext");
    let mut lines = Lines::open(Cursor::new(bytes), None).unwrap();
    let long = lines.next_line().unwrap().unwrap();
    assert!(long.cut && long.bytes.len() == MAX_LINE_BYTES);
    assert_eq!(lines.next_line().unwrap().unwrap().bytes, b"next");
}

#[test]
fn encodings_are_told_apart() {
    let text = "Müller;Straße\nGröße;é";
    assert_eq!(lines(text.as_bytes()).0.join("\n"), text);
    let mut marked = vec![0xEF, 0xBB, 0xBF];
    marked.extend_from_slice(text.as_bytes());
    assert_eq!(lines(&marked).0.join("\n"), text);
    let (windows, _, _) = encoding_rs::WINDOWS_1252.encode(text);
    assert_eq!(
        lines(&windows),
        (text.split('\n').map(str::to_owned).collect(), Encoding::Table(encoding_rs::WINDOWS_1252))
    );
    for little in [true, false] {
        for mark in [true, false] {
            let units: Vec<u16> = mark.then_some(0xFEFF).into_iter().chain(text.encode_utf16()).collect();
            let bytes: Vec<u8> =
                units.iter().flat_map(|unit| if little { unit.to_le_bytes() } else { unit.to_be_bytes() }).collect();
            assert_eq!(lines(&bytes).0.join("\n"), text, "little {little}, mark {mark}");
        }
    }
    // Mac and DOS
    assert_eq!(lines(b"M\x9Fller;Stra\xA7e;J\x8Ager").0, ["Müller;Straße;Jäger"]);
    assert_eq!(lines(b"M\x81ller;Stra\xE1e;J\x84ger").0, ["Müller;Straße;Jäger"]);
    // An apostrophe and dashes of Windows stay Windows.
    assert_eq!(lines(b"McDonald\x92s \x96 \x84Wort\x93 don\x92t").0, ["McDonald’s – „Wort“ don’t"]);
}

#[test]
fn the_first_line_beyond_the_sample_settles_an_open_encoding() {
    let mut bytes = Vec::new();
    while bytes.len() <= SAMPLE_BYTES {
        bytes.extend_from_slice(b"only ascii here\n");
    }
    bytes.extend_from_slice(b"K\xF6ln\n");
    let (all, encoding) = lines(&bytes);
    assert_eq!(all.last().unwrap(), "Köln");
    assert_eq!(encoding, Encoding::Table(encoding_rs::WINDOWS_1252));
}

#[test]
fn one_broken_line_does_not_change_a_utf8_file() {
    let bytes = b"\xC3\xA4\n\xC3\xB6\nbad \xFF line\n";
    let mut lines = Lines::open(Cursor::new(bytes.to_vec()), None).unwrap();
    let sound: Vec<bool> = std::iter::from_fn(|| lines.next_line().unwrap())
        .collect::<Vec<_>>()
        .iter()
        .map(|line| lines.text(&line.bytes).1)
        .collect();
    assert_eq!(sound, [true, true, false]);
}

#[test]
fn names_of_encodings() {
    assert_eq!(Encoding::by_name("UTF-8"), Some(Encoding::Utf8));
    assert_eq!(Encoding::by_name("ISO-8859-1"), Some(Encoding::Table(encoding_rs::WINDOWS_1252)));
    assert_eq!(Encoding::by_name("cp850"), Some(Encoding::Cp850));
    assert_eq!(Encoding::by_name("klingon"), None);
}
