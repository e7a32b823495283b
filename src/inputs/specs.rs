//! Owns the names of the inputs and what a blank one means, as `action.yml` has them.

/// An input's name, and what a blank one means.
#[derive(Debug, Clone, Copy)]
pub struct Spec {
    /// As in `action.yml`.
    pub name: &'static str,
    /// The text that stands in for a blank one; empty where blank has a meaning of its own.
    pub default: &'static str,
}

const fn spec(name: &'static str, default: &'static str) -> Spec {
    Spec { name, default }
}

/// Every input, in the order of `action.yml`.
pub const SPECS: &[Spec] = &[
    spec("flow", "simple"),
    spec("api-token", ""),
    spec("api-url", "https://cloud.codesphere.com/api"),
    spec("ca-certificate", ""),
    spec("workspace-id", ""),
    spec("team", ""),
    spec("domain", ""),
    spec("path", "/"),
    spec("app", ""),
    spec("git-url", ""),
    spec("private-repository", ""),
    spec("remote", "origin"),
    spec("branch", ""),
    spec("commit", ""),
    spec("plan", ""),
    spec("replicas", "1"),
    spec("storage", ""),
    spec("workspace-name", "{repository}-{short-sha}-{run-id}"),
    spec("env", ""),
    spec("pass-env", ""),
    spec("managed-services", "refuse"),
    spec("base-image", ""),
    spec("vpn-config", ""),
    spec("clone-depth", ""),
    spec("shared-vault", ""),
    spec("restricted", "true"),
    spec("profile", ""),
    spec("prepare", "true"),
    spec("test", "false"),
    spec("landscape", "auto"),
    spec("health-check", "true"),
    spec("health-path", "/"),
    spec("health-status", "200-299"),
    spec("health-body", ""),
    spec("health-timeout", "5m"),
    spec("switch-timeout", "30s"),
    spec("workspace-timeout", "15m"),
    spec("stage-timeout", "30m"),
    spec("logs", "live"),
    spec("on-failure", "rollback"),
    spec("previous", "keep"),
    spec("keep-releases", ""),
    spec("preview-max-age", "14d"),
    spec("if-superseded", "skip"),
    spec("freeze", ""),
    spec("if-held", "fail"),
    spec("canary", ""),
    spec("warm-up", ""),
    spec("watch", ""),
    spec("watch-url", ""),
    spec("finish", "step"),
    spec("status", "${{ job.status }}"),
    spec("drain", "30s"),
    spec("dry-run", "false"),
];
