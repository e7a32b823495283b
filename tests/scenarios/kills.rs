use std::collections::BTreeMap;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use codesphere_simulator::{
    DOCS, DOMAIN, LIVE, NEW, OLD, REPOSITORY, Script, Simulator, TOKEN, World,
};

use crate::cleanup::{SERVING, six};
use crate::harness::{Folder, pairs, released};
use crate::preview::{event, preview, pull_request};
use crate::table::{landscape, with_candidate};

const SEED: u64 = 20_261_123;
const WORKERS: u64 = 16;
const NEXT: u64 = 5001;
const DEV: &str = "4001-3000.2.codesphere.test";
/// A whole release takes about this long here.
const LONGEST: u64 = 8_000;

/// The binary as the runner starts it, under the main or the post step's name.
struct Action<'a> {
    sim: &'a Simulator,
    folder: &'a Folder,
    flow: Flow,
}

/// A flow, in a variant of its own where that writes otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flow {
    Simple,
    ZeroDowntime,
    Landscape,
    Canary,
    /// It leaves the release to the job, which succeeds.
    GoodJob,
    /// It leaves the release to the job, which fails.
    BadJob,
    Candidate,
    Promote,
    Rollback,
    Cleanup,
    Preview,
    PreviewRemoval,
}

/// Most kills are for the flow that has most to undo.
const TURNS: [Flow; 16] = [
    Flow::Simple,
    Flow::ZeroDowntime,
    Flow::Candidate,
    Flow::ZeroDowntime,
    Flow::Promote,
    Flow::Canary,
    Flow::Rollback,
    Flow::Landscape,
    Flow::BadJob,
    Flow::Simple,
    Flow::ZeroDowntime,
    Flow::GoodJob,
    Flow::Cleanup,
    Flow::Preview,
    Flow::Rollback,
    Flow::PreviewRemoval,
];

impl Flow {
    fn of(number: u64) -> Self {
        TURNS[usize::try_from(number).unwrap() % TURNS.len()]
    }

