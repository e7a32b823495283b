//! Owns the shapes that go over the wire. All but the fields that a release needs is left out or optional.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};

pub use crate::ids::{CommitId, DataCenterId, EnvVar, PlanId, TeamId, WorkspaceId};

/// A team that the token's owner belongs to.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Team {
    /// Its number.
    pub id: TeamId,
    /// Its name; not unique.
    #[serde(default)]
    pub name: String,
    /// Where its workspaces are made.
    pub default_data_center_id: Option<DataCenterId>,
}

impl Team {
    /// A team of which no more than its number is known.
    #[must_use]
    pub const fn of_number(id: TeamId) -> Self {
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
pub struct Plan {
    /// Its number.
    pub id: PlanId,
    /// Its name; the same title may exist on-demand and always-on.
    #[serde(default)]
    pub title: String,
    /// No longer offered.
    #[serde(default)]
    pub deprecated: bool,
    /// How many replicas a workspace may have.
    pub max_replicas: Option<u32>,
    /// What it is made of.
    #[serde(default)]
    pub characteristics: Characteristics,
}

/// What a plan is made of.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Characteristics {
    /// The workspace sleeps when idle.
    #[serde(default)]
    pub on_demand: bool,
}

/// A workspace, as the API describes it.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Workspace {
    /// Its number.
    pub id: WorkspaceId,
    /// Its name, unique within the team.
    #[serde(default)]
    pub name: String,
    /// The team that owns it.
    pub team_id: Option<TeamId>,
    /// The plan it runs on.
    pub plan_id: Option<PlanId>,
    /// Where it runs.
    pub data_center_id: Option<DataCenterId>,
    /// How many replicas it has.
    pub replicas: Option<u32>,
    /// What it was cloned from.
    pub git_url: Option<String>,
    /// When it was made, in words of the platform.
    pub created_at: Option<String>,
    /// Free text, set at creation only: where the ownership mark is.
    pub welcome_message: Option<String>,
    /// Whether its dev domain asks visitors to sign in.
    pub restricted: Option<bool>,
    /// The domain it is served under, without a scheme; absent for a while.
    #[serde(default, deserialize_with = "host_name")]
    pub dev_domain: Option<String>,
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
pub struct NewWorkspace {
    /// The team that will own and pay it.
    pub team_id: TeamId,
    /// Its name, unique within the team.
    pub name: String,
    /// The plan to run on.
    pub plan_id: PlanId,
    /// Whether cloning needs the token owner's git account.
    pub is_private_repo: bool,
    /// How many replicas.
    pub replicas: u32,
    /// What to clone.
    pub git_url: String,
    /// The branch to check out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub initial_branch: Option<String>,
    /// How many commits to clone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clone_depth: Option<u32>,
    /// The ownership mark.
    pub welcome_message: String,
    /// Whether its dev domain asks visitors to sign in.
    pub restricted: bool,
    /// Its environment.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub env: Vec<EnvVar>,
    /// The image to start from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base_image: Option<String>,
    /// The VPN to join.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vpn_config: Option<String>,
    /// Its disk, in MiB.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub storage_mib: Option<u64>,
    /// The team's shared vault to read secrets from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shared_vault_name: Option<String>,
}

/// What each path of a domain points at.
pub type Connections = BTreeMap<String, Vec<WorkspaceId>>;

/// A team's custom domain.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Domain {
    /// Its name.
    #[serde(default)]
    pub name: String,
    /// Where it is served from.
    pub data_center_id: Option<DataCenterId>,
    /// What its paths point at.
    #[serde(default)]
    pub workspaces: Connections,
    /// Whether the team has proved that it owns the name.
    pub domain_verification_status: Option<Verification>,
    /// Whether there is a certificate yet.
    pub certificate_request_status: Option<Certification>,
    /// Whether it asks visitors to sign in.
    pub restricted: Option<bool>,
}

/// Whether a domain's owner is proved.
#[derive(Debug, Clone, Deserialize)]
pub struct Verification {
    /// Proved.
    #[serde(default)]
    pub verified: bool,
    /// Why not.
    pub reason: Option<String>,
}

/// Whether a domain has its certificate.
#[derive(Debug, Clone, Deserialize)]
pub struct Certification {
    /// There is one.
    #[serde(default)]
    pub issued: bool,
    /// Why not.
    pub reason: Option<String>,
}

/// What a command in the workspace wrote. There is no exit code.
#[derive(Debug, Clone, Deserialize)]
pub struct Executed {
    /// Standard output.
    #[serde(default)]
    pub output: String,
    /// Standard error.
    #[serde(default)]
    pub error: String,
}
