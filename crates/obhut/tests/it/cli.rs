//! The command line as scripts use it: exit codes, one JSON document, keys, and the same commands beside a running server.
use crate::bed::{Bed, snapshot};
use rustix::process::Signal;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;

#[test]
fn wrong_usage_and_settings_end_with_2() {
    let bed = Bed::new();
    for words in [
        &["no-such-command"] as &[&str],
        &["tenant", "create"],
        &["--lang", "fr", "tenant", "list"],
        &["tenant", "list"], // no data
        &["--config", "none.toml", "doctor"],
        &["serve", "--listen", "0.0.0.0"],
        &["serve", "--port-offset", "65535"],
        &["demo", "--listen", "192.0.2.1"],
    ] {
        let ran = bed.run(words).ends(2);
        assert!(ran.stdout.is_empty() && !ran.stderr.is_empty(), "{words:?}");
    }
    bed.file("wrong.toml", "[tenants]\nmax_opn = 3\n");
    let ran = bed.run(&["--config", "wrong.toml", "serve"]).ends(2);
    assert!(ran.stderr.contains("max_opn") && ran.stderr.contains("line 2"), "{}", ran.stderr);
    let ran = bed.run(&["--json", "tenant", "create"]).ends(2);
    assert_eq!(ran.json()["error"]["exit"], 2);
    assert!(!bed.data().exists(), "nothing was made");
    assert_eq!(bed.run(&["--help"]).ends(0).stderr, "");
}

#[test]
fn a_business_is_made_listed_shown_and_destroyed() {
    let bed = Bed::new();
    let create = ["--json", "tenant", "create", "Bäckerei Süß", "--admin", "anna"];
    let ran = bed.run(&create).ends(0);
    assert!(ran.stderr.contains("master.key"), "a word about the key: {}", ran.stderr);
    let made = ran.json();
    assert!(made["password"].as_str().unwrap().len() >= 20, "{made}");
    assert_eq!(bed.run(&create).ends(3).json()["error"]["code"], "duplicate");
    let rights = |path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((rights(bed.data()), rights(bed.data().join("master.key"))), (0o700, 0o600));

    assert_eq!(bed.json(&["tenant", "list"])["items"][0]["name"], "Bäckerei Süß");
    assert!(bed.run(&["tenant", "list"]).ends(0).stdout.contains("Bäckerei Süß"));
    let shown = bed.json(&["tenant", "show", "baeckerei suess"]);
    assert_eq!((&shown["id"], &shown["packs"]), (&made["id"], &json!([])));
    let ran = bed.run(&["--lang", "de", "tenant", "show", "Metzgerei"]).ends(3);
    assert!(ran.stderr.contains("Es gibt keinen Mandanten „Metzgerei“"), "{}", ran.stderr);

    bed.run(&["tenant", "destroy", "Bäckerei Süß"]).ends(3);
    bed.run(&["tenant", "destroy", "Bäckerei Süß", "--confirm", "bäckerei"]).ends(3);
    bed.run(&["tenant", "destroy", "Bäckerei Süß", "--confirm", "Bäckerei Süß"]).ends(0);
    assert_eq!(bed.json(&["tenant", "list"]), json!({"items": []}));
}

#[test]
fn a_password_that_breaks_the_rules_leaves_no_business_behind() {
    let bed = Bed::new();
    let ran = bed.run_with(&["tenant", "create", "Neu", "--admin", "anna", "--password-stdin"], "kurz\n").ends(3);
    assert!(ran.stderr.contains("password"), "{}", ran.stderr);
    let ran = bed
        .run_with(&["tenant", "create", "Neu", "--admin", "", "--password-stdin"], "lang genug und 1 Ziffer")
        .ends(3);
    assert!(ran.stderr.contains("was not made"), "{}", ran.stderr);
    assert_eq!(bed.json(&["tenant", "list"]), json!({"items": []}));
}

