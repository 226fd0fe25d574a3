"""A package index for tests, on a free port: made-up wheels, served as Python's package index serves them, and
with the faults that a test asks for."""
import base64
import hashlib
import http.server
import io
import threading
import zipfile


def wheel(name, version, files):
    """A wheel's bytes: `files` (name in it: content) and what pip wants to see."""
    about = f"{name.replace('-', '_')}-{version}.dist-info"
    files = dict(files)
    files[f"{about}/METADATA"] = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode()
    files[f"{about}/WHEEL"] = b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    record = "".join(
        f"{path},sha256={base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b'=').decode()},"
        f"{len(content)}\n" for path, content in files.items())
    files[f"{about}/RECORD"] = f"{record}{about}/RECORD,,\n".encode()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for path, content in files.items():
            archive.writestr(zipfile.ZipInfo(path), content)  # without a time: the same bytes each time
    return out.getvalue()


class PackageIndex:
    """`wheels`: file name → bytes. `cut`: how many of the next downloads break off half-way.
    `stands_still`: they stop half-way, until `goes_on`. `asked`: the files that were asked for. A context."""

    def __init__(self):
        self.wheels = {}
        self.cut = 0
        self.stands_still = False
        self.goes_on = threading.Event()
        self.asked = []
        index = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                index.answer(self)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/simple"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    def answer(self, request):
        name = request.path.rstrip("/").rsplit("/", 1)[-1]
        if name in self.wheels:
            self.asked.append(name)
            self.send(request, self.wheels[name], "application/octet-stream", self.cut > 0 or self.stands_still)
            self.cut -= self.cut > 0
            if self.stands_still:
                self.goes_on.wait(120)
            return
        links = "".join(f'<a href="/files/{file}">{file}</a>\n' for file in self.wheels
                        if file.split("-")[0] == name.replace("-", "_"))
        if not links:
            request.send_error(404)
            return
        self.send(request, f"<!DOCTYPE html><html><body>{links}</body></html>".encode(), "text/html", False)

    @staticmethod
    def send(request, content, kind, half):
        request.send_response(200)
        request.send_header("Content-Type", kind)
        request.send_header("Content-Length", str(len(content)))
        request.end_headers()
        request.wfile.write(content[:len(content) // 2] if half else content)
        request.close_connection = True
