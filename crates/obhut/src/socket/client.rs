//! The client's side: sends the command to the server that holds the folder, shows what comes back, answers what is asked.
use super::frame::{Frame, Request};
use super::place;
use crate::failure::{Exit, Failure};
use crate::output::{Lang, Surface};
use std::io;
use std::os::unix::net::UnixStream;
use std::path::Path;

/// The server that holds the folder, if one listens.
pub(crate) fn connect(folder: &Path) -> Option<UnixStream> {
    place::connect(folder).ok()
}

/// Gives the command to the server and gives back how it ended.
pub(crate) fn run(
    mut server: UnixStream,
    argv: Vec<String>,
    cwd: &Path,
    lang: Lang,
    surface: &mut dyn Surface,
) -> Result<u8, Failure> {
    let cwd = cwd.to_str().ok_or_else(|| {
        Failure::usage(
            "Der Name des Ordners, in dem Sie stehen, ist kein UTF-8; so lässt sich der Befehl nicht weitergeben.",
            "The name of the folder that you are in is not UTF-8; the command cannot be passed on like this.",
        )
    })?;
    let request = Request { version: env!("CARGO_PKG_VERSION").to_owned(), argv, cwd: cwd.to_owned(), lang };
    Frame::Request(request).write(&mut server).map_err(|error| lost(&error))?;
    loop {
        let frame = Frame::read(&mut server).map_err(|error| lost(&error))?;
        let Some(frame) = frame else { return Err(lost(&io::ErrorKind::UnexpectedEof.into())) };
        let shown = match frame {
            Frame::Result(bytes) => surface.result(&bytes),
            Frame::Message(text) => surface.message(&text),
            Frame::Progress(progress) => surface.progress(&progress),
            Frame::EndProgress => surface.end_progress(),
            Frame::Exit(code) => {
                surface.end_progress().map_err(|error| Failure::nobody_listens(&error))?;
                return Ok(code);
            }
            Frame::Ask(question) => {
                let answer = surface.ask(&question).map_err(|error| Failure::nobody_listens(&error))?;
                Frame::Answer(answer).write(&mut server).map_err(|error| lost(&error))?;
                Ok(())
            }
            Frame::Request(_) | Frame::Answer(_) => return Err(lost(&io::ErrorKind::InvalidData.into())),
        };
        shown.map_err(|error| Failure::nobody_listens(&error))?;
    }
}

fn lost(error: &io::Error) -> Failure {
    Failure::new(
        Exit::Found,
        "server-gone",
        format!(
            "Die Verbindung zum Server ist abgebrochen ({error}). Was er bestätigt hat, ist gespeichert. Sehen Sie nach, ob er läuft, und wiederholen Sie den Befehl."
        ),
        format!(
            "The connection to the server broke off ({error}). What it had confirmed is saved. See whether it runs, and repeat the command."
        ),
    )
}
