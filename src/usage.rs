//! Owns what the program says of itself to somebody who starts it by hand; the runner starts it without arguments.

use std::io::{self, Write};
use std::process::ExitCode;

use codesphere_release::inputs::SPECS;

const ABOUT: &str = "\
Releases your application to Codesphere: updates a workspace in place, or builds the new version in a workspace of its
own and switches a custom domain to it without downtime.

Usage: codesphere-release [--help | --version]

There are no other arguments: the environment says what to do. On GitHub the action sets it. Anywhere else set it with
`env`, for a shell cannot set names with hyphens:

    env 'INPUT_API-TOKEN=…' 'INPUT_WORKSPACE-ID=12345' \\
      GITHUB_REPOSITORY=acme/shop GITHUB_REF_NAME=main GITHUB_SHA=$(git rev-parse HEAD) \\
      codesphere-release

Started under a name that ends with -post, it undoes what a cancelled or killed release has left.
";

const CONTEXT: &str = "\
Where the release comes from:
  GITHUB_REPOSITORY      owner/name; with GITHUB_SERVER_URL what a new workspace clones
  GITHUB_SERVER_URL      https://github.com where it is not set
  GITHUB_REF_NAME        the branch
  GITHUB_SHA             the commit, 40 hexadecimal digits; exactly this is released
  GITHUB_RUN_ID          a number, unique among all runs of the repository
  GITHUB_RUN_NUMBER      a number that grows: an older run does not replace what a newer one has released
  GITHUB_RUN_ATTEMPT     1, or more when the same run is started again

Files that it appends to, where they are set:
  GITHUB_OUTPUT          the outputs
  GITHUB_STEP_SUMMARY    the summary, in Markdown
  GITHUB_STATE           what the post step needs
  RUNNER_DEBUG           not a file: 1 shows each request

Exit status: 0 when it is done or there was nothing to do, 130 when it was cancelled, 1 otherwise.
";

/// Answers the arguments, where there are any; the exit status then.
pub(crate) fn answer(mut arguments: impl Iterator<Item = String>) -> Option<ExitCode> {
    let written = match arguments.next()?.as_str() {
        "--help" | "-h" => write!(io::stdout(), "{}", help()).map(|()| ExitCode::SUCCESS),
        "--version" | "-V" => write!(io::stdout(), "{}", version()).map(|()| ExitCode::SUCCESS),
        other => writeln!(
            io::stderr(),
            "codesphere-release takes no argument {other:?}: the environment says what to do, see --help."
        )
        .map(|()| ExitCode::from(2)),
    };
    Some(written.unwrap_or(ExitCode::FAILURE))
}

fn version() -> String {
    format!("codesphere-release {}\n", env!("CARGO_PKG_VERSION"))
}

fn help() -> String {
    let inputs: String = SPECS
        .iter()
        .map(|spec| input(spec.name, spec.default))
        .collect();
    let version = version();
    format!("{version}{ABOUT}\nInputs, and what a blank one means:\n{inputs}\n{CONTEXT}")
}

fn input(name: &str, default: &str) -> String {
    let line = format!(
        "  {:<25}{default}",
        format!("INPUT_{}", name.to_uppercase())
    );
    format!("{}\n", line.trim_end())
}
