"""Owns squid as a company's proxy: it wants a name and a password, and writes down where it was asked to go."""
import os, shutil, subprocess
from pathlib import Path

from front import reached

ADDRESS, PORT = "10.77.0.1", 3128
# As people have them: every character that means something in an address.
USER, PASSWORD, WRITTEN = "build@example.com", "p@ss:w/rd%2F#", "build%40example.com:p%40ss%3Aw%2Frd%252F%23"
HELPER = "/usr/lib/squid/basic_ncsa_auth"


class Proxy:
    def __init__(self, folder):
        self.log = Path(folder) / "access.log"
        # It gives up root's rights, and must still write there.
        os.chmod(folder, 0o777)
        password = subprocess.run(["openssl", "passwd", "-apr1", "-stdin"], input=PASSWORD, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
        (Path(folder) / "users").write_text(f"{USER}:{password}\n")
        os.chmod(Path(folder) / "users", 0o644)
        configuration = Path(folder) / "squid.conf"
        configuration.write_text(f"""
http_port {ADDRESS}:{PORT}
auth_param basic program {HELPER} {folder}/users
acl signed_in proxy_auth REQUIRED
http_access allow signed_in
http_access deny all
access_log stdio:{self.log}
cache_log {folder}/cache.log
cache deny all
pid_filename none
shutdown_lifetime 0 seconds
""")
        program = shutil.which("squid", path=os.environ["PATH"] + ":/usr/sbin")
        self.process = subprocess.Popen([program, "-N", "-f", configuration], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        reached(ADDRESS, PORT)

    def asked_for(self, since=0):
        """The lines about where it was asked to go."""
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        return [line for line in lines if "CONNECT" in line][since:]

    def close(self):
        self.process.terminate()
        self.process.wait(10)


def url(written=WRITTEN):
    return f"http://{written}@{ADDRESS}:{PORT}"
