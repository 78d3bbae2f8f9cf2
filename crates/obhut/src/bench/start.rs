//! Start with 1,000 tenants (goals: 1 s, 60 MiB before the first request), and that an idle tenant is closed again.
//!
//! The start is that of a process of its own: the bench calls its own program with `--start-only`, which opens the folder as `serve` does,
//! says how long it took and how much memory it has, and ends.
use super::business::Result;
use super::figure::{Figure, Goal, median};
use super::machine;
use base::{Actor, Clock, SharedClock, SystemClock, Timestamp};
use keys::MasterKey;
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Instant;
use store::{Instance, InstanceSettings, NewTenant};

const RUNS: usize = 3;
/// Threads that make the tenants; making one mostly waits for the disk.
const MAKERS: usize = 4;

/// What a started process says.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Started {
    /// From the first line of the program to the folder being open, in milliseconds.
    pub open_ms: f64,
    /// Memory then, in MiB.
    pub resident_mib: f64,
    /// Tenants in the directory.
    pub tenants: usize,
}

/// Opens the folder as `serve` does and says what it took.
pub(super) fn child(folder: &Path) -> Result<Started> {
    let begun = Instant::now();
    let master = MasterKey::read(&folder.join("master.key"))?;
    let instance = Instance::open(&folder.join("data"), master, Arc::new(SystemClock), InstanceSettings::default())?;
    let tenants = instance.tenants().len();
    Ok(Started { open_ms: begun.elapsed().as_secs_f64() * 1e3, resident_mib: machine::resident_mib(), tenants })
}

pub(super) fn measure(
    folder: &Path,
    tenants: u64,
    progress: &mut (dyn FnMut(u64) -> Result<()> + Send),
) -> Result<Vec<Figure>> {
    std::fs::create_dir(folder)?;
    make(folder, tenants, progress)?;
    let program = std::env::current_exe()?;
    let run = |place: &Path| -> Result<(f64, Started)> {
        let begun = Instant::now();
        let output = Command::new(&program).args(["bench", "--start-only"]).arg(place).stdin(Stdio::null()).output()?;
        let took = begun.elapsed().as_secs_f64() * 1e3;
        if !output.status.success() {
            return Err(format!("the started process failed: {}", String::from_utf8_lossy(&output.stderr)).into());
        }
        Ok((took, serde_json::from_slice(&output.stdout)?))
    };
    let empty = folder.join("empty");
    std::fs::create_dir(&empty)?;
    MasterKey::generate().write_new(&empty.join("master.key"))?;
    run(&empty)?;
    let (mut times, mut bare, mut memory, mut bare_memory) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..RUNS {
        let (took, started) = run(&empty)?;
        bare.push(took);
        bare_memory.push(started.resident_mib);
        let (took, started) = run(folder)?;
        if started.tenants as u64 != tenants {
            return Err(format!("{} of {tenants} tenants were found", started.tenants).into());
        }
        times.push(took);
        memory.push(started.resident_mib);
    }
    let mut figures = vec![
        Figure::new(
            format!("start-with-{tenants}-tenants"),
            (median(times), "ms"),
            Some((median(bare), "without tenants")),
            Goal::AtMost(1_000.0),
        ),
        Figure::new(
            format!("memory-with-{tenants}-tenants"),
            (median(memory), "MiB"),
            Some((median(bare_memory), "without tenants")),
            Goal::AtMost(60.0),
        ),
    ];
    figures.push(idle(folder)?);
    Ok(figures)
}

fn make(folder: &Path, tenants: u64, progress: &mut (dyn FnMut(u64) -> Result<()> + Send)) -> Result<()> {
    let master = MasterKey::generate();
    master.write_new(&folder.join("master.key"))?;
    let instance = Instance::open(&folder.join("data"), master, Arc::new(SystemClock), InstanceSettings::default())?;
    let next = AtomicU64::new(0);
    let make = || -> Result<()> {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= tenants {
                return Ok(());
            }
            let new = NewTenant {
                id: keys::random_id(),
                zone: "Europe/Berlin".into(),
                marker: "test".into(),
                packs: vec!["core".into()],
                server: None,
            };
            instance.create_tenant(&Actor::Operator("bench".into()), &format!("Mandant {number}"), &new)?;
        }
    };
    std::thread::scope(|scope| {
        let makers: Vec<_> = (0..MAKERS).map(|_| scope.spawn(make)).collect();
        let mut outcome = Ok(());
        for maker in makers {
            outcome = outcome.and(maker.join().map_err(|_| "making a tenant failed")?);
        }
        outcome
    })?;
    progress(tenants)
}

/// A clock that the bench moves on.
#[derive(Default)]
struct Moved(AtomicI64);

impl Clock for Moved {
    fn now(&self) -> Timestamp {
        SystemClock.now().plus_ms(self.0.load(Ordering::Relaxed))
    }
}

/// Opens a few tenants, lets the clock run on, and counts those that stay open.
fn idle(folder: &Path) -> Result<Figure> {
    let moved = Arc::new(Moved::default());
    let clock: SharedClock = Arc::<Moved>::clone(&moved);
    let settings = InstanceSettings::default();
    let past = settings.idle_ms + 1;
    let instance = Instance::open(&folder.join("data"), MasterKey::read(&folder.join("master.key"))?, clock, settings)?;
    for info in instance.tenants().into_iter().take(10) {
        drop(instance.tenant(info.id)?);
    }
    let opened = instance.open_tenants();
    moved.0.store(past, Ordering::Relaxed);
    instance.close_idle();
    #[expect(clippy::cast_precision_loss, reason = "ten at most")]
    let (open, opened) = (instance.open_tenants() as f64, opened as f64);
    Ok(Figure::new("idle-tenants-still-open", (open, "1"), Some((opened, "opened before")), Goal::AtMost(0.0)))
}
