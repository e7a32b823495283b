//! Owns the release history: what a workspace remembers, in its environment, of what served before it.

use serde::{Deserialize, Deserializer, Serialize};

use crate::ids::{EnvVar, WorkspaceId};
use crate::inputs::values;
use crate::route::Route;

/// The variable that holds it.
pub use crate::ids::PREVIOUS as VARIABLE;
/// No text of ours is longer, in bytes.
const LONGEST: usize = 32 << 10;

/// What one workspace remembers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReleaseHistory {
    /// What each of the workspace's routes pointed at before it; none where it was not released yet.
    #[serde(rename = "places")]
    pub routes: Vec<Before>,
    /// The CI profile that the workspace itself was built and started with.
    #[serde(deserialize_with = "given")]
    pub profile: Option<String>,
}

/// What a route pointed at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Before {
    /// The domain.
    pub domain: String,
    /// The path.
    pub path: String,
    /// What it pointed at.
    pub workspaces: Vec<WorkspaceId>,
}

/// `null` is a value; a missing field is none.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Option::deserialize(deserializer)
}

impl ReleaseHistory {
    /// What `route` pointed at, if that is remembered.
    pub fn before(&self, route: &Route) -> Option<&[WorkspaceId]> {
        let its = |before: &&Before| before.domain == route.domain && before.path == route.path;
        let found = self.routes.iter().find(its);
        found.map(|before| before.workspaces.as_slice())
    }

    /// As the environment holds it.
    pub fn to_variable(&self) -> EnvVar {
        EnvVar {
            name: VARIABLE.to_owned(),
            // Texts, numbers and lists always become JSON.
            value: serde_json::to_string(self).unwrap_or_default(),
        }
    }

    /// Reads the link among a workspace's variables; nothing where there is none.
    pub fn among(env: &[EnvVar]) -> Result<Option<Self>, String> {
        let variable = env.iter().find(|variable| variable.name == VARIABLE);
        variable
            .map(|variable| Self::parse(&variable.value))
            .transpose()
    }

    fn parse(text: &str) -> Result<Self, String> {
        if text.len() > LONGEST {
            return Err(format!("it is longer than {LONGEST} bytes"));
        }
        let history: Self = serde_json::from_str(text)
            .map_err(|error| format!("it is not what this action writes ({error})"))?;
        history.check()?;
        Ok(history)
    }

    /// Whoever can write to the workspace can write this: it is held to the rules of the inputs.
    fn check(&self) -> Result<(), String> {
        let is_place = |before: &Before| {
            values::host(&before.domain).as_ref() == Ok(&before.domain)
                && values::path(&before.path).is_ok()
        };
        let is_profile = |profile: &String| {
            values::profile(profile).is_ok_and(|read| read.as_ref() == Some(profile))
        };
        let mut ids = self.routes.iter().flat_map(|before| &before.workspaces);
        if !self.routes.iter().all(is_place) {
            return Err("it names a route that is none".to_owned());
        }
        if ids.any(|id| *id == WorkspaceId(0)) {
            return Err("it names a workspace that is none".to_owned());
        }
        if !self.profile.iter().all(is_profile) {
            return Err("it names a profile that is none".to_owned());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Before, LONGEST, ReleaseHistory};
    use crate::ids::WorkspaceId;

    fn history() -> ReleaseHistory {
        ReleaseHistory {
            routes: vec![Before {
                domain: "shop.example.com".to_owned(),
                path: "/".to_owned(),
                workspaces: vec![WorkspaceId(4001), WorkspaceId(4002)],
            }],
            profile: Some("prod".to_owned()),
        }
    }

    #[test]
    fn a_link_is_read_back_exactly() {
        for history in [history(), ReleaseHistory::default()] {
            assert_eq!(
                ReleaseHistory::among(&[history.to_variable()]),
                Ok(Some(history))
            );
        }
        assert_eq!(ReleaseHistory::among(&[]), Ok(None));
    }

    #[test]
    fn anything_but_a_link_is_told() {
        let text = history().to_variable().value;
        let wrong = [
            String::new(),
            "{}".to_owned(),
            r#"{"places":[]}"#.to_owned(),
            text.replace("\"profile\"", "\"profil\""),
            text.replace("4001", "\"4001\""),
            text.replace("\"path\":\"/\"", "\"path\":\"\""),
            text.replace("\"path\":\"/\"", "\"path\":\"//x\""),
            text.replace("shop.example.com", "https://shop.example.com"),
            text.replace("shop.example.com", "shop.example.com\\n::error::x"),
            text.replace("shop.example.com", "Shop.example.com"),
            text.replace("4001", "0"),
            text.replace("prod", "../../secrets"),
            text.replace("prod", "ci.prod.yml"),
            text.replace("prod", "ci.yml"),
            text.replace("prod", ""),
            text.replace("}]", ",\"more\":1}]"),
            format!("{text}{}", " ".repeat(LONGEST)),
            format!("{text}x"),
        ];
        for text in wrong {
            assert!(ReleaseHistory::parse(&text).is_err(), "{text}");
        }
    }
}
