//! Owns the shapes that go over the wire. A field on which a write or a deletion rests is required: without it there
//! is no answer. Of the others those that a release can do without are optional, the rest is left out.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};

use crate::ids::CommitId;
pub(crate) use crate::ids::{DataCenterId, EnvVar, PlanId, TeamId, WorkspaceId};

/// A team that the token's owner belongs to.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Team {
    /// Its number.
    pub(crate) id: TeamId,
    /// Its name; not unique.
    pub(crate) name: String,
    /// Where its workspaces are made; absent: not compared with where a domain is served from.
    pub(crate) default_data_center_id: Option<DataCenterId>,
}

impl Team {
    /// A team of which no more than its number is known.
    pub(crate) const fn of_number(id: TeamId) -> Self {
        Self {
            id,
            name: String::new(),
            default_data_center_id: None,
        }
    }
}

impl fmt::Display for Team {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.name.is_empty() {
            return self.id.fmt(f);
        }
        write!(f, "{} ({})", self.name, self.id)
    }
}

/// What a workspace can be made with.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Plan {
    /// Its number.
    pub(crate) id: PlanId,
    /// Its name; the same title may exist on-demand and always-on.
    pub(crate) title: String,
    /// No longer offered.
    pub(crate) deprecated: bool,
    /// How many replicas a workspace may have; absent: the API refuses too many.
    pub(crate) max_replicas: Option<u32>,
    /// What it is made of.
    pub(crate) characteristics: Characteristics,
}

/// What a plan is made of.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Characteristics {
    /// The workspace sleeps when idle.
    pub(crate) on_demand: bool,
}

/// A workspace, as the API describes it.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Workspace {
    /// Its number.
    pub(crate) id: WorkspaceId,
    /// Its name, unique within the team; only shown.
    #[serde(default)]
    pub(crate) name: String,
    /// The team that owns it.
    pub(crate) team_id: TeamId,
    /// The plan it runs on; absent: it fits no other.
    pub(crate) plan_id: Option<PlanId>,
    /// Where it runs; absent: not compared with where a domain is served from.
    pub(crate) data_center_id: Option<DataCenterId>,
    /// How many replicas it has: waking sets them to what they are.
    pub(crate) replicas: u32,
    /// What it was cloned from; absent: it fits no other.
    pub(crate) git_url: Option<String>,
    /// When it was made, in words of the platform; absent: it is never old enough to go.
    pub(crate) created_at: Option<String>,
    /// Free text, set at creation only: where the owner label is. `null` is none, a missing field no answer.
    #[serde(deserialize_with = "nullable")]
    pub(crate) welcome_message: Option<String>,
    /// Whether its development domain asks visitors to sign in.
    pub(crate) restricted: Option<bool>,
    /// The domain it is served under, without a scheme; absent for a while.
    #[serde(default, deserialize_with = "host_name")]
    pub(crate) dev_domain: Option<String>,
}

/// `null` is a value; a missing field is none.
fn nullable<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Option::deserialize(deserializer)
}

/// A managed service of a team, a landscape's or a standalone one.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct ManagedService {
    /// Its name; that of a landscape's ends with the workspace and the service.
    pub(crate) name: String,
    /// How far it is.
    pub(crate) status: ManagedStatus,
}

/// How far a managed service is.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct ManagedStatus {
    /// In words of the platform.
    pub(crate) state: String,
}

/// How far up a workspace is; says nothing about its application.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Status {
    /// Whether it runs.
    pub(crate) is_running: bool,
}

/// Only a plain host name counts: the key may be shown to it.
fn host_name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.';
    Ok(text.filter(|text| text.contains('.') && text.bytes().all(plain)))
}

/// What a new workspace is to be.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NewWorkspace {
    /// The team that will own and pay it.
    pub(crate) team_id: TeamId,
    /// Its name, unique within the team.
    pub(crate) name: String,
    /// The plan to run on.
    pub(crate) plan_id: PlanId,
    /// Whether cloning needs the token owner's git account.
    pub(crate) is_private_repo: bool,
    /// How many replicas.
    pub(crate) replicas: u32,
    /// What to clone.
    pub(crate) git_url: String,
    /// The branch to check out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) initial_branch: Option<String>,
    /// How many commits to clone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) clone_depth: Option<u32>,
    /// The owner label.
    pub(crate) welcome_message: String,
    /// Whether its development domain asks visitors to sign in.
    pub(crate) restricted: bool,
    /// Its environment.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) env: Vec<EnvVar>,
    /// The image to start from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) base_image: Option<String>,
    /// The VPN to join.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) vpn_config: Option<String>,
    /// Its disk, in MiB.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) storage_mib: Option<u64>,
    /// The team's shared vault to read secrets from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) shared_vault_name: Option<String>,
}

/// What each path of a domain points at.
pub(crate) type Connections = BTreeMap<String, Vec<WorkspaceId>>;

/// A team's custom domain.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "as the API names it")]
pub(crate) struct Domain {
    /// Its name.
    pub(crate) name: String,
    /// Where it is served from; absent: not compared.
    pub(crate) data_center_id: Option<DataCenterId>,
    /// What its paths point at.
    pub(crate) workspaces: Connections,
    /// Whether the team has proved that it owns the name; needed where it is switched.
    pub(crate) domain_verification_status: Option<Verification>,
    /// Whether there is a certificate yet.
    pub(crate) certificate_request_status: Option<Certification>,
    /// Whether it asks visitors to sign in.
    pub(crate) restricted: Option<bool>,
    /// How it is set up beyond the defaults.
    #[serde(default)]
    pub(crate) custom_config: Option<DomainConfig>,
}

/// How a domain is set up beyond the defaults.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DomainConfig {
    /// Whether its paths are regular expressions.
    pub(crate) use_regex: Option<bool>,
}

/// Whether a domain's owner is proved.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Verification {
    /// Proved.
    pub(crate) verified: bool,
    /// Why not.
    pub(crate) reason: Option<String>,
}

/// Whether a domain has its certificate.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Certification {
    /// There is one.
    #[serde(default)]
    pub(crate) issued: bool,
    /// Why not.
    pub(crate) reason: Option<String>,
}

/// What a command in the workspace wrote. There is no exit code.
#[derive(Debug, Clone, Deserialize)]
pub struct Executed {
    /// Standard output.
    pub output: String,
    /// Standard error; only shown.
    #[serde(default)]
    pub error: String,
}
/// What is checked out.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct CheckedOut {
    head: CommitId,
}

impl CheckedOut {
    /// The commit's id.
    pub(crate) fn into_commit(self) -> CommitId {
        self.head
    }
}
