//! What goes over the local socket: frames of one byte kind, four bytes length (big-endian) and as many bytes.
use crate::output::{Lang, Progress, Question};
use serde::{Deserialize, Serialize};
use std::io::{self, Read, Write};

/// A frame may be so long, in bytes. Longer results come in several.
pub(crate) const MAX_BYTES: usize = 1024 * 1024;
/// Results are sent in pieces of this size.
const PIECE_BYTES: usize = 64 * 1024;

/// The command that a client sends.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Request {
    /// Version of the program: another one is told to be the same.
    pub version: String,
    /// The arguments, without the program's name.
    pub argv: Vec<String>,
    /// Where the user stands.
    pub cwd: String,
    /// Language of messages.
    pub lang: Lang,
}

/// A frame.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Frame {
    /// Client: do this.
    Request(Request),
    /// Client: what the user answered.
    Answer(Option<String>),
    /// Server: a piece of the result.
    Result(Vec<u8>),
    /// Server: a message.
    Message(String),
    /// Server: how far it has come.
    Progress(Progress),
    /// Server: the bar goes away.
    EndProgress,
    /// Server: ask the user.
    Ask(Question),
    /// Server: the command has ended.
    Exit(u8),
}

impl Frame {
    /// Writes the frame; a long result as several.
    pub(crate) fn write(&self, to: &mut impl Write) -> io::Result<()> {
        match self {
            Self::Request(request) => one(to, b'q', &json(request)?),
            Self::Answer(answer) => one(to, b'A', &json(answer)?),
            Self::Result(bytes) => bytes.chunks(PIECE_BYTES).try_for_each(|piece| one(to, b'o', piece)),
            Self::Message(text) => {
                one(to, b'e', text.get(..text.floor_char_boundary(MAX_BYTES)).unwrap_or_default().as_bytes())
            }
            Self::Progress(progress) => one(to, b'p', &json(progress)?),
            Self::EndProgress => one(to, b'P', &[]),
            Self::Ask(question) => one(to, b'a', &json(question)?),
            Self::Exit(code) => one(to, b'x', &[*code]),
        }
    }

    /// Reads the next frame; `None` at the end of the stream.
    pub(crate) fn read(from: &mut impl Read) -> io::Result<Option<Self>> {
        let mut kind = [0];
        if from.read(&mut kind)? == 0 {
            return Ok(None);
        }
        let mut length = [0; 4];
        from.read_exact(&mut length)?;
        let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
        if length > MAX_BYTES {
            return Err(wrong("a frame is too long"));
        }
        // What was announced is not believed: memory grows with what comes.
        let mut bytes = Vec::new();
        if from.take(length as u64).read_to_end(&mut bytes)? < length {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let [kind] = kind;
        Ok(Some(match kind {
            b'q' => Self::Request(parsed(&bytes)?),
            b'A' => Self::Answer(parsed(&bytes)?),
            b'o' => Self::Result(bytes),
            b'e' => Self::Message(String::from_utf8(bytes).map_err(|_| wrong("a message is no text"))?),
            b'p' => Self::Progress(parsed(&bytes)?),
            b'P' => Self::EndProgress,
            b'a' => Self::Ask(parsed(&bytes)?),
            b'x' => Self::Exit(bytes.first().copied().ok_or_else(|| wrong("an exit without a code"))?),
            _ => return Err(wrong("a frame of an unknown kind")),
        }))
    }
}

fn one(to: &mut impl Write, kind: u8, bytes: &[u8]) -> io::Result<()> {
    let length = u32::try_from(bytes.len()).ok().filter(|_| bytes.len() <= MAX_BYTES);
    let length = length.ok_or_else(|| wrong("a frame would be too long"))?;
    let mut whole = Vec::with_capacity(bytes.len() + 5);
    whole.push(kind);
    whole.extend_from_slice(&length.to_be_bytes());
    whole.extend_from_slice(bytes);
    to.write_all(&whole)?;
    to.flush()
}

fn json(value: &impl Serialize) -> io::Result<Vec<u8>> {
    serde_json::to_vec(value).map_err(io::Error::other)
}
fn parsed<T: for<'de> Deserialize<'de>>(bytes: &[u8]) -> io::Result<T> {
    serde_json::from_slice(bytes).map_err(|_| wrong("a frame that cannot be read"))
}
fn wrong(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn back(frame: &Frame) -> Frame {
        let mut bytes = Vec::new();
        frame.write(&mut bytes).unwrap();
        Frame::read(&mut bytes.as_slice()).unwrap().unwrap()
    }

    #[test]
    fn frames_come_back_as_they_went() {
        let request =
            Request { version: "1".into(), argv: vec!["tenant".into(), "ü".into()], cwd: "/x".into(), lang: Lang::De };
        for frame in [
            Frame::Request(request),
            Frame::Answer(None),
            Frame::Answer(Some("ja".into())),
            Frame::Result(b"x\0y".to_vec()),
            Frame::Message("Müller".into()),
            Frame::Progress(Progress { label: "a".into(), done: 1, total: 2 }),
            Frame::EndProgress,
            Frame::Ask(Question::Input(7)),
            Frame::Exit(3),
        ] {
            assert_eq!(back(&frame), frame);
        }
    }

    #[test]
    fn a_long_result_comes_in_pieces() {
        let long = vec![7; 3 * PIECE_BYTES + 1];
        let mut bytes = Vec::new();
        Frame::Result(long.clone()).write(&mut bytes).unwrap();
        let mut from = bytes.as_slice();
        let mut whole = Vec::new();
        while let Some(Frame::Result(piece)) = Frame::read(&mut from).unwrap() {
            whole.extend(piece);
        }
        assert_eq!(whole, long);
    }

    #[test]
    fn an_announced_length_is_not_believed() {
        let cut = [b'o', 0, 0x0f, 0xff, 0xff, 1];
        assert_eq!(Frame::read(&mut cut.as_slice()).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
        let long = [b'o', 0xff, 0xff, 0xff, 0xff, 1];
        assert_eq!(Frame::read(&mut long.as_slice()).unwrap_err().kind(), io::ErrorKind::InvalidData);
    }

    proptest! {
        #[test]
        fn no_bytes_stop_the_reader(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Frame::read(&mut bytes.as_slice());
        }
    }
}
