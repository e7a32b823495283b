"""Owns the scenarios in which the tool `step` starts the action's image: main, cancellation, post step."""
import dataclasses, json, os, signal, subprocess, sys, tempfile, threading, time
from collections.abc import Callable
from multiprocessing.pool import ThreadPool
from pathlib import Path

from simulator import BRANCH, DOCS, DOMAIN, EVENT, LIVE, NEW, OWNER_AND_NAME, PLAN, ROOT, SWITCH, TEAM, Expectations, Simulator, write

# A later run than the one that the tool stands for.
LATER = ("--github", "RUN_ID=9876543300", "--github", "RUN_NUMBER=43")


@dataclasses.dataclass
class Interruption:
    """What befalls the main step as soon as it has sent a request, and some seconds later."""

    how: Callable
    after: str
    pause: float = 0.0

    def befall(self, tool, simulator, since):
        if simulator.wait_for(self.after, since, 120):
            time.sleep(self.pause)
            self.how(*client_of(tool))


def cancel(client, _container):
    """As the runner does: the client forwards the signal."""
    os.kill(client, signal.SIGINT)


def cancel_twice(_client, container):
    """Two signals before anything could be undone."""
    for sent in ("STOP", "INT", "TERM", "CONT"):
        signalled(container, sent)


def kill(_client, container):
    signalled(container, "KILL")


def signalled(container, sent):
    subprocess.run(["docker", "kill", "--signal", sent, container], check=True, stdout=subprocess.DEVNULL)


def client_of(tool):
    """The docker client that the tool has started, and its container's name."""
    for child in Path(f"/proc/{tool.pid}/task/{tool.pid}/children").read_text().split():
        words = Path(f"/proc/{child}/cmdline").read_text().split("\0")
        if "--name" in words:
            return int(child), words[words.index("--name") + 1]
    raise LookupError("the tool has started no container")


