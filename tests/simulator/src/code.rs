//! What a repository holds: commits, and how each behaves when it is built and run.

use std::collections::BTreeMap;

use crate::{Flood, Quirks, Service, ci_file};

/// When commits were made, in seconds since the start of 1970, where a test says nothing else.
const MADE: u64 = 1_767_222_000;

/// A git repository that workspaces clone and pull from.
#[derive(Clone, Debug, Default)]
pub struct Repository {
    /// Cloning needs `isPrivateRepo`, and a plain `git fetch` fails.
    pub private: bool,
    /// The branch that is checked out when none is asked for.
    pub default_branch: String,
    /// Commits of each branch, the oldest first; the last is the branch's head.
    pub branches: BTreeMap<String, Vec<Commit>>,
    /// History was rewritten: a pull into a commit that the branch no longer has makes a merge commit.
    pub rewritten: bool,
    /// Every pull ends in a merge conflict.
    pub conflicts: bool,
    /// Clones and pulls bring only so many of a branch's newest commits.
    pub depth: Option<usize>,
}

impl Repository {
    /// A public repository with one branch.
    #[must_use]
    pub fn new(branch: &str, commits: Vec<Commit>) -> Self {
        Self {
            default_branch: branch.to_owned(),
            branches: BTreeMap::from([(branch.to_owned(), commits)]),
            ..Self::default()
        }
    }

    /// The commit of that hash, on whichever branch.
    pub fn commit_mut(&mut self, sha: &str) -> Option<&mut Commit> {
        let mut commits = self.branches.values_mut().flatten();
        commits.find(|commit| commit.sha == sha)
    }

    /// What a clone or a pull of `branch` brings: its newest commits, the oldest first.
    pub(crate) fn fetch(&self, branch: &str, depth: Option<usize>) -> Option<Vec<Commit>> {
        let commits = self.branches.get(branch)?;
        let depth = [self.depth, depth].into_iter().flatten().min();
        let kept = depth.unwrap_or(commits.len());
        let first = commits.len().saturating_sub(kept);
        let mut older: Vec<String> = Vec::new();
        let mut brought = Vec::new();
        for commit in commits.iter().skip(first) {
            let ancestors = older.clone();
            older.push(commit.sha.clone());
            brought.push(Commit {
                ancestors,
                ..commit.clone()
            });
        }
        Some(brought)
    }
}

/// One commit: its hash and what comes of running it.
#[derive(Clone, Debug, Default)]
pub struct Commit {
    /// 40 hexadecimal digits.
    pub sha: String,
    /// What its `ci.yml` says.
    pub ci: Ci,
    /// What its application answers.
    pub app: App,
    /// The objects of annotated tags that stand for it.
    pub tags: Vec<String>,
    /// The commits of its submodules by path.
    pub submodules: BTreeMap<String, String>,
    /// Whether it has a `.gitattributes`.
    pub attributes: bool,
    /// Files of Git LFS.
    pub pointers: Vec<String>,
    /// When it was made, in seconds since the start of 1970.
    pub date: u64,
    /// Who made it.
    pub author: String,
    /// The first line of its message.
    pub subject: String,
    /// The hashes of the commits that it is built on.
    pub ancestors: Vec<String>,
}

impl Commit {
    /// A commit whose pipeline works and whose application answers.
    #[must_use]
    pub fn new(sha: &str) -> Self {
        Self {
            sha: sha.to_owned(),
            date: MADE,
            author: "Ada".to_owned(),
            subject: format!("Change {}", sha.get(..7).unwrap_or(sha)),
            ..Self::default()
        }
    }

    /// Whether the file is in the commit; only the `ci` files are known.
    pub(crate) fn has_file(&self, path: &str) -> bool {
        let name = path.trim_start_matches("./");
        self.ci_files().iter().any(|known| known == name)
    }

    /// What such a file says.
    pub(crate) fn text_of(&self, path: &str) -> Option<String> {
        self.has_file(path).then(|| ci_file::text(&self.ci))
    }

    /// The names of its `ci` files.
    pub(crate) fn ci_files(&self) -> Vec<String> {
        let name = |profile: &String| match profile.as_str() {
            "" => "ci.yml".to_owned(),
            profile => format!("ci.{profile}.yml"),
        };
        self.ci.profiles.iter().map(name).collect()
    }

    /// Those of its files that tell what it is made of.
    pub(crate) fn files(&self) -> Vec<String> {
        let mut files = self.ci_files();
        let others = [
            (!self.submodules.is_empty(), ".gitmodules"),
            (self.attributes, ".gitattributes"),
        ];
        let others = others.iter().filter(|(there, _)| *there);
        files.extend(others.map(|(_, name)| (*name).to_owned()));
        files
    }
}

/// What the `ci.yml` files of a commit say.
#[derive(Clone, Debug)]
pub struct Ci {
    /// The profiles that have a file: `""` is `ci.yml`, `"prod"` is `ci.prod.yml`.
    pub profiles: Vec<String>,
    /// The landscape's entries; empty means a flat `ci.yml`, which `codesphere-ide` runs.
    pub services: Vec<Service>,
    /// The schema's version of a landscape, from 2 for `v0.2` to 4.
    pub version: u8,
    /// The files' text, where it is not what the rest says.
    pub text: Option<String>,
    /// The prepare stage.
    pub prepare: Script,
    /// The test stage.
    pub test: Script,
    /// The run stage.
    pub run: RunScript,
    /// The file breaks its schema in a way of its own: a deploy or a start answers a bare 500.
    pub broken: bool,
    /// What the schema wants and the file lacks: it is broken, too.
    pub lacks: Vec<Lack>,
    /// The file refers to something that no template can: a deploy answers 400.
    pub bad_template: bool,
}

