"""Owns the documentation's workflows as act runs them: as they stand there but for the simulator's names and addresses."""
import json, os, re, shutil, subprocess, tempfile
from pathlib import Path

import yaml

from simulator import BRANCH, DOMAIN, OTHER_DOMAIN, EVENT, LIVE, NEW, OWNER_AND_NAME, ROOT, SWITCH, Expectations, Simulator, write

ACTION = "OWNER/codesphere-release@"
PULL_REQUEST = {"number": 7, "state": "open", "head": {"sha": NEW, "ref": BRANCH, "repo": OWNER_AND_NAME}}
# What GitHub would tell of each event that a documented workflow starts on; it is run once for each.
EVENTS = {
    "push": [{"ref": f"refs/heads/{BRANCH}", "after": NEW, "deleted": False}],
    "workflow_dispatch": [{"inputs": {}}],
    "schedule": [{}],
    "pull_request": [
        {"action": "opened", "number": 7, "pull_request": PULL_REQUEST},
        {"action": "closed", "number": 7, "pull_request": {**PULL_REQUEST, "state": "closed"}},
    ],
}
# Names of workflows that are not run, and why not.
NOT_RUN = {"Preview of a fork (preview)": "the simulator has no fork; scenarios try what this workflow starts on"}
# Stands in for curl, which the job image may lack. What is posted elsewhere is noted, as nothing leaves this machine.
CURL = """#!/bin/bash
while (($#)); do
  case $1 in
    --header) header=$2; shift ;;
    --data) data=$2; shift ;;
    -*) ;;
    *) url=$1 ;;
  esac
  shift
done
if [[ -v data ]]; then
  echo "$url $data" >>/simulator/posted
  exit
fi
host=${url#https://} path=/${url#https://*/} host=${host%%/*}
printf 'GET %s HTTP/1.1\\r\\nHost: %s\\r\\n%s\\r\\nAccept-Encoding: identity\\r\\nConnection: close\\r\\n\\r\\n' "$path" "$host" "$header" |
  openssl s_client -quiet -verify_return_error -verify_hostname "$host" -CAfile /simulator/ca.pem \\
    -proxy "${HTTPS_PROXY#http://}" -connect "$host:443" 2>/dev/null
"""


# What the recipe with a migration runs.
MIGRATION = """[[ $DATABASE_URL == postgres://simulated ]] && echo migrated
"""
KEY, HOOK = "CODESPHERE_API_TOKEN", "https://hooks.example.com/release"


class Workflow:
    """A documented workflow."""

    def __init__(self, text):
        self.text, known = text, yaml.load(text, yaml.BaseLoader)
        self.jobs, started_by = known["jobs"], known["on"]
        self.event = started_by if isinstance(started_by, str) else next(iter(started_by))
        # Where each flow is performed: the job, and the step's id, which act makes up where there is none.
        self.steps = {
            step["with"].get("flow", "simple"): (job, step.get("id", str(number)))
            for job, body in self.jobs.items()
            for number, step in enumerate(body.get("steps", []))
            if step.get("uses", "").startswith(ACTION)
        }
        self.title = known["name"]
        self.name = f"{self.title} ({', '.join(self.steps)})"
        trigger = started_by[self.event] if isinstance(started_by, dict) else None
        self.types = trigger.get("types", []) if isinstance(trigger, dict) else []
        # The workflow of the repository that its jobs call.
        self.calls = {body["uses"].removeprefix("./") for body in self.jobs.values() if "uses" in body}

    def fitted(self, simulator):
        """Its text with the simulator's names and addresses."""
        text = re.sub(r"^( +team: ).*$", r"\1Acme", self.text.replace("12345", str(LIVE)).replace("staging.example.com", OTHER_DOMAIN), flags=re.MULTILINE)
        given = {"api-url": simulator.api, "ca-certificate": "${{ vars.CA }}"}

        def more(line):
            return line[0] + "".join(f"\n{line[1]}{name}: {value}" for name, value in given.items())

        return re.sub(r"^( +)flow: .*$", more, text, flags=re.MULTILINE)


