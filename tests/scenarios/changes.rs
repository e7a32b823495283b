use codesphere_simulator::{Commit, Fault, FaultKind, NEW, OLD, REPOSITORY, World};
use serde_json::Value;

use crate::harness::{Run, Scene, new_commit};

const EXECUTE: &str = "/workspaces/5002/execute";

/// A commit of somebody who writes what he likes.
fn commit(number: u8, subject: &str) -> Commit {
    let mut commit = Commit::new(&sha(number));
    "Eve [x](https://evil.example)".clone_into(&mut commit.author);
    subject.clone_into(&mut commit.subject);
    commit
}

fn sha(number: u8) -> String {
    format!("{number:02x}").repeat(20)
}

fn main_branch(world: &mut World) -> &mut Vec<Commit> {
    let repository = world.repositories.get_mut(REPOSITORY).unwrap();
    repository.branches.get_mut("main").unwrap()
}

/// The next run, which releases the newest of these commits.
fn next(scene: Scene, commits: Vec<Commit>) -> Scene {
    let newest = commits.last().unwrap().sha.clone();
    scene
        .world(|world| main_branch(world).extend(commits))
        .variable("GITHUB_RUN_ID", "9876543300")
        .variable("GITHUB_RUN_NUMBER", "43")
        .variable("GITHUB_SHA", &newest)
}

/// A release of `NEW` has gone before.
fn second(commits: Vec<Commit>) -> Scene {
    let scene = Scene::zero_downtime();
    assert_eq!(scene.run().ending(), ("released", ""));
    next(scene, commits)
}

fn result(run: &Run) -> Value {
    serde_json::from_str(run.output("result")).unwrap()
}

fn lead_time(run: &Run) -> Option<u64> {
    run.output("lead-time-seconds").parse().ok()
}

#[test]
fn a_release_tells_as_text_which_commits_went_live() {
    let scene = second(vec![
        commit(0x22, "Take cards | `rm` @all <b>\u{1b}[31m"),
        commit(0x33, "Say thanks"),
    ]);
    let run = scene.run();
    assert_eq!(run.ending(), ("released", ""), "{}", run.log);
    let url = format!("https://github.com/acme/shop/compare/{NEW}...{}", sha(0x33));
    assert_eq!(
        (run.output("changes"), run.output("compare-url")),
        ("2", url.as_str())
    );
    let result = result(&run);
    assert_eq!(
        (&result["changes"], &result["compare-url"]),
        (&Value::from(2), &Value::from(url.clone()))
    );
    assert_eq!(result["lead-time-seconds"].as_u64(), lead_time(&run));
    let subjects = ["Say thanks", "Take cards | `rm` @all <b>"];
    for (told, subject) in result["commits"].as_array().unwrap().iter().zip(subjects) {
        assert_eq!(
            (&told["subject"], &told["live"]),
            (&Value::from(subject), &Value::from(true))
        );
    }
    run.tells(&[
        "::group::Read the changes",
        "2 commits went live",
        "| + 3333",
        "| + 2222",
    ]);
    let row = format!("| **Changes** | [2 commits went live](<{url}>) |");
    assert!(run.summary.contains(&row), "{}", run.summary);
    let item = run.summary.lines().find(|line| line.contains("Take cards"));
    let item = item.unwrap();
    for markup in ["](https://evil", "`rm`", "@all", "<b>", "\u{1b}"] {
        assert!(!item.contains(markup), "{item}");
    }
}

#[test]
fn the_lead_time_is_counted_from_the_newest_commits_date() {
    let mut newest = commit(0x22, "Say thanks");
    let told = |newest: Commit| {
        let run = second(vec![newest]).run();
        assert_eq!(run.ending(), ("released", ""), "{}", run.log);
        lead_time(&run).unwrap()
    };
    let early = told(newest.clone());
    newest.date += 60;
    // What a release takes in the simulator's time is not always the same second.
    let apart = early.abs_diff(told(newest.clone()));
    assert!((59..=61).contains(&apart), "{apart}");
    newest.date += 1 << 40;
    assert_eq!(told(newest), 0, "a date that is yet to come counts as now");
}

#[test]
fn of_many_commits_twenty_are_listed_and_the_rest_counted() {
    let scene = second((0x20..0x40).map(|n| commit(n, "Change")).collect());
    let run = scene.run();
    assert_eq!((run.exit, run.output("changes")), (0, "32"), "{}", run.log);
    assert_eq!(result(&run)["commits"].as_array().unwrap().len(), 20);
    assert!(
        run.summary.contains("<summary>Commits</summary>"),
        "{}",
        run.summary
    );
    assert!(run.summary.contains("- … and 12 more"), "{}", run.summary);
}

