//! What stories about the program share: running it in a folder of their own, a server beside them, one plain request over HTTP.
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use testkit::TempDir;

/// A folder with data of its own.
pub struct Bed {
    pub folder: TempDir,
}

/// What a run of the program gave.
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    fn of(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code().unwrap_or(-1), stdout: text(output.stdout), stderr: text(output.stderr) }
    }
    /// The one document that it printed.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {:?} {}", self.stdout, self.stderr))
    }
    /// It, if it ended with that code.
    #[track_caller]
    pub fn ends(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout: {}\nstderr: {}", self.stdout, self.stderr);
        self
    }
}

impl Bed {
    pub fn new() -> Self {
        Self { folder: TempDir::new().unwrap() }
    }
    /// One with a business `Werkstatt` and its administrator `anna`.
    pub fn with_business() -> Self {
        let bed = Self::new();
        let created = ["tenant", "create", "Werkstatt", "--pack", "workshop", "--admin", "anna", "--password-stdin"];
        bed.run_with(&created, "lang genug und 1 Ziffer\n").ends(0);
        bed
    }
    pub fn data(&self) -> PathBuf {
        self.folder.join("data")
    }
    /// The program, in this folder and in English.
    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_obhut"));
        command.args(words).current_dir(self.folder.path()).env_clear().env("OBHUT_DATA", self.data());
        command.env("TMPDIR", self.folder.path()).env("LANG", "C.UTF-8");
        command
    }
    pub fn run(&self, words: &[&str]) -> Ran {
        Ran::of(self.command(words).stdin(Stdio::null()).output().unwrap())
    }
    /// Runs it with a text on standard input.
    pub fn run_with(&self, words: &[&str], input: &str) -> Ran {
        let mut child =
            self.command(words).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // A program that refuses before it reads closes its end.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        Ran::of(child.wait_with_output().unwrap())
    }
    /// The result of a command that must succeed, as JSON.
    #[track_caller]
    pub fn json(&self, words: &[&str]) -> Value {
        self.run(&[&["--json"], words].concat()).ends(0).json()
    }
    /// Writes a file into the folder.
    pub fn file(&self, name: &str, text: &str) {
        std::fs::write(self.folder.join(name), text).unwrap();
    }
    /// A server over the folder, ready.
    pub fn serve(&self) -> Server {
        Server::start(self.command(&["--json", "serve"]))
    }
    /// Makes a person and gives its id.
    pub fn person(&self, name: &str) -> String {
        self.file("one.csv", &format!("Vorname,Nachname,E-Mail\nÄnne,{name},aenne@{}.example\n", name.to_lowercase()));
        self.run(&["import", "one.csv", "--origin", "Test", "--activity", "customer-care"]).ends(0);
        let found = self.json(&["subject", "find", name]);
        found["items"][0]["id"].as_str().unwrap_or_else(|| panic!("{found}")).to_owned()
    }
}

/// A server that runs beside the test, and is killed if the test forgets it.
pub struct Server {
    child: Child,
    pub line: Value,
}

impl Server {
    /// Starts it on free ports and waits for its line.
    pub fn start(mut command: Command) -> Self {
        let offset = free_offset();
        command.args(["--port-offset", &offset.to_string()]);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        if line.is_empty() {
            let mut said = String::new();
            child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
            panic!("the server did not start: {said}");
        }
        Self { child, line: serde_json::from_str(&line).unwrap() }
    }
    /// Asks it to end; gives its exit code and what it said on standard error.
    pub fn stop(mut self, signal: Signal) -> (i32, String) {
        let pid = Pid::from_child(&self.child);
        kill_process(pid, signal).unwrap();
        let mut said = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        (self.child.wait().unwrap().code().unwrap_or(-1), said)
    }
    /// The status and the body of a GET.
    pub fn get(&self, surface: &str, path: &str, token: Option<&str>) -> (u16, String) {
        let base = self.line[surface].as_str().unwrap();
        let host = base.trim_start_matches("http://").trim_end_matches('/');
        let mut stream = TcpStream::connect(host).unwrap();
        let bearer = token.map(|token| format!("Authorization: Bearer {token}\r\n")).unwrap_or_default();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {host}\r\n{bearer}Connection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
        (status, answer.split_once("\r\n\r\n").unwrap().1.to_owned())
    }
}

impl Server {
    /// Sends JSON to the API; the answer must have that status.
    #[track_caller]
    pub fn post(&self, path: &str, token: &str, body: &str, status: u16) -> String {
        let base = self.line["api"].as_str().unwrap();
        let host = base.trim_start_matches("http://").split('/').next().unwrap();
        let mut stream = TcpStream::connect(host).unwrap();
        write!(
            stream,
            "POST {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert_eq!(head.split(' ').nth(1).unwrap().parse::<u16>().unwrap(), status, "{body}");
        body.to_owned()
    }
}

impl Server {
    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }
    /// A request of a browser; the head and the body of the answer.
    fn browse(&self, method: &str, path: &str, cookie: &str, form: &str) -> (String, String) {
        let host = self.line["pages"].as_str().unwrap().trim_start_matches("http://").trim_end_matches('/');
        let mut stream = TcpStream::connect(host).unwrap();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\nCookie: {cookie}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{form}",
            form.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {answer}"));
        (head.to_owned(), body.to_owned())
    }
    /// The status and the text of a page.
    pub fn page(&self, path: &str, cookie: &str) -> (u16, String) {
        let (head, body) = self.browse("GET", path, cookie, "");
        (head.split(' ').nth(1).unwrap().parse().unwrap(), body)
    }
    /// Signs in; the cookie as it is sent along.
    #[track_caller]
    pub fn sign_in(&self, business: &str, login: &str, password: &str) -> String {
        let form = format!("tenant={business}&login={login}&password={}", password.replace(' ', "+"));
        let (head, body) = self.browse("POST", "/sign-in", "", &form);
        let line = head.lines().find(|line| line.to_ascii_lowercase().starts_with("set-cookie:"));
        let line = line.unwrap_or_else(|| panic!("{head}\n{body}"));
        line.split_once(':').unwrap().1.trim().split(';').next().unwrap().to_owned()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // One that has ended already needs none of it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A shift at which the ports are free; tests that run at once get different ones.
fn free_offset() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let first = u16::try_from(std::process::id() % 10_000).unwrap() * 3 + 2_000;
    loop {
        let offset = first + NEXT.fetch_add(2, Ordering::Relaxed) % 20_000;
        let free = |port: u16| TcpListener::bind(("127.0.0.1", port + offset)).is_ok();
        if free(8085) && free(8086) {
            return offset;
        }
    }
}

/// Every file below a folder with its content, but for the lock, which names the last process.
pub fn snapshot(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(snapshot(&path));
        } else if path.file_name().is_some_and(|name| name != "lock") {
            found.push((path.clone(), std::fs::read(&path).unwrap()));
        }
    }
    found.sort();
    found
}
