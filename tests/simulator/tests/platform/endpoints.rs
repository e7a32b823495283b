//! Every endpoint once, so that the conformance test has something to look at.

use codesphere_simulator::{DOMAIN, Service};
use serde_json::json;

use crate::api::new_shop;
use crate::client::Stage;

#[test]
fn every_endpoint_answers() {
    let stage = Stage::new();
    let shop = new_shop("shop-new");
    let domain = format!("/domains/team/7/domain/{DOMAIN}");
    let connections = format!("{domain}/workspace-connections");
    let map = json!({ "/": [4001], "/docs": [4002], "/new": [5001] });
    let calls = [
        ("GET", "/teams", None),
        ("GET", "/teams/7", None),
        ("GET", "/metadata/datacenters", None),
        ("GET", "/metadata/workspace-plans", None),
        ("GET", "/metadata/workspace-base-images", None),
        ("POST", "/workspaces", Some(&shop)),
        ("GET", "/workspaces/team/7", None),
        ("GET", "/workspaces/5001", None),
        ("GET", "/workspaces/5001/status", None),
        (
            "PATCH",
            "/workspaces/5001",
            Some(&json!({ "replicas": 2, "vpnConfig": null })),
        ),
        ("GET", "/workspaces/5001/env-vars", None),
        (
            "PUT",
            "/workspaces/5001/env-vars",
            Some(&json!([{ "name": "A", "value": "b" }])),
        ),
        ("DELETE", "/workspaces/5001/env-vars", Some(&json!(["A"]))),
        (
            "POST",
            "/workspaces/5001/execute",
            Some(
                &json!({ "command": "git rev-parse --verify --quiet aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa^{commit}" }),
            ),
        ),
        ("GET", "/workspaces/5001/git/head", None),
        ("POST", "/workspaces/5001/git/pull", None),
        ("POST", "/workspaces/5001/git/pull/origin", None),
        ("POST", "/workspaces/5001/git/pull/origin/main", None),
        ("POST", "/workspaces/5001/pipeline/prepare/start", None),
        ("GET", "/workspaces/5001/pipeline/prepare", None),
        ("GET", "/workspaces/5001/logs/prepare/0", None),
        ("POST", "/workspaces/5001/pipeline/prepare/stop", None),
        ("POST", "/workspaces/5001/landscape/deploy", None),
        ("POST", "/workspaces/5001/landscape/deploy/prod", None),
        ("POST", "/workspaces/5001/pipeline/run/start/prod", None),
        ("GET", "/workspaces/5001/pipeline/run", None),
        (
            "PATCH",
            "/workspaces/5001/landscape/scale",
            Some(&json!({ "web": 2 })),
        ),
        (
            "GET",
            "/workspaces/5001/logs/run/0/server/codesphere-ide",
            None,
        ),
        ("GET", "/workspaces/5001/logs/run/0/replica/0", None),
        ("GET", "/domains/team/7", None),
        ("GET", &domain, None),
        ("PATCH", &domain, Some(&json!({ "restricted": false }))),
        ("PUT", &connections, Some(&map)),
        (
            "PUT",
            &connections,
            Some(&json!({ "/": [4001], "/docs": [4002] })),
        ),
        ("DELETE", "/workspaces/5001/landscape/teardown", None),
        ("GET", "/managed-services?team=7&includeDeleted=false", None),
        ("GET", "/vault/teams/7/shared", None),
        ("GET", "/vault/teams/7/shared/common/keys", None),
        ("GET", "/vault/teams/7/workspaces/5001/keys", None),
        ("DELETE", "/workspaces/5001", None),
    ];
    stage.simulator.with(|world| {
        let secrets = ["KEY".to_owned()].into();
        world.shared_vaults.insert("common".to_owned(), secrets);
        let repository = world.repositories.values_mut();
        for commit in repository.flat_map(|found| found.branches.values_mut().flatten()) {
            commit.ci.profiles.push("prod".to_owned());
            commit.ci.services.push(Service::reactive("web"));
        }
    });
    for (method, path, body) in calls {
        let answer = stage.call(method, path, body);
        assert_eq!(answer.status, 200, "{method} {path}: {}", answer.body);
        stage.pass(10.0);
    }
    assert_eq!(stage.simulator.violations(), Vec::<String>::new());
}
