//! The database servers of the settings: whether they answer, are new enough, and keep nothing that is destroyed.
use super::Looked;
use base::Severity;
use store::postgres::Server;

pub(super) fn look(server: &Server) -> Looked {
    let name = &server.name;
    match server.check() {
        Ok(()) => Looked::good(
            "database-server",
            format!("Datenbankserver „{name}“: antwortet; die Schlüssel liegen getrennt von den Datensätzen."),
            format!("Database server {name}: it answers; keys lie apart from records."),
        ),
        Err(store::Error::Input { message, .. }) => Looked::bad(
            "database-server",
            Severity::Error,
            (format!("{}.", message.get("de")), format!("{}.", message.get("en"))),
            (
                "Richten Sie für die Schlüssel einen eigenen Server ein: docs/scaling.md.",
                "Set up a server of its own for the keys: docs/scaling.md.",
            ),
        ),
        Err(error) => Looked::bad(
            "database-server",
            Severity::Error,
            (format!("Datenbankserver „{name}“: {error}."), format!("Database server {name}: {error}.")),
            (
                "Prüfen Sie Adresse, Rolle und Kennwortdatei in den Einstellungen, und ob der Server läuft.",
                "Look at address, role and password file in the settings, and whether the server runs.",
            ),
        ),
    }
}
