//! Logs: what a step has said so far, as server-sent events.

use serde_json::json;

use super::workspaces::{find, must_run};
use super::{Answer, Answered, Body, Call, Problem, no_such_endpoint};
use crate::stages::IDE;
use crate::time::stamp;
use crate::{Commit, Flood, Quirks, Script, Service, Stage, StageRun, Step, World};

/// Which step's output a stream carries.
pub(crate) struct LogSource {
    workspace: u64,
    stage: Stage,
    step: usize,
    started_at: f64,
    service: Option<String>,
}

impl LogSource {
    /// The run of the stage that the stream was opened for, unless another has taken its place.
    fn run<'a>(&self, world: &'a World) -> Option<&'a StageRun> {
        let run = world.workspaces.get(&self.workspace)?.stage(self.stage)?;
        let same = run.started_at.total_cmp(&self.started_at).is_eq();
        same.then_some(run)
    }
}

impl LogSource {
    /// When the step of `run` that talks began; nothing for those before it.
    fn last_step(&self, run: &StageRun) -> Option<f64> {
        let deployed = self.service.as_ref().and_then(|name| {
            let mut services = run.services.iter();
            services.find(|deployed| deployed.service.name == *name)
        });
        let last = deployed.map_or(0, |deployed| deployed.service.steps().saturating_sub(1));
        let began = deployed.map_or(run.started_at, |deployed| {
            deployed.last_step_began(run.started_at)
        });
        (self.step == last).then_some(began)
    }
}

/// A line and when it was said.
struct Line {
    at: f64,
    kind: char,
    text: String,
}

pub(super) fn open(world: &mut World, call: &Call<'_>, id: u64, rest: &[&str]) -> Answered {
    let (stage, step, place) = match rest {
        [stage, step] => (*stage, *step, Place::Whole),
        ["run", step, "server", server] => ("run", *step, Place::Server(server)),
        ["run", step, "replica", replica] => ("run", *step, Place::Replica(replica)),
        _ => return no_such_endpoint(world, call),
    };
    must_run(world, id)?;
    let stage = Stage::parse(stage).ok_or_else(|| Problem::schema("there is no such stage"))?;
    let step: usize = step
        .parse()
        .map_err(|_| Problem::schema("a step is a number"))?;
    let run = find(world, id)?.stage(stage);
    let run = run.filter(|run| step < steps(&run.commit, stage));
    let run = run.ok_or_else(|| Problem::not_found("There is no such step."))?;
    place.check(run, stage)?;
    let source = LogSource {
        workspace: id,
        stage,
        step,
        started_at: run.started_at,
        service: place.service(run),
    };
    Ok(Answer {
        body: Body::Logs(source),
        ..Answer::empty()
    })
}

/// Where the output of a run stage comes from.
enum Place<'a> {
    Whole,
    Server(&'a str),
    Replica(&'a str),
}

/// The largest number of replicas of any server.
fn replicas(run: &StageRun) -> u64 {
    let services = run
        .services
        .iter()
        .map(|deployed| deployed.service.replicas);
    services.max().unwrap_or(run.replicas)
}

impl Place<'_> {
    /// The service of the landscape whose output it is; for a replica the first one.
    fn service(&self, run: &StageRun) -> Option<String> {
        match self {
            Self::Whole => None,
            Self::Server(name) => Some((*name).to_owned()),
            Self::Replica(_) => run.services.first().map(|first| first.service.name.clone()),
        }
    }

    fn check(&self, run: &StageRun, stage: Stage) -> Result<(), Problem> {
        let services = &run.commit.ci.services;
        match self {
            Self::Whole if stage == Stage::Run && !services.is_empty() => {
                let title = "Run stage logs requested for Multi Server Deployment.";
                Err(Problem::new(400, title))
            }
            Self::Server(name)
                if *name != IDE && services.iter().all(|known| known.name != *name) =>
            {
                Err(Problem::not_found("There is no such server."))
            }
            Self::Replica(name) if (0..replicas(run)).all(|known| known.to_string() != **name) => {
                Err(Problem::not_found("There is no such replica."))
            }
            Self::Whole | Self::Server(_) | Self::Replica(_) => Ok(()),
        }
    }
}

