"""scripts/models against a package index of this test's own: what it fetches, how it goes on after an
interruption, and what it says where it cannot."""
import hashlib
import json
import os
import pathlib
import platform
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

sys.dont_write_bytecode = True
from package_index import PackageIndex, wheel  # noqa: E402

script = pathlib.Path(__file__).resolve().parents[2] / "scripts" / "models"
without = "; PocketSphinx serves meanwhile\n"
one, two, three = b"one" * 50_000, b"two" * 60_000, b"three" * 10


def digest(content):
    return hashlib.sha256(content).hexdigest()


class Models(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        # A Python with pip, so that not each run of the script makes an environment for it, which takes seconds.
        cls.tools = tempfile.mkdtemp(prefix="sotto-models-")
        cls.addClassCleanup(shutil.rmtree, cls.tools)
        subprocess.run([sys.executable, "-m", "venv", cls.tools], check=True, capture_output=True, timeout=240)
        cls.python = os.path.join(cls.tools, "bin", "python")

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="sotto-models-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.models = self.folder / "models"
        self.index = PackageIndex()
        self.index.__enter__()
        self.addCleanup(self.index.__exit__)
        self.environment = {name: value for name, value in os.environ.items()
                            if not name.startswith("PIP_") and not name.lower().endswith("_proxy")
                            and name not in ("SOTTO_SKIP_MODELS", "CI")}
        self.environment.update(SOTTO_MODELS=str(self.models), PIP_INDEX_URL=self.index.url,
                                SOTTO_MODELS_MANIFEST=str(self.folder / "manifest.json"))
        self.manifest = {"packages": [], "models": []}
        self.add_package("first-part", {"first/one.bin": one, "first/three.bin": three})
        # Weights are the same on every processor, whatever their wheel's name says.
        self.add_package("second-part", {"second/two.bin": two}, "manylinux2014_x86_64")
        self.add_model("ears", "first-part", {"first/one.bin": one, "first/three.bin": three})
        self.add_model("words", "second-part", {"second/two.bin": two})
        self.write_manifest()

    def add_package(self, name, files, machine="any"):
        content = wheel(name, "1.0", files)
        file = f"{name.replace('-', '_')}-1.0-py3-none-{machine}.whl"
        self.index.wheels[file] = content
        self.manifest["packages"].append({"name": name, "version": "1.0", "wheels": [
            {"file": file, "size": len(content), "sha256": digest(content)}]})

    def add_model(self, name, package, files, optional=False, **more):
        self.manifest["models"].append({
            "optional": optional,
            "name": name, "purpose": "tests", "licence": "MIT", "package": package,
            "files": [{"from": path, "to": f"{name}/{os.path.basename(path)}", "size": len(content),
                       "sha256": digest(content), **more} for path, content in files.items()]})

    def write_manifest(self):
        (self.folder / "manifest.json").write_text(json.dumps(self.manifest))

    def run_script(self, *arguments, prefix=(), python=None, **environment):
        return subprocess.run([*prefix, python or self.python, script, *arguments],
                              env={**self.environment, **environment}, capture_output=True, text=True, timeout=240, check=False)

    def assert_fetched(self, ran):
        self.assertEqual((ran.returncode, ran.stderr), (0, ""), ran.stdout)
        for path, content in (("ears/one.bin", one), ("ears/three.bin", three), ("words/two.bin", two)):
            self.assertEqual((self.models / path).read_bytes(), content, path)
        self.assertFalse((self.models / ".partial").exists(), "nothing is left over")

    def assert_goes_without(self, ran, says):
        self.assertEqual(ran.returncode, 3, ran.stdout + ran.stderr)
        self.assertEqual(ran.stderr.count("\n"), 1, ran.stderr)
        self.assertIn(says, ran.stderr)
        self.assertTrue(ran.stderr.endswith(without), ran.stderr)

    def test_fetches_and_asks_nothing_the_second_time(self):
        ran = self.run_script()
        self.assert_fetched(ran)
        self.assertIn(f"MB into {self.models}, once: ears, words", ran.stdout)
        self.index.asked.clear()
        started = time.monotonic()
        again = self.run_script(PIP_INDEX_URL="http://127.0.0.1:1/simple")
        self.assertLess(time.monotonic() - started, 5)
        self.assertEqual((again.returncode, again.stdout, again.stderr), (0, "", ""))
        self.assertEqual(self.index.asked, [])

    def test_fetches_again_what_is_missing_or_damaged_and_no_more(self):
        self.assert_fetched(self.run_script())
        self.index.asked.clear()
        damaged = bytearray(two)
        damaged[1000] ^= 1
        (self.models / "words/two.bin").write_bytes(damaged)
        (self.models / "ears/three.bin").unlink()
        (self.models / "ears/three.bin").mkdir()  # a folder in its place
        self.assert_fetched(self.run_script())
        self.assertEqual(len(self.index.asked), 2)
        # A damage that keeps the size and the time is found by reading all again.
        path = self.models / "words/two.bin"
        times = path.stat()
        path.write_bytes(damaged)
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
        self.assertEqual(self.run_script().stdout, "")
        self.assert_fetched(self.run_script("--again"))

    def test_a_download_that_breaks_off_once_is_made_again(self):
        self.index.cut = 1
        self.assert_fetched(self.run_script())
        self.assertEqual(len(self.index.asked), 3)

    def test_goes_on_after_an_interruption(self):
        second = self.manifest["packages"][1]["wheels"][0]["file"]
        missing = self.index.wheels.pop(second)
        ran = self.run_script()
        self.assert_goes_without(ran, "second-part 1.0: the package index does not have it")
        self.assertEqual((self.models / "ears/one.bin").read_bytes(), one, "what came first is there")
        self.index.asked.clear()
        self.index.wheels[second] = missing
        self.index.cut = 99
        self.assert_goes_without(self.run_script(), "second-part 1.0: ")
        self.index.cut = 0
        self.index.asked.clear()
        self.assert_fetched(self.run_script())
        self.assertEqual(self.index.asked, [second], "only what was missing")

    def test_a_wheel_that_is_there_already_is_used(self):
        name = self.manifest["packages"][1]["wheels"][0]["file"]
        wheels = self.models / ".partial" / "wheels"
        wheels.mkdir(parents=True)
        (wheels / name).write_bytes(self.index.wheels[name])
        first = self.manifest["packages"][0]["wheels"][0]["file"]
        (wheels / first).write_bytes(self.index.wheels[first][:1000])  # and half of one is not
        self.assert_fetched(self.run_script())
        self.assertEqual(self.index.asked, [first])

    def test_a_signal_ends_it_in_order(self):
        self.index.stands_still = True
        self.addCleanup(self.index.goes_on.set)
        child = subprocess.Popen([self.python, script], env=self.environment, stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE, text=True)
        deadline = time.monotonic() + 120
        while not self.index.asked and time.monotonic() < deadline and child.poll() is None:
            time.sleep(0.02)
        self.assertTrue(self.index.asked, "a download has begun")
        child.send_signal(signal.SIGTERM)
        _, said = child.communicate(timeout=60)
        self.assertEqual(child.returncode, 130, said)
        self.assertIn("goes on where this ended", said)
        self.index.goes_on.set()
        self.index.stands_still = False
        self.assert_fetched(self.run_script())

    def test_what_is_not_the_manifests_is_not_taken(self):
        first = self.manifest["packages"][0]["wheels"][0]
        right, first["sha256"] = first["sha256"], digest(b"another")
        self.write_manifest()
        self.assert_goes_without(self.run_script(), "first-part 1.0: what came has not the SHA-256")
        self.assertFalse((self.models / "ears").exists())
        first["sha256"] = right
        self.manifest["models"][0]["files"][0]["size"] += 1
        self.write_manifest()
        self.assert_goes_without(self.run_script(), "first/one.bin of first_part-1.0-py3-none-any.whl has 150000 bytes")
        self.assertFalse((self.models / "ears/one.bin").exists())
        self.manifest["models"][0]["files"][0]["from"] = "first/none.bin"
        self.write_manifest()
        self.assert_goes_without(self.run_script(), "has no first/none.bin")

    def test_a_failed_preparation_is_said_and_the_rest_is_there(self):
        self.manifest["preparation"] = {"requirements": "requirements.txt", "size": 1}
        (self.folder / "requirements.txt").write_text(
            f"first-part==1.0 --hash=sha256:{self.manifest['packages'][0]['wheels'][0]['sha256']}\n")
        self.manifest["models"][0]["files"][0]["prepared"] = True
        self.write_manifest()
        ran = self.run_script()
        self.assert_goes_without(ran, "the decoder could not be prepared: ModuleNotFoundError")
        self.assertEqual((self.models / "words/two.bin").read_bytes(), two)
        self.assertFalse((self.models / "ears/one.bin").exists())

    def test_a_python_without_pip_makes_itself_an_environment(self):
        bare = os.path.join(self.folder, "bare")
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", bare], check=True, capture_output=True, timeout=240)
        self.assert_fetched(self.run_script(python=os.path.join(bare, "bin", "python")))

    def test_names_choose(self):
        ran = self.run_script("words")
        self.assertEqual(ran.returncode, 0, ran.stderr)
        self.assertEqual(sorted(path.name for path in self.models.iterdir() if not path.name.startswith(".")), ["words"])
        ran = self.run_script("wrods")
        self.assertEqual(ran.returncode, 2)
        self.assertEqual(ran.stderr, "models: there is no model wrods; there are ears, words\n")
        self.assertEqual(self.run_script("--fast").returncode, 2)

    def test_what_is_optional_is_fetched_when_it_is_named(self):
        self.add_model("voice", "first-part", {"first/one.bin": one}, optional=True)
        self.write_manifest()
        self.assert_fetched(self.run_script())
        self.assertFalse((self.models / "voice").exists())
        self.assertEqual(self.run_script("voice").returncode, 0)
        voice = self.models / "voice/one.bin"
        self.assertEqual(voice.read_bytes(), one)
        voice.write_bytes(b"damaged")
        self.assertEqual(self.run_script().returncode, 0)
        self.assertEqual(voice.read_bytes(), one, "what is there is kept right")

    def test_a_wheel_for_this_processor_comes_before_one_for_another(self):
        machine = platform.machine()
        other = "aarch64" if machine == "x86_64" else "x86_64"
        for name, content in ((other, two), (machine, one)):
            self.add_package("engine", {"engine/it.bin": content}, f"manylinux2014_{name}")
        wheels = [package["wheels"][0] for package in self.manifest["packages"][-2:]]
        self.manifest["packages"][-2:] = [{"name": "engine", "version": "1.0", "wheels": wheels}]
        self.add_model("engine", "engine", {"engine/it.bin": one})
        self.write_manifest()
        self.assertEqual(self.run_script("engine").returncode, 0)
        self.assertEqual((self.models / "engine/it.bin").read_bytes(), one)

    def test_what_was_removed_stays_away_until_it_is_named(self):
        self.models.mkdir()
        (self.models / ".removed-ears").touch()
        self.assertEqual(self.run_script().returncode, 0)
        self.assertFalse((self.models / "ears").exists())
        self.assert_fetched(self.run_script("ears"))
        self.assertFalse((self.models / ".removed-ears").exists())

    def test_skips_when_told(self):
        ran = self.run_script("--into", self.folder / "image", SOTTO_SKIP_MODELS="1")
        self.assertEqual((ran.returncode, ran.stdout, ran.stderr), (0, "", ""))
        self.assertEqual(list((self.folder / "image").iterdir()), [], "a folder to copy, with nothing in it")

    def test_without_a_network(self):
        started = time.monotonic()
        self.assert_goes_without(self.run_script(PIP_INDEX_URL="http://127.0.0.1:1/simple"),
                                 "the package index cannot be reached (no network?)")
        self.assertLess(time.monotonic() - started, 60)

    def test_with_a_proxy_that_refuses(self):
        self.assert_goes_without(
            self.run_script(PIP_INDEX_URL="https://index.invalid/simple", HTTPS_PROXY="http://127.0.0.1:1"),
            "the proxy does not let pip through; look at HTTPS_PROXY")

    def test_without_a_data_folder(self):
        (self.folder / "file").write_text("no folder")
        self.assert_goes_without(self.run_script(SOTTO_MODELS=str(self.folder / "file" / "models")),
                                 f"{self.folder}/file/models cannot be written")
        environment = {name: value for name, value in self.environment.items()
                       if name not in ("SOTTO_MODELS", "HOME", "XDG_DATA_HOME")}
        ran = subprocess.run([self.python, script], env=environment, capture_output=True, text=True, timeout=60,
                             check=False)
        self.assert_goes_without(ran, "HOME is not set")

    def test_with_a_folder_that_is_read_only(self):
        if os.geteuid() == 0:
            self.skipTest("root writes everywhere")
        self.models.mkdir(mode=0o500)
        self.assert_goes_without(self.run_script(), "cannot be written")

    def test_with_a_disk_that_is_full(self):
        self.manifest["models"][0]["files"][0]["size"] = 10**15
        self.write_manifest()
        self.assert_goes_without(self.run_script(), "MB free and")

    def test_on_another_processor(self):
        if not shutil.which("setarch") or platform.machine() != "x86_64":
            self.skipTest("there is no setarch")
        self.assert_goes_without(self.run_script(prefix=("setarch", "i386")), "none for this processor (i686)")

    def test_two_at_once(self):
        children = [subprocess.Popen([self.python, script], env=self.environment, stdout=subprocess.PIPE,
                                     stderr=subprocess.PIPE, text=True) for _ in range(2)]
        for child in children:
            out, said = child.communicate(timeout=240)
            self.assertEqual((child.returncode, said), (0, ""), out)
        self.assertEqual(sorted(self.index.asked), sorted(self.index.wheels), "each was fetched once")


if __name__ == "__main__":
    unittest.main(verbosity=2)
