use codesphere_simulator::{Fault, FaultKind, TOKEN};

use crate::harness::Scene;

pub(crate) const INSTALLATION: &str = "https://cloud.codesphere.test";

#[test]
fn an_installation_with_an_own_authority_is_reached_through_the_environment_s_proxy() {
    for api in [
        "https://cloud.codesphere.test",
        "https://cloud.codesphere.test/api/",
    ] {
        let run = Scene::simple().with("api-url", api).run();
        assert_eq!(run.exit, 0, "{}", run.log);
    }
}

#[test]
fn a_redirect_to_the_data_centre_keeps_method_body_and_token() {
    for scene in [Scene::simple(), Scene::zero_downtime()] {
        let scene = scene
            .with("api-url", INSTALLATION)
            .world(|world| world.quirks.redirect_to_datacenter = true);
        let run = scene.run();
        assert_eq!(run.exit, 0, "{}", run.log);
        assert!(
            scene
                .sim
                .calls()
                .iter()
                .any(|call| call.status == Some(307))
        );
    }
}

#[test]
fn a_redirect_to_anybody_else_is_refused_and_never_sees_the_token() {
    for place in [
        "https://evil.example.com/api",
        "https://149-3000.1.cloud.codesphere.test/api",
        "http://cloud.codesphere.test/api",
    ] {
        let scene = Scene::simple()
            .with("api-url", INSTALLATION)
            .world(|world| world.quirks.hostile_redirect = Some(place.to_owned()));
        let run = scene.run();
        assert_eq!(
            (run.exit, run.ending()),
            (1, ("failed", "api-error")),
            "{}",
            run.log
        );
        let host = place.split('/').nth(2).unwrap();
        assert!(
            run.error().contains(&format!("redirected to {host}")),
            "{}",
            run.error()
        );
    }
}

#[test]
fn a_certificate_that_nobody_vouches_for_is_told_at_once() {
    let scene = Scene::simple()
        .with("api-url", INSTALLATION)
        .with("ca-certificate", "");
    let run = scene.run();
    assert_eq!(run.ending(), ("failed", "unreachable"), "{}", run.log);
    assert!(run.error().contains("`ca-certificate`"), "{}", run.error());
    assert!(!run.log.contains("trying again"), "{}", run.log);
}

#[test]
fn a_proxy_that_asks_for_a_login_gets_the_one_of_its_address() {
    let login = |scene: Scene| {
        scene
            .with("api-url", INSTALLATION)
            .world(|world| world.quirks.proxy_login = Some(("me".to_owned(), "secret".to_owned())))
    };
    let scene = login(Scene::simple());
    let address = scene
        .sim
        .proxy_url()
        .replace("http://", "http://me:secret@");
    let run = scene.variable("HTTPS_PROXY", &address).run();
    assert_eq!(run.exit, 0, "{}", run.log);
    let run = login(Scene::simple()).run();
    assert_eq!(run.ending(), ("failed", "unreachable"), "{}", run.log);
    assert!(run.error().contains("proxy"), "{}", run.error());
    assert!(run.error().contains("407"), "{}", run.error());
    assert!(!run.log.contains("trying again"), "{}", run.log);
    assert!(!run.log.contains("secret"));
}

#[test]
fn a_proxy_that_is_no_address_is_told() {
    let run = Scene::simple()
        .variable("HTTPS_PROXY", "::nonsense::")
        .run();
    assert_eq!(run.ending(), ("failed", "invalid-input"), "{}", run.log);
    assert!(run.error().contains("HTTPS_PROXY"), "{}", run.error());
}

#[test]
fn hosts_in_no_proxy_are_asked_directly() {
    let run = Scene::simple()
        .with("api-url", INSTALLATION)
        .variable("NO_PROXY", "localhost, codesphere.test:443")
        .run();
    assert_eq!(
        run.ending(),
        ("failed", "unreachable"),
        "there is no such host but behind the proxy: {}",
        run.log
    );
}

#[test]
fn every_request_says_who_asks_and_shows_the_token_to_the_api_only() {
    let scene = Scene::zero_downtime();
    assert_eq!(scene.run().exit, 0);
    for call in scene.sim.calls() {
        assert_eq!(
            call.header("user-agent"),
            Some(concat!("codesphere-release/", env!("CARGO_PKG_VERSION")))
        );
        assert_eq!(
            call.header("authorization"),
            Some(format!("Bearer {TOKEN}").as_str())
        );
    }
}

#[test]
fn a_redirect_loop_ends() {
    let to_itself = FaultKind::Status {
        status: 307,
        headers: vec![("Location".to_owned(), "/api/workspaces/4001".to_owned())],
        body: String::new(),
    };
    let scene = Scene::simple().fault(Fault::on("GET", "/workspaces/4001", to_itself).always());
    let run = scene.run_anyhow();
    assert_eq!(run.ending(), ("failed", "api-error"), "{}", run.log);
    assert!(
        run.error().contains("more than 10 redirects"),
        "{}",
        run.error()
    );
}

#[test]
fn a_redirect_that_would_turn_a_write_into_a_read_is_refused() {
    let found = FaultKind::Status {
        status: 302,
        headers: vec![("Location".to_owned(), "/api/elsewhere".to_owned())],
        body: String::new(),
    };
    let run = Scene::simple()
        .fault(Fault::on("POST", "/workspaces/4001/pipeline/prepare/start", found).always())
        .run_anyhow();
    assert_eq!(run.ending(), ("reverted", "api-error"), "{}", run.log);
    assert!(
        run.error().contains("would turn POST into GET"),
        "{}",
        run.error()
    );
}

#[test]
fn the_key_is_shown_to_a_restricted_dev_domain_only_and_only_where_that_is_a_host_name() {
    let odd = "4001-3000.2.codesphere.test@evil.example.com";
    let scene = Scene::simple().world(|world| {
        let workspace = world
            .workspaces
            .get_mut(&codesphere_simulator::LIVE)
            .unwrap();
        workspace.restricted = true;
        workspace.dev_domain = odd.to_owned();
    });
    let run = scene.run();
    assert_eq!(
        (run.ending(), run.writes.len()),
        (("failed", "unhealthy"), 0),
        "{}",
        run.log
    );
    assert!(run.log.contains("has no dev domain"), "{}", run.log);
    assert!(scene.sim.visits().is_empty());
}
