//! Owns the safety of data in managed services, which is gone with its workspace, its landscape, or the service's name.

use std::collections::BTreeSet;

use crate::codesphere::client::Begun;
use crate::codesphere::error::ApiError;
use crate::codesphere::types::Workspace;
use crate::failure::{Failure, Reason};
use crate::history::ReleaseHistory;
use crate::ids::{EnvVar, WorkspaceId};
use crate::managed;
use crate::owner::OwnerLabel;
use crate::profile::Profile;
use crate::release::ManagedServices;
use crate::steps::{RunContext, profile, workspace};
use crate::text::list;

/// What the platform advises.
const ADVICE: &str = "Keep production's data in a standalone managed service (made in Codesphere, outside of ci.yml), and give the application its address and password by `env` or a vault: it outlives workspaces.";

/// The managed services of a workspace before something is deployed there.
#[derive(Debug)]
pub(crate) struct Before {
    /// Whether the workspace was made by this run: nothing is in it yet.
    is_new: bool,
    /// The names that hold data.
    names: BTreeSet<String>,
    /// The names that the workspace remembers.
    noted: BTreeSet<String>,
}

impl Before {
    /// Those of a new workspace: none.
    pub(crate) const fn none() -> Self {
        Self {
            is_new: true,
            names: BTreeSet::new(),
            noted: BTreeSet::new(),
        }
    }

    /// Those of a workspace that serves: what it remembers, and what the file on its disk describes.
    pub(crate) fn of(
        ctx: &RunContext<'_>,
        id: WorkspaceId,
        profile: Option<&str>,
        env: Begun<'_, Vec<EnvVar>>,
    ) -> Result<Self, Failure> {
        let env = env.answer().map_err(env_unread)?;
        let noted = noted(&env, id)?.unwrap_or_default();
        let on_disk = profile::read_what_was(ctx, id, profile)?;
        let on_disk = on_disk.map(|profile| names(&profile)).unwrap_or_default();
        Ok(Self {
            is_new: false,
            names: &noted | &on_disk,
            noted,
        })
    }

    /// Refuses what would lose data or leave it behind.
    pub(crate) fn admit(
        &self,
        ctx: &RunContext<'_>,
        id: WorkspaceId,
        profile: &Profile,
    ) -> Result<(), Failure> {
        let wanted = names(profile);
        let lost: BTreeSet<String> = self.names.difference(&wanted).cloned().collect();
        if ctx.managed == ManagedServices::Refuse {
            if self.is_new && !wanted.is_empty() {
                return Err(new_and_empty(id, &wanted));
            }
            if !lost.is_empty() {
                return Err(would_be_lost(id, &lost));
            }
        }
        if !lost.is_empty() {
            ctx.report.warn(format!("The data in {} of workspace {id} is lost with this release: the CI profile does not name it any more.", list(&lost)));
        }
        Ok(())
    }

    /// Has the workspace remember what is deployed next.
    pub(crate) fn remember(
        &mut self,
        ctx: &RunContext<'_>,
        id: WorkspaceId,
        profile: &Profile,
    ) -> Result<(), Failure> {
        let wanted = names(profile);
        if wanted != self.noted {
            workspace::set_env(ctx, id, &[managed::to_variable(&wanted)])?;
            self.noted.clone_from(&wanted);
        }
        if !wanted.is_empty() {
            ctx.report.note("Managed services", list(&wanted));
        }
        Ok(())
    }
}

/// The names of the managed services of a workspace that serves, or has served; `Unknown` where nothing tells.
#[derive(Debug, PartialEq, Eq)]
enum Held {
    /// These.
    Names(BTreeSet<String>),
    /// It cannot be told; why, in words.
    Unknown(String),
}

/// What is read of a workspace to tell what it holds, side by side.
struct Reading<'a> {
    id: WorkspaceId,
    env: Begun<'a, Vec<EnvVar>>,
    workspace: Read<'a>,
}

enum Read<'a> {
    Known(Workspace),
    Begun(Box<Begun<'a, Workspace>>),
}

impl<'a> Reading<'a> {
    fn begin(ctx: &RunContext<'a>, id: WorkspaceId, known: Option<&Workspace>) -> Self {
        let env = ctx.api.begin_env(id);
        let begin = || Read::Begun(Box::new(ctx.api.begin_workspace(id)));
        let workspace = known.map_or_else(begin, |known| Read::Known(known.clone()));
        Self { id, env, workspace }
    }
}

