//! Owns the demo's command line: the flows that can be shown, what may fail in each, and the options.

use Failing::{Health, Prepare, Run, Switch, Test};

/// How to call the demo, around the list of the flows.
const USAGE: [&str; 2] = [
    "\
Usage: cargo run --example demo -- [flow] [options]

Shows a flow against a simulated Codesphere: the step's log, its outputs and summary,
what it wrote through the API, and what visitors noticed. Needs no account and no network.

",
    "
  --fail STEP           let a step fail: prepare, test, run, health or switch
  --managed POLICY      let ci.yml have a database, as the input managed-services wants it: refuse or allow.
                        With simple, the version that serves has it, and the new one drops it
  --dry-run             plan only, as with the input `dry-run: true`
  --input NAME=VALUE    give the action an input, such as canary=20s; may be repeated
  --flows               print the flows' names and no more
  --help                show this text

The exit status is the release's; 2 when the command line is wrong.
",
];

/// What the command line asks for.
pub(crate) enum Asked {
    /// How to call it.
    Help,
    /// Which flows it knows.
    Flows,
    /// A release.
    Show(Arguments),
}

/// The release to show.
pub(crate) struct Arguments {
    /// How to release.
    pub(crate) flow: Flow,
    /// What goes wrong.
    pub(crate) failing: Option<Failing>,
    /// Whether a `ci.yml` has a database.
    pub(crate) database: bool,
    /// Inputs of the action, the later ones overriding the earlier ones.
    pub(crate) inputs: Vec<(String, String)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flow {
    Simple,
    ZeroDowntime,
    Candidate,
    Promote,
    Rollback,
    Preview,
    Cleanup,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failing {
    Prepare,
    Test,
    Run,
    Health,
    Switch,
}

impl Flow {
    /// Every flow that can be shown.
    pub(crate) const ALL: [Self; 7] = [
        Self::Simple,
        Self::ZeroDowntime,
        Self::Candidate,
        Self::Promote,
        Self::Rollback,
        Self::Preview,
        Self::Cleanup,
    ];

    /// Its name in the input `flow`, what it is about, and what may fail in it.
    fn entry(self) -> (&'static str, &'static str, &'static [Failing]) {
        match self {
            Self::Simple => (
                "simple",
                "update a workspace in place",
                &[Prepare, Test, Run, Health],
            ),
            Self::ZeroDowntime => (
                "zero-downtime",
                "make a new workspace and switch the domain to it (the default)",
                &[Prepare, Test, Run, Health, Switch],
            ),
            Self::Candidate => (
                "candidate",
                "make a new workspace beside the one that serves",
                &[Prepare, Test, Run, Health],
            ),
            Self::Promote => (
                "promote",
                "switch the domain to a candidate",
                &[Health, Switch],
            ),
            Self::Rollback => (
                "rollback",
                "switch the domain back from a new version to the one before",
                &[Switch],
            ),
            Self::Preview => (
                "preview",
                "make the workspace of a pull request that was just opened",
                &[Prepare, Test, Run, Health],
            ),
            Self::Cleanup => (
                "cleanup",
                "delete what earlier releases have left and nothing needs",
                &[],
            ),
        }
    }

    /// That a database in `ci.yml` matters to it.
    fn admits_database(self) -> Result<(), String> {
        match self {
            Self::Simple | Self::ZeroDowntime | Self::Candidate | Self::Preview => Ok(()),
            Self::Promote | Self::Rollback | Self::Cleanup => Err(format!(
                "--managed has no meaning in the flow {}.",
                self.name()
            )),
        }
    }

    /// Its name in the input `flow`.
    pub(crate) fn name(self) -> &'static str {
        self.entry().0
    }

    fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|flow| flow.name() == name)
    }

    /// That this can fail in it.
    fn admits(self, failing: Failing) -> Result<(), String> {
        let (name, _, failures) = self.entry();
        if failures.contains(&failing) {
            return Ok(());
        }
        let known: Vec<&str> = failures.iter().map(|failure| failure.name()).collect();
        Err(match known.as_slice() {
            [] => format!("--fail has no meaning in the flow {name}."),
            known => format!(
                "--fail {} has no meaning in the flow {name}; what may fail there: {}.",
                failing.name(),
                known.join(", ")
            ),
        })
    }
}

