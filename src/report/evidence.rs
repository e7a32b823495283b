//! Owns how much of what shows a failure is told, in the log and in the summary.

use crate::failure::Evidence;
use crate::text::shortened;

const LINES: usize = 50;
const LINE_LENGTH: usize = 1000;

/// What the lines are; and that they are not all, where they are not.
pub(super) fn title(evidence: &Evidence) -> String {
    let all = all(evidence).count();
    if all > LINES {
        format!("{} (the last {LINES} of {all} lines)", evidence.title)
    } else {
        evidence.title.clone()
    }
}

/// The last lines, none of them very long.
pub(super) fn lines(evidence: &Evidence) -> Vec<String> {
    let before = all(evidence).count().saturating_sub(LINES);
    all(evidence)
        .skip(before)
        .map(|line| shortened(line, LINE_LENGTH))
        .collect()
}

fn all(evidence: &Evidence) -> impl Iterator<Item = &str> {
    const ENDS: [char; 2] = ['\n', '\r'];
    let each = evidence.lines.iter();
    each.flat_map(|line| line.trim_end_matches(ENDS).split(ENDS))
}

#[cfg(test)]
mod tests {
    use super::{lines, title};
    use crate::failure::Evidence;

    #[test]
    fn the_last_lines_are_told_and_how_many_there_were() {
        let evidence = Evidence {
            title: "The end of the log".to_owned(),
            lines: (1..=60)
                .map(|n| format!("{n}\nand {}", "x".repeat(2000)))
                .collect(),
        };
        assert_eq!(
            title(&evidence),
            "The end of the log (the last 50 of 120 lines)"
        );
        let shown = lines(&evidence);
        assert_eq!((shown.len(), shown[0].as_str()), (50, "36"));
        assert!(shown.iter().all(|line| line.chars().count() <= 1001));
    }
}
