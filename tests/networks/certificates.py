"""Owns a certificate authority as companies have them: a root, an intermediate that it signed, a server's certificate."""
import subprocess
from pathlib import Path

CA = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign"


class Authority:
    """Files in a folder: `root` is what clients are given, `chain` and `key` what a server shows and keeps."""

    def __init__(self, folder, names):
        self.folder = Path(folder)
        self.request("root", "Networks root", "-x509", "-days", "2", "-addext", CA.split("\n")[0], "-addext", CA.split("\n")[1])
        self.signed("intermediate", "Networks intermediate", "root", CA)
        self.signed("server", "server", "intermediate", f"subjectAltName={','.join(names)}\nextendedKeyUsage=serverAuth")
        self.root, self.intermediate, self.key = (self.folder / name for name in ("root.pem", "intermediate.pem", "server.key"))
        self.chain = self.bundle("chain.pem", "server.pem", "intermediate.pem")
        self.without_intermediate = self.folder / "server.pem"

    def request(self, name, subject, *more):
        self.openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", f"{name}.key", "-subj", f"/CN={subject}",
                     "-out", f"{name}.pem" if more else f"{name}.csr", *more)

    def signed(self, name, subject, by, extensions):
        self.request(name, subject)
        (self.folder / f"{name}.ext").write_text(extensions)
        self.openssl("x509", "-req", "-in", f"{name}.csr", "-CA", f"{by}.pem", "-CAkey", f"{by}.key", "-CAcreateserial", "-days", "2", "-extfile", f"{name}.ext", "-out", f"{name}.pem")

    def bundle(self, name, *parts):
        (self.folder / name).write_text("".join((self.folder / part).read_text() for part in parts))
        return self.folder / name

    def openssl(self, *arguments):
        subprocess.run(["openssl", *arguments], cwd=self.folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
