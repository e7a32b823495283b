//! The whole state of the platform as plain data, and the world that every test begins with.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::{Commit, Fault, ManagedService, Open, Quirks, Repository, Workspace};

/// The team of the standard world.
pub const TEAM: u64 = 7;
/// Somebody else's team, with access.
pub const OTHER_TEAM: u64 = 8;
/// The workspace that serves the shop.
pub const LIVE: u64 = 4001;
/// The workspace that serves the documentation.
pub const DOCS: u64 = 4002;
/// The plan of both: always on, four replicas at most.
pub const PLAN: u64 = 9;
/// The team's domain: `/` leads to [`LIVE`], `/docs` to [`DOCS`].
pub const DOMAIN: &str = "shop.example.com";
/// The commit that [`LIVE`] serves.
pub const OLD: &str = "1111111111111111111111111111111111111111";
/// The head of [`BRANCH`].
pub const NEW: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
/// The shop's repository.
pub const REPOSITORY: &str = "https://github.com/acme/shop.git";
/// The documentation's repository.
pub const DOCS_REPOSITORY: &str = "https://github.com/acme/docs.git";
/// The branch of both.
pub const BRANCH: &str = "main";
/// The API key.
pub const TOKEN: &str = "cs_token_of_the_simulator";

/// What a domain's paths point at.
pub type Connections = BTreeMap<String, Vec<u64>>;

/// Everything that the platform knows.
pub struct World {
    /// Seconds since the start, as of the request or call at hand.
    pub now: f64,
    /// The API key that is accepted.
    pub token: String,
    /// The teams that the key's owner belongs to.
    pub teams: Vec<Team>,
    /// The data centres.
    pub datacenters: Vec<DataCenter>,
    /// The plans.
    pub plans: Vec<Plan>,
    /// The custom domains by name.
    pub domains: BTreeMap<String, Domain>,
    /// The workspaces by id.
    pub workspaces: BTreeMap<u64, Workspace>,
    /// The repositories by their clone URL.
    pub repositories: BTreeMap<String, Repository>,
    /// How it behaves all the time.
    pub quirks: Quirks,
    /// What goes wrong with API requests.
    pub faults: Vec<Fault>,
    /// What goes wrong with requests to applications.
    pub visit_faults: Vec<Fault>,
    /// Hosts that belong to strangers and can be reached through the proxy.
    pub foreign_hosts: Vec<String>,
    /// The number of the next managed service.
    pub next_managed: u64,
    /// The id of the next workspace.
    pub next_id: u64,
    /// The secrets of the shared vaults, by the vaults' names.
    pub shared_vaults: BTreeMap<String, BTreeSet<String>>,
    /// Managed services that belong to no workspace, by name.
    pub standalone: BTreeMap<String, ManagedService>,
    /// Data of managed services that is gone for good, as in `4001/db: orders`.
    pub lost: Vec<String>,
    /// Connections to applications that stay open, and those that did.
    pub open: Vec<Open>,
    /// What no good client does, as it was done.
    pub violations: Vec<String>,
    /// Whether the exchanges may be kept for the conformance test; not for clients that err on purpose.
    pub recorded: bool,
    pub(crate) traces: u64,
    pub(crate) lost_answers: BTreeSet<String>,
    pub(crate) recent: BTreeMap<String, VecDeque<f64>>,
}

/// A team.
#[derive(Clone, Debug)]
pub struct Team {
    /// Its id.
    pub id: u64,
    /// Its name.
    pub name: String,
    /// Where its workspaces are made.
    pub data_center: u64,
}

/// A data centre.
#[derive(Clone, Debug)]
pub struct DataCenter {
    /// Its id.
    pub id: u64,
    /// Its name.
    pub name: String,
}

/// A workspace plan.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Its id.
    pub id: u64,
    /// Its title, not unique.
    pub title: String,
    /// Not to be used any more.
    pub deprecated: bool,
    /// Its workspaces sleep when idle.
    pub on_demand: bool,
    /// How many replicas it allows.
    pub max_replicas: u64,
}

/// A custom domain.
#[derive(Clone, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "as the API shows it")]
pub struct Domain {
    /// Its team.
    pub team: u64,
    /// Its data centre.
    pub data_center: u64,
    /// Whether it was shown to belong to the team; traffic flows only then.
    pub verified: bool,
    /// Whether it has a certificate; traffic flows only then.
    pub certificate_issued: bool,
    /// Whether visitors have to sign in.
    pub restricted: bool,
    /// Whether its paths are regular expressions.
    pub use_regex: bool,
    /// What its paths point at.
    pub workspaces: Connections,
    /// Where traffic still goes, and until when.
    pub before: Option<(Connections, f64)>,
    /// How many requests it has routed.
    pub turns: u64,
}

impl Domain {
    /// A working domain of team [`TEAM`].
    #[must_use]
    pub fn new(workspaces: Connections) -> Self {
        Self {
            team: TEAM,
            data_center: 1,
            verified: true,
            certificate_issued: true,
            workspaces,
            ..Self::default()
        }
    }

