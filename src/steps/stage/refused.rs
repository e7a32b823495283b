//! Owns what it means that the platform refuses to deploy or to start: its own words are bare, and the file shows more.

use crate::codesphere::error::ApiError;
use crate::codesphere::pipeline::Stage;
use crate::failure::{Failure, Reason};
use crate::ids::WorkspaceId;
use crate::profile::{Profile, Shape};
use crate::steps::RunContext;
use crate::steps::profile::file_of;
use crate::steps::stage::how::How;
use crate::text::names;

/// What mostly breaks a landscape's file.
const CAUSES: &str = "Common causes: `prepare` or `test` is missing; a service has no `network` with `ports` and `paths`; from v0.3 on, a service has no `volumeMounts`; a secret is not in the vault.";
/// The same for one server.
const CAUSES_OF_ONE: &str = "Common causes: `prepare`, `test` or `run` has no list of `steps`.";
/// Who knows more.
const SUPPORT: &str = "Otherwise ask Codesphere's support and give them the trace id.";
/// What templates may say.
const TEMPLATES: &str = "Templates are `${{ vault.NAME }}`, `${{ workspace.env.NAME }}`, `${{ workspace.id }}`, `${{ workspace.devDomain }}` and `${{ team.id }}`.";

/// What may be the reason, besides what breaks the schema.
struct Suspicion {
    /// In words that follow the file's name.
    words: String,
    /// What to do about it.
    next: &'static str,
}

/// Whether it is the 400 for what is no landscape, as far as the platform can tell.
pub(super) fn is_no_landscape(error: &ApiError) -> bool {
    error.is_bad_request_about("multi server deployment")
}

/// A deployment was refused.
pub(super) fn deploy(
    ctx: &RunContext<'_>,
    id: WorkspaceId,
    how: How<'_>,
    error: &ApiError,
) -> Failure {
    let failure = error.while_doing("deploying the landscape");
    if is_no_landscape(error) {
        return no_landscape(failure, how);
    }
    if error.status() != Some(500) {
        return failure;
    }
    let of_vault = how.file.filter(|_| !how.has_secrets);
    let secrets = of_vault.map(|file| &file.secrets);
    let secrets = secrets.filter(|secrets| !secrets.is_empty());
    let suspicion = secrets.map(|secrets| Suspicion {
        words: format!(
            "it takes {} from a vault, and whether the vault has that is not known",
            names(secrets)
        ),
        next: "Look into the vault in Codesphere.",
    });
    bare(ctx, id, how, failure, suspicion.as_ref())
}

/// A start was refused.
pub(super) fn start(
    ctx: &RunContext<'_>,
    id: WorkspaceId,
    how: How<'_>,
    error: &ApiError,
    stage: Stage,
) -> Failure {
    let failure = error.while_doing(&format!("starting {stage}"));
    if error.status() != Some(500) {
        return failure;
    }
    let is_landscape = how.file.is_some_and(Profile::is_landscape);
    let is_missing = stage == Stage::Run && is_landscape && !how.is_deployed;
    let suspicion = is_missing.then(|| Suspicion {
        words: "it describes a landscape, which this release has not deployed".to_owned(),
        next: "Leave out `landscape: false`.",
    });
    bare(ctx, id, how, failure, suspicion.as_ref())
}

/// Something is wrong, and the platform does not say what: what the workspace and the file show goes first.
fn bare(
    ctx: &RunContext<'_>,
    id: WorkspaceId,
    how: How<'_>,
    failure: Failure,
    suspicion: Option<&Suspicion>,
) -> Failure {
    if sleeps(ctx, id) {
        return Failure {
            cause: format!(
                "Workspace {id} sleeps, and nothing can be deployed or started there. {}",
                failure.cause
            ),
            next: "Wake the workspace in Codesphere, and run the job again.".to_owned(),
            ..failure
        };
    }
    let flaws = how.file.map_or(&[][..], |file| &file.flaws);
    if flaws.is_empty() && suspicion.is_none() {
        return unexplained(how, failure);
    }
    let (name, editor) = (file_of(how.profile), editor(how));
    let correct = (!flaws.is_empty()).then(|| format!("Correct that in {name}."));
    let look = suspicion.map(|suspicion| suspicion.next.to_owned());
    let first: Vec<String> = look.into_iter().chain(correct).collect();
    let words = suspicion.map(|suspicion| &suspicion.words);
    let shown = names(words.into_iter().chain(flaws));
    Failure {
        cause: format!(
            "{} {name} shows what is answered like this: {shown}.",
            failure.cause
        ),
        next: format!(
            "{} If the answer stays the same, {editor} {SUPPORT}",
            first.join(" ")
        ),
        ..failure
    }
}

/// Neither workspace nor file show anything.
fn unexplained(how: How<'_>, failure: Failure) -> Failure {
    let (name, editor) = (file_of(how.profile), editor(how));
    let causes = if is_of_one_server(how) {
        CAUSES_OF_ONE
    } else {
        CAUSES
    };
    Failure {
        cause: format!(
            "{} Codesphere answers like this when {name} breaks its schema, and does not say where.",
            failure.cause
        ),
        next: format!("To see what is wrong, {editor} {causes} {SUPPORT}"),
        ..failure
    }
}

/// Where the place is named, as a step to take.
fn editor(how: How<'_>) -> String {
    let editor = if is_of_one_server(how) {
        "the CI pipeline"
    } else {
        "the editor of the landscape"
    };
    format!(
        "open {editor} in Codesphere, in a workspace with this commit: it names the field (\"Config Schema Violation\"). With `on-failure: keep` a new workspace stays for that."
    )
}

fn is_of_one_server(how: How<'_>) -> bool {
    how.file.is_some_and(|file| file.shape == Shape::Flat)
}

/// What cannot be told is taken not to be so.
fn sleeps(ctx: &RunContext<'_>, id: WorkspaceId) -> bool {
    let once = ctx.api.until(ctx.time.now());
    once.is_running(id).is_ok_and(|is_running| !is_running)
}

fn no_landscape(failure: Failure, how: How<'_>) -> Failure {
    let name = file_of(how.profile);
    let (shows, next) = match how.file.map(|file| (file, &file.shape)) {
        Some((_, Shape::Flat)) => (
            format!("{name} describes one server, and no landscape."),
            format!("Leave out `landscape: true`: `auto` deploys a landscape where there is one. Or name the services under `run` in {name}, with `schemaVersion: v0.4`."),
        ),
        Some((file, Shape::Landscape)) if !file.odd_templates.is_empty() => (
            format!("{name} describes a landscape, but a template in it may refer to nothing: {}.", names(&file.odd_templates)),
            format!("Correct the template. {TEMPLATES}"),
        ),
        Some((_, Shape::Landscape)) => (
            format!("{name} describes a landscape; Codesphere answers like this, too, when a template refers to nothing."),
            format!("Check the templates in {name}. {TEMPLATES}"),
        ),
        Some((_, Shape::Unknown(_))) | None => (
            "That is the answer for a file that describes one server, for a profile without a file, and for a template that refers to nothing.".to_owned(),
            format!("Check `profile` and {name}. {TEMPLATES}"),
        ),
    };
    Failure {
        reason: Reason::Refused,
        cause: format!("{} {shows}", failure.cause),
        next,
        ..failure
    }
}
