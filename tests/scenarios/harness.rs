//! Drives the one door as a runner would: environment in; files, log, exit status and API calls out.

use std::collections::BTreeMap;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, Weak};
use std::time::{Duration, SystemTime};

use codesphere_release::clock::{Cancellation, Clock, Readers};
use codesphere_release::http::Limits;
use codesphere_release::{Step, World, run};
use codesphere_simulator::{
    Commit, DOMAIN, Domain, Fault, FaultKind, LIVE, NEW, REPOSITORY, Simulator, TOKEN, Workspace,
    World as Platform, calendar,
};

/// The exit status of a process that was lost with its machine.
pub(crate) const LOST: u8 = 137;

/// How often the clock looks whether it may jump, in real time.
const LOOK: Duration = Duration::from_millis(1);

/// What happens whenever time passes.
type Tick = Box<dyn Fn(Duration) + Send + Sync>;

/// The commit that is to be released, as the repository has it.
pub(crate) fn new_commit(world: &mut Platform) -> &mut Commit {
    world
        .repositories
        .get_mut(REPOSITORY)
        .unwrap()
        .commit_mut(NEW)
        .unwrap()
}

/// Workspace 5001 serves the new commit, and remembers the one before it.
pub(crate) fn released(world: &mut Platform) {
    let link = format!(
        r#"{{"places":[{{"domain":"{DOMAIN}","path":"/","workspaces":[{LIVE}]}}],"profile":null}}"#
    );
    let id = world.next_id;
    world.next_id += 1;
    let mut workspace = Workspace::serving(id, "shop-new", REPOSITORY, Commit::new(NEW));
    let note = ("CODESPHERE_RELEASE_PREVIOUS".to_owned(), link);
    workspace.env.extend([note]);
    world.workspaces.insert(id, workspace);
    connect(world, DOMAIN, "/", &[id]);
}

/// Points a path of a domain at workspaces, as somebody else would; the domain is made if need be.
pub(crate) fn connect(world: &mut Platform, domain: &str, path: &str, ids: &[u64]) {
    let domain = world
        .domains
        .entry(domain.to_owned())
        .or_insert_with(|| Domain::new(BTreeMap::new()));
    domain.workspaces.insert(path.to_owned(), ids.to_vec());
}

/// A clock that jumps: sleeping takes no time. It stands still while something is on its way to who reads a log.
#[derive(Default)]
pub(crate) struct JumpingClock {
    nanos: AtomicU64,
    platform: OnceLock<Weak<Simulator>>,
    tick: Mutex<Option<Tick>>,
    dead: AtomicBool,
}

impl JumpingClock {
    /// From now on, whoever looks at the clock is gone, as if its machine was lost.
    pub(crate) fn die(&self) {
        self.dead.store(true, Ordering::SeqCst);
    }

    /// The next process has a machine again.
    pub(crate) fn revive(&self) {
        self.dead.store(false, Ordering::SeqCst);
    }

    fn read(&self) -> Duration {
        Duration::from_nanos(self.nanos.load(Ordering::SeqCst))
    }

    /// Lets time pass.
    pub(crate) fn jump(&self, time: Duration) {
        let nanos = u64::try_from(time.as_nanos()).unwrap();
        self.nanos.fetch_add(nanos, Ordering::SeqCst);
        if let Some(tick) = self.tick.lock().unwrap().as_ref() {
            tick(self.read());
        }
    }

    /// Waits until a reader says something, or the platform has nothing more to say to any of them as things are.
    fn brings_something(&self, readers: &Readers) -> bool {
        loop {
            let is_quiet = readers.at_work() <= self.resting_streams();
            let longest = if is_quiet { Duration::ZERO } else { LOOK };
            if readers.wait(longest) {
                return true;
            }
            if is_quiet {
                return false;
            }
        }
    }

    fn resting_streams(&self) -> u64 {
        let platform = self.platform.get().and_then(Weak::upgrade);
        platform.map_or(0, |platform| platform.resting_streams())
    }
}

