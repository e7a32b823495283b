//! Owns a real repository and clones of it, each with its twin in the simulator.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use std::{fs, process};

use codesphere_release::codesphere::types::Executed;
use codesphere_release::steps::commands::Done;
use codesphere_simulator::{Commit, LIVE, Simulator, Workspace};

const FLAT: &str =
    "prepare:\n  steps: []\ntest:\n  steps: []\nrun:\n  steps:\n    - command: npm start\n";
const LANDSCAPE: &str = "schemaVersion: v0.4\nrun:\n  web:\n    steps: []\n";
const POINTER: &str = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n";

/// When the next commit is made: a minute after the last one.
static MADE: AtomicU64 = AtomicU64::new(1_767_225_600);

/// A repository with two commits on `main` and one on a branch, an annotated tag, a submodule and an LFS pointer.
pub(crate) struct Upstream {
    folder: PathBuf,
    pub(crate) first: String,
    pub(crate) newest: String,
    pub(crate) branch: String,
    /// A commit beside `newest`.
    pub(crate) side: String,
    /// The id of the tag itself, which stands for `first`.
    pub(crate) tag: String,
    /// The submodule's commits, as `first` and `newest` want them.
    parts: [String; 2],
}

/// A clone, and what the simulator has in its place.
pub(crate) struct Clone {
    pub(crate) name: &'static str,
    folder: PathBuf,
    simulator: Simulator,
}

/// Runs a program in a folder with nobody's settings.
fn run(folder: &Path, program: &str, words: &[&str]) -> process::Output {
    let mut command = process::Command::new(program);
    command
        .args(words)
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null")
        .env("GIT_CONFIG_COUNT", "1")
        .env("GIT_CONFIG_KEY_0", "protocol.file.allow")
        .env("GIT_CONFIG_VALUE_0", "always")
        .env("LC_ALL", "C");
    for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"] {
        command.env_remove(name);
    }
    for role in ["AUTHOR", "COMMITTER"] {
        command
            .env(format!("GIT_{role}_NAME"), "Somebody")
            .env(format!("GIT_{role}_EMAIL"), "somebody@example.com")
            .env(
                format!("GIT_{role}_DATE"),
                format!("@{} +0000", MADE.load(Ordering::Relaxed)),
            );
    }
    command.output().unwrap()
}

fn git(folder: &Path, words: &[&str]) -> String {
    let done = run(folder, "git", words);
    let error = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "git {words:?}: {error}");
    String::from_utf8(done.stdout).unwrap().trim().to_owned()
}

/// Writes the files and commits everything.
fn commit(folder: &Path, files: &[(&str, &str)]) -> String {
    for (name, text) in files {
        fs::write(folder.join(name), text).unwrap();
    }
    git(folder, &["add", "--all"]);
    MADE.fetch_add(60, Ordering::Relaxed);
    git(folder, &["commit", "--quiet", "--message", "Change\n\nWhy"]);
    git(folder, &["rev-parse", "HEAD"])
}

fn init(folder: &Path) {
    fs::create_dir_all(folder).unwrap();
    git(folder, &["init", "--quiet", "--initial-branch", "main"]);
}

impl Upstream {
    pub(crate) fn new() -> Self {
        let name = format!("commands-{}", process::id());
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::remove_dir_all(&folder).unwrap_or_default();
        let (part, shop) = (folder.join("part"), folder.join("shop"));
        init(&part);
        let old_part = commit(&part, &[("part.txt", "old")]);
        init(&shop);
        let address = format!("file://{}", part.display());
        git(&shop, &["submodule", "--quiet", "add", &address, "part"]);
        let attributes = "*.bin filter=lfs diff=lfs merge=lfs -text\n";
        let files = [
            ("ci.yml", FLAT),
            ("app.txt", "old"),
            (".gitattributes", attributes),
            ("big.bin", POINTER),
        ];
        let first = commit(&shop, &files);
        git(&shop, &["tag", "--annotate", "--message", "First", "v1"]);
        let tag = git(&shop, &["rev-parse", "v1"]);
        let new_part = commit(&part, &[("part.txt", "new")]);
        git(&shop.join("part"), &["pull", "--quiet"]);
        let files = [
            ("ci.yml", LANDSCAPE),
            ("ci.prod.yml", LANDSCAPE),
            ("app.txt", "new"),
        ];
        let newest = commit(&shop, &files);
        git(&shop, &["checkout", "--quiet", "-b", "feature/x"]);
        let branch = commit(&shop, &[("app.txt", "other")]);
        git(&shop, &["checkout", "--quiet", "-b", "feature/y", &first]);
        let side = commit(&shop, &[("app.txt", "aside")]);
        git(&shop, &["checkout", "--quiet", "main"]);
        Self {
            folder,
            first,
            newest,
            branch,
            side,
            tag,
            parts: [old_part, new_part],
        }
    }

