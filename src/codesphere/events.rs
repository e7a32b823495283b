//! Owns the format of log streams: server-sent events with JSON inside, read in bounded memory however long
//! a line, an event or the whole is.

use std::borrow::Cow;
use std::io::Read;

use serde::Deserialize;

use crate::codesphere::body;
use crate::codesphere::elements::Elements;
use crate::codesphere::error::{Kind, Problem};
use crate::http::{Head, TransportError};

/// As much is read at once, in bytes; what it brings is told together.
const CHUNK: usize = 32 << 10;
/// No name of a field or an event that matters is longer.
const NAME: usize = 16;

/// A line that a step has written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LogLine {
    /// Whether it came over standard error.
    pub(crate) error: bool,
    /// What it says.
    pub(crate) text: String,
}

/// What a stream brings.
#[derive(Debug)]
pub(crate) enum LogEvent {
    /// Lines, some of them at once.
    Lines(Vec<LogLine>),
    /// Its end, in good order.
    End,
}

/// Reads until the stream ends or `tell` says `false`.
pub(crate) fn read(
    head: &Head,
    body: &mut dyn Read,
    tell: &mut dyn FnMut(LogEvent) -> bool,
) -> Result<(), Kind> {
    if !body::is_good(head) {
        return Err(body::problem(head, body));
    }
    let media = head.content_type.as_deref().unwrap_or_default();
    if !media.starts_with("text/event-stream") {
        return Err(Kind::InvalidResponse(format!(
            "no event stream but \"{media}\""
        )));
    }
    let mut events = Events::default();
    let mut chunk = vec![0; CHUNK];
    loop {
        let read = body
            .read(&mut chunk)
            .map_err(|error| Kind::TransportError(TransportError::Lost(error.to_string())))?;
        if read == 0 {
            tell(LogEvent::End);
            return Ok(());
        }
        events.take(chunk.get(..read).unwrap_or_default())?;
        let said = std::mem::take(&mut events.said);
        if !said.is_empty() && !tell(LogEvent::Lines(said)) {
            return Ok(());
        }
    }
}

/// Where in a line of the stream the reader is.
#[derive(Debug, Default, PartialEq, Eq)]
enum At {
    /// In a field's name; so far.
    #[default]
    Name,
    /// Right behind the colon, where one space does not count.
    Colon,
    /// In the value of `data`.
    Data,
    /// In the value of `event`.
    Event,
    /// In something that does not matter.
    Elsewhere,
}

/// The stream's lines, taken apart as they come.
#[derive(Debug, Default)]
struct Events {
    at: At,
    name: Vec<u8>,
    event: Vec<u8>,
    after_cr: bool,
    elements: Elements,
    said: Vec<LogLine>,
}

impl Events {
    fn take(&mut self, bytes: &[u8]) -> Result<(), Kind> {
        let mut rest = bytes;
        while let Some((first, behind)) = rest.split_first() {
            if std::mem::take(&mut self.after_cr) && *first == b'\n' {
                rest = behind;
                continue;
            }
            let end = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
            let (inside, behind) = rest.split_at(end.unwrap_or(rest.len()));
            self.part_of_line(inside)?;
            rest = behind;
            if let Some((end, behind)) = rest.split_first() {
                self.after_cr = *end == b'\r';
                self.end_of_line()?;
                rest = behind;
            }
        }
        Ok(())
    }

    fn part_of_line(&mut self, mut part: &[u8]) -> Result<(), Kind> {
        while let Some((first, behind)) = part.split_first() {
            match self.at {
                At::Name if *first == b':' => self.at = At::Colon,
                At::Name if self.name.len() < NAME => self.name.push(*first),
                At::Name => self.at = At::Elsewhere,
                At::Colon => {
                    self.at = match self.name.as_slice() {
                        b"data" if self.matters() => At::Data,
                        b"event" => At::Event,
                        _ => At::Elsewhere,
                    };
                    if self.at == At::Event {
                        self.event.clear();
                    }
                    if *first != b' ' {
                        continue;
                    }
                }
                At::Data => return self.data(part),
                At::Event if self.event.len() < NAME => self.event.push(*first),
                At::Event | At::Elsewhere => {}
            }
            part = behind;
        }
        Ok(())
    }

    fn end_of_line(&mut self) -> Result<(), Kind> {
        if self.at == At::Data {
            self.data(b"\n")?;
        }
        if self.at == At::Name && self.name.is_empty() {
            self.event.clear();
            self.elements = Elements::default();
        }
        self.at = At::Name;
        self.name.clear();
        Ok(())
    }

    /// Whether the event is one of those that are known; the name comes before the data.
    fn matters(&self) -> bool {
        matches!(
            self.event.as_slice(),
            b"data" | b"problem" | b"message" | b""
        )
    }

    fn data(&mut self, part: &[u8]) -> Result<(), Kind> {
        let (mut problem, said) = (None, &mut self.said);
        self.elements
            .take(part, |element| match serde_json::from_slice(element) {
                Ok(Item {
                    data: Some(data),
                    kind,
                    ..
                }) => said.extend(lines(kind.as_deref(), &data)),
                Ok(Item {
                    title: Some(title),
                    status,
                    detail,
                    trace,
                    ..
                }) => {
                    problem = Some(Problem {
                        status: status.unwrap_or_default(),
                        title: title.into_owned(),
                        is_page: false,
                        detail,
                        trace,
                        retry_after: None,
                    });
                }
                Ok(_) => {}
                Err(_) => said.push(LogLine {
                    error: false,
                    text: "… (a line that cannot be read)".to_owned(),
                }),
            });
        problem.map_or(Ok(()), |problem| Err(Kind::Refused(Box::new(problem))))
    }
}