impl Clock for JumpingClock {
    fn now(&self) -> Duration {
        if self.dead.load(Ordering::SeqCst) {
            // Not a panic that anybody reports: it only unwinds.
            std::panic::resume_unwind(Box::new("the machine is lost"));
        }
        self.read()
    }

    fn calendar(&self) -> SystemTime {
        calendar(self.now())
    }

    fn sleep(&self, time: Duration, readers: &Readers) {
        if !self.brings_something(readers) {
            self.jump(time);
        }
    }
}

/// How long an answer that never comes is waited for where a scenario says so, in real time. Elsewhere a busy machine
/// may take its time.
const IMPATIENCE: Duration = Duration::from_millis(500);
/// As long as the product waits for an answer.
const NO_ANSWER: Duration = Duration::from_secs(30);

/// A platform, a workflow's inputs, and a runner.
pub(crate) struct Scene {
    pub(crate) sim: Arc<Simulator>,
    pub(crate) clock: Arc<JumpingClock>,
    pub(crate) cancel: Cancellation,
    variables: BTreeMap<String, String>,
    event: String,
    answer: Duration,
    application: Duration,
    after_cancellation: Duration,
    rest_of_a_log: Duration,
}

/// What a run left behind.
pub(crate) struct Run {
    pub(crate) exit: u8,
    pub(crate) log: String,
    pub(crate) outputs: BTreeMap<String, String>,
    pub(crate) state: BTreeMap<String, String>,
    pub(crate) summary: String,
    pub(crate) writes: Vec<String>,
    pub(crate) took: Duration,
}

impl Scene {
    /// The simple flow on the workspace that serves, prepared as most people would.
    pub(crate) fn simple() -> Self {
        Self::new().with("workspace-id", &LIVE.to_string())
    }

    /// The zero-downtime flow for the standard domain.
    pub(crate) fn zero_downtime() -> Self {
        Self::new()
            .with("flow", "zero-downtime")
            .with("team", "Acme")
            .with("domain", DOMAIN)
            .with("plan", "Boost")
            .with("env", "GREETING=hello")
    }

    /// The candidate flow, meant for the standard domain.
    pub(crate) fn candidate() -> Self {
        Self::zero_downtime().with("flow", "candidate")
    }

    /// The cleanup flow for the standard domain, which leaves one release.
    pub(crate) fn cleanup() -> Self {
        Self::new()
            .with("flow", "cleanup")
            .with("team", "Acme")
            .with("domain", DOMAIN)
            .with("keep-releases", "1")
    }

    /// The promote flow of a later run, for the candidate that this scene makes first.
    pub(crate) fn promoting(self) -> Self {
        let run = self.run();
        assert_eq!(run.ending(), ("ready", ""), "{}", run.log);
        let candidate = run.output("workspace-id").to_owned();
        self.variable("GITHUB_RUN_ID", "9876543300")
            .variable("GITHUB_RUN_NUMBER", "43")
            .variable("GITHUB_SHA", &"e".repeat(40))
            .with("flow", "promote")
            .with("workspace-id", &candidate)
            .with("plan", "")
            .with("env", "")
            .with("profile", "")
    }

    /// The promote flow for a candidate that is meant for the standard domain.
    pub(crate) fn promote() -> Self {
        Self::candidate().promoting()
    }

    /// The rollback flow of a later run, once this scene has released.
    pub(crate) fn rolling_back(self) -> Self {
        let run = self.run();
        assert_eq!(run.ending(), ("released", ""), "{}", run.log);
        self.variable("GITHUB_RUN_ID", "9876543400")
            .variable("GITHUB_RUN_NUMBER", "7")
            .variable(
                "GITHUB_WORKFLOW_REF",
                "acme/shop/.github/workflows/rollback.yml@refs/heads/main",
            )
            .with("flow", "rollback")
            .with("plan", "")
            .with("env", "")
            .with("profile", "")
            .with("workspace-id", "")
    }

    /// The rollback flow for the standard domain, from workspace 5001 to the one that served before it.
    pub(crate) fn rollback() -> Self {
        Self::zero_downtime().rolling_back()
    }

