//! Owns the demo's command line.

/// How to call the demo.
pub(crate) const USAGE: &str = "\
Usage: cargo run --example demo -- [simple | zero-downtime | rollback | cleanup | preview] [options]

Shows a release against a simulated Codesphere: the step's log, its outputs and summary,
what it wrote through the API, and what visitors noticed. Needs no account and no network.

  simple                update a workspace in place
  zero-downtime         make a new workspace and switch the domain to it (the default)
  rollback              switch the domain back from a new version to the one before
  preview               make the workspace of a pull request that was just opened
  cleanup               delete what earlier releases have left and nothing needs

  --fail STEP           let a step fail: prepare, test, run, health or switch; of rollback only switch
  --dry-run             plan only, as with the input `dry-run: true`
  --input NAME=VALUE    give the action an input; may be repeated
  --help                show this text

The exit status is the release's; 2 when the command line is wrong.
";

/// What the command line asks for.
pub(crate) enum Asked {
    /// How to call it.
    Help,
    /// A release.
    Show(Arguments),
}

/// The release to show.
pub(crate) struct Arguments {
    /// How to release.
    pub(crate) flow: Flow,
    /// What goes wrong.
    pub(crate) failing: Option<Failing>,
    /// Inputs of the action, the later ones overriding the earlier ones.
    pub(crate) inputs: Vec<(String, String)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flow {
    Simple,
    ZeroDowntime,
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
    /// Its name in the input `flow`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Simple => "simple",
            Self::ZeroDowntime => "zero-downtime",
            Self::Rollback => "rollback",
            Self::Preview => "preview",
            Self::Cleanup => "cleanup",
        }
    }
}

impl Failing {
    fn named(name: &str) -> Result<Self, String> {
        match name {
            "prepare" => Ok(Self::Prepare),
            "test" => Ok(Self::Test),
            "run" => Ok(Self::Run),
            "health" => Ok(Self::Health),
            "switch" => Ok(Self::Switch),
            _ => Err(format!(
                "--fail knows prepare, test, run, health and switch, not {name:?}."
            )),
        }
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

/// Reads the words of the command line, in any order.
pub(crate) fn parse(mut words: impl Iterator<Item = String>) -> Result<Asked, String> {
    let mut flow = None;
    let mut failing = None;
    let mut inputs = Vec::new();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--help" | "-h" => return Ok(Asked::Help),
            "simple" => once(&mut flow, Flow::Simple, "flow")?,
            "zero-downtime" => once(&mut flow, Flow::ZeroDowntime, "flow")?,
            "rollback" => once(&mut flow, Flow::Rollback, "flow")?,
            "preview" => once(&mut flow, Flow::Preview, "flow")?,
            "cleanup" => once(&mut flow, Flow::Cleanup, "flow")?,
            "--fail" => once(
                &mut failing,
                Failing::named(&next(&mut words, &word)?)?,
                &word,
            )?,
            "--dry-run" => inputs.push(("dry-run".to_owned(), "true".to_owned())),
            "--input" => inputs.push(input(&next(&mut words, &word)?)?),
            _ => return Err(format!("{word:?} is not known here.")),
        }
    }
    let flow = flow.unwrap_or(Flow::ZeroDowntime);
    if matches!(flow, Flow::Simple | Flow::Preview) && failing == Some(Failing::Switch) {
        return Err(format!(
            "--fail switch needs zero-downtime or rollback: the flow {} switches nothing.",
            flow.name()
        ));
    }
    if flow == Flow::Rollback && failing.is_some_and(|failing| failing != Failing::Switch) {
        return Err("A rollback builds nothing: of its steps --fail knows switch only.".to_owned());
    }
    if flow == Flow::Cleanup && failing.is_some() {
        return Err("--fail needs a release: the flow cleanup builds nothing.".to_owned());
    }
    if failing == Some(Failing::Test) {
        inputs.insert(0, ("test".to_owned(), "true".to_owned()));
    }
    Ok(Asked::Show(Arguments {
        flow,
        failing,
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

fn input(pair: &str) -> Result<(String, String), String> {
    let (name, value) = pair
        .split_once('=')
        .ok_or_else(|| format!("--input wants NAME=VALUE, not {pair:?}."))?;
    if name == "flow" {
        return Err(
            "The flow is given by its name alone: simple, zero-downtime, rollback, cleanup or preview."
                .to_owned(),
        );
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
