//! Keys stay out of core dumps and away from other processes of the same user.
use crate::{Error, Result};

/// Switches off core dumps for this process and its children, and bars other processes of the same user from reading its
/// memory (`RLIMIT_CORE` 0, `PR_SET_DUMPABLE` 0). Call it first thing, before a key is read. Elsewhere than on Unix: nothing.
pub fn harden_process() -> Result<()> {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, setrlimit};
        setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })
            .map_err(|errno| Error::Harden { source: errno.into() })?;
    }
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{DumpableBehavior, set_dumpable_behavior};
        set_dumpable_behavior(DumpableBehavior::NotDumpable).map_err(|errno| Error::Harden { source: errno.into() })?;
    }
    Ok(())
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;
    use rustix::process::{DumpableBehavior, Resource, dumpable_behavior, getrlimit};

    #[test]
    fn no_core_is_written() {
        harden_process().unwrap();
        let limit = getrlimit(Resource::Core);
        assert_eq!((limit.current, limit.maximum), (Some(0), Some(0)));
        assert_eq!(dumpable_behavior().unwrap(), DumpableBehavior::NotDumpable);
        harden_process().unwrap();
    }
}
