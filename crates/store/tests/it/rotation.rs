//! Every key is rotated beside the data that it protects; a crash after any step is finished at the next opening; the old key opens nothing.
use crate::faults::{copy, paths};
use crate::story::{person, put};
use base::{Actor, RecordId};
use keys::{KeyRing, MasterKey, Purpose};
use parking_lot::Mutex;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use store::rows::Access;
use store::sqlite::{self, Mode, Settings};
use store::{Instance, InstanceSettings, Rotate, Steps, Tenant, UniqueValue};
use testkit::{Business, TempDir};

/// Import keys: more than one batch.
const EXTERNAL: usize = 600;

struct Story {
    business: Business,
    contact: RecordId,
    /// The data folder as it was after each step.
    crashes: Arc<Mutex<Vec<(String, PathBuf)>>>,
    watch: Arc<Mutex<Option<PathBuf>>>,
    copies: TempDir,
}

impl Story {
    fn new() -> Self {
        let copies = TempDir::new().unwrap();
        let crashes: Arc<Mutex<Vec<(String, PathBuf)>>> = Arc::default();
        let watch: Arc<Mutex<Option<PathBuf>>> = Arc::default();
        let steps = {
            let (crashes, watch, copies) = (Arc::clone(&crashes), Arc::clone(&watch), copies.path().to_owned());
            Steps::new(move |step| {
                let Some(data) = watch.lock().clone() else { return };
                let mut crashes = crashes.lock();
                let to = copies.join(crashes.len().to_string());
                copy(&data, &to);
                crashes.push((step.to_owned(), to));
            })
        };
        let mut business =
            Business::in_files_with(&["core"], InstanceSettings { steps, ..InstanceSettings::default() });
        let contact: RecordId = keys::random_id();
        let write = |business: &Business, id: RecordId, family: &'static str, number: &'static str| {
            business
                .tenant()
                .write(business.admin(), move |op| {
                    let mut values = person("Erika", family);
                    values["customer_number"] = json!(number);
                    put(op, "contact", id, values)
                })
                .unwrap()
        };
        let written = write(&business, contact, "Müller", "K-1");
        business
            .tenant()
            .write(business.admin(), move |op| {
                (0..EXTERNAL).try_for_each(|row| op.remember_external(&external(row), &written))
            })
            .unwrap();
        business.reopen();
        Self { business, contact, crashes, watch, copies }
    }

    fn rotate(&mut self, what: Rotate) -> Vec<u32> {
        *self.watch.lock() = Some(self.business.data());
        let numbers = self.business.rotate(what).into_iter().map(|rotated| rotated.number).collect();
        *self.watch.lock() = None;
        numbers
    }

    fn master(&self) -> MasterKey {
        MasterKey::read(&self.business.folder.join("master.key")).unwrap()
    }

    fn ring(&self, data: &Path) -> KeyRing {
        let id = self.business.id();
        KeyRing::read(&paths(data, id).file("root"), id, &self.master()).unwrap()
    }

    /// Everything that must go on: reading, history, what may stand only once, import keys, writing, verification; no second key is left.
    fn works(&self, tenant: &Tenant, data: &Path, after: &str) {
        let contact = self.contact;
        let mut reader = tenant.reader().unwrap();
        let opened = reader.opened(contact).unwrap().unwrap();
        assert_eq!(opened.values["family_name"], "Müller", "{after}");
        let shown = store::journal::history(&mut reader, contact, None, 10).unwrap();
        assert!(shown.steps.iter().any(|step| step.changes.iter().any(|change| change.new == "Müller")), "{after}");
        drop(reader);
        let twice = tenant.write(self.business.admin(), |op| {
            let mut values = person("Anna", "Beispiel");
            values["customer_number"] = json!("K-1");
            put(op, "contact", keys::random_id(), values)
        });
        assert!(matches!(twice, Err(store::Error::Fields(_))), "{after}: a second K-1 was taken");
        let known = tenant.write(self.business.admin(), move |op| {
            (0..EXTERNAL).map(|row| Ok(op.external(&external(row))?.is_some())).collect::<store::Result<Vec<_>>>()
        });
        assert!(known.unwrap().into_iter().all(|known| known), "{after}: an import key is lost");
        tenant
            .write(self.business.admin(), |op| put(op, "contact", keys::random_id(), person("Bert", "Neu")).map(drop))
            .unwrap();
        let ring = self.ring(data);
        for purpose in Purpose::ALL {
            assert_eq!(ring.numbers(purpose).len(), 1, "{after}: {purpose} has more than one key");
        }
        let report = store::journal::verify(&paths(data, self.business.id()), &ring, &Settings::default()).unwrap();
        assert!(report.findings.is_empty(), "{after}: {:?}", report.findings);
    }
}

fn external(row: usize) -> UniqueValue {
    UniqueValue::new("import.contact.row", &row.to_string())
}

