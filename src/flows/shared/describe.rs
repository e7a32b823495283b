//! Owns how a plan reads: a sentence a step, in order.

use std::time::Duration;

use crate::flows::shared::promotion::hold;
use crate::flows::shared::promotion::plan::{Promotion, Standing, Target};
use crate::inputs::promotion::{IfSuperseded, Previous};
use crate::release::Creation;
use crate::release::Work;
use crate::release::{Health, Landscape, OnFailure};
use crate::text::{count, duration, list};

impl OnFailure {
    /// What becomes of a new workspace that never had traffic.
    pub(crate) const fn describe(self) -> &'static str {
        match self {
            Self::Rollback => "On a failure: delete the new workspace.",
            Self::Keep => {
                "On a failure: leave the new workspace for inspection (`on-failure: keep`)."
            }
        }
    }
}

impl Creation {
    /// A new workspace, up to its health check.
    pub(crate) fn describe(&self, work: &Work, health: Option<&Health>) -> Vec<String> {
        let mut lines = vec![
            format!(
                "Create workspace \"{}\" in team {} ({}) on plan {}, {}, from {} branch {}; wait until it runs, at most {}.",
                self.name,
                self.team_name,
                self.team,
                self.plan_words,
                count(self.new.replicas, "replica"),
                self.git_url,
                work.branch,
                duration(work.build.workspace_timeout)
            ),
            format!(
                "Pull {} {} there and check out {}.",
                work.remote,
                work.branch,
                work.version()
            ),
        ];
        lines.extend(work.describe_stages(true));
        lines.push(format!(
            "Start the run stage; wait until every replica of every server runs, at most {}.",
            duration(work.build.stage_timeout)
        ));
        lines
            .extend(health.map(|health| health.describe("the new workspace's development domain")));
        lines
    }
}

impl Promotion {
    /// The switch of `what`, its verification, and what follows it.
    pub(crate) fn describe(&self, what: &str, asked: bool) -> Vec<String> {
        let mut lines: Vec<String> = self.describe_warm_up().into_iter().collect();
        lines.extend(self.canary().map(describe_canary));
        lines.extend(self.targets.iter().map(|target| target.describe(what)));
        let limit = duration(self.inputs.switch_timeout);
        let open = self.targets.iter().filter(|target| !target.restricted);
        lines.extend(open.filter(|_| asked).map(|target| {
            format!(
                "Ask {} until {what} is healthy; if it does not within {limit}, switch back.",
                target.route
            )
        }));
        lines.extend(self.describe_watch());
        lines.extend(self.describe_previous());
        lines.extend(self.describe_retention());
        lines
    }

    pub(crate) fn describe_retention(&self) -> Option<String> {
        let keep = self.inputs.keep_releases?;
        Some(format!(
            "After a good release, delete this repository's releases and candidates for {} but for the {keep} newest, those that a domain points at, what a rollback would take, and what is less than an hour old.",
            list(self.routes())
        ))
    }

    /// What holds the release, where something does.
    pub(crate) fn describe_hold(&self) -> Option<String> {
        let held = self.held.as_ref()?;
        Some(hold::describe(held, Some(self.inputs.if_held)))
    }

    pub(crate) fn describe_standing(&self) -> Option<String> {
        match (&self.standing, self.inputs.if_superseded) {
            (Standing::ToBeReleased, _) | (Standing::Superseded(_), IfSuperseded::Release) => None,
            (Standing::AlreadyLive(id), _) => {
                Some(format!("Workspace {id} is live there already: end here."))
            }
            (Standing::Released(id), _) => Some(format!(
                "Workspace {id} of an earlier attempt is live already: if it is healthy, end here."
            )),
            (Standing::Superseded(by), IfSuperseded::Skip) => Some(format!(
                "A newer run's release is live already ({by}): end here (`if-superseded: skip`)."
            )),
            (Standing::Superseded(by), IfSuperseded::Fail) => Some(format!(
                "A newer run's release is live already ({by}): fail here (`if-superseded: fail`)."
            )),
        }
    }

