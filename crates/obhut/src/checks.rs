//! Checks that only the program can make: what it was started with.
use crate::place::KeyPlace;
use base::{Finding, Severity, TenantId};
use store::checks::About;
use store::module::Label;
use store::{Check, Instance};

/// Serving with the master key in the data folder is a broken control: whoever has the folder can read everything (design, *Data at rest*).
pub(crate) struct MasterKeyApart {
    beside: bool,
}

impl MasterKeyApart {
    /// Of the key that the instance was opened with.
    pub(crate) fn of(place: &KeyPlace) -> Self {
        Self { beside: matches!(place, KeyPlace::BesideData(_)) }
    }
}

impl Check for MasterKeyApart {
    fn id(&self) -> &'static str {
        "master-key-apart"
    }
    fn statement(&self) -> Label {
        Label::new("Der Hauptschlüssel liegt nicht bei den Daten.", "The master key does not lie with the data.")
    }
    fn about(&self) -> About {
        About::Instance
    }
    fn run(&self, _: &Instance, _: Option<TenantId>) -> store::Result<Vec<Finding>> {
        let finding = || {
            Finding {
            code: "key-beside-data".into(),
            severity: Severity::Error,
            place: "master.key".into(),
            message: "it lies in the data folder; put it elsewhere and name the place in $OBHUT_MASTER_KEY_FILE, or give it as a systemd credential"
                .into(),
        }
        };
        Ok(self.beside.then(finding).into_iter().collect())
    }
}
