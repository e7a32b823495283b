//! Every command that is run in a workspace, in a real shell on clones of a real repository, beside the simulator's
//! stand-in for both. Without git there is nothing to compare with: then the test is reported as ignored.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a set-up that does not work fails the test"
)]

mod repository;

use codesphere_release::steps::commands::{Command, Done};
use repository::{Clone, Upstream};

/// Whether git and bash can be used.
fn is_there(program: &str) -> bool {
    let version = std::process::Command::new(program)
        .arg("--version")
        .output();
    version.is_ok_and(|found| found.status.success())
}

/// Exit code, marks, commits and paths: what git says meanwhile, and what it calls a commit, differ.
fn of_submodules(output: &str) -> Option<String> {
    let (code, rest) = output
        .split_once('\n')
        .filter(|(code, _)| code.len() == 1)?;
    let marked = rest.lines().filter_map(|line| {
        let is_commit = line
            .get(1..41)?
            .bytes()
            .all(|byte| byte.is_ascii_hexdigit());
        let path = line.get(41..)?.split_whitespace().next()?;
        is_commit.then(|| format!("{} {path}", line.get(..41).unwrap_or_default()))
    });
    Some(marked.fold(code.to_owned(), |told, line| format!("{told}\n{line}")))
}

/// Without paths, which differ: what is left is what the product goes by.
fn told(done: &Done) -> (String, String, Option<i32>) {
    let plain = |text: &str| {
        let words = text.split('\'').enumerate();
        let kept = words.filter(|(at, word)| at % 2 == 0 || !word.contains('/'));
        kept.map(|(_, word)| word).collect::<String>()
    };
    let first = |text: &str| text.lines().next().unwrap_or_default().to_owned();
    let output = if let Some(submodules) = of_submodules(&done.output) {
        submodules
    } else if done.output.starts_with("fatal: ") {
        plain(&first(&done.output))
    } else {
        done.output.clone()
    };
    (output, plain(&first(&done.error)), done.status)
}

/// Runs the command in both, and compares what came of it and what is checked out then.
fn compare(clone: &mut Clone, command: Command<'_>) {
    let line = command.to_string();
    let (real, stand_in) = (clone.bash(&line), clone.stand_in(&line));
    let place = format!("{} in {}", line, clone.name);
    assert!(real.status.is_some(), "{place}: {real:?}");
    assert_eq!(told(&real), told(&stand_in), "{place}");
    assert_eq!(clone.head(), clone.head_of_stand_in(), "{place}");
}

/// Compares every command in every state of a clone.
fn compare_all() {
    let upstream = Upstream::new();
    let nothing = "9".repeat(40);
    for mut clone in upstream.clones() {
        for file in ["ci.yml", "ci.prod.yml", "ci.none.yml"] {
            compare(&mut clone, Command::ReadProfile(file));
        }
        compare(&mut clone, Command::ListEdits);
        for object in [&upstream.tag, &upstream.first, &upstream.branch, &nothing] {
            compare(&mut clone, Command::Peel(object));
        }
        let commits = [
            &upstream.first,
            &upstream.newest,
            &upstream.branch,
            &upstream.side,
        ];
        for from in commits.into_iter().chain([&nothing]) {
            for to in commits.into_iter().chain([&nothing]) {
                compare(&mut clone, Command::Changes(from, to));
            }
        }
        compare(&mut clone, Command::ListPointers);
        compare(&mut clone, Command::StopSubmodules(&nothing));
        for object in [&nothing, &upstream.first, &upstream.tag, &upstream.branch] {
            compare(&mut clone, Command::Reset(object));
            // The second time it runs no more, and tells the same.
            compare(&mut clone, Command::Submodules(object));
            compare(&mut clone, Command::Submodules(object));
            compare(&mut clone, Command::ListEdits);
            compare(&mut clone, Command::ReadProfile("ci.yml"));
        }
    }
}

/// Reports as the ordinary harness does, which cannot ignore a test for what it finds out.
#[expect(clippy::print_stdout, reason = "the report of a test")]
fn main() {
    let name = "every_command_does_in_a_real_shell_what_the_stand_in_says";
    let there = is_there("git") && is_there("bash");
    if there {
        compare_all();
        println!("test {name} ... ok");
    } else {
        println!("test {name} ... ignored, needs git and bash");
    }
    let (passed, ignored) = (u8::from(there), u8::from(!there));
    println!("\ntest result: ok. {passed} passed; 0 failed; {ignored} ignored");
}
