//! What people read where the platform says no more than that something is wrong with a landscape.

use codesphere_simulator::{Ci, Fault, FaultKind, LIVE, Lack, Script, Service, World};

use crate::harness::{Run, Scene, new_commit};

const SHOWN: &str = "ci.yml shows what is answered like this: ";

fn ci(change: impl FnOnce(&mut Ci)) -> impl FnOnce(&mut World) {
    move |world| {
        let ci = &mut new_commit(world).ci;
        ci.services = vec![Service::reactive("web")];
        change(ci);
    }
}

fn lacking(lacks: &[Lack]) -> impl FnOnce(&mut World) {
    let lacks = lacks.to_vec();
    ci(move |ci| ci.lacks = lacks)
}

/// What is told of a landscape that could not be deployed or started, which changed nothing for good.
fn told(run: &Run, reason: &str) -> String {
    assert_eq!(run.ending(), ("reverted", reason), "{}", run.log);
    let error = run.error();
    assert!(error.contains("traceId trace-"), "{error}");
    error
}

fn tells(error: &str, texts: &[&str]) {
    for text in texts {
        assert!(error.contains(text), "{text}\n---\n{error}");
    }
}

#[test]
fn what_the_file_lacks_is_named_where_a_deployment_is_refused() {
    for scene in [Scene::simple as fn() -> Scene, Scene::zero_downtime] {
        for (lacks, shown) in [
            (
                vec![Lack::Test],
                "`test` is missing (`steps: []` in it is enough).",
            ),
            (vec![Lack::Network], "web has no `network`."),
            (vec![Lack::VolumeMounts], "web has no `volumeMounts`."),
            (
                vec![Lack::Network, Lack::VolumeMounts],
                "web has no `network` and web has no `volumeMounts`.",
            ),
        ] {
            let run = scene()
                .with("prepare", "false")
                .world(lacking(&lacks))
                .run();
            let error = told(&run, "api-error");
            tells(
                &error,
                &[
                    &format!("{SHOWN}{shown}"),
                    "Correct that in ci.yml",
                    "names the field",
                ],
            );
        }
    }
}

#[test]
fn where_the_file_shows_nothing_the_usual_causes_are_listed() {
    let run = Scene::zero_downtime()
        .world(ci(|ci| ci.broken = true))
        .run();
    let error = told(&run, "api-error");
    tells(
        &error,
        &[
            "Failed while deploying the landscape: POST /workspaces/5001/landscape/deploy was answered 500",
            "ci.yml breaks its schema, and does not say where",
            "open the editor of the landscape in Codesphere",
            "`on-failure: keep`",
            "`prepare` or `test` is missing; a service has no `network`",
            "give them the trace id",
        ],
    );
    assert!(!error.contains(SHOWN), "{error}");
}

#[test]
fn a_stage_that_cannot_be_started_is_told_in_the_same_words() {
    let flat = |world: &mut World| new_commit(world).ci.lacks = vec![Lack::Test];
    let error = told(&Scene::simple().world(flat).run(), "api-error");
    tells(
        &error,
        &["Failed while starting prepare", SHOWN, "`test` is missing"],
    );
}

#[test]
fn a_landscape_that_was_not_deployed_is_the_cause_why_run_cannot_start() {
    let scene = Scene::zero_downtime()
        .with("landscape", "false")
        .world(lacking(&[]));
    let error = told(&scene.run(), "api-error");
    tells(
        &error,
        &[
            "Failed while starting run",
            SHOWN,
            "which this release has not deployed",
            "Leave out `landscape: false`",
        ],
    );
}

#[test]
fn a_secret_is_a_cause_only_where_the_vault_could_not_be_read() {
    let web = || Service::reactive("web").with("KEY", "${{ vault.STRIPE }}");
    let unread = Scene::simple()
        .world(ci(|ci| ci.services = vec![web()]))
        .world(|world| world.quirks.no_vault = true);
    let error = told(&unread.run(), "api-error");
    tells(
        &error,
        &[
            SHOWN,
            "it takes STRIPE from a vault, and whether the vault has that is not known",
        ],
    );
    let read = Scene::simple()
        .world(ci(|ci| (ci.services, ci.broken) = (vec![web()], true)))
        .world(|world| {
            let live = world.workspaces.get_mut(&LIVE).unwrap();
            live.vault.insert("STRIPE".to_owned());
        });
    let error = told(&read.with("prepare", "false").run(), "api-error");
    assert!(!error.contains("STRIPE"), "{error}");
}

#[test]
fn a_workspace_that_fell_asleep_is_the_first_cause() {
    let sleep = |world: &mut World| {
        let made = world.workspaces.get_mut(&5001).unwrap();
        made.asleep = true;
    };
    let deploy = "/workspaces/5001/landscape/deploy";
    let scene = Scene::zero_downtime().world(lacking(&[])).fault(Fault::on(
        "POST",
        deploy,
        FaultKind::run(sleep),
    ));
    let error = told(&scene.run(), "api-error");
    tells(
        &error,
        &["Workspace 5001 sleeps", "Wake the workspace in Codesphere"],
    );
    assert!(!error.contains(SHOWN), "{error}");
}

