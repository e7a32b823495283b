//! Git as far as it is asked for in a workspace.

use super::{Shell, Streams};
use crate::Commit;

impl Shell<'_> {
    /// Runs git; `None` when it is not understood.
    pub(super) fn git(&mut self, words: &[&str], streams: Streams) -> Option<i32> {
        match words {
            ["-C" | "-c", _, rest @ ..] | ["--no-pager", rest @ ..] => self.git(rest, streams),
            ["fetch", ..] => Some(self.fetch(streams)),
            ["status", options @ ..] if options.iter().any(|o| o.starts_with("--porcelain")) => {
                let end = if options.contains(&"-z") { "\0" } else { "\n" };
                Some(self.changed(" M ", end, streams))
            }
            ["diff", options @ ..] if options.contains(&"--name-only") => {
                Some(self.changed("", "\n", streams))
            }
            ["diff", options @ ..] if options.contains(&"--quiet") => {
                Some(i32::from(!self.workspace.dirty.is_empty()))
            }
            ["cat-file", "-e", object] => Some(self.exists(object, streams)),
            ["rev-parse", "--is-shallow-repository"] => {
                let shallow = self.workspace.clone_depth.is_some();
                Some(self.print(&format!("{shallow}\n"), streams))
            }
            ["rev-parse", options @ .., revision] if dashed(options) => {
                let quiet = options
                    .iter()
                    .any(|option| matches!(*option, "-q" | "--quiet"));
                Some(self.parse_revision(revision, quiet, streams))
            }
            ["reset", rest @ ..] if rest.contains(&"--hard") => self.reset(rest, streams),
            ["merge-base", "--is-ancestor", old, new] => Some(self.is_ancestor(old, new)),
            _ => None,
        }
    }

    fn commit(&self, revision: &str) -> Option<&Commit> {
        match revision
            .trim_end_matches("^{commit}")
            .trim_end_matches("^0")
        {
            "HEAD" | "@" => self.workspace.head_commit(),
            sha => self.workspace.object(sha),
        }
    }

    fn fail(&mut self, text: &str, streams: Streams) -> i32 {
        self.write(streams.err, &format!("fatal: {text}\n"));
        128
    }

    /// The owner's credentials are not there: only public repositories answer.
    fn fetch(&mut self, streams: Streams) -> i32 {
        let Some(repository) = self.repository.filter(|repository| !repository.private) else {
            return self.fail(
                "could not read Username: terminal prompts disabled",
                streams,
            );
        };
        let depth = self.workspace.clone_depth;
        for branch in repository.branches.keys() {
            self.workspace
                .learn(repository.fetch(branch, depth).unwrap_or_default());
        }
        0
    }

    fn changed(&mut self, before: &str, end: &str, streams: Streams) -> i32 {
        let files = self.workspace.dirty.iter();
        let text: Vec<String> = files.map(|file| format!("{before}{file}{end}")).collect();
        self.print(&text.concat(), streams)
    }

    fn exists(&mut self, object: &str, streams: Streams) -> i32 {
        let found = match object.split_once(':') {
            Some((revision, path)) => self.commit(revision).is_some_and(|c| c.has_file(path)),
            None => self.commit(object).is_some(),
        };
        if found {
            return 0;
        }
        self.fail(&format!("Not a valid object name {object}"), streams)
    }

    fn parse_revision(&mut self, revision: &str, quiet: bool, streams: Streams) -> i32 {
        match self.commit(revision).map(|commit| commit.sha.clone()) {
            Some(sha) => self.print(&format!("{sha}\n"), streams),
            None if quiet => 1,
            None => self.fail("Needed a single revision", streams),
        }
    }

    fn reset(&mut self, words: &[&str], streams: Streams) -> Option<i32> {
        let quiet = words.iter().any(|word| matches!(*word, "-q" | "--quiet"));
        let mut named = words.iter().filter(|word| !word.starts_with('-'));
        let revision = named.next().unwrap_or(&"HEAD");
        if named.next().is_some() {
            return None;
        }
        let Some(sha) = self.commit(revision).map(|commit| commit.sha.clone()) else {
            return Some(self.fail(&format!("Could not parse object '{revision}'."), streams));
        };
        if !quiet {
            let short: String = sha.chars().take(7).collect();
            self.print(&format!("HEAD is now at {short} commit\n"), streams);
        }
        self.workspace.head = Some(sha);
        self.workspace.dirty.clear();
        Some(0)
    }

    fn is_ancestor(&self, old: &str, new: &str) -> i32 {
        let (Some(old), Some(new)) = (self.commit(old), self.commit(new)) else {
            return 128;
        };
        let mut branches = self
            .repository
            .into_iter()
            .flat_map(|found| found.branches.values());
        let found = branches.any(|commits| {
            let place = |sha: &str| commits.iter().position(|commit| commit.sha == sha);
            place(&old.sha).is_some_and(|at| place(&new.sha).is_some_and(|later| at <= later))
        });
        i32::from(!found)
    }
}

fn dashed(options: &[&str]) -> bool {
    options.iter().all(|option| option.starts_with('-'))
}