impl Default for Ci {
    fn default() -> Self {
        Self {
            profiles: vec![String::new()],
            services: Vec::new(),
            version: 4,
            text: None,
            prepare: Script::lasting(5.0, &["installing", "built"]),
            test: Script::lasting(3.0, &["all tests passed"]),
            run: RunScript::default(),
            broken: false,
            lacks: Vec::new(),
            bad_template: false,
        }
    }
}

impl Ci {
    /// Whether it describes several servers.
    #[must_use]
    pub fn is_landscape(&self) -> bool {
        !self.services.is_empty()
    }

    /// Whether it breaks its schema. Without `schemaVersion`, or before v0.3, nobody asks for `volumeMounts`.
    pub(crate) fn breaks_its_schema(&self, quirks: &Quirks) -> bool {
        let matters = |lack: &Lack| match lack {
            Lack::Prepare | Lack::Test => true,
            Lack::Network => self.is_landscape(),
            Lack::VolumeMounts => self.is_landscape() && self.version >= 3,
        };
        let is_name = |service: &Service| {
            quirks.any_service_name
                || service.provider().is_some()
                || is_service_name(&service.name)
        };
        self.broken || self.lacks.iter().any(matters) || !self.services.iter().all(is_name)
    }

    /// Whether there is a file for the profile.
    pub(crate) fn has_profile(&self, profile: &str) -> bool {
        self.profiles.iter().any(|known| known == profile)
    }
}

/// Something that a file's schema wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lack {
    /// The stage `prepare`, be it without steps.
    Prepare,
    /// The stage `test`, be it without steps.
    Test,
    /// `network` of every service.
    Network,
    /// `volumeMounts` of every service with steps, from v0.3 on.
    VolumeMounts,
}

/// `^(?:[a-z]|[a-z][-a-z0-9]{0,30}[a-z0-9])$`
fn is_service_name(name: &str) -> bool {
    let within = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && !name.ends_with('-')
        && name.len() <= 32
        && name.chars().all(within)
}

/// The steps of a stage that ends; without steps it has nothing to do.
#[derive(Clone, Debug, Default)]
pub struct Script {
    /// One after the other; the first that fails ends the stage.
    pub steps: Vec<Step>,
}

impl Script {
    /// One step that succeeds after so many seconds.
    #[must_use]
    pub fn lasting(seconds: f64, lines: &[&str]) -> Self {
        Self {
            steps: vec![Step::new(seconds, lines)],
        }
    }

    /// One step that fails after so many seconds.
    #[must_use]
    pub fn failing(seconds: f64, lines: &[&str]) -> Self {
        Self {
            steps: vec![Step {
                fails: true,
                ..Step::new(seconds, lines)
            }],
        }
    }
}

/// A step of a stage.
#[derive(Clone, Debug, Default)]
pub struct Step {
    /// How long it takes.
    pub seconds: f64,
    /// Whether it ends in failure.
    pub fails: bool,
    /// Its output, spread over its time: `'I'` for standard output, `'E'` for standard error.
    pub lines: Vec<(char, String)>,
    /// More output, all at once and at its beginning.
    pub flood: Option<Flood>,
}

impl Step {
    /// A step that succeeds.
    #[must_use]
    pub fn new(seconds: f64, lines: &[&str]) -> Self {
        let lines = lines.iter().map(|line| ('I', (*line).to_owned())).collect();
        Self {
            seconds,
            lines,
            ..Self::default()
        }
    }
}

/// The run stage: a process that comes up and stays.
#[derive(Clone, Debug)]
pub struct RunScript {
    /// Seconds until `running`.
    pub boot: f64,
    /// It fails instead of coming up.
    pub fails: bool,
    /// It fails so many seconds after it came up.
    pub fails_after: Option<f64>,
    /// Its output, spread over the time it takes to come up.
    pub lines: Vec<(char, String)>,
}

impl Default for RunScript {
    fn default() -> Self {
        let lines = vec![('I', "listening on port 3000".to_owned())];
        Self {
            boot: 2.0,
            fails: false,
            fails_after: None,
            lines,
        }
    }
}

/// What the application answers once it is up.
#[derive(Clone, Debug)]
pub struct App {
    /// The status of every answer.
    pub status: u16,
    /// The body, with `{sha}`, `{short-sha}`, `{workspace-id}`, `{path}` and `{env.NAME}` filled in.
    pub body: String,
    /// Further headers.
    pub headers: Vec<(String, String)>,
    /// Seconds after the run stage is up during which it answers 502.
    pub ready_after: f64,
    /// Every so-manieth answer is 502.
    pub flaps: Option<u64>,
}

impl Default for App {
    fn default() -> Self {
        Self {
            status: 200,
            body: "shop {sha} on {workspace-id}".to_owned(),
            headers: Vec::new(),
            ready_after: 0.0,
            flaps: None,
        }
    }
}
