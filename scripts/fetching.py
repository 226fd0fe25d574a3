"""What scripts/models and scripts/test-peers fetch Python packages with: pip in a virtual environment, with
progress, an end to every wait, and one line that says what went wrong."""
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import time

quiet_limit = 90  # seconds in which something must come
whole_limit = 3600
program = os.path.basename(sys.argv[0])
again = f"run scripts/{program} again"


class Unavailable(Exception):
    """Why it is not to be had, and what to do: one line."""


def say(text):
    print(f"{program}: {text}", flush=True)


def megabytes(size):
    return f"{size / 1e6:.0f}" if size >= 10e6 else f"{size / 1e6:.1f}"


def sha256_of(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def size_below(folder):
    total = 0
    for path, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(path, name)).st_size
            except OSError:
                pass
    return total


class Progress:
    """Says how much has come: over and over in one line for people, every ten seconds for a log."""

    def __init__(self, folder, what, size):
        self.folder, self.what, self.size = folder, what, size
        self.before = size_below(folder)
        self.bytes = 0
        self.grew = self.said = time.monotonic()

    def look(self):
        came = size_below(self.folder) - self.before
        now = time.monotonic()
        if came != self.bytes:
            self.bytes, self.grew = came, now
        if sys.stdout.isatty():
            print(f"\r{program}: {self.what}: {megabytes(min(max(came, 0), self.size))} of"
                  f" {megabytes(self.size)} MB ", end="", flush=True)
        elif now - self.said >= 10:
            self.said = now
            say(f"{self.what}: {megabytes(min(max(came, 0), self.size))} of {megabytes(self.size)} MB")
        return now - self.grew

    def end(self):
        if sys.stdout.isatty():
            print("\r\033[K", end="", flush=True)


def why_pip_failed(log):
    def names(*patterns):
        return re.search("|".join(patterns), log, re.IGNORECASE)

    if names("no space left", "errno 28", "disk quota"):
        return f"the disk is full; make room and {again}"
    if names("proxyerror", "cannot connect to proxy", "tunnel connection failed"):
        return f"the proxy does not let pip through; look at HTTPS_PROXY and {again}"
    if names("certificate.verify.failed", "sslerror", "ssl: "):
        return "the package index's certificate is not trusted; name the one to trust with PIP_CERT" \
               f" and {again}"
    if names("do not match the hashes"):
        return f"what came has not the SHA-256 that it should have (broken off, or something else); {again}"
    if names("newconnectionerror", "name resolution", "name or service not known", "connection refused",
             "connecttimeout", "network is unreachable", "connection aborted", "connection broken",
             "timed out", "incompleteread", "remotedisconnected", "connection reset"):
        return f"the package index cannot be reached (no network?); {again} when it can"
    if names("no matching distribution", "could not find a version"):
        return f"the package index does not have it; {again} with one that has (PIP_INDEX_URL)"
    last = [line for line in log.splitlines() if line.startswith("ERROR")] or log.splitlines()[-1:] or ["it said nothing"]
    return f"pip failed: {last[-1].removeprefix('ERROR: ')[:200]}"


