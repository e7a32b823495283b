//! A stateful stand-in for the Codesphere platform: its API, its proxy, and the applications that run on it.
//!
//! [`Simulator`] is the door. What it holds is a [`World`] of plain data that tests set up and look at;
//! how it misbehaves is said by [`Quirks`] (all the time) and [`Fault`]s (once or several times).
//! All times are seconds since the simulator's start, told by the [`Now`] that it was started with.
#![expect(
    clippy::expect_used,
    reason = "only tests and the demo use this crate: a broken set-up should stop them at once"
)]

mod api;
mod ci_file;
mod code;
mod connection;
mod deliver;
mod distance;
mod entries;
mod faults;
mod flood;
mod http;
mod journal;
mod landscape;
mod open;
mod platform;
mod proxy;
mod quirks;
mod shell;
mod simulator;
mod stages;
mod time;
mod tls;
mod traffic;
mod workspace;
mod world;

pub use code::{App, Ci, Commit, Lack, Repository, RunScript, Script, Step};
pub use entries::{Entry, Stage, State, StepEntry};
pub use faults::{Action, Fault, FaultKind};
pub use flood::{Flood, FloodSent};
pub use journal::Call;
pub use landscape::{Deployed, Kind, ManagedService, Service};
pub use open::Open;
pub use quirks::{Containers, Quirks};
pub use simulator::Simulator;
pub use stages::StageRun;
pub use time::{Now, calendar, real_clock};
pub use traffic::Visit;
pub use workspace::{Deployment, Workspace};
pub use world::{
    BRANCH, Connections, DOCS, DOCS_REPOSITORY, DOMAIN, DataCenter, Domain, LIVE, NEW, OLD,
    OTHER_TEAM, PLAN, Plan, REPOSITORY, TEAM, TOKEN, Team, World,
};
