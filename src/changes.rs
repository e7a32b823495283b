//! Owns what lies between two commits, as git tells it: what is new, and what is no longer live.

use crate::ids::CommitId;

/// How many commits are listed; the rest is counted.
pub(crate) const LISTED: u32 = 20;

/// What a release brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Changes {
    /// When the commit that is live was made, in seconds since the start of 1970.
    pub(crate) made: u64,
    /// How it differs from what served before; absent where git does not know that.
    pub(crate) difference: Option<Difference>,
}

/// How two commits differ.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Difference {
    /// How many commits are new.
    pub(crate) added: u64,
    /// How many were live and are no longer.
    pub(crate) removed: u64,
    /// The newest of both.
    pub(crate) commits: Vec<Change>,
}

/// One commit of a difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Change {
    /// Whether it is live now.
    pub(crate) is_live: bool,
    /// Its hash.
    pub(crate) commit: CommitId,
    /// Who made it.
    pub(crate) author: String,
    /// The first line of its message.
    pub(crate) subject: String,
}

impl Changes {
    /// Reads what [`Command::Changes`](crate::steps::commands::Command::Changes) writes; nothing where even the newest
    /// commit's date is missing.
    pub(crate) fn parse(output: &str) -> Option<Self> {
        let mut lines = output.lines();
        let made = lines.next()?.trim().parse().ok()?;
        let difference = lines
            .next()
            .and_then(counts)
            .map(|(removed, added)| Difference {
                added,
                removed,
                commits: lines.map_while(Change::parse).collect(),
            });
        Some(Self { made, difference })
    }
}

/// Left and right of the range.
fn counts(line: &str) -> Option<(u64, u64)> {
    let (left, right) = line.split_once('\t')?;
    Some((left.parse().ok()?, right.trim().parse().ok()?))
}

impl Change {
    /// The last line may be cut off.
    fn parse(line: &str) -> Option<Self> {
        let mut fields = line.splitn(4, '\t');
        let is_live = match fields.next()? {
            ">" => true,
            "<" => false,
            _ => return None,
        };
        Some(Self {
            is_live,
            commit: CommitId::try_from(fields.next()?.to_owned()).ok()?,
            author: fields.next()?.to_owned(),
            subject: fields.next()?.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Changes, Difference};

    #[test]
    fn a_difference_is_a_date_two_counts_and_a_line_each() {
        let (new, old) = ("a".repeat(40), "b".repeat(40));
        let output =
            format!("1767225600\n1\t2\n>\t{new}\tAda\tOne\ttwo\n<\t{old}\tBob\t\n>\tcut o");
        let changes = Changes::parse(&output).expect("it is whole");
        let difference = changes.difference.expect("both are known");
        assert_eq!(
            (changes.made, difference.added, difference.removed),
            (1_767_225_600, 2, 1)
        );
        let told = difference.commits.iter().map(|change| {
            (
                change.is_live,
                change.author.as_str(),
                change.subject.as_str(),
            )
        });
        let told: Vec<_> = told.collect();
        assert_eq!(told, [(true, "Ada", "One\ttwo"), (false, "Bob", "")]);
    }

    #[test]
    fn what_git_does_not_know_is_absent() {
        assert_eq!(Changes::parse(""), None);
        assert_eq!(Changes::parse("fatal: bad object\n"), None);
        let known = |text: &str| Changes::parse(text).map(|changes| changes.difference);
        assert_eq!(known("1767225600\n"), Some(None));
        assert_eq!(known("1767225600\nnonsense"), Some(None));
        assert_eq!(known("1\n0\t0\n"), Some(Some(Difference::default())));
    }
}
