//! The cleanup flow: judge every workspace of this repository, and delete what is no longer needed. What was deleted
//! cannot be put back, so there is nothing to undo.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::failure::Failure;
use crate::flows::flow::{Flow, Plan};
use crate::flows::shared::preflight::Preflight;
use crate::flows::shared::recovery::wrong_flow;
use crate::ids::TeamId;
use crate::inputs::groups::{Settings, managed};
use crate::inputs::reader::Reader;
use crate::inputs::routes::routes;
use crate::inputs::values;
use crate::release::{Health, IdOrName, ManagedServices};
use crate::report::{Outcome, RunResult, StepStatus};
use crate::route::Route;
use crate::steps::RunContext;
use crate::steps::retention::{Policy, Scope, Swept, Verdict, decide, inventory, keep_data, sweep};
use crate::text::list;
use crate::undo::{Made, Recovery};

/// What the flow is given.
#[derive(Debug)]
struct Cleanup {
    /// The team that owns the workspaces.
    team: IdOrName,
    /// The routes whose releases are judged; none: those of all routes.
    routes: Vec<Route>,
    /// The app whose workspaces are judged; absent: those of none.
    app: Option<String>,
    keep_releases: u32,
    /// How long a preview stays after its last update.
    preview_max_age: Duration,
    settings: Settings,
}

/// What the flow will do.
struct CleanupPlan {
    team: TeamId,
    /// What becomes of each workspace.
    verdicts: Vec<Verdict>,
    /// What is left alone as it is of another app, in words; blank where nothing is.
    others: String,
}

/// Reads the flow's inputs.
pub(super) fn read(reader: &mut Reader) -> Option<Box<dyn Flow>> {
    let team = reader.required("team", values::id_or_name);
    let routes = routes(reader, false);
    if reader.text("domain").is_none() && reader.text("path").is_some_and(|path| path != "/") {
        reader.mistake(
            "path",
            "is given without `domain`. Good: both; or neither, for the releases of all places"
                .to_owned(),
        );
    }
    let app = reader.optional("app", values::app);
    let keep_releases = reader.required("keep-releases", values::whole_number);
    let preview_max_age = reader.value("preview-max-age", values::duration);
    let managed = managed(reader);
    Some(Box::new(Cleanup {
        settings: Settings {
            managed: managed?,
            ..Settings::NONE
        },
        team: team?,
        routes: routes?,
        app: app?,
        keep_releases: keep_releases?,
        preview_max_age: preview_max_age?,
    }))
}

impl Flow for Cleanup {
    fn settings(&self) -> &Settings {
        &self.settings
    }

    fn plan(&self, preflight: &mut Preflight<'_>) -> Option<Box<dyn Plan>> {
        let team = preflight.team(&self.team)??;
        let policy = Policy {
            team: team.id,
            repository: preflight.context.repository.clone(),
            app: self.app.clone(),
            scope: if self.routes.is_empty() {
                Scope::All
            } else {
                Scope::Routes(self.routes.clone())
            },
            keep: self.keep_releases,
            preview_max_age: Some(self.preview_max_age),
        };
        let inventory = inventory(preflight.api, &policy);
        let inventory = preflight.take(inventory)?;
        let mut verdicts = decide(&policy, &inventory);
        if self.settings.managed == ManagedServices::Refuse {
            keep_data(preflight.api, &mut verdicts);
        }
        Some(Box::new(CleanupPlan {
            team: team.id,
            verdicts,
            others: others(&inventory.others),
        }))
    }

    fn recover(&self, _: &Made, _: &RunContext<'_>) -> Result<Recovery, Failure> {
        Err(wrong_flow())
    }
}

impl Plan for CleanupPlan {
    fn describe(&self, _: Option<&Health>) -> Vec<String> {
        let mut lines: Vec<String> = self.verdicts.iter().map(ToString::to_string).collect();
        if lines.is_empty() {
            lines.push("There is no workspace of this repository to judge.".to_owned());
        }
        lines.extend(Some(self.others.clone()).filter(|others| !others.is_empty()));
        lines
    }

    fn run(&self, ctx: &RunContext<'_>) -> RunResult {
        let swept =
            ctx.report
                .judged_step("Clean up", || sweep(ctx, self.team, &self.verdicts), status);
        let words = format!("{} {}", swept.words(), self.others);
        let words = words.trim_end().to_owned();
        match swept.into_failure() {
            None => RunResult::good(Outcome::Cleaned, words),
            Some(failure) => RunResult::bad(Outcome::Failed, failure, words),
        }
    }
}

/// How many are left, and of which apps.
fn others(apps: &[Option<String>]) -> String {
    let names: BTreeSet<&str> = apps
        .iter()
        .map(|app| app.as_deref().unwrap_or("none"))
        .collect();
    let apps_named = list(names);
    match apps.len() {
        0 => String::new(),
        1 => format!("1 workspace is left alone, as its `app` is another: {apps_named}."),
        several => {
            format!("{several} workspaces are left alone, as their `app` is another: {apps_named}.")
        }
    }
}

/// How the deletions went, as a step.
fn status(swept: &Swept) -> StepStatus {
    match &swept.failure {
        None => StepStatus::Well,
        Some(failure) if failure.is_cancellation() => StepStatus::Cancelled,
        Some(_) => StepStatus::Badly(swept.words()),
    }
}
