use codesphere_simulator::{Commit, NEW, REPOSITORY, TOKEN};

use crate::harness::{Folder, Run, Scene};

/// Runs a scene whose inputs are wrong; nothing may have been asked of the API.
fn refused(scene: &Scene) -> Run {
    let run = scene.run();
    assert_eq!(
        (run.exit, run.ending()),
        (1, ("failed", "invalid-input")),
        "{}",
        run.log
    );
    assert!(scene.sim.calls().is_empty(), "{:?}", scene.sim.calls());
    run
}

#[test]
fn every_mistake_is_told_at_once_in_one_annotation() {
    let scene = Scene::zero_downtime()
        .with("team", "")
        .with("domain", "https://shop.example.com/")
        .with("replicas", "many")
        .with("health-timeout", "soon")
        .with("health-status", "2xx")
        .with("commit", "abc1234")
        .with("env", "OK=1\n1BAD=hunter2")
        .with("on-failure", "delete")
        .with("api-url", "http://codesphere.example.com")
        .with("restricted", "ja")
        .with(
            "ca-certificate",
            "-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----",
        );
    let error = refused(&scene).error();
    for told in [
        "11 inputs are wrong",
        "`team` is missing: the flow `zero-downtime` needs it",
        "`domain` is \"https://shop.example.com/\". Good: a host name such as shop.example.com",
        "`replicas` is \"many\". Good: a whole number of at least 1",
        "`health-timeout` is \"soon\". Good: a duration such as 45s, 5m or 1h30m",
        "`health-status` is \"2xx\"",
        "`commit` is \"abc1234\". Good: the commit's full 40 hexadecimal digits",
        "`env` line 2 has a name that Codesphere refuses",
        "`on-failure` is \"delete\". Good: rollback and keep",
        "`api-url` is \"http://codesphere.example.com\"",
        "use https",
        "`restricted` is \"ja\". Good: true or false",
        "`ca-certificate` is of no use",
    ] {
        assert!(error.contains(told), "{told}\n---\n{error}");
    }
    assert!(!error.contains("hunter2"), "{error}");
}

#[test]
fn an_unknown_flow_lists_the_good_ones() {
    let error = refused(&Scene::simple().with("flow", "blue-green")).error();
    assert!(
        error.contains(
            "`flow` is \"blue-green\". Good: simple, zero-downtime, candidate, promote, rollback, cleanup and preview"
        ),
        "{error}"
    );
}

#[test]
fn each_flow_names_what_it_needs() {
    let error = refused(&Scene::new()).error();
    assert!(error.contains("`workspace-id` is missing"), "{error}");
    let error = refused(&Scene::new().with("flow", "zero-downtime")).error();
    for input in ["team", "domain", "plan"] {
        assert!(error.contains(&format!("`{input}` is missing")), "{error}");
    }
}

#[test]
fn an_empty_token_says_how_to_make_a_key_and_why_a_fork_has_none() {
    let error = refused(&Scene::simple().with("api-token", " ")).error();
    assert!(error.contains("`api-token` is empty"), "{error}");
    assert!(error.contains("User Settings → API Keys"), "{error}");
    for cause in [
        "an environment that the job does not name",
        "The name is misspelt",
        "The run comes from a fork",
        "Dependabot started the run: it has secrets of its own",
    ] {
        assert!(error.contains(cause), "{cause}: {error}");
    }
    assert!(!error.contains("This run comes from a fork"), "{error}");
    let fork = r#"{"pull_request":{"head":{"sha":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","ref":"x","repo":{"fork":true}}}}"#;
    let error = refused(
        &Scene::simple()
            .with("api-token", "")
            .variable("GITHUB_EVENT_NAME", "pull_request")
            .event(fork),
    )
    .error();
    assert!(error.contains("This run comes from a fork"), "{error}");
}

#[test]
fn the_token_is_masked_and_never_shown_even_when_it_is_wrong() {
    let run = Scene::simple().run();
    let shown: Vec<&str> = run
        .log
        .lines()
        .filter(|line| line.contains(TOKEN))
        .collect();
    assert_eq!(shown, [format!("::add-mask::{TOKEN}")]);
    for wrong in ["two-long words-of-one", "one_line\nand_another"] {
        let scene = Scene::simple().with("api-token", &format!(" {wrong} "));
        let run = refused(&scene.with("remote", &wrong.replace('\n', " ")));
        let (mask, rest) = run.log.split_once('\n').unwrap();
        assert_eq!(mask, format!("::add-mask::{}", wrong.replace('\n', "%0A")));
        for word in wrong.split_whitespace() {
            assert!(!rest.contains(word), "{}", run.log);
        }
    }
    // Where nobody reads the command, it would show the token itself.
    let elsewhere = Scene::simple().variable("GITHUB_ACTIONS", "").run();
    assert!(!elsewhere.log.contains(TOKEN), "{}", elsewhere.log);
    for blank in ["", "  \n "] {
        let run = refused(&Scene::simple().with("api-token", blank));
        assert!(!run.log.contains("add-mask"), "{}", run.log);
    }
}

