//! One file per command. A command is a function over a [`Context`] (the open instance, who acts, where the user stands), its own arguments
//! and an [`Output`]; so it runs the same in the user's process and inside a server that holds the data folder.
pub(crate) mod control_list;
pub(crate) mod control_run;
pub(crate) mod doctor;
pub(crate) mod export;
pub(crate) mod import;
pub(crate) mod index_rebuild;
pub(crate) mod job_list;
pub(crate) mod job_run;
pub(crate) mod journal_checkpoint;
pub(crate) mod journal_prove;
pub(crate) mod journal_show;
pub(crate) mod journal_verify;
pub(crate) mod key_recovery_kit;
pub(crate) mod key_rotate;
pub(crate) mod module_check;
pub(crate) mod module_list;
pub(crate) mod module_show;
mod password;
mod subject;
pub(crate) mod subject_erase;
pub(crate) mod subject_export;
pub(crate) mod subject_find;
pub(crate) mod subject_merge;
pub(crate) mod subject_restriction;
pub(crate) mod subject_show;
pub(crate) mod tenant_create;
pub(crate) mod tenant_destroy;
pub(crate) mod tenant_list;
pub(crate) mod tenant_move;
pub(crate) mod tenant_show;
pub(crate) mod token_create;
pub(crate) mod token_list;
pub(crate) mod token_revoke;
mod user;
pub(crate) mod user_create;
pub(crate) mod user_delete;
pub(crate) mod user_list;
pub(crate) mod user_lock;
pub(crate) mod user_reset;

use crate::cli::{Command, Control, Index, Job, Journal, Key, Module, Subject, Tenant, Token, User};
use crate::failure::{Exit, Failure};
use crate::output::Output;
use crate::settings::Settings;
use base::{Actor, RecordId, TenantId};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use store::{Caller, Instance, TenantInfo};

/// How a command that did not fail ended.
pub(crate) type Ended = Result<Exit, Failure>;

/// What a command works on.
pub(crate) struct Context<'i> {
    /// The data folder, open.
    pub instance: &'i Arc<Instance>,
    /// The limits.
    pub settings: &'i Settings,
    /// Who acts: `os:<account>`.
    pub actor: Actor,
    /// Where the user stands; relative paths begin here.
    pub cwd: PathBuf,
}

/// Which business a command is about.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct OfTenant {
    /// The business: its name or id. May be left out where there is only one
    #[arg(long, value_name = "T")]
    pub tenant: Option<String>,
}

impl Context<'_> {
    /// The caller with the operator's rights; every change is written down as his.
    pub(crate) fn caller(&self) -> Caller {
        match &self.actor {
            Actor::Operator(name) => Caller::operator(name),
            other => Caller { actor: other.clone(), ..Caller::operator("") },
        }
    }
    /// A path of the user's, from where the user stands.
    pub(crate) fn path(&self, given: &Path) -> PathBuf {
        self.cwd.join(given)
    }
    /// The business that was named, or the only one.
    pub(crate) fn info(&self, of: &OfTenant) -> Result<TenantInfo, Failure> {
        if let Some(name) = &of.tenant {
            return self.instance.find(name).ok_or_else(|| self.no_tenant(name));
        }
        let mut all = self.instance.tenants();
        match (all.len(), all.pop()) {
            (1, Some(only)) => Ok(only),
            (0, _) => Err(Failure::usage(
                "Es gibt noch keinen Mandanten. Legen Sie einen an: obhut tenant create NAME --admin LOGIN",
                "There is no business yet. Make one: obhut tenant create NAME --admin LOGIN",
            )),
            _ => Err(Failure::usage(
                format!("Welcher Mandant? Bitte --tenant angeben; es gibt: {}.", self.names()),
                format!("Which business? Say --tenant; there are: {}.", self.names()),
            )),
        }
    }
    /// The businesses that were meant: the named one, or all.
    pub(crate) fn infos(&self, of: &OfTenant) -> Result<Vec<TenantInfo>, Failure> {
        if of.tenant.is_some() { self.info(of).map(|info| vec![info]) } else { Ok(self.instance.tenants()) }
    }
    /// The same, open.
    pub(crate) fn tenant(&self, of: &OfTenant) -> Result<Arc<store::Tenant>, Failure> {
        Ok(self.open(self.info(of)?.id)?)
    }
    /// A business, open here: another node that holds it is asked for it.
    pub(crate) fn open(&self, id: TenantId) -> store::Result<Arc<store::Tenant>> {
        self.instance.bring(id)
    }
    /// The same for what needs the business closed: no other node has it then.
    pub(crate) fn bring(&self, id: TenantId) -> store::Result<()> {
        if !self.instance.has_nodes() {
            return Ok(());
        }
        match self.open(id) {
            Err(error @ store::Error::Elsewhere { .. }) => Err(error),
            // One that cannot be opened may be just what is to be mended.
            _ => Ok(()),
        }
    }
    fn no_tenant(&self, name: &str) -> Failure {
        Failure::not_found(
            format!("Es gibt keinen Mandanten „{name}“. Vorhanden: {}.", self.names()),
            format!("There is no business “{name}”. There are: {}.", self.names()),
        )
    }
    fn names(&self) -> String {
        const SHOWN: usize = 10;
        let all = self.instance.tenants();
        let mut names: Vec<&str> = all.iter().take(SHOWN).map(|tenant| tenant.name.as_str()).collect();
        if all.len() > SHOWN {
            names.push("…");
        }
        if names.is_empty() { "–".to_owned() } else { names.join(", ") }
    }
}

