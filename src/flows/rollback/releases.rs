//! Owns the list of releases that a rollback could go to: this repository's, for these routes.

use crate::codesphere::client::Client;
use crate::codesphere::types::Workspace;
use crate::flows::shared::existing::meant_for_else;
use crate::flows::shared::promotion::plan::Target;
use crate::ids::TeamId;
use crate::owner::OwnerLabel;
use crate::repository::Repository;
use crate::route::Route;
use crate::steps::label::label_of;
use crate::text::list;

/// So many are told, the newest first.
const TOLD: usize = 20;

/// Whose releases are looked for.
pub(crate) struct Releases<'a> {
    pub(crate) team: TeamId,
    pub(crate) repository: &'a Repository,
    pub(crate) routes: &'a [Route],
}

impl Releases<'_> {
    /// Which there are, but for what is live, and what to do with them.
    pub(crate) fn tell(&self, targets: &[Target], api: &Client<'_>) -> (String, String) {
        let (repository, routes) = (self.repository.clone(), self.routes.to_vec());
        let live = targets.iter().flat_map(|target| target.before.clone());
        let live: Vec<_> = live.collect();
        let found = api.workspaces(self.team, move |workspace| {
            !live.contains(&workspace.id) && label(workspace, &repository, &routes).is_some()
        });
        let whose = format!("of {} for {}", self.repository, list(self.routes));
        let choose = "Give the workspace to go back to as `workspace-id`.";
        match found {
            Err(error) => (
                format!("Which releases {whose} exist could not be read ({error})."),
                choose.to_owned(),
            ),
            Ok(found) if found.is_empty() => (
                format!("No other release {whose} exists."),
                format!(
                    "{choose} Or release an earlier commit again: open its run of the release workflow and choose \"Re-run all jobs\"."
                ),
            ),
            Ok(found) => (
                format!("Releases {whose} that exist:\n{}", self.lines(found)),
                "Give one of these as `workspace-id`.".to_owned(),
            ),
        }
    }

    fn lines(&self, found: Vec<Workspace>) -> String {
        let marked = found.into_iter().filter_map(|workspace| {
            let label = label(&workspace, self.repository, self.routes)?;
            Some((workspace, label))
        });
        let mut marked: Vec<(Workspace, OwnerLabel)> = marked.collect();
        marked.sort_by_key(|(workspace, label)| std::cmp::Reverse((label.run_id, workspace.id)));
        let more = marked.len().saturating_sub(TOLD);
        let mut lines: Vec<String> = marked
            .iter()
            .take(TOLD)
            .map(|(workspace, label)| line(workspace, label))
            .collect();
        if more > 0 {
            lines.push(format!("- … and {more} older ones"));
        }
        lines.join("\n")
    }
}

/// Its owner label, where it is one that may be rolled back to.
fn label(workspace: &Workspace, repository: &Repository, routes: &[Route]) -> Option<OwnerLabel> {
    let label = label_of(workspace)?;
    let fits = label.repository.is(repository) && meant_for_else(&label.purpose, routes).is_none();
    fits.then_some(label)
}

fn line(workspace: &Workspace, label: &OwnerLabel) -> String {
    let commit = label.commit.as_deref().unwrap_or("unknown");
    let made = workspace
        .created_at
        .as_deref()
        .unwrap_or("at an unknown time");
    format!(
        "- workspace {} ({}), commit {commit}, flow {}, run {} (number {}), made {made}",
        workspace.id, workspace.name, label.flow, label.run_id, label.run_number
    )
}
