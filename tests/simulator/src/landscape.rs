//! Owns landscapes: the entries of `run` in a `ci.yml`, and what is deployed of them.

use std::collections::{BTreeMap, BTreeSet};

use crate::stages::{first_steps, up};
use crate::{Commit, Containers, Entry, Quirks, RunScript, State, StepEntry};

/// An entry of `run` in the `ci.yml` of a landscape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: Kind,
    /// The plan that it names, if it does.
    pub plan: Option<u64>,
    /// How many replicas it has.
    pub replicas: u64,
    /// The paths that lead to it.
    pub paths: Vec<String>,
    /// Its environment, templates included.
    pub env: BTreeMap<String, String>,
    /// Where the platform asks for its health, if it says so.
    pub health_endpoint: Option<String>,
}

/// What an entry of `run` is, by its keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Steps that run in the platform's image.
    Reactive {
        /// Seconds that each step before the last one takes; the last one stays.
        first: Vec<u32>,
        /// Its process fails, whatever the commit's other services do.
        fails: bool,
    },
    /// An image of its own, without steps.
    Container,
    /// A service that the platform manages, such as a database. It lives and dies with its workspace.
    Managed {
        /// Its provider, such as `postgres`.
        provider: String,
    },
    /// A route to somewhere else.
    Route,
}

impl Service {
    fn new(name: &str, kind: Kind) -> Self {
        Self {
            name: name.to_owned(),
            kind,
            plan: None,
            replicas: 1,
            paths: Vec::new(),
            env: BTreeMap::new(),
            health_endpoint: None,
        }
    }

    /// A service of one step to which all paths lead.
    #[must_use]
    pub fn reactive(name: &str) -> Self {
        let (first, fails) = (Vec::new(), false);
        Self::new(name, Kind::Reactive { first, fails }).on("/")
    }

    /// A container of an image of its own.
    #[must_use]
    pub fn container(name: &str) -> Self {
        Self::new(name, Kind::Container)
    }

    /// A service that the platform manages.
    #[must_use]
    pub fn managed(name: &str, provider: &str) -> Self {
        let provider = provider.to_owned();
        Self::new(name, Kind::Managed { provider })
    }

    /// A route without a server.
    #[must_use]
    pub fn route(name: &str) -> Self {
        Self::new(name, Kind::Route).on("/outside")
    }

    /// Only this path leads to it; none if it is blank.
    #[must_use]
    pub fn on(mut self, path: &str) -> Self {
        self.paths = vec![path.to_owned()];
        self.paths.retain(|path| !path.is_empty());
        self
    }

    /// It has so many replicas.
    #[must_use]
    pub fn times(mut self, replicas: u64) -> Self {
        self.replicas = replicas;
        self
    }

    /// It names this plan.
    #[must_use]
    pub fn planned(mut self, plan: u64) -> Self {
        self.plan = Some(plan);
        self
    }

    /// A step of so many seconds comes before its last one.
    #[must_use]
    pub fn after(mut self, seconds: u32) -> Self {
        if let Kind::Reactive { first, .. } = &mut self.kind {
            first.push(seconds);
        }
        self
    }

    /// Its process fails.
    #[must_use]
    pub fn failing(mut self) -> Self {
        if let Kind::Reactive { fails, .. } = &mut self.kind {
            *fails = true;
        }
        self
    }

    /// It gets a variable; the value may hold a template such as `${{ vault.NAME }}`.
    #[must_use]
    pub fn with(mut self, variable: &str, value: &str) -> Self {
        self.env.insert(variable.to_owned(), value.to_owned());
        self
    }

    /// The provider, where the platform manages it.
    pub(crate) fn provider(&self) -> Option<&str> {
        match &self.kind {
            Kind::Managed { provider } => Some(provider),
            Kind::Reactive { .. } | Kind::Container | Kind::Route => None,
        }
    }

    /// How many steps it runs; none where that is not ours to say.
    pub(crate) fn steps(&self) -> usize {
        match &self.kind {
            Kind::Reactive { first, .. } => first.len() + 1,
            Kind::Container | Kind::Managed { .. } | Kind::Route => 0,
        }
    }

    /// Whether the pipeline lists it.
    pub(crate) fn is_listed(&self, quirks: &Quirks) -> bool {
        match self.kind {
            Kind::Reactive { .. } => true,
            Kind::Container => quirks.containers != Containers::Absent,
            Kind::Managed { .. } | Kind::Route => false,
        }
    }

    /// What of its environment comes out of a vault.
    pub(crate) fn secrets(&self) -> BTreeSet<String> {
        self.env
            .values()
            .filter_map(|value| secret(value))
            .collect()
    }
}

/// The name in `${{ vault.NAME }}` or `${{ vault['NAME'] }}`.
fn secret(value: &str) -> Option<String> {
    let inside = value.split("${{").nth(1)?.split("}}").next()?.trim();
    let rest = inside.strip_prefix("vault")?;
    let name = rest.trim_matches(|c| "[]'\". ".contains(c));
    Some(name.to_owned())
}

