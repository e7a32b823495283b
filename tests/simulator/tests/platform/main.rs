//! The simulator from outside: over its sockets, with a clock that the tests turn.
#![expect(clippy::expect_used, reason = "a failing helper fails the test")]

mod api;
mod client;
mod distance;
mod endpoints;
mod faults;
mod landscapes;
mod proxy;
mod stages;
