//! A business of the bench: a tenant in a throwaway folder on the disk that is to be measured, and filling it with contacts.
use super::data;
use base::{Actor, RecordId, SharedClock, SystemClock};
use keys::MasterKey;
use records::BatchItem;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Instant;
use store::postgres::Server;
use store::{Caller, Instance, InstanceSettings, NewTenant, Tenant};

/// What went wrong, in words: the bench breaks off and says it.
pub(super) type Trouble = Box<dyn std::error::Error + Send + Sync>;
/// The result of everything here.
pub(super) type Result<T, E = Trouble> = std::result::Result<T, E>;

/// Contacts of one operation of the import.
const OP_RECORDS: u64 = 500;
/// Such operations on their way at a time: while one is committed the next is made, and the index follows.
const OPS_AHEAD: u64 = 24;

/// A folder that goes away with the bench, whatever happens.
pub(super) struct Scratch(PathBuf);

impl Scratch {
    /// A new folder beside `place`: below the nearest folder that exists, so that it lies on the same file system.
    pub(super) fn beside(place: &Path) -> Result<Self> {
        let near = place.ancestors().find(|folder| folder.is_dir()).unwrap_or(Path::new("."));
        let path = near.canonicalize()?.join(format!(".obhut-bench-{}", std::process::id()));
        std::fs::create_dir(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(Self(path))
    }
    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            tracing::warn!(%error, folder = %self.0.display(), "the bench's folder could not be removed");
        }
    }
}

/// An instance with one tenant and its contacts.
pub(super) struct Business {
    pub instance: Arc<Instance>,
    pub tenant: Arc<Tenant>,
    pub clock: SharedClock,
    pub caller: Caller,
    /// Ids of the contacts by number; number 0 is the first.
    pub contacts: Vec<RecordId>,
    /// Rows per second over each tenth of the import.
    pub rates: Vec<f64>,
    /// Rows per second over all of it.
    pub rate: f64,
}

impl Business {
    /// An empty one in a new folder.
    pub(super) fn create(folder: &Path) -> Result<Self> {
        Self::create_on(folder, None)
    }

    /// The same with its databases on a server.
    pub(super) fn create_on(folder: &Path, server: Option<&Server>) -> Result<Self> {
        let clock: SharedClock = Arc::new(SystemClock);
        let servers = server.into_iter().cloned().collect();
        let settings = InstanceSettings { servers, ..InstanceSettings::default() };
        let instance = Arc::new(Instance::open(folder, MasterKey::generate(), Arc::clone(&clock), settings)?);
        let new = NewTenant {
            id: keys::random_id(),
            zone: "Europe/Berlin".into(),
            marker: "test".into(),
            packs: vec!["core".into()],
            server: server.map(|server| server.name.clone()),
        };
        let info = instance.create_tenant(&Actor::Operator("bench".into()), "Bench", &new)?;
        let tenant = instance.tenant(info.id)?;
        let caller = Caller::operator("bench");
        Ok(Self { instance, tenant, clock, caller, contacts: Vec::new(), rates: Vec::new(), rate: 0.0 })
    }

    /// Removes it, from its server too.
    pub(super) fn destroy(self) -> Result<()> {
        let Self { instance, tenant, .. } = self;
        let id = tenant.shared().id();
        drop(tenant);
        instance.destroy_tenant(&Actor::Operator("bench".into()), id)?;
        Ok(())
    }

    /// Imports so many contacts: validated, sealed, journaled, indexed; an operation is answered when lists and search have its records.
    pub(super) fn fill(&mut self, records: u64, progress: &mut dyn FnMut(u64) -> Result<()>) -> Result<()> {
        let (answer, answers) = channel();
        let begun = Instant::now();
        let mut mark = (begun, 0);
        let (mut sent, mut done) = (0, 0);
        let mut made: Vec<(u64, Vec<RecordId>)> = Vec::new();
        let mut on_the_way = 0;
        while done < records {
            while on_the_way < OPS_AHEAD && sent < records {
                let upto = (sent + OP_RECORDS).min(records);
                self.send(sent, upto, &answer);
                sent = upto;
                on_the_way += 1;
            }
            let (first, ids) = received(&answers)?;
            on_the_way -= 1;
            done += ids.len() as u64;
            made.push((first, ids));
            let part = (records / 10).max(OP_RECORDS);
            if done - mark.1 >= part || done == records {
                let now = Instant::now();
                self.rates.push(per_second(done - mark.1, now - mark.0));
                mark = (now, done);
                progress(done)?;
            }
        }
        self.rate = per_second(records, begun.elapsed());
        made.sort_by_key(|(first, _)| *first);
        self.contacts.extend(made.into_iter().flat_map(|(_, ids)| ids));
        Ok(())
    }

    fn send(&self, first: u64, upto: u64, answer: &Sender<Result<(u64, Vec<RecordId>)>>) {
        let items: Vec<BatchItem> = (first..upto)
            .map(|number| BatchItem { id: None, if_version: None, values: data::contact(number) })
            .collect();
        let answer = answer.clone();
        self.tenant.submit(
            self.caller.clone(),
            move |op| records::batch(op, "contact", &items),
            move |result: store::Result<_>| {
                let ids = result.and_then(|items| items.into_iter().map(|item| item.map(|view| view.id)).collect());
                drop(answer.send(ids.map(|ids| (first, ids)).map_err(Trouble::from)));
            },
        );
    }

    /// Some contact's id.
    pub(super) fn contact(&self, dice: &mut data::Dice) -> Result<RecordId> {
        let place = usize::try_from(dice.roll(self.contacts.len() as u64)).unwrap_or(0);
        self.contacts.get(place).copied().ok_or_else(|| "there are no contacts".into())
    }
    /// How many contacts.
    pub(super) fn records(&self) -> u64 {
        self.contacts.len() as u64
    }
}

fn received<T>(answers: &Receiver<Result<T>>) -> Result<T> {
    answers.recv().map_err(|_| "the tenant was closed")?
}

/// So many in that time, per second.
pub(super) fn per_second(count: u64, time: std::time::Duration) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "counts here are far below 2^52")]
    let count = count as f64;
    count / time.as_secs_f64().max(1e-9)
}
