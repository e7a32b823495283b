"""Owns the simulator behind https on an address of this machine that containers reach too."""
import socket, sys, tempfile, threading
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent.parent / "container"))

from certificates import Authority
from front import Front
from simulator import Simulator


def serve():
    address = own_address()
    with tempfile.TemporaryDirectory() as folder, Simulator() as simulator:
        authority = Authority(folder, [f"IP:{address}"])
        front = Front(simulator.api, authority.chain, authority.key, address="0.0.0.0")
        print(f"api-url=https://{address}:{front.port}/api\ntoken={simulator.token}\nca-certificate={authority.root}\nready", flush=True)
        threading.Event().wait()


def own_address():
    """Where this machine is reached; a datagram socket that is connected sends nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))
        return probe.getsockname()[0]
