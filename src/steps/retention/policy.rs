//! Owns what is to be kept and what deleted, as the inputs say.

use std::time::Duration;

use crate::ids::TeamId;
use crate::owner::{OwnerLabel, Purpose};
use crate::repository::Repository;
use crate::route::Route;

/// What is to be kept and what deleted.
#[derive(Debug, Clone)]
pub(crate) struct Policy {
    /// The team that owns the workspaces.
    pub(crate) team: TeamId,
    /// The repository whose owner label they carry.
    pub(crate) repository: Repository,
    /// The app that they are of; absent: of none.
    pub(crate) app: Option<String>,
    /// Which of its releases are judged.
    pub(crate) scope: Scope,
    /// How many releases of the same routes stay, besides those that are spared anyway.
    pub(crate) keep: u32,
    /// How long a preview stays after its last update; absent: previews are left alone.
    pub(crate) preview_max_age: Option<Duration>,
}

/// Which releases are judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Scope {
    /// Those meant for exactly these routes.
    Routes(Vec<Route>),
    /// All: those meant for the same routes are counted together, and those meant for none in particular.
    All,
}

impl Policy {
    /// Whether the workspace that carries `label` is judged at all; anything else is left alone.
    pub(crate) fn concerns(&self, label: &OwnerLabel) -> bool {
        label.app() == self.app.as_deref() && self.concerns_some_app(label)
    }

    /// Whether it would be judged if it were of this app.
    pub(super) fn concerns_some_app(&self, label: &OwnerLabel) -> bool {
        label.repository.is(&self.repository)
            && match (&label.purpose, &self.scope) {
                (Purpose::PullRequest(_), _) => self.preview_max_age.is_some(),
                (Purpose::Routes(_), Scope::All) => true,
                (its @ Purpose::Routes(_), Scope::Routes(routes)) => *its == Purpose::serve(routes),
            }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Policy, Repository, Scope};
    use crate::ids::TeamId;
    use crate::owner::{OwnerLabel, Purpose};
    use crate::route::Route;

    fn route(path: &str) -> Route {
        Route {
            domain: "shop.example.com".to_owned(),
            path: path.to_owned(),
        }
    }

    fn label(repository: &str, purpose: Purpose) -> OwnerLabel {
        OwnerLabel {
            repository: repository.into(),
            made_of: None,
            workflow: String::new(),
            flow: "candidate".to_owned(),
            purpose,
            commit: None,
            run_id: 1,
            attempt: 1,
            run_number: 1,
            launch: String::new(),
        }
    }

    fn policy(scope: Scope) -> Policy {
        Policy {
            team: TeamId(7),
            repository: "acme/shop".into(),
            app: None,
            scope,
            keep: 0,
            preview_max_age: None,
        }
    }

    #[test]
    fn only_what_this_repository_has_made_for_exactly_these_places_is_judged() {
        let (one, both) = (vec![route("/")], vec![route("/api"), route("/")]);
        let judged = |scope: &Scope, purpose: &Purpose| {
            policy(scope.clone()).concerns(&label("acme/shop", purpose.clone()))
        };
        for (purpose, in_one, in_both) in [
            (Purpose::serve(&one), true, false),
            (Purpose::serve([&both[1], &both[0]]), false, true),
            (Purpose::serve([]), false, false),
            (Purpose::PullRequest(1), false, false),
        ] {
            assert_eq!(judged(&Scope::Routes(one.clone()), &purpose), in_one);
            assert_eq!(judged(&Scope::Routes(both.clone()), &purpose), in_both);
            let is_release = purpose != Purpose::PullRequest(1);
            assert_eq!(judged(&Scope::All, &purpose), is_release);
            let previews_too = Policy {
                preview_max_age: Some(Duration::ZERO),
                ..policy(Scope::All)
            };
            assert!(previews_too.concerns(&label("acme/shop", purpose.clone())));
            for other in ["acme/shop-2", "acme", ""] {
                assert!(!previews_too.concerns(&label(other, purpose.clone())));
            }
        }
    }

    #[test]
    fn a_run_that_knows_no_repository_owns_nothing() {
        let nobody = Policy {
            repository: Repository::default(),
            ..policy(Scope::All)
        };
        assert!(!nobody.concerns(&label("", Purpose::serve([]))));
    }
}
