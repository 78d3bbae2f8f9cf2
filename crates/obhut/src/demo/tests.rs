//! The sample data itself: consistent, the same each time, and of what the demo promises.
use super::*;
use store::module::packs;

#[test]
fn links_lead_to_drafts_before_them_and_modules_are_in_the_pack() {
    for (name, pack, drafts) in BUSINESSES {
        let modules = packs::load(&[*pack]).unwrap();
        let drafts = drafts();
        assert!((300..=800).contains(&drafts.len()), "{name} has {} records", drafts.len());
        for (place, draft) in drafts.iter().enumerate() {
            let module = modules.get(draft.module).unwrap_or_else(|| panic!("{name}: no module {}", draft.module));
            assert!(draft.linked().all(|to| to < place), "{name} {place}");
            for field in draft.fields() {
                assert!(
                    field == "state" || module.field(field).is_some(),
                    "{name}: {} has no field {field}",
                    draft.module
                );
            }
        }
        for module in modules.iter() {
            let used = drafts.iter().any(|draft| draft.module == module.name);
            assert!(used || *pack != "workshop" && module.name == "interaction", "{name}: nothing in {}", module.name);
        }
    }
}

#[test]
fn the_same_businesses_come_each_time() {
    for (name, _, drafts) in BUSINESSES {
        let text =
            || drafts().into_iter().map(|draft| serde_json::to_string(&draft.input(&[])).unwrap()).collect::<Vec<_>>();
        assert_eq!(text(), text(), "{name}");
    }
}
