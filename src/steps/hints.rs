//! Owns what well-known lines of logs and answers mean, with the setting that changes it.

use crate::failure::{Evidence, Failure};

/// Words in lower case, any of which gives a cause away, and what to do about it.
const KNOWN: [(&[&str], &str); 6] = [
    (
        &[
            "out of memory",
            "cannot allocate memory",
            "memoryerror",
            "oomkilled",
            "oom-kill",
            "exit code 137",
            "exit status 137",
            "signal: killed",
        ],
        "It ran out of memory: choose a plan with more (`plan`; of a workspace that exists, in its settings), or let it need less.",
    ),
    (
        &["no space left on device", "enospc"],
        "The disk is full: ask for more (`storage`; of a workspace that exists, in its settings), or let it need less.",
    ),
    (
        &["eaddrinuse", "address already in use"],
        "Its port is taken: two commands of `run` want the same one, or an earlier process still has it.",
    ),
    (
        &["command not found", ": not found"],
        "A command is missing in the workspace: install it in the stage `prepare` of `ci.yml`, or choose a `base-image` that has it.",
    ),
    (
        &["/signin", "/sign-in", "sign in to codesphere"],
        "The address asks visitors to sign in: set `restricted: false` for the workspace, or take the restriction off the domain in Codesphere; for a restricted dev domain `api-token` must belong to a member of the team.",
    ),
    (
        &[
            "listening on 127.0.0.1",
            "listening on localhost",
            "listening on http://127.0.0.1",
            "listening on http://localhost",
            "running on http://127.0.0.1",
            "running on http://localhost",
            "local:   http://localhost",
        ],
        "The application listens on localhost only: let it bind 0.0.0.0:3000 (often `HOST=0.0.0.0` in `env`).",
    ),
];
/// Where Codesphere sends requests to.
const PORT: &str = "3000";

/// The failure with what shows it, and with a hint where that says something well known.
pub(crate) fn explained(failure: Failure, evidence: impl IntoIterator<Item = Evidence>) -> Failure {
    let evidence: Vec<Evidence> = evidence.into_iter().collect();
    let lines = || evidence.iter().flat_map(|evidence| &evidence.lines);
    let hint = hint(lines().map(String::as_str));
    let next = match hint {
        Some(hint) => format!("{hint} {}", failure.next),
        None => failure.next,
    };
    Failure { next, ..failure }.shown_by(evidence)
}

/// The newest lines count most.
fn hint<'l>(lines: impl DoubleEndedIterator<Item = &'l str>) -> Option<String> {
    lines.rev().find_map(|line| {
        let line = line.to_lowercase();
        let known = KNOWN
            .iter()
            .find(|(words, _)| words.iter().any(|word| line.contains(word)));
        known
            .map(|(_, hint)| (*hint).to_owned())
            .or_else(|| other_port(&line))
    })
}

/// `listening on port 8080`, `listening on 0.0.0.0:8080`, and so on: any port but the one that is asked.
fn other_port(line: &str) -> Option<String> {
    let (_, route) = line.split_once("listening on ")?;
    let route = route.trim_start_matches("port ").trim_start_matches(':');
    let route = route.split_whitespace().next().unwrap_or_default();
    let digits = route.trim_end_matches(['/', '.', ',', ')']);
    let port = digits.rsplit(':').next().unwrap_or_default();
    let is_port = port.parse::<u16>().is_ok() && port != PORT;
    is_port.then(|| {
        format!("The application listens on port {port}, but Codesphere sends requests to port {PORT}: change it (often `PORT={PORT}` in `env`).")
    })
}

#[cfg(test)]
mod tests {
    use super::hint;

    #[test]
    fn well_known_lines_name_the_setting() {
        for (line, setting) in [
            ("FATAL ERROR: JavaScript heap out of memory", "`plan`"),
            ("npm ERR! ENOSPC: no space left", "`storage`"),
            ("sh: 1: pnpm: not found", "`base-image`"),
            ("Error: listen EADDRINUSE :::3000", "`run`"),
            (
                "answered 303 to https://codesphere.com/signin",
                "`restricted: false`",
            ),
            ("Server listening on http://127.0.0.1:3000", "0.0.0.0:3000"),
            ("listening on port 8080", "`PORT=3000`"),
            ("Listening on http://0.0.0.0:8080/", "port 8080"),
            ("listening on :5000", "port 5000"),
        ] {
            let hint = hint(["an older line", line].into_iter()).unwrap_or_default();
            assert!(hint.contains(setting), "{line}: {hint}");
        }
        for line in [
            "listening on port 3000",
            "listening on 0.0.0.0:3000",
            "listening on a socket",
            "all good",
            "listening on",
        ] {
            assert_eq!(hint([line].into_iter()), None, "{line}");
        }
    }
}
