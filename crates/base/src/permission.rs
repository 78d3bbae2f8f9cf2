//! What a caller may do. Rights on records reach `records` as [`Grants`]; who has them is `identity`'s business.
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A right beyond reading and writing records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Permission {
    /// Create, lock and delete users, make tokens.
    ManageUsers,
    /// Add and change module definitions.
    ManageModules,
    /// Read a record's history.
    ReadHistory,
    /// Import files.
    Import,
    /// Export lists and files.
    Export,
    /// See everything held about a person, restrict, erase, merge; sees restricted records.
    Privacy,
    /// Read fields of protection `sensitive`.
    ReadSensitive,
    /// Verify the journal, take checkpoints, rotate keys.
    Operate,
}

impl Permission {
    /// Every permission, in the order of the pages that list them.
    pub const ALL: [Self; 8] = [
        Self::ManageUsers,
        Self::ManageModules,
        Self::ReadHistory,
        Self::Import,
        Self::Export,
        Self::Privacy,
        Self::ReadSensitive,
        Self::Operate,
    ];
}

/// What may be done with the records of a module.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Access {
    /// Read only.
    Read,
    /// Read, create, change, delete.
    Write,
}

/// Everything that a caller may do: computed once per request by `identity`, opaque to everyone else.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Grants {
    /// Access to every module, unless `modules` says otherwise.
    pub every_module: Option<Access>,
    /// Access per module name.
    pub modules: BTreeMap<String, Access>,
    /// Further rights.
    pub permissions: BTreeSet<Permission>,
    /// Scope ids whose records the caller sees. Every tenant starts with scope 0, *all*.
    pub scopes: BTreeSet<i64>,
}

impl Grants {
    /// Everything: administrators, the operator, Obhut's own jobs.
    pub fn everything() -> Self {
        Self {
            every_module: Some(Access::Write),
            modules: BTreeMap::new(),
            permissions: Permission::ALL.into_iter().collect(),
            scopes: [0].into_iter().collect(),
        }
    }
    /// Whether the records of `module` may be read or written.
    pub fn allows(&self, module: &str, access: Access) -> bool {
        self.modules.get(module).copied().or(self.every_module).is_some_and(|granted| granted >= access)
    }
    /// Whether a further right is held.
    pub fn has(&self, permission: Permission) -> bool {
        self.permissions.contains(&permission)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_grant_wins_over_the_general_one() {
        let mut grants = Grants::everything();
        grants.modules.insert("vehicle".into(), Access::Read);
        assert!(grants.allows("contact", Access::Write));
        assert!(grants.allows("vehicle", Access::Read));
        assert!(!grants.allows("vehicle", Access::Write));
        assert!(!Grants::default().allows("contact", Access::Read));
    }
}
