"""Owns the simulator as a process, and the account of what was not as expected."""
import json, subprocess, threading, time, urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent

# The simulator's standard world.
TEAM, LIVE, DOCS, PLAN, DOMAIN = 7, 4001, 4002, 9, "shop.example.com"
REPOSITORY, NEW, BRANCH = "https://github.com/acme/shop.git", "a" * 40, "main"
# What only some recipes need: a second domain, and a CI profile for each of several applications.
OTHER_DOMAIN, MORE = "docs.example.com", ["--domain", "docs.example.com", "--profile", "shop", "--profile", "docs"]
SWITCH = f"PUT /domains/team/{TEAM}/domain/{DOMAIN}/workspace-connections"
OWNER_AND_NAME = {"full_name": "acme/shop", "private": False, "default_branch": BRANCH, "clone_url": REPOSITORY}
EVENT = {"repository": OWNER_AND_NAME}


class Simulator:
    """A simulator in a process of its own, on this machine's loopback, and what it tells of itself."""

    def __init__(self, *more):
        self.more = more

    def __enter__(self):
        command = ["cargo", "run", "--quiet", "--locked", "--example", "simulator", "--", "--until-stdin-closes", "--tell", *MORE, *self.more]
        self.process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        facts = {}
        while not {"api-url", "proxy-url", "ca-file", "token"} <= facts.keys():
            line = self.process.stdout.readline()
            if not line:
                raise RuntimeError("the simulator ended before it said where it listens")
            name, _, facts[name] = line.strip().partition("=")
        self.api, self.proxy, self.ca, self.token = facts["api-url"], facts["proxy-url"], Path(facts["ca-file"]).read_text(), facts["token"]
        self.told, self.news = {"wrote": [], "objection": []}, threading.Condition()
        threading.Thread(target=self.listen, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def listen(self):
        for line in self.process.stdout:
            kind, _, what = line.strip().partition("=")
            with self.news:
                self.told[kind].append(what)
                self.news.notify_all()

    def writes(self, since=0):
        """The API requests that change something. They are told with a short delay."""
        time.sleep(0.2)
        return self.told["wrote"][since:]

    def objections(self):
        """What no good client does, as it was done."""
        time.sleep(0.2)
        return self.told["objection"]

    def wait_for(self, write, since, seconds):
        """Whether that request comes in time."""
        with self.news:
            return self.news.wait_for(lambda: write in self.told["wrote"][since:], seconds)

    def get(self, path):
        request = urllib.request.Request(self.api + path, headers={"Authorization": f"Bearer {self.token}", "User-Agent": "codesphere-release/test"})
        directly = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with directly.open(request, timeout=10) as answer:
            return json.load(answer)

    def workspaces(self):
        return sorted(workspace["id"] for workspace in self.get(f"/workspaces/team/{TEAM}"))

    def connections(self, domain=DOMAIN):
        return self.get(f"/domains/team/{TEAM}/domain/{domain}")["workspaces"]

    def held(self):
        """Whether a rollback holds releases."""
        return any(
            variable["name"] == "CODESPHERE_RELEASE_HOLD" and variable["value"]
            for workspace in self.connections()["/"]
            for variable in self.get(f"/workspaces/{workspace}/env-vars")
        )

    def head(self, workspace):
        return self.get(f"/workspaces/{workspace}/git/head")["head"]


class Expectations:
    """What was expected and came out otherwise."""

    def __init__(self, of):
        self.of, self.broken = of, []

    def equal(self, what, got, wanted):
        if got != wanted:
            self.broken.append(f"{self.of}: {what}: {got!r} instead of {wanted!r}")

    def untouched(self, simulator):
        self.serves(simulator, LIVE)
        self.equal("the team's workspaces", simulator.workspaces(), [LIVE, DOCS])

    def serves(self, simulator, workspace):
        self.equal("the domain", simulator.connections(), {"/": [workspace], "/docs": [DOCS]})


def write(path, value):
    Path(path).write_text(json.dumps(value))
    return path
