//! Owns the order of a run: inputs, plan, flow.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::codesphere::client::Client;
use crate::context::{Context, step};
use crate::failure::{Failure, Reason};
use crate::flows::{Findings, Plan, Preflight};
use crate::given::Inputs;
use crate::http::{Http, Limits, ProxyAddress, ProxySettings};
use crate::inputs::{self, Mistake, Recorded};
use crate::job;
use crate::release::{Answered, Finish};
use crate::report::{Outcome, Output, Report, RunResult};
use crate::runner::log::Log;
use crate::runner::secret::Secret;
use crate::runner::state::{Progress, Seal, State};
use crate::steps::RunContext;
use crate::steps::before::ask_all;
use crate::wait::Time;

/// What a run plays with.
pub(crate) struct Run<'a> {
    pub(crate) variables: &'a BTreeMap<String, String>,
    pub(crate) context: &'a Context,
    pub(crate) log: &'a Log,
    pub(crate) report: &'a Report<'a>,
    pub(crate) time: Time<'a>,
    pub(crate) limits: Limits,
}

impl Run<'_> {
    /// Inputs, plan, flow.
    pub(crate) fn play(&self) -> RunResult {
        self.prepare().unwrap_or_else(|failure| {
            RunResult::bad(Outcome::Failed, failure, "Nothing was changed.")
        })
    }

    fn prepare(&self) -> Result<RunResult, Failure> {
        self.report.check_files()?;
        self.hand_over_nothing();
        let inputs =
            Inputs::read(self.variables).map_err(|mistakes| invalid(&mistakes, self.context))?;
        self.hand_over(&inputs.token);
        job::may_begin(&inputs.flow.settings().finish)?;
        let ctx = self.ctx(&inputs)?;
        let (plan, before) = self.report.step("Plan", || self.plan(&inputs, &ctx))?;
        let ctx = RunContext { before, ..ctx };
        if inputs.dry_run {
            plan.rehearse(&ctx);
            return Ok(RunResult::good(
                Outcome::Planned,
                "`dry-run` is on: nothing was changed.",
            ));
        }
        Ok(plan.run(&ctx))
    }

    /// Before anything can go wrong, the post step is told that there is nothing to undo yet. Without a key nothing is
    /// ever written, and nothing can be verified.
    fn hand_over_nothing(&self) {
        if let Some(token) = inputs::token(self.variables) {
            let state = State::new(self.seal(&token), Value::Object(Map::new()));
            self.report.hand_over(state);
            self.report.state(Progress::<()>::NothingYet);
        }
    }

    /// From now on the post step's record holds what this step was given.
    fn hand_over(&self, token: &Secret) {
        let recorded = Recorded::read(self.variables, token);
        // Texts always become JSON.
        let recorded = serde_json::to_value(recorded).unwrap_or_default();
        let state = State::new(self.seal(token), recorded);
        self.report.hand_over(state);
    }

    /// The seal of this step, in main and post alike.
    pub(crate) fn seal(&self, token: &Secret) -> Seal {
        Seal::new(token, step::identity(self.variables))
    }

    /// The tools that the inputs ask for.
    pub(crate) fn ctx(&self, inputs: &Inputs) -> Result<RunContext<'_>, Failure> {
        let proxy = proxy(self.variables);
        let cancel = self.time.cancel.clone();
        let http = Http::new(self.limits, &proxy, &inputs.roots, cancel).map_err(|what| {
            Failure::new(
                Reason::InvalidInput,
                what,
                "Correct the runner's environment.",
            )
        })?;
        let api = Client::new(
            http.clone(),
            inputs.api.clone(),
            inputs.token.clone(),
            self.log.door().clone(),
            self.time,
            self.log,
        );
        let settings = inputs.flow.settings();
        Ok(RunContext {
            api,
            http,
            time: self.time,
            log: self.log,
            report: self.report,
            context: self.context,
            flow: inputs.name,
            key: inputs.token.clone(),
            health: settings.health.clone(),
            managed: settings.managed,
            before: Vec::new(),
            logs: settings.logs,
            left_to_job: settings.finish != Finish::Step,
            time_limited: false,
        })
    }

    /// The plan, and what the version that serves answers now.
    fn plan(
        &self,
        inputs: &Inputs,
        ctx: &RunContext<'_>,
    ) -> Result<(Box<dyn Plan>, Vec<Answered>), Failure> {
        self.log.line(&format!(
            "Flow {} on {}; the plan only reads.",
            inputs.name,
            ctx.api.host()
        ));
        let mut preflight = Preflight::new(self.context, &ctx.api);
        for name in &inputs.unused {
            preflight.warn(format!(
                "The input `{name}` is given, but the flow does not use it. Is `flow` what you mean?"
            ));
        }
        let plan = inputs.flow.plan(&mut preflight);
        let findings = preflight.findings;
        for warning in &findings.warnings {
            self.report.warn(warning.clone());
        }
        let plan = plan.filter(|_| findings.failures.is_empty());
        let plan = plan.ok_or_else(|| together(findings))?;
        if let Some(promotion) = plan.promotion() {
            let before = serde_json::to_string(&promotion.before()).unwrap_or_default();
            self.report.set(Output::PreviousWorkspaceIds, before);
        }
        self.report.wants(plan.commit().cloned());
        let serving = ctx.health.as_ref().map(|health| plan.serving(health, ctx));
        let before = ask_all(ctx, &serving.unwrap_or_default())?;
        let mut lines = plan.describe(ctx.health.as_ref());
        if ctx.left_to_job {
            lines.push("Leave it to the rest of the job (`finish: job`): if the job succeeds, the post step finishes the release, and only then does what `previous` and `keep-releases` say; if not, it puts back what served before.".to_owned());
        }
        self.report.plan(lines);
        Ok((plan, before))
    }
}

