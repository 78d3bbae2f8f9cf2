//! [`Connection`] on a database of a server.
//!
//! Every exchange with the server costs the way there and back. What is only written is therefore sent without waiting: its answer is looked at
//! with the next question, and at the latest when the part of the transaction that it belongs to ends. The server works through them in order, so
//! nothing is read before what was written ahead of it.
use super::explain::{explain, lost};
use super::row::PgRow;
use super::way::{self, Way};
use super::wire::Value;
use super::{Address, CONNECT, dialect, refused};
use crate::engine::{Connection, Param, Row, Sql};
use crate::{Error, Result};
use futures_util::StreamExt;
use keys::TextKey;
use std::collections::HashMap;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use tokio::runtime::{Builder, Runtime};
use tokio_postgres::{CancelToken, Client, Config, RowStream, Statement};

/// Rows fetched before they are looked at.
const CHUNK: usize = 256;
/// Writes under way before their answers are waited for.
const AHEAD_MAX: usize = 512;
/// Writes collected before they are put on the wire, so that the server works while more are made.
const FLUSH_EACH: usize = 8;
/// Turns of the runtime until what has arrived on a socket is known: one to see that it has, one to read it.
const LOOKS: usize = 2;
/// Settings of every session.
const OPTIONS: [&str; 9] = [
    // A commit that was confirmed is on the server's disk, whatever its default says.
    "synchronous_commit=on",
    "client_min_messages=error",
    "standard_conforming_strings=on",
    // Every statement has its index, and a plan that was made while a table was empty must not read all of it once it is full.
    "plan_cache_mode=force_generic_plan",
    "enable_seqscan=off",
    "enable_hashjoin=off",
    "enable_mergejoin=off",
    "enable_material=off",
    "jit=off",
];
/// Packets without an answer for so long mean that the way to the server is broken.
const UNANSWERED: std::time::Duration = std::time::Duration::from_secs(20);

type Sent = Pin<Box<dyn Future<Output = std::result::Result<u64, tokio_postgres::Error>> + Send>>;

/// One connection with its prepared statements.
pub struct PgConnection {
    name: &'static str,
    address: Address,
    key: Arc<TextKey>,
    /// Drives the connection while we wait for it, on our own thread. None only while it is being dropped.
    runtime: Option<Runtime>,
    client: Arc<Client>,
    way: Way,
    statements: HashMap<&'static str, Statement>,
    sent: Vec<(&'static str, Sent)>,
    /// Whether a transaction or a snapshot is open.
    open: bool,
    /// Whether something in it failed and was not undone: the server would answer to COMMIT by undoing all of it, without an error.
    failed: bool,
}

/// Ends what a connection is doing at the moment.
pub struct Interrupt(CancelToken, Way);

impl Interrupt {
    /// Asks the server to; does not wait for it.
    pub fn interrupt(&self) {
        let (token, way) = (self.0.clone(), self.1.clone());
        let cancel = move || {
            if let Ok(runtime) = Builder::new_current_thread().enable_all().build()
                && let Err(error) = runtime.block_on(way.cancel(token))
            {
                tracing::debug!(%error, "a query could not be ended");
            }
        };
        if let Err(error) = std::thread::Builder::new().name("interrupt".into()).spawn(cancel) {
            tracing::debug!(%error, "a query could not be ended");
        }
    }
}

impl PgConnection {
    pub fn open(name: &'static str, address: &Address, key: TextKey) -> Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build().map_err(Error::io("starting a connection"))?;
        let (client, way) = connect(&runtime, name, address)?;
        Ok(Self {
            name,
            address: address.clone(),
            key: Arc::new(key),
            runtime: Some(runtime),
            client: Arc::new(client),
            way,
            statements: HashMap::new(),
            sent: Vec::new(),
            open: false,
            failed: false,
        })
    }

