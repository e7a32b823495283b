//! Owns the diagram of the steps: when each began, how long it took, and when it only waited. Knows no foreign text.

use std::fmt::Write;
use std::time::Duration;

use crate::report::facts::StepStatus;
use crate::report::facts::{Facts, Step};
use crate::text::duration;

/// A diagram of one step tells nothing.
const FEWEST: usize = 2;
/// Mermaid takes no more than 50,000 characters, and readers far fewer lines.
const MOST: usize = 40;
/// What is shorter than this part of the whole is not shown for itself, and a step always as a third of it.
const PARTS: u32 = 100;
/// The axis knows the time of day only.
const LONGEST: Duration = Duration::from_hours(24);
/// What is over sooner has no course to show.
const SHORTEST: Duration = Duration::from_mins(1);
/// Colours that are seen on GitHub's light and dark pages; those of the words are left to the page.
const COLOURS: [(&str, &str); 9] = [
    ("activeTaskBkgColor", "#0969da"),
    ("activeTaskBorderColor", "#0969da"),
    ("doneTaskBkgColor", "#afb8c1"),
    ("doneTaskBorderColor", "#afb8c1"),
    ("critBkgColor", "#cf222e"),
    ("critBorderColor", "#cf222e"),
    ("sectionBkgColor", "#8c959f22"),
    ("sectionBkgColor2", "#8c959f22"),
    ("altSectionBkgColor", "#8c959f00"),
];
/// A bar must have a name, and is too narrow for one.
const NAMELESS: char = '\u{200b}';

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Working,
    Waiting,
    Ended,
}

