//! Owns the reading of the CI profile's file from what is checked out in a workspace.

use crate::failure::{Failure, Reason};
use crate::ids::WorkspaceId;
use crate::profile::{LIMIT, Profile};
use crate::steps::RunContext;
use crate::steps::commands::{self, Command, Done};
use crate::text::list;

/// What was found where the profile's file should be.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Found {
    /// The file's text.
    Text(String),
    /// No such file, but these of its kind.
    Missing(Vec<String>),
    /// It cannot be told.
    Unknown,
}

/// What else the commit has that a check-out alone does not bring.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Extras {
    /// Other repositories inside of it.
    pub(crate) submodules: bool,
    /// Files that may be kept elsewhere.
    pub(crate) attributes: bool,
}

/// Reads the profile's file of what is about to be built, and what else it needs.
pub(crate) fn read(
    ctx: &RunContext<'_>,
    id: WorkspaceId,
    profile: Option<&str>,
) -> Result<(Profile, Extras), Failure> {
    let (file, (found, extras)) = (file_of(profile), load(ctx, id, profile)?);
    ctx.log.foreign([("", format!("{file}: {found}").as_str())]);
    Ok((found, extras))
}

/// Reads it again, once `prepare` may have changed it.
pub(crate) fn read_again(
    ctx: &RunContext<'_>,
    id: WorkspaceId,
    profile: Option<&str>,
    before: &Profile,
) -> Result<Profile, Failure> {
    let (file, (found, _)) = (file_of(profile), load(ctx, id, profile)?);
    if found != *before {
        let words = format!("{file} is another since prepare: {found}");
        ctx.log.foreign([("", words.as_str())]);
    }
    Ok(found)
}

fn load(
    ctx: &RunContext<'_>,
    id: WorkspaceId,
    profile: Option<&str>,
) -> Result<(Profile, Extras), Failure> {
    let file = file_of(profile);
    let (found, extras) = look(ctx, id, &file)?;
    let text = match found {
        Found::Text(text) => text,
        Found::Missing(there) => return Err(missing(id, &file, &there)),
        Found::Unknown => {
            ctx.log.line(&format!(
                "{file} could not be read; what it describes is taken from the stages' states"
            ));
            return Ok((Profile::unknown("it could not be read"), extras));
        }
    };
    if text.len() > LIMIT {
        return Err(too_long(id, &file));
    }
    let profile = Profile::parse(&text);
    let profile = profile.map_err(|mistake| no_yaml(id, &file, &mistake.to_string()))?;
    Ok((profile, extras))
}

/// What was deployed before, as far as the file that is checked out tells; nothing where it does not.
///
/// # Errors
/// What the API says.
pub(crate) fn read_what_was(
    ctx: &RunContext<'_>,
    id: WorkspaceId,
    profile: Option<&str>,
) -> Result<Option<Profile>, Failure> {
    let (found, _) = look(ctx, id, &file_of(profile))?;
    Ok(match found {
        Found::Text(text) if text.len() <= LIMIT => Profile::parse(&text).ok(),
        Found::Text(_) | Found::Missing(_) | Found::Unknown => None,
    })
}

/// What runs in a workspace, as far as its file can be read; where it cannot, what is listed decides.
///
/// # Errors
/// Cancellation only.
pub(crate) fn of_what_runs(
    ctx: &RunContext<'_>,
    id: WorkspaceId,
    profile: Option<&str>,
) -> Result<Profile, Failure> {
    match read_what_was(ctx, id, profile) {
        Ok(found) => Ok(found.unwrap_or_else(|| Profile::unknown("it could not be read"))),
        Err(failure) if failure.is_cancellation() => Err(failure),
        Err(failure) => {
            ctx.log.line(&format!(
                "{} could not be read: {}",
                file_of(profile),
                failure.cause
            ));
            Ok(Profile::unknown("it could not be read"))
        }
    }
}

