//! Round trips: what a connection, a handshake and a request cost at least.

use std::time::{Duration, Instant};

use codesphere_simulator::{DOMAIN, TOKEN};

use crate::client::{Stage, exchange, request};

const ROUND_TRIP: Duration = Duration::from_millis(30);

fn far_away() -> Stage {
    let stage = Stage::new();
    stage
        .simulator
        .with(|world| world.quirks.round_trip = ROUND_TRIP);
    stage
}

#[test]
fn a_new_connection_costs_a_round_trip_more_than_a_kept_one() {
    let stage = far_away();
    let teams = request("GET", "/api/teams", TOKEN, None);
    let start = Instant::now();
    let mut stream = stage.api();
    assert_eq!(exchange(&mut stream, &teams).map(|a| a.status), Some(200));
    assert!(start.elapsed() >= 2 * ROUND_TRIP);
    let start = Instant::now();
    assert_eq!(exchange(&mut stream, &teams).map(|a| a.status), Some(200));
    assert!(start.elapsed() >= ROUND_TRIP);
}

#[test]
fn behind_the_proxy_a_handshake_costs_one_too() {
    let stage = far_away();
    let visit = "GET / HTTP/1.1\r\nhost: any\r\n\r\n";
    let start = Instant::now();
    let mut stream = stage.secure(DOMAIN);
    assert!(start.elapsed() >= ROUND_TRIP);
    assert_eq!(exchange(&mut stream, visit).map(|a| a.status), Some(200));
    assert!(start.elapsed() >= 3 * ROUND_TRIP);
}
