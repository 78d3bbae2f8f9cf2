//! A commit whose answer was lost with the way to the server: it is asked after, so that it is neither lost nor done twice.
use super::{Committed, Writer};
use crate::engine::Connection;
use crate::index::Position;
use crate::journal::Tree;
use crate::{Error, Result};
use std::sync::atomic::Ordering;

/// What the journal is if such a commit went through.
pub(crate) struct Unsure {
    pub after: Tree,
    pub note: String,
}

/// How often the server is asked what became of a commit, and how long between: half a minute. Afterwards whoever waits is told that nobody knows.
const ASK_AGAIN: std::time::Duration = std::time::Duration::from_millis(100);
const ASKS: u32 = 300;

impl Writer {
    /// Asks the server, once it is there again, whether a commit went through whose answer was lost.
    pub(super) fn went_through(&mut self, unsure: Unsure) -> Result<bool> {
        for _ in 0..ASKS {
            match self.asked(&unsure) {
                Ok(answer) => return Ok(answer),
                Err(error @ Error::Conflict { .. }) => return Err(error),
                Err(_) => std::thread::park_timeout(ASK_AGAIN),
            }
        }
        self.unsure = Some(unsure);
        let message = "the connection to the database server was lost while this was being saved, and the server has not come back: it is not known whether it was saved. Look before you enter it again";
        Err(Error::Busy { message: message.into() })
    }

    fn asked(&mut self, unsure: &Unsure) -> Result<bool> {
        let records = &mut self.state.records;
        records.begin()?;
        let head = crate::tenant::Head::read(records);
        records.rollback();
        let head = head?;
        if head.fence != self.state.fence {
            return Err(Error::conflict("fenced", "another node has taken over this tenant"));
        }
        Ok(head.size == unsure.after.size() && head.root == unsure.after.root())
    }

    /// Before anything else is written: what became of the commit that nobody knew of. If it went through, the journal goes on behind it and the
    /// index catches up.
    pub(super) fn find_out(&mut self) -> Result<()> {
        let Some(unsure) = self.unsure.take() else { return Ok(()) };
        match self.asked(&unsure) {
            Ok(false) => Ok(()),
            Ok(true) => {
                self.state.commit_no += 1;
                self.state.tree = unsure.after;
                *self.shared.newest_note.lock() = unsure.note;
                (self.checkpoints)();
                self.shared.index_failed.store(true, Ordering::Release);
                let position = Position(i64::try_from(self.state.tree.size()).unwrap_or(i64::MAX));
                let (changes, answers, after) = (Vec::new(), Vec::new(), Vec::new());
                self.hand_over(Committed { changes, position, answers, after, reached: None });
                Ok(())
            }
            Err(error) => {
                self.unsure = Some(unsure);
                Err(error)
            }
        }
    }
}