#[test]
fn what_is_no_landscape_or_has_a_bad_template_is_told_apart() {
    let flat = Scene::zero_downtime().with("landscape", "true").run();
    let error = told(&flat, "refused");
    assert!(!flat.log.contains("::group::Prepare"), "{}", flat.log);
    tells(
        &error,
        &[
            "Multi Server Deployment",
            "describes one server, and no landscape",
            "Leave out `landscape: true`",
        ],
    );
    let templated = |value: &'static str| {
        let web = Service::reactive("web").with("URL", value);
        Scene::zero_downtime().world(ci(|ci| {
            (ci.services, ci.bad_template) = (vec![web], true);
        }))
    };
    let error = told(&templated("${{ workspace.dev-domain }}").run(), "refused");
    tells(
        &error,
        &[
            "may refer to nothing: ${{ workspace.dev-domain }}.",
            "Correct the template",
            "`${{ workspace.devDomain }}`",
        ],
    );
    let error = told(&templated("${{ workspace.env.URL }}").run(), "refused");
    tells(
        &error,
        &[
            "ci.yml describes a landscape; Codesphere answers like this, too",
            "Check the templates",
        ],
    );
    let file =
        |world: &mut World| new_commit(world).ci.text = Some("schemaVersion: new\n".to_owned());
    let error = told(
        &Scene::zero_downtime()
            .with("landscape", "true")
            .world(file)
            .run(),
        "refused",
    );
    tells(
        &error,
        &["a profile without a file, and for a template that refers to nothing"],
    );
}

#[test]
fn hints_speak_of_the_services_ports_and_plan() {
    let says = |line: &str| {
        let lines = vec![('E', line.to_owned())];
        Scene::zero_downtime()
            .with("health-timeout", "10s")
            .world(ci(|ci| ci.run.lines = lines))
            .world(|world| new_commit(world).app.status = 502)
    };
    let run = says("listening on port 8080").run();
    let error = told_of_health(&run);
    tells(
        &error,
        &[
            "listens on port 8080, but `network.paths` in the CI profile leads to port 3000",
            "the service's `plan`",
        ],
    );
    let error = told_of_health(&says("JavaScript heap out of memory").run());
    tells(&error, &["name a plan with more in the service's `plan`"]);
    let error = told_of_health(&says("up").run());
    tells(
        &error,
        &[
            "Read the log of the service that serves this path",
            "at the port that `network.paths` names",
        ],
    );
    let fails = ci(|ci| {
        ci.run.fails = true;
        ci.run.lines = vec![('E', "exit code 137".to_owned())];
    });
    let run = Scene::simple().world(fails).run();
    assert_eq!(run.ending(), ("reverted", "stage-failed"), "{}", run.log);
    tells(&run.error(), &["the service's `plan` in the CI profile"]);
    let killed = ci(|ci| {
        ci.prepare = Script::failing(1.0, &["Killed: exit code 137"]);
    });
    let run = Scene::simple().world(killed).run();
    tells(&run.error(), &["choose a plan with more (`plan`;"]);
}

fn told_of_health(run: &Run) -> String {
    assert_eq!(run.ending(), ("reverted", "unhealthy"), "{}", run.log);
    run.error()
}

#[test]
fn a_health_path_to_which_no_path_leads_is_a_warning_at_once() {
    let scene = |paths: &[&str], health: &str| {
        let services = paths.iter().enumerate();
        let services: Vec<Service> = services
            .map(|(number, path)| Service::reactive(&format!("web-{number}")).on(path))
            .collect();
        Scene::simple()
            .with("health-path", health)
            .with("health-timeout", "5s")
            .world(ci(|ci| ci.services = services))
    };
    let warned = |run: &Run| {
        run.annotations("warning")
            .concat()
            .contains("leads to `health-path`")
    };
    let run = scene(&["/api", "/docs/"], "/status").run();
    run.tells(&[
        "No path of `network.paths` in the CI profile leads to `health-path` (/status)",
        "The paths are: /api and /docs/.",
        "Prepare",
    ]);
    for (paths, health) in [
        (&["/api", "/"][..], "/status"),
        (&["/api"][..], "/api"),
        (&["/api/"][..], "/api/health?deep=1"),
    ] {
        let run = scene(paths, health).run();
        assert!(!warned(&run), "{paths:?} {health}\n{}", run.log);
    }
    assert!(warned(&scene(&["/api"], "/apix").run()));
    assert!(!warned(
        &scene(&["/api"], "/").with("health-check", "false").run()
    ));
    let old = scene(&["/api"], "/").world(|world| new_commit(world).ci.lacks = vec![Lack::Network]);
    assert!(!warned(&old.run()));
}

#[test]
fn a_name_that_is_none_is_a_warning_at_once_and_a_cause_later() {
    let scene = Scene::zero_downtime().world(ci(|ci| {
        ci.services
            .push(Service::reactive("My Web\n::error::x").on(""));
    }));
    let run = scene.run();
    let error = told(&run, "api-error");
    let warned = run.annotations("warning").concat();
    assert!(warned.contains("is no name of a service"), "{warned}");
    tells(&error, &[SHOWN, "is no name of a service"]);
    assert!(
        !run.log.lines().any(|line| line.starts_with("::error::x")),
        "{}",
        run.log
    );
}
