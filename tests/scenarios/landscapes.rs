//! What a release makes of the CI profile's file.

use codesphere_simulator::{Fault, FaultKind, Service, World};

use crate::harness::{Run, Scene, new_commit};

/// What the new commit's file says, whatever else it does.
fn says(text: &str) -> impl FnOnce(&mut World) {
    let text = text.to_owned();
    move |world| new_commit(world).ci.text = Some(text)
}

fn landscape(world: &mut World) {
    new_commit(world).ci.services =
        vec![Service::reactive("web").times(2), Service::route("outside")];
}

/// The writes behind the workspace's number.
fn writes(run: &Run) -> Vec<&str> {
    let ends = run.writes.iter().filter_map(|write| {
        let path = write.split_once(" /workspaces/")?.1;
        path.split_once('/').map(|(_, end)| end)
    });
    ends.collect()
}

const WEB: &str = "schemaVersion: v0.4
prepare: { steps: [{ command: a }] }
test: { steps: [] }
run:
  web:
    steps: [{ command: b }]
";

#[test]
fn a_missing_file_is_refused_before_anything_is_built() {
    let run = Scene::zero_downtime().with("profile", "prod").run();
    assert_eq!(run.ending(), ("reverted", "refused"), "{}", run.log);
    for words in ["no ci.prod.yml", "It holds ci.yml"] {
        assert!(run.error().contains(words), "{}", run.error());
    }
    assert_eq!(writes(&run), ["git/pull/origin/main"]);
}

#[test]
fn what_is_no_yaml_is_refused_with_line_and_column() {
    let scene = Scene::simple().world(says("run:\n  steps: []\n bad: \"top-secret\n"));
    let run = scene.run();
    assert_eq!(run.ending(), ("reverted", "refused"), "{}", run.log);
    assert!(
        run.error()
            .contains("ci.yml in workspace 4001 is no YAML that can be read: line 3"),
        "{}",
        run.error()
    );
    assert!(!run.log.contains("top-secret"), "{}", run.log);
    assert_eq!(writes(&run), ["git/pull/origin/main", "execute", "execute"]);
}

#[test]
fn a_file_that_is_too_long_is_refused() {
    let long = format!("# {}\n", "x".repeat(10_000_000));
    let run = Scene::simple().world(says(&long)).run();
    assert_eq!(run.ending(), ("reverted", "refused"), "{}", run.log);
    assert!(
        run.error().contains("longer than 256 KiB"),
        "{}",
        run.error()
    );
    assert_eq!(writes(&run), ["git/pull/origin/main", "execute", "execute"]);
}

#[test]
fn a_file_that_explodes_is_refused() {
    let mut laughs = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]\n".to_owned();
    for level in 1..9 {
        let row = vec![format!("*a{}", level - 1); 10].join(", ");
        laughs = format!("{laughs}a{level}: &a{level} [{row}]\n");
    }
    let itself = "a: &a { b: *a }\n".to_owned();
    let deep = "[".repeat(100_000);
    let wide = format!("a: [{}]", "1, ".repeat(60_000));
    for bomb in [laughs, itself, deep, wide] {
        let run = Scene::simple().world(says(&bomb)).run();
        assert_eq!(run.ending(), ("reverted", "refused"), "{}", run.log);
        assert!(
            run.error().contains("no YAML that can be read"),
            "{}",
            run.error()
        );
        assert_eq!(writes(&run), ["git/pull/origin/main", "execute", "execute"]);
    }
}

#[test]
fn a_flat_file_is_never_deployed_and_a_landscape_always() {
    let run = Scene::simple().run();
    assert!(
        !writes(&run).contains(&"landscape/deploy"),
        "{:?}",
        run.writes
    );
    run.tells(&["ci.yml: one server"]);
    let run = Scene::simple().world(landscape).run();
    assert_eq!(run.exit, 0, "{}", run.log);
    run.tells(&["ci.yml: landscape: web ×2; routes: outside"]);
    assert!(run.summary.contains("web ×2; routes"), "{}", run.summary);
    assert!(
        writes(&run).contains(&"landscape/deploy"),
        "{:?}",
        run.writes
    );
}

