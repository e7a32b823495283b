//! Sending answers: as they are, or as the faults will have it.

use std::io::{Read, Result, Write};
use std::sync::atomic::Ordering;
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::FloodSent;
use crate::api::{self, Answer, Body, LogSource, events, filler};
use crate::faults::FaultKind;
use crate::flood::Pieces;
use crate::http::head;
use crate::platform::{Outcome, Platform, lock};

/// How often a stream that follows a step looks for more.
const LOOK: Duration = Duration::from_millis(50);
/// How long an answer is held until something else comes.
const PATIENCE: Duration = Duration::from_secs(10);

/// Whether the client gets a whole answer in spite of the fault.
pub(crate) fn is_whole(kind: &FaultKind) -> bool {
    match kind {
        FaultKind::Status { .. }
        | FaultKind::ActThenStatus { .. }
        | FaultKind::BrokenJson
        | FaultKind::WrongShape
        | FaultKind::HeldUntil(_)
        | FaultKind::Do(_)
        | FaultKind::DoAfter(_) => true,
        FaultKind::ResetBefore
        | FaultKind::ResetAfter
        | FaultKind::HangBefore
        | FaultKind::HangAfter
        | FaultKind::SlowDrip
        | FaultKind::Truncated
        | FaultKind::Announced8Gb
        | FaultKind::Endless => false,
    }
}

/// The answer that the fault makes of the right one.
pub(crate) fn altered(answer: Answer, kind: &FaultKind) -> Answer {
    match kind {
        FaultKind::Status {
            status,
            headers,
            body,
        }
        | FaultKind::ActThenStatus {
            status,
            headers,
            body,
        } => {
            let answer = match serde_json::from_str(body) {
                Ok(value) => Answer::json(value),
                Err(_) => Answer::text("text/html", body.clone()),
            };
            Answer {
                headers: headers.clone(),
                ..answer.with_status(*status)
            }
        }
        FaultKind::BrokenJson => Answer::text("application/json", "{\"broken\": ".to_owned()),
        FaultKind::WrongShape => match answer.body {
            Body::Json(Value::Array(_)) => Answer::json(json!({ "unexpected": true })),
            _ => Answer::json(json!(["unexpected"])),
        },
        _ => answer,
    }
}

/// Sends an answer; whether the connection can be used again.
pub(crate) fn deliver<S: Read + Write>(
    platform: &Platform,
    stream: &mut S,
    outcome: &Outcome,
) -> Result<bool> {
    let answer = &outcome.answer;
    match &outcome.disruption {
        None => whole(platform, stream, answer),
        Some(FaultKind::HeldUntil(other)) if !comes(platform, other) => Ok(false),
        Some(kind) if is_whole(kind) => whole(platform, stream, answer),
        Some(FaultKind::Truncated) => truncated(stream, answer),
        Some(kind) if outcome.of_log => resting(platform, || without_end(stream, answer, kind)),
        Some(kind) => without_end(stream, answer, kind),
    }
}

/// Waits a while, in real time, for another call or visit.
fn comes(platform: &Platform, other: &str) -> bool {
    let start = Instant::now();
    while start.elapsed() < PATIENCE {
        if lock(&platform.journal).has(other) {
            return true;
        }
        sleep(LOOK / 10);
    }
    false
}

/// Says nothing that makes sense until the client goes; nothing at all where the connection is to break.
fn without_end<S: Read + Write>(stream: &mut S, answer: &Answer, kind: &FaultKind) -> Result<bool> {
    match kind {
        FaultKind::HangBefore | FaultKind::HangAfter => wait_for_end(stream),
        FaultKind::SlowDrip => drip(stream, answer),
        FaultKind::Announced8Gb => flood(stream, answer, "content-length", "8589934592"),
        FaultKind::Endless => flood(stream, answer, "transfer-encoding", "chunked"),
        _ => Ok(false),
    }
}

/// Does what makes a log stream say nothing meanwhile.
fn resting<T>(platform: &Platform, meanwhile: impl FnOnce() -> T) -> T {
    platform.resting.fetch_add(1, Ordering::SeqCst);
    let done = meanwhile();
    platform.resting.fetch_sub(1, Ordering::SeqCst);
    done
}

fn whole<S: Read + Write>(platform: &Platform, stream: &mut S, answer: &Answer) -> Result<bool> {
    match &answer.body {
        Body::Empty => at_once(stream, answer, ""),
        Body::Json(value) => at_once(stream, answer, &value.to_string()),
        Body::Text(_, text) => at_once(stream, answer, text),
        Body::LongList { first, team, more } => long_list(stream, answer, first, *team, *more),
        Body::Logs(source) => logs(platform, stream, answer, source),
    }
}

fn send_head<S: Write>(stream: &mut S, answer: &Answer, name: &str, value: &str) -> Result<()> {
    stream.write_all(full_head(answer, name, value).as_bytes())
}

fn full_head(answer: &Answer, name: &str, value: &str) -> String {
    let own = |name: &str| {
        answer
            .headers
            .iter()
            .any(|(known, _)| known.eq_ignore_ascii_case(name))
    };
    let mut headers = answer.headers.clone();
    if let Some(content_type) = answer.content_type().filter(|_| !own("content-type")) {
        headers.push(("content-type".to_owned(), content_type.to_owned()));
    }
    headers.push((name.to_owned(), value.to_owned()));
    head(answer.status, &headers)
}

