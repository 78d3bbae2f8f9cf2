//! `demo`: ready with one line, works as it says, and leaves nothing behind.
use crate::bed::{Bed, Server};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use std::io::Read;
use std::process::Stdio;

#[test]
fn a_demo_is_ready_with_one_line_and_leaves_nothing() {
    let bed = Bed::new();
    let server = Server::start(bed.command(&["demo", "--json"]));
    let tenants = server.line["tenants"].as_array().unwrap().clone();
    assert_eq!(tenants.len(), 3);
    for (tenant, module) in tenants.iter().zip(["order", "property", "participant"]) {
        let keys: Vec<&String> = tenant.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["login", "name", "password", "token"]);
        let token = tenant["token"].as_str().unwrap();
        let (status, body) = server.get("api", &format!("/api/v1/{module}?count=true&limit=1"), Some(token));
        assert_eq!(status, 200, "{body}");
        let page: Value = serde_json::from_str(&body).unwrap();
        assert!(page["total"].as_u64().unwrap() >= 50, "{body}");
    }
    let (status, page) = server.get("pages", "/", None);
    assert!(status == 200 || status == 303, "{page}");
    let folders = || std::fs::read_dir(bed.folder.path()).unwrap().count();
    assert_eq!(folders(), 1, "one folder while it runs");
    let (code, said) = server.stop(Signal::TERM);
    assert_eq!((code, said.as_str(), folders()), (0, "", 0));
}

#[test]
fn a_kept_demo_goes_on_as_an_instance() {
    let bed = Bed::new();
    let server = Server::start(bed.command(&["demo", "--json", "--keep", "data"]));
    let name = server.line["tenants"][0]["name"].as_str().unwrap().to_owned();
    assert_eq!(server.stop(Signal::INT).0, 0);
    let verified = bed.json(&["journal", "verify"]);
    assert_eq!((&verified["ok"], verified["items"].as_array().unwrap().len()), (&json!(true), 3));
    assert!(!bed.json(&["subject", "find", "mueller", "--tenant", &name])["items"].as_array().unwrap().is_empty());
    // Which business is meant must be said where there are several.
    bed.run(&["subject", "find", "mueller"]).ends(2);
    bed.run(&["demo", "--keep", "data"]).ends(2);
    assert_eq!(bed.json(&["tenant", "list"])["items"].as_array().unwrap().len(), 3);

    // The business shows what the law keeps: a customer whose orders were invoiced.
    let orders = bed.run(&["export", "--module", "order", "--format", "json", "--tenant", &name]).ends(0).json();
    let invoiced = orders.as_array().unwrap().iter().find(|order| order["state"] == "invoiced").unwrap();
    assert!(invoiced["recipient_name"].is_string() && invoiced["recipient_address"].is_object(), "{invoiced}");
    let customer = invoiced["customer"].as_str().unwrap();
    let plan = bed.json(&["subject", "erase", customer, "--plan", "--reason", "request", "--tenant", &name]);
    let stays = plan["stays"].as_array().unwrap();
    assert!(stays.iter().any(|item| item["basis"].as_str().unwrap().contains("§ 147")), "{plan}");
}

#[test]
fn a_demo_that_is_ended_while_it_is_made_leaves_nothing() {
    let bed = Bed::new();
    let mut child =
        bed.command(&["demo", "--port-offset", "1900"]).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let folders = || std::fs::read_dir(bed.folder.path()).unwrap().count();
    while folders() == 0 {
        assert!(child.try_wait().unwrap().is_none(), "it ended before it made a folder");
        std::thread::yield_now();
    }
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!((child.wait().unwrap().code(), said.as_str(), folders()), (Some(0), "", 0));
}
