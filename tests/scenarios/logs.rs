use std::time::Duration;

use codesphere_release::report::Output;
use codesphere_simulator::{Fault, FaultKind, Flood, Script, Service, Step, World};

use crate::harness::{Run, Scene, new_commit};
use crate::output::commands;

/// A prepare stage of three steps, each with its own lines.
fn talkative(world: &mut World) {
    let step = |number: u32, seconds| {
        let lines = (1..=4).map(|line| ('I', format!("step {number} line {line}")));
        Step {
            seconds,
            lines: lines.collect(),
            ..Step::default()
        }
    };
    new_commit(world).ci.prepare.steps = vec![step(1, 4.0), step(2, 0.2), step(3, 9.0)];
}

/// A prepare stage that says `lines` and fails.
fn failing(world: &mut World, lines: &[&str]) {
    new_commit(world).ci.prepare = Script::failing(5.0, lines);
}

/// The foreign lines of the log, without their prefix.
fn said(run: &Run) -> Vec<&str> {
    run.log
        .lines()
        .filter_map(|line| line.strip_prefix("| "))
        .collect()
}

fn log_calls(scene: &Scene) -> Vec<String> {
    let paths = scene.sim.calls().into_iter().map(|call| call.path);
    paths.filter(|path| path.contains("/logs/")).collect()
}

#[test]
fn every_line_of_every_step_is_shown_once_and_in_order_although_streams_end_early() {
    let run = Scene::simple().world(talkative).run();
    assert_eq!(run.exit, 0, "{}", run.log);
    let expected: Vec<String> = (1..=3)
        .flat_map(|step| (1..=4).map(move |line| format!("step {step} line {line}")))
        .collect();
    let shown: Vec<&str> = said(&run)
        .into_iter()
        .filter(|line| line.starts_with("step"))
        .collect();
    assert_eq!(shown, expected, "{}", run.log);
    assert_eq!(
        run.groups()
            .into_iter()
            .filter(|title| title.starts_with("Prepare"))
            .collect::<Vec<_>>(),
        ["Prepare", "Prepare, step 2 of 3", "Prepare, step 3 of 3"]
    );
    run.tells(&[
        "| step 1 line 4",
        "::group::Prepare, step 2 of 3",
        "| step 2 line 1",
        "| step 3 line 4",
        "Prepare: success",
        "| listening on port 3000",
    ]);
    assert_eq!(commands(&run), [""; 0]);
}

#[test]
fn a_broken_stream_is_resumed_without_repeating_lines() {
    for kind in [
        FaultKind::ResetBefore,
        FaultKind::ResetAfter,
        FaultKind::Truncated,
        FaultKind::status(502),
    ] {
        let scene = Scene::simple().world(talkative);
        let run = scene
            .fault(Fault::on("GET", "/workspaces/4001/logs/prepare/0", kind).times(2))
            .run();
        assert_eq!(run.exit, 0, "{}", run.log);
        let of_first = said(&run)
            .into_iter()
            .filter(|line| line.starts_with("step 1"));
        assert_eq!(
            of_first.collect::<Vec<_>>(),
            [
                "step 1 line 1",
                "step 1 line 2",
                "step 1 line 3",
                "step 1 line 4"
            ],
            "{}",
            run.log
        );
        assert!(!run.log.contains("cannot be had"), "{}", run.log);
    }
}

#[test]
fn standard_error_is_told_apart() {
    let run = Scene::simple()
        .world(|world| {
            new_commit(world).ci.prepare.steps[0]
                .lines
                .push(('E', "careful".to_owned()));
        })
        .run();
    run.tells(&["| built", "! careful"]);
}

#[test]
fn a_landscape_s_logs_are_shown_for_each_server() {
    let scene = Scene::simple().world(|world| {
        // No server is called so; a hostile answer may say so all the same.
        world.recorded = false;
        world.quirks.any_service_name = true;
        new_commit(world).ci.services = vec![
            Service::reactive("web"),
            Service::reactive("api 2\n::error::x"),
        ];
    });
    let run = scene.run();
    assert_eq!(run.exit, 0, "{}", run.log);
    assert!(
        run.log.contains("\nweb | listening on port 3000"),
        "{}",
        run.log
    );
    assert!(
        run.log
            .contains("\napi_2___error__x | listening on port 3000"),
        "{}",
        run.log
    );
    assert_eq!(commands(&run), [""; 0]);
    assert!(
        log_calls(&scene)
            .iter()
            .any(|path| path.ends_with("/logs/run/0/server/web"))
    );
}

