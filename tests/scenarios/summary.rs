use codesphere_simulator::{NEW, Script};

use crate::harness::{Run, Scene, new_commit};

/// The lines of the diagram below a step's name.
fn bars<'r>(run: &'r Run, step: &str) -> Vec<&'r str> {
    let section = format!("    section {step} · ");
    let lines = run
        .summary
        .lines()
        .skip_while(|line| !line.starts_with(&section));
    let bars = lines.skip(1).take_while(|line| line.contains(" :"));
    bars.map(|line| line.split(" :").nth(1).unwrap().split(',').next().unwrap())
        .collect()
}

fn assert_tells(run: &Run, texts: &[&str]) {
    for text in texts {
        assert!(run.summary.contains(text), "{text}\n---\n{}", run.summary);
    }
}

#[test]
fn the_summary_of_a_release_is_what_stands_in_a_release_note() {
    let run = Scene::zero_downtime().run();
    assert_tells(
        &run,
        &[
            "## ✅ Released: [shop.example.com](<https://shop.example.com>)\n",
            "| Outcome | <code>released</code> |\n|:---|:---|\n| **Commit** | [aaaaaaa](<https://",
            "| **Workspace** | <code>5001</code>: [5001-3000.2.codesphere.test](<https://5001-3000.2.codesphere.test>) |",
            "| **Before** | workspace 4001 |",
            "| **Kept** | workspace 4001, which served before |",
            "| **Rollback** | Run the flow <code>rollback</code> with the <code>team</code>, <code>domain</code> and <code>path</code> of this run. By hand&#58; connect workspace 4001 to https&#58;//shop.example.com again, in Codesphere under the team's Domains or with the request below this table",
            "<summary>Steps and their times</summary>",
        ]
        .map(|text| text.replace("workspace&#45;", "workspace-"))
        .each_ref()
        .map(String::as_str),
    );
    assert!(!run.summary.contains("**Deleted**"), "{}", run.summary);
}

#[test]
fn the_commit_that_served_before_is_named_where_it_is_known() {
    let scene = Scene::zero_downtime();
    assert_eq!(scene.run().exit, 0);
    let link = format!("[aaaaaaa](<https://github.com/acme/shop/commit/{NEW}>)");
    let second = scene.run();
    let before = format!("| **Before** | workspace 5001, commit {link} |");
    assert_tells(&second, &[&before]);

    let simple = Scene::simple().run();
    assert_tells(
        &simple,
        &[
            "| **Before** | workspace 4001, commit [1111111](<",
            "| **Rollback** | Open the good run of this workflow before this one",
        ],
    );
}

#[test]
fn the_way_back_is_one_that_there_is() {
    let scene = Scene::zero_downtime();
    assert_eq!(scene.run().exit, 0);
    let stopped = scene.run_with(&[("INPUT_PREVIOUS", "stop")]);
    assert_tells(
        &stopped,
        &[
            "of this run. By hand&#58; start the run stage of workspace 5001, then connect workspace 5001 to",
        ],
    );
    let deleted = scene.run_with(&[("INPUT_PREVIOUS", "delete")]);
    assert_tells(
        &deleted,
        &[
            "| **Deleted** | workspace 5002 |",
            "| **Rollback** | Of what served before, workspace 5002 is gone&#58; open the good run of this workflow before this one",
        ],
    );
    assert!(!deleted.summary.contains("**Kept**"), "{}", deleted.summary);
}

#[test]
fn a_workspace_that_is_gone_is_not_linked() {
    let failing = || {
        Scene::zero_downtime()
            .world(|world| new_commit(world).ci.prepare = Script::failing(2.0, &[]))
    };
    let run = failing().run();
    assert_eq!(run.ending(), ("reverted", "stage-failed"), "{}", run.log);
    assert_tells(&run, &["| **Deleted** | workspace 5001 |"]);
    assert!(!run.summary.contains("5001-3000"), "{}", run.summary);
    assert!(!run.summary.contains("**Rollback**"), "{}", run.summary);

    let kept = failing().with("on-failure", "keep").run();
    assert_tells(
        &kept,
        &[
            "(<https://5001-3000.",
            "| **Kept** | workspace 5001, for inspection |",
        ],
    );
}

#[test]
fn the_diagram_tells_working_from_waiting_and_shows_what_failed() {
    let slow = |script: Script| {
        Scene::zero_downtime()
            .with("test", "true")
            .world(|world| {
                new_commit(world).ci.prepare = Script::lasting(60.0, &[]);
                new_commit(world).ci.test = script;
            })
            .run()
    };
    let good = slow(Script::lasting(30.0, &[]));
    assert_tells(
        &good,
        &[
            "\n```mermaid\n---\n",
            "\ngantt\n    title Blue: working · Grey: waiting for Codesphere\n",
        ],
    );
    assert_eq!(bars(&good, "Plan"), ["active"], "{}", good.summary);
    assert_eq!(bars(&good, "Prepare"), ["done"], "{}", good.summary);
    assert_eq!(bars(&good, "Test"), ["done"], "{}", good.summary);

    let failed = slow(Script::failing(30.0, &[]));
    assert_tells(&failed, &[" · Red: failed\n"]);
    assert_eq!(bars(&failed, "❌ Test"), ["crit"], "{}", failed.summary);
    assert_eq!(bars(&failed, "Prepare"), ["done"], "{}", failed.summary);
}

#[test]
fn a_run_that_only_plans_has_a_plan_and_no_diagram() {
    let run = Scene::zero_downtime().with("dry-run", "true").run();
    assert_tells(&run, &["## 📋 Planned", "\n1. Create workspace"]);
    for no in ["mermaid", "Steps and their times"] {
        assert!(!run.summary.contains(no), "{}", run.summary);
    }
}
