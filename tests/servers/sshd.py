"""A real OpenSSH server that lets in the person who runs the tests, by a key made for this one server."""

import getpass
import os
import socket
from pathlib import Path

import asyncssh

from tests.servers.process import ServerProcess, free_port, locate

CONFIG = """\
ListenAddress 127.0.0.1:{port}
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/authorized_keys
PidFile none
StrictModes no
UsePAM {pam}
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
MaxStartups 100
Subsystem sftp internal-sftp
LogLevel VERBOSE
{more}
"""


class Sshd(ServerProcess):
    """An sshd on a port of its own. Run as root or not; without root it gives no pty.

    user: who can log in.  client_key: path of the key to do it with.
    known_hosts: the line that a client must know; known_hosts_file: the same in a file.
    """

    def __init__(self, folder: Path, *, path: str = "") -> None:
        """`path` is the PATH of the commands it runs, where that differs from its own."""
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.host = "127.0.0.1"
        self.port = free_port()
        self.user = getpass.getuser()
        self.client_key = folder / "client_key"
        self.client_key.touch(0o600)
        client, server = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(2))
        client.write_private_key(self.client_key)
        (folder / "host_key").touch(0o600)
        server.write_private_key(folder / "host_key")
        client.write_public_key(folder / "authorized_keys")
        host_key = server.export_public_key().decode().strip()
        self.known_hosts = f"[{self.host}]:{self.port} {host_key}\n"
        self.known_hosts_file = folder / "known_hosts"
        self.known_hosts_file.write_text(self.known_hosts)
        config = folder / "sshd_config"
        # A bash that believes to be inside another one does not read ~/.bashrc, which on some machines takes a second.
        more = "SetEnv SHLVL=2" + (f' "PATH={path}"' if path else "")
        pam = "yes" if _account_is_locked() else "no"
        config.write_text(CONFIG.format(port=self.port, folder=folder, pam=pam, more=more))
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # where root's sshd locks its network half in
        super().__init__([locate("sshd"), "-D", "-e", "-f", str(config)], log=folder / "sshd.log", ready=self._greets)

    def _greets(self) -> bool:
        with socket.create_connection((self.host, self.port), timeout=2) as connection:
            return connection.recv(4) == b"SSH-"


def _account_is_locked() -> bool:
    """Whether root has no usable password, as on cloud images: then only PAM lets its key in."""
    if os.geteuid() != 0:
        return False
    accounts = (line.split(":") for line in Path("/etc/shadow").read_text().splitlines())
    return any(name == "root" and password.startswith("!") for name, password, *_ in accounts)
