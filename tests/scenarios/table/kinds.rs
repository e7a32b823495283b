//! Owns the kinds of bad answers, and what is known of each.

use codesphere_simulator::FaultKind;

pub(super) const KINDS: [&str; 17] = [
    "reset-before",
    "reset-after",
    "hang-before",
    "hang-after",
    "slow-drip",
    "truncated",
    "broken-json",
    "wrong-shape",
    "8-gb",
    "endless",
    "408",
    "409",
    "429",
    "429-later",
    "500",
    "502-html",
    "503",
];

/// Where another flow makes the same calls with every kind of bad answer, a few of each sort will do.
pub(super) const FEW_KINDS: [&str; 6] = [
    "reset-before",
    "hang-after",
    "broken-json",
    "429",
    "500",
    "503",
];

pub(super) fn kind(name: &str) -> FaultKind {
    let status = |status, header: &str, value: &str, body: &str| FaultKind::Status {
        status,
        headers: vec![(header.to_owned(), value.to_owned())],
        body: body.to_owned(),
    };
    match name {
        "reset-before" => FaultKind::ResetBefore,
        "reset-after" => FaultKind::ResetAfter,
        "hang-before" => FaultKind::HangBefore,
        "hang-after" => FaultKind::HangAfter,
        "slow-drip" => FaultKind::SlowDrip,
        "truncated" => FaultKind::Truncated,
        "broken-json" => FaultKind::BrokenJson,
        "wrong-shape" => FaultKind::WrongShape,
        "8-gb" => FaultKind::Announced8Gb,
        "endless" => FaultKind::Endless,
        "429-later" => status(429, "Retry-After", "7", ""),
        "502-html" => status(502, "Content-Type", "text/html", "<html>Bad Gateway</html>"),
        number => FaultKind::status(number.parse().unwrap()),
    }
}

/// Whether the platform does what it was asked although the answer is bad.
pub(super) fn acts(kind: &str) -> bool {
    [
        "reset-after",
        "hang-after",
        "slow-drip",
        "truncated",
        "broken-json",
        "wrong-shape",
        "8-gb",
        "endless",
    ]
    .contains(&kind)
}

/// Whether only the client's own time limit ends the exchange.
pub(super) fn never_ends(kind: &str) -> bool {
    ["hang-before", "hang-after", "slow-drip", "8-gb", "endless"].contains(&kind)
}
