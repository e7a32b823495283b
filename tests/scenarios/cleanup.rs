use codesphere_release::history::{Before, ReleaseHistory, VARIABLE};
use codesphere_release::ids::WorkspaceId;
use codesphere_release::owner::{OwnerLabel, Purpose};
use codesphere_release::route::Route;
use codesphere_simulator::{
    Commit, DOMAIN, Fault, FaultKind, LIVE, OLD, REPOSITORY, Workspace, World,
};

use crate::harness::{Run, Scene, connect};

/// The release that serves, and what served before it.
pub(crate) const SERVING: u64 = 4106;
const BEFORE: u64 = 4105;
const DAY: f64 = 86_400.0;

fn place(domain: &str, path: &str) -> Route {
    Route {
        domain: domain.to_owned(),
        path: path.to_owned(),
    }
}

fn shop() -> Purpose {
    Purpose::serve(&[place(DOMAIN, "/")])
}

/// A workspace that the action has made so many seconds before the world began.
fn made(id: u64, age: f64, repository: &str, purpose: Purpose) -> Workspace {
    let mark = OwnerLabel {
        repository: repository.into(),
        made_of: None,
        workflow: ".github/workflows/release.yml".to_owned(),
        flow: "candidate".to_owned(),
        purpose,
        commit: OLD.to_owned().try_into().ok(),
        run_id: id,
        attempt: 1,
        run_number: 1,
        launch: "0123456789abcdef".to_owned(),
    };
    let name = format!("shop-1111111-{id}");
    let mut workspace = Workspace::serving(id, &name, REPOSITORY, Commit::new(OLD));
    workspace.created_at = -age;
    workspace.run.as_mut().unwrap().started_at = -age;
    workspace.welcome_message = Some(mark.to_string());
    workspace
}

fn put(world: &mut World, workspace: Workspace) {
    world.workspaces.insert(workspace.id, workspace);
}

fn own(world: &mut World, id: u64, age: f64, purpose: Purpose) {
    put(world, made(id, age, "acme/shop", purpose));
}

/// Lets a workspace remember what its place pointed at before.
fn remembers(world: &mut World, id: u64, domain: &str, path: &str, before: &[u64]) {
    let link = ReleaseHistory {
        routes: vec![Before {
            domain: domain.to_owned(),
            path: path.to_owned(),
            workspaces: before.iter().copied().map(WorkspaceId).collect(),
        }],
        profile: None,
    };
    let workspace = world.workspaces.get_mut(&id).unwrap();
    let value = link.to_variable().value;
    workspace.env.insert(VARIABLE.to_owned(), value);
}

/// Six releases, a day apart; the last one serves.
pub(crate) fn six(world: &mut World) {
    for (id, age) in (4101..=SERVING).rev().zip(1..) {
        own(world, id, f64::from(age) * DAY, shop());
    }
    connect(world, DOMAIN, "/", &[SERVING]);
    remembers(world, SERVING, DOMAIN, "/", &[BEFORE]);
}

fn cleaned(scene: &Scene) -> Run {
    let run = scene.run();
    assert_eq!(
        (run.exit, run.ending()),
        (0, ("cleaned", "")),
        "{}",
        run.log
    );
    run
}

fn deletions(ids: &[u64]) -> Vec<String> {
    ids.iter()
        .map(|id| format!("DELETE /workspaces/{id}"))
        .collect()
}

#[test]
fn what_nothing_needs_is_deleted_and_the_rest_is_told_with_its_reason() {
    let scene = Scene::cleanup().world(six);
    let run = cleaned(&scene);
    assert_eq!(run.writes, deletions(&[4103, 4102, 4101]));
    run.tells(&[
        "Keep workspace 4106 (shop-1111111-4106), made for https://shop.example.com: https://shop.example.com points at it.",
        "Keep workspace 4105 (shop-1111111-4105), made for https://shop.example.com: a rollback of workspace 4106, which serves, would take it.",
        "Keep workspace 4104 (shop-1111111-4104), made for https://shop.example.com: within `keep-releases: 1`.",
        "Delete workspace 4103",
        "Delete workspace 4102",
        "Delete workspace 4101",
        "::group::Clean up",
        "deleted workspace 4103",
        "3 workspaces were deleted; 3 kept.",
    ]);
    assert!(
        run.summary.starts_with("## 🧹 Cleaned up\n"),
        "{}",
        run.summary
    );
    for row in [
        "| <code>4106</code>: shop-1111111-4106, made for https&#58;//shop.example.com | kept | https&#58;//shop.example.com points at it |",
        "| <code>4101</code>: shop-1111111-4101, made for https&#58;//shop.example.com | deleted | beyond <code>keep-releases&#58; 1</code> |",
    ] {
        assert!(run.summary.contains(row), "{row}\n{}", run.summary);
    }
    assert_eq!(scene.post(&run).writes, [""; 0]);
    assert_eq!(cleaned(&scene).writes, [""; 0], "once is enough");
}

