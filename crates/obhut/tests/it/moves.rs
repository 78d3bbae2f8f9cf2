//! `tenant move` as an operator types it: plan, refusal, there with a server running, approval, back.
use crate::bed::{Bed, Server};
use rustix::process::Signal;
use std::os::unix::fs::PermissionsExt;
use testkit::postgres::{PASSWORD, Servers};

/// A business with a token, and settings that name the database servers of this process.
fn bed() -> (Bed, String) {
    let servers = Servers::shared();
    let bed = Bed::with_business();
    bed.file("password", PASSWORD);
    let password = bed.folder.join("password");
    std::fs::set_permissions(&password, std::fs::Permissions::from_mode(0o600)).unwrap();
    let section = |name: &str, port: u16, keys: u16| {
        let file = password.display();
        format!(
            "[[server]]\nname = \"{name}\"\nrecords = \"postgres://obhut@127.0.0.1:{port}\"\nrecords_password_file = \"{file}\"\nkeys = \"postgres://obhut@127.0.0.1:{keys}\"\nkeys_password_file = \"{file}\"\n"
        )
    };
    bed.file("obhut.toml", &section("main", servers.records.port(), servers.keys.port()));
    bed.person("Findebar");
    let token = bed.json(&["token", "create", "--name", "probe", "--rights", "*:rw", "--expires", "90d"]);
    let token = token["token"].as_str().unwrap().to_owned();
    (bed, token)
}

const CONFIG: [&str; 2] = ["--config", "obhut.toml"];

fn ask(server: &Server, token: &str) -> (u16, String) {
    server.get("api", "/api/v1/contact?sort=-created_at", Some(token))
}

#[test]
fn a_business_is_moved_onto_a_server_and_back_from_the_command_line() {
    let (bed, token) = bed();
    let run = |words: &[&str]| bed.run(&[&CONFIG, words].concat());
    let json = |words: &[&str]| bed.json(&[&CONFIG, words].concat());
    let address = format!("postgres://127.0.0.1:{}", Servers::shared().records.port());
    let to = ["tenant", "move", "Werkstatt", "--to"];

    let nowhere = run(&[&to[..], &["postgres://127.0.0.1:1", "--yes"]].concat()).ends(3);
    assert!(nowhere.stderr.contains("database server of the settings is called so"), "{}", nowhere.stderr);
    let plan = json(&[&to[..], &[&address, "--plan"]].concat());
    assert_eq!((&plan["from"], &plan["to"], &plan["kept_days"]), (&"embedded".into(), &"main".into(), &14.into()));
    assert!(plan["tables"].as_array().unwrap().iter().any(|table| table["name"] == "record" && table["rows"] == 1));
    let unasked = run(&[&to[..], &[&address]].concat()).ends(3);
    assert!(
        unasked.stderr.contains("nothing was moved") && unasked.stderr.contains("rows, about"),
        "{}",
        unasked.stderr
    );
    assert_eq!(json(&["tenant", "show", "Werkstatt"])["place"], "embedded");

    let serve = || {
        let mut command = bed.command(&["--json", "--config", "obhut.toml", "serve"]);
        command.env("OBHUT_LOG", "warn");
        Server::start(command)
    };
    let server = serve();
    let before = ask(&server, &token);
    assert!(before.0 == 200 && before.1.contains("Findebar"), "{before:?}");
    let (found, tokens) = (json(&["subject", "find", "Findebar"]), json(&["token", "list"]));
    // The same address means the server; the command goes through the socket of the one that runs.
    let moved = json(&[&to[..], &[&address, "--yes"]].concat());
    assert_eq!((&moved["from"], &moved["to"]), (&"embedded".into(), &"main".into()));
    assert!(moved["rows"].as_u64().unwrap() > 10 && moved["frozen_ms"].as_i64().unwrap() >= 0);
    assert_eq!(json(&["subject", "find", "Findebar"]), found, "records, rights and index are the same there");
    assert_eq!(json(&["token", "list"]), tokens);
    let shown = json(&["tenant", "show", "Werkstatt"]);
    assert_eq!((&shown["place"], &shown["former"]["place"]), (&"main".into(), &"embedded".into()));
    let told = run(&["tenant", "show", "Werkstatt"]).ends(0).stdout;
    assert!(told.contains("kept until"), "{told}");
    run(&["journal", "verify"]).ends(0);
    let again = run(&[&to[..], &["embedded", "--yes"]].concat()).ends(3);
    assert!(again.stderr.contains("--approve"), "{}", again.stderr);
    assert_eq!(server.stop(Signal::TERM).0, 0);

    let seen = run(&["doctor"]).stdout;
    assert!(seen.contains("the half that the move has left (embedded) is kept until"), "{seen}");
    assert_eq!(json(&["tenant", "move", "Werkstatt", "--approve"])["removed"], "embedded");
    run(&["tenant", "move", "Werkstatt", "--approve"]).ends(3);
    let back = run(&[&to[..], &["embedded", "--yes"]].concat()).ends(0);
    assert!(back.stdout.contains("lies here now: embedded"), "{}", back.stdout);
    run(&["tenant", "move", "Werkstatt", "--approve"]).ends(0);
    let server = serve();
    assert_eq!(ask(&server, &token), before);
    assert_eq!(server.stop(Signal::TERM).0, 0);
    run(&["journal", "verify"]).ends(0);
}
