//! The power goes at a random moment of a write load: of what no sync had confirmed, any part is on the disk, in any order.
use crate::load::{Book, Known, rounds, run, wrongs};
use base::{Actor, TenantId};
use keys::MasterKey;
use std::path::Path;
use std::sync::Arc;
use store::sqlite::Settings;
use store::{Instance, InstanceSettings, NewTenant, Result, Tenant};
use testkit::{Dice, PowerCut, TempDir, TestClock};

fn open(folder: &Path, engine: Settings) -> Result<Instance> {
    let master = folder.parent().unwrap().join("master.key");
    if !master.exists() {
        MasterKey::generate().write_new(&master)?;
    }
    let settings = InstanceSettings { engine, ..InstanceSettings::default() };
    Instance::open(folder, MasterKey::read(&master)?, Arc::new(TestClock::default()), settings)
}

fn new_tenant(instance: &Instance) -> Result<TenantId> {
    let new = NewTenant {
        id: keys::random_id(),
        zone: "Europe/Berlin".into(),
        marker: "test".into(),
        packs: Vec::new(),
        server: None,
    };
    instance.create_tenant(&Actor::Operator("test".into()), "Muster", &new).map(|info| info.id)
}

/// One round: a load until the power goes, the folder as it could look then, and everything that is wrong with it. The tenant is made
/// with syncs in any case: the round is about the load.
fn round(vfs: &PowerCut, seed: u64, no_sync: bool) -> (usize, Vec<String>) {
    let engine = |unsafe_no_sync| Settings { vfs: Some(vfs.name().to_owned()), unsafe_no_sync, ..Settings::default() };
    let place = TempDir::new().unwrap();
    let (data, after) = (place.join("data"), place.join("after"));
    vfs.power_on();
    let id = new_tenant(&open(&data, engine(false)).unwrap()).unwrap();
    let instance = open(&data, engine(no_sync)).unwrap();
    let tenant = instance.tenant(id).unwrap();
    let book = Book::default();
    vfs.power_off_after(20 + Dice::new(seed).throw() % 700);
    run(&tenant, &book, seed, 60, &|_, _| {});
    vfs.power_off();
    vfs.cut(seed, &data, &after).unwrap();
    drop(tenant);
    drop(instance);
    let acknowledged = book.lock().unwrap().values().filter(|known| known.acknowledged.is_some()).count();
    (acknowledged, judge(&after, id, &book))
}

/// Opens what was left with the system's own file system; everything that is wrong with it.
fn judge(after: &Path, id: TenantId, book: &Book) -> Vec<String> {
    let key = after.parent().unwrap().join("master.key");
    assert!(key.exists());
    let opened =
        open(after, Settings::default()).and_then(|instance| instance.tenant(id).map(|tenant| (instance, tenant)));
    let (instance, tenant): (Instance, Arc<Tenant>) = match opened {
        Ok(opened) => opened,
        Err(error) => return vec![format!("it does not open: {error}")],
    };
    let mut wrong = wrongs(&tenant, book);
    // And work goes on.
    let id = keys::random_id();
    match crate::load::write(&tenant, id, 1) {
        Ok(()) => {
            book.lock().unwrap().insert(id, Known { acknowledged: Some(1), asked: 1 });
            wrong.extend(wrongs(&tenant, book));
        }
        Err(error) => wrong.push(format!("nothing can be written any more: {error}")),
    }
    drop(tenant);
    drop(instance);
    wrong
}

#[test]
fn no_acknowledged_change_is_lost_in_a_power_cut() {
    let vfs = PowerCut::register("power-cut");
    let mut acknowledged = 0;
    for seed in 0..rounds() {
        let (count, wrong) = round(&vfs, seed, false);
        acknowledged += count;
        assert!(wrong.is_empty(), "seed {seed}: {}", wrong.join("\n"));
    }
    assert!(acknowledged as u64 > 5 * rounds(), "only {acknowledged} records were acknowledged: the load is no load");
}

/// What shows that the test above can fail.
#[test]
fn without_syncs_the_same_test_finds_losses() {
    let vfs = PowerCut::register("power-cut-unsafe");
    let lossy = (0..rounds()).filter(|seed| !round(&vfs, *seed, true).1.is_empty()).count();
    assert!(lossy > 0, "no cut of {} lost anything although nothing was ever synced", rounds());
}
