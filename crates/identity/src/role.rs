//! The roles of this first identity, and what each may do. The complete rights (groups, records, fields) come with their own issue.
use base::{Access, Grants, Permission};
use serde::{Deserialize, Serialize};
use std::fmt;

/// What a user is in the business.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// May do everything.
    Administrator,
    /// Reads and writes every module, reads histories, imports and exports.
    Editor,
    /// Reads every module.
    Reader,
}

impl Role {
    /// Every role, the strongest first.
    pub const ALL: [Self; 3] = [Self::Administrator, Self::Editor, Self::Reader];

    /// As stored, and as scripts write it: `administrator`, `editor`, `reader`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Administrator => "administrator",
            Self::Editor => "editor",
            Self::Reader => "reader",
        }
    }
    /// The role of that name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.code() == text)
    }
    /// What the role may do.
    pub fn grants(self) -> Grants {
        let (every_module, permissions): (_, &[Permission]) = match self {
            Self::Administrator => return Grants::everything(),
            Self::Editor => (Access::Write, &[Permission::ReadHistory, Permission::Import, Permission::Export]),
            Self::Reader => (Access::Read, &[]),
        };
        Grants {
            every_module: Some(every_module),
            permissions: permissions.iter().copied().collect(),
            scopes: [0].into_iter().collect(),
            ..Grants::default()
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_may_less_than_the_one_before() {
        assert_eq!(Role::Administrator.grants(), Grants::everything());
        let editor = Role::Editor.grants();
        assert!(editor.allows("contact", Access::Write) && editor.has(Permission::Export));
        for kept_back in [Permission::ManageUsers, Permission::Privacy, Permission::ReadSensitive, Permission::Operate]
        {
            assert!(!editor.has(kept_back), "{kept_back:?}");
        }
        let reader = Role::Reader.grants();
        assert!(reader.allows("contact", Access::Read) && !reader.allows("contact", Access::Write));
        assert!(reader.permissions.is_empty());
    }

    #[test]
    fn names_are_read_back() {
        for role in Role::ALL {
            assert_eq!(Role::parse(role.code()), Some(role));
            assert_eq!(serde_json::to_value(role).unwrap(), role.code());
        }
        assert_eq!(Role::parse("root"), None);
    }
}