#[test]
fn what_this_repository_has_not_made_for_the_place_is_not_even_judged() {
    let scene = Scene::cleanup().with("keep-releases", "0").world(|world| {
        put(world, made(4201, DAY, "acme/shop-2", shop()));
        put(world, made(4202, DAY, "acme/docs", shop()));
        own(world, 4203, DAY, Purpose::serve(&[place(DOMAIN, "/api")]));
        let both = [place(DOMAIN, "/"), place(DOMAIN, "/api")];
        own(world, 4204, DAY, Purpose::serve(&both));
        own(world, 4205, DAY, Purpose::serve([]));
        for (id, message) in [
            (4206, None),
            (4207, Some("Made by Codesphere Release for acme/shop")),
        ] {
            let mut look_alike = made(id, DAY, "acme/shop", shop());
            look_alike.welcome_message = message.map(str::to_owned);
            put(world, look_alike);
        }
    });
    let run = cleaned(&scene);
    assert_eq!(run.writes, [""; 0]);
    run.tells(&["There is no workspace of this repository to judge."]);
}

#[test]
fn without_a_domain_the_releases_of_every_place_are_counted_apart() {
    let scene = Scene::cleanup().with("domain", "").world(|world| {
        six(world);
        for (id, path) in [(4301, "/api"), (4302, "/api"), (4303, "/new")] {
            own(
                world,
                id,
                9e6 - f64::from(u32::try_from(id).unwrap()),
                Purpose::serve(&[place(DOMAIN, path)]),
            );
        }
        own(world, 4304, 9.0 * DAY, Purpose::serve([]));
        own(world, 4305, 8.0 * DAY, Purpose::serve([]));
    });
    let run = cleaned(&scene);
    assert_eq!(run.writes, deletions(&[4304, 4103, 4102, 4101, 4301]));
}

#[test]
fn a_candidate_for_any_place_that_a_rollback_would_take_is_kept() {
    let scene = Scene::cleanup()
        .with("domain", "")
        .with("keep-releases", "0")
        .world(|world| {
            own(world, 4301, 9.0 * DAY, Purpose::serve([]));
            own(world, 4302, 9.0 * DAY, Purpose::serve([]));
            remembers(world, LIVE, DOMAIN, "/", &[4301]);
        });
    assert_eq!(cleaned(&scene).writes, deletions(&[4302]));
}

#[test]
fn what_another_domain_points_at_is_kept() {
    let scene = Scene::cleanup().world(|world| {
        six(world);
        connect(world, "other.example.com", "/", &[4102]);
    });
    let run = cleaned(&scene);
    assert_eq!(run.writes, deletions(&[4103, 4101]));
    run.tells(&["Keep workspace 4102 (shop-1111111-4102), made for https://shop.example.com: https://other.example.com points at it."]);
}

#[test]
fn what_somebody_connects_meanwhile_is_kept() {
    let meanwhile = FaultKind::run(|world| connect(world, "other.example.com", "/", &[4102]));
    let scene = Scene::cleanup()
        .world(six)
        .fault(Fault::on("GET", "/domains/team/7", meanwhile).after(2));
    let run = cleaned(&scene);
    assert_eq!(run.writes, deletions(&[4103, 4101]));
    assert!(
        run.summary
            .contains("| kept | other.example.com points at it by now |"),
        "{}",
        run.summary
    );
}

#[test]
fn all_that_shared_a_place_before_is_what_a_rollback_takes() {
    let scene = Scene::cleanup().with("keep-releases", "0").world(|world| {
        six(world);
        remembers(world, SERVING, DOMAIN, "/", &[4101, 4103]);
    });
    assert_eq!(cleaned(&scene).writes, deletions(&[4105, 4104, 4102]));
}