/// An id as the user typed it.
pub(crate) fn record_id(text: &str) -> Result<RecordId, Failure> {
    text.parse().map_err(|_| {
        Failure::usage(
            format!("„{text}“ ist keine Kennung: 26 Zeichen aus 0–9 und a–z ohne i, l, o, u."),
            format!("“{text}” is no id: 26 characters of 0-9 and a-z without i, l, o, u."),
        )
    })
}

/// Runs a command that works on the data. The others (`demo`, `serve`, `doctor`, `module check`) are started by `program`.
pub(crate) fn run(context: &Context<'_>, command: &Command, out: &mut Output<'_>) -> Ended {
    match command {
        Command::Demo(_)
        | Command::Serve(_)
        | Command::Bench(_)
        | Command::Doctor(_)
        | Command::Module(Module::Check(_)) => Err(Failure::usage(
            "Dieser Befehl läuft nicht in einem Server.",
            "This command does not run inside a server.",
        )),
        Command::Tenant(command) => match command {
            Tenant::Create(args) => tenant_create::run(context, args, out),
            Tenant::List(args) => tenant_list::run(context, args, out),
            Tenant::Show(args) => tenant_show::run(context, args, out),
            Tenant::Move(args) => tenant_move::run(context, args, out),
            Tenant::Destroy(args) => tenant_destroy::run(context, args, out),
        },
        Command::User(command) => match command {
            User::Create(args) => user_create::run(context, args, out),
            User::List(args) => user_list::run(context, args, out),
            User::Lock(args) => user_lock::lock(context, args, out),
            User::Unlock(args) => user_lock::unlock(context, args, out),
            User::Reset(args) => user_reset::run(context, args, out),
            User::Delete(args) => user_delete::run(context, args, out),
        },
        Command::Key(command) => match command {
            Key::RecoveryKit(args) => key_recovery_kit::run(context, args, out),
            Key::Rotate(args) => key_rotate::run(context, args, out),
        },
        Command::Token(command) => match command {
            Token::Create(args) => token_create::run(context, args, out),
            Token::List(args) => token_list::run(context, args, out),
            Token::Revoke(args) => token_revoke::run(context, args, out),
        },
        Command::Module(command) => match command {
            Module::List(args) => module_list::run(context, args, out),
            Module::Show(args) => module_show::run(context, args, out),
            Module::Check(args) => module_check::run(&context.cwd, args, out),
        },
        Command::Import(args) => import::run(context, args, out),
        Command::Export(args) => export::run(context, args, out),
        Command::Subject(command) => match command {
            Subject::Find(args) => subject_find::run(context, args, out),
            Subject::Show(args) => subject_show::run(context, args, out),
            Subject::Export(args) => subject_export::run(context, args, out),
            Subject::Restrict(args) => subject_restriction::restrict(context, args, out),
            Subject::Release(args) => subject_restriction::release(context, args, out),
            Subject::Merge(args) => subject_merge::merge(context, args, out),
            Subject::Unmerge(args) => subject_merge::unmerge(context, args, out),
            Subject::Erase(args) => subject_erase::run(context, args, out),
        },
        Command::Journal(command) => match command {
            Journal::Verify(args) => journal_verify::run(context, args, out),
            Journal::Show(args) => journal_show::run(context, args, out),
            Journal::Prove(args) => journal_prove::run(context, args, out),
            Journal::Checkpoint(args) => journal_checkpoint::run(context, args, out),
        },
        Command::Index(Index::Rebuild(args)) => index_rebuild::run(context, args, out),
        Command::Control(command) => match command {
            Control::List(args) => control_list::run(context, args, out),
            Control::Run(args) => control_run::run(context, args, out),
        },
        Command::Job(command) => match command {
            Job::List(args) => job_list::run(context, args, out),
            Job::Run(args) => job_run::run(context, args, out),
        },
    }
}