#[test]
fn a_wrong_or_missing_master_key_ends_with_4_and_changes_nothing() {
    let bed = Bed::with_business();
    let key = bed.data().join("master.key");
    let right = std::fs::read(&key).unwrap();
    std::fs::write(&key, [7; 32]).unwrap();
    let before = snapshot(&bed.data());
    for words in [&["tenant", "list"] as &[&str], &["serve"], &["journal", "verify"]] {
        let ran = bed.run(words).ends(4);
        assert!(ran.stderr.contains("master key") && ran.stderr.contains("Nothing was changed"), "{}", ran.stderr);
    }
    let ran = bed.run(&["--json", "--lang", "de", "tenant", "list"]).ends(4);
    assert_eq!(ran.json()["error"]["code"], "wrong-key");
    assert!(ran.stderr.contains("Der Hauptschlüssel passt nicht"), "{}", ran.stderr);
    assert_eq!(snapshot(&bed.data()), before);

    std::fs::write(&key, [7; 31]).unwrap();
    bed.run(&["tenant", "list"]).ends(4);
    std::fs::remove_file(&key).unwrap();
    let ran = bed.run(&["tenant", "list"]).ends(4);
    assert!(ran.stderr.contains("is missing") && !key.exists(), "{}", ran.stderr);

    let elsewhere = bed.folder.join("key");
    let named = |path: &std::path::Path| {
        bed.command(&["tenant", "list"]).env("OBHUT_MASTER_KEY_FILE", path).output().unwrap().status.code()
    };
    assert_eq!(named(&elsewhere), Some(2));
    std::fs::write(&elsewhere, right).unwrap();
    assert_eq!(named(&elsewhere), Some(0));
    assert!(!key.exists());
}

#[test]
fn users_and_tokens_live_and_end() {
    let bed = Bed::with_business();
    bed.run_with(&["user", "create", "berta", "--role", "reader", "--password-stdin"], "auch lang genug 1").ends(0);
    let users = bed.json(&["user", "list", "--tenant", "Werkstatt"]);
    let logins: Vec<&str> =
        users["items"].as_array().unwrap().iter().map(|user| user["login"].as_str().unwrap()).collect();
    assert_eq!(logins, ["anna", "berta"]);
    assert_eq!(bed.run(&["user", "create", "BERTA"]).ends(3).stdout, "");
    assert_eq!(bed.run(&["user", "create", "carl", "--role", "king"]).ends(2).stdout, "");
    bed.run(&["user", "lock", "berta"]).ends(0);
    assert_eq!(bed.json(&["user", "list"])["items"][1]["state"], "locked");
    bed.run(&["user", "unlock", "berta"]).ends(0);
    assert_eq!(bed.json(&["user", "list"])["items"][1]["state"], "active");
    assert!(bed.json(&["user", "reset", "berta"])["password"].as_str().unwrap().len() >= 20);
    assert_eq!(bed.run(&["user", "lock", "anna"]).ends(3).stdout, "", "the last administrator");
    bed.run(&["user", "delete", "berta"]).ends(2);
    bed.run(&["user", "delete", "berta", "--successor", "anna"]).ends(0);
    bed.run(&["user", "lock", "berta"]).ends(3);

    let made =
        bed.json(&["token", "create", "--name", "Kasse", "--rights", "contact:rw,vehicle:r", "--expires", "90d"]);
    assert!(made["token"].as_str().unwrap().starts_with("obhut_"), "{made}");
    bed.run(&["token", "create", "--name", "x", "--rights", "contact:all"]).ends(3);
    bed.run(&["token", "create", "--name", "x", "--expires", "soon"]).ends(2);
    let listed = bed.run(&["--json", "token", "list"]).ends(0);
    assert!(!listed.stdout.contains(made["token"].as_str().unwrap()), "the token is printed once");
    assert_eq!(listed.json()["items"][0]["rights"], "contact:rw,vehicle:r");
    bed.run(&["token", "revoke", "Kasse"]).ends(0);
    assert!(bed.json(&["token", "list"])["items"][0]["revoked_at"].is_string());
    bed.run(&["token", "revoke", "Kasse"]).ends(3);
    bed.run(&["journal", "verify"]).ends(0);
}

