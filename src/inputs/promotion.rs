//! Owns the inputs of flows that bring a workspace onto its routes.

use std::time::Duration;

use crate::inputs::reader::Reader;
use crate::inputs::values;

/// How a workspace is brought onto its routes.
#[derive(Debug, Clone)]
pub(crate) struct PromotionInputs {
    /// How long a domain may take to serve the new version.
    pub(crate) switch_timeout: Duration,
    /// What becomes of the workspaces that served before.
    pub(crate) previous: Previous,
    /// How many releases of these routes stay; absent: all.
    pub(crate) keep_releases: Option<u32>,
    /// What to do when a newer run's release is live already.
    pub(crate) if_superseded: IfSuperseded,
    /// Why no release goes live for now, where that is so.
    pub(crate) freeze: Option<String>,
    /// What to do when releases are held.
    pub(crate) if_held: IfHeld,
    /// How long old and new serve together before the full switch; absent: not at all.
    pub(crate) canary: Option<Duration>,
    /// Paths that are asked on the development domain before the switch.
    pub(crate) warm_up: Vec<String>,
    /// How the new version is watched after the full switch; absent: not at all.
    pub(crate) watch: Option<Watch>,
    /// How long what served before goes on after a verified switch, before it is stopped or deleted.
    pub(crate) drain: Duration,
}

/// How the new version is watched after the full switch.
#[derive(Debug, Clone)]
pub(crate) struct Watch {
    /// How long.
    pub(crate) time: Duration,
    /// An address that must answer 2xx meanwhile.
    pub(crate) url: Option<String>,
}

/// What to do when a newer run's release is live already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IfSuperseded {
    /// Nothing, and succeed.
    Skip,
    /// Nothing, and fail.
    Fail,
    /// Release the older version all the same.
    Release,
}

/// What to do when a rollback or a freeze holds releases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IfHeld {
    /// Nothing, and fail.
    Fail,
    /// Nothing, and succeed.
    Skip,
    /// Release, and lift the hold.
    Release,
}

/// What becomes of the workspace that served before, once nothing points at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Previous {
    /// It stays as it is.
    Keep,
    /// Its run stage is stopped.
    Stop,
    /// It is deleted, if this action made it.
    Delete,
}

/// More paths than these are a crawl.
const PATHS: usize = 50;

/// One a line, as `health-path` has one.
fn paths(text: &str) -> Result<Vec<String>, String> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let paths = lines
        .map(values::health_path)
        .collect::<Result<Vec<_>, _>>()?;
    if paths.len() > PATHS {
        return Err(format!("at most {PATHS} paths, one a line"));
    }
    Ok(paths)
}

/// Why no release goes live for now; any text but a blank one and `false` is a reason.
pub(crate) fn freeze(reader: &mut Reader) -> Option<String> {
    let reason = reader.text("freeze");
    reason.filter(|text| !text.is_empty() && !text.eq_ignore_ascii_case("false"))
}

fn previous(reader: &mut Reader) -> Option<Previous> {
    reader.choice(
        "previous",
        &[
            ("keep", Previous::Keep),
            ("stop", Previous::Stop),
            ("delete", Previous::Delete),
        ],
    )
}

fn if_superseded(reader: &mut Reader) -> Option<IfSuperseded> {
    reader.choice(
        "if-superseded",
        &[
            ("skip", IfSuperseded::Skip),
            ("fail", IfSuperseded::Fail),
            ("release", IfSuperseded::Release),
        ],
    )
}

fn if_held(reader: &mut Reader) -> Option<IfHeld> {
    reader.choice(
        "if-held",
        &[
            ("fail", IfHeld::Fail),
            ("skip", IfHeld::Skip),
            ("release", IfHeld::Release),
        ],
    )
}

/// The outer `Option`: whether all was read; the inner: whether it is watched at all.
#[expect(
    clippy::option_option,
    reason = "unreadable and unwanted are different things"
)]
fn watch(reader: &mut Reader) -> Option<Option<Watch>> {
    let time = reader.optional("watch", values::duration);
    let url = reader.optional("watch-url", values::https_url);
    let (time, url) = (time?.filter(|time| !time.is_zero()), url?);
    if time.is_none() && url.is_some() {
        reader.mistake(
            "watch-url",
            "needs `watch`: how long it is asked".to_owned(),
        );
    }
    Some(time.map(|time| Watch { time, url }))
}

pub(crate) fn promotion(reader: &mut Reader) -> Option<PromotionInputs> {
    let switch_timeout = reader.value("switch-timeout", values::duration);
    let previous = previous(reader);
    let keep_releases = reader.optional("keep-releases", values::whole_number);
    let if_superseded = if_superseded(reader);
    let freeze = freeze(reader);
    let if_held = if_held(reader);
    let canary = reader.optional("canary", values::duration);
    let warm_up = reader.optional("warm-up", paths);
    let watch = watch(reader);
    let drain = reader.value("drain", values::duration);
    Some(PromotionInputs {
        canary: canary?.filter(|time| !time.is_zero()),
        switch_timeout: switch_timeout?,
        previous: previous?,
        keep_releases: keep_releases?,
        if_superseded: if_superseded?,
        freeze,
        if_held: if_held?,
        warm_up: warm_up?.unwrap_or_default(),
        watch: watch?,
        drain: drain?,
    })
}