#[test]
fn a_workspace_that_does_not_tell_what_served_before_it_keeps_all_that_could_have() {
    let gone = Fault::on("GET", "/workspaces/4106/env-vars", FaultKind::status(403));
    let broken = |world: &mut World| {
        let env = &mut world.workspaces.get_mut(&SERVING).unwrap().env;
        env.insert(VARIABLE.to_owned(), "?".to_owned());
    };
    for scene in [
        Scene::cleanup().world(six).fault(gone.always()),
        Scene::cleanup().world(six).world(broken),
    ] {
        let run = cleaned(&scene);
        assert_eq!(run.writes, [""; 0]);
        run.tells(&["Keep workspace 4101 (shop-1111111-4101), made for https://shop.example.com: it may be what a rollback of workspace 4106, which serves https://shop.example.com, would take: "]);
    }
}

#[test]
fn a_domain_that_points_at_what_is_gone_keeps_nothing() {
    let scene = Scene::cleanup().world(six).world(|world| {
        world.workspaces.remove(&SERVING);
    });
    assert_eq!(cleaned(&scene).writes, deletions(&[4104, 4103, 4102, 4101]));
}

#[test]
fn what_is_younger_than_an_hour_is_kept() {
    let scene = Scene::cleanup().with("keep-releases", "0").world(|world| {
        own(world, 4301, 3590.0, shop());
        own(world, 4302, 3601.0, shop());
    });
    let run = cleaned(&scene);
    assert_eq!(run.writes, deletions(&[4302]));
    run.tells(&["Keep workspace 4301 (shop-1111111-4301), made for https://shop.example.com: less than an hour old, so another run may be working on it."]);
}

#[test]
fn where_the_platform_does_not_say_what_time_it_is_nothing_is_old() {
    let scene = Scene::cleanup()
        .world(six)
        .world(|world| world.quirks.no_date = true);
    let run = cleaned(&scene);
    assert_eq!(run.writes, [""; 0]);
    run.tells(&[
        "Keep workspace 4101",
        "Codesphere's answers do not say what time it is there",
    ]);
}

#[test]
fn previews_go_by_their_last_update() {
    let preview = |world: &mut World, id, age, updated: Option<f64>| {
        own(world, id, age, Purpose::PullRequest(id));
        let run = &mut world.workspaces.get_mut(&id).unwrap().run;
        match updated {
            Some(updated) => run.as_mut().unwrap().started_at = -updated,
            None => *run = None,
        }
    };
    let scene = Scene::cleanup().world(|world| {
        preview(world, 4301, 20.0 * DAY, Some(15.0 * DAY));
        preview(world, 4302, 20.0 * DAY, Some(13.0 * DAY));
        preview(world, 4303, 20.0 * DAY, None);
        preview(world, 4304, 13.0 * DAY, None);
        preview(world, 4305, 20.0 * DAY, None);
        world.workspaces.get_mut(&4305).unwrap().asleep = true;
        preview(world, 4306, 20.0 * DAY, None);
        connect(world, "preview.example.com", "/", &[4306]);
        // The simulator's calendar starts at 1767225600.
        for (id, ago) in [(4308, 15.0 * DAY), (4309, 13.0 * DAY)] {
            preview(world, id, 20.0 * DAY, None);
            let workspace = world.workspaces.get_mut(&id).unwrap();
            workspace.asleep = true;
            let updated = (1_767_225_600.0 - ago).to_string();
            let note = ("CODESPHERE_RELEASE_UPDATED".to_owned(), updated);
            workspace.env.extend([note]);
        }
        put(
            world,
            made(4307, 20.0 * DAY, "acme/docs", Purpose::PullRequest(1)),
        );
    });
    let run = cleaned(&scene);
    assert_eq!(run.writes, deletions(&[4301, 4303, 4308]));
    run.tells(&[
        "Delete workspace 4301 (shop-1111111-4301), the preview of pull request 4301: not updated for 15 d.",
        "Keep workspace 4302 (shop-1111111-4302), the preview of pull request 4302: updated 13 d ago.",
        "Delete workspace 4303 (shop-1111111-4303), the preview of pull request 4303: not updated for 20 d.",
        "Keep workspace 4304 (shop-1111111-4304), the preview of pull request 4304: updated 13 d ago.",
        "Keep workspace 4305 (shop-1111111-4305), the preview of pull request 4305: when it was last updated is not known: ",
        "Keep workspace 4306 (shop-1111111-4306), the preview of pull request 4306: https://preview.example.com points at it.",
    ]);
    let stays = Scene::cleanup()
        .with("preview-max-age", "0")
        .world(|world| preview(world, 4301, 20.0 * DAY, Some(3590.0)));
    assert_eq!(
        cleaned(&stays).writes,
        [""; 0],
        "another run may be updating it"
    );
}

