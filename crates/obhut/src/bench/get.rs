//! `GET` of one record over HTTP against an empty handler of the same server, on the same connections (goals 0.3 × at 10,000 records, 0.1 × at
//! 1,000,000). The client is raw HTTP/1.1 with keep-alive, so that it costs as little as it can; both sides share this machine's cores.
use super::business::{Business, Result, per_second};
use super::data::{self, Dice};
use super::figure::{Figure, Goal, median};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// Connections at a time.
const CONNECTIONS: u64 = 16;
const RUNS: u64 = 5;
const RUN: Duration = Duration::from_millis(1_500);
/// Longest answer that is expected.
const ANSWER_BYTES: usize = 64 * 1024;

pub(super) fn measure(business: &Business) -> Result<Vec<Figure>> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let (ours, empty, ratios) = runtime.block_on(run(business))?;
    runtime.shutdown_timeout(Duration::from_secs(2));
    let at = business.records();
    let goal = Goal::RatioAtLeast(if at <= 10_000 { 0.3 } else { 0.1 });
    let figure =
        Figure::new(format!("get-one-at-{at}"), (median(ours), "1/s"), Some((median(empty), "empty handler")), goal);
    Ok(vec![figure.with_ratio(median(ratios))])
}

async fn run(business: &Business) -> Result<(Vec<f64>, Vec<f64>, Vec<f64>)> {
    let expires = None;
    let (_, token) = business
        .tenant
        .write(business.caller.clone(), move |op| identity::create_token(op, "bench", "contact:r", expires))?;
    let app = web::App::new(Arc::clone(&business.instance), Arc::clone(&business.clock), web::Settings::default());
    let (stop, stopped) = watch::channel(false);
    let wait = |mut stopped: watch::Receiver<bool>| async move { drop(stopped.wait_for(|stop| *stop).await) };
    let api = TcpListener::bind("127.0.0.1:0").await?;
    let bare = TcpListener::bind("127.0.0.1:0").await?;
    let (api_at, bare_at) = (api.local_addr()?, bare.local_addr()?);
    let servers = [
        tokio::spawn(web::serve(api, web::api(app), web::Connections::default(), wait(stopped.clone()))),
        tokio::spawn(web::serve(bare, web::baseline(), web::Connections::default(), wait(stopped.clone()))),
    ];
    // As in `obhut serve`: each request has its line in the access log, and writing them is part of the cost.
    let logs = tokio::spawn(crate::serve::flush::run(Arc::clone(&business.instance), wait(stopped)));
    // Contacts without a birthday: a sensitive field would be another route, with a line in the log of reads.
    let numbers = business.contacts.iter().zip(0_u64..).filter(|(_, number)| !data::has_birthday(*number));
    let head = format!("Host: localhost\r\nAuthorization: Bearer {}\r\n\r\n", token.as_str());
    let ids: Arc<Vec<base::RecordId>> = Arc::new(numbers.map(|(id, _)| *id).collect());
    let request: Request = Arc::new(move |id| match id {
        Some(id) => format!("GET /api/v1/contact/{id} HTTP/1.1\r\n{head}"),
        None => format!("GET / HTTP/1.1\r\n{head}"),
    });
    let (mut ours, mut empty, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    load(api_at, Some(&ids), &request, RUN).await?;
    for _ in 0..RUNS {
        let bare = load(bare_at, None, &request, RUN).await?;
        let got = load(api_at, Some(&ids), &request, RUN).await?;
        ratios.push(got / bare);
        empty.push(bare);
        ours.push(got);
    }
    // Whether anybody still waits does not matter: the tasks end here.
    let _ = stop.send(true);
    for server in servers {
        server.abort();
    }
    logs.await?.map_err(|_| "the access log could not be written")?;
    Ok((ours, empty, ratios))
}

type Request = Arc<dyn Fn(Option<base::RecordId>) -> String + Send + Sync>;

/// Requests per second over all connections.
async fn load(
    at: SocketAddr,
    ids: Option<&Arc<Vec<base::RecordId>>>,
    request: &Request,
    time: Duration,
) -> Result<f64> {
    let mut clients = Vec::new();
    let begun = Instant::now();
    for seed in 0..CONNECTIONS {
        clients.push(tokio::spawn(client(at, ids.cloned(), Arc::clone(request), seed, begun, time)));
    }
    let mut count = 0;
    for client in clients {
        count += client.await??;
    }
    Ok(per_second(count, begun.elapsed()))
}

/// One connection: asks, waits for the answer, asks again.
async fn client(
    at: SocketAddr,
    ids: Option<Arc<Vec<base::RecordId>>>,
    request: Request,
    seed: u64,
    begun: Instant,
    time: Duration,
) -> Result<u64> {
    let mut stream = TcpStream::connect(at).await?;
    stream.set_nodelay(true)?;
    let mut dice = Dice::new(seed);
    let mut answer = vec![0; ANSWER_BYTES];
    let mut count = 0;
    while begun.elapsed() < time {
        let id = ids.as_ref().and_then(|ids| {
            usize::try_from(dice.roll(ids.len() as u64)).ok().and_then(|place| ids.get(place)).copied()
        });
        stream.write_all(request(id).as_bytes()).await?;
        read_answer(&mut stream, &mut answer).await?;
        count += 1;
    }
    Ok(count)
}

/// Reads one answer to its end: the head, and as many bytes as it says.
async fn read_answer(stream: &mut TcpStream, answer: &mut [u8]) -> Result<()> {
    let mut filled = 0;
    loop {
        let rest = answer.get_mut(filled..).filter(|rest| !rest.is_empty()).ok_or("an answer is too long")?;
        let read = stream.read(rest).await?;
        if read == 0 {
            return Err("the server closed the connection".into());
        }
        filled += read;
        let so_far = answer.get(..filled).unwrap_or_default();
        let Some(end) = so_far.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
        let head = std::str::from_utf8(so_far.get(..end).unwrap_or_default())?;
        if !head.starts_with("HTTP/1.1 200") {
            return Err(format!("the server answered {}", head.lines().next().unwrap_or_default()).into());
        }
        let lengths = head
            .lines()
            .filter_map(|line| line.split_once(':'))
            .filter(|(name, _)| name.eq_ignore_ascii_case("content-length"));
        let length: usize = lengths.map(|(_, value)| value.trim().parse()).next().transpose()?.unwrap_or(0);
        if filled >= end + 4 + length {
            return Ok(());
        }
    }
}