#[test]
fn the_recovery_kit_is_printed_once_and_typed_back() {
    let bed = Bed::with_business();
    let kit = bed.run(&["key", "recovery-kit"]).ends(0).stdout;
    assert!(kit.contains("Werkstatt") && kit.contains("\n5: "), "{kit}");
    assert_eq!(bed.run(&["--json", "key", "recovery-kit"]).ends(3).json()["error"]["code"], "kit-printed");
    bed.run_with(&["key", "recovery-kit", "--confirm"], &kit).ends(0);
    bed.run_with(&["key", "recovery-kit", "--confirm"], &kit.replacen("1: ", "1: X", 1)).ends(3);
    assert_eq!(bed.json(&["key", "rotate", "root"])["number"], 2);
    bed.run_with(&["key", "recovery-kit", "--confirm"], &kit).ends(1);
    let all = bed.json(&["key", "rotate", "all"]);
    assert_eq!((all["keys"].as_array().unwrap().len(), &all["number"]), (8, &serde_json::json!(3)), "{all}");
    assert_eq!(bed.json(&["key", "rotate", "all", "--instance"])["keys"].as_array().unwrap().len(), 4);
    bed.run(&["key", "rotate", "backup", "--instance"]).ends(3);
    bed.run(&["key", "rotate", "everything"]).ends(2);
    bed.run(&["journal", "verify"]).ends(0);
}

#[test]
fn definitions_are_listed_shown_and_checked_without_data() {
    let bed = Bed::new();
    let modules = bed.json(&["module", "list"]);
    assert!(modules["items"].as_array().unwrap().iter().any(|module| module["name"] == "contact"));
    assert_eq!(bed.json(&["module", "show", "order"])["name"], "order");
    bed.run(&["module", "show", "nothing"]).ends(3);
    bed.file("bike.toml", "name = \"bike\"\nlabel = { de = \"Rad\", en = \"Bike\" }\nplurl = 1\n");
    let ran = bed.run(&["module", "check", "bike.toml"]).ends(1);
    assert!(ran.stdout.contains("bike.toml:3:1:") && ran.stdout.contains("plural"), "{}", ran.stdout);
    bed.run(&["module", "check", "none.toml"]).ends(2);
    assert!(!bed.data().exists());
}

#[test]
fn a_file_is_imported_with_its_rejects_and_exported_again() {
    let bed = Bed::with_business();
    bed.file("kunden.csv", "Vorname;Nachname;E-Mail;Geburtstag\nÄnne;Müller;aenne@post.example;1970-05-06\nBodo;Weiß;;31.02.1980;zu viel\nCem;Öz;cem@post.example;\n");
    let import =
        ["import", "kunden.csv", "--origin", "Alte Liste", "--activity", "customer-care", "--rejects", "rejects.csv"];
    let dry = bed.run(&[&["--json"], &import[..], &["--dry-run"]].concat()).ends(1);
    assert_eq!((&dry.json()["dry_run"], &dry.json()["rejected"]), (&json!(true), &json!(1)));
    assert!(dry.stderr.contains("Vorname"), "the guess is shown: {}", dry.stderr);
    assert_eq!(bed.json(&["subject", "find", "Müller"]), json!({"items": []}));
    bed.run(&[&import[..], &["--on-error", "stop"]].concat()).ends(1);
    assert_eq!(bed.json(&["subject", "find", "Müller"]), json!({"items": []}));

    let report = bed.run(&[&["--json"], &import[..]].concat()).ends(1).json();
    assert_eq!((&report["created"], &report["rejects"][0]["line"]), (&json!({"contact": 2}), &json!(3)), "{report}");
    let rejects = std::fs::read_to_string(bed.folder.join("rejects.csv")).unwrap();
    assert!(rejects.contains("Bodo") && !rejects.contains("Cem"), "{rejects}");
    let again = bed.run(&[&["--json"], &import[..]].concat()).ends(1).json();
    assert_eq!((&again["created"], &again["duplicates"]), (&json!({}), &json!(2)), "{again}");
    assert_eq!(bed.json(&["subject", "find", "mueller"])["items"][0]["title"], "Änne Müller");
    bed.run(&["import", "kunden.csv", "--origin", "x", "--activity", "no-such-activity"]).ends(3);
    bed.run(&["import", "none.csv", "--origin", "x", "--activity", "customer-care"]).ends(2);

    let exported = bed.json(&["export", "--module", "contact"]);
    assert_eq!(exported.as_array().unwrap().len(), 2);
    assert_eq!(exported[0]["origin"], "Alte Liste");
    let csv = bed.run(&["export", "--module", "contact"]).ends(0).stdout;
    assert!(csv.starts_with("id,") && csv.lines().count() == 3 && csv.contains("Müller"), "{csv}");
    let cards = bed.run(&["export", "--module", "contact", "--format", "vcard"]).ends(0).stdout;
    assert_eq!(cards.matches("BEGIN:VCARD").count(), 2);
    let masked = bed.run(&["export", "--module", "contact", "--format", "json", "--pseudonymised"]).ends(0);
    for known in ["Müller", "aenne", "1970", exported[0]["id"].as_str().unwrap()] {
        assert!(!masked.stdout.contains(known), "{known}: {}", masked.stdout);
    }
    assert_eq!(masked.json()[0]["kind"], "person");
    bed.run(&["export", "--module", "order", "--format", "vcard"]).ends(2);
    bed.run(&["export", "--module", "nothing"]).ends(3);
}