#[test]
fn a_preview_whose_remembered_time_is_none_is_kept() {
    for time in ["", "+1", "99999999999999999999", "yesterday"] {
        let scene = Scene::cleanup().world(|world| {
            own(world, 4301, 20.0 * DAY, Purpose::PullRequest(1));
            let note = ("CODESPHERE_RELEASE_UPDATED".to_owned(), time.to_owned());
            world.workspaces.get_mut(&4301).unwrap().env.extend([note]);
        });
        let run = cleaned(&scene);
        assert_eq!(run.writes, [""; 0], "{time}");
        run.tells(&["is not known: its variable CODESPHERE_RELEASE_UPDATED is no time that this action writes"]);
    }
}

#[test]
fn a_preview_whose_stages_tell_no_times_is_kept() {
    let scene = Scene::cleanup().world(|world| {
        own(world, 4301, 20.0 * DAY, Purpose::PullRequest(1));
        world.quirks.no_timestamps = true;
    });
    let run = cleaned(&scene);
    assert_eq!(run.writes, [""; 0]);
    run.tells(&["is not known: its stage run does not say when it began."]);
}

#[test]
fn one_that_cannot_be_deleted_keeps_none_of_the_others() {
    for (status, reason) in [(500, "api-error"), (403, "unauthorized")] {
        let refusal = Fault::on("DELETE", "/workspaces/4102", FaultKind::status(status));
        let scene = Scene::cleanup().world(six).fault(refusal.always());
        let run = scene.run();
        assert_eq!(
            (run.exit, run.ending()),
            (1, ("failed", reason)),
            "{}",
            run.log
        );
        assert_eq!(
            scene.workspaces(),
            [LIVE, 4002, 4102, 4104, BEFORE, SERVING]
        );
        let error = run.error();
        for told in [
            "workspace 4102 could not be deleted. Failed while deleting the workspace: DELETE /workspaces/4102 was answered",
            "2 workspaces were deleted; 3 kept. Still there: workspace 4102.",
        ] {
            assert!(error.contains(told), "{told}\n{error}");
        }
        assert!(
            run.summary
                .contains("| still there | Failed while deleting"),
            "{}",
            run.summary
        );
        assert_eq!(scene.post(&run).writes, [""; 0]);
    }
}

#[test]
fn after_five_failures_in_a_row_the_rest_is_not_tried() {
    let refusal = Fault::on("DELETE", "/workspaces/*", FaultKind::status(403));
    let scene = Scene::cleanup()
        .with("keep-releases", "0")
        .world(|world| (4301..4311).for_each(|id| own(world, id, DAY, shop())))
        .fault(refusal.always());
    let run = scene.run();
    assert_eq!(run.ending(), ("failed", "unauthorized"), "{}", run.log);
    assert_eq!(run.writes.len(), 5);
    run.tells(&["workspace 4301 is still there: not tried any more"]);
}

#[test]
fn failures_that_are_not_in_a_row_stop_nothing() {
    let mut scene = Scene::cleanup()
        .with("keep-releases", "0")
        .world(|world| (4301..4311).for_each(|id| own(world, id, DAY, shop())));
    for id in (4301..4311).filter(|id| *id != 4306) {
        let path = format!("/workspaces/{id}");
        scene = scene.fault(Fault::on("DELETE", &path, FaultKind::status(403)));
    }
    let run = scene.run_anyhow();
    assert_eq!(run.ending(), ("failed", "unauthorized"), "{}", run.log);
    assert_eq!(run.writes.len(), 10, "{:?}", run.writes);
}

#[test]
fn two_clean_ups_at_once_do_not_mind_each_other() {
    let other = FaultKind::run(|world| {
        world.workspaces.remove(&4102);
    });
    let scene = Scene::cleanup()
        .world(six)
        .fault(Fault::on("DELETE", "/workspaces/4102", other));
    let run = cleaned(&scene);
    assert_eq!(run.writes, deletions(&[4103, 4102, 4101]));
    assert_eq!(run.output("reason"), "");
}

#[test]
fn a_team_may_have_twenty_thousand_workspaces() {
    let scene = Scene::cleanup()
        .world(six)
        .world(|world| world.quirks.many_workspaces = 20_000);
    assert_eq!(cleaned(&scene).writes, deletions(&[4103, 4102, 4101]));
}

