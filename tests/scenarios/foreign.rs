use std::sync::{Arc, Mutex};
use std::time::Duration;

use codesphere_release::failure::{Evidence, Failure, Reason};
use codesphere_release::report::{Outcome, Output, Report, RunResult, StepStatus};
use codesphere_release::runner::door::Door;
use codesphere_release::runner::files::Files;
use codesphere_release::runner::log::Log;

use crate::harness::{Captured, Folder, JumpingClock};

/// What a run that tells all this and ends like this writes: its log, and its summary.
fn told(ending: &RunResult, tell: impl FnOnce(&Report<'_>)) -> (String, String) {
    let folder = Folder::new();
    let files = Files::new(
        None,
        None,
        Some(folder.path("summary").into()),
        Door::default(),
    );
    let out = Captured(Arc::new(Mutex::new(Vec::new())));
    let log = Log::new(Box::new(out.clone()), Door::default());
    let clock = JumpingClock::default();
    let report = Report::new(&files, &log, &clock);
    tell(&report);
    for name in ["Prepare", "Test"] {
        report.judged_step(
            name,
            || clock.jump(Duration::from_secs(40)),
            |()| StepStatus::Well,
        );
    }
    let _ = report.finish(ending, |_| "https://github.com/x".to_owned());
    let log = String::from_utf8(out.0.lock().unwrap().clone()).unwrap();
    (log, folder.read("summary"))
}

fn failed(text: &str, lines: Vec<String>) -> RunResult {
    let failure = Failure::new(Reason::StageFailed, text, text);
    let evidence = Evidence {
        title: "The end of the log".to_owned(),
        lines,
    };
    RunResult::bad(Outcome::Failed, failure.shown_by(Some(evidence)), text)
}

#[test]
fn what_shows_a_failure_stands_before_its_annotation_and_in_the_summary() {
    let lines = (1..=60)
        .map(|n| format!("line {n}\u{1b}::error::no"))
        .collect();
    let (log, summary) = told(&failed("It failed.", lines), |report| {
        report.log().group("Test");
    });
    let shown: Vec<&str> = log.lines().collect();
    let title = shown
        .iter()
        .position(|line| *line == "The end of the log (the last 50 of 60 lines)")
        .unwrap();
    assert!(shown[..title].contains(&"::endgroup::"), "{log}");
    assert!(shown[title + 1].starts_with("::stop-commands::"), "{log}");
    assert!(shown[title + 2].starts_with("| line 11"), "{log}");
    assert!(shown[title + 51].starts_with("| line 60"), "{log}");
    assert!(shown[title + 53].starts_with("::error title="), "{log}");
    assert!(!shown[title + 53].contains("line 60"), "{log}");
    let open = "\n**The end of the log &#40;the last 50 of 60 lines&#41;**\n\n```text\nline 11";
    assert!(summary.contains(open), "{summary}");
    assert!(
        summary.contains("line 60::error::no\n```\n\n| Outcome"),
        "{summary}"
    );
}

#[test]
fn whatever_comes_in_the_summary_fits_and_is_whole() {
    let huge = "a|`".repeat(40_000);
    let mut ending = failed(&huge, vec!["😀".repeat(2000); 200]);
    let failure = ending.failure.take().unwrap();
    let more = failure.evidence[0].clone();
    ending.failure = Some((0..9).fold(failure, |failure, _| failure.shown_by(Some(more.clone()))));
    let (_, summary) = told(&ending, |report| {
        for number in 0..10_000 {
            report.warn(format!("{number} {}", &huge[..500]));
        }
        for _ in 0..200 {
            report.note("Domain", huge.clone());
        }
        report.plan(vec![huge.clone(); 100]);
    });
    assert!(summary.len() < 900 * 1024, "{}", summary.len());
    assert!(summary.starts_with("## ❌ Release failed\n"));
    assert!(summary.ends_with("Parts of this summary are left out: GitHub takes no more than 1 MiB. The log of the step has the whole.\n"));
    assert!(summary.contains("9980 more warnings"));
    assert!(summary.contains("```mermaid"), "what is short stays");
    let count = |text: &str| summary.matches(text).count();
    assert_eq!(count("<details>"), count("</details>"));
    assert_eq!(
        skeleton(&summary).matches('`').count(),
        0,
        "fences are closed"
    );
}

/// All that gives Markdown or HTML its structure, outside of blocks of lines.
/// Which of the words are code, and where lines of a text end, is the text's.
fn skeleton(summary: &str) -> String {
    let mut fence: Option<&str> = None;
    let mut found = String::new();
    for line in summary.lines() {
        let ticks = &line[..line.len() - line.trim_start_matches('`').len()];
        match fence {
            Some(open) if ticks.len() >= open.len() && ticks == line => fence = None,
            Some(_) => {}
            None if ticks.len() >= 3 => fence = Some(ticks),
            None => {
                assert!(!line.starts_with([' ', '\t', '+', '=', '~']), "{line:?}");
                let item = line.trim_start_matches(|c: char| c.is_ascii_digit());
                assert!(!item.starts_with(".  "), "{line:?}");
                let ours = ["<!-- -->", "<br>", "<code>", "</code>", "&#"];
                let line = ours
                    .iter()
                    .fold(line.to_owned(), |line, tag| line.replace(tag, ""));
                assert!(
                    !line.contains("www.") && !line.contains(":tada:"),
                    "{line:?}"
                );
                found.extend(line.chars().filter(|c| "<>|[]()`*_~!\\$@#".contains(*c)));
                found.push('\n');
            }
        }
    }
    assert_eq!(fence, None, "a block is not closed");
    let lines: Vec<&str> = found.lines().filter(|line| !line.is_empty()).collect();
    lines.join("\n")
}

const PIECES: [&str; 40] = [
    "\n",
    "\r\n",
    "\r",
    "\n\n",
    "# ",
    "## ",
    "- ",
    "+ ",
    "1. ",
    "12) ",
    "> ",
    "    ",
    "\t",
    "|",
    "||",
    "|---|",
    "===",
    "---",
    "`",
    "```",
    "````",
    "```mermaid\ngantt\n",
    "~~~",
    "</details>",
    "</summary>",
    "<script>",
    "<!--",
    "-->",
    "&lt;",
    "[a](https://b.c)",
    "![",
    "**",
    "__",
    "\\",
    "$$",
    "@all",
    "#12",
    ":tada:",
    "www.x.org",
    "\u{202e}\u{85}\u{2028}x",
];

/// Texts made of what could be structure, always the same ones.
fn hostile(seed: &mut u64) -> String {
    let mut next = || {
        *seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(*seed >> 33).unwrap()
    };
    (0..=(next() % 12))
        .map(|_| PIECES[next() % PIECES.len()])
        .collect()
}

#[test]
fn foreign_text_adds_no_structure() {
    let mut seed = 7;
    let page = |mut text: Box<dyn FnMut() -> String>| {
        let failure = Failure::new(Reason::ApiError, text(), text()).shown_by(Some(Evidence {
            title: text(),
            lines: vec![text(), text(), text()],
        }));
        let outcome = Outcome::Planned;
        let mut ending = RunResult::good(outcome, text());
        ending.failure = Some(failure);
        told(&ending, |report| {
            // A commit holds nothing but digits.
            report.wants("a".repeat(40).try_into().ok());
            report.warn(text());
            report.note("Domain", text());
            report.before(text(), "1".repeat(40).try_into().ok());
            report.return_hint(text());
            report.plan(vec![text(), text()]);
            report.set(Output::WorkspaceId, text());
            report.set(Output::WorkspaceUrl, text());
            report.set(Output::Commit, text());
        })
        .1
    };
    let mut number = 0;
    let plain = skeleton(&page(Box::new(move || {
        number += 1;
        format!("x{number}")
    })));
    let unlinked = |skeleton: &str| skeleton.replace("[](<>)", "");
    for _ in 0..300 {
        let mut this = seed;
        let shown = page(Box::new(move || hostile(&mut this)));
        assert_eq!(unlinked(&skeleton(&shown)), unlinked(&plain), "{shown}");
        let _ = hostile(&mut seed);
    }
}