#[test]
fn a_person_is_shown_restricted_and_erased() {
    let bed = Bed::with_business();
    let id = bed.person("Grünkohl");
    assert_eq!(bed.json(&["subject", "show", &id])["records"][0]["values"]["family_name"], "Grünkohl");
    assert_eq!(bed.run(&["subject", "export", &id]).ends(0).json()["subject"], json!(id));
    bed.run(&["subject", "restrict", &id]).ends(0);
    assert_eq!(bed.json(&["export", "--module", "contact"]), json!([]), "what is restricted is in no export");
    bed.run(&["subject", "release", &id]).ends(0);
    assert_eq!(bed.json(&["export", "--module", "contact"]).as_array().unwrap().len(), 1);

    let changed = bed.json(&["journal", "show", "--record", &id]);
    assert_eq!(changed["items"].as_array().unwrap().last().unwrap()["action"], "create");
    let plan = bed.json(&["subject", "erase", &id, "--plan", "--reason", "request"]);
    assert!(!plan["goes"].as_array().unwrap().is_empty(), "{plan}");
    bed.run(&["subject", "erase", &id, "--reason", "request"]).ends(3);
    assert_eq!(bed.json(&["subject", "find", "Grünkohl"])["items"][0]["id"], json!(id), "nobody agreed");
    let german = bed.run(&["--lang", "de", "subject", "erase", &id, "--plan", "--reason", "request"]).ends(0).stdout;
    assert!(german.contains("Wird jetzt gelöscht:"), "{german}");
    let certificate = bed.json(&["subject", "erase", &id, "--yes", "--reason", "request"]);
    assert!(certificate["keys_destroyed_at"].is_string(), "{certificate}");
    assert_eq!(bed.json(&["subject", "find", "Grünkohl"]), json!({"items": []}));
    let verified = bed.json(&["journal", "verify"]);
    assert_eq!(verified["ok"], true);
    assert!(verified["items"][0]["erased_values"].as_u64().unwrap() > 0, "{verified}");
    bed.run(&["subject", "show", "not-an-id"]).ends(2);
    bed.run(&["subject", "show", "00000000000000000000000000"]).ends(3);
}

#[test]
fn proofs_and_checkpoints_are_printed() {
    let bed = Bed::with_business();
    let proof = bed.run(&["journal", "prove", "0"]).ends(0).json();
    let checkpoint = bed.json(&["journal", "checkpoint"]);
    assert_eq!(proof["checkpoint"], checkpoint["checkpoint"]);
    bed.run(&["journal", "prove", "999"]).ends(3);
    bed.run(&["index", "rebuild"]).ends(0);
    assert_eq!(bed.json(&["job", "list"]), json!({"items": []}));
    assert_eq!(bed.json(&["job", "run", "purge-logs"])["done"], 1);
    bed.run(&["job", "run", "nothing"]).ends(3);
    let checks = bed.run(&["--json", "doctor"]).json();
    assert!(
        checks["checks"].as_array().unwrap().iter().any(|check| check["code"] == "master-key" && check["ok"] == false)
    );
}

