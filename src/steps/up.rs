//! Owns what `run` must list to be up: by what the CI profile's file describes, and by each entry's own states.

use crate::codesphere::pipeline::{StageEntry, State};
use crate::profile::{Kind, Profile, Shape};

/// The server that runs `prepare` and `test`, and `run` where there is no landscape.
pub(super) const IDE: &str = "codesphere-ide";

/// The services that must be listed, and how many replicas of each.
#[derive(Debug, Default)]
pub(super) struct Expected {
    services: Vec<(String, usize)>,
    /// Whether the file is a landscape in which nothing has steps: then no entry tells whether it is up.
    nothing: bool,
}

impl Expected {
    /// As the file describes it: services with steps. Managed services and routes are not listed, containers perhaps.
    pub(super) fn of(file: Option<&Profile>) -> Self {
        let described = file.into_iter().flat_map(|file| &file.services);
        let services: Vec<(String, usize)> = described
            .filter(|service| matches!(service.kind, Kind::Reactive(steps) if steps > 0))
            .map(|service| {
                let replicas = usize::try_from(service.replicas).unwrap_or(usize::MAX);
                (service.name.clone(), replicas)
            })
            .collect();
        let is_landscape = file.is_some_and(|file| file.shape == Shape::Landscape);
        Self {
            nothing: is_landscape && services.is_empty(),
            services,
        }
    }

    /// What is not listed yet, in words.
    fn missing(&self, entries: &[&StageEntry]) -> Vec<String> {
        let missing = self.services.iter().filter_map(|(name, replicas)| {
            let listed = entries.iter().filter(|entry| entry.server == *name).count();
            match listed {
                0 if *replicas > 0 => Some(format!("{name} is not listed yet")),
                listed if listed < *replicas => {
                    Some(format!("{name}: {listed} of {replicas} replicas listed"))
                }
                _ => None,
            }
        });
        missing.collect()
    }

    /// Whether the entry is that of an image of its own: it has no steps, and the file gives it none.
    pub(super) fn is_container(&self, entry: &StageEntry) -> bool {
        let has_steps = |(name, _): &(String, usize)| *name == entry.server;
        entry.steps.is_empty()
            && (self.nothing || entry.server != IDE)
            && !self.services.iter().any(has_steps)
    }

    /// What these entries amount to; `counts` says which of them that run belong to this run.
    pub(super) fn look(&self, entries: &[&StageEntry], counts: impl Fn(&StageEntry) -> bool) -> Up {
        let is_idle =
            |entry: &&&StageEntry| entry.state == State::Waiting && self.is_container(entry);
        let (idle, others): (Vec<&&StageEntry>, Vec<&&StageEntry>) =
            entries.iter().partition(is_idle);
        let something = self.nothing || !others.is_empty();
        let missing = self.missing(entries);
        let all = others.iter().all(|entry| is_up(entry) && counts(entry));
        if !(something && all && missing.is_empty()) {
            return Up::Not(missing);
        }
        Up::All {
            idle: idle.iter().map(|entry| entry.server.clone()).collect(),
        }
    }
}

/// What a look at `run` amounts to.
pub(super) enum Up {
    /// Not all is up; what is not even listed, in words.
    Not(Vec<String>),
    /// All that must be up is; these containers say `waiting`, and may say nothing else ever.
    All { idle: Vec<String> },
}

/// The steps of a service run one after the other; the last one stays.
fn is_up(entry: &StageEntry) -> bool {
    let last = entry.steps.last();
    entry.state == State::Running && last.is_none_or(|step| step.state == State::Running)
}
