//! Who sits at the command line: the name of the system account, which the journal writes as `os:<name>` (X-23: visible to the tenant).
use std::fs;

/// The name of the account with that number; `uid-<number>` if the machine knows none.
///
/// Read from `/etc/passwd`: accounts of a directory service are named by their number.
pub(crate) fn name_of(uid: u32) -> String {
    let accounts = fs::read_to_string("/etc/passwd").unwrap_or_default();
    name_in(&accounts, uid).unwrap_or_else(|| format!("uid-{uid}"))
}

/// The name of the account that this process runs as.
pub(crate) fn own_name() -> String {
    name_of(rustix::process::getuid().as_raw())
}

fn name_in(accounts: &str, uid: u32) -> Option<String> {
    accounts.lines().find_map(|line| {
        let mut parts = line.split(':');
        let name = parts.next().filter(|name| !name.is_empty())?;
        let number: u32 = parts.nth(1)?.parse().ok()?;
        (number == uid).then(|| name.chars().filter(|letter| !letter.is_control()).take(64).collect())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_found_by_its_number() {
        let accounts = "root:x:0:0:root:/root:/bin/sh\nanna:x:1000:1000::/home/anna:/bin/sh\nbroken\n";
        assert_eq!(name_in(accounts, 1000).as_deref(), Some("anna"));
        assert_eq!(name_in(accounts, 0).as_deref(), Some("root"));
        assert_eq!(name_in(accounts, 7), None);
    }
}