#[test]
fn a_first_release_says_that_its_changes_are_not_known() {
    let run = Scene::zero_downtime().run();
    assert_eq!(run.ending(), ("released", ""), "{}", run.log);
    assert_eq!((run.output("changes"), run.output("compare-url")), ("", ""));
    assert!(lead_time(&run).is_some());
    assert_eq!(result(&run)["changes"], Value::Null);
    assert!(
        run.summary
            .contains("not known&#58; what served before carries no commit |"),
        "{}",
        run.summary
    );
}

#[test]
fn after_a_force_push_no_changes_are_made_up() {
    let scene = second(vec![commit(0x22, "Anew")]).world(|world| {
        main_branch(world).retain(|commit| commit.sha != NEW);
    });
    let run = scene.run();
    assert_eq!(run.ending(), ("released", ""), "{}", run.log);
    assert_eq!(run.output("changes"), "");
    assert!(
        run.output("compare-url")
            .ends_with(&format!("{NEW}...{}", sha(0x22)))
    );
    assert!(run.summary.contains("a force push"), "{}", run.summary);
}

#[test]
fn what_another_branch_had_is_no_longer_live() {
    let scene = Scene::simple();
    assert_eq!(scene.run().ending(), ("released", ""));
    let beside = commit(0x22, "Beside");
    let scene = scene
        .world(|world| {
            let repository = world.repositories.get_mut(REPOSITORY).unwrap();
            let branch = vec![Commit::new(OLD), beside];
            repository.branches.insert("side".to_owned(), branch);
        })
        .variable("GITHUB_REF_NAME", "side")
        .variable("GITHUB_SHA", &sha(0x22));
    let run = scene.run();
    assert_eq!(run.ending(), ("released", ""), "{}", run.log);
    assert_eq!(run.output("changes"), "1");
    run.tells(&["1 commit went live; 1 commit no longer live (a force push, or another branch)"]);
}

#[test]
fn the_simple_flow_tells_its_changes_too() {
    let scene = Scene::simple().world(|world| new_commit(world).subject = "Say thanks".to_owned());
    let run = scene.run();
    assert_eq!(run.ending(), ("released", ""), "{}", run.log);
    let url = format!("https://github.com/acme/shop/compare/{OLD}...{NEW}");
    assert_eq!(
        (run.output("changes"), run.output("compare-url")),
        ("1", url.as_str())
    );
    assert_eq!(result(&run)["commits"][0]["subject"], "Say thanks");
}

#[test]
fn a_rollback_tells_what_is_no_longer_live() {
    let scene = Scene::zero_downtime();
    assert_eq!(scene.run().ending(), ("released", ""));
    let scene = next(scene, vec![commit(0x22, "Break it")]).rolling_back();
    let run = scene.run();
    assert_eq!(run.ending(), ("rolled-back", ""), "{}", run.log);
    assert_eq!((run.output("changes"), lead_time(&run)), ("0", None));
    assert!(
        run.output("compare-url")
            .ends_with(&format!("{}...{NEW}", sha(0x22)))
    );
    let told = &result(&run)["commits"][0];
    assert_eq!(
        (&told["subject"], &told["live"]),
        (&Value::from("Break it"), &Value::from(false))
    );
    run.tells(&["1 commit no longer live", "| - 2222"]);
    assert!(
        run.summary.contains("- no longer live: "),
        "{}",
        run.summary
    );
}

#[test]
fn what_is_promoted_does_not_know_the_newer_commits_and_what_served_before_is_asked() {
    let scene = Scene::zero_downtime();
    assert_eq!(scene.run().ending(), ("released", ""));
    let scene = next(scene, vec![commit(0x22, "Break it")]);
    assert_eq!(scene.run().ending(), ("released", ""));
    let run = scene
        .with("flow", "promote")
        .with("workspace-id", "5001")
        .with("if-superseded", "release")
        .run();
    assert_eq!(run.ending(), ("released", ""), "{}", run.log);
    run.tells(&["1 commit no longer live", "| - 2222"]);
}

#[test]
fn whatever_becomes_of_the_question_the_release_stands() {
    for kind in [FaultKind::status(500), FaultKind::ResetBefore] {
        let scene = second(vec![commit(0x22, "Say thanks")]);
        let scene = scene.fault(Fault::on("POST", EXECUTE, kind).after(1));
        let run = scene.run();
        assert_eq!(run.ending(), ("released", ""), "{}", run.log);
        assert!(run.is_finished());
        assert_eq!(run.output("changes"), "");
        assert!(
            run.summary
                .contains("git in the workspace could not be asked"),
            "{}",
            run.summary
        );
    }
}

#[test]
fn the_same_commit_again_changes_nothing() {
    let scene = Scene::zero_downtime();
    assert_eq!(scene.run().ending(), ("released", ""));
    let scene = scene
        .variable("GITHUB_RUN_ID", "9876543300")
        .variable("GITHUB_RUN_NUMBER", "43")
        .with("env", "GREETING=good day");
    let run = scene.run();
    assert_eq!(run.ending(), ("released", ""), "{}", run.log);
    assert_eq!(
        (run.output("changes"), run.output("compare-url")),
        ("0", "")
    );
}
