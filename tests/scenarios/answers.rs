use std::time::Duration;

use codesphere_simulator::{Commit, DOMAIN, Fault, FaultKind, LIVE, REPOSITORY};

use crate::cleanup::{SERVING, six};
use crate::harness::{Run, Scene, connect};

fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> FaultKind {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    FaultKind::Status {
        status,
        headers: headers.iter().map(owned).collect(),
        body: body.to_owned(),
    }
}

fn refused(run: &Run, reason: &str, told: &str) {
    let found = (run.exit, run.ending(), run.writes.as_slice());
    assert_eq!(found, (1, ("failed", reason), [].as_slice()), "{}", run.log);
    assert!(run.error().contains(told), "{told}: {}", run.error());
}

#[test]
fn domains_that_do_not_say_what_they_point_at_let_nothing_be_deleted() {
    for (body, told) in [
        (
            r#"[{"name":"shop.example.com"}]"#,
            "missing field `workspaces`",
        ),
        (
            r#"[{"name":"shop.example.com","connections":{}}]"#,
            "missing field `workspaces`",
        ),
        (
            r#"[{"name":"shop.example.com","workspaces":null}]"#,
            "invalid type: null",
        ),
        (r#"[{"workspaces":{}}]"#, "missing field `name`"),
        ("[{}]", "missing field"),
        ("null", "invalid type: null"),
    ] {
        let fault = Fault::on("GET", "/domains/team/7", answer(200, &[], body)).always();
        let run = Scene::cleanup().world(six).fault(fault).run_anyhow();
        refused(&run, "api-error", told);
    }
}

#[test]
fn a_domain_that_does_not_say_what_it_points_at_is_not_switched() {
    let path = format!("/domains/team/7/domain/{DOMAIN}");
    let body =
        r#"{"name":"shop.example.com","domainVerificationStatus":{"verified":true,"reason":null}}"#;
    let fault = Fault::on("GET", &path, answer(200, &[], body)).always();
    let run = Scene::zero_downtime().fault(fault.clone()).run_anyhow();
    refused(&run, "api-error", "missing field `workspaces`");
    let scene = Scene::zero_downtime().fault(fault.after(1));
    let run = scene.run_anyhow();
    assert_eq!(run.ending(), ("reverted", "api-error"), "{}", run.log);
    assert!(
        !run.writes
            .iter()
            .any(|write| write.starts_with("PUT /domains"))
    );
    assert_eq!(
        (scene.pointed("/"), scene.pointed("/docs")),
        (vec![LIVE], vec![4002])
    );
}

#[test]
fn other_fields_that_writes_rest_on_are_needed_too() {
    let domain = format!("/domains/team/7/domain/{DOMAIN}");
    let without = r#"{"name":"shop.example.com","workspaces":{"/":[4001]}}"#;
    let plan = r#"[{"id":9,"title":"Boost","deprecated":false,"maxReplicas":4}]"#;
    let workspace = r#"{"id":4001,"teamId":7,"name":"shop-live","welcomeMessage":null}"#;
    for (scene, path, body, told) in [
        (
            Scene::zero_downtime(),
            domain.as_str(),
            without,
            "`domainVerificationStatus`",
        ),
        (
            Scene::zero_downtime(),
            "/metadata/workspace-plans",
            plan,
            "`characteristics`",
        ),
        (
            Scene::zero_downtime(),
            "/teams",
            r#"[{"id":7}]"#,
            "missing field `name`",
        ),
        (
            Scene::simple(),
            "/workspaces/4001",
            workspace,
            "missing field `replicas`",
        ),
    ] {
        let run = scene
            .fault(Fault::on("GET", path, answer(200, &[], body)).always())
            .run_anyhow();
        refused(&run, "api-error", told);
    }
}

#[test]
fn a_wait_that_no_release_can_make_is_told_and_not_waited_for() {
    for (asked, told) in [
        ("86400", "which asks to wait 24 h"),
        ("Fri, 02 Jan 2026 00:00:00 GMT", "which asks to wait 24 h"),
        ("18446744073709551615", "which asks to wait 366 d"),
        ("99999999999999999999999999", "which asks to wait 366 d"),
    ] {
        let later = answer(429, &[("Retry-After", asked)], "");
        let run = Scene::simple()
            .fault(Fault::on("GET", "/workspaces/4001", later.clone()).always())
            .run();
        refused(&run, "unreachable", told);
        assert!(
            run.error().contains("Run the job again after that time"),
            "{}",
            run.error()
        );
        assert!(run.took < Duration::from_secs(5), "{:?}", run.took);
        // After the switch, and on the way back.
        let path = format!("/domains/team/7/domain/{DOMAIN}");
        let scene = Scene::zero_downtime().fault(Fault::on("GET", &path, later).after(2).times(3));
        let run = scene.run();
        assert_ne!(run.output("reason"), "internal", "{}", run.log);
    }
}

#[test]
fn a_wait_until_a_date_is_waited_for() {
    let later = answer(429, &[("Retry-After", "Thu, 01 Jan 2026 00:01:17 GMT")], "");
    let run = Scene::simple()
        .fault(Fault::on("GET", "/workspaces/4001", later))
        .run();
    assert_eq!(run.exit, 0, "{}", run.log);
    run.tells(&["which asks to wait 1 min 17 s; trying again in 1 min 17 s"]);
}

#[test]
fn a_redirected_write_keeps_its_path_or_is_not_sent() {
    for to in [
        "/api/workspaces/4102",
        "/api/workspaces/4103?force=1",
        "/api/teams",
    ] {
        let elsewhere = answer(307, &[("Location", to)], "");
        let scene = Scene::cleanup()
            .world(six)
            .fault(Fault::on("DELETE", "/workspaces/4103", elsewhere).always());
        let run = scene.run_anyhow();
        assert_eq!(run.ending(), ("failed", "api-error"), "{}", run.log);
        assert!(
            run.error()
                .contains("a redirect (307) of DELETE to another path"),
            "{}",
            run.error()
        );
        assert!(scene.workspaces().contains(&4103), "{}", run.log);
        assert!(
            !scene
                .sim
                .calls()
                .iter()
                .any(|call| call.method == "DELETE" && call.path == "/teams")
        );
    }
    let only = Scene::cleanup().world(|world| {
        six(world);
        for id in [4101, 4102] {
            world.workspaces.remove(&id);
        }
    });
    let elsewhere = answer(307, &[("Location", "/api/workspaces/4105")], "");
    let scene = only.fault(Fault::on("DELETE", "/workspaces/4103", elsewhere));
    let run = scene.run();
    assert_eq!(run.ending(), ("cleaned", ""), "{}", run.log);
    assert_eq!(scene.workspaces(), [LIVE, 4002, 4104, 4105, SERVING]);
}

#[test]
fn each_try_to_delete_looks_at_the_domains_anew() {
    let meanwhile = FaultKind::run_after(|world| connect(world, "other.example.com", "/", &[4103]));
    let path = "/workspaces/4103";
    let scene = Scene::cleanup()
        .world(six)
        .fault(Fault::on("DELETE", path, FaultKind::status(503)))
        .fault(Fault::on("DELETE", path, meanwhile));
    let run = scene.run();
    assert_eq!(run.ending(), ("cleaned", ""), "{}", run.log);
    assert!(scene.workspaces().contains(&4103), "{}", run.log);
    assert!(
        run.summary
            .contains("other.example.com points at it by now")
    );
}

#[test]
fn what_is_still_listed_is_not_gone_whatever_a_deletion_is_answered() {
    let page = answer(
        200,
        &[("Content-Type", "text/html")],
        "<html>Welcome</html>",
    );
    let odd = answer(200, &[], r#"["unexpected"]"#);
    for kind in [page, odd, FaultKind::status(404)] {
        let fault = Fault::on("DELETE", "/workspaces/4103", kind);
        let scene = Scene::cleanup().world(six).fault(fault.clone().times(2));
        let run = scene.run();
        assert_eq!(run.ending(), ("cleaned", ""), "{}", run.log);
        assert!(!scene.workspaces().contains(&4103), "{}", run.log);
        let scene = Scene::cleanup().world(six).fault(fault.always());
        let run = scene.run();
        assert_eq!(run.ending(), ("failed", "api-error"), "{}", run.log);
        assert!(scene.workspaces().contains(&4103));
        assert!(!run.log.contains("deleted workspace 4103"), "{}", run.log);
        run.tells(&["workspace 4103 is still there"]);
    }
}

#[test]
fn a_deletion_that_was_done_and_answered_with_nonsense_is_seen_in_the_list() {
    let done = FaultKind::ActThenStatus {
        status: 200,
        headers: Vec::new(),
        body: r#"["unexpected"]"#.to_owned(),
    };
    let scene = Scene::cleanup()
        .world(six)
        .fault(Fault::on("DELETE", "/workspaces/4103", done));
    let run = scene.run();
    assert_eq!(run.ending(), ("cleaned", ""), "{}", run.log);
    run.tells(&["deleted workspace 4103"]);
}

#[test]
fn a_page_in_place_of_an_answer_to_a_write_is_no_success() {
    let page = answer(
        200,
        &[("Content-Type", "text/html")],
        "<html>Sign in</html>",
    );
    let run = Scene::simple()
        .with("env", "GREETING=hello")
        .fault(Fault::on("PUT", "/workspaces/4001/env-vars", page).always())
        .run();
    assert_eq!(run.output("reason"), "api-error", "{}", run.log);
    assert!(run.error().contains("an HTML page"), "{}", run.error());
}

#[test]
fn a_switch_that_was_refused_for_certain_leaves_nothing_behind() {
    let path = format!("/domains/team/7/domain/{DOMAIN}/workspace-connections");
    for status in [400, 403, 404] {
        let scene = Scene::zero_downtime()
            .fault(Fault::on("PUT", &path, FaultKind::status(status)).always());
        let run = scene.run();
        assert_eq!(run.output("outcome"), "reverted", "{}", run.log);
        assert_eq!(scene.workspaces(), [LIVE, 4002], "{}", run.log);
        assert!(!run.log.contains("had traffic"), "{}", run.log);
        assert_eq!(scene.post(&run).writes, [""; 0]);
    }
    // A lost answer is none that is certain.
    let scene = Scene::zero_downtime()
        .fault(Fault::on("PUT", &path, FaultKind::ResetBefore))
        .fault(Fault::on("PUT", &path, FaultKind::status(404)).always());
    let run = scene.run();
    assert_eq!(run.output("outcome"), "reverted", "{}", run.log);
    assert_eq!(scene.workspaces(), [LIVE, 4002, 5001], "{}", run.log);
}

#[test]
fn where_two_clocks_are_days_apart_nothing_is_deleted() {
    for seconds in [2.3e9, 90_000.0, -90_000.0] {
        let scene = Scene::cleanup().world(|world| {
            six(world);
            world.quirks.date_ahead = seconds;
        });
        let run = scene.run();
        assert_eq!(
            (run.ending(), run.writes.len()),
            (("cleaned", ""), 0),
            "{}",
            run.log
        );
        run.tells(&[
            "Keep workspace 4103",
            "the platform's clock and the runner's are",
            "apart, so no age is believed",
        ]);
    }
    let scene = Scene::cleanup().world(|world| {
        six(world);
        world.quirks.date_ahead = 80_000.0;
    });
    assert_eq!(scene.run().writes.len(), 3);
}

#[test]
fn commands_in_the_workspace_cut_their_own_output() {
    let edits = (0..3000).map(|number| format!("src/file-{number:04}.rs"));
    let scene = Scene::simple().world(|world| {
        let workspace = world.workspaces.get_mut(&LIVE).unwrap();
        workspace.dirty.extend(edits);
        let repository = world.repositories.get_mut(REPOSITORY).unwrap();
        let branch = repository.branches.get_mut("main").unwrap();
        branch.push(Commit::new(&"b".repeat(40)));
    });
    let run = scene.run();
    assert_eq!(run.exit, 0, "{}", run.log);
    let longest = scene
        .sim
        .calls()
        .iter()
        .map(|call| call.answer.to_string().len())
        .max();
    assert!(
        (Some(16_000)..Some(20_000)).contains(&longest),
        "{longest:?}"
    );
}