#[test]
fn a_damaged_journal_is_found_with_exit_1() {
    let bed = Bed::with_business();
    let ledger = bed.data().join("ledger").join(bed.json(&["tenant", "list"])["items"][0]["id"].as_str().unwrap());
    std::fs::write(ledger.join("checkpoint"), "not a checkpoint\n").unwrap();
    let report = bed.run(&["--json", "journal", "verify"]).ends(1).json();
    assert_eq!(report["ok"], false);
    assert!(!report["items"][0]["findings"].as_array().unwrap().is_empty(), "{report}");
}

#[test]
fn commands_go_through_a_server_that_holds_the_folder() {
    let bed = Bed::with_business();
    let alone = bed.json(&["tenant", "list"]);
    let server = bed.serve();
    let ran = bed.run(&["serve", "--port-offset", "1"]);
    assert!(ran.code == 1 && ran.stderr.contains("in use"), "the second says so: {} {}", ran.code, ran.stderr);
    assert_eq!(bed.json(&["tenant", "list"]), alone);
    bed.run_with(&["user", "create", "berta", "--password-stdin"], "auch lang genug 1\n").ends(0);
    bed.run(&["tenant", "show", "Metzgerei"]).ends(3);
    assert!(bed.run(&["--lang", "de", "tenant", "show", "x"]).ends(3).stderr.contains("Mandanten"));
    let id = bed.person("Ölmütz");
    bed.run(&["subject", "erase", &id, "--reason", "request"]).ends(3);
    bed.run(&["key", "recovery-kit"]).ends(0);
    bed.run(&["journal", "verify"]).ends(0);

    let token =
        bed.json(&["token", "create", "--name", "x", "--rights", "contact:r"])["token"].as_str().unwrap().to_owned();
    let (status, body) = server.get("api", "/api/v1/contact", Some(&token));
    assert_eq!(status, 200, "{body}");
    assert!(body.contains("Ölmütz"));
    // Every key becomes another one beside the requests; the page keys too, for which the business is closed for a moment.
    assert_eq!(bed.json(&["key", "rotate", "all"])["keys"].as_array().unwrap().len(), 8);
    let (status, body) = server.get("api", "/api/v1/contact", Some(&token));
    assert!(status == 200 && body.contains("Ölmütz"), "{status} {body}");
    bed.run(&["journal", "verify"]).ends(0);
    bed.run(&["token", "revoke", "x"]).ends(0);
    assert_eq!(server.get("api", "/api/v1/contact", Some(&token)).0, 401, "revoked at once");

    let socket = bed.data().join("obhut.sock");
    assert_eq!(std::fs::metadata(&socket).unwrap().permissions().mode() & 0o777, 0o600);
    let (code, said) = server.stop(Signal::TERM);
    assert_eq!((code, said.as_str()), (0, ""));
    assert!(!socket.exists());
    assert_eq!(
        bed.json(&["user", "list"])["items"].as_array().unwrap().len(),
        2,
        "what went through the server is there"
    );
}

#[test]
fn a_broken_client_harms_nobody() {
    let bed = Bed::with_business();
    let server = bed.serve();
    let connect = || UnixStream::connect(bed.data().join("obhut.sock")).unwrap();
    let refused = |bytes: &[u8]| {
        let mut client = connect();
        client.write_all(bytes).unwrap();
        client.shutdown(std::net::Shutdown::Write).unwrap();
        let mut answer = Vec::new();
        // The server may have closed its end before everything was sent.
        let _ = client.read_to_end(&mut answer);
        // Nothing, or a frame of the exit with another code than 0 as the last one.
        assert!(answer.is_empty() || answer.ends_with(&[b'x', 0, 0, 0, 1, 2]), "{answer:?}");
    };
    refused(b"");
    refused(b"GET / HTTP/1.1\r\n\r\n");
    refused(&[b'q', 0xff, 0xff, 0xff, 0xff]);
    refused(&[b'q', 0, 0, 0, 2, b'{', b'}']);
    let request = |value: Value| {
        let text = value.to_string();
        let length = u32::try_from(text.len()).unwrap().to_be_bytes();
        [&[b'q'][..], &length, text.as_bytes()].concat()
    };
    refused(&request(json!({"version": "other", "argv": ["tenant", "list"], "cwd": "/", "lang": "en"})));
    refused(&request(json!({"version": env!("CARGO_PKG_VERSION"), "argv": ["serve"], "cwd": "/", "lang": "en"})));
    refused(&request(
        json!({"version": env!("CARGO_PKG_VERSION"), "argv": ["tenant", "list"], "cwd": "", "lang": "en"}),
    ));
    drop(connect()); // says nothing and goes away
    let mut gone = connect();
    gone.write_all(&request(
        json!({"version": env!("CARGO_PKG_VERSION"), "argv": ["journal", "verify"], "cwd": "/", "lang": "en"}),
    ))
    .unwrap();
    drop(gone);
    bed.json(&["tenant", "list"]);
    assert_eq!(server.stop(Signal::INT).0, 0);
}

