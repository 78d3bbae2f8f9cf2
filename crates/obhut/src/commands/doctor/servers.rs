//! The database servers of the settings: whether they answer, are new enough, and keep nothing that is destroyed.
use super::Looked;
use base::Severity;
use store::postgres::{self, Server, ServerReport};

pub(super) fn look(server: &Server) -> Looked {
    let name = &server.name;
    match server.look() {
        Ok([records, keys]) => {
            let way = |report: &ServerReport, none: &str| report.encrypted.clone().unwrap_or_else(|| none.to_owned());
            let most = postgres::metrics(server).map(|side| i64::try_from(side.limit).unwrap_or(i64::MAX));
            let few = [&records, &keys].into_iter().zip(most).find(|(report, most)| report.connections[1] < *most);
            if let Some((report, most)) = few {
                let [_, takes] = report.connections;
                return Looked::bad(
                    "database-server",
                    Severity::Warning,
                    (
                        format!(
                            "Datenbankserver „{name}“: Er nimmt {takes} Verbindungen an, Obhut darf {most} öffnen."
                        ),
                        format!("Database server {name}: it takes {takes} connections, and Obhut may open {most}."),
                    ),
                    (
                        "Erhöhen Sie dort max_connections, oder senken Sie `connections` in den Einstellungen.",
                        "Raise max_connections there, or lower `connections` in the settings.",
                    ),
                );
            }
            let counted = format!("{} + {}", records.connections[0], keys.connections[0]);
            let (de, en) = ("unverschlüsselt auf dieser Maschine", "unencrypted within this machine");
            Looked::good(
                "database-server",
                format!(
                    "Datenbankserver „{name}“: antwortet; die Schlüssel liegen getrennt von den Datensätzen. Weg zu den Datensätzen: {}; zu den Schlüsseln: {}. Verbindungen jetzt: {counted}.",
                    way(&records, de),
                    way(&keys, de)
                ),
                format!(
                    "Database server {name}: it answers; keys lie apart from records. Way to the records: {}; to the keys: {}. Connections now: {counted}.",
                    way(&records, en),
                    way(&keys, en)
                ),
            )
        }
        Err(store::Error::Input { code, message }) => Looked::bad(
            "database-server",
            Severity::Error,
            (format!("{}.", message.get("de")), format!("{}.", message.get("en"))),
            match code {
                "server-tls" => (
                    "Prüfen Sie das Zertifikat des Servers und records_authority_file und keys_authority_file: docs/scaling.md.",
                    "Look at the server's certificate and at records_authority_file and keys_authority_file: docs/scaling.md.",
                ),
                "old-server" => ("Nehmen Sie PostgreSQL 15 oder neuer.", "Take PostgreSQL 15 or later."),
                _ => (
                    "Richten Sie für die Schlüssel einen eigenen Server ein: docs/scaling.md.",
                    "Set up a server of its own for the keys: docs/scaling.md.",
                ),
            },
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

#[cfg(test)]
mod tests {
    use super::*;
    use testkit::postgres::{PostgresServer, Servers};
    use testkit::tls::Authority;

    #[test]
    fn it_says_whether_the_way_is_encrypted() {
        let shared = Servers::shared();
        let authority = Authority::new("Testaussteller");
        let records = PostgresServer::start_with(&["fsync=off"], &authority.sign(&["127.0.0.1"]));
        let server =
            Server { records: records.address().with_authority(&authority.file()).unwrap(), ..shared.server() };
        let looked = look(&server);
        assert_eq!(looked.severity, None, "{}", looked.seen.get("en"));
        assert!(
            looked.seen.get("en").contains("records: TLSv1.3; to the keys: unencrypted"),
            "{}",
            looked.seen.get("en")
        );
        let few =
            records.address().with_authority(&authority.file()).unwrap().with_connections(500.try_into().unwrap());
        let looked = look(&Server { records: few, ..server.clone() });
        assert!(
            looked.severity == Some(Severity::Warning) && looked.how.get("en").contains("max_connections"),
            "{}",
            looked.seen.get("en")
        );
        let other = Authority::new("Andere");
        let looked = look(&Server { records: records.address().with_authority(&other.file()).unwrap(), ..server });
        assert!(
            looked.severity.is_some() && looked.how.get("en").contains("authority_file"),
            "{}",
            looked.seen.get("en")
        );
    }
}