    fn describe_warm_up(&self) -> Option<String> {
        let paths = self.inputs.warm_up.len();
        (paths > 0).then(|| {
            format!("Warm up: ask its development domain for {paths} paths, three times each.")
        })
    }

    fn describe_watch(&self) -> Option<String> {
        let watch = self.inputs.watch.as_ref()?;
        let url = watch.url.as_ref();
        let url = url.map_or_else(String::new, |url| format!(", and {url}"));
        Some(format!(
            "Watch the new version for {}: its run stage, its development domain, the routes{url}; what is bad three times in a row switches back.",
            duration(watch.time)
        ))
    }

    pub(crate) fn describe_previous(&self) -> Option<String> {
        let before = self.before();
        if before.is_empty() {
            return None;
        }
        let ids = list(before);
        let first = match self.inputs.drain {
            Duration::ZERO => String::new(),
            drain => format!("Let workspace {ids} drain for {}, then: ", duration(drain)),
        };
        Some(match self.inputs.previous {
            Previous::Keep => format!("Keep workspace {ids} as it is, for a rollback."),
            Previous::Stop => format!(
                "{first}Stop the run stage of workspace {ids}, unless some path still points at it."
            ),
            Previous::Delete => format!(
                "{first}Delete workspace {ids}, if this action made it and no path points at it."
            ),
        })
    }
}

fn describe_canary(time: Duration) -> String {
    format!(
        "Let old and new serve together for {}, and ask both every 5 s: three bad answers in a row take the new one out again.",
        duration(time)
    )
}

impl Target {
    pub(crate) fn describe(&self, what: &str) -> String {
        let before = if self.before.is_empty() {
            "nothing".to_owned()
        } else {
            format!("workspace {}", list(&self.before))
        };
        let others = if self.other_paths.is_empty() {
            String::new()
        } else {
            format!(
                " The domain's other paths stay as they are: {}.",
                list(self.other_paths.keys())
            )
        };
        format!("Switch {} from {before} to {what}.{others}", self.route)
    }
}

impl Work {
    pub(crate) fn version(&self) -> String {
        self.commit.as_ref().map_or_else(
            || "what was pulled".to_owned(),
            |commit| format!("commit {commit}"),
        )
    }

    /// A new workspace has its landscape before it is prepared; visitors of one that serves would notice it at once.
    pub(crate) fn describe_stages(&self, is_new: bool) -> Vec<String> {
        let build = &self.build;
        let profile = build
            .profile
            .as_ref()
            .map_or_else(String::new, |profile| format!(" of profile {profile}"));
        let condition = match build.landscape {
            Landscape::Deploy => Some(""),
            Landscape::Auto => Some(", if there is one"),
            Landscape::Skip => None,
        };
        let deploy = condition.map(|condition| {
            if is_new {
                format!(
                    "Check the secrets and plans of the landscape{profile}{condition}, and deploy it."
                )
            } else {
                format!(
                    "Deploy the landscape{profile}{condition}; its secrets and plans are checked before anything is built."
                )
            }
        });
        let (before, after) = if is_new {
            (deploy, None)
        } else {
            (None, deploy)
        };
        let limit = duration(build.stage_timeout);
        let prepare = build
            .prepare
            .then(|| format!("Run the prepare stage{profile}, at most {limit}."));
        let test = build
            .test
            .then(|| format!("Run the test stage{profile}, at most {limit}; stop if it fails."));
        [before, prepare, test, after]
            .into_iter()
            .flatten()
            .collect()
    }
}

impl Health {
    pub(crate) fn describe(&self, route: &str) -> String {
        let body = if self.body.is_some() {
            " and the text of `health-body`"
        } else {
            ""
        };
        format!(
            "Ask {route} for {} until it answers {}{body} three times in a row, at most {}.",
            self.path,
            self.statuses,
            duration(self.timeout)
        )
    }
}