/// Only https goes through a proxy: http is for loopback, which bypasses it.
fn proxy(variables: &BTreeMap<String, String>) -> ProxySettings {
    let first = |names: &[&'static str]| {
        names.iter().find_map(|variable| {
            let value = variables.get(*variable)?.trim().to_owned();
            (!value.is_empty()).then_some(ProxyAddress { variable, value })
        })
    };
    let except = first(&["NO_PROXY", "no_proxy"]);
    ProxySettings {
        https: first(&["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"]),
        except: except.map_or_else(String::new, |except| except.value),
    }
}

fn invalid(mistakes: &[Mistake], context: &Context) -> Failure {
    let lines: Vec<String> = mistakes
        .iter()
        .map(|mistake| format!("- {mistake}."))
        .collect();
    let fork = if context.is_foreign()
        && mistakes.iter().any(|mistake| mistake.input == "api-token")
    {
        "\nThis run comes from a fork's pull request: GitHub gives it no secrets, so `api-token` is empty. Releases of forks' code need a run on the repository's own branch."
    } else {
        ""
    };
    let count = if mistakes.len() == 1 {
        "One input is wrong".to_owned()
    } else {
        format!("{} inputs are wrong", mistakes.len())
    };
    Failure::new(
        Reason::InvalidInput,
        format!("{count}:\n{}{fork}", lines.join("\n")),
        "Correct the `with:` of this step in the workflow file. Nothing was asked of Codesphere yet.",
    )
}

/// All that preflight found, told together; the first counts as the reason.
fn together(findings: Findings) -> Failure {
    let mut failures = findings.failures;
    if failures.len() < 2 {
        return failures.pop().unwrap_or_else(|| {
            Failure::new(
                Reason::Internal,
                "There is no plan, and no reason for that.",
                "Please report this, with the log.",
            )
        });
    }
    let join = |each: fn(&Failure) -> &str| {
        failures
            .iter()
            .map(|failure| format!("- {}", each(failure)))
            .collect::<Vec<_>>()
            .join("\n")
    };
    let reason = failures
        .first()
        .map_or(Reason::Internal, |failure| failure.reason);
    Failure::new(
        reason,
        format!(
            "{} things stand in the way:\n{}",
            failures.len(),
            join(|failure| &failure.cause)
        ),
        format!("\n{}", join(|failure| &failure.next)),
    )
}
