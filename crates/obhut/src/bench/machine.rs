//! What the figures were measured on.
use rustix::fs::statvfs;
use serde::Serialize;
use std::path::Path;

/// The machine, as far as it can be asked.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Machine {
    /// Processor, as it names itself.
    pub cpu: String,
    /// Threads that run at a time.
    pub cores: usize,
    /// Memory in MiB.
    pub memory_mib: u64,
    /// Kernel.
    pub system: String,
    /// File system of the folder that was written to: type and device.
    pub disk: String,
    /// Free there, in MiB.
    pub free_mib: u64,
    /// Others' load while it was measured: the average over one minute at the start and at the end. Above 0.1 or so, somebody else was working.
    pub load: [f64; 2],
    /// Whether this is an optimised build; figures of another say nothing.
    pub optimised: bool,
}

fn line(path: &str, wanted: &str) -> Option<String> {
    let text = std::fs::read_to_string(path).ok()?;
    let line = text.lines().find(|line| line.starts_with(wanted))?;
    Some(line.split_once(':').map_or(line, |(_, value)| value).trim().to_owned())
}

/// The load average over one minute; 0 if it cannot be asked.
pub(super) fn load() -> f64 {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().and_then(|first| first.parse().ok()).unwrap_or_default()
}

/// Memory of this process that is in use, in MiB.
pub(super) fn resident_mib() -> f64 {
    let kib = line("/proc/self/status", "VmRSS")
        .and_then(|text| text.split(' ').next().and_then(|kib| kib.parse::<f64>().ok()));
    kib.unwrap_or_default() / 1024.0
}

/// Type and device of the file system that a path lies on.
fn mount(path: &Path) -> Option<String> {
    let mounts = std::fs::read_to_string("/proc/self/mounts").ok()?;
    let fits = mounts.lines().filter_map(|line| {
        let mut parts = line.split(' ');
        let (device, at, kind) = (parts.next()?, parts.next()?, parts.next()?);
        path.starts_with(at).then(|| (at.len(), format!("{kind} on {device}")))
    });
    fits.max_by_key(|(length, _)| *length).map(|(_, text)| text)
}

impl Machine {
    pub(super) fn read(folder: &Path) -> Self {
        let memory = line("/proc/meminfo", "MemTotal")
            .and_then(|text| text.split(' ').next().and_then(|kib| kib.parse::<u64>().ok()));
        let system = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
        let free = statvfs(folder).map_or(0, |about| about.f_bavail.saturating_mul(about.f_frsize) >> 20);
        Self {
            cpu: line("/proc/cpuinfo", "model name").unwrap_or_else(|| std::env::consts::ARCH.to_owned()),
            cores: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            memory_mib: memory.unwrap_or_default() / 1024,
            system: format!("{} {}", std::env::consts::OS, system.trim()),
            disk: mount(folder).unwrap_or_default(),
            free_mib: free,
            load: [load(), load()],
            optimised: !cfg!(debug_assertions),
        }
    }
    /// One paragraph.
    pub(super) fn text(&self) -> String {
        let Self { cpu, cores, memory_mib, system, disk, free_mib, load: [before, after], optimised } = self;
        let build = if *optimised { "release build" } else { "NOT an optimised build: these figures say nothing" };
        format!(
            "{cpu}, {cores} threads, {memory_mib} MiB memory, {system}, {disk} ({free_mib} MiB free), load {before:.1} to {after:.1}, {build}\n"
        )
    }
}
