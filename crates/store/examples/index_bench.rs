//! Measures the index engine: rows put per second and the times of lists and searches, in an encrypted database.
//!
//! `cargo run --release -p obhut-store --example index_bench -- [rows] [folder]` (1,000,000 rows and the system's temporary folder).
use base::{Date, RecordId, Timestamp};
use rusqlite::Connection;
use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};
use store::index::{
    Column, ColumnKind, Count, Error, Filter, Index, IndexChange, IndexRow, Key, ListQuery, ModuleColumns, Position,
    SearchOrder, SearchQuery, Test,
};
use store::{index, text};

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// A case and how to make its query.
type Named<'n, F> = (&'n str, &'n F);

/// What somebody types.
type Typed = dyn Fn(&mut Dice) -> String;

/// Rows put at once.
const BATCH: i64 = 1_000;
const FIRST: [&str; 20] = [
    "Sabine", "Jörg", "Änne", "Thomas", "Ulrike", "Günther", "Petra", "Özlem", "Hans", "Ingrid", "Mehmet", "Łukasz",
    "Renate", "Björn", "Heike", "Jürgen", "Doris", "Karl", "Søren", "Zoë",
];
const CITIES: [&str; 12] = [
    "Köln",
    "München",
    "Berlin",
    "Düsseldorf",
    "Nürnberg",
    "Gießen",
    "Lübeck",
    "Bremen",
    "Göttingen",
    "Jena",
    "Trier",
    "Ulm",
];
const SYLLABLES: [&str; 24] = [
    "mül", "ber", "stein", "hof", "wald", "fels", "brück", "ner", "meier", "schmidt", "groß", "klein", "ack", "lind",
    "horn", "feld", "bach", "thal", "rö", "kä", "zim", "ter", "vogt", "nau",
];

/// Same numbers in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % sides
    }
    fn pick<'w>(&mut self, words: &[&'w str]) -> &'w str {
        let place = self.roll(words.len() as u64);
        usize::try_from(place).ok().and_then(|place| words.get(place)).copied().unwrap_or_default()
    }
}

fn module() -> ModuleColumns {
    let column = |name: &str, kind| Column { name: name.into(), kind, many: false };
    ModuleColumns {
        module: "contact".into(),
        columns: vec![
            column("city", ColumnKind::Text),
            column("kind", ColumnKind::Choice),
            column("since", ColumnKind::Date),
            column("amount", ColumnKind::Number),
            column("customer", ColumnKind::Exact),
            column("email", ColumnKind::Exact),
        ],
    }
}

/// Ten kinds, each a tenth; customers of about a hundred records in a million; `gmbh` in every twelfth.
fn row(rid: i64, dice: &mut Dice) -> IndexRow {
    let family = format!("{}{}{}", dice.pick(&SYLLABLES), dice.pick(&SYLLABLES), dice.pick(&SYLLABLES));
    let (first, city) = (dice.pick(&FIRST), dice.pick(&CITIES));
    let house = dice.roll(200);
    let firm = if dice.roll(12) == 0 { " GmbH" } else { "" };
    let title = format!("{family}, {first}{firm}");
    let street = format!("{}{}straße {house}", dice.pick(&SYLLABLES), dice.pick(&SYLLABLES));
    let phone = format!("0{} {}", 30 + dice.roll(900), 100_000 + dice.roll(900_000));
    let email = format!("{first}.{family}{rid}@example-{city}.de").to_lowercase();
    let (kind, customer, cents) = (dice.roll(10), dice.roll(10_000), dice.roll(10_000_000));
    let day = |value: u64, add: i8| i8::try_from(value).unwrap_or(0) + add;
    let date =
        Date::constant(2000 + i16::try_from(dice.roll(26)).unwrap_or(0), day(dice.roll(12), 1), day(dice.roll(28), 1));
    let amount = format!("{}.{:02}", cents / 100, cents % 100);
    let mut id = [0; 16];
    for byte in &mut id {
        *byte = u8::try_from(dice.roll(256)).unwrap_or(0);
    }
    let tokens = [&title, &street, &phone, &email].map(|part| text::index_tokens(part)).join(" ");
    let moment = Timestamp(1_700_000_000_000 + rid * 1000);
    IndexRow {
        rid,
        id: RecordId::from_bytes(id),
        module: "contact".into(),
        scope: 0,
        restricted: false,
        version: 1,
        doc: format!(
            r#"{{"city":"{city}","kind":"k{kind}","since":"{date}","amount":"{amount}","customer":"c{customer}","email":"{email}"}}"#
        ),
        title,
        created_at: moment,
        changed_at: moment,
        keys: vec![
            ("city".into(), Key::text(city)),
            ("kind".into(), Key::exact(&format!("k{kind}"))),
            ("since".into(), Key::date(date)),
            ("amount".into(), Key::number(&amount).unwrap_or_else(Key::absent)),
            ("customer".into(), Key::exact(&format!("c{customer}"))),
            ("email".into(), Key::exact(&email)),
        ],
        tokens,
    }
}

