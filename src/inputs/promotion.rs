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
    /// How long what served before goes on after a verified switch, before it is stopped or deleted.
    pub(crate) drain: Duration,
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

/// Why no release goes live for now; any text but a blank one and `false` is a reason.
pub(crate) fn freeze(reader: &mut Reader) -> Option<String> {
    let reason = reader.text("freeze");
    reason.filter(|text| !text.is_empty() && !text.eq_ignore_ascii_case("false"))
}

pub(crate) fn promotion(reader: &mut Reader) -> Option<PromotionInputs> {
    let switch_timeout = reader.value("switch-timeout", values::duration);
    let previous = reader.choice(
        "previous",
        &[
            ("keep", Previous::Keep),
            ("stop", Previous::Stop),
            ("delete", Previous::Delete),
        ],
    );
    let keep_releases = reader.optional("keep-releases", values::whole_number);
    let if_superseded = reader.choice(
        "if-superseded",
        &[
            ("skip", IfSuperseded::Skip),
            ("fail", IfSuperseded::Fail),
            ("release", IfSuperseded::Release),
        ],
    );
    let freeze = freeze(reader);
    let if_held = reader.choice(
        "if-held",
        &[
            ("fail", IfHeld::Fail),
            ("skip", IfHeld::Skip),
            ("release", IfHeld::Release),
        ],
    );
    let canary = reader.optional("canary", values::duration);
    let drain = reader.value("drain", values::duration);
    Some(PromotionInputs {
        canary: canary?.filter(|time| !time.is_zero()),
        switch_timeout: switch_timeout?,
        previous: previous?,
        keep_releases: keep_releases?,
        if_superseded: if_superseded?,
        freeze,
        if_held: if_held?,
        drain: drain?,
    })
}
