//! The data folder and the master key.
use super::{Looked, unreadable};
use crate::failure::Failure;
use crate::migration::shown;
use crate::output::Lang;
use crate::place::{self, KeyPlace};
use crate::settings::Settings;
use crate::socket;
use base::Severity;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Less room than this is too little to work with, in bytes.
const ROOM_NEEDED: u64 = 1024 * 1024 * 1024;

pub(super) fn look(folder: &Path, settings: &Settings) -> Result<Vec<Looked>, Failure> {
    let mut all = vec![data_folder(folder)?, master_key(folder), server(folder), room(folder)];
    all.extend(format(folder, settings));
    all.extend(halves(folder, settings));
    Ok(all)
}

/// The halves that moves have left: they hold what the businesses hold, and go when somebody says so or their time is over.
fn halves(folder: &Path, settings: &Settings) -> Vec<Looked> {
    let key = KeyPlace::find(folder, |name| std::env::var_os(name));
    if !place::has_data(folder) || !key.path().exists() {
        return Vec::new();
    }
    let Ok(master) = keys::MasterKey::read(key.path()) else { return Vec::new() };
    // What cannot be read is named above.
    let kept = store::Instance::kept_halves(folder, &master, &settings.instance()).unwrap_or_default();
    let looked = |(name, former): (String, store::FormerHalf)| {
        let (place, until) = (former.place.server().unwrap_or("embedded"), former.until);
        Looked::bad(
            "former-half",
            Severity::Note,
            (
                format!("„{name}“: die Hälfte vom Umzug ({place}) wird bis {until} aufbewahrt."),
                format!("“{name}”: the half that the move has left ({place}) is kept until {until}."),
            ),
            (
                "Wenn dort, wo er jetzt liegt, alles stimmt: obhut tenant move T --approve",
                "When all is well where it lies now: obhut tenant move T --approve",
            ),
        )
    };
    kept.into_iter().map(looked).collect()
}

/// Whether the data is of this version; if it is older, what the next command will do to it. Changes nothing. Nothing is said without a key.
fn format(folder: &Path, settings: &Settings) -> Option<Looked> {
    let key = KeyPlace::find(folder, |name| std::env::var_os(name));
    if !place::has_data(folder) || !key.path().exists() {
        return None;
    }
    let master = keys::MasterKey::read(key.path()).ok()?;
    let days = settings.migration.keep_copy_days.get();
    Some(match store::Instance::migration_plan(folder, &master, &settings.instance()) {
        Ok(None) => {
            Looked::good("format", "Die Daten sind auf dem Stand dieser Version.", "The data is of this version.")
        }
        Ok(Some(plan)) => Looked::bad(
            "format",
            Severity::Note,
            (shown(&plan, Lang::De).trim_end(), shown(&plan, Lang::En).trim_end()),
            (
                format!("Der nächste Befehl tut das; vorher legt er eine Kopie an und hebt sie {days} Tage auf."),
                format!("The next command does this; it makes a copy before and keeps it for {days} days."),
            ),
        ),
        Err(error) => Looked::bad(
            "format",
            Severity::Error,
            (format!("Die Daten lassen sich nicht öffnen: {error}."), format!("The data cannot be opened: {error}.")),
            ("obhut journal verify nennt, was beschädigt ist.", "obhut journal verify names what is damaged."),
        ),
    })
}

fn data_folder(folder: &Path) -> Result<Looked, Failure> {
    let shown = folder.display();
    let about = match fs::metadata(folder) {
        Ok(about) => about,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Ok(Looked::bad(
                "data-folder",
                Severity::Note,
                (
                    format!("Der Datenordner {shown} ist noch nicht da."),
                    format!("The data folder {shown} is not there yet."),
                ),
                (
                    "obhut tenant create NAME --admin LOGIN legt ihn an.",
                    "obhut tenant create NAME --admin LOGIN makes it.",
                ),
            ));
        }
        Err(error) => return Err(unreadable(folder, &error)),
    };
    let open = about.permissions().mode() & 0o077;
    Ok(if open == 0 {
        Looked::good(
            "data-folder",
            format!("Den Datenordner {shown} sieht nur sein Besitzer."),
            format!("Only its owner sees the data folder {shown}."),
        )
    } else {
        Looked::bad(
            "data-folder",
            Severity::Error,
            (
                format!("Den Datenordner {shown} sehen auch andere Benutzer."),
                format!("Other users can see the data folder {shown}."),
            ),
            (format!("chmod 700 {shown}"), format!("chmod 700 {shown}")),
        )
    })
}

