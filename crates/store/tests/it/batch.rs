//! Operations that share a commit fail alone: the first of a transaction, which has no savepoint, and a later one that panics within a part.
use crate::story::put;
use base::RecordId;
use serde_json::json;
use std::sync::mpsc::channel;
use store::rows::Access;
use store::{Error, Op, Result};
use testkit::Business;

fn write(op: &mut Op<'_>, id: RecordId, name: &str) -> Result<()> {
    let values = json!({"kind": "person", "family_name": name, "origin": "Telefonat", "activity": "customer-care"});
    put(op, "contact", id, values).map(drop)
}

type Work = Box<dyn FnOnce(&mut Op<'_>, RecordId) -> Result<()> + Send>;

#[test]
fn what_fails_in_a_batch_leaves_nothing_and_takes_nothing_along() {
    let business = Business::new(&["core"]);
    let ids: Vec<RecordId> = (0..5).map(|_| keys::random_id()).collect();
    let (go, wait) = channel::<()>();
    let (answer, answers) = channel();
    // The writer is held until the others wait together.
    business.tenant().submit(
        business.admin(),
        move |_: &mut Op<'_>| -> Result<()> {
            wait.recv().unwrap();
            Ok(())
        },
        |_| {},
    );
    let submit = |place: usize, work: Work| {
        let (id, answer) = (ids[place], answer.clone());
        business.tenant().submit(
            business.admin(),
            move |op| work(op, id),
            move |result: Result<()>| {
                answer.send((place, result.is_ok())).unwrap();
            },
        );
    };
    submit(
        0,
        Box::new(|op, id| {
            write(op, id, "Zuerst")?;
            Err(Error::invalid("refused after writing"))
        }),
    );
    submit(1, Box::new(|op, id| write(op, id, "Eins")));
    submit(
        2,
        Box::new(|op, id| {
            write(op, id, "Halb")?;
            op.part(|op| {
                write(op, keys::random_id(), "Teil")?;
                panic!("in the middle of a part")
            })
        }),
    );
    submit(
        3,
        Box::new(|op, id| {
            write(op, id, "Zwei")?;
            Err(Error::invalid("refused after writing"))
        }),
    );
    submit(4, Box::new(|op, id| write(op, id, "Drei")));
    go.send(()).unwrap();
    let mut outcomes: Vec<(usize, bool)> = (0..5).map(|_| answers.recv().unwrap()).collect();
    outcomes.sort_unstable();
    assert_eq!(outcomes, [(0, false), (1, true), (2, false), (3, false), (4, true)]);
    let mut reader = business.tenant().reader().unwrap();
    let there: Vec<bool> = ids.iter().map(|id| reader.stored(*id).unwrap().is_some()).collect();
    assert_eq!(there, [false, true, false, false, true]);
    assert_eq!(
        reader.stored_range(0, 1_000).unwrap().len(),
        2,
        "the part of the operation that panicked is gone as well"
    );
    business.assert_sound();
}
