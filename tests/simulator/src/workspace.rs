//! A workspace: its settings, its clone, and its pipeline.

use std::collections::{BTreeMap, BTreeSet};

use crate::landscape::synchronized;
use crate::{Commit, Deployed, Entry, ManagedService, Quirks, Service, Stage, StageRun};

/// A workspace of the platform.
#[derive(Clone, Debug, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent facts, as the API has them"
)]
pub struct Workspace {
    /// Its id.
    pub id: u64,
    /// Its team.
    pub team: u64,
    /// Its name, unique within the team.
    pub name: String,
    /// Its plan.
    pub plan: u64,
    /// Whether it was cloned with the owner's git account.
    pub private: bool,
    /// How many replicas it has.
    pub replicas: u64,
    /// Its base image.
    pub base_image: Option<String>,
    /// Its data centre.
    pub data_center: u64,
    /// Where it was cloned from.
    pub git_url: Option<String>,
    /// The branch that was asked for.
    pub initial_branch: Option<String>,
    /// The depth that was asked for.
    pub clone_depth: Option<usize>,
    /// The workspace that it was copied from.
    pub source: Option<u64>,
    /// Free text, set at creation only.
    pub welcome_message: Option<String>,
    /// Its VPN.
    pub vpn_config: Option<String>,
    /// Whether the development domain asks visitors to sign in.
    pub restricted: bool,
    /// Its storage in MiB.
    pub storage_mib: Option<u64>,
    /// Its shared vault.
    pub shared_vault: Option<String>,
    /// Its own domain, without scheme.
    pub dev_domain: String,
    /// When it was created.
    pub created_at: f64,
    /// Its environment variables.
    pub env: BTreeMap<String, String>,
    /// The commit that is checked out.
    pub head: Option<String>,
    /// The commits that its clone has.
    pub objects: Vec<Commit>,
    /// The text of `ci` files that were written beside the commit's, by name.
    pub files: BTreeMap<String, String>,
    /// Files with uncommitted edits.
    pub dirty: Vec<String>,
    /// The submodules that are checked out, by path.
    pub submodules: BTreeMap<String, String>,
    /// Updates of submodules by their key, and when each is over.
    pub submodule_jobs: BTreeMap<String, f64>,
    /// Another git holds the lock of the index.
    pub locked: bool,
    /// From when on it runs.
    pub boots_at: f64,
    /// Its clone failed: it will never run.
    pub never_boots: bool,
    /// It sleeps until it is woken.
    pub asleep: bool,
    /// Waking it answers well and does nothing.
    pub stuck: bool,
    /// The prepare stage, once started.
    pub prepare: Option<StageRun>,
    /// The test stage, once started.
    pub test: Option<StageRun>,
    /// The run stage, once started.
    pub run: Option<StageRun>,
    /// The landscape's last deployment.
    pub deployed: Option<Deployment>,
    /// The managed services of its landscape by name.
    pub managed: BTreeMap<String, ManagedService>,
    /// The names of the secrets in its own partition of the vault.
    pub vault: BTreeSet<String>,
    /// When its application was asked last.
    pub asked_at: f64,
    /// When its services on demand are awake again.
    pub woken_at: f64,
    /// How many pulls went well.
    pub pulls: u32,
    /// How many requests its application answered.
    pub answers: u64,
}

/// A landscape that was deployed.
#[derive(Clone, Debug)]
pub struct Deployment {
    /// With which profile.
    pub profile: String,
    /// What it consists of.
    pub services: Vec<Deployed>,
}

impl Workspace {
    /// A workspace of team [`TEAM`](crate::TEAM) that has been serving the commit for an hour.
    #[must_use]
    pub fn serving(id: u64, name: &str, git_url: &str, commit: Commit) -> Self {
        let env = BTreeMap::from([("GREETING".to_owned(), "hello".to_owned())]);
        let run = StageRun {
            env: env.clone(),
            services: deployed(&commit.ci.services),
            ..StageRun::new(commit.clone(), -3600.0)
        };
        let deployed = commit.ci.is_landscape().then(|| Deployment {
            profile: String::new(),
            services: run.services.clone(),
        });
        Self {
            id,
            team: crate::TEAM,
            name: name.to_owned(),
            plan: crate::PLAN,
            replicas: 1,
            data_center: 1,
            git_url: Some(git_url.to_owned()),
            initial_branch: Some(crate::BRANCH.to_owned()),
            dev_domain: dev_domain(id),
            created_at: -7200.0,
            boots_at: -7200.0,
            env,
            head: Some(commit.sha.clone()),
            managed: managed(id, &commit.ci.services),
            objects: vec![commit],
            run: Some(run),
            deployed,
            ..Self::default()
        }
    }

