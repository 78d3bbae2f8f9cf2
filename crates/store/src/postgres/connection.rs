//! [`Connection`] on a database of a server.
//!
//! Every exchange with the server costs the way there and back. What is only written is therefore sent without waiting: its answer is looked at
//! with the next question, and at the latest when the part of the transaction that it belongs to ends. The server works through them in order, so
//! nothing is read before what was written ahead of it.
//!
//! Between two questions, outside of transactions, the connection rests in the server's [`Pool`]: it is there for the next one, unless somebody else
//! needed its place, and then it is opened again.
use super::explain::{Timed, explain, lost};
use super::live::{Ending, Interrupt, LONG_STATEMENT, Live};
use super::pool::{self, Pool};
use super::row::PgRow;
use super::wire::Value;
use super::{Address, dialect};
use crate::engine::{Connection, Param, Row, Sql};
use crate::{Error, Result};
use futures_util::StreamExt;
use keys::TextKey;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::Poll;
use tokio_postgres::{Client, RowStream, Statement};

/// Rows fetched before they are looked at.
const CHUNK: usize = 256;
/// Writes under way before their answers are waited for.
const AHEAD_MAX: usize = 512;
/// Writes collected before they are put on the wire, so that the server works while more are made.
const FLUSH_EACH: usize = 8;

type Sent = Pin<Box<dyn Future<Output = std::result::Result<u64, tokio_postgres::Error>> + Send>>;

/// One connection with its prepared statements.
pub struct PgConnection {
    name: &'static str,
    address: Address,
    key: Arc<TextKey>,
    pool: Arc<Pool>,
    /// Under which it rests.
    number: u64,
    /// None while it rests, and when it rested so long that it was closed.
    live: Option<Live>,
    ending: Arc<Ending>,
    sent: Vec<(&'static str, Sent)>,
    /// Whether a transaction or a snapshot is open.
    open: bool,
    /// Whether something in it failed and was not undone: the server would answer to COMMIT by undoing all of it, without an error.
    failed: bool,
}

impl PgConnection {
    pub fn open(name: &'static str, address: &Address, key: TextKey) -> Result<Self> {
        let pool = pool::of(address);
        let mut opened = Self {
            name,
            address: address.clone(),
            key: Arc::new(key),
            number: pool::number(),
            pool,
            live: None,
            ending: Arc::default(),
            sent: Vec::new(),
            open: false,
            failed: false,
        };
        opened.ready()?;
        opened.rest();
        Ok(opened)
    }

