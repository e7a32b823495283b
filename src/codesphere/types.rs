//! Owns the shapes that go over the wire. A field on which a write or a deletion rests is required: without it there
//! is no answer. Of the others those that a release can do without are optional, the rest is left out.

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
    pub name: String,
    /// Where its workspaces are made; absent: not compared with where a domain is served from.
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
    pub title: String,
    /// No longer offered.
    pub deprecated: bool,
    /// How many replicas a workspace may have; absent: the API refuses too many.
    pub max_replicas: Option<u32>,
    /// What it is made of.
    pub characteristics: Characteristics,
}

/// What a plan is made of.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Characteristics {
    /// The workspace sleeps when idle.
    pub on_demand: bool,
}

/// A workspace, as the API describes it.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Workspace {
    /// Its number.
    pub id: WorkspaceId,
    /// Its name, unique within the team; only shown.
    #[serde(default)]
    pub name: String,
    /// The team that owns it.
    pub team_id: TeamId,
    /// The plan it runs on; absent: it fits no other.
    pub plan_id: Option<PlanId>,
    /// Where it runs; absent: not compared with where a domain is served from.
    pub data_center_id: Option<DataCenterId>,
    /// How many replicas it has: waking sets them to what they are.
    pub replicas: u32,
    /// What it was cloned from; absent: it fits no other.
    pub git_url: Option<String>,
    /// When it was made, in words of the platform; absent: it is never old enough to go.
    pub created_at: Option<String>,
    /// Free text, set at creation only: where the ownership mark is. `null` is none, a missing field no answer.
    #[serde(deserialize_with = "nullable")]
    pub welcome_message: Option<String>,
    /// Whether its dev domain asks visitors to sign in.
    pub restricted: Option<bool>,
    /// The domain it is served under, without a scheme; absent for a while.
    #[serde(default, deserialize_with = "host_name")]
    pub dev_domain: Option<String>,
}

/// `null` is a value; a missing field is none.
fn nullable<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Option::deserialize(deserializer)
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
    pub name: String,
    /// Where it is served from; absent: not compared.
    pub data_center_id: Option<DataCenterId>,
    /// What its paths point at.
    pub workspaces: Connections,
    /// Whether the team has proved that it owns the name; needed where it is switched.
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
    pub output: String,
    /// Standard error; only shown.
    #[serde(default)]
    pub error: String,
}