#[test]
fn values_of_env_are_never_shown() {
    let run = Scene::zero_downtime().with("env", "PASSWORD=hunter2").run();
    for text in [&run.log, &run.summary, run.output("result")] {
        assert!(!text.contains("hunter2"), "{text}");
    }
    let run = Scene::simple().with("env", "PASSWORD=hunter2").run();
    run.tells(&["Set PASSWORD.", "set PASSWORD"]);
    assert!(!run.log.contains("hunter2"));
}

#[test]
fn a_certificate_may_be_a_file_of_the_repository() {
    let folder = Folder::new();
    let scene = Scene::simple();
    std::fs::write(folder.path("ca.pem"), scene.sim.ca_pem()).unwrap();
    let scene = scene.with("ca-certificate", &folder.path("ca.pem"));
    assert_eq!(scene.run().exit, 0);
    let error = refused(&Scene::simple().with("ca-certificate", "certs/none.pem")).error();
    assert!(
        error.contains("\"certs/none.pem\" cannot be read"),
        "{error}"
    );
}

#[test]
fn a_pull_request_releases_its_head_not_the_merge_commit() {
    let head = "b".repeat(40);
    let event = format!(
        r#"{{"repository":{{"private":false}},"pull_request":{{"head":{{"sha":"{head}","ref":"feature/x"}}}}}}"#
    );
    let scene = Scene::zero_downtime()
        .variable("GITHUB_EVENT_NAME", "pull_request")
        .variable("GITHUB_REF_NAME", "7/merge")
        .variable("GITHUB_SHA", &"e".repeat(40))
        .event(&event)
        .world(|world| {
            let branches = &mut world.repositories.get_mut(REPOSITORY).unwrap().branches;
            branches.insert("feature/x".to_owned(), vec![Commit::new(&"b".repeat(40))]);
        });
    let run = scene.run();
    assert_eq!(run.exit, 0, "{}", run.log);
    assert_eq!(run.output("commit"), head);
    assert_eq!(
        run.writes[1],
        "POST /workspaces/5001/git/pull/origin/feature%2Fx"
    );
}

