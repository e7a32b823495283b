//! Owns what well-known lines of logs and answers mean, with the setting that changes it.

use std::collections::BTreeSet;

use crate::failure::{Evidence, Failure};
use crate::profile::{PORT, Profile};
use crate::text::list;

/// What gives a cause away.
struct Known {
    /// Words in lower case, any of which will do.
    words: &'static [&'static str],
    /// What to do about it.
    hint: &'static str,
    /// The same in a service of a landscape, where that differs.
    in_service: Option<&'static str>,
}

const KNOWN: [Known; 6] = [
    Known {
        words: &[
            "out of memory",
            "cannot allocate memory",
            "memoryerror",
            "oomkilled",
            "oom-kill",
            "exit code 137",
            "exit status 137",
            "signal: killed",
        ],
        hint: "It ran out of memory: choose a plan with more (`plan`; of a workspace that exists, in its settings), or let it need less.",
        in_service: Some(
            "It ran out of memory: name a plan with more in the service's `plan` in the CI profile, or let it need less.",
        ),
    },
    Known {
        words: &["no space left on device", "enospc"],
        hint: "The disk is full: ask for more (`storage`; of a workspace that exists, in its settings), or let it need less.",
        in_service: None,
    },
    Known {
        words: &["eaddrinuse", "address already in use"],
        hint: "Its port is taken: two commands of `run` want the same one, or an earlier process still has it.",
        in_service: None,
    },
    Known {
        words: &["command not found", ": not found"],
        hint: "A command is missing in the workspace: install it in the stage `prepare` of `ci.yml`, or choose a `base-image` that has it.",
        in_service: None,
    },
    Known {
        words: &["/signin", "/sign-in", "sign in to codesphere"],
        hint: "The address asks visitors to sign in: set `restricted: false` for the workspace, or take the restriction off the domain in Codesphere; for a restricted development domain `api-token` must belong to a member of the team.",
        in_service: None,
    },
    Known {
        words: &[
            "listening on 127.0.0.1",
            "listening on localhost",
            "listening on http://127.0.0.1",
            "listening on http://localhost",
            "running on http://127.0.0.1",
            "running on http://localhost",
            "local:   http://localhost",
        ],
        hint: "The application listens on localhost only: let it bind 0.0.0.0:3000 (often `HOST=0.0.0.0` in `env`).",
        in_service: Some(
            "The application listens on localhost only: let it bind 0.0.0.0, at the port that `network.paths` of its service names (often `HOST=0.0.0.0` in the service's `env`).",
        ),
    },
];

/// The failure with what shows it, and with a hint where that says something well known. `file` is what the CI profile's
/// file describes, where its services have said it.
pub(crate) fn explained(
    failure: Failure,
    file: Option<&Profile>,
    evidence: impl IntoIterator<Item = Evidence>,
) -> Failure {
    let evidence: Vec<Evidence> = evidence.into_iter().collect();
    let lines = || evidence.iter().flat_map(|evidence| &evidence.lines);
    let landscape = file.filter(|file| file.is_landscape());
    let hint = hint(lines().map(String::as_str), landscape);
    let next = match hint {
        Some(hint) => format!("{hint} {}", failure.next),
        None => failure.next,
    };
    Failure { next, ..failure }.shown_by(evidence)
}

/// The newest lines count most.
fn hint<'l>(
    lines: impl DoubleEndedIterator<Item = &'l str>,
    landscape: Option<&Profile>,
) -> Option<String> {
    lines.rev().find_map(|line| {
        let line = line.to_lowercase();
        let is_it = |known: &&Known| known.words.iter().any(|word| line.contains(word));
        let Some(known) = KNOWN.iter().find(is_it) else {
            return other_port(&line, landscape);
        };
        let in_service = known.in_service.filter(|_| landscape.is_some());
        Some(in_service.unwrap_or(known.hint).to_owned())
    })
}

/// `listening on port 8080`, `listening on 0.0.0.0:8080`, and so on: any port but one that is asked.
fn other_port(line: &str, landscape: Option<&Profile>) -> Option<String> {
    let port = port(line)?;
    let Some(landscape) = landscape else {
        return (port != PORT).then(|| {
            format!("The application listens on port {port}, but Codesphere sends requests to port {PORT}: change it (often `PORT={PORT}` in `env`).")
        });
    };
    let ports = landscape.services.iter().flat_map(|service| &service.ports);
    let ports: BTreeSet<&u64> = ports.collect();
    (!ports.is_empty() && !ports.contains(&port)).then(|| {
        format!(
            "The application listens on port {port}, but `network.paths` in the CI profile leads to port {}: change one of them.",
            list(ports)
        )
    })
}

fn port(line: &str) -> Option<u64> {
    let (_, route) = line.split_once("listening on ")?;
    let route = route.trim_start_matches("port ").trim_start_matches(':');
    let route = route.split_whitespace().next().unwrap_or_default();
    let digits = route.trim_end_matches(['/', '.', ',', ')']);
    let port = digits.rsplit(':').next().unwrap_or_default();
    port.parse::<u16>().ok().map(u64::from)
}

#[cfg(test)]
mod tests {
    use super::{Profile, hint};

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
            let hint = hint(["an older line", line].into_iter(), None).unwrap_or_default();
            assert!(hint.contains(setting), "{line}: {hint}");
        }
        for line in [
            "listening on port 3000",
            "listening on 0.0.0.0:3000",
            "listening on a socket",
            "all good",
            "listening on",
        ] {
            assert_eq!(hint([line].into_iter(), None), None, "{line}");
        }
    }

    #[test]
    fn in_a_landscape_the_file_names_ports_and_plans() {
        let text = "schemaVersion: v0.4\nrun:\n  web:\n    steps: []\n    network:\n      paths:\n        - { port: 8080, path: / }\n        - { port: 9090, path: /x }\n";
        let file = Profile::parse(text).unwrap();
        let hint = |line| hint([line].into_iter(), Some(&file)).unwrap_or_default();
        assert_eq!(hint("listening on port 8080"), "");
        assert_eq!(
            hint("listening on 0.0.0.0:3000"),
            "The application listens on port 3000, but `network.paths` in the CI profile leads to port 8080 and 9090: change one of them."
        );
        assert!(hint("JavaScript heap out of memory").contains("the service's `plan`"));
        assert!(hint("listening on localhost:8080").contains("`network.paths`"));
        assert!(hint("ENOSPC").contains("`storage`"));
    }
}
