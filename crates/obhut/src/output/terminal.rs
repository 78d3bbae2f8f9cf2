//! The surface of a process of its own: standard output, standard error, a bar if that is a terminal, standard input.
use super::{Progress, Question, Surface};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{self, IsTerminal, Read, Write};
use std::os::fd::AsFd;

/// A line of a terminal may be so long.
const MAX_LINE_BYTES: u64 = 16 * 1024;

/// Writes to this process's own streams.
#[derive(Default)]
pub(crate) struct Terminal {
    bar: Option<ProgressBar>,
}

impl Surface for Terminal {
    fn result(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut stdout = io::stdout().lock();
        stdout.write_all(bytes)?;
        stdout.flush()
    }
    fn message(&mut self, text: &str) -> io::Result<()> {
        let write = || writeln!(io::stderr().lock(), "{text}");
        match &self.bar {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }
    fn progress(&mut self, progress: &Progress) -> io::Result<()> {
        if !io::stderr().is_terminal() {
            return Ok(());
        }
        let bar = self.bar.get_or_insert_with(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            let style = ProgressStyle::with_template("{msg:34} {wide_bar} {human_pos}/{human_len}");
            bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
        });
        if progress.total > 0 {
            bar.set_length(progress.total);
        }
        bar.set_message(progress.label.clone());
        bar.set_position(progress.done);
        Ok(())
    }
    fn end_progress(&mut self) -> io::Result<()> {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
        Ok(())
    }
    fn ask(&mut self, question: &Question) -> io::Result<Option<String>> {
        match question {
            Question::Input(max) => input(*max).map(Some),
            Question::Line(prompt) => typed(prompt, true),
            Question::Secret(prompt) => typed(prompt, false),
        }
    }
}

/// All of standard input, as text.
fn input(max: u64) -> io::Result<String> {
    let mut text = String::new();
    io::stdin().lock().take(max.saturating_add(1)).read_to_string(&mut text)?;
    if text.len() as u64 > max {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("more than {max} bytes on standard input")));
    }
    Ok(text)
}

/// A line typed at the terminal; `None` if standard input or standard error is none.
fn typed(prompt: &str, shown: bool) -> io::Result<Option<String>> {
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return Ok(None);
    }
    let mut stderr = io::stderr().lock();
    stderr.write_all(prompt.as_bytes())?;
    stderr.flush()?;
    let hidden = if shown { None } else { Some(Hidden::start()?) };
    let mut line = String::new();
    let mut bytes = io::stdin().lock().take(MAX_LINE_BYTES);
    let read = io::BufRead::read_line(&mut io::BufReader::new(&mut bytes), &mut line)?;
    if hidden.is_some() {
        writeln!(stderr)?;
    }
    Ok((read > 0).then(|| line.trim_end_matches(['\r', '\n']).to_owned()))
}

/// Typed letters are not shown as long as this lives.
struct Hidden(rustix::termios::Termios);

impl Hidden {
    fn start() -> io::Result<Self> {
        use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
        let stdin = io::stdin();
        let before = tcgetattr(stdin.as_fd())?;
        let mut quiet = before.clone();
        quiet.local_modes.remove(LocalModes::ECHO);
        tcsetattr(stdin.as_fd(), OptionalActions::Flush, &quiet)?;
        Ok(Self(before))
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        use rustix::termios::{OptionalActions, tcsetattr};
        // A terminal that has gone away needs no echo.
        let _ = tcsetattr(io::stdin().as_fd(), OptionalActions::Flush, &self.0);
    }
}
