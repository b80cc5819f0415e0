//! A small client of the language server protocol, over the pipes of rust-analyzer.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// It builds the attribute before it answers.
const DEADLINE: Duration = Duration::from_secs(300);

/// How soon an answer that is not complete yet is asked for again.
const PAUSE: Duration = Duration::from_millis(200);

/// The server and the file that is open in it. The server ends with this value.
pub struct Client {
    server: Child,
    requests: ChildStdin,
    messages: Receiver<Value>,
    document: Value,
    log: PathBuf,
    last: u64,
    deadline: Instant,
}

/// Whether the program runs: rustup has a proxy of it even without the component.
pub fn is_usable() -> bool {
    let version = Command::new("rust-analyzer").arg("--version").output();
    version.is_ok_and(|output| output.status.success())
}

impl Client {
    /// Starts the server for a crate, and opens a file of it with this text.
    pub fn open(root: &Path, file: &Path, text: &str) -> Self {
        let log = root.join("server.log");
        let mut command = Command::new("rust-analyzer");
        command
            .current_dir(root)
            .env("CARGO_NET_OFFLINE", "true")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(File::create(&log).expect("a log"));
        // Those of `cargo test` are not those of an editor.
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            if text.starts_with("CARGO_PKG") || text.starts_with("CARGO_MANIFEST") {
                command.env_remove(&name);
            }
        }
        let mut server = command.spawn().expect("rust-analyzer");
        let requests = server.stdin.take().expect("a pipe");
        let answers = BufReader::new(server.stdout.take().expect("a pipe"));
        let mut client = Self {
            server,
            requests,
            messages: messages(answers),
            document: json!({"uri": uri(file)}),
            log,
            last: 0,
            deadline: Instant::now() + DEADLINE,
        };
        client.begin(root, text);
        client
    }

    fn begin(&mut self, root: &Path, text: &str) {
        let target = concat!(env!("CARGO_TARGET_TMPDIR"), "/editor");
        let parameters = json!({
            "processId": std::process::id(),
            "rootUri": uri(root),
            "workspaceFolders": [{"uri": uri(root), "name": "server"}],
            "capabilities": {"textDocument": {
                "hover": {"contentFormat": ["markdown"]},
                "completion": {"completionItem": {}},
            }},
            "initializationOptions": {
                // Without a place of its sources it would add them to the toolchain, by rustup.
                "cargo": {"targetDir": target, "sysrootSrc": root.join("library")},
                "checkOnSave": false,
                "cachePriming": {"enable": false},
                "files": {"watcher": "server"},
                "hover": {"maxSubstitutionLength": null},
            },
        });
        self.request("initialize", &parameters);
        self.send(&json!({"jsonrpc": "2.0", "method": "initialized", "params": {}}));
        let document = json!({
            "uri": self.document["uri"], "languageId": "rust", "version": 1, "text": text,
        });
        let opened = json!({"textDocument": document});
        self.send(&json!({
            "jsonrpc": "2.0", "method": "textDocument/didOpen", "params": opened,
        }));
    }

    /// Asks about a place of the file until `found` accepts the answer: the first answers come
    /// before the server knows everything.
    ///
    /// # Panics
    /// At the deadline.
    pub fn until_answer<T>(
        &mut self,
        method: &str,
        place: &Value,
        found: impl Fn(&Value) -> Option<T>,
    ) -> T {
        loop {
            let parameters = json!({"textDocument": self.document, "position": place});
            let answer = self.request(method, &parameters);
            if let Some(found) = found(&answer) {
                return found;
            }
            let log = self.log();
            assert!(Instant::now() < self.deadline, "{method}: {answer}\n{log}");
            thread::sleep(PAUSE);
        }
    }

    /// Returns the log of the server.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Sends a request and returns its result; null after an error, such as a change meanwhile.
    fn request(&mut self, method: &str, parameters: &Value) -> Value {
        self.last += 1;
        let id = self.last;
        self.send(&json!({
            "jsonrpc": "2.0", "id": id, "method": method, "params": parameters,
        }));
        loop {
            let left = self.deadline.saturating_duration_since(Instant::now());
            let message = self.messages.recv_timeout(left);
            let mut message = message.unwrap_or_else(|_| panic!("{method}: {}", self.log()));
            if message["id"] == id && message.get("method").is_none() {
                return message["result"].take();
            }
            // A request of the server, which waits for an answer.
            if message.get("method").is_some() && message.get("id").is_some() {
                let answer = json!({"jsonrpc": "2.0", "id": message["id"], "result": null});
                self.send(&answer);
            }
        }
    }

    fn send(&mut self, message: &Value) {
        let text = message.to_string();
        let sent = write!(
            self.requests,
            "Content-Length: {}\r\n\r\n{text}",
            text.len()
        );
        sent.and_then(|()| self.requests.flush())
            .unwrap_or_else(|error| panic!("{error}: {}", self.log()));
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        // In order, so that it ends the processes that it has started.
        let exit = json!({"jsonrpc": "2.0", "id": u64::MAX, "method": "shutdown"}).to_string();
        let _ = write!(
            self.requests,
            "Content-Length: {}\r\n\r\n{exit}",
            exit.len()
        );
        let exit = json!({"jsonrpc": "2.0", "method": "exit"}).to_string();
        let _ = write!(
            self.requests,
            "Content-Length: {}\r\n\r\n{exit}",
            exit.len()
        );
        let end = Instant::now() + Duration::from_secs(10);
        while Instant::now() < end && matches!(self.server.try_wait(), Ok(None)) {
            thread::sleep(Duration::from_millis(10));
        }
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

fn uri(path: &Path) -> String {
    format!("file://{}", path.display())
}

/// Reads the messages of the server on a thread of its own, until it ends.
fn messages(mut pipe: impl BufRead + Send + 'static) -> Receiver<Value> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        while let Some(message) = message(&mut pipe) {
            if sender.send(message).is_err() {
                break;
            }
        }
    });
    receiver
}

/// A header of lines, an empty line, and as many bytes as the header says.
fn message(pipe: &mut impl BufRead) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if pipe.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim_end().split_once(": ") {
            Some(("Content-Length", number)) => length = number.parse().ok()?,
            Some(_) => {}
            None => break,
        }
    }
    let mut body = vec![0; length];
    pipe.read_exact(&mut body).ok()?;
    serde_json::from_slice(&body).ok()
}
