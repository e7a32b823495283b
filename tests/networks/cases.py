"""Owns the networks that are tried, and what must come of a release in each."""
import dataclasses, os, re, ssl, subprocess, sys, tempfile, time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.append(str(ROOT / "tests/container"))

import proxy
from certificates import Authority
from front import Front, close_when_idle, redirect_to
from simulator import LIVE, NEW, Simulator, write

HOST, SIX = "cloud.codesphere.test", "six.codesphere.test"
HOSTS = f"127.0.0.1 localhost\n10.77.0.1 {HOST} 7.{HOST}\nfd77::1 {SIX}\n"
NAMES = [f"DNS:{HOST}", f"DNS:7.{HOST}", f"DNS:{SIX}", f"DNS:7.{SIX}", "IP:10.77.0.1", "IP:fd77::1"]
BINARY = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "debug/codesphere-release"


@dataclasses.dataclass
class Result:
    """What a release came to."""

    exit: int
    outcome: str
    reason: str
    log: str
    writes: list
    seconds: float


class World:
    """What all cases share: the simulator, the authority, the proxy."""

    def __init__(self, folder, simulator):
        self.folder, self.simulator = Path(folder), simulator
        (self.folder / "hosts").write_text(HOSTS)
        subprocess.run(["mount", "--bind", self.folder / "hosts", "/etc/hosts"], check=True)
        for name in ("ca", "proxy"):
            (self.folder / name).mkdir()
        os.chmod(folder, 0o755)
        self.authority = Authority(self.folder / "ca", NAMES)
        self.proxy = proxy.Proxy(self.folder / "proxy")

    def front(self, chain=None, **more):
        return Front(self.simulator.api, chain or self.authority.chain, self.authority.key, **more)

    def release(self, api, ca=None, dry_run=True, **environment):
        """Starts the binary with nothing but what a job would set."""
        ca = self.authority.root.read_text() if ca is None else ca
        output = self.folder / "output"
        output.write_text("")
        variables = {
            "INPUT_FLOW": "simple", "INPUT_WORKSPACE-ID": str(LIVE), "INPUT_API-URL": api, "INPUT_API-TOKEN": self.simulator.token, "INPUT_CA-CERTIFICATE": ca,
            "INPUT_DRY-RUN": str(dry_run).lower(), "INPUT_LOGS": "live", "GITHUB_REPOSITORY": "acme/shop", "GITHUB_EVENT_NAME": "push", "GITHUB_REF_NAME": "main", "GITHUB_REF_TYPE": "branch",
            "GITHUB_SHA": NEW, "GITHUB_RUN_ID": "1", "GITHUB_RUN_NUMBER": "1", "GITHUB_RUN_ATTEMPT": "1", "GITHUB_OUTPUT": str(output), **environment,
        }
        before, began = len(self.simulator.writes()), time.monotonic()
        done = subprocess.run([BINARY], env=variables, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, timeout=120)
        seconds = time.monotonic() - began
        told = dict(re.findall(r"^(outcome|reason)<<(?:.*)\n(.*)\n", output.read_text(), re.MULTILINE))
        return Result(done.returncode, told.get("outcome", ""), told.get("reason", ""), done.stdout, self.simulator.writes(before), seconds)

    def close(self):
        self.proxy.close()
        subprocess.run(["umount", "/etc/hosts"], check=True)


def planned(result):
    return result.outcome == "planned" and not result.writes


def refused(result, *words):
    """It fails, says why, and has written nothing."""
    return result.exit == 1 and result.reason == "unreachable" and not result.writes and any(word in result.log for word in words)


def direct(world):
    front = world.front()
    result = world.release(f"https://{HOST}:{front.port}/api")
    return result, planned(result), f"TLS as both like it: {front.seen[0]}"


def through_proxy(world):
    front, before = world.front(), len(world.proxy.asked_for())
    result = world.release(f"https://{HOST}:{front.port}", HTTPS_PROXY=proxy.url())
    asked = world.proxy.asked_for(before)
    return result, planned(result) and asked and all("/200" in line for line in asked), f"{len(asked)} CONNECT"


def lower_case_proxy(world):
    front, before = world.front(), len(world.proxy.asked_for())
    result = world.release(f"https://{HOST}:{front.port}", https_proxy=proxy.url())
    return result, planned(result) and world.proxy.asked_for(before), ""


def wrong_password(world):
    front = world.front()
    result = world.release(f"https://{HOST}:{front.port}", HTTPS_PROXY=proxy.url("build%40example.com:wrong"))
    return result, refused(result, "407") and "wrong@" not in result.log and not front.seen, "the log says 407, and not the password"


def no_proxy(value):
    def case(world):
        front, before = world.front(), len(world.proxy.asked_for())
        result = world.release(f"https://{HOST}:{front.port}", HTTPS_PROXY=proxy.url(), NO_PROXY=value)
        return result, planned(result) and not world.proxy.asked_for(before), "the proxy is not asked"

    return case


def no_proxy_for_others(world):
    front, before = world.front(), len(world.proxy.asked_for())
    result = world.release(f"https://{HOST}:{front.port}", HTTPS_PROXY=proxy.url(), NO_PROXY="example.com,codesphere.tes")
    return result, planned(result) and world.proxy.asked_for(before), "the proxy is asked"


def only(version):
    def case(world):
        front = world.front(versions=(version, version))
        result = world.release(f"https://{HOST}:{front.port}")
        return result, planned(result) and set(front.seen) == {version.name.replace("_", ".")}, "/".join(sorted(set(front.seen)))

    return case


