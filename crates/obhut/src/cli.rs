//! The command line as users script it (interface, *Command line*): the one list of commands. What a command takes stands in its own file.
use crate::commands::{
    control_list, control_run, doctor, export, import, index_rebuild, job_list, job_run, journal_checkpoint,
    journal_prove, journal_show, journal_verify, key_recovery_kit, key_rotate, module_check, module_list, module_show,
    subject_erase, subject_export, subject_find, subject_merge, subject_restriction, subject_show, tenant_create,
    tenant_destroy, tenant_list, tenant_move, tenant_show, token_create, token_list, token_revoke, user_create,
    user_delete, user_list, user_lock, user_reset,
};
use crate::output::Lang;
use crate::{bench, demo, serve};
use clap::{Parser, Subcommand};
use std::path::PathBuf;

/// Keeps a business's records, and the promises that it made to the people in them.
#[derive(Debug, Parser)]
#[command(
    name = "obhut",
    version,
    arg_required_else_help = true,
    disable_help_subcommand = true,
    propagate_version = false
)]
#[command(
    after_help = "Exit codes: 0 done, 1 it ran and found something, 2 usage or settings, 3 refused, 4 damaged or unreadable."
)]
pub(crate) struct Cli {
    /// Data folder [default: ./obhut-data]
    #[arg(long, global = true, value_name = "DIR", env = "OBHUT_DATA", hide_env_values = true)]
    pub data: Option<PathBuf>,
    /// Settings file: named limits in TOML
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Print the result as one JSON document
    #[arg(long, global = true)]
    pub json: bool,
    /// Language of messages [default: the environment's]
    #[arg(long, global = true, value_enum, value_name = "LANG")]
    pub lang: Option<Lang>,
    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

/// Every command.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make a throwaway instance with three sample businesses and serve it
    Demo(demo::Args),
    /// Serve the pages and the REST API of the data folder
    Serve(serve::Args),
    /// Check the machine and the settings; say what is missing and how to get it
    Doctor(doctor::Args),
    /// Measure this machine: each figure beside its raw baseline, taken in the same run
    Bench(bench::Args),
    /// Businesses that share this instance, each with its own databases and keys
    #[command(subcommand, arg_required_else_help = true)]
    Tenant(Tenant),
    /// Who may sign in to a business
    #[command(subcommand, arg_required_else_help = true)]
    User(User),
    /// Recovery kit and rotation of keys
    #[command(subcommand, arg_required_else_help = true)]
    Key(Key),
    /// Access tokens for programs
    #[command(subcommand, arg_required_else_help = true)]
    Token(Token),
    /// Kinds of records, defined by files
    #[command(subcommand, arg_required_else_help = true)]
    Module(Module),
    /// Import a file: CSV, spreadsheet or address cards
    Import(import::Args),
    /// Export the records of a module
    Export(export::Args),
    /// Everything held about a person; restrict, merge, erase
    #[command(subcommand, arg_required_else_help = true)]
    Subject(Subject),
    /// The tamper-evident log of all changes
    #[command(subcommand, arg_required_else_help = true)]
    Journal(Journal),
    /// The index behind lists and search
    #[command(subcommand, arg_required_else_help = true)]
    Index(Index),
    /// Promises that can be checked: which hold now
    #[command(subcommand, arg_required_else_help = true)]
    Control(Control),
    /// Queued work
    #[command(subcommand, arg_required_else_help = true)]
    Job(Job),
}

/// `tenant …`
#[derive(Debug, Subcommand)]
pub(crate) enum Tenant {
    /// Make a business and its first administrator
    Create(tenant_create::Args),
    /// List the businesses
    List(tenant_list::Args),
    /// Show one business
    Show(tenant_show::Args),
    /// Move a business's records and keys: into files, or onto a database server
    Move(tenant_move::Args),
    /// Destroy a business's keys, then its data
    Destroy(tenant_destroy::Args),
}

/// `user …`
#[derive(Debug, Subcommand)]
pub(crate) enum User {
    /// Make a user
    Create(user_create::Args),
    /// List the users
    List(user_list::Args),
    /// Lock a user out and end the user's sessions
    Lock(user_lock::Args),
    /// Let a locked user in again
    Unlock(user_lock::Args),
    /// Give a user a new password
    Reset(user_reset::Args),
    /// Delete a user; what was theirs goes to a successor
    Delete(user_delete::Args),
}

/// `key …`
#[derive(Debug, Subcommand)]
pub(crate) enum Key {
    /// Print once what restores a business without this host
    RecoveryKit(key_recovery_kit::Args),
    /// Replace a key by a new one
    Rotate(key_rotate::Args),
}

