//! The machine: account, swap, core dumps, open files, clock, kind of file system, ports.
use super::{Looked, read};
use crate::serve;
use crate::settings::Settings;
use crate::socket;
use base::Severity;
use base::{Clock, SystemClock, Timestamp};
use rustix::process::{Resource, getrlimit};
use std::path::Path;

/// Files that an open tenant may have open: three databases with their logs, times its readers.
const FILES_PER_TENANT: u64 = 24;
/// 2026-01-01: no machine that runs this program is earlier.
const EARLIEST: Timestamp = Timestamp(1_767_225_600_000);
/// File systems across a network, by their magic numbers: locks and the order of writes cannot be relied on.
const NETWORKED: &[(i64, &str)] = &[(0x6969, "NFS"), (0x517b, "SMB"), (0xff53_4d42, "CIFS"), (0xfe53_4d42, "SMB2")];

pub(super) fn look(folder: &Path, settings: &Settings) -> Vec<Looked> {
    let mut all = vec![account(), swap(&read("/proc/swaps")), dumps(), files(settings), clock(), file_system(folder)];
    if socket::client::connect(folder).is_none() {
        all.push(ports(settings));
    }
    all
}

fn account() -> Looked {
    if rustix::process::geteuid().is_root() {
        Looked::bad(
            "account",
            Severity::Warning,
            ("Obhut läuft als root.", "Obhut runs as root."),
            (
                "Geben Sie dem Dienst ein eigenes Konto (systemd: User= oder DynamicUser=yes).",
                "Give the service an account of its own (systemd: User= or DynamicUser=yes).",
            ),
        )
    } else {
        Looked::good("account", "Obhut läuft ohne Verwalterrechte.", "Obhut runs without an administrator's rights.")
    }
}

/// Swap may hold keys and open records. What lies on a mapped device or in memory is taken as encrypted.
fn swap(swaps: &str) -> Looked {
    let devices = swaps.lines().skip(1).filter_map(|line| line.split_whitespace().next());
    let open: Vec<&str> = devices
        .filter(|device| {
            !device.starts_with("/dev/dm-") && !device.starts_with("/dev/zram") && !device.starts_with("/dev/mapper/")
        })
        .collect();
    if open.is_empty() {
        Looked::good("swap", "Es wird nichts unverschlüsselt ausgelagert.", "Nothing is swapped out unencrypted.")
    } else {
        let open = open.join(", ");
        Looked::bad(
            "swap",
            Severity::Warning,
            (
                format!("Ausgelagert wird nach {open}: dort können Schlüssel und Daten stehen bleiben."),
                format!("Memory is swapped out to {open}: keys and data may stay there."),
            ),
            (
                "swapoff, oder Auslagern mit einem Schlüssel je Start verschlüsseln (crypttab: swap /dev/… /dev/urandom swap).",
                "swapoff, or encrypt swap with a key per start (crypttab: swap /dev/… /dev/urandom swap).",
            ),
        )
    }
}

fn dumps() -> Looked {
    if getrlimit(Resource::Core).current == Some(0) {
        Looked::good(
            "core-dumps",
            "Speicherabzüge sind für Obhut abgeschaltet.",
            "Core dumps are switched off for Obhut.",
        )
    } else {
        "core-dumps".into()
    }
}

fn files(settings: &Settings) -> Looked {
    let needed = u64::from(settings.tenants.max_open.get()).saturating_mul(FILES_PER_TENANT).max(1024);
    match getrlimit(Resource::Nofile).current {
        Some(limit) if limit < needed => Looked::bad(
            "open-files",
            Severity::Warning,
            (
                format!("Nur {limit} Dateien dürfen offen sein; gebraucht werden bis zu {needed}."),
                format!("Only {limit} files may be open; up to {needed} are needed."),
            ),
            (
                format!("ulimit -n {needed}, oder systemd: LimitNOFILE={needed}"),
                format!("ulimit -n {needed}, or systemd: LimitNOFILE={needed}"),
            ),
        ),
        _ => Looked::good("open-files", "Genug Dateien dürfen offen sein.", "Enough files may be open."),
    }
}

fn clock() -> Looked {
    let now = SystemClock.now();
    if now < EARLIEST {
        Looked::bad(
            "clock",
            Severity::Error,
            (format!("Die Uhr steht auf {now}."), format!("The clock says {now}.")),
            (
                "Stellen Sie sie (timedatectl set-ntp true): Fristen hängen an ihr.",
                "Set it (timedatectl set-ntp true): periods depend on it.",
            ),
        )
    } else {
        Looked::good("clock", format!("Die Uhr steht auf {now}."), format!("The clock says {now}."))
    }
}

fn file_system(folder: &Path) -> Looked {
    let nearest = folder.ancestors().find(|path| path.exists()).unwrap_or(Path::new("/"));
    let Ok(about) = rustix::fs::statfs(nearest) else { return "file-system".into() };
    match NETWORKED.iter().find(|(magic, _)| *magic == about.f_type) {
        Some((_, name)) => Looked::bad(
            "file-system",
            Severity::Error,
            (
                format!("Der Datenordner liegt auf {name}, also im Netz."),
                format!("The data folder lies on {name}, across a network."),
            ),
            (
                "Legen Sie ihn auf eine Platte dieses Rechners: Sperren und Reihenfolge der Schreibvorgänge gelten dort nicht sicher.",
                "Put it on a disk of this machine: locks and the order of writes do not surely hold there.",
            ),
        ),
        None => Looked::good(
            "file-system",
            "Der Datenordner liegt auf diesem Rechner.",
            "The data folder lies on this machine.",
        ),
    }
}

fn ports(settings: &Settings) -> Looked {
    match serve::ports(None, None, settings) {
        Ok(_) => Looked::good("ports", "Die Ports sind frei.", "The ports are free."),
        Err(failure) => Looked::bad(
            "ports",
            Severity::Warning,
            (failure.text.de, failure.text.en),
            ("--port-offset N", "--port-offset N"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn swap_on_an_open_device_is_seen() {
        let head = "Filename\tType\tSize\tUsed\tPriority\n";
        assert_eq!(swap(head).severity, None);
        assert_eq!(swap(&format!("{head}/dev/dm-1 partition 1 0 -2\n/dev/zram0 partition 1 0 100\n")).severity, None);
        assert_eq!(swap(&format!("{head}/dev/sda2 partition 1 0 -2\n")).severity, Some(Severity::Warning));
        assert_eq!(swap("").severity, None);
    }
}