    /// As the input `flow` spells it.
    const fn name(self) -> &'static str {
        match self {
            Self::Simple => "simple",
            Self::ZeroDowntime | Self::Landscape | Self::Canary | Self::GoodJob | Self::BadJob => {
                "zero-downtime"
            }
            Self::Candidate => "candidate",
            Self::Promote => "promote",
            Self::Rollback => "rollback",
            Self::Cleanup => "cleanup",
            Self::Preview | Self::PreviewRemoval => "preview",
        }
    }

    /// The inputs that only it has.
    const fn inputs(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Simple => &[("WORKSPACE-ID", "4001")],
            Self::Promote => &[("WORKSPACE-ID", "5001")],
            Self::Landscape => &[("MANAGED-SERVICES", "allow")],
            Self::Canary => &[("CANARY", "2s")],
            Self::GoodJob | Self::BadJob => &[("FINISH", "job"), ("STATUS", "success")],
            Self::Cleanup => &[("KEEP-RELEASES", "1"), ("HEALTH-BODY", "")],
            Self::ZeroDowntime
            | Self::Candidate
            | Self::Rollback
            | Self::Preview
            | Self::PreviewRemoval => &[],
        }
    }

    /// What the platform has for it before it begins.
    fn prepare(self, world: &mut World) {
        match self {
            Self::Promote => with_candidate(world),
            Self::Landscape => landscape(world),
            Self::Rollback => released(world),
            Self::Cleanup => six(world),
            Self::PreviewRemoval => preview(world),
            Self::Preview => pull_request(world),
            Self::Simple
            | Self::ZeroDowntime
            | Self::Canary
            | Self::GoodJob
            | Self::BadJob
            | Self::Candidate => {}
        }
    }

    /// Whether what the record says is the release's good end, once the post step has run.
    fn is_finished(self, record: &str) -> bool {
        let is_left = record.contains(r#""left-to-job":"#);
        record.contains(r#""progress":"finished""#) || (self == Self::GoodJob && is_left)
    }

    /// What the domain points at in the end.
    const fn serving(self, finished: bool) -> u64 {
        match self {
            Self::ZeroDowntime | Self::Landscape | Self::Canary | Self::GoodJob | Self::Promote
                if finished =>
            {
                NEXT
            }
            Self::Rollback if !finished => NEXT,
            Self::Cleanup => SERVING,
            Self::Simple
            | Self::ZeroDowntime
            | Self::Landscape
            | Self::Canary
            | Self::GoodJob
            | Self::BadJob
            | Self::Candidate
            | Self::Promote
            | Self::Rollback
            | Self::Preview
            | Self::PreviewRemoval => LIVE,
        }
    }

    /// Whether these workspaces are all that should be there, and none too many.
    fn leaves(self, there: &[u64], finished: bool, switched: bool) -> bool {
        let made = if finished || switched {
            &[LIVE, DOCS, NEXT][..]
        } else {
            &[LIVE, DOCS]
        };
        match self {
            Self::Simple => there == [LIVE, DOCS],
            Self::ZeroDowntime
            | Self::Landscape
            | Self::Canary
            | Self::GoodJob
            | Self::BadJob
            | Self::Candidate
            | Self::Preview => there == made,
            Self::Promote | Self::Rollback => there == [LIVE, DOCS, NEXT],
            Self::Cleanup => {
                let needed = [LIVE, DOCS, SERVING - 2, SERVING - 1, SERVING];
                needed.iter().all(|id| there.contains(id))
                    && (!finished || there.len() == needed.len())
            }
            Self::PreviewRemoval => there[..2] == [LIVE, DOCS] && (!finished || there.len() == 2),
        }
    }
}

impl Action<'_> {
    fn command(&self, name: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_codesphere-release"));
        command
            .arg0(name)
            .env_clear()
            .stdin(Stdio::null())
            .stderr(Stdio::null());
        let (api, proxy, ca) = (self.sim.api_url(), self.sim.proxy_url(), self.sim.ca_pem());
        for (input, value) in [
            ("FLOW", self.flow.name()),
            ("API-TOKEN", TOKEN),
            ("API-URL", &api),
            ("CA-CERTIFICATE", &ca),
            ("TEAM", "Acme"),
            ("DOMAIN", DOMAIN),
            ("PLAN", "Boost"),
            ("HEALTH-BODY", "{sha}"),
        ] {
            command.env(format!("INPUT_{input}"), value);
        }
        for (input, value) in self.flow.inputs() {
            command.env(format!("INPUT_{input}"), value);
        }
        command.envs([
            ("HTTPS_PROXY", proxy.as_str()),
            ("GITHUB_REPOSITORY", "acme/shop"),
            ("GITHUB_SHA", NEW),
            ("GITHUB_REF_NAME", "main"),
            ("GITHUB_RUN_ID", "77"),
            ("GITHUB_RUN_NUMBER", "7"),
            ("GITHUB_RUN_ATTEMPT", "1"),
            (
                "GITHUB_WORKFLOW_REF",
                "acme/shop/.github/workflows/release.yml@refs/heads/main",
            ),
        ]);
        command.env("GITHUB_STATE", self.folder.path("state"));
        if self.flow.name() == "preview" {
            let is_closed = self.flow == Flow::PreviewRemoval;
            let event = event(if is_closed { "closed" } else { "opened" }, NEW).to_string();
            std::fs::write(self.folder.path("event.json"), event).unwrap();
            command
                .env("GITHUB_EVENT_PATH", self.folder.path("event.json"))
                .env("GITHUB_EVENT_NAME", "pull_request");
        }
        command
    }

    /// Starts the main step and kills it after `moment`, if it is still there.
    fn killed_after(&self, moment: Duration) -> BTreeMap<String, String> {
        let mut main = self
            .command("/codesphere-release")
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(moment);
        main.kill().unwrap();
        main.wait().unwrap();
        pairs(&self.folder.read("state"))
    }

    fn post(&self, state: &BTreeMap<String, String>) -> (bool, String) {
        let mut post = self.command("/codesphere-release-post");
        for (name, value) in state {
            post.env(format!("STATE_{name}"), value);
        }
        if self.flow == Flow::BadJob {
            post.env("INPUT_STATUS", "failure");
        }
        let output = post.output().unwrap();
        (
            output.status.success(),
            String::from_utf8_lossy(&output.stdout).into_owned(),
        )
    }
}