    /// What ends the present query from another thread.
    pub fn interrupt_handle(&self) -> Interrupt {
        Interrupt(self.client.cancel_token(), self.way.clone())
    }
    /// Whether the connection is gone.
    pub fn is_closed(&self) -> bool {
        // Nobody has looked at the socket since the last question.
        for _ in 0..LOOKS {
            self.wait(tokio::task::yield_now());
        }
        self.client.is_closed()
    }
    /// Runs several statements without parameters at once: migrations, what belongs to the server alone.
    pub fn script(&mut self, name: &'static str, text: &str) -> Result<()> {
        self.ready()?;
        self.settle()?;
        let client = Arc::clone(&self.client);
        let done = self.wait(async move { client.batch_execute(text).await });
        done.map_err(|error| self.fail(name, &error))
    }
    /// From here on every answer comes from one state.
    pub fn begin_snapshot(&mut self) -> Result<()> {
        self.script("snapshot", "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")?;
        self.open = true;
        Ok(())
    }
    /// Ends it.
    pub fn end_snapshot(&mut self) -> Result<()> {
        self.open = false;
        self.script("snapshot end", "ROLLBACK")
    }
    /// The part of a divided table that holds the row of this id.
    pub fn parts_of(&mut self, table: &str, column: &str, id: &[u8]) -> Result<Vec<String>> {
        let id = data_encoding::HEXLOWER.encode(id);
        let parts = self.facts(&format!("SELECT tableoid::regclass::text FROM {table} WHERE {column} = '\\x{id}'"))?;
        Ok(parts.into_iter().flatten().collect())
    }
    /// Answers of the simple protocol, as text: what only the server knows about itself. Never texts of a tenant.
    pub fn facts(&mut self, text: &str) -> Result<Vec<Vec<String>>> {
        self.ready()?;
        self.settle()?;
        let client = Arc::clone(&self.client);
        let answer = self.wait(async move { client.simple_query(text).await });
        let answer = answer.map_err(|error| self.fail("facts", &error))?;
        let rows = answer.iter().filter_map(|message| match message {
            tokio_postgres::SimpleQueryMessage::Row(row) => {
                Some((0..row.len()).map(|column| row.get(column).unwrap_or_default().to_owned()).collect())
            }
            _ => None,
        });
        Ok(rows.collect())
    }

    fn wait<F: Future>(&self, future: F) -> F::Output {
        match &self.runtime {
            Some(runtime) => runtime.block_on(future),
            // It is there until `drop`, which borrows all of it.
            None => unreachable!("a connection that is being dropped is not used"),
        }
    }

    /// What an error means. A transaction in which it happened can only be undone.
    fn fail(&mut self, statement: &'static str, error: &tokio_postgres::Error) -> Error {
        self.failed = self.open;
        explain(self.name, statement, error)
    }

    /// Opens a connection again that was found broken, where no transaction and no snapshot would be lost silently.
    fn ready(&mut self) -> Result<()> {
        if !self.open && self.client.is_closed() { self.reconnect() } else { Ok(()) }
    }

    /// Opens it again if the server or the way there broke it. What it had prepared is gone with it.
    fn reconnect(&mut self) -> Result<()> {
        let Some(runtime) = &self.runtime else { return Err(lost(self.name)) };
        let (client, way) = connect(runtime, self.name, &self.address)?;
        (self.client, self.way) = (Arc::new(client), way);
        self.statements.clear();
        self.sent.clear();
        Ok(())
    }

    fn prepared(&mut self, sql: Sql) -> Result<Statement> {
        self.ready()?;
        if let Some(statement) = self.statements.get(sql.text) {
            return Ok(statement.clone());
        }
        self.settle()?;
        let client = Arc::clone(&self.client);
        let text = dialect::statement(sql.text, &self.key);
        let prepared = self.wait(async move { client.prepare(&text).await });
        let prepared = prepared.map_err(|error| self.fail(sql.name, &error))?;
        self.statements.insert(sql.text, prepared.clone());
        Ok(prepared)
    }

