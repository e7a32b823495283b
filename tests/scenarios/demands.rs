//! What a landscape's file demands: secrets, plans and replicas, all of it checked before anything is built.

use std::collections::BTreeSet;
use std::time::Duration;

use codesphere_simulator::{Fault, FaultKind, LIVE, Service, World};

use crate::harness::{Run, Scene, new_commit};

const NEXT: u64 = 5001;

/// A service that takes two secrets, in both spellings.
fn web() -> Service {
    Service::reactive("web")
        .with("KEY", "${{ vault.STRIPE }}")
        .with("URL", "postgres://${{ vault['db-password'] }}@db")
}

fn with(services: Vec<Service>) -> impl FnOnce(&mut World) {
    move |world| new_commit(world).ci.services = services
}

fn secrets(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn own(names: &[&str]) -> impl FnOnce(&mut World) {
    let names = secrets(names);
    move |world| world.workspaces.get_mut(&LIVE).unwrap().vault = names
}

fn shared(vault: &str, names: &[&str]) -> impl FnOnce(&mut World) {
    let (vault, names) = (vault.to_owned(), secrets(names));
    move |world| drop(world.shared_vaults.insert(vault, names))
}

/// Refused, and nothing was deployed or started.
fn is_refused(run: &Run, words: &[&str]) {
    assert_eq!(run.ending(), ("reverted", "refused"), "{}", run.log);
    for words in words {
        assert!(run.error().contains(words), "{words}\n---\n{}", run.error());
    }
    let touched = |write: &&String| {
        ["/landscape/", "/start"]
            .iter()
            .any(|part| write.contains(part))
    };
    let touched: Vec<&String> = run.writes.iter().filter(touched).collect();
    assert_eq!(touched, [""; 0], "{}", run.log);
}

fn is_released(run: &Run) {
    assert_eq!(run.ending(), ("released", ""), "{}", run.log);
}

#[test]
fn a_new_workspace_whose_vault_is_empty_is_refused() {
    for scene in [Scene::zero_downtime(), Scene::candidate()] {
        let scene = scene
            .world(with(vec![web()]))
            .world(own(&["STRIPE", "db-password"]));
        let run = scene.run();
        is_refused(
            &run,
            &[
                "The vault of workspace 5001 lacks STRIPE and db-password",
                "a new workspace starts with an empty vault",
                "Codesphere would refuse to deploy the landscape",
                "give that vault's name as `shared-vault`",
            ],
        );
        assert!(!scene.workspaces().contains(&NEXT));
    }
}

#[test]
fn a_new_workspace_reads_from_the_shared_vault_that_it_is_given() {
    let scene = |names: &[&str]| {
        Scene::zero_downtime()
            .with("shared-vault", "prod")
            .world(with(vec![web()]))
            .world(shared("prod", names))
    };
    is_refused(
        &scene(&["STRIPE"]).run(),
        &["The shared vault \"prod\" lacks db-password, which the CI profile takes from it"],
    );
    let run = scene(&["STRIPE", "db-password", "other"]).run();
    is_released(&run);
    run.tells(&[
        "Check the CI profile",
        "the vault has STRIPE and db-password",
        "Deploy the landscape",
    ]);
}

#[test]
fn a_shared_vault_that_does_not_exist_is_told_in_the_plan() {
    let scene = Scene::zero_downtime()
        .with("shared-vault", "prd")
        .world(shared("prod", &[]));
    let run = scene.run();
    assert_eq!(run.ending(), ("failed", "not-found"), "{}", run.log);
    for words in [
        "has no shared vault \"prd\"",
        "Its shared vaults are: prod.",
    ] {
        assert!(run.error().contains(words), "{}", run.error());
    }
    assert_eq!(run.writes, [""; 0]);
    let old = Scene::zero_downtime()
        .with("shared-vault", "prod")
        .world(|world| world.quirks.no_vault = true);
    is_released(&old.run());
}

#[test]
fn an_update_reads_from_the_workspaces_own_vault() {
    let scene = |names: &[&str]| Scene::simple().world(with(vec![web()])).world(own(names));
    is_refused(
        &scene(&["STRIPE"]).run(),
        &[
            "The vault of workspace 4001 lacks db-password",
            "no shared vault of the team",
        ],
    );
    is_released(&scene(&["STRIPE", "db-password"]).run());
}

#[test]
fn an_update_whose_workspace_may_read_from_a_shared_vault_goes_on() {
    let scene = Scene::simple()
        .world(with(vec![web()]))
        .world(shared("dev", &["STRIPE"]))
        .world(shared("prod", &["STRIPE", "db-password"]))
        .world(|world| {
            let live = world.workspaces.get_mut(&LIVE).unwrap();
            live.shared_vault = Some("prod".to_owned());
        });
    let run = scene.run();
    is_released(&run);
    let told = "may read from a shared one instead (prod)";
    assert!(run.log.contains(told), "{}", run.log);
    assert!(
        run.summary.contains("shared one instead"),
        "{}",
        run.summary
    );
}

#[test]
fn without_vaults_in_the_api_it_is_a_note() {
    let unread = Fault::on("GET", "/vault/**", FaultKind::status(403));
    for scene in [
        Scene::simple().world(|world| world.quirks.no_vault = true),
        Scene::simple().fault(unread.always()),
    ] {
        let scene = scene
            .world(with(vec![web()]))
            .world(own(&["STRIPE", "db-password"]));
        let run = scene.run();
        is_released(&run);
        let told = "whether it has STRIPE and db-password is not known";
        assert!(run.log.contains(told), "{}", run.log);
        assert!(run.summary.contains("is not known"), "{}", run.summary);
    }
}

#[test]
fn a_vault_that_stays_busy_holds_nothing_up_for_long() {
    let busy = Fault::on("GET", "/vault/**", FaultKind::status(503));
    let scene = Scene::simple()
        .world(with(vec![web()]))
        .world(own(&["STRIPE", "db-password"]))
        .fault(busy.always());
    let run = scene.run();
    is_released(&run);
    assert!(run.took < Duration::from_mins(1), "{:?}", run.took);
}

#[test]
fn a_landscape_that_is_not_deployed_demands_nothing() {
    let scene = Scene::simple()
        .with("landscape", "false")
        .world(with(vec![web().planned(99)]));
    let run = scene.run();
    assert!(!run.log.contains("Check the CI profile"), "{}", run.log);
    let asked = |call: codesphere_simulator::Call| call.path.starts_with("/vault");
    assert!(!scene.sim.calls().into_iter().any(asked));
}

#[test]
fn what_no_plan_allows_is_refused_together_with_what_the_vault_lacks() {
    let services = vec![
        web().planned(9).times(5),
        Service::reactive("api").on("/api").planned(99),
        Service::reactive("worker").on("").planned(9).times(4),
    ];
    for scene in [Scene::simple(), Scene::zero_downtime()] {
        let run = scene.world(with(services.clone())).run();
        is_refused(
            &run,
            &[
                "2 things stand in the way:\n- The vault",
                "lacks STRIPE and db-password",
                "api names plan 99, which does not exist; web wants 5 replicas, and its plan Boost (9) allows 4 at most.",
                "Plans: Micro (8), Boost (9), Boost (10, on-demand) and Nap (12, on-demand).",
            ],
        );
        assert!(!run.error().contains("worker"), "{}", run.error());
    }
}

#[test]
fn a_service_that_falls_asleep_is_a_warning() {
    let nap = || with(vec![Service::reactive("web").planned(12)]);
    for scene in [Scene::simple(), Scene::zero_downtime()] {
        let run = scene.world(nap()).run();
        is_released(&run);
        let told = run.annotations("warning").concat();
        assert!(told.contains("web on Nap (12)"), "{told}");
        assert!(told.contains("fall asleep"), "{told}");
    }
    let awake = with(vec![Service::reactive("web").planned(9)]);
    let run = Scene::simple().world(awake).run();
    is_released(&run);
    assert_eq!(run.annotations("warning"), [""; 0]);
}

#[test]
fn plans_that_cannot_be_read_end_no_release() {
    let refused = Fault::on("GET", "/metadata/workspace-plans", FaultKind::status(403));
    let scene = Scene::simple()
        .world(with(vec![Service::reactive("web").planned(9)]))
        .fault(refused.always());
    let run = scene.run();
    is_released(&run);
    assert!(
        run.log
            .contains("whether the services' plans exist is not known"),
        "{}",
        run.log
    );
}

#[test]
fn a_build_machine_may_sleep_where_the_inputs_say_that_it_is_one() {
    let scene = || {
        Scene::zero_downtime()
            .with("plan", "Nap")
            .world(with(vec![Service::reactive("web")]))
    };
    let run = scene().run();
    assert_eq!(run.ending(), ("failed", "refused"), "{}", run.log);
    assert!(
        run.error()
            .contains("`landscape: true` says that it is one"),
        "{}",
        run.error()
    );
    let run = scene().with("landscape", "true").run();
    is_released(&run);
    run.tells(&["on plan Nap (12), which is on-demand"]);
}

#[test]
fn what_prepare_adds_to_the_file_is_checked_before_it_is_deployed() {
    let add = |world: &mut World| {
        for commit in &mut world.workspaces.get_mut(&LIVE).unwrap().objects {
            commit.ci.services = vec![web()];
        }
    };
    let prepare = Fault::on(
        "POST",
        "/workspaces/4001/pipeline/prepare/start",
        FaultKind::run_after(add),
    );
    let scene = Scene::simple()
        .world(with(vec![Service::reactive("web")]))
        .fault(prepare);
    let run = scene.run();
    assert_eq!(run.ending(), ("reverted", "refused"), "{}", run.log);
    assert!(run.error().contains("lacks STRIPE"), "{}", run.error());
    assert!(
        !run.writes.iter().any(|write| write.contains("landscape")),
        "{:?}",
        run.writes
    );
}
