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
fn a_proxy_that_nobody_can_use_is_told_at_once_with_its_variable_and_without_its_password() {
    let closed = {
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
        listener.local_addr().unwrap().port()
    };
    let address = |scene: &Scene, user: &str| {
        let proxy = scene.sim.proxy_url();
        proxy.replace("http://", &format!("http://{user}"))
    };
    let login = |world: &mut codesphere_simulator::World| {
        world.quirks.proxy_login = Some(("me".to_owned(), "other".to_owned()));
    };
    for (variable, value, reason, told) in [
        (
            "HTTPS_PROXY",
            Some(format!("http://me:hunter2@127.0.0.1:{closed}")),
            "unreachable",
            format!(
                "the proxy 127.0.0.1:{closed}, which HTTPS_PROXY names, refuses the connection"
            ),
        ),
        (
            "https_proxy",
            None,
            "unreachable",
            "which https_proxy names, asks for a user and password (407)".to_owned(),
        ),
        (
            "ALL_PROXY",
            Some("socks5://me:hunter2@127.0.0.1:1080".to_owned()),
            "invalid-input",
            "ALL_PROXY of the runner names a proxy of the kind socks5://, which is not supported"
                .to_owned(),
        ),
        (
            "all_proxy",
            Some("gopher://me:hunter2@127.0.0.1:1080".to_owned()),
            "invalid-input",
            "all_proxy of the runner names a proxy of the kind gopher://".to_owned(),
        ),
    ] {
        let scene = Scene::simple()
            .with("api-url", INSTALLATION)
            .world(login)
            .variable("HTTPS_PROXY", "");
        let value = value.unwrap_or_else(|| address(&scene, "me:hunter2@"));
        let run = scene.variable(variable, &value).run();
        assert_eq!(run.ending(), ("failed", reason), "{}", run.log);
        assert!(run.error().contains(&told), "{}", run.error());
        assert!(!run.log.contains("hunter2"), "{}", run.log);
        assert!(!run.log.contains("trying again"), "{}", run.log);
    }
}

#[test]
fn a_proxy_that_has_worked_may_be_away_for_a_moment() {
    let scene = Scene::simple().with("api-url", INSTALLATION);
    let away = |world: &mut codesphere_simulator::World| {
        world.quirks.proxy_login = Some(("somebody".to_owned(), "else".to_owned()));
    };
    // Connections are kept: the proxy is asked again only once one has broken.
    let head = |kind| Fault::on("GET", "/workspaces/4001/git/head", kind);
    let scene = scene
        .fault(head(FaultKind::run_after(away)))
        .fault(head(FaultKind::ResetAfter));
    let sim = std::sync::Arc::clone(&scene.sim);
    let scene = scene.on_tick(move |_| sim.with(|world| world.quirks.proxy_login = None));
    let run = scene.run();
    assert_eq!(run.exit, 0, "{}", run.log);
    run.tells(&["asks for a user and password (407)", "trying again"]);
}

#[test]
fn a_certificate_that_is_not_trusted_is_explained_with_what_to_pass_instead() {
    let host = INSTALLATION.trim_start_matches("https://");
    let run_with_its_own = |scene: Scene| {
        let own = scene.sim.certificate_pem(host);
        scene
            .with("api-url", INSTALLATION)
            .with("ca-certificate", &own)
            .run()
    };
    let run = run_with_its_own(Scene::simple());
    assert_eq!(run.ending(), ("failed", "unreachable"), "{}", run.log);
    let error = run.error();
    for told in [
        "issued by somebody who is neither among Mozilla's authorities nor in `ca-certificate`",
        "Give the certificate of the authority that issued the server's",
        "The server's own certificate does not help there",
    ] {
        assert!(error.contains(told), "{error}");
    }
    let run = run_with_its_own(
        Scene::simple().world(|world| world.quirks.self_signed_hosts.push(host.to_owned())),
    );
    let error = run.error();
    for told in [
        "it is the certificate of an authority, which may not serve as a server's",
        "without `CA:TRUE`",
    ] {
        assert!(error.contains(told), "{error}");
    }
    assert!(!run.log.contains("trying again"), "{}", run.log);
}

#[test]
fn an_address_that_answers_but_is_not_the_api_is_said_to_be_wrong() {
    let page = || FaultKind::Status {
        status: 404,
        headers: vec![("content-type".to_owned(), "text/html".to_owned())],
        body: "<html><body>Not Found</body></html>".to_owned(),
    };
    for (scene, path) in [
        (Scene::simple(), "/workspaces/4001"),
        (Scene::zero_downtime(), "/teams"),
        (Scene::zero_downtime(), "/domains/team/7/domain/*"),
        (Scene::rollback_at_once(), "/domains/team/7/domain/*"),
    ] {
        let run = scene.fault(Fault::on("GET", path, page()).always()).run();
        assert_eq!(run.ending(), ("failed", "not-found"), "{}", run.log);
        let error = run.error();
        assert!(
            error.contains("Check `api-url`: the address answers, but not as the Codesphere API does (no JSON, no traceId)"),
            "{error}"
        );
        assert!(!error.contains("`workspace-id`"), "{error}");
        assert!(run.writes.is_empty());
    }
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
    assert!(run.log.contains("has no development domain"), "{}", run.log);
    assert!(scene.sim.visits().is_empty());
}