    fn values(&self, params: &[Param<'_>]) -> Vec<Value> {
        params.iter().map(|param| Value::of(param, &self.key)).collect()
    }

    /// Puts a request in line. Its first step encodes and queues it; the answer is taken by [`Self::settle`].
    fn put(&mut self, name: &'static str, mut request: Sent) -> Result<()> {
        let first = self.wait(poll_fn(|context| Poll::Ready(request.as_mut().poll(context))));
        match first {
            Poll::Pending => self.sent.push((name, request)),
            Poll::Ready(Ok(_)) => {}
            Poll::Ready(Err(error)) => return Err(self.fail(name, &error)),
        }
        if self.sent.len() >= AHEAD_MAX {
            return self.settle();
        }
        if self.sent.len().is_multiple_of(FLUSH_EACH) {
            self.wait(tokio::task::yield_now());
        }
        Ok(())
    }

    fn put_script(&mut self, name: &'static str, text: &'static str) -> Result<()> {
        let client = Arc::clone(&self.client);
        self.put(name, Box::pin(async move { client.batch_execute(text).await.map(|()| 0) }))
    }

    /// Waits for the answers of everything that was sent; gives the first that is an error.
    fn settle(&mut self) -> Result<()> {
        if self.sent.is_empty() {
            return Ok(());
        }
        let sent = std::mem::take(&mut self.sent);
        let done = self.wait(settled(sent));
        done.map(drop).map_err(|(name, error)| self.fail(name, &error))
    }

    fn request(&mut self, sql: Sql, params: &[Param<'_>]) -> Result<Sent> {
        let statement = self.prepared(sql)?;
        let values = self.values(params);
        let client = Arc::clone(&self.client);
        Ok(Box::pin(async move { client.execute_raw(&statement, values).await }))
    }

    async fn chunk(
        stream: &mut Pin<Box<RowStream>>,
    ) -> std::result::Result<Vec<tokio_postgres::Row>, tokio_postgres::Error> {
        let mut rows = Vec::new();
        while rows.len() < CHUNK
            && let Some(row) = stream.next().await
        {
            rows.push(row?);
        }
        Ok(rows)
    }
}

async fn settled(sent: Vec<(&'static str, Sent)>) -> std::result::Result<u64, (&'static str, tokio_postgres::Error)> {
    let mut last = 0;
    let mut failed = None;
    // All of them are waited for: an answer left behind would be taken for the next request's.
    for (name, request) in sent {
        match request.await {
            Ok(rows) => last = rows,
            Err(error) => drop(failed.get_or_insert((name, error))),
        }
    }
    failed.map_or(Ok(last), Err)
}

fn connect(runtime: &Runtime, name: &'static str, address: &Address) -> Result<(Client, Way)> {
    let way = Way::to(address)?;
    let mut config = Config::new();
    config
        .host(&address.host)
        .port(address.port)
        .dbname(&address.database)
        .user(&address.user)
        .password(address.password())
        .application_name("obhut")
        .connect_timeout(CONNECT)
        .tcp_user_timeout(UNANSWERED)
        .keepalives_idle(UNANSWERED)
        .options(OPTIONS.map(|option| format!("-c {option}")).join(" "));
    let opened = runtime.block_on(async {
        // The limit of the driver ends with the connection of the socket; what is agreed on there must come to an end as well.
        tokio::time::timeout(CONNECT * 2, way.clone().connect(&mut config)).await
    });
    let silent = || refused(format!("{name}: the database server {}:{} does not answer", address.host, address.port));
    match opened {
        Ok(Ok(client)) => Ok((client, way)),
        Ok(Err(error)) if error.as_db_error().is_some() => Err(explain(name, "connect", &error)),
        Ok(Err(error)) => Err(way::explain(address, &error).unwrap_or_else(silent)),
        Err(_) => Err(silent()),
    }
}

impl Connection for PgConnection {
    fn query(&mut self, sql: Sql, params: &[Param<'_>], each: &mut dyn FnMut(&dyn Row) -> Result<bool>) -> Result<()> {
        let statement = self.prepared(sql)?;
        let values = self.values(params);
        let (client, sent) = (Arc::clone(&self.client), std::mem::take(&mut self.sent));
        let asked = async {
            let mut stream = Box::pin(client.query_raw(&statement, values).await?);
            let rows = Self::chunk(&mut stream).await?;
            Ok::<_, tokio_postgres::Error>((stream, rows))
        };
        let (settled, answered) = self.wait(async { tokio::join!(settled(sent), asked) });
        settled.map_err(|(name, error)| self.fail(name, &error))?;
        let (mut stream, mut rows) = answered.map_err(|error| self.fail(sql.name, &error))?;
        loop {
            for row in &rows {
                if !each(&PgRow::new(self.name, row, &self.key))? {
                    return Ok(());
                }
            }
            if rows.len() < CHUNK {
                return Ok(());
            }
            rows = self.wait(Self::chunk(&mut stream)).map_err(|error| self.fail(sql.name, &error))?;
        }
    }
    fn execute(&mut self, sql: Sql, params: &[Param<'_>]) -> Result<u64> {
        let request = self.request(sql, params)?;
        let mut sent = std::mem::take(&mut self.sent);
        sent.push((sql.name, request));
        self.wait(settled(sent)).map_err(|(name, error)| self.fail(name, &error))
    }
    fn send(&mut self, sql: Sql, params: &[Param<'_>]) -> Result<()> {
        let request = self.request(sql, params)?;
        self.put(sql.name, request)
    }
    fn begin(&mut self) -> Result<()> {
        if self.is_closed() {
            self.reconnect()?;
        }
        self.failed = false;
        self.put_script("begin", "BEGIN")?;
        self.open = true;
        Ok(())
    }
    fn commit(&mut self) -> Result<()> {
        self.settle()?;
        if !self.open || self.failed {
            let message = "something in the transaction failed, so nothing of it can be saved".into();
            return Err(Error::Statement { statement: "commit", message });
        }
        // Still open while it is asked for: on another connection there would be nothing to commit, and no error.
        let done = self.script("commit", "COMMIT");
        self.open = false;
        done
    }
    fn rollback(&mut self) {
        let sent = std::mem::take(&mut self.sent);
        if self.wait(settled(sent)).is_err() {
            tracing::trace!("what is undone had failed");
        }
        if std::mem::take(&mut self.open)
            && !self.client.is_closed()
            && let Err(error) = self.script("rollback", "ROLLBACK")
        {
            tracing::error!(%error, "undoing a transaction failed; the server undoes it when the connection ends");
        }
    }
    fn savepoint(&mut self) -> Result<()> {
        self.put_script("savepoint", "SAVEPOINT op")
    }
    fn release(&mut self) -> Result<()> {
        self.put_script("release", "RELEASE op")?;
        self.settle()
    }
    fn undo(&mut self) -> Result<()> {
        let sent = std::mem::take(&mut self.sent);
        if self.wait(settled(sent)).is_err() {
            tracing::trace!("what is undone had failed");
        }
        self.failed = false;
        self.script("undo", "ROLLBACK TO op; RELEASE op")
    }
    fn prepare(&mut self, sql: Sql) -> Result<()> {
        self.prepared(sql).map(drop)
    }
    fn format(&mut self) -> Result<i64> {
        if self.facts("SELECT 1 FROM pg_tables WHERE schemaname = 'public' AND tablename = 'format'")?.is_empty() {
            return Ok(0);
        }
        let found = self.facts("SELECT number FROM format")?;
        let number = found.first().and_then(|row| row.first()).and_then(|number| number.parse().ok());
        number.ok_or_else(|| Error::damaged(self.name, "it does not say which format it has"))
    }
    fn upgrade(&mut self, scripts: &str, format: i64) -> Result<()> {
        let scripts = dialect::script(scripts);
        let whole = format!(
            "BEGIN;\nCREATE TABLE IF NOT EXISTS format (number BIGINT NOT NULL);\n{scripts}\nDELETE FROM format;\nINSERT INTO format VALUES ({format});\nCOMMIT;"
        );
        let done = self.script("migration", &whole);
        if done.is_err() && !self.client.is_closed() {
            self.script("migration", "ROLLBACK")?;
        }
        done
    }
    fn tables(&mut self) -> Result<Vec<String>> {
        let tables = self.facts(
            "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relname <> 'format' ORDER BY 1",
        )?;
        Ok(tables.into_iter().flatten().collect())
    }
    fn parts_of_units(&mut self, units: &[i64]) -> Result<Vec<String>> {
        let list = units.iter().map(i64::to_string).collect::<Vec<_>>().join(", ");
        let parts = self.facts(&format!(
            "SELECT DISTINCT tableoid::regclass::text FROM key WHERE rid IN ({list}) UNION SELECT DISTINCT tableoid::regclass::text FROM unique_value WHERE unit IN ({list})"
        ))?;
        Ok(parts.into_iter().flatten().collect())
    }
    fn forget_parts(&mut self, parts: &[String]) -> Result<()> {
        // VACUUM FULL would keep rows that somebody who began earlier could still see. What is emptied and filled again has what is there now.
        let rewrite = parts.iter().enumerate().map(|(number, part)| {
            format!(
                "LOCK TABLE {part} IN ACCESS EXCLUSIVE MODE; CREATE TEMP TABLE kept_{number} ON COMMIT DROP AS SELECT * FROM {part}; TRUNCATE {part}; INSERT INTO {part} SELECT * FROM kept_{number};"
            )
        });
        let script = format!("BEGIN; {} COMMIT", rewrite.collect::<String>());
        if let Err(error) = self.script("rewrite", &script) {
            self.open = true;
            self.rollback();
            return Err(error);
        }
        // The old rows stand in the log of before: it is closed, and a checkpoint removes it.
        self.script("switch", "SELECT pg_switch_wal()")?;
        self.script("checkpoint", "CHECKPOINT")
    }
    fn forget_overwritten(&mut self) -> Result<()> {
        // What is overwritten was ciphertext, and stays it when its key is destroyed. Keys have a way of their own.
        Ok(())
    }
}

impl Drop for PgConnection {
    fn drop(&mut self) {
        self.sent.clear();
        if let Some(runtime) = self.runtime.take() {
            // Not where waiting is forbidden: the server notices the closed socket by itself.
            runtime.shutdown_background();
        }
    }
}