#[test]
fn a_new_workspace_has_its_landscape_before_it_is_prepared() {
    let run = Scene::zero_downtime().world(landscape).run();
    let wanted = [
        "git/pull/origin/main",
        "landscape/deploy",
        "pipeline/prepare/start",
        "pipeline/run/start",
    ];
    assert_eq!(writes(&run)[..4], wanted, "{}", run.log);
}

#[test]
fn what_cannot_be_understood_is_built_as_the_states_tell() {
    let scene = Scene::simple().world(says("schemaVersion: later\nrun: {}\n"));
    let run = scene.run();
    assert_eq!(run.exit, 0, "{}", run.log);
    run.tells(&["ci.yml: not understood (its `schemaVersion` is none that is known)"]);
}

#[test]
fn what_is_prepared_finds_the_managed_services_there() {
    let with_database = |world: &mut World| {
        new_commit(world).ci.services =
            vec![Service::reactive("web"), Service::managed("db", "postgres")];
        world.quirks.managed_seconds = 90.0;
    };
    let scene = Scene::zero_downtime()
        .with("managed-services", "allow")
        .world(with_database);
    let run = scene.run();
    assert_eq!(run.ending(), ("released", ""), "{}", run.log);
    run.tells(&[
        "Deploy the landscape",
        "db creating",
        "db synchronized",
        "Prepare",
    ]);
    let made = scene
        .sim
        .with(|world| world.workspaces[&5001].managed["db"].created_at);
    let prepared = scene
        .sim
        .with(|world| world.workspaces[&5001].prepare.clone());
    assert!(prepared.unwrap().started_at >= made + 90.0, "{}", run.log);
}

#[test]
fn managed_services_that_are_not_listed_or_never_there_end_no_release() {
    let with_database = |world: &mut World| {
        new_commit(world).ci.services =
            vec![Service::reactive("web"), Service::managed("db", "postgres")];
    };
    let allowed = || {
        Scene::zero_downtime()
            .with("managed-services", "allow")
            .world(with_database)
    };
    let run = allowed()
        .world(|world| world.quirks.embedded_unlisted = true)
        .run();
    assert_eq!(run.ending(), ("released", ""), "{}", run.log);
    run.tells(&["db not listed", "Prepare"]);
    let run = allowed()
        .world(|world| world.quirks.managed_seconds = 90_000.0)
        .run();
    assert_eq!(run.ending(), ("released", ""), "{}", run.log);
    let told = run.annotations("warning").concat();
    assert!(told.contains("db creating"), "{told}");
    let refused = Fault::on("GET", "/managed-services", FaultKind::status(403));
    let run = allowed().fault(refused.always()).run();
    assert_eq!(run.ending(), ("released", ""), "{}", run.log);
}

#[test]
fn what_prepare_writes_into_the_file_is_deployed_before_run() {
    let deploys = |comment: &'static str| {
        let change = move |world: &mut World| {
            let made = world.workspaces.get_mut(&5001).unwrap();
            for commit in &mut made.objects {
                commit.ci.text = Some(format!("{WEB}{comment}"));
            }
        };
        let scene = Scene::zero_downtime().world(|world| {
            let ci = &mut new_commit(world).ci;
            ci.services = vec![Service::reactive("web")];
            ci.text = Some(WEB.to_owned());
        });
        let prepare = "/workspaces/5001/pipeline/prepare/start";
        let scene = scene.fault(Fault::on("POST", prepare, FaultKind::run_after(change)));
        let run = scene.run();
        assert_eq!(run.ending(), ("released", ""), "{}", run.log);
        let is_another = run
            .log
            .contains("ci.yml is another since prepare: landscape: web");
        assert_eq!(is_another, !comment.is_empty(), "{}", run.log);
        assert_eq!(run.log.matches("\nci.yml: ").count(), 1, "{}", run.log);
        let deploys = |write: &&&str| **write == "landscape/deploy";
        writes(&run).iter().filter(deploys).count()
    };
    assert_eq!(deploys(""), 1);
    assert_eq!(deploys("    env: { A: b }\n"), 2);
}