    /// The rollback flow from a release that the platform has from the start; nothing was asked of it so far.
    pub(crate) fn rollback_at_once() -> Self {
        Self::new()
            .with("flow", "rollback")
            .with("team", "Acme")
            .with("domain", DOMAIN)
            .world(released)
    }

    /// No input but those that reach the simulator.
    pub(crate) fn new() -> Self {
        let clock = Arc::new(JumpingClock::default());
        let now = Arc::clone(&clock);
        let sim = Arc::new(Simulator::start(Arc::new(move || now.read())));
        clock.platform.set(Arc::downgrade(&sim)).unwrap();
        let mut scene = Self {
            clock,
            cancel: Cancellation::default(),
            variables: BTreeMap::new(),
            answer: Duration::from_secs(30),
            application: Duration::from_secs(10),
            after_cancellation: Duration::from_secs(5),
            rest_of_a_log: Duration::from_secs(10),
            event: r#"{"repository":{"private":false}}"#.to_owned(),
            sim,
        };
        for (name, value) in [
            ("GITHUB_ACTIONS", "true"),
            ("GITHUB_REPOSITORY", "acme/shop"),
            ("GITHUB_SERVER_URL", "https://github.com"),
            ("GITHUB_SHA", NEW),
            ("GITHUB_REF_NAME", "main"),
            ("GITHUB_REF_TYPE", "branch"),
            ("GITHUB_EVENT_NAME", "push"),
            ("GITHUB_RUN_ID", "9876543210"),
            ("GITHUB_RUN_NUMBER", "42"),
            ("GITHUB_RUN_ATTEMPT", "1"),
            ("GITHUB_REPOSITORY_ID", "77"),
            ("GITHUB_JOB", "release"),
            ("GITHUB_ACTION", "codesphere"),
            (
                "GITHUB_WORKFLOW_REF",
                "acme/shop/.github/workflows/release.yml@refs/heads/main",
            ),
        ] {
            scene = scene.variable(name, value);
        }
        let (api, proxy, ca) = (
            scene.sim.api_url(),
            scene.sim.proxy_url(),
            scene.sim.ca_pem(),
        );
        scene
            .with("api-token", TOKEN)
            .with("api-url", &api)
            .with("ca-certificate", &ca)
            .variable("HTTPS_PROXY", &proxy)
    }

    /// Gives an input, as the runner passes it.
    pub(crate) fn with(self, input: &str, value: &str) -> Self {
        let name = format!("INPUT_{}", input.to_uppercase());
        self.variable(&name, value)
    }

