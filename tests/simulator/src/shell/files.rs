//! Owns the files that commands write beside the commit's: CI profiles, as the platform's Python SDK writes them.

use std::collections::BTreeSet;

use super::{Done, lines};
use crate::{Commit, Workspace};

const LIST: &str = "ls -1 *.yml 2>/dev/null || true";
/// What stands around a file's text.
const BEGINS: &str = " << 'PROFILE_EOF'\n";
const ENDS: &str = "PROFILE_EOF\n";

/// Does what the command says, if it is one of these. What would change a file of the commit is none.
pub(super) fn run(workspace: &mut Workspace, command: &str) -> Option<Done> {
    if command == LIST {
        return Some(Done::good(lines(names(workspace))));
    }
    if let Some(written) = command.strip_prefix("cat > ") {
        let (name, text) = written.split_once(BEGINS)?;
        own(workspace, name)?;
        let text = text.strip_suffix(ENDS)?.to_owned();
        workspace.files.insert(name.to_owned(), text);
        return Some(Done::default());
    }
    if let Some(name) = command.strip_prefix("rm -f ") {
        own(workspace, name)?;
        workspace.files.remove(name);
        return Some(Done::default());
    }
    read(workspace, command.strip_prefix("cat ")?)
}

fn read(workspace: &Workspace, name: &str) -> Option<Done> {
    is_profile(name).then(|| match text_of(workspace, name) {
        Some(text) => Done::good(text),
        None => Done {
            status: 1,
            error: format!("cat: {name}: No such file or directory\n"),
            ..Done::default()
        },
    })
}

/// The names of the `ci` files that lie on the disk.
pub(super) fn names(workspace: &Workspace) -> BTreeSet<String> {
    let committed = workspace.head_commit().map(Commit::ci_files);
    let written = workspace.files.keys().cloned();
    committed.into_iter().flatten().chain(written).collect()
}

/// What such a file says.
pub(super) fn text_of(workspace: &Workspace, name: &str) -> Option<String> {
    let committed = || workspace.head_commit()?.text_of(name);
    workspace.files.get(name).cloned().or_else(committed)
}

/// Nothing where the file is the commit's, or no profile.
fn own(workspace: &Workspace, name: &str) -> Option<()> {
    let commit = workspace.head_commit();
    let is_committed = commit.is_some_and(|commit| commit.has_file(name));
    (is_profile(name) && !is_committed).then_some(())
}

fn is_profile(name: &str) -> bool {
    let of_a_name = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    name.starts_with("ci.") && name.strip_suffix(".yml").is_some() && name.chars().all(of_a_name)
}

#[cfg(test)]
mod tests {
    use super::run;
    use crate::{LIVE, World};

    #[test]
    fn a_profile_is_written_read_listed_and_removed_and_none_of_the_commit_is() {
        let mut world = World::standard();
        let workspace = world.workspaces.get_mut(&LIVE).expect("it is there");
        let mut said = |command: &str| run(workspace, command).map(|done| done.output);
        let written = "cat > ci.mine.yml << 'PROFILE_EOF'\nrun:\nPROFILE_EOF\n";
        assert_eq!(said(written).as_deref(), Some(""));
        assert_eq!(said("cat ci.mine.yml").as_deref(), Some("run:\n"));
        let listed = said("ls -1 *.yml 2>/dev/null || true");
        assert_eq!(listed.as_deref(), Some("ci.mine.yml\nci.yml\n"));
        assert_eq!(said("rm -f ci.mine.yml").as_deref(), Some(""));
        assert_eq!(said("cat ci.mine.yml").as_deref(), Some(""));
        for others in [
            "rm -f ci.yml",
            "cat > ci.yml << 'PROFILE_EOF'\nPROFILE_EOF\n",
            "rm -f /etc/passwd",
        ] {
            assert_eq!(said(others), None, "{others}");
        }
    }
}
