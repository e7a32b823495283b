//! What was asked and answered, kept for tests and for the conformance check.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::io::{BufWriter, Write};
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use crate::FloodSent;

/// A request to the API and what was answered.
#[derive(Clone, Debug)]
pub struct Call {
    /// The method.
    pub method: String,
    /// The path without `/api`, still percent-encoded.
    pub path: String,
    /// The headers as they came.
    pub headers: Vec<(String, String)>,
    /// The body, if it is JSON.
    pub body: Option<Value>,
    /// The status; `None` when no whole answer was given.
    pub status: Option<u16>,
    /// The answer's body, if it is JSON.
    pub answer: Value,
    /// When it arrived.
    pub at: Duration,
    /// Whether the answer comes from a fault, or is one that the API's document does not know.
    pub injected: bool,
}

impl Call {
    /// Whether it asked for a change, and was not merely sent on elsewhere.
    pub(crate) fn is_write(&self) -> bool {
        let redirected = self
            .status
            .is_some_and(|status| (300..400).contains(&status));
        self.method != "GET" && !redirected && !self.reads()
    }

    /// Whether it is a command that only reads files or the history.
    fn reads(&self) -> bool {
        let command = self.body.as_ref().and_then(|body| body["command"].as_str());
        command.is_some_and(|command| command.starts_with("ls ") || command.starts_with("git log "))
    }

    /// The first header of that name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self
            .headers
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }
}

/// Everything that came in, in order of arrival.
#[derive(Default)]
pub(crate) struct Journal {
    pub(crate) calls: Vec<(Call, Option<&'static str>)>,
    pub(crate) visits: Vec<(String, String, u16)>,
    pub(crate) floods: Vec<FloodSent>,
}

impl Journal {
    /// Whether there was a call of that path, or a visit of that host and path.
    pub(crate) fn has(&self, path: &str) -> bool {
        let called = |(call, _): &(Call, _)| call.path == path;
        let visited =
            |(host, at, _): &(String, String, u16)| path.strip_prefix(host.as_str()) == Some(at);
        self.calls.iter().any(called) || self.visits.iter().any(visited)
    }

    /// Writes the exchanges as a file of its own, one line of JSON each.
    pub(crate) fn keep(&self, folder: &Path) -> std::io::Result<()> {
        if self.calls.is_empty() {
            return Ok(());
        }
        std::fs::create_dir_all(folder)?;
        let name = format!("{:016x}.jsonl", RandomState::new().build_hasher().finish());
        let mut file = BufWriter::new(std::fs::File::create_new(folder.join(name))?);
        for (call, content_type) in &self.calls {
            writeln!(file, "{}", exchange(call, *content_type))?;
        }
        file.flush()
    }
}

fn exchange(call: &Call, content_type: Option<&'static str>) -> Value {
    json!({
        "method": call.method,
        "path": call.path,
        "body": call.body,
        "status": call.status,
        "answer": call.answer,
        "contentType": content_type,
        "injected": call.injected,
    })
}
