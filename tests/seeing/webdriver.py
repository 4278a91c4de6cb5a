# SPDX-License-Identifier: BSD-2-Clause
"""A browser that does what a test says, by the WebDriver protocol.

Debian's chromium and chromium-driver, and nothing but Python's own library.
"""
import base64
import json
import shutil
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

KEYS = {"Left": "\ue012", "Right": "\ue014", "Home": "\ue011",
        "End": "\ue010", "Enter": "\ue007", "Shift": "\ue008",
        "Tab": "\ue004", "Escape": "\ue00c"}
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"


class Browser:
    """One window.  `width` below 500 is a phone's."""

    def __init__(self, driver, width=1280, height=900, dark=False):
        self.home = tempfile.mkdtemp(prefix="vnetsim-browser")
        self.process = subprocess.Popen(
            [driver, "--port=0"], stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True)
        self.base = "http://127.0.0.1:%d" % self._port()
        arguments = ["--headless=new", "--no-sandbox", "--disable-gpu",
                     "--disable-dev-shm-usage", "--no-first-run",
                     "--host-resolver-rules=MAP * ~NOTFOUND",
                     "--user-data-dir=" + self.home,
                     "--window-size=%d,%d" % (width, height)]
        options = {"args": arguments}
        if width < 500:
            options["mobileEmulation"] = {"deviceMetrics": {
                "width": width, "height": height, "pixelRatio": 2.0}}
        self.session = ""
        answer = self._send("POST", "/session", {"capabilities": {
            "alwaysMatch": {"browserName": "chrome",
                            "goog:chromeOptions": options,
                            "goog:loggingPrefs": {"browser": "ALL",
                                                  "performance": "ALL"}}}})
        self.session = "/session/" + answer["sessionId"]
        if dark:
            self.devtools("Emulation.setEmulatedMedia", features=[
                {"name": "prefers-color-scheme", "value": "dark"}])

    def _port(self):
        for line in self.process.stdout:
            if "successfully on port" in line:
                return int(line.rsplit(" ", 1)[1].rstrip(".\n"))
        raise RuntimeError("the driver did not start")

    def _send(self, method, path, body=None):
        request = urllib.request.Request(
            self.base + path, method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise RuntimeError(json.load(error)["value"]["message"]) from None

    def post(self, path, **body):
        return self._send("POST", self.session + path, body)

    def open(self, url):
        self.post("/url", url=url)

    def devtools(self, command, **parameters):
        return self.post("/goog/cdp/execute", cmd=command, params=parameters)

    def script(self, text, *arguments):
        return self.post("/execute/sync", script=text, args=list(arguments))

    def element(self, selector):
        return self.post("/element", using="css selector",
                         value=selector)[ELEMENT]

    def click(self, selector):
        self.post("/element/%s/click" % self.element(selector))

    def type(self, selector, text):
        self.post("/element/%s/value" % self.element(selector), text=text)

    def keys(self, *names):
        """Presses them one after the other, wherever the focus is."""
        actions = []
        for name in names:
            held = []
            *modifiers, name = name.split("+")
            for key in modifiers + [name]:
                held.append(KEYS.get(key, key))
                actions.append({"type": "keyDown", "value": held[-1]})
            for key in reversed(held):
                actions.append({"type": "keyUp", "value": key})
        self.post("/actions", actions=[
            {"type": "key", "id": "keyboard", "actions": actions}])

    def text(self, selector):
        return self.script(
            "return document.querySelector(arguments[0]).textContent",
            selector)

    def log(self, kind):
        return self.post("/se/log", type=kind)

    def shot(self, path):
        with open(path, "wb") as out:
            out.write(base64.b64decode(
                self._send("GET", self.session + "/screenshot")))

    def close(self):
        try:
            self._send("DELETE", self.session)
        finally:
            self.process.terminate()
            self.process.wait(30)
            for _ in range(20):
                shutil.rmtree(self.home, ignore_errors=True)
                time.sleep(0.05)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
