//! Owns the order of reading: which inputs each flow takes, and what becomes of them.

use std::collections::BTreeMap;

use crate::codesphere::types::WorkspaceId;
use crate::inputs::reader::Reader;
use crate::inputs::{
    Build, Flow, Health, IfSuperseded, Inputs, Logs, Mistake, NewWorkspaceInputs, OnFailure,
    Previous, Source, ZeroDowntime, values,
};

/// Inputs without a default that the simple flow does not use.
const NOT_SIMPLE: [&str; 10] = [
    "team",
    "domain",
    "git-url",
    "private-repository",
    "plan",
    "storage",
    "base-image",
    "vpn-config",
    "clone-depth",
    "shared-vault",
];

impl Inputs {
    /// Reads `INPUT_*` among `variables`.
    ///
    /// # Errors
    /// Every mistake there is, without the values of secrets.
    pub fn read(variables: &BTreeMap<String, String>) -> Result<Self, Vec<Mistake>> {
        let mut reader = Reader::new(variables)?;
        let flow = reader.one_of("flow", &["simple", "zero-downtime"]);
        let token = reader.token();
        let api = reader.value("api-url", values::base);
        let roots = reader.roots();
        let (target, unused) = match flow.as_deref() {
            Some("simple") => (simple(&mut reader), reader.given_among(&NOT_SIMPLE)),
            Some(_) => (
                zero_downtime(&mut reader),
                reader.given_among(&["workspace-id"]),
            ),
            None => (None, Vec::new()),
        };
        let creates = flow.as_deref() != Some("simple");
        let source = source(&mut reader, creates);
        let build = build(&mut reader);
        let health = health(&mut reader);
        let on_failure = reader.choice(
            "on-failure",
            &[("rollback", OnFailure::Rollback), ("keep", OnFailure::Keep)],
        );
        let logs = reader.choice(
            "logs",
            &[
                ("live", Logs::Live),
                ("on-failure", Logs::OnFailure),
                ("none", Logs::None),
            ],
        );
        let dry_run = reader.value("dry-run", values::boolean);
        let read = || {
            Some(Self {
                flow: target?,
                token: token?,
                api: api?,
                roots: roots?,
                source: source?,
                build: build?,
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

fn simple(reader: &mut Reader) -> Option<Flow> {
    let workspace = reader.required("workspace-id", values::whole_number)?;
    Some(Flow::Simple {
        workspace: WorkspaceId(workspace),
    })
}

fn zero_downtime(reader: &mut Reader) -> Option<Flow> {
    let team = reader.required("team", values::id_or_name);
    let domain = reader.required("domain", values::host);
    let path = reader.value("path", values::path);
    let new = new_workspace(reader);
    let switch_timeout = reader.value("switch-timeout", values::duration);
    let previous = reader.choice(
        "previous",
        &[
            ("keep", Previous::Keep),
            ("stop", Previous::Stop),
            ("delete", Previous::Delete),
        ],
    );
    let if_superseded = reader.choice(
        "if-superseded",
        &[
            ("skip", IfSuperseded::Skip),
            ("fail", IfSuperseded::Fail),
            ("release", IfSuperseded::Release),
        ],
    );
    Some(Flow::ZeroDowntime(Box::new(ZeroDowntime {
        team: team?,
        domain: domain?,
        path: path?,
        switch_timeout: switch_timeout?,
        previous: previous?,
        if_superseded: if_superseded?,
        new: new?,
    })))
}

fn new_workspace(reader: &mut Reader) -> Option<NewWorkspaceInputs> {
    let git_url = reader.optional("git-url", values::git_url);
    let private = reader.optional("private-repository", values::boolean);
    let plan = reader.required("plan", values::id_or_name);
    let replicas = reader.value("replicas", values::positive);
    let storage = reader.optional("storage", values::positive);
    let name = reader.value("workspace-name", values::template);
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
    let env = reader.env();
    let profile = reader.optional("profile", values::profile);
    let prepare = reader.value("prepare", values::boolean);
    let test = reader.value("test", values::boolean);
    let landscape = reader.landscape();
    let workspace_timeout = reader.value("workspace-timeout", values::duration);
    let stage_timeout = reader.value("stage-timeout", values::duration);
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