fn at_once<S: Write>(stream: &mut S, answer: &Answer, body: &str) -> Result<bool> {
    let text = full_head(answer, "content-length", &body.len().to_string()) + body;
    stream.write_all(text.as_bytes())?;
    stream.flush()?;
    Ok(true)
}

fn chunk<S: Write>(stream: &mut S, text: &str) -> Result<()> {
    write!(stream, "{:x}\r\n{text}\r\n", text.len())?;
    stream.flush()
}

/// The real workspaces, then made-up ones, a few hundred at a time.
fn long_list<S: Write>(
    stream: &mut S,
    answer: &Answer,
    first: &[Value],
    team: u64,
    more: u64,
) -> Result<bool> {
    send_head(stream, answer, "transfer-encoding", "chunked")?;
    let start = Value::from(first.to_vec()).to_string();
    let mut text = start.trim_end_matches(']').to_owned();
    let mut separator = if first.is_empty() { "" } else { "," };
    for number in 0..more {
        text.push_str(separator);
        text.push_str(&filler(team, number).to_string());
        separator = ",";
        if text.len() > 64 * 1024 {
            chunk(stream, &std::mem::take(&mut text))?;
        }
    }
    chunk(stream, &(text + "]"))?;
    chunk(stream, "")?;
    Ok(true)
}

/// What a step has said; then, if that is the manner, what it goes on to say.
fn logs<S: Read + Write>(
    platform: &Platform,
    stream: &mut S,
    answer: &Answer,
    source: &LogSource,
) -> Result<bool> {
    send_head(stream, answer, "transfer-encoding", "chunked")?;
    platform.streams.fetch_add(1, Ordering::SeqCst);
    let ended = follow(platform, stream, source);
    platform.streams.fetch_sub(1, Ordering::SeqCst);
    ended
}

/// Follows a log to its end, or until the client has closed the connection.
fn follow<S: Read + Write>(
    platform: &Platform,
    stream: &mut S,
    source: &LogSource,
) -> Result<bool> {
    let mut sent = 0;
    let mut flooded = false;
    loop {
        let world = platform.world();
        let flood = api::flood(&world, source).filter(|_| !flooded);
        let (text, count, more) = events(&world, source, sent);
        let (follow, stay) = (world.quirks.follow_logs, world.quirks.logs_stay_open);
        drop(world);
        if let Some((flood, at)) = flood {
            pour(platform, stream, flood.pieces(at))?;
            flooded = true;
        }
        if !text.is_empty() {
            chunk(stream, &text)?;
        }
        sent = count;
        if more && follow && !platform.is_stopping() {
            resting(platform, || sleep(LOOK));
            continue;
        }
        if stay {
            return resting(platform, || wait_for_end(stream));
        }
        chunk(stream, "")?;
        return Ok(true);
    }
}

/// Sends a flood as fast as the client takes it, and notes how long that took.
fn pour<S: Write>(platform: &Platform, stream: &mut S, pieces: Pieces) -> Result<()> {
    let from = platform.world().now;
    let mut bytes = 0;
    for piece in pieces {
        chunk(stream, &piece)?;
        bytes += u64::try_from(piece.len()).unwrap_or_default();
    }
    let until = platform.world().now;
    let sent = FloodSent { bytes, from, until };
    lock(&platform.journal).floods.push(sent);
    Ok(())
}

fn wait_for_end<S: Read>(stream: &mut S) -> Result<bool> {
    let mut rest = [0; 1024];
    while stream.read(&mut rest)? > 0 {}
    Ok(false)
}

fn drip<S: Write>(stream: &mut S, answer: &Answer) -> Result<bool> {
    send_head(stream, answer, "content-length", "1000000")?;
    for _ in 0..1_000_000 {
        stream.write_all(b" ")?;
        stream.flush()?;
        sleep(LOOK);
    }
    Ok(false)
}

fn truncated<S: Write>(stream: &mut S, answer: &Answer) -> Result<bool> {
    let body = match &answer.body {
        Body::Json(value) => value.to_string(),
        Body::Text(_, text) => text.clone(),
        Body::Empty | Body::LongList { .. } | Body::Logs(_) => String::new(),
    };
    let half: String = body.chars().take(body.chars().count() / 2).collect();
    send_head(
        stream,
        answer,
        "content-length",
        &(body.len() + 1).to_string(),
    )?;
    stream.write_all(half.as_bytes())?;
    stream.flush()?;
    Ok(false)
}

/// Writes until the client has had enough; slowly after the first piece, so that no processor is kept busy until then.
fn flood<S: Write>(stream: &mut S, answer: &Answer, name: &str, value: &str) -> Result<bool> {
    send_head(stream, answer, name, value)?;
    let chunked = name == "transfer-encoding";
    let mut spaces = " ".repeat(64 * 1024);
    loop {
        if chunked {
            chunk(stream, &spaces)?;
        } else {
            stream.write_all(spaces.as_bytes())?;
        }
        spaces.truncate(1024);
        sleep(LOOK);
    }
}
