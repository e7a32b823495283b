use codesphere_simulator::{DOCS, DOMAIN, Fault, FaultKind, LIVE, NEW, OLD, REPOSITORY, Script};

use crate::harness::{Run, Scene, new_commit};

/// All paths of the domain, as they were before the release.
const BEFORE: &str = r#"{"/":[4001],"/docs":[4002]}"#;

/// Asserts that `text` holds all of `parts`, in this order.
fn in_order(text: &str, parts: &[&str]) {
    let mut rest = text;
    for part in parts {
        let found = rest.find(part);
        rest = &rest[found.unwrap_or_else(|| panic!("{part:?} is not told in time:\n{text}"))..];
    }
}

fn refused_key(status: u16) -> FaultKind {
    let body =
        serde_json::json!({"status": status, "title": "Unauthorized", "traceId": "trace-77"});
    FaultKind::Status {
        status,
        headers: Vec::new(),
        body: body.to_string(),
    }
}

/// The key is revoked right after the switch, for good.
fn revoked_after_the_switch() -> Scene {
    let revoke = FaultKind::run_after(|world| {
        let refused = Fault::on("", "/**", refused_key(401));
        world.faults.push(refused.always());
    });
    Scene::zero_downtime().fault(Fault::on("PUT", "/domains/**", revoke))
}

/// Neither the new nor the old version comes up.
fn nothing_starts() -> Scene {
    Scene::simple().world(|world| {
        for sha in [OLD, NEW] {
            let repository = world.repositories.get_mut(REPOSITORY).unwrap();
            repository.commit_mut(sha).unwrap().ci.run.fails = true;
        }
    })
}

/// The part of the summary that is a box.
fn boxed(run: &Run) -> String {
    let lines = run.summary.lines();
    let lines = lines.skip_while(|line| *line != "> [!CAUTION]");
    let lines: Vec<&str> = lines.take_while(|line| line.starts_with('>')).collect();
    assert!(!lines.is_empty(), "{}", run.summary);
    lines.join("\n")
}

#[test]
fn a_key_that_is_revoked_after_the_switch_leaves_a_caution_with_steps_that_can_be_pasted() {
    let scene = revoked_after_the_switch();
    let run = scene.run();
    assert_eq!(run.ending(), ("failed", "undo-failed"), "{}", run.log);
    let told = [
        "https://shop.example.com may serve the new workspace 5001 or, as before, workspace 4001.",
        "Last healthy answer: https://shop.example.com/ at ",
        " UTC, from workspace 5001.",
        "1. Make a new API key: Codesphere refuses the one in `api-token`.",
        "2. Bring back what served before.",
        "connect `/` to workspace 4001; leave its other paths as they are.",
        "curl -i -X PUT 'http",
        "/domains/team/7/domain/shop.example.com/workspace-connections' ",
        "Authorization: Bearer $CODESPHERE_API_TOKEN",
        BEFORE,
        "3. Open https://shop.example.com ",
        "4. Workspace 5001 may still serve: do not delete it",
        "401",
        "trace-77",
        "What happened: ",
        "trace-77",
    ];
    in_order(&run.error(), &told);
    in_order(
        &boxed(&run),
        &[
            "may serve the new workspace 5001",
            "Last healthy answer",
            "> 1. Make a new API key",
            "> 2. Bring back",
            ">    ```bash\n>    curl -i -X PUT",
            BEFORE,
            "> 3. Open",
            "> 4. Workspace 5001",
        ],
    );
    in_order(
        &run.summary,
        &["## ❌", "> [!CAUTION]", "**What happened**", "| Outcome |"],
    );
}

#[test]
fn the_post_step_repeats_the_steps_when_the_key_is_refused_there_too() {
    let scene = revoked_after_the_switch();
    let run = scene.run();
    let post = scene.post(&run);
    assert_eq!(post.exit, 1, "{}", post.log);
    let told = [
        "https://shop.example.com may serve the new workspace 5001 or, as before, workspace 4001.",
        "1. Make a new API key",
        "2. Bring back what served before.",
        BEFORE,
        "3. Open https://shop.example.com ",
        "4. Workspace 5001 may still serve: do not delete it",
        "trace-77",
    ];
    in_order(&post.error(), &told);
    assert!(
        post.summary
            .starts_with("## ❌ The post step could not recover everything\n"),
        "{}",
        post.summary
    );
    boxed(&post);
}

#[test]
fn a_request_by_hand_does_what_it_says() {
    let scene = revoked_after_the_switch();
    let run = scene.run();
    assert_eq!(scene.pointed("/"), [5001]);
    let data = run.error();
    let body = data.split("--data-raw '").nth(1).unwrap();
    let body = body.split('\'').next().unwrap();
    let paths: std::collections::BTreeMap<String, Vec<u64>> = serde_json::from_str(body).unwrap();
    let now = scene
        .sim
        .with(|world| world.domains[DOMAIN].workspaces.clone());
    assert_eq!(paths.len(), now.len(), "{paths:?} {now:?}");
    assert_eq!(
        (paths["/"].as_slice(), paths["/docs"].as_slice()),
        ([LIVE].as_slice(), [DOCS].as_slice())
    );
}