#[test]
fn a_dry_run_tells_every_decision_and_deletes_nothing() {
    let scene = Scene::cleanup().with("dry-run", "true").world(six);
    let run = scene.run();
    assert_eq!(
        (run.exit, run.ending()),
        (0, ("planned", "")),
        "{}",
        run.log
    );
    assert_eq!(run.writes, [""; 0]);
    run.tells(&[
        "Keep workspace 4104",
        "Delete workspace 4103",
        "Delete workspace 4101",
    ]);
    assert!(
        run.summary.contains("4. Delete workspace 4103"),
        "{}",
        run.summary
    );
}

#[test]
fn a_cancelled_clean_up_stops_between_two_deletions() {
    let scene = Scene::cleanup().world(six);
    let cancel = scene.cancel.clone();
    let mut scene = scene.fault(Fault::on(
        "DELETE",
        "/workspaces/4103",
        FaultKind::run_after(move |_| cancel.cancel()),
    ));
    let run = scene.run();
    assert_eq!(
        (run.exit, run.ending()),
        (130, ("cancelled", "cancelled")),
        "{}",
        run.log
    );
    assert_eq!(run.writes, deletions(&[4103]));
    assert!(
        run.error().contains("Still there: workspaces "),
        "{}",
        run.error()
    );
    let rest = "4101, made for https&#58;//shop.example.com | still there | not tried any more |";
    assert!(run.summary.contains(rest), "{}", run.summary);
    scene.uncancel();
    assert_eq!(scene.post(&run).writes, [""; 0]);
    assert_eq!(cleaned(&scene).writes, deletions(&[4102, 4101]));
}

/// Each kind of call that a clean run makes × what may befall it, once and for ever.
#[test]
fn whatever_befalls_a_call_only_what_nothing_needs_is_deleted() {
    let clean = Scene::cleanup().world(six);
    cleaned(&clean);
    let mut calls: Vec<(String, String)> = clean
        .sim
        .calls()
        .into_iter()
        .map(|call| (call.method, call.path))
        .collect();
    calls.sort();
    calls.dedup();
    assert!(calls.len() > 6, "{calls:?}");
    for (method, path) in calls {
        for kind in [
            FaultKind::ResetBefore,
            FaultKind::ResetAfter,
            FaultKind::Truncated,
            FaultKind::BrokenJson,
            FaultKind::WrongShape,
            FaultKind::status(403),
            FaultKind::status(404),
            FaultKind::status(429),
            FaultKind::status(500),
            FaultKind::status(503),
        ] {
            let method = if method == "GET" { "GET" } else { "DELETE" };
            let fault = Fault::on(method, &path, kind);
            for fault in [fault.clone(), fault.always()] {
                befallen(&Scene::cleanup().world(six).fault(fault));
            }
        }
    }
}

fn befallen(scene: &Scene) {
    let run = scene.run();
    let there = scene.workspaces();
    for needed in [LIVE, 4104, BEFORE, SERVING] {
        assert!(there.contains(&needed), "{needed}\n{}", run.log);
    }
    match run.output("outcome") {
        "cleaned" => assert_eq!(run.exit, 0),
        "failed" => assert_eq!((run.exit, run.annotations("error").len()), (1, 1)),
        other => panic!("{other}\n{}", run.log),
    }
}

#[test]
fn what_cannot_be_read_forbids_the_whole() {
    for path in ["/workspaces/team/7", "/domains/team/7"] {
        let refusal = Fault::on("GET", path, FaultKind::status(403)).always();
        let run = Scene::cleanup().world(six).fault(refusal).run();
        assert_eq!(run.ending(), ("failed", "unauthorized"), "{}", run.log);
        assert_eq!(run.writes, [""; 0]);
    }
}

#[test]
fn inputs_that_would_delete_more_than_is_meant_are_refused() {
    let refused = |scene: Scene| {
        let run = scene.run();
        assert_eq!(run.ending(), ("failed", "invalid-input"), "{}", run.log);
        run.error()
    };
    let error = refused(Scene::cleanup().with("keep-releases", ""));
    assert!(
        error.contains("`keep-releases` is missing: the flow `cleanup` needs it"),
        "{error}"
    );
    let error = refused(Scene::cleanup().with("domain", "").with("path", "/api"));
    assert!(
        error.contains("`path` is given without `domain`"),
        "{error}"
    );
    let error = refused(Scene::cleanup().with("keep-releases", "-1"));
    assert!(
        error.contains("`keep-releases` is \"-1\". Good: a whole number"),
        "{error}"
    );
}

