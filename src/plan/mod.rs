//! Owns what will be done: ids resolved, preconditions checked, and said in order before anything is written.

mod choices;
mod describe;
mod preflight;
mod standing;

use crate::codesphere::types::{PlanId, TeamId, Workspace, WorkspaceId};
use crate::context::Context;
use crate::inputs::values::PLACEHOLDERS;
use crate::inputs::{Build, Health, NewWorkspaceInputs, OnFailure, ZeroDowntime};
pub use preflight::{Findings, prepare};
pub use standing::Standing;

/// What will be done.
#[derive(Debug, Clone)]
pub enum Plan {
    /// Update one workspace in place.
    Simple(Box<SimplePlan>),
    /// Build a new workspace and switch the domain to it.
    ZeroDowntime(Box<ZeroDowntimePlan>),
}

/// What happens in a workspace, in either flow.
#[derive(Debug, Clone)]
pub struct Work {
    /// The git remote to pull from.
    pub remote: String,
    /// The branch to pull.
    pub branch: String,
    /// The commit that must end up checked out; absent: whatever was pulled.
    pub commit: Option<String>,
    /// Stages, environment and limits.
    pub build: Build,
    /// How to ask the application; absent: not at all.
    pub health: Option<Health>,
    /// Whether a workspace that this run made is removed when it fails.
    pub on_failure: OnFailure,
}

/// The simple flow's plan.
#[derive(Debug, Clone)]
pub struct SimplePlan {
    /// The workspace to act on, as it was.
    pub workspace: Workspace,
    /// Whether it was awake.
    pub awake: bool,
    /// What happens in it.
    pub work: Work,
}

/// The zero-downtime flow's plan.
#[derive(Debug, Clone)]
pub struct ZeroDowntimePlan {
    /// The team.
    pub team: TeamId,
    /// The team's name, for people.
    pub team_name: String,
    /// The plan of the new workspace.
    pub plan: PlanId,
    /// The plan's title, for people.
    pub plan_title: String,
    /// What the new workspace is cloned from.
    pub git_url: String,
    /// Whether cloning needs an account.
    pub private: bool,
    /// The new workspace's name, as far as it is free.
    pub name: String,
    /// What the path points at now.
    pub before: Vec<WorkspaceId>,
    /// The commit that is live there now, if that is known.
    pub live_commit: Option<String>,
    /// The domain's other paths; they stay as they are.
    pub other_paths: Vec<String>,
    /// How this release stands to the one that is live.
    pub standing: Standing,
    /// Whether the domain asks visitors to sign in, so that it cannot be asked from here.
    pub domain_restricted: bool,
    /// The inputs that only this flow has.
    pub inputs: ZeroDowntime,
    /// What happens in the new workspace.
    pub work: Work,
}

impl Plan {
    /// The commit that is to be released; absent: whatever is pulled.
    #[must_use]
    pub fn commit(&self) -> Option<&String> {
        match self {
            Self::Simple(plan) => plan.work.commit.as_ref(),
            Self::ZeroDowntime(plan) => plan.work.commit.as_ref(),
        }
    }
}

impl ZeroDowntimePlan {
    /// Where people reach the path.
    #[must_use]
    pub fn url(&self) -> String {
        format!(
            "https://{}{}",
            self.inputs.domain,
            self.inputs.path.trim_end_matches('/')
        )
    }
}

/// A workspace's name made of `template`: lower-case letters, digits and single hyphens, at most 50 characters.
fn workspace_name(template: &str, context: &Context, branch: &str, commit: Option<&str>) -> String {
    let sha = commit.unwrap_or("latest");
    let short: String = sha.chars().take(7).collect();
    let mut name = template.to_owned();
    for placeholder in PLACEHOLDERS {
        let value = match placeholder {
            "repository" => context.repository_name().to_owned(),
            "branch" => branch.to_owned(),
            "sha" => sha.to_owned(),
            "short-sha" => short.clone(),
            "run-id" => context.run_id.to_string(),
            _ => context.run_number.to_string(),
        };
        name = name.replace(&format!("{{{placeholder}}}"), &safe(&value));
    }
    let name = safe(&name);
    let name: String = name.chars().take(50).collect();
    let name = name.trim_matches('-');
    if name.is_empty() {
        "release".to_owned()
    } else {
        name.to_owned()
    }
}

fn safe(text: &str) -> String {
    let mut safe = String::new();
    for c in text.chars() {
        if c.is_ascii_alphanumeric() {
            safe.push(c.to_ascii_lowercase());
        } else if !safe.ends_with('-') {
            safe.push('-');
        }
    }
    safe.trim_matches('-').to_owned()
}

/// What is cloned, where the inputs do not say. The event knows of its own repository only.
fn clone_source(new: &NewWorkspaceInputs, context: &Context) -> (Option<String>, bool) {
    let url = new.git_url.clone().or_else(|| context.clone_url.clone());
    let known = context.private.filter(|_| url == context.clone_url);
    (url, new.private.or(known).unwrap_or(true))
}

#[cfg(test)]
mod tests {
    use super::{Context, workspace_name};

    fn name(template: &str, repository: &str, branch: &str) -> String {
        let context = Context {
            repository: repository.to_owned(),
            run_id: 12,
            run_number: 3,
            ..Context::default()
        };
        workspace_name(
            template,
            &context,
            branch,
            Some("abcdef0123456789abcdef0123456789abcdef01"),
        )
    }

    #[test]
    fn names_are_made_safe() {
        assert_eq!(
            name("{repository}-{short-sha}-{run-id}", "acme/Shop.Web", "main"),
            "shop-web-abcdef0-12"
        );
        assert_eq!(
            name("{branch}", "a/b", "feature/{sha} ✓ --x"),
            "feature-sha-x"
        );
        assert_eq!(name("--", "a/b", "x"), "release");
        assert_eq!(name("{sha}-{sha}", "a/b", "x").len(), 50);
        assert_eq!(name("{run-number}", "a/b", "x"), "3");
    }
}
