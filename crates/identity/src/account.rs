//! A user's row and its sealed profile. Users are subjects too: no text about them stands in any table (C-04 to C-06, X-24).
//!
//! The login name is known by its keyed hash only, which says whose it *may* be; the profile decides. So a hash that a crash left behind, or one
//! of an earlier name, is no way in and takes no name from anyone.
use crate::Settings;
use crate::error::{Error, Result, damaged};
use crate::role::Role;
use base::{Actor, TenantId, Timestamp, UserId};
use serde::{Deserialize, Serialize};
use std::fmt;
use store::engine::Row;
use store::rows::Access;
use store::{Op, Reader, UniqueValue, Unit};
use zeroize::Zeroizing;

/// Under this name login names stand among the values that may stand only once.
pub(crate) const LOGIN: &str = "user.login";

/// Whether somebody may sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum UserState {
    /// Yes.
    Active,
    /// No, until somebody unlocks the user.
    Locked,
    /// Never again; only the number is left.
    Deleted,
}

impl UserState {
    fn parse(text: &str) -> Option<Self> {
        [Self::Active, Self::Locked, Self::Deleted].into_iter().find(|state| state.code() == text)
    }
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Locked => "locked",
            Self::Deleted => "deleted",
        }
    }
}

/// A user as entitled people see one. `Debug` shows the id alone.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct UserView {
    /// Id.
    pub id: UserId,
    /// Running number: what is shown when the user is deleted.
    pub number: i64,
    /// What the user types at sign-in.
    pub login: String,
    /// Display name.
    pub name: String,
    /// E-mail address (C-07); the operator at the machine may leave it to be filled in later.
    pub email: Option<String>,
    /// Role.
    pub role: Role,
    /// Whether the user may sign in.
    pub state: UserState,
    /// Until when sign-in is refused after too many failures.
    pub locked_until: Option<Timestamp>,
}

impl fmt::Debug for UserView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UserView({}, {}, …)", self.id, self.role)
    }
}

/// What is sealed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Profile {
    pub login: String,
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
}

/// A user's row.
pub(crate) struct Account {
    pub rid: i64,
    pub id: UserId,
    pub unit: i64,
    pub profile: Vec<u8>,
    pub role: Role,
    pub state: UserState,
    pub password: String,
    pub failed: i64,
    pub locked_until: Timestamp,
    pub number: i64,
}

impl Account {
    pub fn read(row: &dyn Row) -> store::Result<Self> {
        Ok(Self {
            rid: row.int(0)?,
            id: UserId::from_slice(row.bytes(1)?).map_err(|_| damaged("a user has no readable id"))?,
            unit: row.int(2)?,
            profile: row.bytes(3)?.to_vec(),
            role: Role::parse(row.text(4)?).ok_or_else(|| damaged("a user has no readable role"))?,
            state: UserState::parse(row.text(5)?).ok_or_else(|| damaged("a user has no readable state"))?,
            password: row.text(6)?.to_owned(),
            failed: row.int(7)?,
            locked_until: Timestamp(row.int(8)?),
            number: row.int(9)?,
        })
    }

    /// Opens the profile. A deleted user has none.
    pub fn profile(&self, access: &mut dyn Access) -> Result<Profile> {
        if self.state == UserState::Deleted {
            return Err(Error::no_user(self.id));
        }
        let tenant = access.shared().id();
        let unit = access.key(self.unit)?;
        let plain =
            unit.key.open(&self.profile, &store::seal::profile_data(tenant, self.id)).map_err(store::Error::Keys)?;
        Ok(serde_json::from_slice(&plain).map_err(|_| damaged("a user's profile is not readable"))?)
    }

    pub fn view(&self, access: &mut dyn Access) -> Result<UserView> {
        let Profile { login, name, email } = self.profile(access)?;
        let locked_until = (self.locked_until > access.shared().clock().now()).then_some(self.locked_until);
        Ok(UserView {
            id: self.id,
            number: self.number,
            login,
            name,
            email,
            role: self.role,
            state: self.state,
            locked_until,
        })
    }
}