#[test]
fn every_key_is_rotated_and_a_crash_after_any_step_is_finished() {
    let mut story = Story::new();
    let mut seen = Vec::new();
    for what in Rotate::ALL {
        let numbers = story.rotate(what);
        assert!(numbers.iter().all(|number| *number == 2), "{what}: {numbers:?}");
        story.works(story.business.tenant(), &story.business.data(), &format!("{what}, rotated"));
        for (step, folder) in std::mem::take(&mut *story.crashes.lock()) {
            let settings = InstanceSettings::default();
            let clock = Arc::new(story.business.clock.clone());
            let instance = Instance::open(&folder, story.master(), clock, settings).unwrap();
            let tenant = instance.tenant(story.business.id()).unwrap_or_else(|error| panic!("{what}, {step}: {error}"));
            story.works(&tenant, &folder, &format!("{what}, crashed after {step}"));
            seen.push(format!("{what}: {step}"));
            drop((tenant, instance));
            std::fs::remove_dir_all(&folder).unwrap();
        }
    }
    // Of each rotation: the new key, what it moves, what it says, the end.
    for expected in [
        "pages: new key",
        "pages: pages in the log",
        "pages: records.db",
        "pages: keys.db",
        "pages: index.db",
        "pages: journal entry",
        "pages: old keys destroyed",
        "unit-wrap: unit keys",
        "signing: ledger",
        "signing: signing entry",
        "signing: outside copy",
        "hmac: claims",
        "hmac: import keys",
        "backup: journal entry",
        "root: root",
    ] {
        assert!(seen.iter().any(|step| step == expected), "no crash after {expected}: {seen:?}");
    }
    assert!(seen.iter().filter(|step| *step == "hmac: import keys").count() > 1, "a crash between two batches");
    assert!(story.copies.path().exists());
}

#[test]
fn an_earlier_copy_does_not_open_with_the_ring_of_now() {
    let mut story = Story::new();
    story.business.close();
    let before = story.copies.join("before");
    copy(&story.business.data(), &before);
    let old_ring = story.ring(&before);
    story.business.reopen();
    story.rotate(Rotate::Pages);
    let id = story.business.id();
    let ring = story.ring(&story.business.data());
    for (pages, name) in
        [(keys::Pages::Records, "records.db"), (keys::Pages::Keys, "keys.db"), (keys::Pages::Index, "index.db")]
    {
        let open = |data: &Path, ring: &KeyRing| {
            sqlite::open(&paths(data, id).file(name), ring.page_key(pages), Mode::Reader, &Settings::default()).is_ok()
        };
        assert!(open(&before, &old_ring), "{name}: the test itself");
        assert!(!open(&before, &ring), "{name}: the earlier file opens with the new key");
        assert!(open(&story.business.data(), &ring), "{name}: the new file");
        assert!(!open(&story.business.data(), &old_ring), "{name}: the new file opens with the earlier key");
    }
    // The file of keys itself: the earlier root opens nothing of the new one.
    let kit = old_ring.recovery_kit().text().to_string();
    story.rotate(Rotate::Root);
    let root = std::fs::read(paths(&story.business.data(), id).file("root")).unwrap();
    assert!(KeyRing::from_recovery_kit(&kit, &root).is_err());
}

#[test]
fn what_an_earlier_signing_key_signed_holds_until_its_end_and_not_beyond() {
    let mut story = Story::new();
    let id = story.business.id();
    let checkpoint = paths(&story.business.data(), id).checkpoint_file();
    story.business.close();
    let signed_then = std::fs::read_to_string(&checkpoint).unwrap();
    let old_ring = story.ring(&story.business.data());
    story.business.reopen();
    story.rotate(Rotate::Signing);
    story.rotate(Rotate::Signing);
    story.business.close();
    let now = std::fs::read_to_string(&checkpoint).unwrap();
    let ring = story.ring(&story.business.data());
    assert_ne!(old_ring.signer().verify_key(), ring.signer().verify_key());
    let codes = |note: &str| -> Vec<String> {
        std::fs::write(&checkpoint, note).unwrap();
        let report = store::journal::verify(&paths(&story.business.data(), id), &ring, &Settings::default()).unwrap();
        report.findings.into_iter().map(|finding| finding.code).collect()
    };
    assert_eq!(codes(&signed_then), Vec::<String>::new(), "an outside copy of the first key");
    // Whoever got hold of the first key signs the present state with it.
    let present = keys::note::verify(&now, &ring.signer().verify_key()).unwrap();
    let forged = keys::note::sign(old_ring.signer(), &present).unwrap();
    assert_eq!(codes(&forged), ["copy-damaged"], "a checkpoint that the first key signed after its end");
    assert_eq!(codes(&now), Vec::<String>::new());
    // The same for the ledger: a line of the first key behind the handover.
    let ledger = paths(&story.business.data(), id).ledger_file();
    let good = std::fs::read_to_string(&ledger).unwrap();
    let last = good.lines().next_back().unwrap();
    let json = r#"{"n":3,"at":"2026-03-02T08:00:00.000Z","what":"opened"}"#;
    let chain = data_encoding::HEXLOWER.decode(last.split('\t').nth(1).unwrap().as_bytes()).unwrap();
    let next = keys::sha256(&[&chain, json.as_bytes()]);
    let line = |number: u32, key: &keys::Signer| {
        let signature = data_encoding::BASE64.encode(&key.sign(&next));
        format!("{good}{json}\t{}\t{number}\t{signature}\n", data_encoding::HEXLOWER.encode(&next))
    };
    std::fs::write(&ledger, line(3, ring.signer())).unwrap();
    assert_eq!(codes(&now), Vec::<String>::new(), "the test itself: the present key may sign that line");
    std::fs::write(&ledger, line(1, old_ring.signer())).unwrap();
    assert_eq!(codes(&now), ["ledger-damaged"]);
    std::fs::write(&ledger, good).unwrap();
    story.business.reopen();
    story.business.assert_sound();
}