/// Whether what is checked out has the profile's file. Where that cannot be found out, it is taken to have it.
pub(crate) fn exists(
    ctx: &RunContext<'_>,
    id: WorkspaceId,
    profile: &str,
) -> Result<bool, Failure> {
    let (found, _) = look(ctx, id, &file_of(Some(profile)))?;
    Ok(!matches!(found, Found::Missing(_)))
}

pub(super) fn file_of(profile: Option<&str>) -> String {
    profile.map_or_else(|| "ci.yml".to_owned(), |name| format!("ci.{name}.yml"))
}

fn look(ctx: &RunContext<'_>, id: WorkspaceId, file: &str) -> Result<(Found, Extras), Failure> {
    let command = Command::ReadProfile(file);
    let done = commands::run(ctx, id, command, "reading the CI profile's file")?;
    Ok(done.map_or((Found::Unknown, Extras::default()), |done| found(&done)))
}

/// The output is a list of files, an empty line, and the file's text.
fn found(done: &Done) -> (Found, Extras) {
    let (there, text) = match done.output.strip_prefix('\n') {
        Some(text) => ("", text),
        None => match done.output.split_once("\n\n") {
            Some((there, text)) => (there, text),
            None => (done.output.trim_end(), ""),
        },
    };
    let has = |file: &str| there.lines().any(|name| name == file);
    let extras = Extras {
        submodules: has(".gitmodules"),
        attributes: has(".gitattributes"),
    };
    let found = match done.status {
        Some(0) => Found::Text(text.to_owned()),
        Some(1) => {
            let profiles = there.lines().filter(|name| !name.starts_with('.'));
            Found::Missing(profiles.map(str::to_owned).collect())
        }
        Some(_) | None => Found::Unknown,
    };
    (found, extras)
}

fn missing(id: WorkspaceId, file: &str, there: &[String]) -> Failure {
    let others = if there.is_empty() {
        "It holds no file of this kind".to_owned()
    } else {
        format!("It holds {}", list(there))
    };
    Failure::new(
        Reason::Refused,
        format!("The commit holds no {file} in its root (looked in workspace {id}). {others}."),
        format!("Add {file} to the repository's root, or correct the input `profile`."),
    )
}

fn too_long(id: WorkspaceId, file: &str) -> Failure {
    Failure::new(
        Reason::Refused,
        format!(
            "{file} in workspace {id} is longer than {} KiB.",
            LIMIT / 1024
        ),
        "Keep in it only what describes the pipeline.",
    )
}

fn no_yaml(id: WorkspaceId, file: &str, mistake: &str) -> Failure {
    Failure::new(
        Reason::Refused,
        format!("{file} in workspace {id} is no YAML that can be read: {mistake}."),
        format!("Correct {file}. The landscape's editor in Codesphere shows the place, too."),
    )
}

#[cfg(test)]
mod tests {
    use super::{Found, found};
    use crate::steps::commands::Done;

    fn of(output: &str, status: i32) -> Found {
        found(&Done {
            output: output.to_owned(),
            error: String::new(),
            status: Some(status),
        })
        .0
    }

    #[test]
    fn the_text_follows_the_list_and_an_empty_line() {
        assert_eq!(
            of(".gitmodules\nci.yml\n\nrun:\n\n  a: 1\n", 0),
            Found::Text("run:\n\n  a: 1\n".to_owned())
        );
        assert_eq!(of("\n\nrun: 1", 0), Found::Text("\nrun: 1".to_owned()));
        assert_eq!(of("ci.yml\n\n", 0), Found::Text(String::new()));
    }

    #[test]
    fn without_the_file_the_list_tells_what_is_there() {
        let there = vec!["ci.prod.yml".to_owned(), "ci.yml".to_owned()];
        assert_eq!(
            of(".gitattributes\nci.prod.yml\nci.yml\n\n", 1),
            Found::Missing(there)
        );
        assert_eq!(of("\n", 1), Found::Missing(Vec::new()));
        assert_eq!(of("anything", 127), Found::Unknown);
    }
}
