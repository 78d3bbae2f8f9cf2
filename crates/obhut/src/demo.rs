//! `demo`: a throwaway instance with three sample businesses, served until it is asked to end, and then gone.
//!
//! People and firms are invented, in the same way on every machine; keys, passwords and tokens are new each time.
mod dice;
mod draft;
mod estate;
mod folder;
mod names;
mod people;
mod training;
mod workshop;

use crate::failure::{Exit, Failure};
use crate::output::Output;
use crate::place::KeyPlace;
use crate::serve::{self, Ports, Signals};
use crate::settings::Settings;
use crate::{operator, program};
use base::{RecordId, SharedClock, SystemClock};
use draft::Draft;
use folder::Folder;
use identity::{NewUser, Password, Role};
use serde::Serialize;
use std::fmt::Write;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use store::{Caller, Instance, NewTenant, Tenant};

/// What `demo` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Keep the instance in this folder instead of removing it on exit
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
    /// Loopback address to listen on [default: 127.0.0.1]
    #[arg(long, value_name = "ADDR")]
    listen: Option<IpAddr>,
    /// Shifts all ports: pages 8086, REST API 8085
    #[arg(long, value_name = "N")]
    port_offset: Option<u16>,
}

/// A sample business: name, pack, records.
type Business = (&'static str, &'static str, fn() -> Vec<Draft>);

const BUSINESSES: &[Business] = &[
    ("Autohaus & Werkstatt Musterförde", "workshop", workshop::drafts),
    ("Immobilien Musterhalde", "realestate", estate::drafts),
    ("Röststuben-Akademie Muster", "training", training::drafts),
];
/// Who signs in to each.
const LOGIN: &str = "admin";
/// Records that share a commit.
const BATCH: usize = 100;

/// How to sign in to a sample business.
#[derive(Serialize)]
struct SignIn {
    name: &'static str,
    login: &'static str,
    password: String,
    token: String,
}

/// The one line that scripts read.
#[derive(Serialize)]
struct Ready<'r> {
    pages: String,
    api: String,
    tenants: &'r [SignIn],
}

pub(crate) fn run(args: &Args, settings: &Settings, cwd: &Path, out: &mut Output<'_>) -> Result<Exit, Failure> {
    let ports = serve::ports(args.listen, args.port_offset, settings)?;
    let signals = Signals::start()?;
    let folder = match &args.keep {
        Some(folder) => Folder::kept(cwd.join(folder))?,
        None => Folder::throwaway()?,
    };
    let clock: SharedClock = Arc::new(SystemClock);
    let key = KeyPlace::find(folder.path(), |name| std::env::var_os(name));
    if let KeyPlace::BesideData(path) = &key
        && !path.exists()
    {
        // Without the warning: a demo is the trial that such a key is for.
        keys::MasterKey::generate().write_new(path)?;
    }
    let instance = program::open(folder.path(), &clock, &settings.alone(), out)?;
    let Some(sign_ins) = fill(&instance, &signals, out)? else { return Ok(Exit::Done) };
    serve::run(instance, &clock, settings, ports, None, signals, out, |ports, out| {
        announce(ports, &sign_ins, &folder, args.keep.is_some(), out)
    })
    // The folder goes with its value, after everything that had it open.
}

/// Makes the businesses; `None` if the program was asked to end meanwhile.
fn fill(instance: &Arc<Instance>, signals: &Signals, out: &mut Output<'_>) -> Result<Option<Vec<SignIn>>, Failure> {
    let caller = Caller::operator(&operator::own_name());
    let drafts: Vec<Vec<Draft>> = BUSINESSES.iter().map(|(_, _, drafts)| drafts()).collect();
    let total = drafts.iter().map(Vec::len).sum::<usize>() as u64;
    let mut sign_ins = Vec::with_capacity(BUSINESSES.len());
    let mut done = 0;
    for ((name, pack, _), drafts) in BUSINESSES.iter().zip(drafts) {
        out.progress(name, done, total)?;
        let new = NewTenant {
            id: keys::random_id(),
            zone: "Europe/Berlin".into(),
            marker: "test".into(),
            packs: vec![(*pack).to_owned()],
            server: None,
        };
        let info = instance.create_tenant(&caller.actor, name, &new)?;
        let tenant = instance.tenant(info.id)?;
        sign_ins.push(sign_in(&tenant, &caller, name)?);
        let mut ids: Vec<RecordId> = Vec::with_capacity(drafts.len());
        let mut drafts = drafts.into_iter();
        loop {
            if signals.asked() {
                return Ok(None);
            }
            let batch: Vec<Draft> = drafts.by_ref().take(BATCH).collect();
            if batch.is_empty() {
                break;
            }
            done += batch.len() as u64;
            ids = tenant.write(caller.clone(), move |op| -> records::Result<Vec<RecordId>> {
                for draft in batch {
                    let module = draft.module;
                    let made = records::create(op, module, draft.input(&ids))?;
                    ids.push(made.id);
                }
                Ok(ids)
            })?;
            out.progress(name, done, total)?;
        }
    }
    out.end_progress()?;
    Ok(Some(sign_ins))
}

/// A business's administrator, and a token that may do what an administrator may.
fn sign_in(tenant: &Tenant, caller: &Caller, name: &'static str) -> Result<SignIn, Failure> {
    let (password, text) = Password::random()?;
    let user = NewUser {
        login: LOGIN.into(),
        name: "Administration".into(),
        email: None,
        role: Role::Administrator,
        password,
    };
    let token = tenant.write(caller.clone(), move |op| {
        identity::create_user(op, &user)?;
        identity::create_token(op, "Demo", "admin", None)
    })?;
    Ok(SignIn { name, login: LOGIN, password: text.to_string(), token: token.1.to_string() })
}

fn announce(
    ports: &Ports,
    tenants: &[SignIn],
    folder: &Folder,
    kept: bool,
    out: &mut Output<'_>,
) -> Result<(), Failure> {
    let ready = Ready { pages: ports.pages_url(), api: ports.api_url(), tenants };
    out.answer(&ready, |lang| {
        let mut text = format!("{}: {}\nREST-API: {}\n\n", lang.pick("Seiten", "Pages"), ready.pages, ready.api);
        for SignIn { name, login, password, token } in tenants {
            let (business, user, word) =
                (lang.pick("Mandant", "Business"), lang.pick("Benutzer", "User"), lang.pick("Passwort", "Password"));
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{business}: {name}\n  {user}: {login}\n  {word}: {password}\n  Token: {token}\n");
        }
        let shown = folder.path().display();
        let _ = match (lang, kept) {
            (crate::output::Lang::De, false) => {
                writeln!(text, "Strg+C beendet die Demo; danach ist alles wieder weg ({shown}).")
            }
            (crate::output::Lang::De, true) => {
                writeln!(text, "Strg+C beendet die Demo. Die Daten bleiben: obhut --data {shown} serve")
            }
            (crate::output::Lang::En, false) => {
                writeln!(text, "Ctrl+C ends the demo; then everything is gone ({shown}).")
            }
            (crate::output::Lang::En, true) => {
                writeln!(text, "Ctrl+C ends the demo. The data stays: obhut --data {shown} serve")
            }
        };
        text
    })
}

#[cfg(test)]
mod tests;
