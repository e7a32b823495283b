//! Owns the order of reading: which inputs each flow takes, and what becomes of them.

mod flows;

use std::collections::BTreeMap;

use crate::inputs::environment::environment;
use crate::inputs::reader::Reader;
use crate::inputs::{
    Code, IfSuperseded, Inputs, Mistake, Previous, PromotionInputs, Source, values,
};
use crate::release::{Build, Health, Logs, NewWorkspaceInputs, OnFailure};

/// Every flow, as the input `flow` spells it.
const FLOWS: &[&str] = &[
    "simple",
    "zero-downtime",
    "candidate",
    "promote",
    "rollback",
    "cleanup",
    "preview",
];

impl Inputs {
    /// Reads `INPUT_*` among `variables`.
    ///
    /// # Errors
    /// Every mistake there is, without the values of secrets.
    pub fn read(variables: &BTreeMap<String, String>) -> Result<Self, Vec<Mistake>> {
        let mut reader = Reader::new(variables)?;
        let name = reader.one_of("flow", FLOWS);
        let name = name.as_deref();
        let token = reader.token();
        let api = reader.value("api-url", values::base);
        let roots = reader.roots();
        let flow = name.and_then(|name| flows::read(&mut reader, name));
        let health = health(&mut reader, name);
        let on_failure = on_failure(&mut reader, name);
        let logs = logs(&mut reader, name);
        let dry_run = reader.value("dry-run", values::boolean);
        let unused = reader.unused();
        let read = || {
            Some(Self {
                flow: flow?,
                token: token?,
                api: api?,
                roots: roots?,
                health: health?,
                on_failure: on_failure?,
                logs: logs?,
                dry_run: dry_run?,
                unused,
            })
        };
        reader.finish(read())
    }
}

fn on_failure(reader: &mut Reader, flow: Option<&str>) -> Option<OnFailure> {
    if matches!(flow, Some("rollback" | "cleanup")) {
        return Some(OnFailure::Keep);
    }
    reader.choice(
        "on-failure",
        &[("rollback", OnFailure::Rollback), ("keep", OnFailure::Keep)],
    )
}

/// Flows that do not build show logs only where a stage that they start fails.
fn logs(reader: &mut Reader, flow: Option<&str>) -> Option<Logs> {
    if matches!(flow, Some("promote" | "rollback" | "cleanup")) {
        return Some(Logs::OnFailure);
    }
    reader.choice(
        "logs",
        &[
            ("live", Logs::Live),
            ("on-failure", Logs::OnFailure),
            ("none", Logs::None),
        ],
    )
}

fn code(reader: &mut Reader, creates: bool) -> Option<Code> {
    let source = source(reader, creates);
    let build = build(reader);
    Some(Code {
        source: source?,
        build: build?,
    })
}

fn promotion(reader: &mut Reader) -> Option<PromotionInputs> {
    let switch_timeout = reader.value("switch-timeout", values::duration);
    let previous = reader.choice(
        "previous",
        &[
            ("keep", Previous::Keep),
            ("stop", Previous::Stop),
            ("delete", Previous::Delete),
        ],
    );
    let keep_releases = reader.optional("keep-releases", values::whole_number);
    let if_superseded = reader.choice(
        "if-superseded",
        &[
            ("skip", IfSuperseded::Skip),
            ("fail", IfSuperseded::Fail),
            ("release", IfSuperseded::Release),
        ],
    );
    let canary = reader.optional("canary", values::duration);
    Some(PromotionInputs {
        canary: canary?.filter(|time| !time.is_zero()),
        switch_timeout: switch_timeout?,
        previous: previous?,
        keep_releases: keep_releases?,
        if_superseded: if_superseded?,
    })
}

fn name(reader: &mut Reader) -> Option<String> {
    reader.value("workspace-name", values::template)
}

fn new_workspace(reader: &mut Reader, name: Option<String>) -> Option<NewWorkspaceInputs> {
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
        git_url: git_url?,
        private: private?,
        base_image: reader.text("base-image"),
        vpn_config: reader.text("vpn-config"),
        clone_depth: clone_depth?,
        shared_vault: reader.text("shared-vault"),
        restricted: restricted?,
    })
}

fn source(reader: &mut Reader, creates: bool) -> Option<Source> {
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

fn build(reader: &mut Reader) -> Option<Build> {
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

/// The outer `Option`: whether all was read; the inner: whether the application is asked at all.
#[expect(
    clippy::option_option,
    reason = "unreadable and unwanted are different things"
)]
fn health(reader: &mut Reader, flow: Option<&str>) -> Option<Option<Health>> {
    if flow == Some("cleanup") {
        return Some(None);
    }
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