    /// Clones of `main` in the states that occur.
    pub(crate) fn clones(&self) -> Vec<Clone> {
        let lock = |folder: &Path| fs::write(folder.join(".git/index.lock"), "").unwrap();
        let edit = |folder: &Path| fs::write(folder.join("app.txt"), "edited").unwrap();
        let submodules = |folder: &Path| {
            git(
                folder,
                &["submodule", "--quiet", "update", "--init", "--recursive"],
            );
        };
        let all = [&self.first, &self.newest, &self.branch, &self.side];
        vec![
            self.clone("a plain clone", &[], &all, |_| (), |_| ()),
            self.clone("an edited clone", &[], &all, edit, |twin| {
                twin.dirty.push("app.txt".to_owned());
            }),
            self.clone("a locked clone", &[], &all, lock, |twin| twin.locked = true),
            self.clone(
                "a clone with its submodules",
                &[],
                &all,
                submodules,
                |twin| {
                    let [_, new] = self.parts.clone();
                    twin.submodules.insert("part".to_owned(), new);
                },
            ),
            self.clone(
                "a shallow clone",
                &["--depth", "1"],
                &[&self.newest],
                |_| (),
                |_| (),
            ),
        ]
    }

    fn clone(
        &self,
        name: &'static str,
        options: &[&str],
        has: &[&String],
        change: impl Fn(&Path),
        change_twin: impl Fn(&mut Workspace),
    ) -> Clone {
        let folder = self.folder.join(name.replace(' ', "-"));
        let from = format!("file://{}", self.folder.join("shop").display());
        let target = folder.display().to_string();
        let mut words = vec!["clone", "--quiet"];
        words.extend(options);
        words.extend([from.as_str(), target.as_str()]);
        git(&self.folder, &words);
        change(&folder);
        let simulator = Simulator::start(Arc::new(|| Duration::ZERO));
        simulator.with(|world| {
            let newest = self.commit_of(&self.newest);
            let mut twin = Workspace::serving(LIVE, "shop", "", newest);
            twin.objects = has.iter().map(|sha| self.commit_of(sha)).collect();
            change_twin(&mut twin);
            world.workspaces.insert(LIVE, twin);
        });
        Clone {
            name,
            folder,
            simulator,
        }
    }

    /// The same commit as the simulator has it.
    fn commit_of(&self, sha: &str) -> Commit {
        let is_first = sha == self.first;
        let mut commit = Commit::new(sha);
        let shop = self.folder.join("shop");
        let shown = |format: &str| git(&shop, &["log", "-1", &format!("--format={format}"), sha]);
        commit.date = shown("%ct").parse().unwrap();
        (commit.author, commit.subject) = (shown("%an"), shown("%s"));
        let older = git(&shop, &["rev-list", "--skip=1", sha]);
        commit.ancestors = older.lines().map(str::to_owned).collect();
        let [old, new] = self.parts.clone();
        commit.attributes = true;
        commit.pointers = vec!["big.bin".to_owned()];
        commit.submodules = BTreeMap::from([("part".to_owned(), if is_first { old } else { new })]);
        commit.ci.text = Some(if is_first { FLAT } else { LANDSCAPE }.to_owned());
        if is_first {
            commit.tags.push(self.tag.clone());
        } else {
            commit.ci.profiles.push("prod".to_owned());
        }
        commit
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.folder).unwrap_or_default();
    }
}

impl Clone {
    /// What comes of the line in a real shell.
    pub(crate) fn bash(&self, line: &str) -> Done {
        let done = run(&self.folder, "bash", &["-c", line]);
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Done::from(Executed {
            output: text(done.stdout),
            error: text(done.stderr),
        })
    }

    /// What comes of it in the simulator.
    pub(crate) fn stand_in(&self, line: &str) -> Done {
        let (output, error) = self.simulator.execute(LIVE, line);
        Done::from(Executed { output, error })
    }

    pub(crate) fn head(&self) -> String {
        git(&self.folder, &["rev-parse", "HEAD"])
    }

    pub(crate) fn head_of_stand_in(&self) -> String {
        let head = |world: &mut codesphere_simulator::World| world.workspaces[&LIVE].head.clone();
        self.simulator.with(head).unwrap()
    }
}
