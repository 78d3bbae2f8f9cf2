//! How many password hashes run at once: one per core, over all tenants. Each takes 19 MiB and a core for about 20 ms, and whoever is not yet signed in
//! can ask for one; without a limit strangers could take all memory.
use crate::Settings;
use crate::error::{Error, Result};
use parking_lot::{Condvar, Mutex};
use std::sync::OnceLock;

struct Slots {
    most: usize,
    used: Mutex<Used>,
    free: Condvar,
}

#[derive(Default)]
struct Used {
    running: usize,
    waiting: usize,
}

/// The right to run one hash; given back when dropped.
pub(crate) struct Slot<'a>(&'a Slots);

static SLOTS: OnceLock<Slots> = OnceLock::new();

/// Waits for a turn. `Busy` when too many wait already.
pub(crate) fn take() -> Result<Slot<'static>> {
    let cores = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    SLOTS.get_or_init(|| Slots::new(cores())).take(Settings::HASHES_WAITING)
}

impl Slots {
    fn new(most: usize) -> Self {
        Self { most, used: Mutex::default(), free: Condvar::new() }
    }

    fn take(&self, most_waiting: usize) -> Result<Slot<'_>> {
        let mut used = self.used.lock();
        if used.running >= self.most {
            if used.waiting >= most_waiting {
                return Err(Error::Busy);
            }
            used.waiting += 1;
            while used.running >= self.most {
                self.free.wait(&mut used);
            }
            used.waiting -= 1;
        }
        used.running += 1;
        Ok(Slot(self))
    }
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        self.0.used.lock().running -= 1;
        self.0.free.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn no_more_run_than_may_and_everyone_gets_a_turn() {
        let slots = Slots::new(2);
        let (running, most, done) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..200 {
                        let _slot = slots.take(8).unwrap();
                        most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                        std::thread::yield_now();
                        running.fetch_sub(1, Ordering::SeqCst);
                        done.fetch_add(1, Ordering::SeqCst);
                    }
                });
            }
        });
        assert_eq!(done.load(Ordering::SeqCst), 1_600);
        assert!(most.load(Ordering::SeqCst) <= 2);
    }

    #[test]
    fn too_many_are_sent_away() {
        let slots = Slots::new(1);
        let held = slots.take(0).unwrap();
        assert!(matches!(slots.take(0), Err(Error::Busy)));
        drop(held);
        assert!(slots.take(0).is_ok());
    }
}