impl Kind {
    const fn tag(self) -> &'static str {
        match self {
            Self::Working => "active",
            Self::Waiting => "done",
            Self::Ended => "crit",
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
struct Segment {
    kind: Kind,
    start: Duration,
    end: Duration,
}

/// The steps as a Mermaid diagram, where there is something to see.
pub(super) fn diagram(facts: &Facts) -> Option<String> {
    let steps = facts.steps.get(..facts.steps.len().min(MOST))?;
    let start = steps.first()?.start;
    let end = steps.last()?.end();
    if steps.len() < FEWEST || end < SHORTEST || end >= LONGEST {
        return None;
    }
    let least = end.saturating_sub(start) / PARTS;
    let visible = least / 3;
    let names: Vec<String> = steps.iter().map(name).collect();
    let each: Vec<Vec<Segment>> = steps
        .iter()
        .map(|step| segments(step, &facts.waits, least))
        .collect();
    let mut out = opening(&names, &legend(steps, &each), end);
    for (name, segments) in names.iter().zip(&each) {
        let _ = writeln!(out, "    section {name}");
        for segment in segments {
            let end = segment.end.max(segment.start + visible);
            let (tag, start, end) = (segment.kind.tag(), time(segment.start), time(end));
            let _ = writeln!(out, "    {NAMELESS} :{tag}, {start}, {end}");
        }
    }
    out.push_str("```\n");
    Some(out)
}

fn opening(names: &[String], legend: &str, end: Duration) -> String {
    let widest = names.iter().map(|name| name.chars().count()).max();
    let left = widest.unwrap_or_default() * 6 + 24;
    let mut out = format!(
        "```mermaid\n---\ndisplayMode: compact\nconfig:\n  gantt:\n    leftPadding: {left}\n    rightPadding: 20\n    barHeight: 18\n    fontSize: 12\n    sectionFontSize: 12\n  themeVariables:\n"
    );
    for (name, colour) in COLOURS {
        let _ = writeln!(out, "    {name}: \"{colour}\"");
    }
    let axis = if end < Duration::from_hours(1) {
        "%M:%S"
    } else {
        "%H:%M"
    };
    let _ = writeln!(
        out,
        "---\ngantt\n    title {legend}\n    dateFormat HH:mm:ss.SSS\n    axisFormat {axis}\n    todayMarker off"
    );
    out
}

/// What the colours mean that are there.
fn legend(steps: &[Step], segments: &[Vec<Segment>]) -> String {
    let is_there = |kind| {
        segments
            .iter()
            .flatten()
            .any(|segment| segment.kind == kind)
    };
    let failed = steps
        .iter()
        .any(|step| matches!(step.status, StepStatus::Badly(_)));
    let cancelled = steps
        .iter()
        .any(|step| step.status == StepStatus::Cancelled);
    let parts = [
        (is_there(Kind::Working), "Blue: working"),
        (is_there(Kind::Waiting), "Grey: waiting for Codesphere"),
        (failed && cancelled, "Red: cancelled or failed"),
        (failed && !cancelled, "Red: failed"),
        (cancelled && !failed, "Red: cancelled"),
    ];
    let there = parts.into_iter().filter(|(there, _)| *there);
    there
        .map(|(_, words)| words)
        .collect::<Vec<_>>()
        .join(" · ")
}

fn name(step: &Step) -> String {
    let sign = match step.status {
        StepStatus::Well => "",
        StepStatus::Cancelled | StepStatus::Badly(_) => step.status.sign(),
    };
    let name = format!("{sign} {} · {}", step.name, duration(step.time));
    name.trim_start().to_owned()
}

/// A step's times of working and waiting, in order; its last one is where it ended, if it did not end well.
fn segments(step: &Step, waits: &[(Duration, Duration)], least: Duration) -> Vec<Segment> {
    let mut waits: Vec<(Duration, Duration)> = waits
        .iter()
        .map(|(start, end)| (*start.max(&step.start), *end.min(&step.end())))
        .filter(|(start, end)| start < end)
        .collect();
    waits.sort_unstable();
    let mut found = Vec::new();
    let mut now = step.start;
    for (start, end) in waits {
        add(&mut found, Kind::Working, now, start, least);
        add(&mut found, Kind::Waiting, start.max(now), end, least);
        now = now.max(end);
    }
    add(&mut found, Kind::Working, now, step.end(), least);
    if found.is_empty() {
        found.push(Segment {
            kind: Kind::Working,
            start: step.start,
            end: step.end(),
        });
    }
    match (&step.status, found.last_mut()) {
        (StepStatus::Cancelled | StepStatus::Badly(_), Some(end)) => end.kind = Kind::Ended,
        (StepStatus::Well, _) | (_, None) => {}
    }
    found
}

/// Adds a segment; one that is too short to be seen becomes part of its neighbour.
fn add(found: &mut Vec<Segment>, kind: Kind, start: Duration, end: Duration, least: Duration) {
    if end <= start {
        return;
    }
    let is_short = |start: Duration, end: Duration| end.saturating_sub(start) < least;
    match found.last_mut() {
        Some(before) if before.kind == kind || is_short(start, end) => before.end = end,
        Some(before) if is_short(before.start, before.end) => {
            (before.kind, before.end) = (kind, end);
        }
        Some(_) | None => found.push(Segment { kind, start, end }),
    }
}

fn time(time: Duration) -> String {
    let millis = time.as_millis();
    let seconds = millis / 1000;
    format!(
        "{:02}:{:02}:{:02}.{:03}",
        seconds / 3600,
        seconds / 60 % 60,
        seconds % 60,
        millis % 1000
    )
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{MOST, diagram, segments, time};
    use crate::report::facts::StepStatus;
    use crate::report::facts::{Facts, Step};

    const fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn step(name: &'static str, status: StepStatus, start: u64, end: u64) -> Step {
        Step {
            name,
            status,
            start: at(start),
            time: at(end - start),
        }
    }

    /// Tag, start and end in seconds.
    fn shown(step: &Step, waits: &[(u64, u64)], least: u64) -> Vec<(&'static str, u64, u64)> {
        let waits: Vec<_> = waits.iter().map(|(a, b)| (at(*a), at(*b))).collect();
        segments(step, &waits, at(least))
            .iter()
            .map(|part| (part.kind.tag(), part.start.as_secs(), part.end.as_secs()))
            .collect()
    }

    #[test]
    fn working_and_waiting_are_told_apart_within_a_step() {
        let prepare = step("Prepare", StepStatus::Well, 10, 50);
        assert_eq!(
            shown(&prepare, &[(0, 5), (20, 30), (35, 90)], 1),
            [
                ("active", 10, 20),
                ("done", 20, 30),
                ("active", 30, 35),
                ("done", 35, 50)
            ]
        );
        assert_eq!(shown(&prepare, &[], 1), [("active", 10, 50)]);
        assert_eq!(
            shown(&prepare, &[(25, 30), (20, 40)], 1),
            [("active", 10, 20), ("done", 20, 40), ("active", 40, 50)],
            "a wait within a wait is one"
        );
    }

    #[test]
    fn what_is_too_short_to_be_seen_joins_its_neighbour() {
        let prepare = step("Prepare", StepStatus::Well, 10, 50);
        assert_eq!(
            shown(&prepare, &[(11, 30), (31, 49)], 3),
            [("done", 10, 50)]
        );
        let plan = step("Plan", StepStatus::Well, 10, 11);
        assert_eq!(shown(&plan, &[], 3), [("active", 10, 11)]);
        let nothing = step("Plan", StepStatus::Well, 10, 10);
        assert_eq!(shown(&nothing, &[], 3), [("active", 10, 10)]);
    }

    #[test]
    fn a_step_that_did_not_end_well_ends_in_red() {
        let test = step("Test", StepStatus::Badly("no".to_owned()), 10, 90);
        assert_eq!(
            shown(&test, &[(20, 90)], 1),
            [("active", 10, 20), ("crit", 20, 90)]
        );
        let facts = Facts {
            steps: vec![step("Plan", StepStatus::Well, 0, 10), test],
            ..Facts::default()
        };
        let diagram = diagram(&facts).unwrap_or_default();
        assert!(diagram.contains("    title Blue: working · Red: failed\n"));
        assert!(diagram.contains("    section ❌ Test · 1 min 20 s\n"));
        assert!(!diagram.contains("no\n"), "only words of ours: {diagram}");
    }

    #[test]
    fn there_is_a_diagram_where_there_is_something_to_see() {
        let of = |steps| {
            diagram(&Facts {
                steps,
                ..Facts::default()
            })
        };
        assert_eq!(of(Vec::new()), None);
        assert_eq!(of(vec![step("Plan", StepStatus::Well, 0, 10)]), None);
        let day = 24 * 3600;
        assert_eq!(of(vec![step("Plan", StepStatus::Well, 0, day); 2]), None);
        let until = |end| {
            vec![
                step("Plan", StepStatus::Well, 0, 1),
                step("Run", StepStatus::Well, 1, end),
            ]
        };
        assert_eq!(of(until(59)), None);
        assert!(of(until(60)).is_some());
        let long = of(vec![step("Plan", StepStatus::Well, 0, 7200); 2]).unwrap_or_default();
        assert!(long.contains("axisFormat %H:%M\n"), "{long}");
        let many = of(vec![
            step("Previous workspace", StepStatus::Well, 0, 100);
            1000
        ]);
        assert_eq!(many.unwrap_or_default().matches("section ").count(), MOST);
    }

    #[test]
    fn times_are_exact() {
        assert_eq!(time(Duration::from_millis(3_723_004)), "01:02:03.004");
    }
}
