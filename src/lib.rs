//! Releases to Codesphere from GitHub Actions. [`run`] is the one door: the binary, the tests and the demo go through it.

pub mod clock;
pub mod codesphere;
pub mod context;
pub mod failure;
pub mod flow;
pub mod http;
pub mod inputs;
pub mod mark;
pub mod plan;
pub mod report;
pub mod runner;
pub mod steps;
pub mod text;
pub mod undo;
pub mod wait;

use std::collections::BTreeMap;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};

use clock::{Cancellation, Clock};
use codesphere::client::Client;
use context::Context;
use failure::{Failure, Reason};
use http::{Http, Limits, ProxySettings};
use inputs::{Flow, Inputs, Mistake};
use mark::Mark;
use plan::{Findings, Plan};
use report::{Ending, Outcome, Report};
use runner::files::Files;
use runner::log::Log;
use runner::random;
use steps::Tools;
use wait::Time;

/// All that a run gets from outside.
pub struct World<'a> {
    /// The environment.
    pub variables: BTreeMap<String, String>,
    /// Standard output.
    pub out: Box<dyn Write + Send>,
    /// Where time comes from.
    pub clock: &'a dyn Clock,
    /// What asks the run to stop.
    pub cancel: Cancellation,
    /// Time limits of HTTP calls.
    pub limits: Limits,
}

/// Performs the release that the environment asks for; gives the process's exit status.
#[must_use]
pub fn run(world: World<'_>) -> u8 {
    let World {
        variables,
        out,
        clock,
        cancel,
        limits,
    } = world;
    let log = Log::new(out);
    let files = files(&variables);
    let event = variables
        .get("GITHUB_EVENT_PATH")
        .map(|path| std::fs::read_to_string(path).unwrap_or_default());
    let context = Context::read(&variables, &event.unwrap_or_default());
    let report = Report::new(&files, &log, clock);
    let scene = Scene {
        variables: &variables,
        context: &context,
        log: &log,
        report: &report,
        time: Time {
            clock,
            cancel: &cancel,
        },
        limits,
    };
    let ending = catch_unwind(AssertUnwindSafe(|| scene.play())).unwrap_or_else(|_| {
        Ending::bad(
            Outcome::Failed,
            Failure::new(Reason::Internal, "This action has a defect and had to stop.", "Please report it, with this log."),
            "What it had done so far was not undone: look at the domain and at the team's workspaces.",
        )
    });
    report.finish(&ending, |commit| context.commit_url(commit))
}

struct Scene<'a> {
    variables: &'a BTreeMap<String, String>,
    context: &'a Context,
    log: &'a Log,
    report: &'a Report<'a>,
    time: Time<'a>,
    limits: Limits,
}

impl Scene<'_> {
    /// Inputs, plan, flow.
    fn play(&self) -> Ending {
        self.prepare()
            .unwrap_or_else(|failure| Ending::bad(Outcome::Failed, failure, "Nothing was changed."))
    }

    fn prepare(&self) -> Result<Ending, Failure> {
        self.report.check_files()?;
        let inputs =
            Inputs::read(self.variables).map_err(|mistakes| invalid(&mistakes, self.context))?;
        self.log.mask(&inputs.token);
        let tools = self.tools(&inputs)?;
        let plan = self.report.step("Plan", || self.plan(&inputs, &tools))?;
        if inputs.dry_run {
            return Ok(Ending::good(
                Outcome::Planned,
                "`dry-run` is on: nothing was changed.",
            ));
        }
        Ok(match plan {
            Plan::Simple(plan) => flow::simple::run(&plan, &inputs.token, &tools),
            Plan::ZeroDowntime(plan) => {
                let mark = self.mark(&plan)?;
                flow::zero_downtime::run(&plan, &mark, &inputs.token, &tools)
            }
        })
    }

    fn tools(&self, inputs: &Inputs) -> Result<Tools<'_>, Failure> {
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
            self.time,
            self.log,
        );
        Ok(Tools {
            api,
            http,
            time: self.time,
            log: self.log,
            report: self.report,
        })
    }

    fn plan(&self, inputs: &Inputs, tools: &Tools<'_>) -> Result<Plan, Failure> {
        let name = match &inputs.flow {
            Flow::Simple { .. } => "simple",
            Flow::ZeroDowntime(_) => "zero-downtime",
        };
        self.log.line(&format!(
            "Flow {name} on {}; only reading until the plan stands.",
            tools.api.host()
        ));
        let (plan, findings) = plan::prepare(inputs, self.context, &tools.api);
        for warning in &findings.warnings {
            self.report.warn(warning.clone());
        }
        let plan = plan.ok_or_else(|| together(findings))?;
        for (number, line) in plan.describe().iter().enumerate() {
            self.log.line(&format!("{}. {line}", number + 1));
        }
        Ok(plan)
    }

    fn mark(&self, plan: &plan::ZeroDowntimePlan) -> Result<Mark, Failure> {
        Ok(Mark {
            repository: self.context.repository.clone(),
            workflow: self.context.workflow.clone(),
            flow: "zero-downtime".to_owned(),
            domain: plan.inputs.domain.clone(),
            path: plan.inputs.path.clone(),
            commit: plan.work.commit.clone(),
            run_id: self.context.run_id,
            attempt: self.context.attempt,
            run_number: self.context.run_number,
            launch: random::word()?,
        })
    }
}

fn files(variables: &BTreeMap<String, String>) -> Files {
    let path = |name: &str| {
        variables
            .get(name)
            .filter(|path| !path.is_empty())
            .map(Into::into)
    };
    Files::new(
        path("GITHUB_OUTPUT"),
        path("GITHUB_STATE"),
        path("GITHUB_STEP_SUMMARY"),
    )
}

/// Only https goes through a proxy: http is for loopback, which bypasses it.
fn proxy(variables: &BTreeMap<String, String>) -> ProxySettings {
    let first = |names: [&str; 4]| {
        names.iter().find_map(|name| {
            variables
                .get(*name)
                .map(|value| value.trim().to_owned())
                .filter(|value| !value.is_empty())
        })
    };
    ProxySettings {
        https: first(["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"]),
        except: first(["NO_PROXY", "no_proxy", "", ""]).unwrap_or_default(),
    }
}

fn invalid(mistakes: &[Mistake], context: &Context) -> Failure {
    let lines: Vec<String> = mistakes
        .iter()
        .map(|mistake| format!("- {mistake}."))
        .collect();
    let fork = if context.from_fork && mistakes.iter().any(|mistake| mistake.input == "api-token") {
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