class Workshop:
    """The folder in which all is made before it is moved: on the same disk as the models."""

    def __init__(self, path):
        self.path = path
        self.wheels = os.path.join(path, "wheels")
        self.scratch = os.path.join(path, "scratch")
        self.venv = os.path.join(path, "venv")
        for leftover in (self.scratch, self.venv):
            shutil.rmtree(leftover, ignore_errors=True)
        os.makedirs(self.wheels, exist_ok=True)
        os.makedirs(self.scratch)
        self.environment = {name: value for name, value in os.environ.items()
                            if name not in ("PIP_TARGET", "PIP_PREFIX", "PIP_USER", "PYTHONPATH", "PYTHONHOME")}
        self.environment.update(TMPDIR=self.scratch, PIP_DISABLE_PIP_VERSION_CHECK="1")
        system_certificates = "/etc/ssl/certs/ca-certificates.crt"
        if os.path.exists(system_certificates) and not self.environment.get("REQUESTS_CA_BUNDLE"):
            self.environment.setdefault("PIP_CERT", system_certificates)

    def run(self, command, progress=None):
        """The exit code and what it said. Ends the command when nothing comes any more, or it takes an hour."""
        log_path = os.path.join(self.path, "log")
        started = time.monotonic()
        with open(log_path, "w", encoding="utf-8") as log:
            child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                                     env=self.environment)
        try:
            while True:
                try:
                    child.wait(0.2)
                    break
                except subprocess.TimeoutExpired:
                    quiet = progress.look() if progress else 0
                    if quiet > quiet_limit or time.monotonic() - started > whole_limit:
                        raise Unavailable(f"nothing more came within {quiet:.0f} s; {again}") from None
        finally:
            if child.poll() is None:
                child.kill()
                child.wait()
            if progress:
                progress.end()
        with open(log_path, encoding="utf-8", errors="replace") as log:
            return child.returncode, log.read()

    def python(self):
        path = os.path.join(self.venv, "bin", "python")
        if not os.path.exists(path):
            code, said = self.run([sys.executable, "-m", "venv", self.venv])
            if code and "ensurepip" in said:
                raise Unavailable("python3 lacks its module for virtual environments; apt-get install python3-venv"
                                  f" and {again}")
            if code:
                raise Unavailable(f"no virtual environment could be made: {why_pip_failed(said)}")
        return path

    def pip(self, arguments, what, size=None):
        """Runs pip, once more where a download broke off; `size` is that of what it downloads, for progress."""
        download = arguments[0] == "download"
        # A Python that has pip, which Debian's alone has not, downloads without an environment of its own.
        python = sys.executable if download and importlib.util.find_spec("pip") else self.python()
        command = [python, "-m", "pip", *arguments]
        if download:
            command += ["--no-cache-dir", "--no-input", "--retries", "1", "--timeout", "15", "--progress-bar", "off",
                        "--only-binary=:all:", "--require-hashes", "--dest", self.wheels]
        for attempt in (1, 2):
            code, said = self.run(command, Progress(self.path, what, size) if size else None)
            if code == 0:
                return
            broke_off = "DO NOT MATCH" in said or re.search("IncompleteRead|Connection broken", said)
            if attempt == 2 or not broke_off:
                raise Unavailable(f"{what}: {why_pip_failed(said)}")

    def fetch(self, package, wheel):
        path = os.path.join(self.wheels, wheel["file"])
        if os.path.exists(path) and sha256_of(path) == wheel["sha256"]:
            return path
        if os.path.exists(path):
            os.remove(path)
        what = f"{package['name']} {package['version']}"
        say(f"fetching {what} ({megabytes(wheel['size'])} MB)")
        requirement = os.path.join(self.scratch, "requirement.txt")
        with open(requirement, "w", encoding="utf-8") as file:
            file.write(f"{package['name']}=={package['version']} --hash=sha256:{wheel['sha256']}\n")
        tag, abi, machine = wheel["file"][:-4].split("-")[-3:]
        options = []
        if machine != "any":
            for name in machine.split("."):
                options += ["--platform", name]
        if tag.startswith("cp"):
            options += ["--implementation", "cp", "--python-version", f"{tag[2]}.{tag[3:]}", "--abi", abi]
        self.pip(["download", "--no-deps", *options, "-r", requirement], what, wheel["size"])
        if not os.path.exists(path):
            raise Unavailable(f"{what}: pip brought another file than {wheel['file']}; {again}")
        return path

    def install(self, requirements, what, size):
        """Fetches what a requirements file names (`size` bytes), and installs it."""
        self.pip(["download", "-r", requirements], what, size)
        self.pip(["install", "--no-index", "--find-links", self.wheels, "--require-hashes", "--quiet",
                  "-r", requirements], what)
