//! Every statement of this crate on records.db, in one list that a test prepares.
use store::engine::{Change, Query, Upkeep};

macro_rules! statements {
    ($($kind:ident $name:ident = $sql:literal;)*) => {
        $(pub(crate) const $name: $kind = $kind { name: stringify!($name), sql: $sql };)*
        /// All of them: name and text.
        pub const ALL: &[(&str, &str)] = &[$((stringify!($name), $sql)),*];
    };
}

statements! {
    Query USER_BY_RID = "SELECT rid, id, unit, profile, role, state, password, failed, locked_until, number FROM user_account WHERE rid = ?1";
    Query USER_BY_ID = "SELECT rid, id, unit, profile, role, state, password, failed, locked_until, number FROM user_account WHERE id = ?1";
    Query USERS = "SELECT rid, id, unit, profile, role, state, password, failed, locked_until, number FROM user_account WHERE state <> 'deleted' ORDER BY number LIMIT ?1";
    Query USERS_MAX = "SELECT coalesce(max(rid), 0), coalesce(max(number), 0) FROM user_account";
    Query USERS_IN_ROLE = "SELECT count(*) FROM user_account WHERE role = ?1 AND state = 'active' AND rid <> ?2";
    Query USERS_HALF_DELETED = "SELECT a.id, u.id FROM user_account a JOIN unit u ON u.rid = a.unit WHERE a.state = 'deleted' AND u.state <> 2 ORDER BY a.rid LIMIT ?1";
    Change USER_PUT = "INSERT INTO user_account (rid, id, unit, profile, role, state, password, failed, locked_until, number, commit_no) VALUES (?1, ?2, ?3, ?4, ?5, 'active', ?6, 0, 0, ?7, ?8)";
    Change USER_PROFILE = "UPDATE user_account SET profile = ?2, commit_no = ?3 WHERE rid = ?1";
    Change USER_ROLE = "UPDATE user_account SET role = ?2, commit_no = ?3 WHERE rid = ?1";
    Change USER_STATE = "UPDATE user_account SET state = ?2, failed = 0, locked_until = 0, commit_no = ?3 WHERE rid = ?1";
    Change USER_PASSWORD = "UPDATE user_account SET password = ?2, failed = 0, locked_until = 0, commit_no = ?3 WHERE rid = ?1";
    Change USER_DELETE = "UPDATE user_account SET state = 'deleted', profile = ?2, password = '', failed = 0, locked_until = 0, commit_no = ?3 WHERE rid = ?1";
    Upkeep USER_FAILED = "UPDATE user_account SET failed = ?2, locked_until = ?3 WHERE rid = ?1";

    Query SESSION = "SELECT account, created_at, seen_at, csrf FROM session WHERE hash = ?1";
    Upkeep SESSION_PUT = "INSERT INTO session (hash, account, created_at, seen_at, csrf) VALUES (?1, ?2, ?3, ?3, ?4)";
    Upkeep SESSION_SEEN = "UPDATE session SET seen_at = ?2 WHERE hash = ?1 AND seen_at < ?2";
    Upkeep SESSION_END = "DELETE FROM session WHERE hash = ?1";
    Upkeep SESSIONS_END_OF = "DELETE FROM session WHERE account = ?1";
    Upkeep SESSIONS_END_OLDEST = "DELETE FROM session WHERE account = ?1 AND hash NOT IN (SELECT hash FROM session WHERE account = ?1 ORDER BY created_at DESC LIMIT ?2)";
    Upkeep SESSIONS_END_EXPIRED = "DELETE FROM session WHERE created_at <= ?1 OR seen_at <= ?2";

    Query TOKEN_BY_HASH = "SELECT rid, id, unit, name, rights, created_by, created_at, expires_at, revoked_at FROM token WHERE hash = ?1";
    Query TOKEN_BY_ID = "SELECT rid, id, unit, name, rights, created_by, created_at, expires_at, revoked_at FROM token WHERE id = ?1";
    Query TOKENS = "SELECT rid, id, unit, name, rights, created_by, created_at, expires_at, revoked_at FROM token WHERE NOT EXISTS (SELECT 1 FROM unit u WHERE u.rid = token.unit AND u.state <> 0) ORDER BY created_at, rid LIMIT ?1";
    Query TOKENS_MADE_BY = "SELECT rid, id, unit, name, rights, created_by, created_at, expires_at, revoked_at FROM token WHERE created_by = ?1 AND revoked_at = 0 ORDER BY rid";
    Query TOKENS_OVER = "SELECT t.rid, t.id, t.unit, t.name, t.rights, t.created_by, t.created_at, t.expires_at, t.revoked_at, u.id FROM token t JOIN unit u ON u.rid = t.unit WHERE (t.revoked_at <> 0 AND t.revoked_at <= ?1) OR (t.expires_at <> 0 AND t.expires_at <= ?1) ORDER BY t.rid LIMIT ?2";
    Change TOKEN_DELETE = "DELETE FROM token WHERE id = ?1";
    Query TOKENS_MAX = "SELECT coalesce(max(rid), 0) FROM token";
    Change TOKEN_PUT = "INSERT INTO token (rid, id, hash, unit, name, rights, created_by, created_at, expires_at, revoked_at, commit_no) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 0, ?10)";
    Change TOKEN_REVOKE = "UPDATE token SET revoked_at = ?2, commit_no = ?3 WHERE rid = ?1";

}