impl Failing {
    const ALL: [Self; 5] = [Prepare, Test, Run, Health, Switch];

    fn name(self) -> &'static str {
        match self {
            Self::Prepare => "prepare",
            Self::Test => "test",
            Self::Run => "run",
            Self::Health => "health",
            Self::Switch => "switch",
        }
    }

    fn named(name: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|failing| failing.name() == name);
        found.ok_or_else(|| {
            format!("--fail knows prepare, test, run, health and switch, not {name:?}.")
        })
    }

    /// What goes wrong, in words.
    pub(crate) fn description(self) -> &'static str {
        match self {
            Self::Prepare => "the new version does not build",
            Self::Test => "the new version's tests fail",
            Self::Run => "the new version ends right after its start",
            Self::Health => "the new version starts, but answers 500",
            Self::Switch => "traffic does not follow the switch of the domain",
        }
    }
}

/// How to call the demo.
pub(crate) fn usage() -> String {
    let flows = Flow::ALL.map(|flow| {
        let (name, purpose, _) = flow.entry();
        format!("  {name:<22}{purpose}\n")
    });
    USAGE.join(&flows.concat())
}

/// Reads the words of the command line, in any order.
pub(crate) fn parse(mut words: impl Iterator<Item = String>) -> Result<Asked, String> {
    let mut flow = None;
    let mut failing = None;
    let mut managed = None;
    let mut inputs = Vec::new();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--help" | "-h" => return Ok(Asked::Help),
            "--flows" => return Ok(Asked::Flows),
            "--fail" => once(
                &mut failing,
                Failing::named(&next(&mut words, &word)?)?,
                &word,
            )?,
            "--managed" => once(&mut managed, policy(&next(&mut words, &word)?)?, &word)?,
            "--dry-run" => inputs.push(("dry-run".to_owned(), "true".to_owned())),
            "--input" => inputs.push(input(&next(&mut words, &word)?)?),
            name => {
                let known = Flow::named(name);
                let known = known.ok_or_else(|| format!("{word:?} is not known here."))?;
                once(&mut flow, known, "flow")?;
            }
        }
    }
    let flow = flow.unwrap_or(Flow::ZeroDowntime);
    if let Some(failing) = failing {
        flow.admits(failing)?;
    }
    if let Some(policy) = managed {
        flow.admits_database()?;
        inputs.insert(0, ("managed-services".to_owned(), policy.to_owned()));
    }
    if failing == Some(Test) {
        inputs.insert(0, ("test".to_owned(), "true".to_owned()));
    }
    Ok(Asked::Show(Arguments {
        flow,
        failing,
        database: managed.is_some(),
        inputs,
    }))
}

fn once<T>(place: &mut Option<T>, value: T, name: &str) -> Result<(), String> {
    match place.replace(value) {
        None => Ok(()),
        Some(_) => Err(format!("One {name} is enough.")),
    }
}

fn next(words: &mut impl Iterator<Item = String>, option: &str) -> Result<String, String> {
    words
        .next()
        .ok_or_else(|| format!("{option} needs a value."))
}

fn policy(word: &str) -> Result<&'static str, String> {
    let known = ["refuse", "allow"].into_iter().find(|known| *known == word);
    known.ok_or_else(|| format!("--managed knows refuse and allow, not {word:?}."))
}

fn input(pair: &str) -> Result<(String, String), String> {
    let (name, value) = pair
        .split_once('=')
        .ok_or_else(|| format!("--input wants NAME=VALUE, not {pair:?}."))?;
    if name == "flow" {
        return Err("The flow is given by its name alone, without --input.".to_owned());
    }
    if !is_input(name) {
        return Err(format!("action.yml has no input {name:?}."));
    }
    Ok((name.to_owned(), value.to_owned()))
}

/// Whether `action.yml` declares the input: the runner passes on others too, but nobody reads them.
fn is_input(name: &str) -> bool {
    let manifest = include_str!("../../action.yml");
    let inputs = manifest.split("\noutputs:").next().unwrap_or_default();
    let inputs = inputs.split("\ninputs:").nth(1).unwrap_or_default();
    inputs
        .lines()
        .filter_map(|line| line.strip_prefix("  ")?.strip_suffix(':'))
        .any(|known| known == name)
}