    /// Whether it runs.
    #[must_use]
    pub fn is_running(&self, now: f64) -> bool {
        !self.asleep && !self.never_boots && now >= self.boots_at
    }

    /// The commit of that hash or abbreviated hash, or of that annotated tag, if its clone has it.
    #[must_use]
    pub fn object(&self, sha: &str) -> Option<&Commit> {
        let is_tag = |commit: &Commit| commit.tags.iter().any(|tag| tag == sha);
        let known = |commit: &&Commit| commit.sha.starts_with(sha) || is_tag(commit);
        self.objects
            .iter()
            .rev()
            .find(known)
            .filter(|_| sha.len() >= 7)
    }

    /// The commit that is checked out.
    #[must_use]
    pub fn head_commit(&self) -> Option<&Commit> {
        self.object(self.head.as_deref()?)
    }

    /// Adds what a clone or a pull brought.
    pub(crate) fn learn(&mut self, commits: Vec<Commit>) {
        self.objects
            .retain(|old| commits.iter().all(|new| new.sha != old.sha));
        self.objects.extend(commits);
    }

    /// A stage, once started.
    #[must_use]
    pub fn stage(&self, stage: Stage) -> Option<&StageRun> {
        match stage {
            Stage::Prepare => self.prepare.as_ref(),
            Stage::Test => self.test.as_ref(),
            Stage::Run => self.run.as_ref(),
        }
    }

    pub(crate) fn stage_mut(&mut self, stage: Stage) -> &mut Option<StageRun> {
        match stage {
            Stage::Prepare => &mut self.prepare,
            Stage::Test => &mut self.test,
            Stage::Run => &mut self.run,
        }
    }

    /// What the API shows of a stage.
    #[must_use]
    pub fn entries(&self, stage: Stage, now: f64, quirks: &Quirks) -> Vec<Entry> {
        if let Some(run) = self.stage(stage) {
            return run.shown(stage, now, quirks);
        }
        let commit = self.head_commit().cloned().unwrap_or_default();
        let mut future = StageRun {
            replicas: self.replicas,
            ..StageRun::new(commit, f64::MAX)
        };
        if let Some(deployed) = &self.deployed {
            future.services.clone_from(&deployed.services);
        }
        let mut entries = future.entries(stage, now, quirks);
        for entry in &mut entries {
            entry.forget();
        }
        entries
    }

    /// Starts a stage on what is checked out.
    pub(crate) fn start(&mut self, stage: Stage, profile: &str, now: f64, quirks: &Quirks) {
        let Some(commit) = self.head_commit().cloned() else {
            return;
        };
        let deployed = self
            .deployed
            .clone()
            .filter(|deployed| deployed.profile == profile);
        let mut run = StageRun::new(commit, now);
        profile.clone_into(&mut run.profile);
        run.env = self.env.clone();
        run.replicas = self.replicas;
        if let Some(deployed) = deployed {
            run.services = deployed.services;
        }
        if let Some(before) = self.stage(stage) {
            let entries = before.entries(stage, now, quirks);
            if entries.iter().any(|entry| entry.whole.state.is_over()) {
                run.previous = entries;
            }
        }
        *self.stage_mut(stage) = Some(run);
    }

    /// Wakes it: it runs after the time that booting takes, and so does what it ran before.
    pub(crate) fn wake(&mut self, now: f64, quirks: &Quirks) {
        if self.stuck {
            return;
        }
        self.asleep = false;
        self.boots_at = now + quirks.boot;
        if self.deployed.is_some() {
            return;
        }
        self.run = self
            .run
            .take()
            .filter(|run| run.stopped_at.is_none() && !quirks.wakes_without_run);
        if let Some(run) = &mut self.run {
            run.started_at = self.boots_at;
        }
    }
}

/// Services that have been there for an hour.
fn deployed(services: &[Service]) -> Vec<Deployed> {
    synchronized(&[], services, -3600.0, &Quirks::default())
}

/// The managed services among them, which are new and empty.
fn managed(id: u64, services: &[Service]) -> BTreeMap<String, ManagedService> {
    let mut managed = BTreeMap::new();
    for (number, service) in (id * 1000..).zip(services) {
        if let Some(provider) = service.provider() {
            let made = ManagedService::new(number, provider, -3600.0);
            managed.insert(service.name.clone(), made);
        }
    }
    managed
}

/// The development domain of a workspace of that id.
pub(crate) fn dev_domain(id: u64) -> String {
    format!("{id}-3000.2.codesphere.test")
}