/// An element of a data event's array, or the object of a problem event.
#[derive(Deserialize)]
struct Item<'a> {
    #[serde(borrow)]
    kind: Option<Cow<'a, str>>,
    #[serde(borrow)]
    data: Option<Cow<'a, str>>,
    status: Option<u16>,
    #[serde(borrow)]
    title: Option<Cow<'a, str>>,
    detail: Option<String>,
    #[serde(rename = "traceId")]
    trace: Option<String>,
}

fn lines(kind: Option<&str>, data: &str) -> Vec<LogLine> {
    let error = kind == Some("E");
    data.trim_end_matches(['\n', '\r'])
        .split('\n')
        .map(|text| LogLine {
            error,
            text: text.to_owned(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::{LogEvent, read};
    use crate::codesphere::error::Kind;
    use crate::http::Head;

    /// What is said by a stream that arrives in parts of `size` bytes.
    fn said(stream: &[u8], size: usize) -> (Vec<String>, Result<(), Kind>) {
        struct Parts<'a>(&'a [u8], usize);
        impl Read for Parts<'_> {
            fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
                let most = self.1.min(into.len());
                self.0.take(most as u64).read(into).inspect(|read| {
                    self.0 = self.0.split_at(*read).1;
                })
            }
        }
        let head = Head {
            status: 200,
            content_type: Some("text/event-stream; charset=utf-8".to_owned()),
            ..Head::default()
        };
        let mut told = Vec::new();
        let ended = read(&head, &mut Parts(stream, size), &mut |heard| {
            let LogEvent::Lines(lines) = heard else {
                return true;
            };
            told.extend(lines.into_iter().map(|line| {
                let label = if line.error { "E" } else { "I" };
                format!("{label} {}", line.text)
            }));
            true
        });
        (told, ended)
    }

    fn line(text: &str) -> String {
        serde_json::json!({"timestamp": "2026-01-01", "kind": "I", "data": text}).to_string()
    }

    #[test]
    fn every_spelling_is_read_however_it_is_cut() {
        let stream = format!(
            ": a comment\n\nevent: data\ndata: [{}]\n\nevent:data\r\ndata:[\r\ndata: {},\r\ndata: {}\r\ndata: ]\r\n\r\nevent: heartbeat\ndata: {{\"data\": \"no\"}}\n\nevent: heartbeat\r\ndata: {{\"data\": \"no\"}}\r\n\r\nid: 7\nevent: data\nretry: 1\ndata: [{{\"kind\":\"E\",\"data\":\"bad\\n\"}},{{\"data\":\"a\\nb\"}}]\r\rdata\n\nevent: data\ndata: []\n\n",
            line("one [1] \"x\" } \\ ü"),
            line("two"),
            line("three")
        );
        for size in [1, 2, 3, 7, 64, 100_000] {
            let (told, ended) = said(stream.as_bytes(), size);
            assert_eq!(ended, Ok(()));
            assert_eq!(
                told,
                [
                    "I one [1] \"x\" } \\ ü",
                    "I two",
                    "I three",
                    "E bad",
                    "I a",
                    "I b"
                ],
                "{size}"
            );
        }
    }

    #[test]
    fn a_problem_is_one_although_the_status_was_200() {
        let stream = format!(
            "event: data\ndata: [{}]\n\nevent: problem\ndata: {{\"status\":400,\"title\":\"Workspace is not running\",\"traceId\":\"t1\"}}\n\n",
            line("before")
        );
        let (_, ended) = said(stream.as_bytes(), 10);
        let Err(Kind::Refused(problem)) = ended else {
            panic!("{ended:?}");
        };
        assert_eq!(
            (problem.status, problem.trace.as_deref()),
            (400, Some("t1"))
        );
    }

    #[test]
    fn what_has_no_end_takes_no_memory_and_what_is_broken_hides_nothing_behind_it() {
        let endless = format!(
            "event: data\ndata: [{},{}]\n\nevent: data\ndata: [{{\"data\":\"cut off\n\nevent: data\ndata: [{}]\n\n",
            line(&"\\ü\u{1f600}x".repeat(1_000_000)),
            line("behind it"),
            line("and behind"),
        );
        let (told, ended) = said(endless.as_bytes(), 1000);
        assert_eq!(ended, Ok(()));
        let [long, rest @ ..] = told.as_slice() else {
            panic!("nothing was told");
        };
        assert!(long.len() < 10_000 && long.starts_with("I \\ü\u{1f600}x\\ü"));
        assert_eq!(rest, ["I behind it", "I and behind"]);
    }

    #[test]
    fn generated_nonsense_is_no_trouble() {
        let parts = [
            "event", "data", ":", " ", "\n", "\r", "[", "{", "}", "]", "\"", "\\", "u00", ",",
            "problem", "é", "\0", "1",
        ];
        let mut seed: u64 = 7;
        for _ in 0..5_000 {
            let mut stream = String::from("data:");
            for _ in 0..40 {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let choice = usize::try_from(seed >> 40).unwrap_or_default() % parts.len();
                stream.push_str(parts.get(choice).copied().unwrap_or_default());
            }
            let once = said(stream.as_bytes(), 1);
            assert_eq!(once, said(stream.as_bytes(), 1000), "{stream:?}");
        }
    }
}