    pub(crate) fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.insert(name.to_owned(), value.to_owned());
        self
    }

    pub(crate) fn event(mut self, json: &str) -> Self {
        json.clone_into(&mut self.event);
        self
    }

    /// Changes the platform before the run.
    pub(crate) fn world(self, change: impl FnOnce(&mut Platform)) -> Self {
        self.sim.with(change);
        self
    }

    pub(crate) fn fault(self, fault: Fault) -> Self {
        self.world(|world| world.faults.push(fault))
    }

    /// A fault that never answers, which costs the run's own time as much as the product waits for it.
    pub(crate) fn unanswered(
        self,
        method: &'static str,
        path: &str,
        kind: FaultKind,
        times: u32,
    ) -> Self {
        let clock = Arc::clone(&self.clock);
        let passes = FaultKind::run(move |_| clock.jump(NO_ANSWER));
        self.fault(Fault::on(method, path, kind).times(times))
            .fault(Fault::on(method, path, passes).times(times))
            .impatient()
    }

    /// For faults that never answer: waits no longer for an answer than `IMPATIENCE`, in real time.
    pub(crate) fn impatient(mut self) -> Self {
        self.answer = IMPATIENCE;
        self
    }

    /// Waits no longer for the whole answer of an application, in real time.
    pub(crate) fn impatient_with_applications(mut self, answer: Duration) -> Self {
        self.application = answer;
        self
    }

    /// Leaves no more time, in real time, for undoing a cancelled run.
    pub(crate) fn hurried(mut self, after_cancellation: Duration) -> Self {
        self.after_cancellation = after_cancellation;
        self
    }

    /// Waits no longer for the rest of a log, in real time.
    pub(crate) fn hasty(mut self, rest_of_a_log: Duration) -> Self {
        self.rest_of_a_log = rest_of_a_log;
        self
    }

    /// The next process has not been cancelled yet.
    pub(crate) fn uncancel(&mut self) {
        self.cancel = Cancellation::default();
    }

    /// Does something whenever time passes.
    pub(crate) fn on_tick(self, tick: impl Fn(Duration) + Send + Sync + 'static) -> Self {
        *self.clock.tick.lock().unwrap() = Some(Box::new(tick));
        self
    }

    /// Runs the action once; a good client does nothing that the simulator objects to.
    pub(crate) fn run(&self) -> Run {
        let run = self.run_anyhow();
        assert_eq!(self.sim.violations(), [""; 0], "{}", run.log);
        run
    }

    /// Runs the action once, whatever the simulator thinks of it.
    pub(crate) fn run_anyhow(&self) -> Run {
        self.run_with(&[])
    }

    /// Runs the action once, with other values for the runner's own variables.
    pub(crate) fn run_with(&self, instead: &[(&str, &str)]) -> Run {
        self.step(Step::Main, instead)
    }

    /// Runs the post step of a run, as the runner does after whatever became of it.
    pub(crate) fn post(&self, run: &Run) -> Run {
        self.post_with(&run.state)
    }

    /// Runs the post step with this state.
    pub(crate) fn post_with(&self, state: &BTreeMap<String, String>) -> Run {
        let state: Vec<(String, &str)> = state
            .iter()
            .map(|(name, value)| (format!("STATE_{name}"), value.as_str()))
            .collect();
        let state: Vec<(&str, &str)> = state
            .iter()
            .map(|(name, value)| (name.as_str(), *value))
            .collect();
        self.step(Step::Post, &state)
    }

    fn step(&self, step: Step, instead: &[(&str, &str)]) -> Run {
        let folder = Folder::new();
        let mut variables = self.variables.clone();
        for (name, file) in [
            ("OUTPUT", "output"),
            ("STATE", "state"),
            ("STEP_SUMMARY", "summary"),
            ("EVENT_PATH", "event.json"),
        ] {
            variables.insert(format!("GITHUB_{name}"), folder.path(file));
        }
        variables.extend(
            instead
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
        );
        std::fs::write(folder.path("event.json"), &self.event).unwrap();
        let (start, before) = (self.clock.read(), self.sim.writes().len());
        let out = Captured::default();
        let world = World {
            step,
            variables,
            out: Box::new(out.clone()),
            clock: self.clock.as_ref(),
            cancel: self.cancel.clone(),
            limits: Limits {
                connect: Duration::from_secs(5),
                answer: self.answer,
                application: self.application,
                after_cancellation: self.after_cancellation,
                silence: self.answer,
                rest_of_a_log: self.rest_of_a_log,
            },
        };
        let exit = catch_unwind(AssertUnwindSafe(|| run(world))).unwrap_or(LOST);
        let log = String::from_utf8(out.0.lock().unwrap().clone()).unwrap();
        Run {
            exit,
            outputs: pairs(&folder.read("output")),
            state: pairs(&folder.read("state")),
            summary: folder.read("summary"),
            writes: self.sim.writes().split_off(before),
            took: self.clock.read().checked_sub(start).unwrap(),
            log,
        }
    }

    /// Runs the action on a machine that is lost right after the platform has handled a call; gives the next machine.
    pub(crate) fn lost_at(self, method: &'static str, path: &str) -> (Self, Run) {
        let clock = Arc::clone(&self.clock);
        let scene = self.fault(Fault::on(
            method,
            path,
            FaultKind::run_after(move |_| clock.die()),
        ));
        let run = scene.run_anyhow();
        assert_eq!(run.exit, LOST, "{}", run.log);
        scene.clock.dead.store(false, Ordering::SeqCst);
        scene.clock.jump(Duration::from_secs(5));
        (scene, run)
    }

    /// The ids of all workspaces that exist.
    pub(crate) fn workspaces(&self) -> Vec<u64> {
        self.sim
            .with(|world| world.workspaces.keys().copied().collect())
    }

    /// What a path of the standard domain points at.
    pub(crate) fn pointed(&self, path: &str) -> Vec<u64> {
        self.pointed_at(DOMAIN, path)
    }

    /// What a path of a domain points at.
    pub(crate) fn pointed_at(&self, domain: &str, path: &str) -> Vec<u64> {
        let at = |world: &mut Platform| world.domains[domain].workspaces.get(path).cloned();
        self.sim.with(at).unwrap_or_default()
    }

    /// What the workspace remembers of the time before it, as JSON.
    pub(crate) fn remembered(&self, workspace: u64) -> serde_json::Value {
        let variable = |world: &mut Platform| {
            world.workspaces[&workspace].env["CODESPHERE_RELEASE_PREVIOUS"].clone()
        };
        serde_json::from_str(&self.sim.with(variable)).unwrap()
    }

    /// Points a path of a domain at workspaces, as somebody else would; the domain is made if need be.
    pub(crate) fn connected(self, domain: &str, path: &str, ids: &[u64]) -> Self {
        self.world(|world| connect(world, domain, path, ids))
    }
}

