//! Faults: what the client gets, and what was done all the same.

use std::io::Read;
use std::time::Duration;

use codesphere_simulator::{DOMAIN, Fault, FaultKind, LIVE};

use crate::api::new_shop;
use crate::client::{Stage, exchange, request};

fn with_fault(fault: Fault) -> Stage {
    let stage = Stage::new();
    stage.simulator.with(|world| world.faults.push(fault));
    stage
}

#[test]
fn a_lost_answer_may_have_had_its_effect() {
    for (kind, made) in [
        (FaultKind::ResetBefore, false),
        (FaultKind::ResetAfter, true),
    ] {
        let stage = with_fault(Fault::on("POST", "/workspaces", kind));
        assert!(
            stage
                .try_call("POST", "/workspaces", Some(&new_shop("one")))
                .is_none()
        );
        assert_eq!(
            stage
                .simulator
                .with(|world| world.workspaces.contains_key(&5001)),
            made
        );
        assert_eq!(stage.simulator.calls()[0].status, None);
        let again = stage.call("POST", "/workspaces", Some(&new_shop("one")));
        assert_eq!(again.status, if made { 400 } else { 200 });
        assert_eq!(
            stage.simulator.writes(),
            ["POST /workspaces", "POST /workspaces"]
        );
    }
}

#[test]
fn answers_are_cut_broken_and_of_another_shape() {
    for (kind, whole) in [
        (FaultKind::Truncated, false),
        (FaultKind::BrokenJson, true),
        (FaultKind::WrongShape, true),
        (FaultKind::status(503), true),
    ] {
        let stage = with_fault(Fault::on("", "/teams", kind));
        let answer = stage.try_call("GET", "/teams", None);
        assert_eq!(answer.is_some(), whole);
        let call = stage.simulator.calls().remove(0);
        assert_eq!((call.injected, call.status.is_some()), (true, whole));
        assert_eq!(stage.call("GET", "/teams", None).status, 200);
    }
}

/// What comes within `patience` of each other, at most so many bytes; and whether they all came.
fn taken(kind: FaultKind, most: u64) -> (bool, usize) {
    let stage = with_fault(Fault::on("GET", "/teams", kind));
    let mut stream = stage.api();
    let text = request("GET", "/api/teams", codesphere_simulator::TOKEN, None);
    std::io::Write::write_all(&mut stream, text.as_bytes()).expect("it is sent");
    let patience = Some(Duration::from_millis(200));
    stream.set_read_timeout(patience).expect("it can be set");
    let mut bytes = Vec::new();
    let ended = stream.take(most).read_to_end(&mut bytes);
    (ended.is_ok(), bytes.len())
}

#[test]
fn hanging_dripping_and_flooding_go_on_until_the_client_leaves() {
    assert_eq!(taken(FaultKind::HangBefore, 1), (false, 0));
    assert_eq!(taken(FaultKind::HangAfter, 1), (false, 0));
    assert_eq!(taken(FaultKind::SlowDrip, 90), (true, 90));
    assert_eq!(taken(FaultKind::Announced8Gb, 80_000), (true, 80_000));
    assert_eq!(taken(FaultKind::Endless, 80_000), (true, 80_000));
}

#[test]
fn somebody_else_may_act_in_between() {
    let cancel = FaultKind::run(|world| {
        let domain = world.domains.get_mut(DOMAIN).expect("it is there");
        domain.workspaces.insert("/".to_owned(), vec![4002]);
    });
    let stage = with_fault(Fault::on("GET", "/domains/**", cancel).after(1));
    let path = format!("/domains/team/7/domain/{DOMAIN}");
    assert_eq!(stage.get(&path)["workspaces"]["/"][0], LIVE);
    assert_eq!(stage.get(&path)["workspaces"]["/"][0], 4002);
    assert!(stage.simulator.calls().iter().all(|call| !call.injected));
}

#[test]
fn visits_go_wrong_too() {
    let stage = Stage::new();
    let fault = Fault::on("", "shop.example.com/**", FaultKind::status(418)).times(2);
    stage.simulator.with(|world| world.visit_faults.push(fault));
    assert_eq!(stage.simulator.visit(DOMAIN, "/").status, 418);
    let get = "GET /docs HTTP/1.1\r\nhost: any\r\n\r\n";
    assert_eq!(
        exchange(&mut stage.secure(DOMAIN), get)
            .expect("an answer")
            .status,
        418
    );
    assert_eq!(stage.simulator.visit(DOMAIN, "/").status, 200);
}