fn connect(path: &Path, writer: bool) -> Outcome<Connection> {
    let connection = Connection::open(path)?;
    connection.execute_batch(&format!("PRAGMA key = \"x'{}'\";", "5a".repeat(32)))?;
    connection.execute_batch("PRAGMA journal_mode = WAL;")?;
    connection.execute_batch(Index::PRAGMAS)?;
    if writer {
        connection
            .execute_batch(&std::env::var("WRITER_PRAGMAS").unwrap_or_else(|_| Index::WRITER_PRAGMAS.to_owned()))?;
    }
    connection.set_prepared_statement_cache_capacity(512);
    Ok(connection)
}

fn fill(index: &mut Index, rows: i64, out: &mut impl Write) -> Outcome<()> {
    let (mut dice, epoch) = (Dice(7), Instant::now());
    let mut rid = index.position()?.0;
    let begun_at = rid;
    let (mut spent, mut before, mut making) = (Duration::ZERO, (rid, Duration::ZERO), Duration::ZERO);
    let mut report_at = rid + 10_000;
    while rid < rows {
        let start = on_core(epoch);
        let first = rid + 1;
        rid += BATCH;
        let changes: Vec<_> = (first..=rid).map(|rid| IndexChange::Put(row(rid, &mut dice))).collect();
        making += on_core(epoch).saturating_sub(start);
        let start = on_core(epoch);
        index.apply(&changes, Position(rid))?;
        spent += on_core(epoch).saturating_sub(start);
        if rid >= report_at || rid >= rows {
            let rate =
                |count: i64, time: Duration| f64::from(u32::try_from(count).unwrap_or(u32::MAX)) / time.as_secs_f64();
            let here = rate(rid - before.0, spent.saturating_sub(before.1));
            writeln!(
                out,
                "rows {rid:>8}: apply {here:>7.0}/s of core time since last, {:>7.0}/s in all; making rows {:.1} us each",
                rate(rid - begun_at, spent),
                1e6 / rate(rid - begun_at, making)
            )?;
            before = (rid, spent);
            report_at += if rid >= 100_000 { 100_000 } else { 30_000 };
        }
    }
    Ok(())
}

/// Time that this thread has run on a core, where the system says so (Linux); otherwise the time that went by. On a machine that
/// does other work as well only this says something about the program.
fn on_core(since: Instant) -> Duration {
    let spent = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanoseconds = spent.as_deref().and_then(|text| text.split(' ').next()).and_then(|text| text.parse().ok());
    nanoseconds.map_or_else(|| since.elapsed(), Duration::from_nanos)
}

/// How often each query runs: the environment's `TURNS`, or 200.
fn turns() -> usize {
    std::env::var("TURNS").ok().and_then(|text| text.parse().ok()).unwrap_or(200)
}

/// Runs one query often and prints the middle and the slowest but one in a hundred.
fn measure(out: &mut impl Write, name: &str, mut once: impl FnMut(usize) -> Result<u32, Error>) -> Outcome<()> {
    let (mut times, mut core_times) = (Vec::new(), Vec::new());
    let (mut read, epoch) = (0, Instant::now());
    for turn in 0..turns() {
        let (start, core_start) = (Instant::now(), on_core(epoch));
        match once(turn) {
            Ok(rows) => read = rows,
            Err(error) => {
                writeln!(out, "{name:<44} refused after {:.1} ms: {error}", start.elapsed().as_secs_f64() * 1e3)?;
                return Ok(());
            }
        }
        times.push(start.elapsed());
        core_times.push(on_core(epoch).saturating_sub(core_start));
    }
    times.sort();
    core_times.sort();
    let at = |times: &[Duration], part: usize| {
        times.get(times.len() * part / 100).map_or(0.0, |time| time.as_secs_f64() * 1e3)
    };
    let (middle, slow) = (at(&times, 50), at(&times, 99));
    let (core_middle, core_slow) = (at(&core_times, 50), at(&core_times, 99));
    writeln!(
        out,
        "{name:<44} p50 {middle:>6.2} p99 {slow:>6.2} ms, on core p50 {core_middle:>6.2} p99 {core_slow:>6.2} ms, {read} index rows"
    )?;
    Ok(())
}

