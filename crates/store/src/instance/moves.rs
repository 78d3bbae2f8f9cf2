//! Moving businesses: what is checked before, the steps in their order, and what is left of a move that did not come to its end.
use super::rotation::eventually;
use super::{Instance, PLACE, PLACE_DELETE, PLACE_PUT, TenantInfo};
use crate::engine::{self, Connection, Sql};
use crate::journal::Checked;
use crate::ledger::Ledger;
use crate::logs::Taken;
use crate::module::Label;
use crate::moving::{self, Copier, FormerHalf, Goal, Half, Halves, MovePlan, Moved, MovedTable};
use crate::place::{Lies, Place};
use crate::postgres::Server;
use crate::rotate::Rotate;
use crate::shared::Paths;
use crate::sqlite::Mode;
use crate::tenant::{Head, Tenant, take_over};
use crate::{Error, Result, logs, migrate};
use base::{Actor, TenantId, Timestamp};
use keys::{KeyRing, Pages, Purpose};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

/// How far a move is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// The business goes on working.
    Beside,
    /// Nobody gets in.
    Frozen,
}

/// The moves under way in this process.
#[derive(Default)]
pub(super) struct Moving(Mutex<HashMap<TenantId, Phase>>);

impl Moving {
    /// Refuses while the business is being moved.
    pub fn refuse(&self, id: TenantId) -> Result<()> {
        let busy = || Error::Busy { message: "the business is being moved to another place".into() };
        if self.0.lock().contains_key(&id) { Err(busy()) } else { Ok(()) }
    }
    /// Refuses for the moment in which nobody gets in.
    pub fn refuse_frozen(&self, id: TenantId) -> Result<()> {
        let busy = || {
            Error::Busy {
            message: "the business is being moved to another place; what changed meanwhile is brought over now, and nothing was saved".into(),
        }
        };
        if self.0.lock().get(&id) == Some(&Phase::Frozen) { Err(busy()) } else { Ok(()) }
    }
    fn begin(&self, id: TenantId) -> Result<UnderWay<'_>> {
        self.refuse(id)?;
        self.0.lock().insert(id, Phase::Beside);
        Ok(UnderWay { moving: self, id })
    }
    pub fn is_under_way(&self, id: TenantId) -> bool {
        self.0.lock().contains_key(&id)
    }
}

/// A move that is under way, until it is dropped.
struct UnderWay<'m> {
    moving: &'m Moving,
    id: TenantId,
}

impl UnderWay<'_> {
    fn set(&self, phase: Phase) {
        self.moving.0.lock().insert(self.id, phase);
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.moving.0.lock().remove(&self.id);
    }
}

/// What the steps of a move know.
struct Move<'a> {
    actor: &'a Actor,
    id: TenantId,
    goal: &'a Goal,
    under_way: &'a UnderWay<'a>,
    old: Paths,
    new: Paths,
    ring: KeyRing,
}

/// How often it is tried to have the business for itself, ten seconds each.
const FREEZE_TRIES: usize = 6;
/// What holds an open tenant's inside when nobody uses it: itself, its writer, its index.
const OWN: usize = 3;
/// Where ledger and checkpoint of one moment lie while the new half is verified.
const LEDGER: &str = "moving";

const SERVER_BYTES: Sql = Sql { name: "MOVE_BYTES", text: "SELECT pg_database_size(current_database())" };

impl Instance {
    /// Where a text of the command line means: `embedded`, the name of a database server of the settings, or the address of its records.
    pub fn goal(&self, to: &str) -> Result<Goal> {
        if to == "embedded" {
            return Ok(Goal::Embedded);
        }
        if let Some(server) = self.settings.servers.iter().find(|server| server.is_meant(to)) {
            return Ok(Goal::Server(server.name.clone()));
        }
        let names: Vec<&str> = self.settings.servers.iter().map(|server| server.name.as_str()).collect();
        let names = if names.is_empty() { "–".to_owned() } else { names.join(", ") };
        Err(refused(
            "no-such-server",
            format!(
                "Kein Datenbankserver der Einstellungen heißt oder liegt so ([[server]], --config). Es gibt: {names}"
            ),
            format!(
                "no database server of the settings is called so or lies there ([[server]], --config). There are: {names}"
            ),
        ))
    }