class Act:
    """Runs workflows, one after the other, as runs of one repository."""

    def __init__(self, options, simulator, folder):
        self.options, self.simulator, self.folder, self.runs = options, simulator, folder, 0
        self.checkout = f"{folder}/checkout"
        check_out(self.checkout)
        os.makedirs(f"{folder}/bin")
        Path(f"{folder}/bin/curl").write_text(CURL)
        os.chmod(f"{folder}/bin/curl", 0o755)
        Path(f"{folder}/bin/ca.pem").write_text(simulator.ca)
        Path(f"{folder}/bin/posted").touch()
        os.chmod(f"{folder}/bin/posted", 0o666)
        os.makedirs(f"{self.checkout}/migrations")
        Path(f"{self.checkout}/migrations/run.sh").write_text(MIGRATION)

    def posted(self):
        """What was posted elsewhere so far, a line each."""
        return Path(f"{self.folder}/bin/posted").read_text().splitlines()

    def save(self, workflow, path):
        """Lets other workflows call it."""
        os.makedirs(os.path.dirname(f"{self.checkout}/{path}"), exist_ok=True)
        Path(f"{self.checkout}/{path}").write_text(workflow.fitted(self.simulator))

    def run(self, workflow, event, key=None):
        """Gives act's exit status and the records of its log."""
        self.runs += 1
        there = f"{self.folder}/{self.runs}"
        os.makedirs(there)
        Path(f"{there}/release.yml").write_text(workflow.fitted(self.simulator))
        command = [self.options.tool, workflow.event, "--json", "--rm", "--pull=false", "-P", f"ubuntu-latest={self.options.job_image}", "-W", there,
                   "-e", write(f"{there}/event.json", {**EVENT, **event}), "-s", f"{KEY}={key or self.simulator.token}", "-s", "DATABASE_URL=postgres://simulated",
                   "-s", f"WEBHOOK_URL={HOOK}", "-s", "GITHUB_TOKEN=none",
                   "--var", f"CA={self.simulator.ca}", "--env", f"HTTPS_PROXY={self.simulator.proxy}", "--env", f"GITHUB_RUN_ID={9876543210 + self.runs}",
                   # Where a rollback holds releases, somebody runs the job again.
                   "--env", f"GITHUB_RUN_ATTEMPT={2 if self.simulator.held() else 1}",
                   "--env", f"GITHUB_RUN_NUMBER={self.runs}", "--local-repository", f"{ACTION}v1={self.checkout}",
                   "--container-options", f"-v {self.folder}/bin/curl:/usr/local/bin/curl:ro -v {self.folder}/bin/ca.pem:/simulator/ca.pem:ro -v {self.folder}/bin/posted:/simulator/posted"]
        # Nothing of this machine's environment reaches the workflow.
        environment = {"PATH": os.environ["PATH"], "HOME": self.folder}
        act = subprocess.Popen(command, cwd=self.checkout, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        records = []
        for line in act.stdout:
            record = json.loads(line) if line.startswith("{") else {"msg": line}
            print(f"[{record.get('job', 'act')}] {record.get('msg', '').rstrip()}", flush=True)
            records.append(record)
        return act.wait(), records


class Seen:
    """What came of a run."""

    def __init__(self, workflow, event, records, writes):
        self.workflow, self.event, self.writes, self.outputs, self.ended = workflow, event, writes, {}, {}
        self.said = {record.get("msg", "").strip() for record in records}
        for record in records:
            if record.get("command") == "set-output":
                self.outputs.setdefault((record["jobID"], *record["stepID"]), {})[record["name"]] = record["arg"]
            if "jobResult" in record:
                self.ended[record["jobID"]] = record["jobResult"]

    def of(self, flow):
        """The outputs of the step that performs the flow."""
        return self.outputs.get(self.workflow.steps[flow], {})


def simple(seen, simulator, expect):
    expect.equal("outcome", seen.of("simple").get("outcome"), "released")
    expect.equal("commit", seen.of("simple").get("commit"), NEW)
    expect.equal("the updated workspace's head", simulator.head(LIVE), NEW)


def zero_downtime(seen, simulator, expect):
    released(seen, "zero-downtime", seen.of("zero-downtime"), simulator, expect)


def candidate(seen, simulator, expect):
    expect.equal("outcome", seen.of("candidate").get("outcome"), "ready")
    expect.equal("url", seen.of("candidate").get("url"), seen.of("candidate").get("workspace-url"))
    expect.equal("previous-workspace-ids", seen.of("candidate").get("previous-workspace-ids"), "[]")
    expect.equal("requests that make a workspace", seen.writes.count("POST /workspaces"), 1)


def promote(seen, simulator, expect):
    job = seen.workflow.jobs[seen.workflow.steps["promote"][0]]
    expect.equal("that reviewers may be asked", "environment" in job, True)
    expect.equal("jobs that come first", job["needs"], ["candidate", "integration-tests"])
    released(seen, "promote", seen.of("candidate"), simulator, expect)


def released(seen, flow, made, simulator, expect):
    outputs, workspace = seen.of(flow), int(made.get("workspace-id") or 0)
    expect.equal("outcome", outputs.get("outcome"), "released")
    expect.equal("workspace-id", outputs.get("workspace-id"), str(workspace))
    expect.equal("url", outputs.get("url"), f"https://{DOMAIN}")
    expect.equal("commit", outputs.get("commit"), NEW)
    # Once the release is verified, a hold that it lifted is taken away.
    lifts = [write for write in seen.writes if write.startswith("DELETE ") and write.endswith("/env-vars")]
    expect.equal("the last request that writes, but for those", [write for write in seen.writes if write not in lifts][-1:], [SWITCH])
    expect.equal("requests that switch the domain", seen.writes.count(SWITCH), 1)
    expect.serves(simulator, workspace)


def rollback(seen, simulator, expect):
    outputs = seen.of("rollback")
    expect.equal("outcome", outputs.get("outcome"), "rolled-back")
    back = outputs.get("workspace-id", "0")
    expect.equal("what was written", seen.writes, [f"PUT /workspaces/{back}/env-vars", SWITCH])
    expect.equal("that releases are held", simulator.held(), True)
    expect.equal("that it went back", int(back) < json.loads(outputs.get("previous-workspace-ids", "[0]"))[0], True)
    expect.serves(simulator, int(back))


def cleanup(seen, simulator, expect):
    expect.equal("outcome", seen.of("cleanup").get("outcome"), "cleaned")
    expect.equal("what was written, as so few releases are there", seen.writes, [])


def preview(seen, simulator, expect):
    outputs, shown = seen.of("preview"), simulator.workspaces()[-1]
    if seen.event["action"] == "closed":
        expect.equal("outcome", outputs.get("outcome"), "removed")
        expect.equal("requests that delete", [write.partition("/")[0] for write in seen.writes], ["DELETE "])
    else:
        expect.equal("outcome", outputs.get("outcome"), "ready")
        expect.equal("workspace-id", outputs.get("workspace-id"), str(shown))
        expect.equal("commit", outputs.get("commit"), NEW)
    expect.equal("requests that switch the domain", seen.writes.count(SWITCH), 0)


# What is expected of a flow besides success.
CHECKS = {
    "simple": simple,
    "zero-downtime": zero_downtime,
    "candidate": candidate,
    "promote": promote,
    "rollback": rollback,
    "cleanup": cleanup,
    "preview": preview,
}


def verified(seen, act, expect):
    """act hands no state to the post step: what becomes of the release there is tried by scenarios of the tool `step`."""
    expect.equal("how the jobs ended", seen.ended, {"release": "success"})
    zero_downtime(seen, act.simulator, expect)
    expect.equal("that it is not finished", json.loads(seen.of("zero-downtime").get("result", "{}")).get("finished"), False)


def way_back(seen, act, expect):
    proven = seen.of("rollback")
    expect.equal("outcome", proven.get("outcome"), "planned")
    expect.equal("rollback-ready", proven.get("rollback-ready"), "true")
    expect.equal("what was written", seen.writes, [])
    expect.equal("how the jobs ended", seen.ended, {"prove": "success"})


def applications(seen, act, expect):
    new = [act.simulator.connections(domain)["/"] for domain in (DOMAIN, OTHER_DOMAIN)]
    expect.equal("workspaces that were made and serve", sorted(sum(new, [])), act.simulator.workspaces()[-2:])


def migration(seen, act, expect):
    promote_in_one_job = seen.outputs[seen.workflow.steps["promote"]]
    expect.equal("outcome", promote_in_one_job.get("outcome"), "released")
    expect.equal("what the migration said", "migrated" in seen.said, True)


def notification(seen, act, expect):
    expect.equal("what was posted after a good release", act.posted(), [])
    status, _ = act.run(seen.workflow, seen.event, key="a-wrong-key")
    expect.equal("that a wrong key fails", status != 0, True)
    expect.equal("posts", len(act.posted()), 1)
    expect.equal("what was posted", f'{HOOK} {{"text": "Release failed unauthorized: ' in "".join(act.posted()), True)


def comment(seen, act, expect):
    preview(seen, act.simulator, expect)
    url = seen.of("preview").get("url")
    posted = f'https://api.github.com/repos/acme/shop/issues/7/comments {{"body": "Preview: {url}"}}'
    expect.equal("what was posted", act.posted()[-1:], [posted])


def environments(seen, act, expect):
    switched = [write.split("/")[-2] for write in seen.writes if write.endswith("workspace-connections")]
    expect.equal("domains in their order", switched, [OTHER_DOMAIN, DOMAIN])


# What is expected of a whole workflow, where its flows' checks do not fit.
RECIPES = {
    "Release and verify": verified,
    "Prove that a rollback works": way_back,
    "Release all applications": applications,
    "Release with a migration": migration,
    "Release and notify": notification,
    "Preview with a comment": comment,
    "Release to all environments": environments,
}


def run(options):
    """All in one world, in the order of the pages; gives what was not as expected."""
    broken = []
    with Simulator("--quick") as simulator, tempfile.TemporaryDirectory() as folder:
        act, known = Act(options, simulator, folder), workflows()
        called = [workflow for workflow in known if workflow.event == "workflow_call"]
        for path in sorted({path for workflow in known for path in workflow.calls}):
            act.save(called.pop(0), path)
        for workflow in known:
            if workflow.name in NOT_RUN:
                print(f"\n---- NOT RUN: {workflow.name}: {NOT_RUN[workflow.name]}")
                continue
            if options.only not in workflow.name or workflow.event == "workflow_call":
                continue
            if workflow.event not in EVENTS:
                broken.append(f"{workflow.name}: there is no event {workflow.event} to run it with; add one, or say in NOT_RUN why it is not run")
            for event in EVENTS.get(workflow.event, []):
                if event.get("action", "") in (workflow.types or [event.get("action", "")]):
                    broken += tried(act, workflow, event).broken
        broken += [f"what no good client does: {what}" for what in simulator.objections()]
    return broken


def tried(act, workflow, event):
    print(f"\n---- {workflow.name}", flush=True)
    expect, before = Expectations(f"{workflow.name}, {event.get('action', workflow.event)}"), len(act.simulator.writes())
    status, records = act.run(workflow, event)
    seen = Seen(workflow, event, records, act.simulator.writes(before))
    expect.equal("act's exit status", status, 0)
    recipe = RECIPES.get(workflow.title)
    if recipe:
        recipe(seen, act, expect)
        return expect
    expect.equal("how the jobs ended", seen.ended, dict.fromkeys(workflow.jobs, "success"))
    for flow in workflow.steps:
        expect.equal(f"that {flow} tells an outcome", bool(seen.of(flow).get("outcome")), True)
        expect.equal(f"reason of {flow}", seen.of(flow).get("reason"), "")
        CHECKS.get(flow, lambda *_: None)(seen, act.simulator, expect)
    return expect


def workflows():
    """Every documented workflow, in order: README.md first, then the other pages by name."""
    pages = [ROOT / "README.md", *sorted((ROOT / ".github/docs").glob("*.md"))]
    text = "\n".join(page.read_text() for page in pages)
    blocks = re.findall(r"^```yaml\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    found = [Workflow(block) for block in blocks if f"uses: {ACTION}" in block or "uses: ./" in block]
    uses, known = text.count(f"uses: {ACTION}"), sum(len(workflow.steps) for workflow in found)
    if uses != known:
        raise SystemExit(f"the documentation uses the action {uses} times, but {known} times in workflows that are found")
    gone = set(NOT_RUN) - {workflow.name for workflow in found}
    if gone:
        raise SystemExit(f"the documentation has no workflows that NOT_RUN calls {', '.join(sorted(gone))}")
    return found


def check_out(target):
    """The files of the repository as they are here and now, without what git ignores, as a repository of their own."""
    def git(*arguments, cwd=target):
        return subprocess.run(["git", *arguments], cwd=cwd, check=True, stdout=subprocess.PIPE, text=True).stdout

    for name in filter(None, git("ls-files", "-z", "--cached", "--others", "--exclude-standard", cwd=ROOT).split("\0")):
        if (ROOT / name).is_file():
            os.makedirs(os.path.dirname(f"{target}/{name}"), exist_ok=True)
            shutil.copy2(ROOT / name, f"{target}/{name}")
    git("init", "--quiet", "--initial-branch", BRANCH)
    git("remote", "add", "origin", "https://github.com/acme/shop.git")
    git("add", "--all")
    git("-c", "user.name=test", "-c", "user.email=test@example.com", "commit", "--quiet", "--message", "As it is here and now")
