//! Owns warming up: paths of the new version that are asked before visitors ask for them. Answers are not judged.

use std::io::Read;
use std::time::Duration;

use crate::codesphere::types::Workspace;
use crate::failure::Failure;
use crate::http::{Over, Request, TransportError};
use crate::steps::{RunContext, check};
use crate::text::duration;

/// How often each path is asked.
const TIMES: u32 = 3;

/// Asks each path on the workspace's own development domain.
pub(crate) fn warm_up(
    ctx: &RunContext<'_>,
    workspace: &Workspace,
    paths: &[String],
) -> Result<(), Failure> {
    let mut slowest = Duration::ZERO;
    for path in paths {
        let mut answers = Vec::new();
        for _ in 0..TIMES {
            let start = ctx.time.now();
            let words = ask(ctx, workspace, path)?;
            let took = ctx.time.since(start);
            slowest = slowest.max(took);
            answers.push(format!("{words} in {}", duration(took)));
        }
        ctx.log.line(&format!("{path}: {}", answers.join(", ")));
    }
    let words = format!(
        "{} paths, each asked {TIMES} times; the slowest answer took {}",
        paths.len(),
        duration(slowest)
    );
    ctx.report.note("Warm-up", words);
    Ok(())
}

fn ask(ctx: &RunContext<'_>, workspace: &Workspace, path: &str) -> Result<String, Failure> {
    let (url, key) = check::address(ctx, workspace, path)?;
    let mut headers = vec![
        ("accept", "*/*".to_owned()),
        ("accept-encoding", "identity".to_owned()),
    ];
    if let Some(key) = key {
        headers.push(("x-cs-authorization", format!("Bearer {}", key.reveal())));
    }
    let request = Request {
        method: "GET",
        url,
        headers,
        body: None,
        over: Over::Kept,
    };
    // All of the body: what it makes the application do counts.
    let read = |_: &_, body: &mut dyn Read| {
        // Half an answer warms up as well.
        let _ = std::io::copy(&mut body.take(LARGEST), &mut std::io::sink());
    };
    match ctx.http.visit(request, read) {
        Ok((head, ())) => Ok(head.status.to_string()),
        Err(TransportError::Cancelled) => Err(Failure::cancelled()),
        Err(error) => Ok(format!("no answer ({error})")),
    }
}

/// As much of an answer is read, in bytes.
const LARGEST: u64 = 16 << 20;
