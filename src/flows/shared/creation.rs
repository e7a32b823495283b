//! Owns what is needed to make a workspace: its plan, its source, its name.

use crate::codesphere::types::{Plan, Team};
use crate::context::Context;
use crate::failure::{Failure, Reason};
use crate::flows::shared::choices::find_plan;
use crate::flows::shared::preflight::Preflight;
use crate::inputs::values::PLACEHOLDERS;
use crate::release::{Creation, Landscape, NewWorkspaceInputs, Work};
use crate::text::names;

/// Characters of a workspace's name, without what is added where it is taken.
const LONGEST: usize = 50;

/// Resolves all that a new workspace needs; tells all that is missing. For a pull request it is named after that, and
/// may sleep when idle, as may one that only builds a landscape.
pub(crate) fn creation(
    preflight: &mut Preflight<'_>,
    new: &NewWorkspaceInputs,
    pull_request: Option<u64>,
    team: Option<&Team>,
    work: Option<&Work>,
) -> Option<Creation> {
    let vault = team.zip(new.shared_vault.as_deref());
    if let Some((team, name)) = vault {
        let reads = &mut preflight.reads;
        reads.begin_shared_vault(preflight.api, team.id, name);
    }
    let plans = preflight.reads.plans(preflight.api);
    let plans =
        preflight.take(plans.map_err(|error| error.while_doing("reading the workspace plans")));
    let may_sleep = pull_request.is_some() || work.is_some_and(is_build_machine);
    let plan = plans.and_then(|plans| preflight.take(find_plan(new, may_sleep, &plans)));
    if let Some((team, name)) = vault {
        let found = shared_vault(preflight, team, name);
        preflight.take(found);
    }
    let source = preflight.take(git_url(new, preflight.context));
    let context = preflight.context;
    let (team, work, plan, (git_url, private)) = (team?, work?, plan?, source?);
    let (branch, commit) = (&work.branch, work.commit.as_deref());
    Some(Creation {
        team: team.id,
        team_name: team.name.clone(),
        plan: plan.id,
        plan_words: plan_words(&plan),
        git_url,
        private,
        name: pull_request.map_or_else(
            || workspace_name(&new.name, context, branch, commit),
            |number| preview_name(context.repository_name(), new.app.as_deref(), number),
        ),
        new: new.clone(),
    })
}

fn plan_words(plan: &Plan) -> String {
    let sleeps = if plan.characteristics.on_demand {
        ", which is on-demand"
    } else {
        ""
    };
    format!("{} ({}){sleeps}", plan.title, plan.id)
}

/// Whether the workspace is told to be no more than the machine that builds: a landscape's services have plans of
/// their own.
fn is_build_machine(work: &Work) -> bool {
    work.build.landscape == Landscape::Deploy
}

/// Refuses a shared vault that the team does not have. What is in it is compared with the CI profile later.
fn shared_vault(preflight: &mut Preflight<'_>, team: &Team, name: &str) -> Result<(), Failure> {
    let api = preflight.api;
    let Err(error) = preflight.reads.shared_vault(api, team.id, name) else {
        return Ok(());
    };
    let known = match api.shared_vaults(team.id) {
        Ok(known) if known.iter().all(|known| known != name) => known,
        // It is there and cannot be read, or there are no vaults: the deployment tells.
        Ok(_) | Err(_) => return Ok(()),
    };
    let its = if known.is_empty() {
        String::new()
    } else {
        format!(" Its shared vaults are: {}.", names(known))
    };
    Err(Failure::new(
        Reason::NotFound,
        format!("The team {team} has no shared vault \"{name}\" ({error}).{its}"),
        "Check `shared-vault` (upper and lower case count), or make that vault in Codesphere.",
    ))
}

/// What is cloned, and whether that needs an account. The event knows of its own repository only.
fn git_url(new: &NewWorkspaceInputs, context: &Context) -> Result<(String, bool), Failure> {
    let url = new.git_url.clone().or_else(|| context.clone_url.clone());
    let known = context.private.filter(|_| url == context.clone_url);
    let private = new.private.or(known).unwrap_or(true);
    let missing = || {
        Failure::new(
            Reason::InvalidInput,
            "The event that started this run names no repository, and the input `git-url` is blank.",
            "Give the input `git-url`.",
        )
    };
    Ok((url.ok_or_else(missing)?, private))
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
    let name = cut(&safe(&name), LONGEST);
    if name.is_empty() {
        "release".to_owned()
    } else {
        name
    }
}

/// A preview's name; a long one is cut before the number.
fn preview_name(repository: &str, app: Option<&str>, number: u64) -> String {
    let app = app.map_or_else(String::new, |app| {
        format!("{}-", cut(&safe(app), LONGEST / 4))
    });
    let end = format!("{app}pr-{number}");
    let repository = cut(&safe(repository), LONGEST - end.len() - 1);
    format!("{repository}-{end}").trim_matches('-').to_owned()
}

/// At most `most` characters of a safe name.
fn cut(name: &str, most: usize) -> String {
    let name: String = name.chars().take(most).collect();
    name.trim_matches('-').to_owned()
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

#[cfg(test)]
mod tests {
    use super::{Context, preview_name, workspace_name};

    fn name(template: &str, repository: &str, branch: &str) -> String {
        let context = Context {
            repository: repository.into(),
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

    #[test]
    fn a_previews_name_ends_with_its_number_however_long_it_is() {
        assert_eq!(preview_name("Shop.Web", None, 7), "shop-web-pr-7");
        assert_eq!(preview_name("shop", Some("API"), 7), "shop-api-pr-7");
        assert_eq!(preview_name("---", None, 7), "pr-7");
        let long = preview_name(&"ab-".repeat(30), None, u64::MAX);
        assert!(long.ends_with("-pr-18446744073709551615"), "{long}");
        assert!(long.len() <= 50 && !long.contains("--"), "{long}");
    }
}