    /// What a move would do. Refused where one could not begin; changes nothing.
    pub fn move_plan(&self, id: TenantId, goal: &Goal) -> Result<MovePlan> {
        self.moving.refuse(id)?;
        let (info, ring) = self.movable(id, goal)?;
        let paths = self.paths(id);
        let mut half = Half::open(&paths, &ring, Mode::Reader, &self.settings.engine)?;
        let tables = half.counts()?.into_iter().map(|(name, rows)| MovedTable { name, rows }).collect();
        Ok(MovePlan {
            tenant: id,
            name: info.name,
            from: info.place.server().unwrap_or("embedded").to_owned(),
            to: goal.to_string(),
            tables,
            bytes: bytes(&paths, &mut half)?,
            kept_days: self.settings.half_ms / logs::DAY_MS,
        })
    }

    /// Moves a business's records and keys. It goes on working while they are copied; then nobody gets in for a moment, and whoever asks is told to
    /// try again. If anything is not as it must be, nothing is switched and the new half is removed. Gives what was done.
    pub fn move_tenant(&self, actor: &Actor, id: TenantId, goal: &Goal) -> Result<Moved> {
        let under_way = {
            let _no_rotation = self
                .rotating
                .try_lock()
                .ok_or_else(|| Error::Busy { message: "a key is being replaced at the moment".into() })?;
            self.moving.begin(id)?
        };
        // First of all it is this node's, and the directory as new as it is.
        let tenant = self.tenant(id)?;
        if let Some(left) = self.info_of(id)?.making {
            let at = self.remove_half(id, &left)?;
            self.put_lies(actor, "move-tenant-end", id, &Lies::at(at), left.to_string())?;
        }
        let (info, ring) = self.movable(id, goal)?;
        let lies = Lies { making: Some(goal.clone()), ..Lies::at(info.place.clone()) };
        self.put_lies(actor, "move-tenant-begin", id, &lies, goal.to_string())?;
        self.settings.steps.done("move begun");
        let mut waiting = Taken::default();
        let done = self.new_half(id, goal).and_then(|new| {
            let it = Move { actor, id, goal, under_way: &under_way, old: self.paths(id), new, ring };
            self.make(&it, tenant, &mut waiting)
        });
        // Whether the last change went through is known only when the directory was looked at again; if that is not possible, the next opening does it.
        let still_ours = || self.refresh_directory().and_then(|()| self.hold(id)).is_ok();
        if done.is_err() && still_ours() && self.info_of(id)?.making.is_some() && self.give_up(actor, id, goal) {
            self.forget_halves(id);
        }
        drop(under_way);
        // Whoever comes first would wait for this; a failure is told to him. What waits to be written about reads and requests is not lost.
        match self.tenant(id) {
            Ok(tenant) => tenant.shared().waiting.put_back(waiting),
            Err(error) => tracing::error!(tenant = %id, %error, "the business could not be opened after a move"),
        }
        self.settings.steps.done("move opened");
        done
    }

    /// Refuses to retire keys that the half of a move needs.
    pub(super) fn refuse_with_halves(&self, id: TenantId, what: Rotate) -> Result<()> {
        self.moving.refuse(id)?;
        let needed = matches!(what, Rotate::Pages | Rotate::UnitWrap);
        match self.info_of(id)?.former {
            Some(former) if needed => Err(kept(&former)),
            _ => Ok(()),
        }
    }

    /// Removes what a move has left that did not come to its end. What cannot be removed now is named and tried again at the next opening.
    pub(super) fn clear_half(&self, id: TenantId) {
        let Ok(info) = self.info_of(id) else { return };
        if let Some(goal) = info.making
            && !self.moving.is_under_way(id)
        {
            tracing::warn!(tenant = %id, to = %goal, "a move did not come to its end: the business lies where it was, and the half that was begun is removed");
            self.give_up(&Actor::Job("move".into()), id, &goal);
        }
    }

    pub(super) fn info_of(&self, id: TenantId) -> Result<TenantInfo> {
        self.listing(id).ok_or_else(|| Error::not_found(format!("tenant {id}")))
    }

    pub(super) fn put_lies(&self, actor: &Actor, action: &str, id: TenantId, lies: &Lies, note: String) -> Result<()> {
        self.put_lies_over(actor, action, id, lies, note, None)
    }