/// What a workspace holds: as it remembers, or as the file on its disk describes. A workspace that a version of this
/// action made which notes managed services, and that has no note, has none.
fn held(ctx: &RunContext<'_>, reading: Reading<'_>) -> Result<Held, Failure> {
    let id = reading.id;
    let env = reading.env.answer().map_err(env_unread)?;
    if let Some(names) = noted(&env, id)? {
        return Ok(Held::Names(names));
    }
    let workspace = match reading.workspace {
        Read::Known(known) => known,
        Read::Begun(begun) => begun.answer().map_err(workspace_unread)?,
    };
    let label = workspace
        .welcome_message
        .as_deref()
        .and_then(OwnerLabel::parse);
    if label.is_some_and(|label| label.made_of.is_some()) {
        return Ok(Held::Names(BTreeSet::new()));
    }
    let history = ReleaseHistory::among(&env).ok().flatten();
    let profile = history.unwrap_or_default().profile;
    match profile::read_what_was(ctx, id, profile.as_deref()) {
        Ok(Some(profile)) => Ok(Held::Names(names(&profile))),
        Ok(None) => Ok(Held::Unknown("its CI profile cannot be read".to_owned())),
        Err(failure) if failure.is_cancellation() => Err(failure),
        Err(failure) => Ok(Held::Unknown(failure.cause)),
    }
}

/// Why a workspace is not deleted: it holds data, or may hold some. Nothing where it may go.
pub(crate) fn keeps(
    ctx: &RunContext<'_>,
    id: WorkspaceId,
    known: Option<&Workspace>,
) -> Result<Option<String>, Failure> {
    if ctx.managed == ManagedServices::Allow {
        return Ok(None);
    }
    Ok(match held(ctx, Reading::begin(ctx, id, known))? {
        Held::Names(names) if names.is_empty() => None,
        Held::Names(names) => Some(format!(
            "its managed services would go with it: {} (`managed-services: refuse`)",
            list(&names)
        )),
        Held::Unknown(why) => Some(format!(
            "whether it has managed services is not known: {why} (`managed-services: refuse`)"
        )),
    })
}

/// Refuses to bring production from one workspace to another where one of them has managed services.
pub(crate) fn stays_with_data(
    ctx: &RunContext<'_>,
    target: &Workspace,
    before: &[WorkspaceId],
) -> Result<(), Failure> {
    if ctx.managed == ManagedServices::Allow {
        return Ok(());
    }
    let others = before.iter().filter(|id| **id != target.id);
    let others = others.map(|id| (*id, None));
    let all = [(target.id, Some(target))].into_iter().chain(others);
    let begun: Vec<_> = all
        .map(|(id, known)| Reading::begin(ctx, id, known))
        .collect();
    for reading in begun {
        let id = reading.id;
        match held(ctx, reading)? {
            Held::Names(names) if !names.is_empty() => return Err(would_jump(id, &names)),
            Held::Names(_) => {}
            Held::Unknown(why) => ctx.log.line(&format!(
                "whether workspace {id} has managed services is not known: {why}"
            )),
        }
    }
    Ok(())
}

fn names(profile: &Profile) -> BTreeSet<String> {
    profile.managed().map(|(name, _)| name.to_owned()).collect()
}

#[expect(clippy::needless_pass_by_value, reason = "it is what an error becomes")]
fn env_unread(error: ApiError) -> Failure {
    error.while_doing("reading the workspace's environment")
}

#[expect(clippy::needless_pass_by_value, reason = "it is what an error becomes")]
fn workspace_unread(error: ApiError) -> Failure {
    error.while_doing("reading the workspace")
}

fn noted(env: &[EnvVar], id: WorkspaceId) -> Result<Option<BTreeSet<String>>, Failure> {
    managed::among(env).map_err(|why| {
        Failure::new(
            Reason::Refused,
            format!("Which managed services workspace {id} has is not known: {why}."),
            "Remove that variable if the workspace has none.",
        )
    })
}

fn new_and_empty(id: WorkspaceId, names: &BTreeSet<String>) -> Failure {
    Failure::new(
        Reason::Refused,
        format!(
            "The CI profile has managed services ({}), which live and die with their workspace: in workspace {id}, which is new, they would be new and empty, and the data would stay behind.",
            list(names)
        ),
        format!("{ADVICE} If new and empty ones are what you want, set `managed-services: allow`."),
    )
}

fn would_be_lost(id: WorkspaceId, names: &BTreeSet<String>) -> Failure {
    Failure::new(
        Reason::Refused,
        format!(
            "THE DATA IN {} OF WORKSPACE {id} WOULD BE LOST for good: the CI profile of this version does not name it any more, and a deployment removes what is not named.",
            list(names)
        ),
        format!(
            "Keep the name in the CI profile. {ADVICE} If the data may go, set `managed-services: allow`."
        ),
    )
}

fn would_jump(id: WorkspaceId, names: &BTreeSet<String>) -> Failure {
    Failure::new(
        Reason::Refused,
        format!(
            "Workspace {id} has managed services of its own ({}), so production would go on with other data in the other workspace.",
            list(names)
        ),
        format!("{ADVICE} If other data is what you want, set `managed-services: allow`."),
    )
}
