//! Owns the reads of the checks: what is sure to be wanted is begun early, and each answer is taken in its turn.

use std::collections::BTreeMap;

use crate::codesphere::client::{Begun, Client};
use crate::codesphere::error::ApiError;
use crate::codesphere::types::{Domain, Plan, Status, Workspace};
use crate::ids::{EnvVar, TeamId, WorkspaceId};
use crate::route::Route;

/// Reads that have begun, until somebody takes their answer.
#[derive(Default)]
pub(crate) struct Reads<'a> {
    plans: Option<Begun<'a, Vec<Plan>>>,
    shared_vault: Option<Begun<'a, Vec<String>>>,
    domains: BTreeMap<String, Begun<'a, Domain>>,
    workspaces: BTreeMap<WorkspaceId, Begun<'a, Workspace>>,
    statuses: BTreeMap<WorkspaceId, Begun<'a, Status>>,
    envs: BTreeMap<WorkspaceId, Begun<'a, Vec<EnvVar>>>,
    /// What was read already.
    known_envs: BTreeMap<WorkspaceId, Vec<EnvVar>>,
}

type Answer<T> = Result<T, ApiError>;

impl<'a> Reads<'a> {
    pub(crate) fn begin_plans(&mut self, api: &Client<'a>) {
        self.plans.get_or_insert_with(|| api.begin_plans());
    }

    pub(crate) fn plans(&mut self, api: &Client<'a>) -> Answer<Vec<Plan>> {
        let begun = self.plans.take();
        begun.unwrap_or_else(|| api.begin_plans()).answer()
    }

    /// The names in the shared vault that the inputs name; there is one at most.
    pub(crate) fn begin_shared_vault(&mut self, api: &Client<'a>, team: TeamId, name: &str) {
        let begun = &mut self.shared_vault;
        begun.get_or_insert_with(|| api.begin_shared_vault(team, name));
    }

    pub(crate) fn shared_vault(
        &mut self,
        api: &Client<'a>,
        team: TeamId,
        name: &str,
    ) -> Answer<Vec<String>> {
        let begun = self.shared_vault.take();
        let begun = begun.unwrap_or_else(|| api.begin_shared_vault(team, name));
        begun.answer()
    }

    /// Each domain of the routes once.
    pub(crate) fn begin_domains(&mut self, api: &Client<'a>, team: TeamId, routes: &[Route]) {
        for Route { domain, .. } in routes {
            let begun = self.domains.entry(domain.clone());
            begun.or_insert_with(|| api.begin_domain(team, domain));
        }
    }

    pub(crate) fn domain(&mut self, api: &Client<'a>, team: TeamId, name: &str) -> Answer<Domain> {
        let begun = self.domains.remove(name);
        let begun = begun.unwrap_or_else(|| api.begin_domain(team, name));
        begun.answer()
    }

    pub(crate) fn begin_workspace(&mut self, api: &Client<'a>, id: WorkspaceId) {
        let begun = self.workspaces.entry(id);
        begun.or_insert_with(|| api.begin_workspace(id));
    }

    pub(crate) fn workspace(&mut self, api: &Client<'a>, id: WorkspaceId) -> Answer<Workspace> {
        let begun = self.workspaces.remove(&id);
        begun.unwrap_or_else(|| api.begin_workspace(id)).answer()
    }

    pub(crate) fn begin_status(&mut self, api: &Client<'a>, id: WorkspaceId) {
        let begun = self.statuses.entry(id);
        begun.or_insert_with(|| api.begin_status(id));
    }

    pub(crate) fn status(&mut self, api: &Client<'a>, id: WorkspaceId) -> Answer<Status> {
        let begun = self.statuses.remove(&id);
        begun.unwrap_or_else(|| api.begin_status(id)).answer()
    }

    pub(crate) fn begin_env(&mut self, api: &Client<'a>, id: WorkspaceId) {
        if self.known_envs.contains_key(&id) {
            return;
        }
        let begun = self.envs.entry(id);
        begun.or_insert_with(|| api.begin_env(id));
    }

    pub(crate) fn env(&mut self, api: &Client<'a>, id: WorkspaceId) -> Answer<Vec<EnvVar>> {
        if let Some(known) = self.known_envs.get(&id) {
            return Ok(known.clone());
        }
        let begun = self.envs.remove(&id);
        let env = begun.unwrap_or_else(|| api.begin_env(id)).answer()?;
        self.known_envs.insert(id, env.clone());
        Ok(env)
    }
}