impl Profile {
    /// Takes what was typed; every field that breaks a rule is named.
    pub fn checked(actor: &Actor, login: &str, name: &str, email: Option<&str>) -> Result<Self> {
        let (login, name) = (login.trim(), name.trim());
        let email = email.map(str::trim).filter(|email| !email.is_empty());
        // A login name that is an address is the address.
        let email = email.or_else(|| is_address(login).then_some(login));
        let mut errors = Vec::new();
        let mut fails = |field: &str, code: &str, de: &str, en: &str| {
            if let Error::Fields(more) = Error::field(field, code, de, en) {
                errors.extend(more);
            }
        };
        if !is_line(login, Settings::LOGIN_MAX) || store::text::fold(login).is_empty() {
            fails(
                "login",
                "login",
                "Der Anmeldename hat 1 bis 100 Zeichen, darunter Buchstaben oder Ziffern.",
                "a login name has 1 to 100 characters, letters or digits among them",
            );
        }
        if !is_line(name, Settings::NAME_MAX) {
            fails("name", "name", "Der Name hat 1 bis 200 Zeichen.", "a name has 1 to 200 characters");
        }
        match email {
            Some(email) if is_address(email) => {}
            Some(_) => fails("email", "not_an_email", "Das ist keine E-Mail-Adresse.", "this is not an e-mail address"),
            // Who sets a business up at the machine may not have the address yet.
            None if matches!(actor, Actor::Operator(_) | Actor::Job(_)) => {}
            None => fails("email", "required", "Bitte die E-Mail-Adresse angeben.", "the e-mail address is missing"),
        }
        if !errors.is_empty() {
            return Err(Error::Fields(errors));
        }
        Ok(Self { login: login.to_owned(), name: name.to_owned(), email: email.map(str::to_owned) })
    }

    pub fn sealed(&self, unit: &Unit, tenant: TenantId, user: UserId) -> Vec<u8> {
        let plain = Zeroizing::new(serde_json::to_vec(self).unwrap_or_default());
        unit.key.seal(unit.id, &plain, &store::seal::profile_data(tenant, user))
    }
}

/// The form in which login names are compared: `Erika.Beispiel`, `erika beispiel` and `ERIKA-BEISPIEL` are one.
pub(crate) fn folded(login: &str) -> String {
    store::text::fold(login.trim())
}

fn is_line(text: &str, most: usize) -> bool {
    !text.is_empty() && text.chars().count() <= most && !text.chars().any(char::is_control)
}

fn is_address(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    !local.is_empty()
        && !domain.is_empty()
        && is_line(text, Settings::EMAIL_MAX)
        && !text.chars().any(char::is_whitespace)
}

/// The user of that id; a deleted one too.
pub(crate) fn by_id(access: &mut dyn Access, id: UserId) -> Result<Option<Account>> {
    one(access, &crate::statements::USER_BY_ID, &[id.bytes().into()])
}
/// The user of that row number; a deleted one too.
pub(crate) fn by_rid(access: &mut dyn Access, rid: i64) -> Result<Option<Account>> {
    one(access, &crate::statements::USER_BY_RID, &[rid.into()])
}

fn one(
    access: &mut dyn Access,
    query: &store::engine::Query,
    params: &[store::engine::Param<'_>],
) -> Result<Option<Account>> {
    let mut found = None;
    access.rows(query, params, &mut |row| {
        found = Some(Account::read(row)?);
        Ok(false)
    })?;
    Ok(found)
}

/// A user who is to be changed: refused without the right, and for one that is deleted or never was.
pub(crate) fn to_change(op: &mut Op<'_>, id: UserId) -> Result<Account> {
    op.caller().needs(base::Permission::ManageUsers)?;
    let found = by_id(op, id)?.filter(|account| account.state != UserState::Deleted);
    found.ok_or_else(|| Error::no_user(id))
}

/// Who signs in with that name.
pub(crate) fn by_login(reader: &mut Reader, login: &str) -> Result<Option<Account>> {
    // Whoever asks is nobody yet: what cannot be a name costs nothing.
    if login.len() > 4 * Settings::LOGIN_MAX {
        return Ok(None);
    }
    let folded = folded(login);
    let owner = reader.unique_owner(&UniqueValue::new(LOGIN, &folded))?;
    owned(reader, owner, &folded)
}

/// The same inside an operation, with what this commit has claimed so far.
pub(crate) fn by_login_now(op: &mut Op<'_>, login: &str) -> Result<Option<Account>> {
    let folded = folded(login);
    let owner = op.unique_owner(&UniqueValue::new(LOGIN, &folded))?;
    owned(op, owner, &folded)
}

fn owned(access: &mut dyn Access, owner: Option<i64>, login: &str) -> Result<Option<Account>> {
    let Some(rid) = owner else { return Ok(None) };
    let Some(account) = by_rid(access, rid)?.filter(|account| account.state != UserState::Deleted) else {
        return Ok(None);
    };
    let profile = account.profile(access)?;
    Ok((folded(&profile.login) == login).then_some(account))
}

/// Refuses what would leave the business without anybody who may manage it.
pub(crate) fn not_the_last_administrator(op: &mut Op<'_>, account: &Account) -> Result<()> {
    if account.role != Role::Administrator || account.state != UserState::Active {
        return Ok(());
    }
    let others =
        op.first(&crate::statements::USERS_IN_ROLE, &[account.role.code().into(), account.rid.into()], |row| {
            row.int(0)
        })?;
    if others.unwrap_or(0) > 0 {
        return Ok(());
    }
    Err(Error::conflict("last-administrator", "this is the last administrator; make another one first"))
}