const INSTANCE: base::TenantId = base::TenantId::from_bytes([0; 16]);

fn sound(instance: &Instance, when: &str) {
    assert_eq!(instance.verify_own_journal().unwrap().findings, [], "{when}");
    assert!(instance.verify_own_logs().unwrap().iter().all(|log| log.findings.is_empty()), "{when}");
}

#[test]
fn the_keys_of_the_instance_itself_are_rotated() {
    let mut story = Story::new();
    *story.watch.lock() = Some(story.business.data());
    let actor = Actor::Operator("test".into());
    let instance = story.business.instance();
    instance.note_access(store::logs::Access {
        at: base::Clock::now(&story.business.clock),
        surface: "api",
        method: "GET",
        route: "/".into(),
        status: 200,
        took_ms: 1,
        address: None,
    });
    instance.flush_logs().unwrap();
    for what in [Rotate::Pages, Rotate::Root, Rotate::Signing, Rotate::Hmac] {
        assert_eq!(instance.rotate_own(&actor, what).unwrap().number, 2);
    }
    instance.rotate_own(&actor, Rotate::Backup).unwrap_err();
    *story.watch.lock() = None;
    let steps: Vec<String> = story.crashes.lock().iter().map(|(step, _)| step.clone()).collect();
    let signing = ["new key", "signing entry", "old keys destroyed", "new key"];
    let expected = ["new key", "pages in the log", "instance.db", "old keys destroyed", "new key"];
    assert_eq!(steps, [expected.as_slice(), signing.as_slice()].concat());
    for (step, folder) in story.crashes.lock().drain(..) {
        let clock = Arc::new(story.business.clock.clone());
        let instance = Instance::open(&folder, story.master(), clock, InstanceSettings::default())
            .unwrap_or_else(|error| panic!("crashed after {step}: {error}"));
        assert_eq!(instance.tenants().len(), 1, "{step}");
        sound(&instance, &step);
        let ring = keys::KeyRing::read(&folder.join("instance.root"), INSTANCE, &story.master()).unwrap();
        assert_eq!(ring.signers().count(), 1, "{step}: the key of before is gone");
    }
    story.business.reopen();
    sound(story.business.instance(), "at the end");
    story.business.assert_sound();
}

#[test]
fn a_directory_that_was_changed_beside_the_program_shows() {
    type Tamper = (&'static str, &'static [&'static str]);
    let tampered: [Tamper; 7] = [
        ("UPDATE tenant SET marker = 'production'", &["row-differs"]),
        ("UPDATE tenant SET created_at = 17", &["row-differs"]),
        ("DELETE FROM tenant", &["row-missing"]),
        ("INSERT INTO kit (tenant, printed_at, typed_back_at) SELECT id, 1, 1 FROM tenant", &["row-back"]),
        ("UPDATE entry SET body = zeroblob(90) WHERE seq = 0", &[]),
        ("UPDATE entry SET leaf = NULL WHERE seq = 0", &["hash-nulled"]),
        ("DELETE FROM entry WHERE seq = 0", &[]),
    ];
    for (statement, expected) in tampered {
        let mut business = Business::in_files(&["core"]);
        business.close();
        let ring = keys::KeyRing::read(
            &business.data().join("instance.root"),
            INSTANCE,
            &MasterKey::read(&business.folder.join("master.key")).unwrap(),
        )
        .unwrap();
        let path = business.data().join("instance.db");
        let key = ring.page_key(keys::Pages::Records);
        let file = store::sqlite::open(&path, key, store::sqlite::Mode::Writer, &Settings::default()).unwrap();
        file.execute_batch(statement).unwrap();
        drop(file);
        let clock = Arc::new(business.clock.clone());
        let master = MasterKey::read(&business.folder.join("master.key")).unwrap();
        let instance = match Instance::open(&business.data(), master, clock, InstanceSettings::default()) {
            Err(error) => {
                // The tree is built from the hashes at opening.
                assert!(expected.is_empty() && matches!(error, store::Error::Damaged { .. }), "{statement}: {error}");
                continue;
            }
            Ok(instance) => instance,
        };
        let report = instance.verify_own_journal().unwrap();
        let codes: Vec<&str> = report.findings.iter().map(|finding| finding.code.as_str()).collect();
        assert_eq!(codes, expected, "{statement}: {:?}", report.findings);
    }
}