class Steps:
    """Runs the action's image through the tool `step`."""

    def __init__(self, options):
        self.tool, self.image, self.log = options.tool, options.image, []

    def run(self, simulator, expect, *extra, interruption=None, event=None, **inputs):
        """Main and post; gives main's report."""
        inputs = {"api-url": simulator.api, "api-token": simulator.token, "ca-certificate": simulator.ca, **{name.replace("_", "-"): value for name, value in inputs.items()}}
        with tempfile.TemporaryDirectory() as folder:
            command = [sys.executable, self.tool, "--action", str(ROOT), "--image", self.image, "--network", "host", *extra]
            command += ["--event", write(f"{folder}/event.json", {**EVENT, **(event or {})})]
            for name, value in inputs.items():
                command += ["--with", f"{name}={value}"]
            # Docker's client hands its proxies on to every container.
            write(f"{folder}/config.json", {"proxies": {"default": {"httpsProxy": simulator.proxy}}})
            before = len(simulator.writes())
            tool = subprocess.Popen(command, env={**os.environ, "DOCKER_CONFIG": folder}, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
            if interruption:
                threading.Thread(target=interruption.befall, args=(tool, simulator, before), daemon=True).start()
            said, _ = tool.communicate()
        log, _, last = said.rstrip("\n").rpartition("\n")
        self.log.append(log)
        report = json.loads(last)
        for stage in ("main", "post"):
            expect.equal(f"what the runner refuses of {stage}", report[stage].get("failed_by"), None)
        expect.equal("the post step's exit status", report["post"]["exit"], 0)
        expect.equal("errors annotated by the post step", errors(report["post"]), 0)
        expect.equal("that the container runs on", report["main"]["left_running"], False)
        return report["main"]


def errors(report):
    return sum(annotation["command"] == "error" for annotation in report["annotations"])


def zero_downtime(steps, simulator, expect, *extra, **more):
    return steps.run(simulator, expect, *extra, flow="zero-downtime", team=TEAM, domain=DOMAIN, plan=PLAN, **more)


def candidate(steps, simulator, expect):
    """Makes a candidate; gives its number."""
    report = steps.run(simulator, expect, flow="candidate", team=TEAM, domain=DOMAIN, plan=PLAN)
    made = simulator.workspaces()[-1]
    expect.equal("exit status", report["exit"], 0)
    expect.equal("outcome", report["outputs"].get("outcome"), "ready")
    expect.equal("workspace-id", report["outputs"].get("workspace-id"), str(made))
    expect.equal("url", report["outputs"].get("url"), report["outputs"].get("workspace-url"))
    expect.equal("the candidate's head", simulator.head(made), NEW)
    expect.equal("requests that make a workspace", simulator.writes().count("POST /workspaces"), 1)
    expect.equal("requests that switch the domain", simulator.writes().count(SWITCH), 0)
    expect.serves(simulator, LIVE)
    return made


def promote(steps, simulator, expect, workspace, **more):
    return steps.run(simulator, expect, *LATER, flow="promote", workspace_id=workspace, team=TEAM, domain=DOMAIN, health_body="{sha}", **more)


def updates_a_workspace_in_place(steps, simulator, expect):
    report = steps.run(simulator, expect, flow="simple", workspace_id=LIVE)
    expect.equal("exit status", report["exit"], 0)
    expect.equal("outcome", report["outputs"].get("outcome"), "released")
    expect.equal("commit", report["outputs"].get("commit"), NEW)
    expect.equal("result", json.loads(report["outputs"].get("result", "{}")).get("schema-version"), 1)
    expect.equal("the workspace's head", simulator.head(LIVE), NEW)
    expect.equal("that there is a summary", bool(report["summary"]), True)
    expect.untouched(simulator)


def switches_a_domain(steps, simulator, expect):
    report = zero_downtime(steps, simulator, expect)
    made = simulator.workspaces()[-1]
    expect.equal("exit status", report["exit"], 0)
    expect.equal("outcome", report["outputs"].get("outcome"), "released")
    expect.equal("workspace-id", report["outputs"].get("workspace-id"), str(made))
    expect.equal("previous-workspace-ids", report["outputs"].get("previous-workspace-ids"), f"[{LIVE}]")
    expect.equal("url", report["outputs"].get("url"), f"https://{DOMAIN}")
    expect.serves(simulator, made)
    expect.equal("the new workspace's head", simulator.head(made), NEW)


def refuses_a_wrong_input(steps, simulator, expect):
    report = steps.run(simulator, expect, flow="simpel", workspace_id=LIVE)
    expect.equal("exit status", report["exit"], 1)
    expect.equal("outcome", report["outputs"].get("outcome"), "failed")
    expect.equal("reason", report["outputs"].get("reason"), "invalid-input")
    expect.equal("errors annotated", errors(report), 1)
    expect.untouched(simulator)


def undoes_a_cancelled_release(steps, simulator, expect):
    report = zero_downtime(steps, simulator, expect, "--cancel-after", "4")
    expect.equal("exit status", report["exit"], 130)
    expect.equal("outcome", report["outputs"].get("outcome"), "cancelled")
    expect.equal("signals needed", report["signals"], ["SIGINT"])
    expect.untouched(simulator)


def undoes_a_release_cancelled_at_any_moment(steps, simulator, expect):
    """Before the switch nothing may be left; around it the release is either whole or undone. Each moment has what the ones before left."""
    for moment in ("1", "10", "15", "20.5"):
        before = simulator.workspaces()
        report = zero_downtime(steps, simulator, expect, "--cancel-after", moment)
        outcome, exit_status = report["outputs"].get("outcome"), report["exit"]
        expect.equal(f"exit status with outcome {outcome} at {moment} s", exit_status, {"cancelled": 130, "released": 0}.get(outcome))
        expect.equal(f"that the main step ends within 3 s of the signal at {moment} s", report["seconds"] - float(moment) < 3.5 or outcome == "released", True)
        serving = simulator.connections()["/"]
        expect.equal(f"what serves at {moment} s", serving == [LIVE], outcome == "cancelled")
        if moment in ("1", "10", "15"):
            expect.equal(f"the team's workspaces at {moment} s", simulator.workspaces(), before)
        if outcome == "released":
            break


def brings_a_cancelled_update_back_in_the_post_step(steps, simulator, expect):
    old = simulator.head(LIVE)
    report = steps.run(simulator, expect, "--cancel-after", "8", flow="simple", workspace_id=LIVE)
    expect.equal("exit status", report["exit"], 130)
    expect.equal("the workspace's head", simulator.head(LIVE), old)
    expect.equal("run", [entry["state"] for entry in simulator.get(f"/workspaces/{LIVE}/pipeline/run")], ["running"])


def undoes_a_killed_release_in_the_post_step(steps, simulator, expect):
    report = zero_downtime(steps, simulator, expect, "--kill-after", "4")
    expect.equal("exit status", report["exit"], 137)
    expect.untouched(simulator)


def promotes_a_candidate_at_last(steps, simulator, expect):
    """Stopped right after the switch, main puts back what one signal leaves it time for; after a second one, or when it is killed, the post step does."""
    made = candidate(steps, simulator, expect)
    for how, exit_status, outcome in ((cancel, 130, "cancelled"), (cancel_twice, 130, None), (kill, 137, None)):
        name, before = how.__name__.replace("_", " "), len(simulator.writes())
        report = promote(steps, simulator, expect, made, interruption=Interruption(how, SWITCH))
        expect.equal(f"exit status after {name}", report["exit"], exit_status)
        expect.equal(f"outcome after {name}", report["outputs"].get("outcome"), outcome)
        expect.equal(f"requests that switch the domain with {name}", simulator.writes(before).count(SWITCH), 2)
        expect.serves(simulator, LIVE)
        expect.equal(f"the team's workspaces after {name}", simulator.workspaces(), [LIVE, DOCS, made])
    before = len(simulator.writes())
    report = promote(steps, simulator, expect, made)
    expect.equal("exit status", report["exit"], 0)
    expect.equal("outcome", report["outputs"].get("outcome"), "released")
    expect.equal("workspace-id", report["outputs"].get("workspace-id"), str(made))
    expect.equal("previous-workspace-ids", report["outputs"].get("previous-workspace-ids"), f"[{LIVE}]")
    expect.equal("url", report["outputs"].get("url"), f"https://{DOMAIN}")
    expect.equal("commit", report["outputs"].get("commit"), NEW)
    expect.equal("what was written", simulator.writes(before), [f"PUT /workspaces/{made}/env-vars", SWITCH])
    expect.serves(simulator, made)


def leaves_the_release_to_a_job_that(status, steps, simulator, expect):
    """The runner evaluates `status` anew for the post step."""
    report = zero_downtime(steps, simulator, expect, "--job-status", status, finish="job", previous="stop", drain="1s", health_body="{sha}")
    made, succeeded = simulator.workspaces()[-1], status == "success"
    expect.equal("exit status", report["exit"], 0)
    expect.equal("outcome", report["outputs"].get("outcome"), "released")
    expect.equal("that it is finished", json.loads(report["outputs"].get("result", "{}")).get("finished"), False)
    expect.equal("that the record waits for the job", "left-to-job" in report["state"].get("made", ""), True)
    expect.equal("that the summary says so", "not finished" in report["summary"], True)
    expect.serves(simulator, made if succeeded else LIVE)
    expect.equal("the team's workspaces", simulator.workspaces(), [LIVE, DOCS, made])
    stopped = f"POST /workspaces/{LIVE}/pipeline/run/stop" in simulator.writes()
    expect.equal("that what served before was stopped", stopped, succeeded)
    told = {"success": "the release is finished", "failure": "The job failed after the release", "cancelled": "The job was cancelled after the release"}[status]
    expect.equal("that the post step tells how the job went", told in steps.log[-1], True)


def finishes_the_release_of_a_job_that_succeeds(steps, simulator, expect):
    leaves_the_release_to_a_job_that("success", steps, simulator, expect)


def undoes_the_release_of_a_job_that_fails(steps, simulator, expect):
    leaves_the_release_to_a_job_that("failure", steps, simulator, expect)


def undoes_the_release_of_a_job_that_is_cancelled(steps, simulator, expect):
    leaves_the_release_to_a_job_that("cancelled", steps, simulator, expect)


def puts_the_old_commit_back_where_the_job_fails(steps, simulator, expect):
    old = simulator.head(LIVE)
    report = steps.run(simulator, expect, "--job-status", "failure", flow="simple", workspace_id=LIVE, finish="job")
    expect.equal("exit status", report["exit"], 0)
    expect.equal("outcome", report["outputs"].get("outcome"), "released")
    expect.equal("the workspace's head", simulator.head(LIVE), old)
    expect.equal("run", [entry["state"] for entry in simulator.get(f"/workspaces/{LIVE}/pipeline/run")], ["running"])


def takes_the_new_version_out_when_cancelled_during_the_canary(steps, simulator, expect):
    report = zero_downtime(steps, simulator, expect, canary="1m", interruption=Interruption(cancel, SWITCH, pause=3))
    made = simulator.workspaces()[-1]
    expect.equal("exit status", report["exit"], 130)
    expect.equal("outcome", report["outputs"].get("outcome"), "cancelled")
    expect.equal("requests that switch the domain", simulator.writes().count(SWITCH), 2)
    expect.serves(simulator, LIVE)
    # It had traffic.
    expect.equal("the team's workspaces", simulator.workspaces(), [LIVE, DOCS, made])


def rolls_back_to_what_served_before(steps, simulator, expect):
    """Cancelled right after the switch, the newer version serves again; a second rollback finds nothing further back; releases are held."""
    zero_downtime(steps, simulator, expect)
    made = simulator.workspaces()[-1]
    report = rollback(steps, simulator, expect, interruption=Interruption(cancel, SWITCH))
    expect.equal("exit status after cancel", report["exit"], 130)
    expect.serves(simulator, made)
    before = len(simulator.writes())
    report = rollback(steps, simulator, expect)
    expect.equal("exit status", report["exit"], 0)
    expect.equal("outcome", report["outputs"].get("outcome"), "rolled-back")
    expect.equal("workspace-id", report["outputs"].get("workspace-id"), str(LIVE))
    expect.equal("what was written", simulator.writes(before), [f"PUT /workspaces/{LIVE}/env-vars", SWITCH])
    expect.serves(simulator, LIVE)
    report = rollback(steps, simulator, expect)
    expect.equal("exit status without a target", report["exit"], 1)
    expect.equal("reason without a target", report["outputs"].get("reason"), "no-target")
    expect.serves(simulator, LIVE)
    holds_releases_until_one_is_run_again(steps, simulator, expect)


def holds_releases_until_one_is_run_again(steps, simulator, expect):
    before = len(simulator.writes())
    report = zero_downtime(steps, simulator, expect)
    expect.equal("exit status of a release after the rollback", report["exit"], 1)
    expect.equal("its reason", report["outputs"].get("reason"), "held")
    expect.equal("what it wrote", simulator.writes(before), [])
    report = zero_downtime(steps, simulator, expect, "--github", "RUN_ATTEMPT=2")
    expect.equal("outcome of its second attempt", report["outputs"].get("outcome"), "released")
    expect.serves(simulator, simulator.workspaces()[-1])
    expect.equal("that releases are held after it", simulator.held(), False)


def rollback(steps, simulator, expect, **more):
    return steps.run(simulator, expect, *LATER, flow="rollback", team=TEAM, domain=DOMAIN, **more)


def cleans_up_and_leaves_what_is_young(steps, simulator, expect):
    zero_downtime(steps, simulator, expect)
    before, made = len(simulator.writes()), simulator.workspaces()
    report = steps.run(simulator, expect, *LATER, flow="cleanup", team=TEAM, domain=DOMAIN, keep_releases="0")
    expect.equal("exit status", report["exit"], 0)
    expect.equal("outcome", report["outputs"].get("outcome"), "cleaned")
    expect.equal("what was written", simulator.writes(before), [])
    expect.equal("the team's workspaces", simulator.workspaces(), made)
    expect.equal("that the summary says why", "points at it" in report["summary"], True)


def shows_a_pull_request_until_it_is_closed(steps, simulator, expect):
    report = preview(steps, simulator, expect, "opened")
    made = simulator.workspaces()[-1]
    expect.equal("exit status", report["exit"], 0)
    expect.equal("outcome", report["outputs"].get("outcome"), "ready")
    expect.equal("url", report["outputs"].get("url"), report["outputs"].get("workspace-url"))
    expect.equal("the preview's head", simulator.head(made), NEW)
    report = preview(steps, simulator, expect, "synchronize", interruption=Interruption(kill, f"POST /workspaces/{made}/pipeline/run/stop"))
    expect.equal("exit status after kill", report["exit"], 137)
    expect.equal("run after the post step", [entry["state"] for entry in simulator.get(f"/workspaces/{made}/pipeline/run")], ["running"])
    report = preview(steps, simulator, expect, "closed")
    expect.equal("exit status when it is closed", report["exit"], 0)
    expect.equal("outcome when it is closed", report["outputs"].get("outcome"), "removed")
    expect.untouched(simulator)


def preview(steps, simulator, expect, action, **more):
    state = "closed" if action == "closed" else "open"
    head = {"sha": NEW, "ref": BRANCH, "repo": OWNER_AND_NAME}
    event = {"action": action, "number": 7, "pull_request": {"number": 7, "state": state, "head": head}}
    return steps.run(simulator, expect, "--github", "EVENT_NAME=pull_request", event=event, flow="preview", team=TEAM, plan=PLAN, **more)


# The longest first.
SCENARIOS = [
    undoes_a_release_cancelled_at_any_moment,
    promotes_a_candidate_at_last,
    updates_a_workspace_in_place,
    switches_a_domain,
    refuses_a_wrong_input,
    undoes_a_cancelled_release,
    brings_a_cancelled_update_back_in_the_post_step,
    undoes_a_killed_release_in_the_post_step,
    takes_the_new_version_out_when_cancelled_during_the_canary,
    finishes_the_release_of_a_job_that_succeeds,
    undoes_the_release_of_a_job_that_fails,
    undoes_the_release_of_a_job_that_is_cancelled,
    puts_the_old_commit_back_where_the_job_fails,
    rolls_back_to_what_served_before,
    shows_a_pull_request_until_it_is_closed,
    cleans_up_and_leaves_what_is_young,
]


def run(options):
    """Every scenario, three at a time, as they mostly wait; gives what was not as expected."""
    chosen = [scenario for scenario in SCENARIOS if options.only in name_of(scenario)]
    broken = []
    with ThreadPool(3) as pool:
        for log, expect in pool.imap(lambda scenario: played(scenario, options), chosen):
            print(log, flush=True)
            broken += expect.broken
    return broken


def played(scenario, options):
    """A scenario with a simulator of its own; gives its log, and what was not as expected."""
    steps, expect, began = Steps(options), Expectations(name_of(scenario)), time.monotonic()
    with Simulator() as simulator:
        scenario(steps, simulator, expect)
        expect.equal("what no good client does", simulator.objections(), [])
    return "\n".join([f"\n---- {name_of(scenario)}", *steps.log, f"---- {time.monotonic() - began:.0f} s"]), expect


def name_of(scenario):
    return scenario.__name__.replace("_", " ")