/// `token …`
#[derive(Debug, Subcommand)]
pub(crate) enum Token {
    /// Make a token and print it once
    Create(token_create::Args),
    /// List the tokens
    List(token_list::Args),
    /// Revoke a token
    Revoke(token_revoke::Args),
}

/// `module …`
#[derive(Debug, Subcommand)]
pub(crate) enum Module {
    /// List the modules of a business, or of the packs that come with the program
    List(module_list::Args),
    /// Show a module's definition
    Show(module_show::Args),
    /// Check a definition file; say what is wrong with file and line
    Check(module_check::Args),
}

/// `subject …`
#[derive(Debug, Subcommand)]
pub(crate) enum Subject {
    /// Find persons
    Find(subject_find::Args),
    /// Show everything held about a person and until when
    Show(subject_show::Args),
    /// Export everything held about a person
    Export(subject_export::Args),
    /// Hide a person's data from everyone but the privacy role
    Restrict(subject_restriction::Restrict),
    /// Lift a restriction
    Release(subject_restriction::Release),
    /// Make two records of one person one
    Merge(subject_merge::Merge),
    /// Make two persons of one again, as they were before they were merged
    Unmerge(subject_merge::Unmerge),
    /// Plan and perform an erasure
    Erase(subject_erase::Args),
}

/// `journal …`
#[derive(Debug, Subcommand)]
pub(crate) enum Journal {
    /// Verify the log and the live records against it; exit 1 and the first bad entry if something differs
    Verify(journal_verify::Args),
    /// Show what happened to a record
    Show(journal_show::Args),
    /// Prove that an entry is in the log, for a stranger to check
    Prove(journal_prove::Args),
    /// Print the newest signed checkpoint, to be kept elsewhere
    Checkpoint(journal_checkpoint::Args),
}

/// `index …`
#[derive(Debug, Subcommand)]
pub(crate) enum Index {
    /// Rebuild the index of a business from its records
    Rebuild(index_rebuild::Args),
}

/// `control …`
#[derive(Debug, Subcommand)]
pub(crate) enum Control {
    /// List the controls that can be run
    List(control_list::Args),
    /// Run controls now; exit 1 if one is broken
    Run(control_run::Args),
}

/// `job …`
#[derive(Debug, Subcommand)]
pub(crate) enum Job {
    /// List queued work
    List(job_list::Args),
    /// Run the queued work of that name now
    Run(job_run::Args),
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_definitions_hold_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn what_the_interface_promises_is_understood() {
        let lines = [
            "demo --json --port-offset 100 --keep x",
            "serve --listen 127.0.0.1 --port-offset 5",
            "doctor",
            "bench --records 10000 --json",
            "tenant create Werkstatt --pack workshop --pack training --admin anna --password-stdin",
            "tenant destroy T",
            "tenant move T --to postgres://127.0.0.1:5432 --plan",
            "tenant move T --to embedded --yes",
            "tenant move T --approve",
            "user list --tenant T",
            "user delete anna --tenant T --successor berta",
            "key recovery-kit --tenant T",
            "key rotate root",
            "key rotate all --tenant T",
            "key rotate pages --instance",
            "token create --tenant T --name N --rights contact:rw,vehicle:r --expires 90d",
            "module check FILE",
            "module show contact",
            "import FILE --tenant T --module contact --format csv --map m.toml --origin X --activity customer-care --dry-run --rejects r.csv --on-error skip",
            "export --tenant T --module contact --format vcard --pseudonymised",
            "subject find Müller --tenant T",
            "subject merge A B --tenant T",
            "subject unmerge B --tenant T",
            "subject restrict A --reason objection --tenant T",
            "subject erase ID --plan --reason R --tenant T",
            "subject erase ID --yes --reason R --tenant T",
            "journal verify --tenant T",
            "journal show --record ID",
            "journal prove 7",
            "journal checkpoint",
            "index rebuild --tenant T",
            "control list",
            "control run journal-verifies --tenant T",
            "job list",
            "job run NAME",
            "--data d --config c --json --lang de tenant list",
            "tenant list --data d --json",
        ];
        for line in lines {
            let words = std::iter::once("obhut").chain(line.split(' '));
            assert!(Cli::try_parse_from(words).is_ok(), "{line}");
        }
        for line in [
            "backup run",
            "tenant create",
            "tenant move T",
            "tenant move T --to embedded --approve",
            "serve --port-offset x",
            "--lang fr tenant list",
            "subject erase ID --tenant T",
        ] {
            let words = std::iter::once("obhut").chain(line.split(' '));
            assert_eq!(Cli::try_parse_from(words).unwrap_err().exit_code(), 2, "{line}");
        }
    }
}