fn quick_platform() -> Simulator {
    let sim = Simulator::real_time();
    sim.with(|world| {
        world.quirks.boot = 0.4;
        world.quirks.switch_seconds = 0.3;
        world.quirks.stop_seconds = 0.2;
        for sha in [OLD, NEW] {
            let commit = world
                .repositories
                .get_mut(REPOSITORY)
                .unwrap()
                .commit_mut(sha)
                .unwrap();
            commit.ci.prepare = Script::lasting(0.4, &[]);
            commit.ci.run.boot = 0.3;
        }
    });
    sim
}

/// One kill and its post step; gives how far the main step had come, or what is wrong afterwards.
fn play(number: u64, moment: u64) -> Result<&'static str, String> {
    let (sim, folder) = (quick_platform(), Folder::new());
    let action = Action {
        sim: &sim,
        folder: &folder,
        flow: Flow::of(number),
    };
    sim.with(|world| action.flow.prepare(world));
    let state = action.killed_after(Duration::from_millis(moment));
    let record = state.get("made").map_or("", String::as_str);
    let finished = action.flow.is_finished(record);
    let reached = match (sim.writes().len(), finished) {
        (_, true) => "finished",
        (0, false) => "only reading",
        (_, false)
            if sim
                .writes()
                .iter()
                .any(|write| write.ends_with("connections")) =>
        {
            "switched"
        }
        (_, false) if sim.writes().iter().any(|write| write.ends_with("run/stop")) => "stopped",
        (_, false) => "building",
    };
    let (well, log) = action.post(&state);
    let wrong = |what: String| {
        Err(format!(
            "kill {number} after {moment} ms ({:?}): {what}\nstate {state:?}\n{log}",
            action.flow
        ))
    };
    if !well {
        return wrong("the post step failed".to_owned());
    }
    if action.flow == Flow::Simple {
        let commit = if finished { NEW } else { OLD };
        // A release that ended well before its record was closed is put back: both are whole.
        let body = sim.visit(DEV, "/").body;
        return if body == format!("shop {commit} on 4001") {
            Ok(reached)
        } else {
            wrong(format!("{body} is served"))
        };
    }
    let switched = sim
        .writes()
        .iter()
        .any(|write| write.ends_with("workspace-connections"));
    let (pointed, workspaces): (Vec<u64>, Vec<u64>) = sim.with(|world| {
        (
            world.domains[DOMAIN].workspaces["/"].clone(),
            world.workspaces.keys().copied().collect(),
        )
    });
    let serving = action.flow.serving(finished);
    if pointed != [serving] || !action.flow.leaves(&workspaces, finished, switched) {
        return wrong(format!(
            "the domain points at {pointed:?}, workspaces {workspaces:?}"
        ));
    }
    Ok(reached)
}

/// The next number of a generator that anybody can repeat.
pub(crate) fn next(seed: u64) -> u64 {
    seed.wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1_442_695_040_888_963_407)
}

#[test]
fn every_flow_has_its_turn() {
    for flow in codesphere_release::flows::FLOWS {
        assert!(
            TURNS.iter().any(|turn| turn.name() == flow.name),
            "{} is never killed: give it a turn in tests/scenarios/kills.rs",
            flow.name
        );
    }
}

#[test]
#[ignore = "takes real time; CODESPHERE_KILLS says how many"]
#[expect(clippy::print_stdout, reason = "the figures are for people")]
fn a_binary_killed_at_any_moment_leaves_production_whole_and_nothing_behind_after_the_post_step() {
    let kills: u64 = std::env::var("CODESPHERE_KILLS").map_or(200, |count| count.parse().unwrap());
    let (count, wrong, reached) = (
        AtomicU64::new(0),
        Mutex::new(Vec::new()),
        Mutex::new(BTreeMap::new()),
    );
    std::thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                loop {
                    let number = count.fetch_add(1, Ordering::SeqCst);
                    if number >= kills {
                        break;
                    }
                    let moment = (0..=number).fold(SEED, |seed, _| next(seed)) >> 33;
                    match play(number, moment % LONGEST) {
                        Ok(far) => *reached.lock().unwrap().entry(far).or_insert(0) += 1,
                        Err(why) => wrong.lock().unwrap().push(why),
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    println!(
        "{kills} kills with seed {SEED}: {} left something wrong; killed while {:?}",
        wrong.len(),
        reached.into_inner().unwrap()
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}
