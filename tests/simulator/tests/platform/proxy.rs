//! The proxy: tunnels, certificates, redirects, applications.

use codesphere_simulator::{DOMAIN, LIVE, OLD, TOKEN};

use crate::client::{Stage, exchange, request};

const HOST: &str = "cloud.codesphere.test";

fn plain(target: &str, headers: &str) -> String {
    format!("GET {target} HTTP/1.1\r\nhost: any\r\naccept-encoding: identity\r\n{headers}\r\n")
}

#[test]
fn applications_answer_through_the_proxy_on_a_connection_that_is_kept() {
    let stage = Stage::new();
    let mut stream = stage.secure(DOMAIN);
    let shop = exchange(&mut stream, &plain("/", "")).expect("an answer");
    assert_eq!(
        (shop.status, shop.body),
        (200, format!("shop {OLD} on {LIVE}"))
    );
    let docs = exchange(&mut stream, &plain("/docs/x", "")).expect("an answer");
    assert!(docs.body.starts_with("docs "));
    let seen = stage.simulator.visits();
    assert_eq!(seen[1], (DOMAIN.to_owned(), "/docs/x".to_owned(), 200));
    assert_eq!(stage.tunnel("unknown.example", "").0, 502);
}

#[test]
fn a_restricted_dev_domain_wants_the_token_and_others_must_not_get_it() {
    let stage = Stage::new();
    stage.simulator.with(|world| {
        world
            .workspaces
            .get_mut(&LIVE)
            .expect("it is there")
            .restricted = true;
    });
    let mut stream = stage.secure("4001-3000.2.codesphere.test");
    let without = exchange(&mut stream, &plain("/", "")).expect("an answer");
    assert_eq!(without.status, 303);
    assert!(
        without
            .head
            .contains("location: https://cloud.codesphere.test/signin")
    );
    let pass = format!("x-cs-authorization: Bearer {TOKEN}\r\n");
    assert_eq!(
        exchange(&mut stream, &plain("/", &pass))
            .expect("an answer")
            .status,
        200
    );
    assert!(stage.simulator.violations().is_empty());
    exchange(&mut stage.secure(DOMAIN), &plain("/", &pass)).expect("an answer");
    assert_eq!(
        stage.simulator.violations(),
        ["x-cs-authorization arrived at shop.example.com"]
    );
}

#[test]
fn the_generic_host_sends_on_to_the_data_centre() {
    let stage = Stage::new();
    stage
        .simulator
        .with(|world| world.quirks.redirect_to_datacenter = true);
    let teams = request("GET", "/api/teams", TOKEN, None);
    let generic = exchange(&mut stage.secure(HOST), &teams).expect("an answer");
    assert_eq!(generic.status, 307);
    assert!(
        generic
            .head
            .contains("location: https://1.cloud.codesphere.test/api/teams\r\n")
    );
    let home = exchange(&mut stage.secure("1.cloud.codesphere.test"), &teams).expect("an answer");
    assert_eq!(home.status, 200);
}

#[test]
fn a_hostile_redirect_sees_who_brings_the_token() {
    let stage = Stage::new();
    stage.simulator.with(|world| {
        world.quirks.hostile_redirect = Some("https://evil.example/api/teams".to_owned());
    });
    assert_eq!(stage.call("GET", "/teams", None).status, 307);
    let teams = request("GET", "/api/teams", TOKEN, None);
    let evil = exchange(&mut stage.secure("evil.example"), &teams).expect("an answer");
    assert_eq!(evil.status, 200);
    assert_eq!(
        stage.simulator.violations(),
        ["authorization arrived at evil.example"]
    );
}

#[test]
fn the_proxy_may_ask_for_a_password() {
    let stage = Stage::new();
    stage.simulator.with(|world| {
        world.quirks.proxy_login = Some(("user".to_owned(), "pass".to_owned()));
    });
    assert_eq!(stage.tunnel(DOMAIN, "").0, 407);
    assert_eq!(
        stage
            .tunnel(DOMAIN, "proxy-authorization: Basic dXNlcjpwYXNz\r\n")
            .0,
        200
    );
}

#[test]
fn a_certificate_may_come_from_nobody() {
    let stage = Stage::new();
    stage
        .simulator
        .with(|world| world.quirks.untrusted_hosts.push(DOMAIN.to_owned()));
    assert!(exchange(&mut stage.secure(DOMAIN), &plain("/", "")).is_none());
}