fn ask(connection: &Connection, rows: i64, out: &mut impl Write) -> Outcome<()> {
    let all = || ListQuery::new("contact", BTreeSet::from([0]));
    let mut dice = Dice(3);
    let filters: [Named<'_, dyn Fn(usize) -> Vec<Filter>>; 6] = [
        ("all", &|_| vec![]),
        ("10 % (kind)", &|turn| {
            vec![Filter { column: "kind".into(), test: Test::Eq(Key::exact(&format!("k{}", turn % 10))) }]
        }),
        ("8 % (city)", &|turn| {
            vec![Filter {
                column: "city".into(),
                test: Test::Eq(Key::text(CITIES.get(turn % 12).copied().unwrap_or_default())),
            }]
        }),
        ("0.8 % (kind and city)", &|turn| {
            let city = CITIES.get(turn % 12).copied().unwrap_or_default();
            vec![
                Filter { column: "city".into(), test: Test::Eq(Key::text(city)) },
                Filter { column: "kind".into(), test: Test::Eq(Key::exact(&format!("k{}", turn % 10))) },
            ]
        }),
        ("0.5 % (range of amounts)", &|turn| {
            let low = Key::integer(i64::try_from(turn).unwrap_or(0) * 400);
            let high = Key::integer(i64::try_from(turn).unwrap_or(0) * 400 + 500);
            vec![
                Filter { column: "amount".into(), test: Test::Gte(low) },
                Filter { column: "amount".into(), test: Test::Lt(high) },
            ]
        }),
        ("0.01 % (customer)", &|turn| {
            vec![Filter { column: "customer".into(), test: Test::Eq(Key::exact(&format!("c{}", turn * 37))) }]
        }),
    ];
    for (filter_name, filters) in &filters {
        for sort in ["", "title", "-since", "amount", "since,title"] {
            let order: Vec<_> = sort
                .split(',')
                .filter(|name| !name.is_empty())
                .map(|name| (name.trim_start_matches('-').to_owned(), name.starts_with('-')))
                .collect();
            let name = format!("list {filter_name}, by {}", if sort.is_empty() { "newest" } else { sort });
            measure(out, &name, |turn| {
                index::list(connection, &ListQuery { filters: filters(turn), sort: order.clone(), ..all() })
                    .map(|page| page.read)
            })?;
        }
    }
    let searches: [Named<'_, Typed>; 6] = [
        ("a rare word", &|dice| {
            format!("@{}", dice.roll(2)).replace("@0", "mülberstein ").replace("@1", "hofwaldfels ")
        }),
        ("a word in 8 %", &|_| "gmbh ".into()),
        ("a word in 8 % as typed (prefix)", &|_| "gmbh".into()),
        ("two words", &|dice| format!("{} gmbh ", dice.pick(&FIRST))),
        ("two letters", &|dice| dice.pick(&["mü", "st", "be", "gr", "vo", "hö"]).into()),
        ("one telephone number", &|dice| format!("0{} 5", 30 + dice.roll(900))),
    ];
    for (name, typed) in &searches {
        for order in [SearchOrder::Newest, SearchOrder::Relevance] {
            let query = |typed: String| SearchQuery {
                modules: vec!["contact".into()],
                scopes: BTreeSet::from([0]),
                terms: text::query_terms(&typed),
                order,
                after: None,
                limit: 50,
                include_restricted: false,
                row_budget: index::DEFAULT_ROW_BUDGET,
            };
            measure(out, &format!("search {name}, {order:?}"), |_| {
                index::search(connection, &query(typed(&mut dice))).map(|page| page.read)
            })?;
        }
        let listed = |typed: String| ListQuery {
            text: Some(text::query_terms(&typed)),
            sort: vec![("title".into(), false)],
            ..all()
        };
        measure(out, &format!("list {name}, by title"), |_| {
            index::list(connection, &listed(typed(&mut dice))).map(|page| page.read)
        })?;
    }
    let Count { count, exact } = index::count(connection, &all(), 10_000)?;
    writeln!(out, "count of all, up to 10,000: {count}, exact {exact}, of {rows}")?;
    measure(out, "count of all, up to 10,000", |_| index::count(connection, &all(), 10_000).map(|_| 0))?;
    Ok(())
}

/// The time of a change of one record, of a removal of a thousand, and of the checkpoint after it.
fn change(index: &mut Index, rows: i64, out: &mut impl Write) -> Outcome<()> {
    let mut dice = Dice(99);
    measure(out, "change of one record with new words", |turn| {
        let rid = 1 + (i64::try_from(turn).unwrap_or(0) * 4_999) % rows;
        index.apply(&[IndexChange::Put(row(rid, &mut dice))], Position(rows)).map(|()| 1)
    })?;
    let person: Vec<_> = (0..1_000).map(|place| ("contact".to_owned(), 1 + place * (rows / 1_000))).collect();
    let start = Instant::now();
    index.wipe(&person)?;
    let wiped = start.elapsed();
    index.truncate_log()?;
    writeln!(
        out,
        "wipe of 1,000 records {:.0} ms, checkpoint {:.0} ms",
        wiped.as_secs_f64() * 1e3,
        start.elapsed().saturating_sub(wiped).as_secs_f64() * 1e3
    )?;
    Ok(())
}

fn main() -> Outcome<()> {
    let mut arguments = std::env::args().skip(1);
    let rows: i64 = arguments.next().map_or(Ok(1_000_000), |text| text.parse())?;
    let folder = arguments.next().map_or_else(std::env::temp_dir, Into::into);
    let path = folder.join("obhut-index-bench.db");
    let mut out = std::io::stdout();
    let mut index = Index::open(connect(&path, true)?)?;
    index.ensure_module(&module())?;
    fill(&mut index, rows, &mut out)?;
    index.truncate_log()?;
    writeln!(out, "file {} MB", std::fs::metadata(&path)?.len() / 1_000_000)?;
    ask(&connect(&path, false)?, rows, &mut out)?;
    change(&mut index, rows, &mut out)?;
    Ok(())
}
