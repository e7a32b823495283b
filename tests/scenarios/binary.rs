use std::os::unix::ffi::OsStringExt;
use std::process::{Command, Output};

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
        ("INPUT_API-TOKEN", "hunter2"),
        ("INPUT_WORKSPACE-ID", "1"),
        ("INPUT_API-URL", "http://127.0.0.1:9"),
        ("GITHUB_REF_NAME", "main"),
        ("GITHUB_SHA", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
        ("GITHUB_OUTPUT", &folder.path("output")),
    ];
    let mut child = start(&variables)
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut seen = String::new();
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(child.stdout.take().unwrap()));
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