    /// The same, if a move there is still being made: another node may have taken the business over and removed what was begun.
    fn put_lies_over(
        &self,
        actor: &Actor,
        action: &str,
        id: TenantId,
        lies: &Lies,
        note: String,
        making: Option<&Goal>,
    ) -> Result<()> {
        // Whoever has files of it on his disk is the only one who can destroy in them.
        let embedded = |place: Option<&Place>| place.is_some_and(|place| !place.is_remote());
        let in_files = embedded(Some(&lies.at))
            || embedded(lies.former.as_ref().map(|former| &former.place))
            || matches!(lies.making, Some(Goal::Embedded));
        let home = self.node_name().filter(|_| in_files).map(str::to_owned);
        let lies = Lies { home, ..lies.clone() };
        self.noted_change(actor, action, id, note, |file, _| {
            if making.is_some() {
                let stored = engine::first(file, &PLACE, &[id.bytes().into()], |row| Ok(row.text(0)?.to_owned()))?;
                if Lies::from_text(&stored.unwrap_or_default())?.making.as_ref() != making {
                    return Err(taken_over());
                }
            }
            match lies.to_text() {
                Some(text) => file.execute((&PLACE_PUT).into(), &[id.bytes().into(), text.as_str().into()]).map(drop),
                None => file.execute((&PLACE_DELETE).into(), &[id.bytes().into()]).map(drop),
            }
        })
    }

    /// Refuses what cannot be moved there now.
    fn movable(&self, id: TenantId, goal: &Goal) -> Result<(TenantInfo, KeyRing)> {
        let info = self.info_of(id)?;
        if let Some(former) = &info.former {
            return Err(kept(former));
        }
        let here = match goal {
            Goal::Embedded => !info.place.is_remote(),
            Goal::Server(name) => info.place.server() == Some(name),
        };
        if here {
            return Err(refused(
                "same-place",
                format!("„{}“ liegt schon dort ({goal})", info.name),
                format!("“{}” lies there already ({goal})", info.name),
            ));
        }
        if let Goal::Server(name) = goal {
            self.server(name)?.check()?;
        }
        // Opening it finishes what a crash has left of a rotation or an erasure.
        drop(self.tenant(id)?);
        let paths = self.paths(id);
        let ring = paths.root().ring(id, &self.master)?;
        if Purpose::ALL.into_iter().any(|purpose| ring.numbers(purpose).len() > 1) {
            return Err(Error::Busy { message: "a key of the business is being replaced at the moment".into() });
        }
        if !Ledger::open(&paths.ledger(), &ring)?.unfinished().is_empty() {
            return Err(Error::Busy { message: "an erasure has begun and is not at its end".into() });
        }
        Ok((info, ring))
    }

    /// Makes the databases of the new half, without a row.
    fn new_half(&self, id: TenantId, goal: &Goal) -> Result<Paths> {
        let paths = self.paths(id);
        let place = match goal {
            Goal::Embedded => {
                moving::remove_files(&paths.folder)?;
                Place::Embedded
            }
            Goal::Server(name) => Place::Postgres(Arc::new(self.server(name)?.provision(id)?)),
        };
        self.settings.steps.done("half made");
        Ok(Paths { place, ..paths })
    }

    /// Everything between the first row and the switch.
    fn make(&self, it: &Move<'_>, tenant: Arc<Tenant>, lines: &mut Taken) -> Result<Moved> {
        let begun = self.clock.now();
        let halves = Halves::of(tenant.shared());
        let copier = self.copier(it)?;
        halves.add(it.new.place.clone());
        let (mut copier, checked) = match self.make_beside(it, &tenant, copier) {
            Ok(made) => made,
            Err(error) => {
                not_followed(&tenant);
                return Err(error);
            }
        };
        let frozen_at = self.clock.now();
        let changes = self.freeze(it, tenant, &mut copier, lines)?;
        self.settings.steps.done("frozen");
        moving::bring_rest(changes, &mut copier, &halves)?;
        self.compare_and_switch(it, copier, &checked, begun, frozen_at)
    }

    /// What is done while the business goes on.
    fn make_beside(&self, it: &Move<'_>, tenant: &Tenant, mut copier: Copier) -> Result<(Copier, Checked)> {
        moving::begin(tenant)?;
        moving::copy_beside(tenant, &mut copier)?;
        let (mut copier, checked) = self.checked_beside(it, tenant, copier)?;
        moving::bring_over(tenant, &mut copier)?;
        Ok((copier, checked))
    }

