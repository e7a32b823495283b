//! Request bodies: their shapes, and how strictly they are read.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Call, Problem};
use crate::World;

/// `POST /workspaces`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Create {
    pub(super) team_id: u64,
    pub(super) name: String,
    pub(super) plan_id: u64,
    pub(super) is_private_repo: bool,
    pub(super) replicas: u64,
    pub(super) base_image: Option<String>,
    pub(super) git_url: Option<String>,
    pub(super) initial_branch: Option<String>,
    pub(super) clone_depth: Option<usize>,
    pub(super) source_workspace_id: Option<u64>,
    pub(super) welcome_message: Option<String>,
    pub(super) vpn_config: Option<String>,
    pub(super) restricted: Option<bool>,
    #[serde(default)]
    pub(super) env: Vec<Variable>,
    pub(super) storage_mib: Option<u64>,
    pub(super) shared_vault_name: Option<String>,
}

/// `PATCH /workspaces/{id}`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Change {
    pub(super) plan_id: Option<u64>,
    pub(super) base_image: Option<String>,
    pub(super) name: Option<String>,
    pub(super) replicas: Option<u64>,
    pub(super) vpn_config: Option<String>,
    pub(super) restricted: Option<bool>,
    pub(super) storage_mib: Option<u64>,
    pub(super) shared_vault_name: Option<String>,
}

/// An environment variable.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Variable {
    pub(super) name: String,
    pub(super) value: String,
}

/// `POST …/execute`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Execute {
    pub(super) command: String,
    pub(super) working_dir: Option<String>,
    #[serde(default)]
    pub(super) env: BTreeMap<String, String>,
}

/// `PATCH` of a domain; what it says about connections is ignored.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DomainChange {
    pub(super) restricted: Option<bool>,
}

/// The body as JSON; an error when there is none.
pub(super) fn json(call: &Call<'_>) -> Result<Value, Problem> {
    let kind = call.request.header("content-type").unwrap_or_default();
    if !kind.starts_with("application/json") {
        return Err(Problem::schema(&format!("content type {kind:?}")));
    }
    serde_json::from_slice(&call.request.body).map_err(|error| Problem::schema(&error.to_string()))
}

/// The body as `T`: a field that does not belong there is refused, and noted.
pub(super) fn parse<T: DeserializeOwned>(
    world: &mut World,
    call: &Call<'_>,
    nullable: &[&str],
) -> Result<T, Problem> {
    let value = json(call)?;
    if let Some(name) = forbidden_null(&value, nullable) {
        return Err(Problem::schema(&format!("{name} must not be null")));
    }
    serde_json::from_value(value).map_err(|error| {
        let text = error.to_string();
        if text.starts_with("unknown field") {
            world.violation(format!("{text} in {} {}", call.method, call.path));
        }
        Problem::schema(&text)
    })
}

fn forbidden_null<'a>(value: &'a Value, nullable: &[&str]) -> Option<&'a str> {
    let mut fields = value.as_object()?.iter();
    let null = fields.find(|(name, value)| value.is_null() && !nullable.contains(&name.as_str()));
    null.map(|(name, _)| name.as_str())
}

/// `^[A-Za-z_][A-Za-z0-9_.-]*$`
pub(super) fn variable_name(name: &str) -> Result<(), Problem> {
    let first = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let rest = name
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || "_.-".contains(c));
    if first && rest {
        return Ok(());
    }
    Err(Problem::schema(&format!(
        "{name:?} is not a variable's name"
    )))
}

/// A number that counts from one.
pub(super) fn at_least_one(name: &str, number: Option<u64>) -> Result<(), Problem> {
    match number {
        Some(0) => Err(Problem::schema(&format!("{name} must be at least 1"))),
        _ => Ok(()),
    }
}