#[test]
fn a_stream_that_never_ends_is_let_go() {
    let scene = Scene::simple()
        .hasty(Duration::from_millis(50))
        .world(talkative)
        .world(|world| world.quirks.logs_stay_open = true);
    let run = scene.run();
    assert_eq!(run.exit, 0, "{}", run.log);
    run.tells(&["Prepare: success", "Run: success"]);
    let of_run = log_calls(&scene)
        .into_iter()
        .filter(|path| path.ends_with("/run/0"));
    assert_eq!(of_run.count(), 1);
}

#[test]
fn a_log_that_cannot_be_had_costs_a_note() {
    let problem = FaultKind::Status {
        status: 200,
        headers: vec![("content-type".to_owned(), "text/event-stream".to_owned())],
        body: "event: problem\ndata: {\"status\":400,\"title\":\"Not today\",\"traceId\":\"trace-9\"}\n\n".to_owned(),
    };
    for (kind, told) in [
        (FaultKind::status(404), "404"),
        (FaultKind::BrokenJson, "no event stream"),
        (problem, "Not today"),
    ] {
        let scene =
            Scene::simple().fault(Fault::on("GET", "/workspaces/4001/logs/**", kind).always());
        let run = scene.run();
        assert_eq!(run.exit, 0, "{}", run.log);
        run.tells(&["the log of prepare cannot be had", told]);
        assert_eq!(
            run.log.matches("the log of prepare cannot be had").count(),
            1,
            "{}",
            run.log
        );
    }
}

/// Failures count in a row: a log that breaks now and then is shown to its end.
#[test]
fn a_log_that_breaks_now_and_then_is_not_given_up() {
    let broken = || {
        Fault::on(
            "GET",
            "/workspaces/4001/logs/prepare/0",
            FaultKind::status(404),
        )
    };
    let scene = Scene::simple()
        .world(|world| {
            let lines = (1..=20).map(|line| ('I', format!("line {line}")));
            new_commit(world).ci.prepare.steps[0] = Step {
                seconds: 100.0,
                lines: lines.collect(),
                ..Step::default()
            };
        })
        .fault(broken().times(3))
        .fault(broken().after(2).times(3));
    let run = scene.run();
    assert_eq!(run.exit, 0, "{}", run.log);
    let asked = log_calls(&scene)
        .into_iter()
        .filter(|path| path.ends_with("/prepare/0"));
    assert!(asked.count() > 8, "{}", run.log);
    assert!(!run.log.contains("cannot be had"), "{}", run.log);
    let shown = said(&run)
        .into_iter()
        .filter(|line| line.starts_with("line "));
    assert_eq!(shown.count(), 20, "{}", run.log);
}

#[test]
fn none_asks_for_no_log_and_on_failure_only_for_the_one_that_matters() {
    let scene = Scene::simple()
        .with("logs", "none")
        .world(|world| failing(world, &["a secret of the build"]));
    let run = scene.run();
    assert_eq!(run.ending(), ("reverted", "stage-failed"));
    assert_eq!(log_calls(&scene), [""; 0]);
    assert!(!run.log.contains("a secret of the build"));

    let scene = Scene::simple().with("logs", "on-failure");
    assert_eq!(scene.run().exit, 0);
    assert_eq!(log_calls(&scene), [""; 0]);

    let scene = Scene::simple()
        .with("logs", "on-failure")
        .world(|world| failing(world, &["why it failed"]));
    let run = scene.run();
    assert_eq!(log_calls(&scene), ["/workspaces/4001/logs/prepare/0"]);
    assert!(run.summary.contains("why it failed"), "{}", run.summary);
    assert_eq!(run.log.matches("| why it failed").count(), 1, "{}", run.log);
    assert!(
        run.error()
            .contains("in step 1 of 1. It said last: why it failed"),
        "{}",
        run.log
    );
}