    /// What ends the present query from another thread.
    pub fn interrupt_handle(&self) -> Interrupt {
        Interrupt(Arc::clone(&self.ending))
    }
    /// Whether the connection is gone. One that was given up for another is not: it is opened again when it is needed.
    pub fn is_closed(&mut self) -> bool {
        if self.live.is_none() {
            self.live = self.pool.take_up(self.number);
        }
        let closed = self.live.as_ref().is_some_and(Live::is_closed);
        if !closed {
            self.rest();
        }
        closed
    }
    /// Runs several statements without parameters at once: migrations, what belongs to the server alone.
    pub fn script(&mut self, name: &'static str, text: &str) -> Result<()> {
        self.ready()?;
        self.settle()?;
        let client = self.client()?;
        self.count();
        let done = self.wait(async move { client.batch_execute(text).await })?;
        done.map_err(|error| self.fail(name, &error))?;
        self.rest();
        Ok(())
    }
    /// From here on every answer comes from one state.
    pub fn begin_snapshot(&mut self) -> Result<()> {
        self.ready()?;
        // Open before it is asked for, so that the connection is not left to rest.
        self.open = true;
        let begun = self.script("snapshot", "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
        self.open = begun.is_ok();
        begun
    }
    /// Ends it.
    pub fn end_snapshot(&mut self) -> Result<()> {
        self.open = false;
        if self.live.as_ref().is_none_or(Live::is_known_closed) {
            // It ended with its connection.
            return Err(lost(self.name));
        }
        self.script("snapshot end", "ROLLBACK")
    }
    /// Ends connections that others have in a transaction on this database, under this role.
    pub fn end_others(&mut self) -> Result<()> {
        let ended = self.facts("SELECT pg_terminate_backend(pid, 2000) FROM pg_stat_activity WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid() AND xact_start IS NOT NULL")?;
        if !ended.is_empty() {
            tracing::warn!(
                database = self.name,
                count = ended.len(),
                "transactions of a node that held this before were ended"
            );
        }
        Ok(())
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
        let client = self.client()?;
        self.count();
        let answer = self.wait(async move { client.simple_query(text).await })?;
        let answer = answer.map_err(|error| self.fail("facts", &error))?;
        self.rest();
        let rows = answer.iter().filter_map(|message| match message {
            tokio_postgres::SimpleQueryMessage::Row(row) => {
                Some((0..row.len()).map(|column| row.get(column).unwrap_or_default().to_owned()).collect())
            }
            _ => None,
        });
        Ok(rows.collect())
    }

    fn wait<F: Future>(&self, future: F) -> Result<F::Output> {
        self.live.as_ref().map(|live| live.wait(future)).ok_or_else(|| lost(self.name))
    }
    fn client(&self) -> Result<Arc<Client>> {
        self.live.as_ref().map(|live| Arc::clone(&live.client)).ok_or_else(|| lost(self.name))
    }
    fn count(&self) {
        self.pool.counted.statements.fetch_add(1, Ordering::Relaxed);
    }

    /// What an error means. A transaction in which it happened can only be undone.
    fn fail(&mut self, statement: &'static str, error: &tokio_postgres::Error) -> Error {
        self.failed = self.open;
        let ended = self.ending.was_asked();
        if self.live.as_ref().is_some_and(Live::is_known_closed) {
            self.pool.counted.lost.fetch_add(1, Ordering::Relaxed);
        }
        let (explained, timed) = explain(self.name, statement, error, ended);
        if timed == Timed::Out {
            self.pool.counted.timeouts.fetch_add(1, Ordering::Relaxed);
        }
        explained
    }

    /// Sees to it that there is a connection: the one that rests, or a new one where none is, or where it broke and no transaction and no snapshot
    /// would be lost silently.
    fn ready(&mut self) -> Result<()> {
        if self.live.is_none() {
            self.live = self.pool.take_up(self.number);
        }
        match &self.live {
            Some(live) if self.open || !live.is_known_closed() => Ok(()),
            None if self.open => Err(lost(self.name)),
            broken => {
                if broken.is_some() {
                    self.pool.counted.reopened.fetch_add(1, Ordering::Relaxed);
                }
                self.reconnect()
            }
        }
    }

    /// Opens it, or opens it again if the server or the way there broke it. What it had prepared is gone with it.
    fn reconnect(&mut self) -> Result<()> {
        self.sent.clear();
        // First, so that it does not wait for its own place.
        self.live = None;
        self.live = Some(Live::open(self.name, &self.address, &self.pool, &self.ending)?);
        Ok(())
    }

    /// Leaves it to the pool if nobody needs it before the next question. What failed is not left: whoever asks next must see that it is gone.
    fn rest(&mut self) {
        if !self.open
            && self.sent.is_empty()
            && let Some(live) = self.live.take_if(|live| !live.is_known_closed())
        {
            self.pool.rest(self.number, &self.address.database, live);
        }
    }

    fn prepared(&mut self, sql: Sql) -> Result<Statement> {
        self.ready()?;
        if let Some(statement) = self.live.as_ref().and_then(|live| live.statements.get(sql.text)) {
            return Ok(statement.clone());
        }
        self.settle()?;
        let client = self.client()?;
        let text = dialect::statement(sql.text, &self.key);
        let prepared = self.wait(async move { client.prepare(&text).await })?;
        let prepared = prepared.map_err(|error| self.fail(sql.name, &error))?;
        if let Some(live) = &mut self.live {
            live.statements.insert(sql.text, prepared.clone());
        }
        Ok(prepared)
    }

    fn values(&self, params: &[Param<'_>]) -> Vec<Value> {
        params.iter().map(|param| Value::of(param, &self.key)).collect()
    }

    /// Puts a request in line. Its first step encodes and queues it; the answer is taken by [`Self::settle`].
    fn put(&mut self, name: &'static str, mut request: Sent) -> Result<()> {
        let first = self.wait(poll_fn(|context| Poll::Ready(request.as_mut().poll(context))))?;
        match first {
            Poll::Pending => self.sent.push((name, request)),
            Poll::Ready(Ok(_)) => {}
            Poll::Ready(Err(error)) => return Err(self.fail(name, &error)),
        }
        if self.sent.len() >= AHEAD_MAX {
            return self.settle();
        }
        if self.sent.len().is_multiple_of(FLUSH_EACH) {
            self.wait(tokio::task::yield_now())?;
        }
        Ok(())
    }

    /// Runs a script that is a transaction of its own: all of it or nothing.
    fn at_once(&mut self, name: &'static str, script: &str) -> Result<()> {
        self.ready()?;
        self.settle()?;
        // Open from here on, so that the connection is not left to rest before the whole script has gone through.
        (self.open, self.failed) = (true, false);
        if let Err(error) = self.script(name, script) {
            self.rollback();
            return Err(error);
        }
        self.open = false;
        self.rest();
        Ok(())
    }

    fn put_script(&mut self, name: &'static str, text: &'static str) -> Result<()> {
        let client = self.client()?;
        self.put(name, Box::pin(async move { client.batch_execute(text).await.map(|()| 0) }))
    }

    /// Waits for the answers of everything that was sent; gives the first that is an error.
    fn settle(&mut self) -> Result<()> {
        if self.sent.is_empty() {
            return Ok(());
        }
        let sent = std::mem::take(&mut self.sent);
        let done = self.wait(settled(sent))?;
        done.map(drop).map_err(|(name, error)| self.fail(name, &error))
    }

    fn request(&mut self, sql: Sql, params: &[Param<'_>]) -> Result<Sent> {
        let statement = self.prepared(sql)?;
        let values = self.values(params);
        let client = self.client()?;
        self.count();
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

impl Connection for PgConnection {
    fn query(&mut self, sql: Sql, params: &[Param<'_>], each: &mut dyn FnMut(&dyn Row) -> Result<bool>) -> Result<()> {
        let statement = self.prepared(sql)?;
        let values = self.values(params);
        let (client, sent) = (self.client()?, std::mem::take(&mut self.sent));
        self.count();
        let asked = async {
            let mut stream = Box::pin(client.query_raw(&statement, values).await?);
            let rows = Self::chunk(&mut stream).await?;
            Ok::<_, tokio_postgres::Error>((stream, rows))
        };
        let (settled, answered) = self.wait(async { tokio::join!(settled(sent), asked) })?;
        settled.map_err(|(name, error)| self.fail(name, &error))?;
        let (mut stream, mut rows) = answered.map_err(|error| self.fail(sql.name, &error))?;
        'rows: loop {
            for row in &rows {
                if !each(&PgRow::new(self.name, row, &self.key))? {
                    break 'rows;
                }
            }
            if rows.len() < CHUNK {
                break;
            }
            rows = self.wait(Self::chunk(&mut stream))?.map_err(|error| self.fail(sql.name, &error))?;
        }
        self.rest();
        Ok(())
    }
    fn execute(&mut self, sql: Sql, params: &[Param<'_>]) -> Result<u64> {
        let request = self.request(sql, params)?;
        let mut sent = std::mem::take(&mut self.sent);
        sent.push((sql.name, request));
        let done = self.wait(settled(sent))?.map_err(|(name, error)| self.fail(name, &error))?;
        self.rest();
        Ok(done)
    }
    fn send(&mut self, sql: Sql, params: &[Param<'_>]) -> Result<()> {
        let request = self.request(sql, params)?;
        self.put(sql.name, request)
    }
    fn begin(&mut self) -> Result<()> {
        if self.is_closed() {
            self.pool.counted.reopened.fetch_add(1, Ordering::Relaxed);
            self.reconnect()?;
        }
        self.ready()?;
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
        if done.is_ok() {
            self.rest();
        }
        done
    }
    fn rollback(&mut self) {
        let sent = std::mem::take(&mut self.sent);
        if !matches!(self.wait(settled(sent)), Ok(Ok(_))) {
            tracing::trace!("what is undone had failed");
        }
        let there = self.live.as_ref().is_some_and(|live| !live.is_known_closed());
        if self.open && there {
            // Still open while it is undone: on another connection there would be nothing to undo.
            let undone = self.script("rollback", "ROLLBACK");
            if let Err(error) = undone {
                tracing::error!(%error, "undoing a transaction failed; the server undoes it when the connection ends");
                self.live = None;
            }
        }
        self.open = false;
        self.failed = false;
        self.rest();
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
        if !matches!(self.wait(settled(sent)), Ok(Ok(_))) {
            tracing::trace!("what is undone had failed");
        }
        self.failed = false;
        self.script("undo", "ROLLBACK TO op; RELEASE op")
    }
    fn prepare(&mut self, sql: Sql) -> Result<()> {
        self.prepared(sql)?;
        self.rest();
        Ok(())
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
            "BEGIN;\nSET LOCAL statement_timeout = {};\nCREATE TABLE IF NOT EXISTS format (number BIGINT NOT NULL);\n{scripts}\nDELETE FROM format;\nINSERT INTO format VALUES ({format});\nCOMMIT;",
            LONG_STATEMENT.as_millis()
        );
        self.at_once("migration", &whole)
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
        let script = format!(
            "BEGIN; SET LOCAL statement_timeout = {}; {} COMMIT",
            LONG_STATEMENT.as_millis(),
            rewrite.collect::<String>()
        );
        self.at_once("rewrite", &script)?;
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
        drop(self.pool.take_up(self.number));
    }
}
