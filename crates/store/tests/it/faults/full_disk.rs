//! No room: a clear error, reading goes on, writing works again when there is room, nothing is half there.
use crate::load::{Book, Known, write, wrongs};
use base::{Kind, Kinded};
use std::sync::Arc;
use store::rows::Access;
use store::sqlite::Settings;
use store::{Error, InstanceSettings};
use testkit::{Business, PowerCut};

#[test]
fn a_full_disk_is_said_and_survived() {
    let vfs = PowerCut::register("full-disk");
    let engine = Settings { vfs: Some(vfs.name().to_owned()), ..Settings::default() };
    let mut business = Business::in_files_with(&["core"], InstanceSettings { engine, ..InstanceSettings::default() });
    let book = Book::default();
    let mut acknowledged = Vec::new();
    let take = |business: &Business, acknowledged: &mut Vec<_>| {
        let id = keys::random_id();
        book.lock().unwrap().insert(id, Known { acknowledged: None, asked: 1 });
        let written = write(business.tenant(), id, 1);
        if written.is_ok() {
            book.lock().unwrap().get_mut(&id).unwrap().acknowledged = Some(1);
            acknowledged.push(id);
        }
        written
    };
    for _ in 0..20 {
        take(&business, &mut acknowledged).unwrap();
    }
    // From plenty to nothing at all: the disk gets full in different files and at different steps.
    for room in [400_000, 150_000, 90_000, 50_000, 30_000, 20_000, 10_000, 5_000, 100, 0] {
        vfs.limit_bytes(room);
        let mut refused = 0;
        for _ in 0..200 {
            if let Err(error) = take(&business, &mut acknowledged) {
                assert!(matches!(error, Error::Full { .. }), "{room}: {error}");
                assert_eq!(error.kind(), Kind::Busy);
                assert!(error.to_string().contains("full"), "{error}");
                refused += 1;
                if refused == 3 {
                    break;
                }
            }
        }
        assert_eq!(refused, 3, "the disk never got full with {room} bytes");
        let mut reader = business.tenant().reader().unwrap();
        for id in &acknowledged {
            assert!(reader.opened(*id).unwrap().is_some(), "reading goes on");
        }
        // Lists go on too, or say that they are behind if the index was what found no room.
        match reader.index().map(drop) {
            Ok(()) => assert!(!crate::load::all_rows(&mut reader, "contact").is_empty()),
            Err(error) => assert_eq!(error.kind(), Kind::Busy, "{error}"),
        }
        drop(reader);
        vfs.lift_limit();
        take(&business, &mut acknowledged).expect("there is room again");
        let wrong = wrongs(business.tenant(), &book);
        assert!(wrong.is_empty(), "{room}: {}", wrong.join("\n"));
    }
    business.reopen();
    let wrong = wrongs(&Arc::clone(business.tenant()), &book);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