/// A service as it was deployed.
#[derive(Clone, Debug)]
pub struct Deployed {
    /// What was deployed.
    pub service: Service,
    /// From when on it is there.
    pub from: f64,
}

impl Deployed {
    /// What the pipeline lists of it: one entry per replica.
    pub(crate) fn entries(&self, process: &Process<'_>) -> Vec<Entry> {
        let Service {
            name,
            kind,
            replicas,
            ..
        } = &self.service;
        let idle =
            matches!(kind, Kind::Container) && process.quirks.containers == Containers::Waiting;
        if idle {
            return vec![Entry::waiting(name)];
        }
        let (whole, steps) = self.progress(process);
        (0..*replicas)
            .map(|replica| Entry::new(name, replica, whole.clone(), steps.clone()))
            .collect()
    }

    fn progress(&self, process: &Process<'_>) -> (StepEntry, Vec<StepEntry>) {
        let last = self.last_step(process);
        let Kind::Reactive { first, .. } = &self.service.kind else {
            return (last, Vec::new());
        };
        let began = self.from.max(process.started_at);
        let (mut steps, all_over) = first_steps(first, began, process.halted, process.now);
        if !all_over {
            let whole = steps.iter().rev().find(|step| step.state != State::Waiting);
            let whole = whole.cloned().unwrap_or(StepEntry::WAITING);
            steps.push(StepEntry::WAITING);
            return (whole, steps);
        }
        steps.push(last.clone());
        (last, steps)
    }

    fn last_step(&self, process: &Process<'_>) -> StepEntry {
        let script = match &self.service.kind {
            Kind::Reactive { fails: true, .. } => &RunScript {
                fails: true,
                ..process.commit.ci.run.clone()
            },
            Kind::Reactive { .. } | Kind::Container | Kind::Managed { .. } | Kind::Route => {
                &process.commit.ci.run
            }
        };
        let began = self.last_step_began(process.started_at);
        up(script, began, process.halted, process.now)
    }

    /// When its last step began, in a run that was started at that time.
    pub(crate) fn last_step_began(&self, started_at: f64) -> f64 {
        let before = match &self.service.kind {
            Kind::Reactive { first, .. } => first.iter().copied().map(f64::from).sum(),
            Kind::Container | Kind::Managed { .. } | Kind::Route => 0.0,
        };
        self.from.max(started_at) + before
    }

    /// Since when its last step has been running, if it is.
    pub(crate) fn up_since(&self, process: &Process<'_>) -> Option<f64> {
        let (_, steps) = self.progress(process);
        let up = steps
            .last()
            .is_some_and(|step| step.state == State::Running);
        let began = self.last_step_began(process.started_at);
        up.then_some(began + process.commit.ci.run.boot)
    }
}

/// A run stage under way, as its services see it.
pub(crate) struct Process<'a> {
    pub(crate) commit: &'a Commit,
    pub(crate) started_at: f64,
    pub(crate) halted: Option<f64>,
    pub(crate) now: f64,
    pub(crate) quirks: &'a Quirks,
}

/// A managed service that exists, and what is in it.
#[derive(Clone, Debug)]
pub struct ManagedService {
    /// Its number.
    pub id: u64,
    /// Its provider.
    pub provider: String,
    /// When it was made.
    pub created_at: f64,
    /// What applications have stored in it; tests write it and look at it.
    pub data: Vec<String>,
}

impl ManagedService {
    /// A new and empty one.
    #[must_use]
    pub fn new(id: u64, provider: &str, created_at: f64) -> Self {
        Self {
            id,
            provider: provider.to_owned(),
            created_at,
            data: Vec::new(),
        }
    }
}

/// What is there once these services have been deployed over `before`.
pub(crate) fn synchronized(
    before: &[Deployed],
    services: &[Service],
    now: f64,
    quirks: &Quirks,
) -> Vec<Deployed> {
    let mut late = 0.0;
    let mut deployed = Vec::new();
    for service in services {
        let known = before.iter().find(|old| old.service.name == service.name);
        let from = known.map_or(now + quirks.deploy_seconds + late, |old| old.from);
        if known.is_none() {
            late += quirks.services_late;
        }
        deployed.push(Deployed {
            service: service.clone(),
            from,
        });
    }
    deployed
}

#[cfg(test)]
mod tests {
    use super::Service;

    #[test]
    fn names_of_secrets_are_read_from_both_spellings() {
        let service = Service::reactive("web")
            .with("A", "${{ vault.ONE }}")
            .with("B", "postgres://${{ vault['two'] }}@db")
            .with("C", "${{ team.id }}");
        let secrets: Vec<String> = service.secrets().into_iter().collect();
        assert_eq!(secrets, ["ONE", "two"]);
    }
}
