//! A small HTTP client on plain sockets, and a simulator with a clock to turn.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use codesphere_simulator::{Simulator, TOKEN};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use serde_json::Value;

/// A simulator, and the milliseconds that its clock shows.
pub(crate) struct Stage {
    pub(crate) simulator: Simulator,
    clock: Arc<AtomicU64>,
}

/// An answer as it came.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("the body is JSON")
    }
}

impl Stage {
    pub(crate) fn new() -> Self {
        let clock = Arc::new(AtomicU64::new(0));
        let hand = Arc::clone(&clock);
        let now = Arc::new(move || Duration::from_millis(hand.load(Ordering::SeqCst)));
        Self {
            simulator: Simulator::start(now),
            clock,
        }
    }

    /// One with a clock of its own.
    pub(crate) fn around(simulator: Simulator) -> Self {
        Self {
            simulator,
            clock: Arc::default(),
        }
    }

    /// One whose exchanges are of no use to the conformance test.
    pub(crate) fn unrecorded() -> Self {
        let stage = Self::new();
        stage.simulator.with(|world| world.recorded = false);
        stage
    }

    pub(crate) fn pass(&self, seconds: f64) {
        let millis = Duration::from_secs_f64(seconds).as_millis();
        self.clock.fetch_add(
            u64::try_from(millis).expect("it is small"),
            Ordering::SeqCst,
        );
    }

    pub(crate) fn api(&self) -> TcpStream {
        connect(&self.simulator.api_url())
    }

    /// Asks the API; what goes wrong on the way is `None`.
    pub(crate) fn try_call(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> Option<Answer> {
        let request = request(method, &format!("/api{path}"), TOKEN, body);
        exchange(&mut self.api(), &request)
    }

    pub(crate) fn call(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        self.try_call(method, path, body)
            .expect("there is an answer")
    }

    pub(crate) fn get(&self, path: &str) -> Value {
        self.call("GET", path, None).json()
    }

    pub(crate) fn post(&self, path: &str) -> u16 {
        self.call("POST", path, None).status
    }

    /// What the proxy says to a CONNECT, and the tunnel.
    pub(crate) fn tunnel(&self, host: &str, headers: &str) -> (u16, TcpStream) {
        let mut stream = connect(&self.simulator.proxy_url());
        let request = format!("CONNECT {host}:443 HTTP/1.1\r\nhost: {host}:443\r\n{headers}\r\n");
        stream.write_all(request.as_bytes()).expect("it is sent");
        let head = head(&mut stream).expect("the proxy answers");
        (status(&head), stream)
    }

    /// A TLS connection through the proxy that trusts the simulator's authority.
    pub(crate) fn secure(&self, host: &str) -> StreamOwned<ClientConnection, TcpStream> {
        let (status, stream) = self.tunnel(host, "");
        assert_eq!(status, 200);
        let pem = self.simulator.ca_pem();
        let mut roots = RootCertStore::empty();
        let authority = CertificateDer::from_pem_slice(pem.as_bytes()).expect("it is PEM");
        roots.add(authority).expect("it is a certificate");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let configuration = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("the provider knows them")
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name = ServerName::try_from(host.to_owned()).expect("a host's name");
        let connection = ClientConnection::new(Arc::new(configuration), name).expect("a client");
        StreamOwned::new(connection, stream)
    }
}

fn connect(url: &str) -> TcpStream {
    let address = url.trim_start_matches("http://").trim_end_matches("/api");
    let stream = TcpStream::connect(address).expect("the simulator listens");
    let patience = Some(Duration::from_secs(5));
    stream
        .set_read_timeout(patience)
        .expect("a time-out can be set");
    stream
}

pub(crate) fn request(method: &str, target: &str, token: &str, body: Option<&Value>) -> String {
    let body = body.map(ToString::to_string).unwrap_or_default();
    let kind = if body.is_empty() {
        ""
    } else {
        "content-type: application/json\r\n"
    };
    format!(
        "{method} {target} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\n\
         user-agent: codesphere-release/0\r\naccept-encoding: identity\r\n{kind}content-length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// Sends a request and reads a whole answer; `None` when there is none.
pub(crate) fn exchange<S: Read + Write>(stream: &mut S, request: &str) -> Option<Answer> {
    stream.write_all(request.as_bytes()).ok()?;
    let head = head(stream)?;
    let body = if head.contains("transfer-encoding: chunked") {
        chunks(stream)?
    } else {
        let length = head.split("content-length: ").nth(1)?.split('\r').next()?;
        let mut body = vec![0; length.parse().ok()?];
        stream.read_exact(&mut body).ok()?;
        String::from_utf8(body).ok()?
    };
    Some(Answer {
        status: status(&head),
        head,
        body,
    })
}

fn status(head: &str) -> u16 {
    let word = head.split(' ').nth(1).expect("a status line");
    word.parse().expect("a status")
}

fn until<S: Read>(stream: &mut S, end: &str) -> Option<String> {
    let (mut text, mut byte) = (Vec::new(), [0]);
    while !text.ends_with(end.as_bytes()) {
        stream.read_exact(&mut byte).ok()?;
        text.push(byte[0]);
    }
    String::from_utf8(text).ok()
}

fn head<S: Read>(stream: &mut S) -> Option<String> {
    until(stream, "\r\n\r\n")
}

fn chunks<S: Read>(stream: &mut S) -> Option<String> {
    let mut text = String::new();
    loop {
        let size = usize::from_str_radix(until(stream, "\r\n")?.trim(), 16).ok()?;
        let mut chunk = vec![0; size];
        stream.read_exact(&mut chunk).ok()?;
        until(stream, "\r\n")?;
        if size == 0 {
            return Some(text);
        }
        text.push_str(&String::from_utf8(chunk).ok()?);
    }
}
