use codesphere_simulator::LIVE;

use crate::harness::{Run, Scene};

/// Whatever a secret may hold.
const AWKWARD: &str = " ab' #cd\" \r\n\\n $HOME=x\t# é\n";

fn refused(scene: &Scene) -> String {
    let run = scene.run();
    assert_eq!(
        (run.exit, run.ending()),
        (1, ("failed", "invalid-input")),
        "{}",
        run.log
    );
    assert!(scene.sim.calls().is_empty(), "{:?}", scene.sim.calls());
    run.error()
}

fn value(scene: &Scene, workspace: u64, name: &str) -> Option<String> {
    let env = |world: &mut codesphere_simulator::World| {
        world.workspaces[&workspace].env.get(name).cloned()
    };
    scene.sim.with(env)
}

fn released(scene: &Scene) -> Run {
    let run = scene.run();
    assert_eq!(run.ending(), ("released", ""), "{}", run.log);
    run
}

#[test]
fn variables_that_pass_env_names_arrive_as_they_are() {
    for (scene, workspace) in [(Scene::simple(), LIVE), (Scene::zero_downtime(), 5001)] {
        let scene = scene
            .with("env", "GREETING=moin")
            .with("pass-env", "AWKWARD, EMPTY\nOTHER,\n")
            .variable("AWKWARD", AWKWARD)
            .variable("EMPTY", "")
            .variable("OTHER", "GREETING=x")
            .variable("NOT_NAMED", "x");
        let run = released(&scene);
        let its = |name| value(&scene, workspace, name);
        assert_eq!(its("AWKWARD").as_deref(), Some(AWKWARD));
        assert_eq!(its("EMPTY").as_deref(), Some(""));
        assert_eq!(its("OTHER").as_deref(), Some("GREETING=x"));
        assert_eq!(its("GREETING").as_deref(), Some("moin"));
        assert_eq!(its("NOT_NAMED"), None);
        assert!(!run.log.contains("#cd"), "{}", run.log);
    }
}

#[test]
fn a_name_that_pass_env_cannot_pass_on_is_told_without_any_value() {
    for (names, told) in [
        (
            "MISSING",
            "names MISSING, which is not set: give it in the `env:` of this step",
        ),
        ("GREETING", "names GREETING, which `env` sets as well"),
        ("SET, SET", "names SET, a second time"),
        (
            "INPUT_API-TOKEN",
            "names INPUT_API-TOKEN, but names that begin with",
        ),
        ("STATE_made", "names STATE_made, but names that begin with"),
        (
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
            "but names that begin with `INPUT_`, `STATE_` or `ACTIONS_`",
        ),
        (
            "CODESPHERE_RELEASE_PREVIOUS",
            "which this action keeps for itself",
        ),
        (
            "CODESPHERE_RELEASE_UPDATED",
            "which this action keeps for itself",
        ),
        ("BROKEN", "names BROKEN, whose value is no UTF-8 text"),
        ("SET\nhunter2=hunter2", "entry 2 is no name of a variable"),
    ] {
        let error = refused(
            &Scene::zero_downtime()
                .with("pass-env", names)
                .variable("GREETING", "hunter2")
                .variable("SET", "hunter2")
                .variable("STATE_made", "")
                .variable("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "hunter2")
                .variable("CODESPHERE_RELEASE_PREVIOUS", "hunter2")
                .variable("CODESPHERE_RELEASE_UPDATED", "hunter2")
                .variable("BROKEN", "hunter2\u{fffd}"),
        );
        assert!(
            error.contains(&format!("`pass-env` {told}")) || error.contains(told),
            "{error}"
        );
        assert!(!error.contains("hunter2"), "{error}");
    }
}

#[test]
fn a_blank_value_over_one_that_is_set_is_a_warning_that_names_it() {
    for scene in [
        Scene::simple().with("env", "GREETING=\nNEW="),
        Scene::zero_downtime().with("env", "GREETING=\nNEW="),
        Scene::zero_downtime()
            .with("env", "")
            .with("pass-env", "GREETING")
            .variable("GREETING", " "),
    ] {
        let run = released(&scene);
        let warnings = run.annotations("warning").join("\n");
        assert!(
            warnings.contains("GREETING would be blank, and workspace 4001"),
            "{warnings}"
        );
        assert!(!warnings.contains("NEW"), "{warnings}");
    }
    let run = released(&Scene::simple().with("env", "GREETING=moin\nNEW="));
    assert!(run.annotations("warning").is_empty(), "{}", run.log);
}

#[test]
fn a_value_that_starts_with_a_hash_arrives_whole_and_a_cut_one_is_a_mistake() {
    let scene = Scene::simple().with("env", "COLOUR=#ff0000 # red");
    released(&scene);
    assert_eq!(value(&scene, LIVE, "COLOUR").as_deref(), Some("#ff0000"));
    let error = refused(&Scene::simple().with("env", "OK=1\nPASSWORD='ab' #cd'"));
    assert!(
        error.contains("`env` line 2 has a quote inside its quotes"),
        "{error}"
    );
    assert!(!error.contains("#cd"), "{error}");
}