fn master_key(folder: &Path) -> Looked {
    let key = KeyPlace::find(folder, |name| std::env::var_os(name));
    let shown = key.path().display();
    let private = keys::file_mode_is_private(key.path());
    match (&key, private) {
        (_, Ok(false)) => Looked::bad(
            "master-key",
            Severity::Error,
            (
                format!("Den Hauptschlüssel {shown} können andere Benutzer lesen."),
                format!("Other users can read the master key {shown}."),
            ),
            (format!("chmod 600 {shown}"), format!("chmod 600 {shown}")),
        ),
        (KeyPlace::BesideData(_), Ok(true)) => Looked::bad(
            "master-key",
            Severity::Warning,
            (
                "Der Hauptschlüssel liegt neben den Daten: wer den Ordner hat, kann alles lesen.",
                "The master key lies beside the data: whoever has the folder can read everything.",
            ),
            (
                "Legen Sie ihn an einen anderen Ort und nennen Sie diesen in $OBHUT_MASTER_KEY_FILE, oder geben Sie ihn als systemd-Credential obhut-master-key.",
                "Put it elsewhere and name the place in $OBHUT_MASTER_KEY_FILE, or give it as the systemd credential obhut-master-key.",
            ),
        ),
        (_, Ok(true)) => Looked::good(
            "master-key",
            format!("Der Hauptschlüssel liegt außerhalb der Daten: {shown}."),
            format!("The master key lies outside the data: {shown}."),
        ),
        (_, Err(_)) if place::has_data(folder) => Looked::bad(
            "master-key",
            Severity::Error,
            (
                format!("Daten sind da, der Hauptschlüssel {shown} ist es nicht."),
                format!("There is data, but the master key {shown} is not there."),
            ),
            (
                "Legen Sie ihn zurück, oder nennen Sie seinen Ort in $OBHUT_MASTER_KEY_FILE.",
                "Put it back, or name its place in $OBHUT_MASTER_KEY_FILE.",
            ),
        ),
        (_, Err(_)) => Looked::bad(
            "master-key",
            Severity::Note,
            ("Es gibt noch keinen Hauptschlüssel.", "There is no master key yet."),
            (
                "Für den Betrieb: (umask 077; head -c 32 /dev/urandom > DATEI) und $OBHUT_MASTER_KEY_FILE=DATEI; sonst entsteht einer neben den Daten.",
                "For production: (umask 077; head -c 32 /dev/urandom > FILE) and $OBHUT_MASTER_KEY_FILE=FILE; otherwise one is made beside the data.",
            ),
        ),
    }
}

fn server(folder: &Path) -> Looked {
    if socket::client::connect(folder).is_some() {
        Looked::good(
            "server",
            "Ein Server bedient diesen Ordner; Befehle laufen über ihn.",
            "A server serves this folder; commands go through it.",
        )
    } else {
        Looked::good(
            "server",
            "Kein Server bedient diesen Ordner; Befehle öffnen ihn selbst.",
            "No server serves this folder; commands open it themselves.",
        )
    }
}

fn room(folder: &Path) -> Looked {
    let nearest = folder.ancestors().find(|path| path.exists()).unwrap_or(Path::new("/"));
    let Ok(about) = rustix::fs::statvfs(nearest) else { return "room".into() };
    let free = about.f_bavail.saturating_mul(about.f_frsize);
    let mib = free / (1024 * 1024);
    if free >= ROOM_NEEDED {
        Looked::good("room", format!("{mib} MiB sind frei."), format!("{mib} MiB are free."))
    } else {
        Looked::bad(
            "room",
            Severity::Warning,
            (format!("Nur {mib} MiB sind frei."), format!("Only {mib} MiB are free.")),
            (
                "Schaffen Sie Platz: bei voller Platte wird nichts mehr gespeichert.",
                "Make room: with a full disk nothing can be saved.",
            ),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_open_folder_is_an_error_and_a_missing_one_a_note() {
        let folder = testkit::TempDir::new().unwrap();
        assert_eq!(data_folder(&folder.join("none")).unwrap().severity, Some(Severity::Note));
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        assert_eq!(data_folder(folder.path()).unwrap().severity, Some(Severity::Error));
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700)).unwrap();
        assert_eq!(data_folder(folder.path()).unwrap().severity, None);
    }
}