def too_old(world):
    front = world.front(versions=(ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1))
    result = world.release(f"https://{HOST}:{front.port}")
    return result, refused(result, "rotocol", "TLS", "tls", "andshake"), "nothing is sent"


def unknown_authority(world):
    front = world.front()
    result = world.release(f"https://{HOST}:{front.port}", ca="")
    return result, refused(result, "ca-certificate"), "the log names `ca-certificate`"


def missing_intermediate(world):
    front = world.front(world.authority.without_intermediate)
    result = world.release(f"https://{HOST}:{front.port}")
    return result, refused(result, "ca-certificate"), "the log names `ca-certificate`"


def given_intermediate(world):
    front = world.front(world.authority.without_intermediate)
    result = world.release(f"https://{HOST}:{front.port}", ca=world.authority.root.read_text() + world.authority.intermediate.read_text())
    return result, planned(result), "both given as `ca-certificate`"


def authority_in_a_file(world):
    front = world.front()
    result = world.release(f"https://{HOST}:{front.port}", ca=str(world.authority.root), GITHUB_WORKSPACE=str(world.authority.folder))
    return result, planned(result), "`ca-certificate` is a path"


def another_name(world):
    front = world.front(address="127.0.0.1")
    result = world.release(f"https://127.0.0.1:{front.port}")
    return result, refused(result, "ertificate"), "its certificate is for other names"


def six(host):
    def case(world):
        front = world.front(address="fd77::1")
        result = world.release(f"https://{host}:{front.port}")
        return result, planned(result), ""

    return case


def data_centre(world):
    port = 8443
    there = world.front(port=port)
    # The same port, as in reality: so the server that redirects listens on another address.
    front = world.front(address="fd77::1", port=port, behave=redirect_to(f"7.{SIX}:{port}"))
    (world.folder / "hosts").write_text(HOSTS.replace(f"7.{HOST}", f"7.{HOST} 7.{SIX}"))
    result = world.release(f"https://{SIX}:{port}")
    (world.folder / "hosts").write_text(HOSTS)
    return result, planned(result) and there.seen and front.seen, f"{len(there.seen)} connections there"


def foreign_redirect(world):
    there = world.front()
    front = world.front(behave=redirect_to(f"7.{SIX}:{there.port}"))
    result = world.release(f"https://{HOST}:{front.port}")
    return result, result.exit == 1 and not there.seen and world.simulator.token not in result.log.replace(f"::add-mask::{world.simulator.token}", ""), "the token is not sent there"


def closes_idle(world):
    front = world.front(behave=close_when_idle)
    bundle = world.authority.root.read_text() + world.simulator.ca
    result = world.release(f"https://{HOST}:{front.port}", ca=bundle, dry_run=False, HTTPS_PROXY=world.simulator.proxy, NO_PROXY=HOST)
    return result, result.exit == 0 and result.outcome in ("released", "unchanged"), f"{len(front.seen)} connections for {len(result.writes)} writes"


@dataclasses.dataclass
class Case:
    name: str
    run: Callable


CASES = [
    Case("no proxy, a private authority with an intermediate", direct),
    Case("its root in a file", authority_in_a_file),
    Case("an authority that was not given", unknown_authority),
    Case("the server forgets its intermediate", missing_intermediate),
    Case("the server forgets it, the release was given it", given_intermediate),
    Case("a certificate for other names", another_name),
    Case("TLS 1.2 only", only(ssl.TLSVersion.TLSv1_2)),
    Case("TLS 1.3 only", only(ssl.TLSVersion.TLSv1_3)),
    Case("TLS 1.0 and 1.1 only", too_old),
    Case("a proxy with authentication", through_proxy),
    Case("the same as https_proxy", lower_case_proxy),
    Case("a wrong password for the proxy", wrong_password),
    Case("NO_PROXY names the host", no_proxy(HOST)),
    Case("NO_PROXY names the domain", no_proxy("example.com, .codesphere.test")),
    Case("NO_PROXY is *", no_proxy("*")),
    Case("NO_PROXY names others", no_proxy_for_others),
    Case("IPv6 only, by name", six(SIX)),
    Case("IPv6 only, by number", six("[fd77::1]")),
    Case("a redirect to the data centre", data_centre),
    Case("a redirect to somebody else", foreign_redirect),
    Case("a server that closes idle connections", closes_idle),
]


HEAD = ("network", "outcome", "reason", "time", "", "seen")
WIDTHS = (max(len(case.name) for case in CASES), 8, 13, 7, 15, 0)


def run(only):
    """Prints the table as it goes; gives the exit status."""
    ran, broken = 0, []
    with tempfile.TemporaryDirectory() as folder, Simulator() as simulator:
        world = World(folder, simulator)
        row(HEAD)
        row("-" * width for width in WIDTHS)
        try:
            for case in (case for case in CASES if only in case.name):
                ran += 1
                result, good, more = case.run(world)
                row((case.name, result.outcome, result.reason, f"{result.seconds:.1f} s", "as expected" if good else "NOT AS EXPECTED", more))
                if not good:
                    broken.append(f"\n---- {case.name}: exit status {result.exit}, {result.writes}\n{result.log}")
            objections = simulator.objections()
        finally:
            world.close()
    print("".join(broken), end="")
    for objection in objections:
        print(f"what no good client does: {objection}")
    print(f"{ran - len(broken)} passed, {len(broken)} failed")
    return 1 if broken or objections or not ran else 0


def row(cells):
    print("  ".join(cell.ljust(width) for cell, width in zip(cells, WIDTHS)).rstrip(), flush=True)