#[test]
fn help_speaks_german_where_german_is_spoken() {
    let bed = Bed::new();
    let german = bed.run(&["--lang", "de", "subject", "erase", "--help"]).ends(0).stdout;
    assert!(german.contains("Aufruf: obhut subject erase") && german.contains("Eine Löschung planen"), "{german}");
    let english = bed.run(&["--lang=en", "subject", "erase", "--help"]).ends(0).stdout;
    assert!(english.contains("Usage: obhut subject erase") && english.contains("Plan and perform"), "{english}");
    let output = bed.command(&["--help"]).env("LANG", "de_AT.UTF-8").output().unwrap();
    assert!(String::from_utf8(output.stdout).unwrap().contains("Befehle:"), "the environment's language");
}

#[test]
fn the_journal_says_what_is_left_of_a_record_that_is_gone() {
    let bed = Bed::with_business();
    let person = bed.person("Verschwunden");
    let shown = bed.json(&["journal", "show", "--record", &person]);
    assert_eq!((&shown["gone"], &shown["module"]), (&json!(false), &json!("contact")));
    bed.run(&["subject", "erase", &person, "--reason", "request", "--yes"]).ends(0);
    let left = bed.json(&["journal", "show", "--record", &person]);
    assert_eq!((&left["gone"], &left["module"]), (&json!(true), &json!("contact")));
    let items = left["items"].as_array().unwrap();
    let actions: Vec<_> = items.iter().map(|item| item["action"].as_str().unwrap()).collect();
    assert_eq!((actions.first(), actions.last()), (Some(&"delete"), Some(&"create")), "{left}");
    let create = items.last().unwrap();
    assert_eq!((&create["erased"], &create["changes"]), (&json!(true), &json!([])));
    assert!(!left.to_string().contains("Verschwunden"));
    let text = bed.run(&["--lang", "de", "journal", "show", "--record", &person]).ends(0).stdout;
    assert!(text.contains("gibt es nicht mehr") && text.contains("(Werte gelöscht)"), "{text}");
    // An id that never was: the same sentence as ever.
    bed.run(&["journal", "show", "--record", "00000000000000000000000001"]).ends(3);
}

#[test]
fn a_merge_is_undone_and_a_restriction_has_a_reason_of_a_list() {
    let bed = Bed::with_business();
    let (one, other) = (bed.person("Einsmann"), bed.person("Zweimann"));
    bed.run(&["subject", "merge", &one, &other]).ends(0);
    assert_eq!(bed.json(&["subject", "show", &one])["aliases"], json!([other]));
    bed.run(&["subject", "unmerge", &other]).ends(0);
    assert_eq!(bed.json(&["subject", "show", &one])["aliases"], json!([]));
    bed.run(&["subject", "unmerge", &other]).ends(3);
    bed.run(&["subject", "restrict", &one, "--reason", "weil Herr Einsmann anrief"]).ends(2);
    bed.run(&["subject", "restrict", &one, "--reason", "accuracy"]).ends(0);
    assert_eq!(bed.json(&["subject", "show", &one])["state"], "restricted");
    bed.run(&["subject", "release", &one, "--reason", "settled"]).ends(0);
    bed.run(&["journal", "verify"]).ends(0);
}
