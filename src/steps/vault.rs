//! Owns the question whether the vault that a workspace reads from has the secrets that the CI profile takes from one.
//! Names only: no value is ever read.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::codesphere::client::Begun;
use crate::codesphere::error::ApiError;
use crate::failure::{Failure, Reason};
use crate::ids::{TeamId, WorkspaceId};
use crate::steps::RunContext;
use crate::text::{list, names};

/// So many shared vaults are looked into.
const LOOKED_INTO: usize = 20;

/// A vault that cannot be read for so long is no reason to stop: the deployment tells.
const PATIENCE: Duration = Duration::from_secs(30);

/// The vault that a workspace reads from: its own or a shared one, never both.
#[derive(Debug, Clone)]
pub(crate) enum Vault {
    /// Of a workspace that this run makes: the shared one that it is given, or its own, which starts empty.
    OfNew(Option<String>),
    /// Of a workspace that was there before; the API does not say whether it is a shared one.
    OfExisting,
}

/// The names in a workspace's vault, being read.
pub(crate) struct Reading<'a> {
    team: TeamId,
    id: WorkspaceId,
    vault: &'a Vault,
    keys: Begun<'a, Vec<String>>,
}

impl<'a> Reading<'a> {
    /// Begins to read them, alongside other reads.
    pub(crate) fn begin(
        ctx: &RunContext<'a>,
        team: TeamId,
        id: WorkspaceId,
        vault: &'a Vault,
    ) -> Self {
        let api = ctx.api.until(ctx.time.now() + PATIENCE);
        let keys = match vault {
            Vault::OfNew(Some(name)) => api.begin_shared_vault(team, name),
            Vault::OfNew(None) | Vault::OfExisting => api.begin_vault(team, id),
        };
        Self {
            team,
            id,
            vault,
            keys,
        }
    }

    /// Refuses a vault that lacks what is wanted; says whether it is known to have all.
    pub(crate) fn check(
        self,
        ctx: &RunContext<'_>,
        wanted: &BTreeSet<String>,
    ) -> Result<bool, Failure> {
        let keys = match self.keys.answer() {
            Ok(keys) => keys,
            Err(error) => return unknown(ctx, wanted, &error),
        };
        let missing = lacking(wanted, &keys);
        if missing.is_empty() {
            let words = format!("the vault has {}", names(wanted));
            ctx.log.foreign([("", words.as_str())]);
            return Ok(true);
        }
        match self.vault {
            Vault::OfNew(None) => Err(new_is_empty(self.id, &missing)),
            Vault::OfNew(Some(name)) => Err(shared_lacks(name, &missing)),
            Vault::OfExisting => match shared_with(ctx, self.team, wanted)? {
                Shared::Known(with_all) if with_all.is_empty() => Err(none_has(self.id, &missing)),
                Shared::Known(with_all) => {
                    may_be_shared(ctx, self.id, &missing, &list(with_all));
                    Ok(false)
                }
                Shared::Unknown => {
                    may_be_shared(ctx, self.id, &missing, "one that could not be read");
                    Ok(false)
                }
            },
        }
    }
}

/// The vaults of a team that hold all that is wanted.
enum Shared {
    Known(Vec<String>),
    Unknown,
}

fn lacking(wanted: &BTreeSet<String>, keys: &[String]) -> Vec<String> {
    let lacks = |name: &&String| !keys.contains(*name);
    wanted.iter().filter(lacks).cloned().collect()
}

fn shared_with(
    ctx: &RunContext<'_>,
    team: TeamId,
    wanted: &BTreeSet<String>,
) -> Result<Shared, Failure> {
    let api = ctx.api.until(ctx.time.now() + PATIENCE);
    let vaults = match api.shared_vaults(team) {
        Ok(vaults) if vaults.len() <= LOOKED_INTO => vaults,
        Ok(_) => return Ok(Shared::Unknown),
        Err(error) => return unreadable(ctx, &error).map(|()| Shared::Unknown),
    };
    let begun: Vec<_> = vaults
        .into_iter()
        .map(|name| (api.begin_shared_vault(team, &name), name))
        .collect();
    let mut with_all = Vec::new();
    for (keys, name) in begun {
        match keys.answer() {
            Ok(keys) if lacking(wanted, &keys).is_empty() => with_all.push(name),
            Ok(_) => {}
            Err(error) => return unreadable(ctx, &error).map(|()| Shared::Unknown),
        }
    }
    Ok(Shared::Known(with_all))
}

fn unreadable(ctx: &RunContext<'_>, error: &ApiError) -> Result<(), Failure> {
    let failure = error.while_doing("reading a vault");
    if failure.is_cancellation() {
        return Err(failure);
    }
    ctx.log.line(&failure.cause);
    Ok(())
}

fn unknown(
    ctx: &RunContext<'_>,
    wanted: &BTreeSet<String>,
    error: &ApiError,
) -> Result<bool, Failure> {
    let why = if error.is_absence() {
        "this installation's API has no vaults"
    } else {
        unreadable(ctx, error)?;
        "the vault could not be read"
    };
    tell(
        ctx,
        &format!("whether it has {} is not known: {why}", names(wanted)),
    );
    Ok(false)
}

fn may_be_shared(ctx: &RunContext<'_>, id: WorkspaceId, missing: &[String], which: &str) {
    tell(
        ctx,
        &format!(
            "the own vault of workspace {id} lacks {}; it may read from a shared one instead ({which})",
            names(missing)
        ),
    );
}

fn tell(ctx: &RunContext<'_>, words: &str) {
    ctx.log.foreign([("", format!("vault: {words}").as_str())]);
    ctx.report.note("Vault", words);
}

fn new_is_empty(id: WorkspaceId, missing: &[String]) -> Failure {
    let missing = names(missing);
    Failure::new(
        Reason::Refused,
        format!(
            "The vault of workspace {id} lacks {missing}, which the CI profile takes from it: a new workspace starts with an empty vault."
        ),
        format!(
            "Store {missing} in a shared vault of the team in Codesphere, and give that vault's name as `shared-vault`."
        ),
    )
}

fn shared_lacks(name: &str, missing: &[String]) -> Failure {
    let missing = names(missing);
    Failure::new(
        Reason::Refused,
        format!("The shared vault \"{name}\" lacks {missing}, which the CI profile takes from it."),
        format!(
            "Store {missing} in the shared vault \"{name}\" in Codesphere, or correct `shared-vault` or the name in the CI profile."
        ),
    )
}

fn none_has(id: WorkspaceId, missing: &[String]) -> Failure {
    let missing = names(missing);
    Failure::new(
        Reason::Refused,
        format!(
            "The vault of workspace {id} lacks {missing}, which the CI profile takes from it; and no shared vault of the team, from which the workspace may read instead, has all that it takes."
        ),
        format!(
            "Store {missing} in the vault of workspace {id} in Codesphere, or in the shared vault from which it reads; or correct the name in the CI profile."
        ),
    )
}
