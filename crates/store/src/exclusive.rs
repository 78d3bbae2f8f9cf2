//! The writer held for itself: work of several commits, between which nobody else writes. Erasures and the rotation of keys.
use crate::engine::Connection;
use crate::index::Position;
use crate::op::{Caller, Op};
use crate::shared::Shared;
use crate::statements::on_keys;
use crate::writer::{Committed, DESTROYED, State, Writer};
use crate::{Error, Result};
use std::sync::Arc;

/// The writer held for a work of several commits.
pub struct Exclusive<'w> {
    pub(crate) writer: &'w mut Writer,
}

impl Exclusive<'_> {
    /// The tenant that is worked on.
    pub fn tenant(&self) -> Arc<Shared> {
        Arc::clone(&self.writer.shared)
    }

    /// Runs one operation in a commit of its own and waits until the index has it.
    pub fn op<T: Send + 'static, E: From<Error> + Send + 'static>(
        &mut self,
        caller: Caller,
        work: impl FnOnce(&mut Op<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E> {
        let (answer, answered) = std::sync::mpsc::sync_channel(1);
        self.writer.batch(vec![crate::tenant::task(caller, work, move |result| drop(answer.send(result)))]);
        match answered.recv() {
            Ok(result) => result,
            Err(_) => Err(Error::Busy { message: "the operation did not answer".into() }.into()),
        }
    }

    /// Destroys keys: their rows overwritten, keys.db's write-ahead log emptied, the unwrapped ones forgotten. When this returns, nothing that
    /// they sealed can be opened with what is on this machine.
    pub fn destroy_keys(&mut self, units: &[i64]) -> Result<()> {
        let state = &mut self.writer.state;
        let parts = state.keys.parts_of_units(units)?;
        state.begin_keys()?;
        let mut destroy = || -> Result<()> {
            for unit in units {
                state.keys.execute((&on_keys::KEY_DESTROY).into(), &[(*unit).into(), (&DESTROYED).into()])?;
                state.keys.execute((&on_keys::UNIQUE_OF_UNIT).into(), &[(*unit).into()])?;
            }
            let count = crate::reapply::destructions(&mut state.keys)? + 1;
            crate::reapply::set_destructions(&mut state.keys, count)?;
            state.keys.commit()
        };
        if let Err(error) = destroy() {
            state.keys.rollback();
            return Err(error);
        }
        for unit in units {
            self.writer.shared.units.forget(*unit);
        }
        self.forget(&Which::Keys(parts))?;
        let shared = &self.writer.shared;
        crate::migrate::destroy_in_copies(&shared.paths, &shared.ring(), &shared.settings, units)?;
        crate::moving::destroy_in_halves(shared, units)
    }

    pub(crate) fn state(&mut self) -> &mut State {
        &mut self.writer.state
    }

    /// Ends readers that are older than this moment less `grace_ms`, and empties the write-ahead log of records.db: no overwritten page is left.
    pub fn forget_records(&mut self) -> Result<()> {
        self.forget(&Which::Records)
    }

    fn forget(&mut self, which: &Which) -> Result<()> {
        let now = self.writer.shared.clock.now();
        self.writer.shared.end_readers(now.plus_ms(-READER_GRACE_MS));
        let state = &mut self.writer.state;
        let mut forget = || match which {
            Which::Keys(parts) => state.keys.forget_parts(parts),
            Which::Records => state.records.forget_overwritten(),
        };
        let first = forget();
        if first.is_ok() {
            return first;
        }
        // A reader was quicker: end all of them and try once more.
        self.writer.shared.end_readers(now.plus_ms(1));
        forget()
    }

    /// Waits until the index has everything committed so far, and neither its file nor its write-ahead log holds anything overwritten.
    pub fn forget_index(&mut self) -> Result<()> {
        let (reached, wait) = std::sync::mpsc::sync_channel(1);
        let position = Position(i64::try_from(self.writer.state.tree.size()).unwrap_or(i64::MAX));
        let committed =
            Committed { changes: Vec::new(), position, answers: Vec::new(), after: Vec::new(), reached: Some(reached) };
        self.writer.hand_over(committed);
        self.writer.shared.end_readers(self.writer.shared.clock.now().plus_ms(1));
        match wait.recv() {
            // What other nodes have of it is closed for good: those that keep one make it anew.
            Ok(true) => self.writer.shared.paths.revoke_other_copies(),
            Ok(false) => Err(Error::Busy { message: "index.db still holds what was erased".into() }),
            Err(_) => Err(Error::Busy { message: "the index did not answer".into() }),
        }
    }
}

enum Which {
    /// With the parts of its tables that were written.
    Keys(Vec<String>),
    Records,
}

/// A reader may go on so long beside an erasure before it is ended.
const READER_GRACE_MS: i64 = 2_000;
