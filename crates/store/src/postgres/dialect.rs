//! One SQL text for both engines: what has to be written otherwise for a server, as a handful of named fragments.
use keys::TextKey;

/// What the server calls otherwise, in statements. `?1` becomes `$1` besides, and a text between quotes is sealed.
const FRAGMENTS: &[(&str, &str)] = &[("instr(body, ?1)", "position(?1 IN body)")];

/// What the server calls otherwise, in scripts that make tables.
const TYPES: &[(&str, &str)] = &[("INTEGER", "BIGINT"), ("BLOB", "BYTEA"), ("TEXT", "BYTEA"), (" WITHOUT ROWID", "")];

/// Tables that are divided, and by what: a part is written anew when a key or a keyed hash in it is destroyed.
const PARTED: [(&str, &str); 4] =
    [("key", "rid"), ("unique_value", "mac"), ("root", "tenant"), ("index_copy", "tenant")];
/// Parts of each.
const PARTS: usize = 64;

/// A statement in the server's dialect.
pub(super) fn statement(text: &str, key: &TextKey) -> String {
    let text = FRAGMENTS.iter().fold(text.to_owned(), |text, (ours, theirs)| text.replace(ours, theirs));
    let mut out = String::with_capacity(text.len() + 32);
    // Every second piece stands between quotes; none of our texts has a quote in it, and a test says so.
    for (place, piece) in text.split('\'').enumerate() {
        if place % 2 == 0 {
            out.push_str(&piece.replace('?', "$"));
        } else {
            out.push_str("'\\x");
            data_encoding::HEXLOWER.encode_append(&key.seal(piece), &mut out);
            out.push_str("'::bytea");
        }
    }
    out
}

/// A migration's script in the server's dialect.
pub(super) fn script(text: &str) -> String {
    let code: String =
        text.lines().map(|line| line.split("--").next().unwrap_or_default()).collect::<Vec<_>>().join("\n");
    let out = TYPES.iter().fold(code, |text, (ours, theirs)| text.replace(ours, theirs));
    let statements = out.split_inclusive(';').map(|statement| {
        let plain = statement.replace("IF NOT EXISTS ", "");
        let parted = PARTED.iter().find(|(table, _)| plain.contains(&format!("CREATE TABLE {table} (")));
        let Some((table, column)) = parted else { return statement.to_owned() };
        let head = statement.trim_end_matches(';');
        let parts = (0..PARTS).map(|part| {
            format!(
                "CREATE TABLE IF NOT EXISTS {table}_{part} PARTITION OF {table} FOR VALUES WITH (MODULUS {PARTS}, REMAINDER {part});"
            )
        });
        // The server would copy some of the values into its statistics, where no destruction reaches them.
        let unseen = columns(head)
            .filter(|(_, kind)| *kind == "BYTEA")
            .map(|(name, _)| format!("ALTER TABLE {table} ALTER COLUMN {name} SET STATISTICS 0;"));
        let all: Vec<String> =
            std::iter::once(format!("{head} PARTITION BY HASH ({column});")).chain(parts).chain(unseen).collect();
        all.join("\n")
    });
    statements.collect()
}

/// Tables and columns of a migration's script that hold texts.
pub(super) fn texts(script: &str) -> Vec<(String, String)> {
    let code: String =
        script.lines().map(|line| line.split("--").next().unwrap_or_default()).collect::<Vec<_>>().join(" ");
    let mut found = Vec::new();
    for statement in code.split(';') {
        let Some((head, _)) = statement.split_once('(') else { continue };
        let Some(table) = head.trim().strip_prefix("CREATE TABLE ") else { continue };
        let table = table.trim_start_matches("IF NOT EXISTS ").trim();
        let texts = columns(statement).filter(|(_, kind)| *kind == "TEXT");
        let texts = texts.map(|(name, _)| (table.to_owned(), name.to_owned()));
        found.extend(texts);
    }
    found
}

/// Names and types of the columns of a `CREATE TABLE`.
fn columns(statement: &str) -> impl Iterator<Item = (&str, &str)> {
    let columns = statement.split_once('(').map_or("", |(_, columns)| columns);
    columns.split(',').filter_map(|column| {
        let mut words = column.split_whitespace();
        Some((words.next()?, words.next()?.trim_end_matches(')')))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_and_quoted_texts_change_and_nothing_else() {
        let ring = keys::KeyRing::create(keys::random_id());
        let key = TextKey::new(ring.page_key(keys::Pages::Records));
        assert_eq!(
            statement("SELECT a FROM t WHERE b = ?1 AND c <> ?12", &key),
            "SELECT a FROM t WHERE b = $1 AND c <> $12"
        );
        let sealed = data_encoding::HEXLOWER.encode(&key.seal("live"));
        assert_eq!(
            statement("UPDATE t SET a = 'live' WHERE b = ?1", &key),
            format!("UPDATE t SET a = '\\x{sealed}'::bytea WHERE b = $1")
        );
        assert_eq!(statement("SELECT 1 WHERE instr(body, ?1) > 0", &key), "SELECT 1 WHERE position($1 IN body) > 0");
    }

    #[test]
    fn the_texts_of_a_script_are_found() {
        let script = "-- TEXT\nCREATE TABLE a (b TEXT PRIMARY KEY, c INTEGER, d TEXT, PRIMARY KEY (b, c)) WITHOUT ROWID;\nCREATE INDEX e ON a (b);\nCREATE TABLE IF NOT EXISTS f (g TEXT);";
        let owned = |table: &str, column: &str| (table.to_owned(), column.to_owned());
        assert_eq!(texts(script), [owned("a", "b"), owned("a", "d"), owned("f", "g")]);
    }

    #[test]
    fn the_table_of_keys_has_its_parts_on_a_server() {
        let keys = script(include_str!("../../migrations/0001-foundation/keys.sql"));
        assert!(keys.contains("ALTER TABLE key ALTER COLUMN wrapped SET STATISTICS 0;"), "{keys}");
        assert!(keys.contains("ALTER TABLE unique_value ALTER COLUMN mac SET STATISTICS 0;"), "{keys}");
        assert!(keys.contains("PARTITION BY HASH (rid)") && keys.contains("REMAINDER 63"), "{keys}");
        assert!(!keys.contains("BLOB") && !keys.contains("ROWID") && !keys.contains("--"));
    }
}
