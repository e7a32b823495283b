use codesphere_simulator::{DOMAIN, Fault, FaultKind, LIVE};

use crate::harness::{Run, Scene};

/// Lines that the runner would take for commands, besides those that we write ourselves; where it looks for none,
/// those that would be taken for one all the same.
pub(crate) fn commands(run: &Run) -> Vec<&str> {
    let mut word = None;
    let ours = [
        "::group::",
        "::endgroup::",
        "::error title=",
        "::warning title=",
        "::notice title=",
        "::add-mask::cs_token_of_the_simulator",
    ];
    run.log
        .split(['\n', '\r'])
        .filter(|line| line.contains("##[") || line.trim_start().starts_with("::"))
        .filter(|line| {
            let own = match word.take() {
                Some(token) => {
                    let resumed = *line == format!("::{token}::");
                    word = (!resumed).then_some(token);
                    return !resumed;
                }
                None => ours.iter().any(|start| line.starts_with(start)),
            };
            word = line.strip_prefix("::stop-commands::");
            !own && word.is_none()
        })
        .collect()
}

const HOSTILE: &str = "x\r\n::set-env name=PATH::/evil\n##[add-mask]a\u{85}::stop-commands::t\u{2028}::error::y <script>|`*_[a](https://evil) @everyone\u{1b}[31m";

#[test]
fn foreign_text_cannot_become_a_command_or_markdown() {
    let message = FaultKind::Status { status: 400, headers: Vec::new(), body: serde_json::json!({"status": 400, "title": HOSTILE, "detail": HOSTILE, "traceId": HOSTILE}).to_string() };
    let hostile_name = |scene: Scene| {
        scene.world(|world| HOSTILE.clone_into(&mut world.workspaces.get_mut(&LIVE).unwrap().name))
    };
    let scene = hostile_name(Scene::simple().with("landscape", "true")).fault(Fault::on(
        "POST",
        "/workspaces/4001/landscape/deploy",
        message,
    ));
    let run = scene.run();
    assert_eq!(run.exit, 1, "{}", run.log);
    assert_eq!(commands(&run), [""; 0], "{}", run.log);
    for raw in ["<script>", "[a](https://evil)", "@everyone", "\u{1b}"] {
        assert!(!run.summary.contains(raw), "{raw}: {}", run.summary);
    }
    assert_eq!(run.annotations("error").len(), 1);
}

#[test]
fn hostile_values_in_outputs_stay_values() {
    let scene = Scene::zero_downtime().world(|world| {
        world.teams[0].name = HOSTILE.replace(['\r', '\n'], " ");
    });
    let run = scene.with("team", "7").run();
    assert_eq!(run.exit, 0, "{}", run.log);
    assert_eq!(commands(&run), [""; 0], "{}", run.log);
    let names: Vec<&String> = run.outputs.keys().collect();
    assert_eq!(
        names,
        [
            "changes",
            "commit",
            "compare-url",
            "duration-seconds",
            "lead-time-seconds",
            "outcome",
            "previous-workspace-ids",
            "reason",
            "result",
            "rollback-ready",
            "url",
            "workspace-id",
            "workspace-url"
        ]
    );
}

#[test]
fn outputs_are_written_the_moment_they_are_known() {
    let scene = Scene::zero_downtime().impatient();
    let run = scene
        .fault(Fault::on(
            "GET",
            "/workspaces/5001/status",
            FaultKind::run(|_| panic!("the platform is gone")),
        ))
        .run_anyhow();
    assert_eq!(run.output("workspace-id"), "5001", "{}", run.log);
}

#[test]
fn a_failed_release_says_what_happened_and_what_to_do_in_the_summary_too() {
    let run = Scene::zero_downtime()
        .with("test", "true")
        .world(|world| {
            let repository = world
                .repositories
                .get_mut(codesphere_simulator::REPOSITORY)
                .unwrap();
            repository
                .commit_mut(codesphere_simulator::NEW)
                .unwrap()
                .ci
                .test = codesphere_simulator::Script::failing(2.0, &[]);
        })
        .run();
    for told in [
        "## ↩️ Release failed and was reverted",
        "**What happened** (<code>stage-failed</code>)",
        "**What to do**",
        "| Test | ❌ | 00:",
        "| Recovery | ✅ | 00:",
        "Production was not touched",
        "| **Commit to release** | [aaaaaaa](<https://github.com/acme/shop/commit/",
    ] {
        assert!(run.summary.contains(told), "{told}\n---\n{}", run.summary);
    }
    assert!(!run.summary.contains("| Run |"), "{}", run.summary);
    let result: serde_json::Value = serde_json::from_str(run.output("result")).unwrap();
    assert_eq!(
        (&result["outcome"], &result["reason"]),
        (&"reverted".into(), &"stage-failed".into())
    );
}

#[test]
fn the_summary_of_a_release_links_where_and_what() {
    let run = Scene::zero_downtime().run();
    assert!(
        run.summary.contains(&format!("(<https://{DOMAIN}>)")),
        "{}",
        run.summary
    );
    assert!(
        run.summary.contains(
            "(<https://github.com/acme/shop/commit/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa>)"
        ),
        "{}",
        run.summary
    );
    assert!(
        run.summary.contains("| Switch the domain | ✅ |"),
        "{}",
        run.summary
    );
    assert!(run.summary.contains("not proven"), "{}", run.summary);
}

#[test]
fn groups_are_closed_and_never_nested() {
    for run in [
        Scene::simple().run(),
        Scene::zero_downtime().with("replicas", "9").run(),
    ] {
        let mut open = false;
        for line in run.log.lines() {
            if line.starts_with("::group::") {
                assert!(!open, "{}", run.log);
                open = true;
            }
            if line == "::endgroup::" {
                assert!(open, "{}", run.log);
                open = false;
            }
            if line.starts_with("::error") || line.starts_with("::notice") {
                assert!(!open, "an annotation is not hidden in a group: {}", run.log);
            }
        }
        assert!(!open);
    }
}