    /// What traffic follows at that time.
    #[must_use]
    pub fn routed(&self, now: f64) -> &Connections {
        match &self.before {
            Some((before, until)) if now < *until => before,
            _ => &self.workspaces,
        }
    }
}

impl World {
    /// Two data centres, two teams, five plans, two repositories, two serving workspaces and a domain.
    #[must_use]
    pub fn standard() -> Self {
        let connections = [
            ("/".to_owned(), vec![LIVE]),
            ("/docs".to_owned(), vec![DOCS]),
        ];
        let shop = Workspace::serving(LIVE, "shop-live", REPOSITORY, Commit::new(OLD));
        let docs = Workspace::serving(DOCS, "docs", DOCS_REPOSITORY, docs_commit());
        Self {
            now: 0.0,
            token: TOKEN.to_owned(),
            teams: vec![team(TEAM, "Acme", 1), team(OTHER_TEAM, "Other", 2)],
            datacenters: vec![data_center(1, "North"), data_center(2, "South")],
            plans: plans(),
            domains: BTreeMap::from([(DOMAIN.to_owned(), Domain::new(connections.into()))]),
            workspaces: BTreeMap::from([(LIVE, shop), (DOCS, docs)]),
            repositories: repositories(),
            quirks: Quirks::default(),
            faults: Vec::new(),
            visit_faults: Vec::new(),
            foreign_hosts: Vec::new(),
            next_managed: 1,
            next_id: 5001,
            shared_vaults: BTreeMap::new(),
            standalone: BTreeMap::new(),
            lost: Vec::new(),
            open: Vec::new(),
            violations: Vec::new(),
            recorded: true,
            traces: 0,
            lost_answers: BTreeSet::new(),
            recent: BTreeMap::new(),
        }
    }

    /// The repository that a clone URL names, with or without `.git`.
    #[must_use]
    pub fn repository(&self, url: &str) -> Option<&Repository> {
        let bare = |url: &str| {
            url.trim_end_matches('/')
                .trim_end_matches(".git")
                .to_lowercase()
        };
        let found = self
            .repositories
            .iter()
            .find(|(known, _)| bare(known) == bare(url));
        found.map(|(_, repository)| repository)
    }

    /// Whether any path of any domain points at the workspace.
    #[must_use]
    pub fn is_connected(&self, workspace: u64) -> bool {
        let mut paths = self
            .domains
            .values()
            .flat_map(|domain| domain.workspaces.values());
        paths.any(|ids| ids.contains(&workspace))
    }

    /// Takes managed services of a workspace away, and notes what was in them.
    pub(crate) fn lose(&mut self, workspace: u64, is_kept: impl Fn(&str, &ManagedService) -> bool) {
        let Some(found) = self.workspaces.get_mut(&workspace) else {
            return;
        };
        let before = std::mem::take(&mut found.managed);
        for (name, service) in before {
            if is_kept(&name, &service) {
                found.managed.insert(name, service);
                continue;
            }
            let lost = service.data.iter();
            self.lost
                .extend(lost.map(|data| format!("{workspace}/{name}: {data}")));
        }
    }

    /// Notes something that no good client does.
    pub fn violation(&mut self, text: impl Into<String>) {
        self.violations.push(text.into());
    }

    pub(crate) fn trace_id(&mut self) -> String {
        self.traces += 1;
        format!("trace-{:04}", self.traces)
    }
}

fn team(id: u64, name: &str, data_center: u64) -> Team {
    Team {
        id,
        name: name.to_owned(),
        data_center,
    }
}

fn data_center(id: u64, name: &str) -> DataCenter {
    DataCenter {
        id,
        name: name.to_owned(),
    }
}

fn plans() -> Vec<Plan> {
    let plan = |id, title: &str, deprecated, on_demand, max_replicas| {
        let title = title.to_owned();
        Plan {
            id,
            title,
            deprecated,
            on_demand,
            max_replicas,
        }
    };
    vec![
        plan(8, "Micro", false, false, 1),
        plan(PLAN, "Boost", false, false, 4),
        plan(10, "Boost", false, true, 1),
        plan(11, "Old", true, false, 1),
        plan(12, "Nap", false, true, 1),
    ]
}

fn repositories() -> BTreeMap<String, Repository> {
    let shop = Repository::new(BRANCH, vec![Commit::new(OLD), Commit::new(NEW)]);
    let docs = Repository::new(BRANCH, vec![docs_commit()]);
    BTreeMap::from([
        (REPOSITORY.to_owned(), shop),
        (DOCS_REPOSITORY.to_owned(), docs),
    ])
}

fn docs_commit() -> Commit {
    let mut commit = Commit::new("2222222222222222222222222222222222222222");
    "docs {sha} on {workspace-id}".clone_into(&mut commit.app.body);
    commit
}