fn released(scene: &Scene) -> Run {
    let run = scene.run();
    assert_eq!(
        (run.exit, run.ending()),
        (0, ("released", "")),
        "{}",
        run.log
    );
    run
}

/// Six earlier releases, and previews and releases of other places that a release leaves alone.
fn shop_with_history(world: &mut World) {
    six(world);
    own(world, 4301, 20.0 * DAY, Purpose::PullRequest(1));
    own(world, 4302, 20.0 * DAY, Purpose::serve([]));
    own(
        world,
        4303,
        20.0 * DAY,
        Purpose::serve(&[place(DOMAIN, "/api")]),
    );
}

fn deleted(run: &Run) -> Vec<String> {
    let mut writes = run.writes.clone();
    writes.retain(|write| write.starts_with("DELETE"));
    writes
}

#[test]
fn a_release_leaves_so_many_earlier_ones() {
    let scene = Scene::zero_downtime()
        .with("keep-releases", "1")
        .world(shop_with_history);
    let run = released(&scene);
    assert_eq!(deleted(&run), deletions(&[4104, 4103, 4102, 4101]));
    run.tells(&[
        "After a good release, delete this repository's releases and candidates for https://shop.example.com but for the 1 newest",
        "::group::Clean up",
        "Keep workspace 5001 (shop-aaaaaaa-9876543210), made for https://shop.example.com: https://shop.example.com points at it.",
        "Keep workspace 4106 (shop-1111111-4106), made for https://shop.example.com: a rollback of workspace 5001, which serves, would take it.",
        "Keep workspace 4105 (shop-1111111-4105), made for https://shop.example.com: within `keep-releases: 1`.",
        "For a rollback, workspace 4106 was kept. 4 earlier releases were deleted (`keep-releases`).",
    ]);
    assert!(run.annotations("warning").is_empty(), "{}", run.log);
    assert_eq!(scene.post(&run).writes, [""; 0]);
}

#[test]
fn a_promotion_leaves_so_many_earlier_releases() {
    let scene = Scene::candidate()
        .world(shop_with_history)
        .promoting()
        .with("keep-releases", "0");
    let run = released(&scene);
    assert_eq!(deleted(&run), deletions(&[4105, 4104, 4103, 4102, 4101]));
}

#[test]
fn without_the_input_a_release_deletes_nothing_and_reads_no_list() {
    let scene = Scene::zero_downtime().world(shop_with_history);
    let run = released(&scene);
    assert!(!run.groups().contains(&"Clean up"), "{}", run.log);
    assert_eq!(deleted(&run), [""; 0]);
}

#[test]
fn a_clean_up_that_fails_after_a_good_release_is_a_warning() {
    for (method, path) in [
        ("DELETE", "/workspaces/4102"),
        ("GET", "/workspaces/team/7"),
        ("GET", "/domains/team/7"),
    ] {
        let refusal = Fault::on(method, path, FaultKind::status(403));
        let scene = Scene::zero_downtime()
            .with("keep-releases", "1")
            .world(shop_with_history)
            .fault(refusal.always());
        let run = released(&scene);
        let warnings = run.annotations("warning");
        assert_eq!(warnings.len(), 1, "{}", run.log);
        assert!(warnings[0].contains("The release is good, but earlier ones were not cleaned up as `keep-releases` asks: "), "{}", warnings[0]);
        assert_eq!(scene.pointed("/"), [5001]);
        assert_eq!(scene.post(&run).writes, [""; 0]);
    }
}

#[test]
fn a_cancellation_after_a_good_release_leaves_it_good() {
    let scene = Scene::zero_downtime()
        .with("keep-releases", "1")
        .world(shop_with_history);
    let cancel = scene.cancel.clone();
    let mut scene = scene.fault(Fault::on(
        "DELETE",
        "/workspaces/4104",
        FaultKind::run_after(move |_| cancel.cancel()),
    ));
    let run = released(&scene);
    assert_eq!(run.annotations("warning").len(), 1, "{}", run.log);
    assert!(scene.workspaces().contains(&4103));
    scene.uncancel();
    assert_eq!(scene.post(&run).writes, [""; 0]);
    assert_eq!(scene.pointed("/"), [5001]);
}
