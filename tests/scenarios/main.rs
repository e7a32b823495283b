//! Scenarios through the public door, against the simulator, in injected time.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a scenario that cannot go on has failed"
)]

/// What goes side by side.
mod alongside;
/// What answers must hold, and what is made of those that do not.
mod answers;
/// How applications are asked, and what is made of what they answer.
mod asking;
/// The process itself.
mod binary;
/// Old and new serving together for a while.
mod canary;
/// The candidate flow.
mod candidate;
/// What is said where the platform says nothing.
mod causes;
/// Which commits went live.
mod changes;
/// The cleanup flow, and retention after a release.
mod cleanup;
/// What the runner would take for a command.
mod commands;
/// Connections that are kept, and what becomes of those that are closed meanwhile.
mod connections;
/// Data in managed services: looked at after everything that could lose it.
mod data;
/// Secrets, plans and replicas of a landscape.
mod demands;
/// What served before, until it is stopped or deleted.
mod drain;
/// What comes of a key that others repeat.
mod echo;
/// What a workspace gets of `env` and `pass-env`.
mod environment;
/// What the event means, and what is refused because of it.
mod events;
/// What foreign text, however long and odd, does in the summary and beside the annotation.
mod foreign;
/// Guards that nothing else would miss.
mod guards;
mod harness;
mod hold;
/// What is said of the inputs.
mod inputs;
/// Releases that are left to the rest of the job.
mod job;
/// The binary, killed at random moments.
mod kills;
/// What a release makes of the CI profile's file.
mod landscapes;
mod logs;
/// What the runner gets to read.
mod output;
/// Whose a workspace is, and what fits.
mod owners;
/// Several places, switched together.
mod places;
/// What is found out before anything is written.
mod preflight;
/// The preview flow.
mod preview;
/// The promote flow.
mod promote;
/// Whether what served before could serve again.
mod ready;
/// Second attempts, finished releases, newer releases.
mod reruns;
/// The rollback flow.
mod rollback;
/// When `run` of a landscape is up.
mod services;
/// The simple flow.
mod simple;
/// What the post step believes of the main step.
mod state;
/// What people read of a failure: what is at risk, what to do, what is live.
mod story;
mod submodules;
/// What people read after a run.
mod summary;
/// Every kind of call × everything that can befall it.
mod table;
/// Redirects, proxies, certificates, the token.
mod transport;
/// What the way back does, in the main step and in the post step.
mod undo;
/// How stages are waited for.
mod waiting;
mod watch;
/// The zero-downtime flow.
mod zero_downtime;
