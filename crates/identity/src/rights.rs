//! The rights of a token as text: `contact:rw,vehicle:r`, `*:rw`, `admin`.
//!
//! A list with commas. `module:r` reads a module, `module:rw` writes it too, `*` stands for every module that is not named. Further rights go by their
//! names: `read-history`, `import`, `export`, `privacy`, `read-sensitive`, `operate`, `manage-users`, `manage-modules`. `admin` is everything.
use crate::Settings;
use crate::error::{Error, Result};
use base::{Access, Grants, Permission};
use std::collections::BTreeSet;
use store::module::Modules;

const ADMIN: &str = "admin";

/// Reads rights. `None` if a part of the text is none.
pub(crate) fn parse(text: &str) -> Option<Grants> {
    let mut grants = Grants { scopes: [0].into_iter().collect(), ..Grants::default() };
    for part in text.split(',').map(str::trim) {
        match part.split_once(':') {
            Some((module, access)) => {
                let access = match access {
                    "r" => Access::Read,
                    "rw" => Access::Write,
                    _ => return None,
                };
                if module == "*" {
                    grants.every_module = Some(access);
                } else {
                    grants.modules.insert(module.to_owned(), access);
                }
            }
            None if part == ADMIN => return Some(Grants::everything()),
            None => drop(grants.permissions.insert(permission(part)?)),
        }
    }
    Some(grants)
}

/// The stored form of what was given: the same rights, each once, in a fixed order.
pub(crate) fn text(grants: &Grants) -> String {
    if *grants == Grants::everything() {
        return ADMIN.to_owned();
    }
    let letter = |access: Access| if access == Access::Write { "rw" } else { "r" };
    let every = grants.every_module.map(|access| format!("*:{}", letter(access)));
    let modules = grants.modules.iter().map(|(module, access)| format!("{module}:{}", letter(*access)));
    every
        .into_iter()
        .chain(modules)
        .chain(grants.permissions.iter().map(|right| name(*right)))
        .collect::<Vec<_>>()
        .join(",")
}

/// Reads the rights that a caller asks for: refused if they cannot be read, name a module that the tenant does not have, or go beyond the caller's own.
pub(crate) fn asked(given: &str, own: &Grants, modules: &Modules) -> Result<Grants> {
    let wrong = || {
        let de = "Rechte bitte so angeben: contact:rw,vehicle:r oder *:r oder admin.";
        Error::field("rights", "rights", de, "write rights like contact:rw,vehicle:r or *:r or admin")
    };
    if given.chars().count() > Settings::RIGHTS_MAX {
        return Err(wrong());
    }
    let grants = parse(given).ok_or_else(wrong)?;
    if let Some(module) = grants.modules.keys().find(|module| modules.get(module).is_none()) {
        return Err(Error::NotFound { what: format!("module {}", shown(module)) });
    }
    if within(&grants, own, modules) {
        return Ok(grants);
    }
    Err(store::Error::Denied { message: "a token cannot have more rights than the one who makes it".into() }.into())
}

/// A name that no module can have is not repeated: it may be anything.
fn shown(module: &str) -> &str {
    let is_name = module.len() <= 40
        && module.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    if is_name { module } else { "of that name" }
}

fn within(grants: &Grants, own: &Grants, modules: &Modules) -> bool {
    let named = modules.iter().all(|module| {
        [Access::Read, Access::Write]
            .iter()
            .all(|access| !grants.allows(&module.name, *access) || own.allows(&module.name, *access))
    });
    // A module that comes later falls under the general access.
    named
        && grants.every_module <= own.every_module
        && grants.permissions.is_subset(&own.permissions)
        && grants.scopes.is_subset(&own.scopes)
}

/// What both allow: a token's rights, and those that its maker has now.
pub(crate) fn both(left: &Grants, right: &Grants) -> Grants {
    let names: BTreeSet<&String> = left.modules.keys().chain(right.modules.keys()).collect();
    let may = |grants: &Grants, module: &str| grants.modules.get(module).copied().or(grants.every_module);
    let modules = names.into_iter().filter_map(|name| Some((name.clone(), may(left, name)?.min(may(right, name)?))));
    Grants {
        every_module: left.every_module.zip(right.every_module).map(|(left, right)| left.min(right)),
        modules: modules.collect(),
        permissions: left.permissions.intersection(&right.permissions).copied().collect(),
        scopes: left.scopes.intersection(&right.scopes).copied().collect(),
    }
}

fn name(right: Permission) -> String {
    serde_json::to_value(right).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}
fn permission(text: &str) -> Option<Permission> {
    Permission::ALL.into_iter().find(|right| name(*right) == text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rights_are_read_and_written_back() {
        let grants = parse("contact:rw, vehicle:r,read-history").unwrap();
        assert!(grants.allows("contact", Access::Write));
        assert!(grants.allows("vehicle", Access::Read) && !grants.allows("vehicle", Access::Write));
        assert!(!grants.allows("order", Access::Read));
        assert!(grants.has(Permission::ReadHistory) && !grants.has(Permission::Export));
        assert_eq!(text(&grants), "contact:rw,vehicle:r,read-history");
        assert_eq!(parse("*:rw").unwrap().every_module, Some(Access::Write));
        assert!(!parse("*:rw").unwrap().has(Permission::ManageUsers));
        assert_eq!(parse("*:r,admin").unwrap(), Grants::everything());
        assert_eq!(text(&Grants::everything()), "admin");
        for right in Permission::ALL {
            assert_eq!(text(&parse(&name(right)).unwrap()), name(right));
        }
    }

    #[test]
    fn what_is_no_right_gives_none() {
        for text in ["", ",", "contact", "contact:", "contact:w", "contact:rwx", "contact:rw,", "Admin", "contact rw"] {
            assert!(parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn both_is_never_more_than_either() {
        let cases =
            ["contact:rw", "*:r", "*:rw,contact:r", "contact:r,vehicle:rw,export", "admin", "*:r,export,import"];
        for (left, right) in cases.iter().flat_map(|left| cases.iter().map(move |right| (*left, *right))) {
            let (one, other) = (parse(left).unwrap(), parse(right).unwrap());
            let common = both(&one, &other);
            for module in ["contact", "vehicle", "order"] {
                for access in [Access::Read, Access::Write] {
                    let expected = one.allows(module, access) && other.allows(module, access);
                    assert_eq!(common.allows(module, access), expected, "{left} and {right}: {module} {access:?}");
                }
            }
            for permission in Permission::ALL {
                assert_eq!(common.has(permission), one.has(permission) && other.has(permission));
            }
        }
    }
}