    fn copier(&self, it: &Move<'_>) -> Result<Copier> {
        let engine = &self.settings.engine;
        let mut to = Half::open(&it.new, &it.ring, Mode::Writer, engine)?;
        migrate::create(&mut to.records, "records.db", migrate::Which::Records)?;
        migrate::create(&mut to.keys, "keys.db", migrate::Which::Keys)?;
        Ok(Copier::new(Half::open(&it.old, &it.ring, Mode::Reader, engine)?, to))
    }

    /// Brings the new half to one moment of the old one and verifies all of it as of then, while the business goes on.
    fn checked_beside(&self, it: &Move<'_>, tenant: &Tenant, copier: Copier) -> Result<(Copier, Checked)> {
        self.settings.steps.done("copied");
        let then = Paths { ledger: it.new.ledger.join(LEDGER), control: None, ..it.new.clone() };
        let (from, to) = (it.old.clone(), then.clone());
        let mut copier = copier;
        let copier = tenant.exclusive(move |writer| -> Result<Copier> {
            let changes = moving::changes(writer)?;
            let shared = writer.tenant();
            moving::bring_rest(changes, &mut copier, &Halves::of(&shared))?;
            shared.with_ledger(|_, _| copy_ledger(&from, &to))?;
            Ok(copier)
        })?;
        let halves = Halves::of(tenant.shared());
        let checked = {
            // An erasure waits for the end: it would find the new half being read.
            let _writing = halves.writing.lock();
            moving::verified_then(&then, &it.ring, &self.settings.engine, None)
        };
        remove_folder(&then.ledger)?;
        self.settings.steps.done("verified");
        Ok((copier, checked?))
    }

    /// Closes the business and keeps everybody out. Gives the changes that are not brought over; `lines` are those that wait for its logs.
    fn freeze(
        &self,
        it: &Move<'_>,
        tenant: Arc<Tenant>,
        copier: &mut Copier,
        lines: &mut Taken,
    ) -> Result<moving::Changes> {
        for _ in 0..FREEZE_TRIES {
            let opening = self.opening.lock();
            self.open.lock().remove(&it.id);
            let alone = eventually(|| Arc::strong_count(&tenant) == 1 && Arc::strong_count(tenant.shared()) <= OWN);
            if alone {
                it.under_way.set(Phase::Frozen);
                drop(opening);
                let taken = || -> Result<moving::Changes> {
                    while tenant.flush_logs()? {}
                    tenant.exclusive(moving::changes)
                };
                let taken = taken();
                *lines = tenant.shared().waiting.take();
                drop(tenant); // joins its threads
                return taken;
            }
            self.open.lock().insert(it.id, Arc::clone(&tenant));
            drop(opening);
            if let Err(error) = moving::bring_over(&tenant, copier) {
                not_followed(&tenant);
                return Err(error);
            }
        }
        not_followed(&tenant);
        Err(Error::Busy { message: "the business was in use without a break; nothing was moved".into() })
    }

    fn compare_and_switch(
        &self,
        it: &Move<'_>,
        mut copier: Copier,
        checked: &Checked,
        begun: Timestamp,
        frozen_at: Timestamp,
    ) -> Result<Moved> {
        let steps = &self.settings.steps;
        let engine = &self.settings.engine;
        steps.done("brought over");
        let (rows, entries) = moving::compare(&mut copier.from, &mut copier.to)?;
        moving::verified_then(&it.new, &it.ring, engine, Some(checked))?;
        copier.to.keys.forget_overwritten()?;
        copier.to.records.forget_overwritten()?;
        drop(copier);
        if !it.new.place.is_remote() {
            let synced = File::open(&it.new.folder).and_then(|folder| folder.sync_all());
            synced.map_err(Error::io(format!("writing {}", it.new.folder.display())))?;
        }
        steps.done("compared");
        self.still_making(it)?;
        // Whoever still thinks that he writes there does not any more.
        let mut old = Half::open(&it.old, &it.ring, Mode::Writer, engine)?;
        moving::clear(&mut old)?;
        let fence = Head::read(&mut old.records)?.fence;
        take_over(&mut old.records, fence)?;
        drop(old);
        steps.done("fenced");
        let kept_until = self.clock.now().plus_ms(self.settings.half_ms);
        let former = FormerHalf { place: it.old.place.clone(), until: kept_until };
        let from = it.old.place.server().unwrap_or("embedded").to_owned();
        let lies = Lies { former: Some(former), ..Lies::at(it.new.place.clone()) };
        self.put_lies_over(it.actor, "move-tenant", it.id, &lies, format!("{from} -> {}", it.goal), Some(it.goal))?;
        steps.done("switched");
        let now = self.clock.now();
        Ok(Moved {
            tenant: it.id,
            from,
            to: it.goal.to_string(),
            rows,
            entries,
            beside_ms: frozen_at.since(begun),
            frozen_ms: now.since(frozen_at),
            kept_until,
        })
    }