impl Run {
    pub(crate) fn output(&self, name: &str) -> &str {
        self.outputs.get(name).map_or("", String::as_str)
    }

    /// Outcome and reason.
    pub(crate) fn ending(&self) -> (&str, &str) {
        (self.output("outcome"), self.output("reason"))
    }

    /// The messages of all annotations of a kind, as people read them.
    pub(crate) fn annotations(&self, kind: &str) -> Vec<String> {
        let start = format!("::{kind} ");
        let of_kind = self.log.lines().filter(|line| line.starts_with(&start));
        of_kind
            .map(|line| line[2..].split_once("::").unwrap().1)
            .map(|text| {
                text.replace("%0A", "\n")
                    .replace("%0D", "\r")
                    .replace("%25", "%")
            })
            .collect()
    }

    /// Whether the post step is told that there is nothing left to undo.
    pub(crate) fn is_finished(&self) -> bool {
        let record = self.state.get("made").map_or("", String::as_str);
        record.contains(r#""progress":"finished""#)
    }

    /// The one error annotation.
    pub(crate) fn error(&self) -> String {
        let mut errors = self.annotations("error");
        assert_eq!(errors.len(), 1, "{}", self.log);
        errors.remove(0)
    }

    /// Asserts that the log has these texts, in this order.
    pub(crate) fn tells(&self, texts: &[&str]) {
        let mut rest = self.log.as_str();
        for text in texts {
            let found = rest.find(text);
            rest = &rest
                [found.unwrap_or_else(|| panic!("{text:?} is not told in time:\n{}", self.log))..];
        }
    }

    /// The titles of the groups, in order.
    pub(crate) fn groups(&self) -> Vec<&str> {
        self.log
            .lines()
            .filter_map(|line| line.strip_prefix("::group::"))
            .collect()
    }
}

/// The grammar of `GITHUB_OUTPUT` and `GITHUB_STATE`, in the one form that we write.
pub(crate) fn pairs(text: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let (name, delimiter) = line.split_once("<<").unwrap();
        let value: Vec<&str> = lines
            .by_ref()
            .take_while(|line| *line != delimiter)
            .collect();
        found.insert(name.to_owned(), value.join("\n"));
    }
    found
}

/// Standard output, kept.
#[derive(Clone, Default)]
pub(crate) struct Captured(pub(crate) Arc<Mutex<Vec<u8>>>);

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A folder of its own for the runner's files.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let number = COUNT.fetch_add(1, Ordering::SeqCst);
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
            .join(format!("run-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self, file: &str) -> String {
        self.0.join(file).to_str().unwrap().to_owned()
    }

    pub(crate) fn read(&self, file: &str) -> String {
        std::fs::read_to_string(self.0.join(file)).unwrap_or_default()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