#[test]
fn the_end_of_a_failing_step_stands_beside_the_error_and_in_the_summary() {
    let mut lines: Vec<String> = (1..=80).map(|line| format!("line {line}")).collect();
    lines.push("the token is cs_token_of_the_simulator".to_owned());
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let run = Scene::zero_downtime()
        .world(|world| failing(world, &lines))
        .run();
    assert_eq!(run.ending(), ("reverted", "stage-failed"));
    run.tells(&[
        "| line 1",
        "Prepare: failure",
        "::group::Recovery",
        "::endgroup::",
        "The last 50 lines of prepare",
        "| line 32",
        "| the token is ***",
        "::error title=",
    ]);
    assert_eq!(run.log.matches("| line 31\n").count(), 1, "{}", run.log);
    assert_eq!(run.log.matches("| line 32\n").count(), 2, "{}", run.log);
    assert!(
        run.summary.contains("The last 50 lines of prepare"),
        "{}",
        run.summary
    );
    assert!(
        run.summary.contains("line 80") && run.summary.contains("the token is ***"),
        "{}",
        run.summary
    );
    assert!(!run.output("result").contains("line 80"));
    let told = format!(
        "{}{}",
        run.log.replace("::add-mask::cs_token", ""),
        run.summary
    );
    assert!(!told.contains("cs_token_of_the_simulator"), "{told}");
}

#[test]
fn well_known_words_name_the_setting_to_change() {
    let run = Scene::simple()
        .world(|world| {
            failing(
                world,
                &["building", "FATAL ERROR: JavaScript heap out of memory"],
            );
        })
        .run();
    assert!(
        run.error()
            .contains("What to do: It ran out of memory: choose a plan with more (`plan`"),
        "{}",
        run.error()
    );

    let run = Scene::zero_downtime()
        .with("health-timeout", "20s")
        .world(|world| {
            let commit = new_commit(world);
            commit.app.status = 502;
            commit.ci.run.lines =
                vec![('I', "Server listening on http://127.0.0.1:3000".to_owned())];
        })
        .run();
    assert_eq!(run.ending(), ("reverted", "unhealthy"));
    assert!(
        run.error().contains("let it bind 0.0.0.0:3000"),
        "{}",
        run.error()
    );
    run.tells(&[
        "The last 1 line of run",
        "| Server listening on",
        "The last bad answers of https://5001",
        "| after",
        "answered 502",
        "::error",
    ]);
}

#[test]
fn hostile_logs_stay_text_wherever_they_are_shown() {
    let parts = [
        "::",
        "##[",
        "]",
        "error",
        "set-env name=A::b",
        "stop-commands::x",
        "\r",
        "\n",
        "\u{85}",
        "\u{2028}",
        "\u{1b}[31m",
        "\u{1b}",
        "`",
        "```",
        "|",
        "</details>",
        "<script>",
        "# ",
        "\0",
        "%0A",
        "@all",
        " ",
    ];
    let mut seed: u64 = 3;
    let mut next = || {
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(seed >> 33).unwrap() % parts.len()
    };
    let lines: Vec<String> = (0..2000)
        .map(|_| (0..6).map(|_| parts[next()]).collect())
        .collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let run = Scene::zero_downtime()
        .world(|world| failing(world, &lines))
        .run();
    assert_eq!(run.ending(), ("reverted", "stage-failed"));
    assert_eq!(commands(&run), [""; 0]);
    assert_eq!(run.annotations("error").len(), 1);
    assert_eq!(run.outputs.len(), Output::ALL.len());
}

#[test]
fn nothing_is_shown_any_more_once_a_run_is_cancelled() {
    let scene = Scene::simple()
        .hasty(Duration::from_millis(50))
        .world(|world| world.quirks.follow_logs = true);
    let cancel = scene.cancel.clone();
    let scene = scene.world(move |world| {
        world.faults.push(Fault::on(
            "GET",
            "/workspaces/4001/logs/prepare/0",
            FaultKind::run(move |_| cancel.cancel()),
        ));
    });
    let run = scene.run();
    assert_eq!(run.output("outcome"), "cancelled", "{}", run.log);
    assert_eq!(said(&run), [""; 0], "{}", run.log);
}

#[test]
fn a_flood_is_cut_counted_and_its_end_is_shown() {
    let run = Scene::simple()
        .world(|world| {
            let step = &mut new_commit(world).ci.prepare.steps[0];
            step.lines.clear();
            step.flood = Some(Flood {
                lines: 6000,
                length: 4000,
            });
        })
        .run();
    assert_eq!(run.exit, 0, "{}", run.log.len());
    let prepare = run.log.split("::group::Stop run").next().unwrap();
    assert!(
        (20_000_000..20_400_000).contains(&prepare.len()),
        "{}",
        prepare.len()
    );
    let (before, after) = prepare.split_once(" lines left out\n").unwrap();
    let left_out: usize = before.rsplit("… ").next().unwrap().parse().unwrap();
    let shown = |text: &str| text.lines().filter(|line| line.starts_with("| ")).count();
    assert_eq!(shown(after), 50);
    assert_eq!(shown(before) + left_out + 50, 6000);
}