    /// Another node may have taken the business over while this one stood still, and removed what it had begun.
    fn still_making(&self, it: &Move<'_>) -> Result<()> {
        self.refresh_directory()?;
        self.hold(it.id)?;
        if self.info_of(it.id)?.making.as_ref() == Some(it.goal) {
            return Ok(());
        }
        Err(taken_over())
    }

    /// Removes a half that does not hold and says so in the directory; whether that could be done.
    fn give_up(&self, actor: &Actor, id: TenantId, goal: &Goal) -> bool {
        let removed = self
            .remove_half(id, goal)
            .and_then(|at| self.put_lies(actor, "move-tenant-end", id, &Lies::at(at), goal.to_string()));
        if let Err(error) = &removed {
            tracing::error!(tenant = %id, to = %goal, %error, "the half that a move had begun could not be removed; it is tried again when the business is opened");
        }
        removed.is_ok()
    }

    fn remove_half(&self, id: TenantId, goal: &Goal) -> Result<Place> {
        let info = self.info_of(id)?;
        let paths = self.paths(id);
        remove_folder(&paths.ledger.join(LEDGER))?;
        if info.place.is_remote() {
            // What wrote down the changes there.
            let ring = paths.root().ring(id, &self.master)?;
            moving::clear(&mut Half::open(&paths, &ring, Mode::Writer, &self.settings.engine)?)?;
        }
        match goal {
            Goal::Embedded if info.place.is_remote() => moving::remove_files(&paths.folder)?,
            Goal::Server(name) if info.place.server() != Some(name) => {
                self.server(name).and_then(|server: &Server| server.remove_of(id))?;
            }
            _ => {}
        }
        Ok(info.place)
    }
}

fn taken_over() -> Error {
    Error::Busy { message: "another node has taken the business over; nothing was moved".into() }
}

/// The tenant goes on where it is, and nothing is written down of its changes any more.
fn not_followed(tenant: &Tenant) {
    if let Err(error) = moving::end(tenant) {
        tracing::warn!(%error, "what is written down of changes for a move that was given up could not be removed");
    }
}

pub(super) fn refused(code: &'static str, de: String, en: String) -> Error {
    Error::Input { code, message: Label::new(de, en) }
}

/// Refused because of the half that an earlier move has left.
fn kept(former: &FormerHalf) -> Error {
    let (place, until) = (former.place.server().unwrap_or("embedded"), former.until);
    refused(
        "former-half",
        format!(
            "Die Hälfte vom vorigen Umzug ({place}) wird noch bis {until} aufbewahrt. Geben Sie sie zuerst frei: obhut tenant move T --approve"
        ),
        format!(
            "the half of the move before ({place}) is still kept until {until}. Approve first that it goes: obhut tenant move T --approve"
        ),
    )
}

/// What a half takes on its disk.
fn bytes(paths: &Paths, half: &mut Half) -> Result<u64> {
    if !paths.place.is_remote() {
        let size = |name| std::fs::metadata(paths.file(name)).map_or(0, |about| about.len());
        return Ok(["records.db", "records.db-wal", "keys.db", "keys.db-wal"].into_iter().map(size).sum());
    }
    let mut all = 0;
    for pages in [Pages::Records, Pages::Keys] {
        half.database(pages).query(SERVER_BYTES, &[], &mut |row| {
            all += u64::try_from(row.int(0)?).unwrap_or_default();
            Ok(false)
        })?;
    }
    Ok(all)
}

/// Ledger and checkpoint as they are at this moment.
fn copy_ledger(from: &Paths, to: &Paths) -> Result<()> {
    remove_folder(&to.ledger)?;
    std::fs::create_dir_all(&to.ledger).map_err(Error::io(format!("creating {}", to.ledger.display())))?;
    for (from, to) in [(from.ledger(), to.ledger()), (from.checkpoint(), to.checkpoint())] {
        if let Some(bytes) = from.read()? {
            to.put(&bytes)?;
        }
    }
    Ok(())
}

fn remove_folder(folder: &Path) -> Result<()> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Error::io(format!("removing {}", folder.display()))(error))
        }
        _ => Ok(()),
    }
}
