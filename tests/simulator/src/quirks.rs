//! The platform's manners that hold all the time, each of which a client has to live with.

use std::time::Duration;

use crate::tls::Signer;

/// How the pipeline shows containers of an image of their own; nobody knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Containers {
    /// They are listed and stay `waiting`, without steps.
    Waiting,
    /// They are listed with what they do.
    Running,
    /// They are not listed.
    Absent,
}

/// How the platform behaves; the default is the ordinary behaviour.
#[derive(Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent switches, each read in one place"
)]
pub struct Quirks {
    /// How long a round trip to the platform takes, in real time; a proxy is taken to stand next to its clients.
    pub round_trip: Duration,
    /// Seconds until a new or woken workspace runs.
    pub boot: f64,
    /// Seconds until traffic follows a change of a domain's connections.
    pub switch_seconds: f64,
    /// Seconds until a stopped stage is `aborted`.
    pub stop_seconds: f64,
    /// Seconds until a deployed landscape's servers are there.
    pub deploy_seconds: f64,
    /// Seconds by which each further service of a new landscape is there later than the one before.
    pub services_late: f64,
    /// How the pipeline shows containers.
    pub containers: Containers,
    /// Seconds until a managed service that was made is `synchronized`.
    pub managed_seconds: f64,
    /// The list of managed services lacks those of landscapes.
    pub embedded_unlisted: bool,
    /// There are no vaults: an older installation.
    pub no_vault: bool,
    /// Services may have any name.
    pub any_service_name: bool,
    /// Seconds after a start during which the entries of the run before are still shown.
    pub stale_seconds: f64,
    /// Seconds after a start during which there are no entries.
    pub empty_seconds: f64,
    /// Entries and steps carry neither `startedAt` nor `finishedAt`.
    pub no_timestamps: bool,
    /// A started stage is shown in the state `queued` for its first second.
    pub unknown_state: bool,
    /// All dates are so many seconds ahead of the simulator's own calendar.
    pub ahead: f64,
    /// Answers say that they were sent so many seconds later than they were.
    pub date_ahead: f64,
    /// Answers do not say when they were sent.
    pub no_date: bool,
    /// A stage without steps succeeds at once instead of staying `waiting`.
    pub no_steps_succeed: bool,
    /// Starting `run` over a running process replaces it instead of doing nothing.
    pub start_replaces_run: bool,
    /// A woken workspace does not start its run stage again by itself.
    pub wakes_without_run: bool,
    /// Seconds until a new workspace shows in its team's list.
    pub late_in_list: f64,
    /// Seconds until a new workspace tells its development domain.
    pub missing_dev_domain_seconds: f64,
    /// So many more workspaces in every team's list, made up while it is sent.
    pub many_workspaces: u64,
    /// A change of connections is merged into what is there instead of replacing it.
    pub connections_merge: bool,
    /// So many changes of connections answer 200 and change nothing.
    pub connections_ignored: u32,
    /// Seconds that an update of submodules takes.
    pub submodule_seconds: f64,
    /// Submodules cannot be fetched: they are private.
    pub private_submodules: bool,
    /// Seconds that every `execute` takes; more than 5 answer 408 although the command had its effect.
    pub execute_seconds: f64,
    /// The generic host sends API requests on to the data centre's own host.
    pub redirect_to_datacenter: bool,
    /// API requests to the generic host and to loopback are sent on to this URL; its host is reachable.
    pub hostile_redirect: Option<String>,
    /// User and password that the proxy asks for.
    pub proxy_login: Option<(String, String)>,
    /// Hosts whose certificate comes from an authority that nobody trusts.
    pub untrusted_hosts: Vec<String>,
    /// Hosts whose certificate is an authority's own, and its own issuer.
    pub self_signed_hosts: Vec<String>,
    /// Log streams follow a running step instead of ending with what has happened so far.
    pub follow_logs: bool,
    /// A connection is closed once it is idle, without a word before.
    pub drops_idle: bool,
    /// Log streams stay open after the step has ended, until the client goes away.
    pub logs_stay_open: bool,
}

impl Default for Quirks {
    fn default() -> Self {
        Self {
            round_trip: Duration::ZERO,
            boot: 8.0,
            switch_seconds: 2.0,
            stop_seconds: 1.0,
            deploy_seconds: 1.0,
            services_late: 0.0,
            containers: Containers::Waiting,
            managed_seconds: 20.0,
            embedded_unlisted: false,
            no_vault: false,
            any_service_name: false,
            stale_seconds: 0.7,
            empty_seconds: 0.3,
            no_timestamps: false,
            unknown_state: false,
            ahead: 0.0,
            date_ahead: 0.0,
            no_date: false,
            no_steps_succeed: false,
            start_replaces_run: false,
            wakes_without_run: false,
            late_in_list: 0.0,
            missing_dev_domain_seconds: 0.0,
            many_workspaces: 0,
            connections_merge: false,
            connections_ignored: 0,
            submodule_seconds: 0.0,
            private_submodules: false,
            execute_seconds: 0.0,
            redirect_to_datacenter: false,
            hostile_redirect: None,
            proxy_login: None,
            untrusted_hosts: Vec::new(),
            self_signed_hosts: Vec::new(),
            follow_logs: false,
            drops_idle: false,
            logs_stay_open: false,
        }
    }
}

impl Quirks {
    /// Who vouches for the host.
    pub(crate) fn signer(&self, host: &str) -> Signer {
        let among = |hosts: &[String]| hosts.iter().any(|known| known == host);
        if among(&self.self_signed_hosts) {
            Signer::Itself
        } else if among(&self.untrusted_hosts) {
            Signer::Stranger
        } else {
            Signer::Ours
        }
    }
}