#[test]
fn a_tag_releases_its_commit_from_the_default_branch() {
    let scene = Scene::zero_downtime()
        .variable("GITHUB_REF_TYPE", "tag")
        .variable("GITHUB_REF_NAME", "v1.2.3")
        .event(r#"{"repository":{"private":false,"default_branch":"main"}}"#);
    let run = scene.run();
    assert_eq!((run.exit, run.output("commit")), (0, NEW), "{}", run.log);
}

#[test]
fn a_run_by_hand_with_an_empty_event_takes_the_repository_for_private() {
    let scene = Scene::zero_downtime()
        .variable("GITHUB_EVENT_NAME", "workflow_dispatch")
        .event("{}");
    assert_eq!(scene.run().exit, 0);
    let call = scene
        .sim
        .calls()
        .into_iter()
        .find(|call| call.method == "POST")
        .unwrap();
    assert_eq!(call.body.unwrap()["isPrivateRepo"], true);
}

#[test]
fn an_event_that_names_no_branch_asks_for_one() {
    let scene = Scene::simple()
        .variable("GITHUB_REF_NAME", "")
        .variable("GITHUB_SHA", "");
    let run = scene.run();
    assert_eq!((run.exit, run.ending()), (1, ("failed", "invalid-input")));
    assert!(
        run.error().contains("Give the input `branch`"),
        "{}",
        run.error()
    );
    assert!(run.writes.is_empty());
}

#[test]
fn an_input_that_the_flow_does_not_use_is_pointed_out() {
    let run = Scene::simple().with("domain", "shop.example.com").run();
    assert_eq!(run.exit, 0);
    assert!(
        run.annotations("warning")[0]
            .contains("The input `domain` is given, but the flow does not use it"),
        "{}",
        run.log
    );
}

#[test]
fn runner_files_that_cannot_be_written_stop_the_run_before_any_request() {
    let scene = Scene::simple();
    let run = scene.run_with(&[("GITHUB_OUTPUT", "/nowhere/output")]);
    assert_eq!(run.exit, 1);
    assert!(scene.sim.calls().is_empty());
    assert!(run.error().contains("GITHUB_OUTPUT"), "{}", run.error());
}

#[test]
fn without_any_runner_files_the_release_still_works() {
    let run = Scene::simple().run_with(&[
        ("GITHUB_OUTPUT", ""),
        ("GITHUB_STATE", ""),
        ("GITHUB_STEP_SUMMARY", ""),
        ("GITHUB_EVENT_PATH", "/nowhere"),
    ]);
    assert_eq!(run.exit, 0, "{}", run.log);
}

#[test]
fn of_another_repository_the_event_knows_nothing() {
    let other = "https://github.com/acme/docs.git";
    let scene = Scene::zero_downtime().with("git-url", other);
    let run = scene.run();
    assert_eq!(run.exit, 0, "{}", run.log);
    let call = scene
        .sim
        .calls()
        .into_iter()
        .find(|call| call.method == "POST")
        .unwrap();
    let body = call.body.unwrap();
    assert_eq!(
        (&body["gitUrl"], &body["isPrivateRepo"]),
        (&other.into(), &true.into())
    );
    assert_eq!(
        run.output("commit"),
        "2222222222222222222222222222222222222222",
        "the pulled head counts"
    );
}

#[test]
fn a_defect_is_told_in_order_and_noted_for_the_post_step() {
    let scene = Scene::zero_downtime().on_tick(|_| panic!("::error::{}", "x"));
    let run = scene.run_anyhow();
    assert_eq!(
        (run.exit, run.ending()),
        (1, ("failed", "internal")),
        "{}",
        run.log
    );
    assert!(
        run.error()
            .contains("has a defect and had to stop (::error::x)"),
        "{}",
        run.error()
    );
    assert!(run.state["made"].contains("5001"), "{:?}", run.state);
}

#[test]
fn a_variable_of_the_job_that_nearly_has_an_inputs_name_is_a_mistake_and_not_an_input() {
    for (name, value, meant) in [
        ("INPUT_DRY_RUN", "true", "dry-run"),
        ("INPUT_api-url", "https://evil.example.com", "api-url"),
        ("INPUT_Api-Url", "https://evil.example.com", "api-url"),
        ("INPUT_INPUT_API-URL", "https://evil.example.com", "api-url"),
        ("INPUT_workspace-id", "4002", "workspace-id"),
        ("INPUT_DOMAINS", "shop.example.com", "domain"),
    ] {
        let error = refused(&Scene::simple().variable(name, value)).error();
        for told in [
            &format!("`{meant}` may be meant by `{name}`"),
            &format!("Write `{meant}` in `with:`"),
            "variables of the job (`env:`, `GITHUB_ENV`) count too",
        ] {
            assert!(error.contains(told), "{name}: {told}\n---\n{error}");
        }
        assert!(!error.contains("evil"), "{error}");
    }
}

#[test]
fn a_variable_that_is_nobodys_business_and_a_blank_one_are_not_looked_at() {
    for (name, value) in [
        ("INPUT_TEXT", "x"),
        ("INPUT_TEAMS", "x"),
        ("INPUT_SOMETHING", "x"),
        ("INPUT_DRY_RUN", " "),
        ("MY_INPUT_DRY_RUN", "x"),
    ] {
        let run = Scene::simple().variable(name, value).run();
        assert_eq!(run.ending(), ("released", ""), "{name}: {}", run.log);
    }
}

#[test]
fn limits_that_could_only_harm_must_be_at_least_a_second() {
    for input in ["stage-timeout", "workspace-timeout"] {
        for zero in ["0", "0s"] {
            let error = refused(&Scene::simple().with(input, zero)).error();
            let told = format!("`{input}` is \"{zero}\". Good: a duration of at least 1s");
            assert!(error.contains(&told), "{error}");
        }
    }
}

#[test]
fn storage_with_a_unit_is_told_the_unit() {
    let error = refused(&Scene::zero_downtime().with("storage", "10GB")).error();
    assert!(
        error.contains("`storage` is \"10GB\". Good: MiB as a whole number without a unit, such as 10240 for 10 GiB"),
        "{error}"
    );
}

#[test]
fn a_flow_that_was_forgotten_is_guessed_from_domain_and_plan() {
    let hint = "did you mean `flow: zero-downtime`?";
    let scene = Scene::new()
        .with("domain", "shop.example.com")
        .with("plan", "Boost");
    let error = refused(&scene).error();
    assert!(
        error.contains("`workspace-id` is missing") && error.contains(hint),
        "{error}"
    );
    for only in ["domain", "plan"] {
        let error = refused(&Scene::new().with(only, "shop.example.com")).error();
        assert!(!error.contains(hint), "{error}");
    }
}
