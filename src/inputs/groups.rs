//! Owns the inputs that several flows read, and what they mean.

use crate::ids::CommitId;
use crate::inputs::environment::environment;
use crate::inputs::reader::Reader;
use crate::inputs::values;
use crate::release::{Build, Finish, Health, Logs, ManagedServices, NewWorkspaceInputs, OnFailure};

/// What each flow that reads it means alike.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// How to ask the application; absent: not at all.
    pub(crate) health: Option<Health>,
    /// What becomes of a workspace that this run made when it fails.
    pub(crate) on_failure: OnFailure,
    /// Which logs of pipeline stages are shown.
    pub(crate) logs: Logs,
    /// What becomes of a release that would lose data of managed services.
    pub(crate) managed: ManagedServices,
    /// When a release counts as finished.
    pub(crate) finish: Finish,
}

impl Settings {
    /// Of flows that neither build nor ask.
    pub(crate) const NONE: Self = Self {
        health: None,
        on_failure: OnFailure::Keep,
        logs: Logs::OnFailure,
        managed: ManagedServices::Refuse,
        finish: Finish::Step,
    };

    /// Of flows that build.
    pub(crate) fn of_building(reader: &mut Reader) -> Option<Self> {
        let health = health(reader);
        let on_failure = on_failure(reader);
        let logs = reader.choice(
            "logs",
            &[
                ("live", Logs::Live),
                ("on-failure", Logs::OnFailure),
                ("none", Logs::None),
            ],
        );
        let managed = managed(reader);
        Some(Self {
            health: health?,
            on_failure: on_failure?,
            logs: logs?,
            managed: managed?,
            finish: Finish::Step,
        })
    }

    /// The same, of a flow whose releases may be left to the job.
    pub(crate) fn finished_as(self, finish: Finish) -> Self {
        Self { finish, ..self }
    }

    /// Of flows that bring a workspace onto its routes: it is never removed, and logs are shown only where a stage
    /// that they start fails.
    pub(crate) fn of_switching(reader: &mut Reader) -> Option<Self> {
        let health = health(reader);
        Some(Self {
            managed: managed(reader)?,
            health: health?,
            ..Self::NONE
        })
    }
}

pub(crate) fn managed(reader: &mut Reader) -> Option<ManagedServices> {
    reader.choice(
        "managed-services",
        &[
            ("refuse", ManagedServices::Refuse),
            ("allow", ManagedServices::Allow),
        ],
    )
}

pub(crate) fn on_failure(reader: &mut Reader) -> Option<OnFailure> {
    reader.choice(
        "on-failure",
        &[("rollback", OnFailure::Rollback), ("keep", OnFailure::Keep)],
    )
}

/// The outer `Option`: whether all was read; the inner: whether the application is asked at all.
#[expect(
    clippy::option_option,
    reason = "unreadable and unwanted are different things"
)]
fn health(reader: &mut Reader) -> Option<Option<Health>> {
    let wanted = reader.value("health-check", values::boolean);
    let path = reader.value("health-path", values::health_path);
    let statuses = reader.value("health-status", values::statuses);
    let timeout = reader.value("health-timeout", values::duration);
    let health = Health {
        path: path?,
        statuses: statuses?,
        body: reader.text("health-body"),
        timeout: timeout?,
    };
    Some(wanted?.then_some(health))
}

/// What happens in a workspace, in flows that build.
#[derive(Debug, Clone)]
pub(crate) struct Code {
    /// Which code.
    pub(crate) source: Source,
    /// What is done with it.
    pub(crate) build: Build,
}

/// Which code is released.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    /// The git remote to pull from.
    pub(crate) remote: String,
    /// Blank: what triggered the run.
    pub(crate) branch: Option<String>,
    /// Blank: what triggered the run, unless another branch or repository is named.
    pub(crate) commit: Option<CommitId>,
    /// Whether `git-url` names another repository.
    pub(crate) elsewhere: bool,
}
pub(crate) fn code(reader: &mut Reader, creates: bool) -> Option<Code> {
    let source = source(reader, creates);
    let build = build(reader);
    Some(Code {
        source: source?,
        build: build?,
    })
}

pub(crate) fn name(reader: &mut Reader) -> Option<String> {
    reader.value("workspace-name", values::template)
}

pub(crate) fn new_workspace(
    reader: &mut Reader,
    name: Option<String>,
) -> Option<NewWorkspaceInputs> {
    let app = reader.optional("app", values::app);
    let git_url = reader.optional("git-url", values::git_url);
    let private = reader.optional("private-repository", values::boolean);
    let plan = reader.required("plan", values::id_or_name);
    let replicas = reader.value("replicas", values::positive);
    let storage = reader.optional("storage", values::mebibytes);
    let clone_depth = reader.optional("clone-depth", values::positive);
    let restricted = reader.value("restricted", values::boolean);
    Some(NewWorkspaceInputs {
        plan: plan?,
        replicas: replicas?,
        storage: storage?.map(u64::from),
        name: name?,
        app: app?,
        git_url: git_url?,
        private: private?,
        base_image: reader.text("base-image"),
        vpn_config: reader.text("vpn-config"),
        clone_depth: clone_depth?,
        shared_vault: reader.text("shared-vault"),
        restricted: restricted?,
    })
}

pub(crate) fn source(reader: &mut Reader, creates: bool) -> Option<Source> {
    let remote = reader.value("remote", values::remote);
    let branch = reader.optional("branch", values::branch);
    let commit = reader.optional("commit", values::commit);
    Some(Source {
        remote: remote?,
        branch: branch?,
        commit: commit?,
        elsewhere: creates && reader.text("git-url").is_some(),
    })
}

pub(crate) fn build(reader: &mut Reader) -> Option<Build> {
    let env = environment(reader);
    let profile = reader.optional("profile", values::profile);
    let prepare = reader.value("prepare", values::boolean);
    let test = reader.value("test", values::boolean);
    let landscape = reader.landscape();
    let workspace_timeout = reader.value("workspace-timeout", values::patience);
    let stage_timeout = reader.value("stage-timeout", values::patience);
    Some(Build {
        profile: profile?.flatten(),
        prepare: prepare?,
        test: test?,
        landscape: landscape?,
        env: env?,
        workspace_timeout: workspace_timeout?,
        stage_timeout: stage_timeout?,
    })
}
