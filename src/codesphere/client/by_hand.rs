//! Owns calls as commands for people: whole, ready to be pasted into a shell, and without the key.

use serde::Serialize;

use crate::codesphere::client::teams::connections_path;
use crate::codesphere::client::work::{deploy_path, execute_path, stage_path};
use crate::codesphere::client::{Client, profiled};
use crate::codesphere::pipeline::Stage;
use crate::codesphere::types::Connections;
use crate::ids::{TeamId, WorkspaceId};

impl Client<'_> {
    /// Points all paths of a domain at what `connections` says.
    pub(crate) fn connect_by_hand(
        &self,
        team: TeamId,
        name: &str,
        connections: &Connections,
    ) -> String {
        self.command("PUT", &connections_path(team, name), Some(connections))
    }

    /// Runs a command in a workspace.
    pub(crate) fn execute_by_hand(&self, id: WorkspaceId, command: &str) -> String {
        let body = serde_json::json!({ "command": command });
        self.command("POST", &execute_path(id), Some(&body))
    }

    /// Starts a stage.
    pub(crate) fn start_by_hand(
        &self,
        id: WorkspaceId,
        stage: Stage,
        profile: Option<&str>,
    ) -> String {
        let path = profiled(stage_path(id, stage, "start"), profile);
        self.command::<()>("POST", &path, None)
    }

    /// Stops a stage.
    pub(crate) fn stop_by_hand(&self, id: WorkspaceId, stage: Stage) -> String {
        self.command::<()>("POST", &stage_path(id, stage, "stop"), None)
    }

    /// Deploys the landscape.
    pub(crate) fn deploy_by_hand(&self, id: WorkspaceId, profile: Option<&str>) -> String {
        self.command::<()>("POST", &deploy_path(id, profile), None)
    }

    /// Status and headers are shown: a redirect is not followed, as it could take the key elsewhere.
    fn command<B: Serialize + ?Sized>(&self, method: &str, path: &str, body: Option<&B>) -> String {
        let url = quoted(&self.retrying.transport.base.url(path));
        let key = "-H \"Authorization: Bearer $CODESPHERE_API_TOKEN\"";
        let head = format!("curl -i -X {method} {url} \\\n  {key}");
        let Some(body) = body else {
            return head;
        };
        // Strings, numbers, lists and maps with string keys always become JSON.
        let body = quoted(&serde_json::to_string(body).unwrap_or_default());
        format!("{head} \\\n  -H 'Content-Type: application/json' \\\n  --data-raw {body}")
    }
}

/// As one word of a shell, whatever is in it.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn whatever_is_in_it_stays_one_word_of_the_shell() {
        assert_eq!(quoted("a b"), "'a b'");
        assert_eq!(quoted("$(x)'; y"), r"'$(x)'\''; y'");
    }
}