fn steps(commit: &Commit, stage: Stage) -> usize {
    match stage {
        Stage::Prepare => commit.ci.prepare.steps.len(),
        Stage::Test => commit.ci.test.steps.len(),
        Stage::Run => {
            let services = commit.ci.services.iter();
            services.map(Service::steps).max().unwrap_or(1)
        }
    }
}

/// The events after the first `sent` lines, how many lines those are, and whether more may follow.
pub(crate) fn events(world: &World, source: &LogSource, sent: usize) -> (String, usize, bool) {
    let Some(run) = source.run(world) else {
        return (String::new(), sent, false);
    };
    let lines = said(run, source, world.now, &world.quirks);
    let more = goes_on(run, source, world.now, &world.quirks);
    let new: Vec<&Line> = lines.iter().skip(sent).collect();
    let text = new
        .chunks(2)
        .zip(sent..)
        .map(|(lines, at)| event(lines, at))
        .collect();
    (text, lines.len(), more)
}

/// The flood that the step has let loose by now, and when.
pub(crate) fn flood(world: &World, source: &LogSource) -> Option<(Flood, f64)> {
    let run = source.run(world)?;
    let script = match source.stage {
        Stage::Prepare => &run.commit.ci.prepare,
        Stage::Test => &run.commit.ci.test,
        Stage::Run => return None,
    };
    let (step, start) = spoken(script, source.step, run.started_at)?;
    let begun = start <= ended(run, world.now, &world.quirks);
    step.flood.filter(|_| begun).map(|flood| (flood, start))
}

/// Up to when the stage can have said something.
fn ended(run: &StageRun, now: f64, quirks: &Quirks) -> f64 {
    run.stopped_at
        .map_or(now, |at| now.min(at + quirks.stop_seconds))
}

/// Everything the step has said by now.
fn said(run: &StageRun, source: &LogSource, now: f64, quirks: &Quirks) -> Vec<Line> {
    let ci = &run.commit.ci;
    let ended = ended(run, now, quirks);
    let of = |script| {
        let said = spoken(script, source.step, run.started_at);
        said.map(|(step, start)| (step.lines.as_slice(), start, step.seconds))
    };
    let (lines, start, seconds) = match source.stage {
        Stage::Run => source
            .last_step(run)
            .map(|start| (ci.run.lines.as_slice(), start, ci.run.boot)),
        Stage::Prepare => of(&ci.prepare),
        Stage::Test => of(&ci.test),
    }
    .unwrap_or_default();
    let pause = seconds / f64::from(u32::try_from(lines.len() + 1).unwrap_or(u32::MAX));
    let mut at = start;
    let timed = lines.iter().map(|(kind, text)| {
        at += pause;
        Line {
            at,
            kind: *kind,
            text: text.clone(),
        }
    });
    timed.filter(|line| line.at <= ended).collect()
}

/// A step and its start; a step behind a failed one never starts.
fn spoken(script: &Script, step: usize, began: f64) -> Option<(&Step, f64)> {
    let before = script.steps.get(..step)?;
    let start = began + before.iter().map(|step| step.seconds).sum::<f64>();
    let found = script.steps.get(step)?;
    let starts = before.iter().all(|step| !step.fails);
    starts.then_some((found, start))
}

fn goes_on(run: &StageRun, source: &LogSource, now: f64, quirks: &Quirks) -> bool {
    let entries = run.entries(source.stage, now, quirks);
    let whole_over = entries.iter().any(|entry| entry.whole.state.is_over());
    let step = entries
        .iter()
        .find_map(|entry| entry.steps.get(source.step));
    !whole_over && step.is_none_or(|step| !step.state.is_over())
}

/// One event in one of the spellings that occur.
fn event(lines: &[&Line], number: usize) -> String {
    let items: Vec<String> = lines
        .iter()
        .map(|line| {
            let kind = line.kind.to_string();
            json!({ "timestamp": stamp(line.at), "kind": kind, "data": line.text }).to_string()
        })
        .collect();
    match number % 3 {
        0 => format!(
            ": keep-alive\n\nevent: data\ndata: [{}]\n\n",
            items.join(",")
        ),
        1 => format!(
            "event: data\ndata: [\ndata: {}\ndata: ]\n\n",
            items.join(",\ndata: ")
        ),
        _ => format!(
            "event: heartbeat\ndata: {{}}\n\nevent:data\ndata:[{}]\n\n",
            items.join(",")
        ),
    }
}