#[test]
fn an_application_that_does_not_come_back_is_a_caution_with_the_way_to_start_it() {
    let scene = nothing_starts();
    let run = scene.run();
    assert_eq!(run.ending(), ("failed", "undo-failed"), "{}", run.log);
    let reset = format!("git reset --hard {OLD}");
    let told = [
        "The application may be down: `run` of workspace 4001 was stopped, and commit 1111111,",
        &format!("In a terminal of workspace 4001, run `{reset}`"),
        &format!(r#"{{"command":"{reset}"}}"#),
        "start `prepare`",
        "/workspaces/4001/pipeline/prepare/start'",
        "then start it",
        "/workspaces/4001/pipeline/run/start'",
        "Open the application",
    ];
    in_order(&run.error(), &told);
    boxed(&run);
    assert!(
        run.summary.contains("| **Downtime** | since 00:"),
        "{}",
        run.summary
    );
}

#[test]
fn a_cancelled_update_says_that_the_application_is_down_and_the_post_step_goes_on_with_that() {
    let scene = Scene::simple();
    let cancel = scene.cancel.clone();
    let mut scene = scene.fault(Fault::on(
        "POST",
        "/workspaces/4001/pipeline/run/stop",
        FaultKind::run_after(move |_| cancel.cancel()),
    ));
    let run = scene.run();
    in_order(
        &boxed(&run),
        &[
            "The application is down",
            "1. Wait for the post step",
            "curl -i -X POST",
        ],
    );
    scene.uncancel();
    let post = scene.post(&run);
    assert_eq!(post.exit, 0, "{}", post.log);
    in_order(
        &post.summary,
        &[
            "## ↩️ Reverted by the post step: production is as before",
            "Workspace 4001 serves commit [1111111](<https://github.com/acme/shop/commit/1111111",
            "| **Live now** | workspace 4001, commit [1111111](<https://github.com/acme/shop/commit/1111111",
            "| **Downtime** | ",
            " UTC) |",
        ],
    );
}

#[test]
fn a_failed_stage_shows_its_log_open_and_what_is_live_with_link_and_commit() {
    let scene = Scene::simple()
        .world(|world| new_commit(world).ci.prepare = Script::failing(3.0, &["npm broke"]));
    let run = scene.run();
    assert_eq!(run.ending(), ("reverted", "stage-failed"), "{}", run.log);
    let before_the_table = run.summary.split("| Outcome |").next().unwrap();
    assert!(
        before_the_table.contains("\nnpm broke\n") && !before_the_table.contains("<details>"),
        "{}",
        run.summary
    );
    let live = format!(
        "| **Live now** | [4001-3000.2.codesphere.test](<https://4001-3000.2.codesphere.test>): workspace 4001, commit [1111111](<https://github.com/acme/shop/commit/{OLD}>), as before |"
    );
    assert!(run.summary.contains(&live), "{}", run.summary);
    assert!(!run.summary.contains("Downtime"), "{}", run.summary);
}

#[test]
fn prose_has_short_commits_only() {
    for run in [
        nothing_starts().run(),
        Scene::simple().with("commit", &"c".repeat(40)).run(),
        Scene::simple()
            .world(|world| new_commit(world).app.status = 500)
            .run(),
    ] {
        let whole = |text: &str| {
            let prose = text.split('`').step_by(2).collect::<String>();
            [OLD, NEW].into_iter().any(|commit| {
                let alone = format!("commit {commit}");
                prose.contains(&alone) || prose.contains(&format!("to {commit}"))
            })
        };
        assert!(!whole(&run.error()), "{}", run.error());
        let summary = run.summary.replace("/commit/", "");
        assert!(!whole(&summary), "{summary}");
    }
}

#[test]
fn downtime_is_told_from_the_stop_until_the_application_answers() {
    for (scene, ending) in [
        (Scene::simple(), "released"),
        (
            Scene::simple().world(|world| new_commit(world).app.status = 500),
            "reverted",
        ),
    ] {
        let run = scene.run();
        assert_eq!(run.output("outcome"), ending, "{}", run.log);
        let mut rows = run.summary.lines();
        let row = rows.find(|row| row.starts_with("| **Downtime** | "));
        in_order(row.unwrap_or_default(), &[" (00:", "–00:", " UTC) |"]);
    }
    let run = Scene::zero_downtime().run();
    assert!(!run.summary.contains("Downtime"), "{}", run.summary);
}

#[test]
fn steps_have_the_time_of_day_and_the_diagram_comes_last_and_for_long_runs_only() {
    let short = Scene::zero_downtime().run();
    assert!(!short.summary.contains("mermaid"), "{}", short.summary);
    let long = Scene::zero_downtime()
        .world(|world| new_commit(world).ci.prepare = Script::lasting(90.0, &[]))
        .run();
    in_order(
        &long.summary,
        &[
            "| Outcome |",
            "| Plan | ✅ | 00:00:00 | ",
            "</details>",
            "```mermaid",
        ],
    );
    assert!(long.summary.ends_with("```\n"), "{}", long.summary);
}

#[test]
fn the_way_back_of_a_release_holds_every_path() {
    let run = Scene::zero_downtime().run();
    in_order(
        &run.summary,
        &["**Rollback**", "<details>", "curl -i -X PUT", BEFORE],
    );
}
