use std::io::{BufRead, BufReader, Lines};
use std::os::unix::ffi::OsStringExt;
use std::process::{Child, ChildStdout, Command, Output, Stdio};

use codesphere_simulator::{DOCS, DOMAIN, Fault, FaultKind, LIVE, NEW, Simulator, TOKEN};

use crate::harness::Folder;

fn start(variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_codesphere-release"));
    command.env_clear().envs(variables.iter().copied());
    command
}

fn text(output: &Output) -> (String, String) {
    (
        String::from_utf8(output.stdout.clone()).unwrap(),
        String::from_utf8(output.stderr.clone()).unwrap(),
    )
}

#[test]
fn without_any_environment_it_says_what_is_missing_and_fails() {
    let output = start(&[]).output().unwrap();
    let (out, err) = text(&output);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        out.contains("`api-token` is empty") && out.contains("`workspace-id` is missing"),
        "{out}"
    );
    assert_eq!(
        err, "",
        "the order between two streams is lost: there is one"
    );
}

#[test]
fn a_variable_that_is_not_unicode_does_not_matter() {
    let output = start(&[])
        .env("LEGACY", std::ffi::OsString::from_vec(vec![0xff, 0xfe]))
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output).0.contains("::error title="));
}

#[test]
fn debug_logging_shows_requests_and_not_the_token() {
    let folder = Folder::new();
    let variables = [
        ("RUNNER_DEBUG", "1"),
        ("GITHUB_ACTIONS", "true"),
        ("INPUT_API-TOKEN", "hunter2"),
        ("INPUT_WORKSPACE-ID", "1"),
        ("INPUT_API-URL", "http://127.0.0.1:9"),
        ("GITHUB_REF_NAME", "main"),
        ("GITHUB_SHA", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
        ("GITHUB_OUTPUT", &folder.path("output")),
    ];
    let mut child = start(&variables).stdout(Stdio::piped()).spawn().unwrap();
    let mut seen = String::new();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    while !seen.contains("::debug::GET http://127.0.0.1:9/api/workspaces/1") {
        let line = lines.next().expect("the request is shown").unwrap();
        seen.push_str(&line);
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(
        seen.matches("hunter2").count(),
        1,
        "only where it is masked: {seen}"
    );
    assert!(seen.contains("::add-mask::hunter2"));
}

#[test]
fn debug_logging_shows_status_duration_and_trace_id_and_no_bodies() {
    let sim = Simulator::real_time();
    let api = sim.api_url();
    let output = start(&[
        ("RUNNER_DEBUG", "1"),
        ("INPUT_API-TOKEN", TOKEN),
        ("INPUT_WORKSPACE-ID", "99"),
        ("INPUT_API-URL", &api),
        ("GITHUB_REF_NAME", "main"),
        ("GITHUB_SHA", NEW),
        ("INPUT_ENV", "PASSWORD=correct-horse"),
    ])
    .output()
    .unwrap();
    let (out, _) = text(&output);
    let shown: Vec<&str> = out
        .lines()
        // Its status is read side by side, and perhaps answered too late to be shown.
        .filter(|line| line.starts_with("::debug::GET") && !line.contains("/status"))
        .collect();
    let start = format!("::debug::GET {api}/workspaces/99: 404, traceId ");
    let its = shown.iter().filter_map(|line| line.strip_prefix(&start));
    let [rest] = its.collect::<Vec<_>>()[..] else {
        panic!("{out}");
    };
    assert!(rest.contains(", after ") && rest.ends_with(" ms"), "{out}");
    assert!(!out.contains("correct-horse"), "{out}");
}

/// A zero-downtime release in a process of its own, as far as the new workspace that never comes up.
struct Waiting {
    sim: Simulator,
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Waiting {
    fn start() -> Self {
        let sim = Simulator::real_time();
        sim.with(|world| world.quirks.boot = 1e9);
        let (api, proxy, ca) = (sim.api_url(), sim.proxy_url(), sim.ca_pem());
        let mut child = start(&[
            ("INPUT_FLOW", "zero-downtime"),
            ("INPUT_API-TOKEN", TOKEN),
            ("INPUT_API-URL", &api),
            ("INPUT_CA-CERTIFICATE", &ca),
            ("INPUT_TEAM", "Acme"),
            ("INPUT_DOMAIN", DOMAIN),
            ("INPUT_PLAN", "Boost"),
            ("HTTPS_PROXY", &proxy),
            ("GITHUB_REPOSITORY", "acme/shop"),
            ("GITHUB_SHA", NEW),
            ("GITHUB_REF_NAME", "main"),
        ])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut waiting = Self { sim, child, lines };
        waiting.until("does not run yet");
        waiting
    }

    /// Reads the log up to a line that contains `text`.
    fn until(&mut self, text: &str) {
        let found = self.lines.any(|line| line.unwrap().contains(text));
        assert!(found, "{text:?} is never told");
    }

    fn signal(&self, name: &str) {
        let sent = Command::new("kill")
            .args([name, &self.child.id().to_string()])
            .status();
        assert!(sent.unwrap().success());
    }

    /// The rest of the log, and the exit status.
    fn end(mut self) -> (String, Option<i32>, Vec<u64>) {
        let rest: Vec<String> = self.lines.by_ref().map(Result::unwrap).collect();
        let status = self.child.wait().unwrap().code();
        let workspaces = self
            .sim
            .with(|world| world.workspaces.keys().copied().collect());
        (rest.join("\n"), status, workspaces)
    }
}

#[test]
fn the_first_signal_undoes_and_says_so() {
    for name in ["-INT", "-TERM"] {
        let mut waiting = Waiting::start();
        waiting.signal(name);
        waiting.until("Recovery: success");
        let (rest, status, workspaces) = waiting.end();
        assert_eq!(
            (status, workspaces),
            (Some(130), vec![LIVE, DOCS]),
            "{rest}"
        );
        assert!(
            rest.contains("::error title=Codesphere Release%3A cancelled::"),
            "{rest}"
        );
    }
}

#[test]
fn the_second_signal_ends_it_at_once() {
    let mut waiting = Waiting::start();
    waiting.sim.with(|world| {
        world
            .faults
            .push(Fault::on("GET", "/domains/team/7", FaultKind::HangBefore).always());
    });
    waiting.signal("-INT");
    waiting.until("::group::Recovery");
    waiting.signal("-TERM");
    let (rest, status, _) = waiting.end();
    assert_eq!((status, rest.as_str()), (Some(130), ""));
}

#[test]
fn help_names_every_input_and_what_stands_in_for_github() {
    let output = start(&[]).arg("--help").output().unwrap();
    let (out, err) = text(&output);
    assert_eq!((output.status.code(), err.as_str()), (Some(0), ""));
    for spec in codesphere_release::inputs::SPECS {
        let name = format!("  INPUT_{}", spec.name.to_uppercase());
        assert!(
            out.lines()
                .any(|line| line.starts_with(&name) && line.ends_with(spec.default)),
            "{name}: {out}"
        );
    }
    for name in ["GITHUB_REPOSITORY", "GITHUB_SHA", "GITHUB_OUTPUT"] {
        assert!(out.contains(name), "{name}: {out}");
    }
}

#[test]
fn version_says_which_it_is_and_any_other_argument_is_refused() {
    let output = start(&[]).arg("--version").output().unwrap();
    let version = format!("codesphere-release {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!((output.status.code(), text(&output).0), (Some(0), version));
    let output = start(&[]).arg("--flow=simple").output().unwrap();
    let (out, err) = text(&output);
    assert_eq!((output.status.code(), out.as_str()), (Some(2), ""));
    assert!(
        err.contains("--flow=simple") && err.contains("--help"),
        "{err}"
    );
}
