//! Owns the one way in for the fuzz targets in `tests/fuzz`: everything that others write, and what must hold whatever it is.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use crate::codesphere::error::Kind;
use crate::codesphere::redirect::Base;
use crate::codesphere::types::{Domain, Executed, Team};
use crate::codesphere::{body, events, retry_after};
use crate::context::Context;
use crate::given::Inputs;
use crate::http::Head;
use crate::inputs::{Recorded, dotenv};
use crate::owner::OwnerLabel;
use crate::runner::door::Door;
use crate::runner::log::Log;
use crate::runner::markdown;
use crate::runner::secret::Secret;
use crate::runner::state::{Progress, Record, Seal};
use crate::undo::{Made, record};

const KEY: &str = "cs_k:e#y%41&<1>";

/// Runs the target of that name.
///
/// # Panics
/// When something does not hold, or there is no such target.
pub fn run(target: &str, data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    match target {
        "inputs" => inputs(&text),
        "dotenv" => dotenv(&text),
        "event" => event(&text),
        "owner" => owner(&text),
        "state" => state(&text),
        "bodies" => bodies(data),
        "events" => server_sent_events(data),
        "redirects" => redirects(&text),
        "log" => log(&text),
        "markdown" => in_markdown(&text),
        unknown => panic!("there is no target {unknown}"),
    }
}

/// `NAME=value`, one after the other, between zeros.
fn inputs(text: &str) {
    let given = text.split('\0').filter_map(|pair| pair.split_once('='));
    let mut variables: BTreeMap<String, String> = given
        .map(|(name, value)| (format!("INPUT_{}", name.to_uppercase()), value.to_owned()))
        .collect();
    variables.insert("INPUT_API-TOKEN".to_owned(), KEY.to_owned());
    let Err(mistakes) = Inputs::read(&variables) else {
        return;
    };
    let door = crate::secrets::door(&variables);
    for mistake in mistakes {
        assert!(!door.readable(&mistake.to_string()).contains(KEY));
    }
}

fn dotenv(text: &str) {
    if let Ok(variables) = dotenv::parse(text) {
        assert!(
            variables
                .iter()
                .all(|its| !its.name.is_empty() && !its.name.contains('='))
        );
    }
}

/// The event's name stands in the first line.
fn event(text: &str) {
    let (name, event) = text.split_once('\n').unwrap_or(("push", text));
    for kind in [name, "pull_request", "workflow_run", "release"] {
        let variables = [
            ("GITHUB_EVENT_NAME", kind),
            ("GITHUB_REPOSITORY", "acme/shop"),
            ("GITHUB_REF_NAME", name),
        ];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let _ = Context::read(&BTreeMap::from(variables), event);
    }
}

fn owner(text: &str) {
    if let Some(label) = OwnerLabel::parse(text) {
        assert_eq!(OwnerLabel::parse(&label.to_string()), Some(label));
    }
}

fn state(text: &str) {
    let seal = Seal::new(&Secret::new(KEY.to_owned()), Vec::new());
    assert!(seal.opened(text).is_none());
    let read: Result<Record<Recorded, Made>, _> = serde_json::from_str(text);
    if let Ok(found) = read
        && let Progress::Unfinished(made) = found.progress
    {
        let _ = record::told(&made);
        let variables = found.inputs.over(&BTreeMap::new());
        let _ = Inputs::read(&variables);
    }
}

/// The first byte chooses the status, the second the media type.
fn bodies(data: &[u8]) {
    let [status, media, data @ ..] = data else {
        return;
    };
    let types = ["application/json", "text/html", "text/plain", ""];
    let head = Head {
        status: [200, 204, 400, 404, 500, 502][usize::from(*status) % 6],
        content_type: Some(types[usize::from(*media) % 4].to_owned()),
        ..Head::default()
    };
    let door = Door::new(KEY, &[]);
    let told = |kind: Kind| assert!(!kind.told(&door).contains(KEY));
    let _ = body::object::<Executed>(&head, &mut &*data).map_err(told);
    let _ = body::whole_list::<Domain>(&head, &mut &*data).map_err(told);
    let _ = body::list::<Team, _>(&head, &mut &*data, |_| true).map_err(told);
    let _ = body::nothing(&head, &mut &*data).map_err(told);
    let _ = body::blank(&head, &mut &*data).map_err(told);
}

fn server_sent_events(data: &[u8]) {
    let head = Head {
        status: 200,
        content_type: Some("text/event-stream".to_owned()),
        ..Head::default()
    };
    let mut said = Vec::new();
    let _ = events::read(&head, &mut &*data, &mut |told| {
        if let events::LogEvent::Lines(lines) = told {
            said.extend(lines);
        }
        true
    });
    assert!(said.iter().all(|line| line.text.len() < 20_000));
}

/// The target stands in the first line, what the answer asks to wait in the second.
fn redirects(text: &str) {
    let mut lines = text.split('\n');
    let (location, wait) = (lines.next().unwrap_or_default(), lines.next());
    for base in [
        "https://cloud.codesphere.com",
        "https://cs.example.com:8443",
    ] {
        let Ok(base) = Base::parse(base) else {
            continue;
        };
        if let Ok(url) = base.follow(&base.url("/teams"), location) {
            assert!(url.starts_with("https://"), "{url}");
        }
    }
    let _ = Base::parse(location);
    let head = Head {
        retry_after: wait.map(str::to_owned),
        date: Some(
            lines
                .next()
                .unwrap_or("Thu, 01 Jan 2026 00:00:00 GMT")
                .to_owned(),
        ),
        ..Head::default()
    };
    let _ = retry_after::asked(&head);
}

#[derive(Clone, Default)]
struct Out(Arc<Mutex<Vec<u8>>>);

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Whatever it is, there is no command in it, nothing that is not seen, and no key.
fn log(text: &str) {
    let out = Out::default();
    let log = Log::new(
        Box::new(out.clone()),
        Door::new(KEY, &["value-12345".to_owned()]),
    );
    log.line(text);
    log.foreign([("| ", text)]);
    log.group(text);
    log.warning(text, text);
    let written = out.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let written = String::from_utf8_lossy(&written);
    assert!(
        !written.contains(KEY) && !written.contains("value-12345"),
        "{written}"
    );
    let ours = [
        "::stop-commands::",
        "::group::",
        "::endgroup::",
        "::warning title=",
    ];
    let mut stopped = None;
    for line in written.split('\n') {
        assert!(!line.contains("##["), "{line:?}");
        assert!(
            !line.chars().any(|c| c.is_control() && c != '\t'),
            "{line:?}"
        );
        if line.trim_start().starts_with("::") {
            let resumed = stopped
                .take()
                .is_some_and(|word| line == format!("::{word}::"));
            assert!(
                resumed || ours.iter().any(|own| line.starts_with(own)),
                "{line:?}"
            );
        }
        stopped = line.strip_prefix("::stop-commands::").or(stopped);
    }
}

fn in_markdown(text: &str) {
    let plain = markdown::text(text);
    assert!(
        !plain.contains(['<', '|', '`', '*', '[', '\n']) || plain.contains("<!-- -->"),
        "{plain}"
    );
    let _ = (
        markdown::sentence(text),
        markdown::code(text),
        markdown::folded(text, ""),
    );
    let history = markdown::link(text, text);
    assert!(!history.contains('\n'), "{history}");
    let block = markdown::block(text);
    let fence: String = block.chars().take_while(|c| *c == '`').collect();
    let closed = block.matches(&format!("\n{fence}\n")).count();
    assert_eq!(closed, 1, "{block}");
}
