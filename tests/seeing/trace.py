#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""vnetsim trace -o, --text, and what all of its kind say to bad input.

usage: trace.py vnetsim directory-of-scenarios
"""
import collections
import json
import os
import pty
import re
import subprocess
import sys
import tempfile

VNETSIM, SCENARIOS = sys.argv[1:3]
failed = 0


def bad(*words):
    global failed
    failed = 1
    print("not ok:", *words)


def run(*arguments, environment=None):
    return subprocess.run([VNETSIM, *arguments], capture_output=True,
                          text=True, env=environment, check=False)


def scenario(name):
    return os.path.join(SCENARIOS, name + ".scn")


# --- one trace ----------------------------------------------------------------

class Trace:
    """A trace, and what must be so in each."""

    def __init__(self, name, path):
        self.name = name
        with open(path, encoding="utf-8") as file:
            trace = json.load(file)
        self.events = trace["traceEvents"]
        self.about = trace["otherData"]
        self.steps = {}         # by number
        self.slices = []        # (track, begin, end, event)

    def bad(self, *words):
        bad(self.name + ":", *words)

    def of(self, *phases):
        return [e for e in self.events if e["ph"] in phases]

    def check(self):
        self.check_fields()
        self.check_slices()
        self.check_steps()
        self.check_exclusion()
        self.check_flows()
        self.check_lives()
        self.check_ledger()
        self.check_counters()
        return self

    def check_fields(self):
        named = {e["tid"] for e in self.of("M") if e["name"] == "thread_name"}
        for event in self.events:
            if not {"ph", "name", "pid", "tid", "ts"} <= set(event):
                self.bad("fields are missing in", event)
            if event["pid"] == 1 and event["ph"] in "BEXi" and \
                    event["tid"] not in named and event.get("s") != "g":
                self.bad("a track without a name", event)

    def check_slices(self):
        """Every B has its E, slices lie in each other, time goes on."""
        stacks = collections.defaultdict(list)
        clock = collections.Counter()
        for event in self.of("B", "E", "X"):
            track, now = event["tid"], event["ts"]
            if now < clock[track]:
                self.bad("time goes back at", event)
            clock[track] = now
            stack = stacks[track]
            if event["ph"] == "B":
                stack.append(event)
            elif event["ph"] == "X":
                self.slices.append((track, now, now + event["dur"], event))
                clock[track] = now + event["dur"]
            elif not stack or stack[-1]["name"] != event["name"]:
                self.bad("an E of no B", event)
            else:
                begin = stack.pop()
                if begin["ts"] >= now:
                    self.bad("a slice of no length", begin)
                self.slices.append((track, begin["ts"], now, begin))
        for stack in stacks.values():
            for event in stack:
                self.bad("a B without an E", event)

    def check_steps(self):
        for event in self.of("X"):
            number = event["args"]["step"]
            if number in self.steps or event["ts"] != number:
                self.bad("step", number, "stands twice, or elsewhere")
            self.steps[number] = event
        if sorted(self.steps) != list(range(1, self.about["steps"] + 1)):
            self.bad("steps are missing")
        for _, begin, end, event in self.slices:
            if event["cat"] == "wait" and end not in self.steps and \
                    "unfinished" not in event["args"]:
                self.bad("a wait that ends with no step", event)
            if event["cat"] == "hold" and begin not in self.steps and \
                    "continued" not in event["args"] and begin > 0:
                self.bad("a lock is taken in no step", event)

    def check_exclusion(self):
        """Who holds a lock alone holds it alone."""
        holds = collections.defaultdict(list)
        for track, begin, end, event in self.slices:
            if event["cat"] == "hold":
                holds[event["name"]].append(
                    (begin, end, track, "shared" in event["args"]))
        for name, list_ in holds.items():
            for i, (begin, end, track, shared) in enumerate(list_):
                for other in list_[:i]:
                    if other[2] != track and begin < other[1] - 1 and \
                            other[0] < end - 1 and \
                            not (shared and other[3]):
                        self.bad(name, "is held by two", begin, other)

    def check_flows(self):
        ends = collections.defaultdict(dict)
        for event in self.of("s", "f"):
            if event["ph"] in ends[event["id"]]:
                self.bad("an arrow with two ends of a kind", event)
            ends[event["id"]][event["ph"]] = event
        for pair in ends.values():
            if set(pair) != {"s", "f"}:
                self.bad("an arrow with one end", pair)
                continue
            for event in pair.values():
                step = self.steps.get(int(event["ts"]))
                if step is None or step["tid"] != event["tid"]:
                    self.bad("an arrow from or to no step", event)
            if pair["s"]["ts"] >= pair["f"]["ts"]:
                self.bad("an arrow into the past", pair)
            if not any(track == pair["f"]["tid"] and e["cat"] == "wait" and
                       end == int(pair["f"]["ts"])
                       for track, _, end, e in self.slices):
                self.bad("an arrow to who did not wait", pair)
        self.arrows = len(ends)

    def check_lives(self):
        lives = collections.defaultdict(list)
        for event in self.of("b", "n", "e"):
            lives[event["cat"], event["id"]].append(event)
        for events in lives.values():
            phases = "".join(e["ph"] for e in events)
            if not re.fullmatch("bn*e", phases):
                self.bad("a life that is", phases, events[0])
            times = [e["ts"] for e in events]
            if times != sorted(times):
                self.bad("a life that ends before it begins", events[0])
        self.lives = {e[0]["name"]: e for e in lives.values()}

    def counter(self, name):
        return [e["args"]["references"] for e in self.of("C")
                if e["name"] == name]

    def check_ledger(self):
        """The counter of an object is the sum of its ledger."""
        ledger = collections.defaultdict(list)
        for event in self.of("i"):
            if event["cat"] == "ledger":
                ledger[event["args"]["object"]].append(event)
        for name, entries in ledger.items():
            counter = self.counter("refs " + name)
            changes = [e for e in entries
                       if not e["name"].startswith("rename ")]
            if not changes:
                continue
            births = changes[0]["name"].startswith("birth ")
            total = 0
            if len(counter) > len(changes):
                total = counter.pop(0)
            elif not births and changes[0]["args"]["references"] != 1:
                self.bad(name, "comes from nowhere")
            for entry, shown in zip(changes, counter):
                what = entry["name"].split(" ")[0]
                total += {"birth": 1, "hold": 1, "rele": -1,
                          "death": -total}[what]
                if total < 0 or total != shown or \
                        total != entry["args"]["references"]:
                    self.bad(name, entry["name"], "makes", total, "not",
                             shown)
                    total = shown
            if len(counter) != len(changes):
                self.bad(name, "has", len(counter), "values of",
                         len(changes))

    def check_counters(self):
        """A word is what its operations make of it, and what is held."""
        names = {e["name"] for e in self.of("C")
                 if e["name"].startswith("count ")}
        self.counters = len(names)
        for name in names:
            series = [(e["ts"], e["args"]["references"])
                      for e in self.of("C") if e["name"] == name]
            # Of each step the value before it and the one after it.
            for (then, before), (_, after) in zip(series[::2], series[1::2]):
                what = self.steps[then]["name"].split(" ")[0]
                wanted = {"refcount_acquire": [before + 1],
                          "refcount_release": [before - 1],
                          "refcount_load": [before]}[what]
                # What asks for it leaves the first and the last alone.
                if before == (what == "refcount_release"):
                    wanted.append(before)
                if after not in wanted:
                    self.bad(name, what, "makes", after, "of", before)
            match = re.fullmatch(r"count (ifnet \S+)\+0x[0-9a-f]+", name)
            if match is None or self.about["outcome"] != "clean":
                continue
            held = self.counter("refs " + match[1])
            if held and series[-1][1] != held[-1]:
                self.bad(name, "is", series[-1][1], "in the end, of which",
                         held[-1], "have a holder")


# --- traces -------------------------------------------------------------------

def trace(directory, name, *arguments):
    path = os.path.join(directory, "out.json")
    result = run("trace", *arguments, "-o", path)
    if result.returncode != 0 or result.stdout or result.stderr:
        bad(name, result)
    made = Trace(name, path).check()
    os.unlink(path)
    if os.listdir(directory):
        bad(name, "leaves", os.listdir(directory))
    return made


def test_traces(directory):
    table = trace(directory, "philosophers", "philosophers", "--seed", "1")
    waits = [e for e in table.of("B") if e["cat"] == "wait" and
             "unfinished" in e["args"]]
    if table.about["outcome"] != "deadlock" or len(waits) != 3:
        bad("philosophers do not wait for each other", table.about)
    if not any(e.get("s") == "g" for e in table.of("i")):
        bad("the deadlock is not in the picture")
    clean = trace(directory, "clean", scenario("reclaim-twice"))
    if clean.about["outcome"] != "clean" or clean.counters == 0:
        bad("nothing is counted in a clean run", clean.about)
    if "ifnet disc0" not in clean.lives or "prison j" not in clean.lives:
        bad("lives are missing", sorted(clean.lives))
    if clean.arrows == 0:
        bad("nobody wakes anybody in a clean run")
    if not any(e["cat"] == "epoch" for e in clean.of("B")):
        bad("no epoch in a clean run")
    trace(directory, "locks only", scenario("vmove-destroy-race"),
          "--accesses", "off", "--schedules", "1")
    for name in ("detach-vs-sysinit-abba", "tun-destroy-parks-on-detach-lock",
                 "jail-remove-waits-for-its-own-process",
                 "tun-cdev-extra-ref", "destroy-lands-after-reclaim"):
        trace(directory, name, scenario(name), "--bug", "on", "--accesses",
              "off")


def test_replay(directory):
    replay = os.path.join(directory, "r")
    run("explore", "philosophers", "--seed", "1", "--out", replay)
    path = os.path.join(directory, "out.json")
    result = run("trace", replay, "-o", path)
    if result.returncode != 0:
        bad("a replay is not traced", result)
        return
    first = Trace("replay", path).check()
    run("trace", replay, "-o", path)
    if Trace("again", path).events != first.events:
        bad("a replay is not the same twice")
    os.unlink(path)
    os.unlink(replay)


# --- text ---------------------------------------------------------------------

def in_columns(width, **more):
    return {**os.environ, "COLUMNS": str(width), **more}


def test_widths(directory):
    replay = os.path.join(directory, "r")
    run("explore", scenario("detach-vs-sysinit-abba"), "--bug", "on",
        "--accesses", "off", "--out", replay)
    for width in [*range(40, 130), 160, 200]:
        for more in ([], ["--all"]) if width % 20 == 0 else ([],):
            result = run("trace", replay, "--text", *more,
                         environment=in_columns(width))
            lines = result.stdout.split("\n")
            if result.returncode != 0 or len(lines) < 20:
                bad("no text in", width, "columns", result)
            for line in lines:
                if len(line) > width:
                    bad("wider than", width, repr(line))
    os.unlink(replay)


def on_terminal(environment, width):
    """What the command writes to a terminal of that width."""
    child, fd = pty.fork()
    if child == 0:
        import fcntl
        import struct
        import termios
        fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("4H", 30, width, 0, 0))
        os.execve(VNETSIM, [VNETSIM, "trace", "philosophers", "--seed", "1"],
                  environment)
    text = b""
    while True:
        try:
            piece = os.read(fd, 65536)
        except OSError:
            break
        if not piece:
            break
        text += piece
    os.close(fd)
    os.waitpid(child, 0)
    return text.decode().replace("\r\n", "\n")


def test_color():
    plain = {k: v for k, v in os.environ.items()
             if k not in ("COLUMNS", "NO_COLOR")}
    plain["TERM"] = "xterm"
    text = on_terminal(plain, 57)
    if "\033[1;31m" not in text:
        bad("no color on a terminal", text)
    bare = re.sub("\033\\[[0-9;]*m", "", text)
    if max(map(len, bare.split("\n"))) > 57 or \
            max(map(len, bare.split("\n"))) < 50:
        bad("the window's width is not used", bare)
    for environment in ({**plain, "NO_COLOR": "1"}, {**plain, "TERM": "dumb"}):
        if "\033" in on_terminal(environment, 57):
            bad("color where none is wanted", environment)
    if "\033" in run("trace", "philosophers", environment=plain).stdout:
        bad("color in a pipe")


# --- refs, and bad input ------------------------------------------------------

def expect(status, text, *arguments):
    result = run(*arguments)
    said = result.stdout + result.stderr
    if result.returncode != status or text not in said:
        bad(arguments, "gave", result.returncode, "and not", repr(text),
            "but", said)
    return said


def test_refs():
    clean = scenario("reclaim-twice")
    said = expect(0, "ifnet disc0: ", "refs", clean, "ifnet", "disc0")
    held = 0
    for line in said.splitlines()[1:]:
        match = re.match(r"  (before|after|step \d+) +\S+ +(\d+)  (\w+)",
                         line)
        if match is None:
            bad("no line of a ledger:", line)
            continue
        held += {"birth": 1, "hold": 1, "rele": -1, "rename": 0,
                 "death": -held}[match[3]]
        if held != int(match[2]):
            bad("a ledger that does not add up:", line)
    expect(0, "prison user j: ", "refs", clean, "prison user")
    expect(0, "vnet vnet0: ", "refs", clean)
    expect(1, "no object disc9 in this run", "refs", clean, "disc9")
    expect(2, '"ifent" is no kind', "refs", clean, "ifent", "disc0")
    expect(2, 'what is "x"', "refs", clean, "ifnet", "disc0", "x")
    expect(2, "and an object", "refs")


def test_mistakes(directory):
    script = os.path.join(directory, "m.scn")
    other = os.path.join(directory, "other")
    with open(script, "w", encoding="ascii") as file:
        file.write("thread a\n\tifconfig disc0 craete\n")
    with open(other, "w", encoding="ascii") as file:
        file.write("vnetsim-replay 7\n")
    for command in ("trace", "lockgraph", "refs"):
        expect(2, "m.scn:2:17: \"craete\"", command, script)
        expect(2, "format 7 is another version's", command, other)
        expect(2, "no scenario \"nothing\"", command, "nothing")
        expect(2, "cannot read /nonexistent/x", command, "/nonexistent/x")
        expect(2, "bad option", command, "philosophers", "--nonsense")
        expect(2, "is not a number", command, "philosophers", "--seed", "x")
        expect(2, "unknown", command, "philosophers", "--profile", "P9")
        expect(2, 'there is no "x"', command, "philosophers", "--bug", "x=on")
        expect(2, "on or off", command, "philosophers", "--accesses", "some")
        expect(2, "is a replay", command, other, "--profile", "S15")
        expect(0, "usage: vnetsim " + command, command, "--help")
    for command, option in (("trace", "-o"), ("trace", "--html"),
                            ("lockgraph", "-o")):
        expect(2, "cannot write into /nonexistent", command, "philosophers",
               option, "/nonexistent/x")
    expect(2, "give one", "trace", "philosophers", "two")
    expect(2, "give one", "trace")
    os.unlink(script)
    os.unlink(other)
    # A name that another has is left alone.
    os.mkdir(os.path.join(directory, "d"))
    expect(2, "cannot write", "trace", "philosophers", "-o",
           os.path.join(directory, "d"))
    if os.listdir(directory) != ["d"]:
        bad("half a file is left", os.listdir(directory))
    os.rmdir(os.path.join(directory, "d"))


def test_changed(directory):
    """A replay of other code says what differs."""
    replay = os.path.join(directory, "r")
    run("explore", "philosophers", "--seed", "1", "--out", replay)
    with open(replay, encoding="utf-8") as file:
        lines = file.read().split("\n")
    event = next(i for i, line in enumerate(lines)
                 if line.startswith("first mtx_lock "))
    lines[event] = "first sx_xlock somewhere"
    image = next(i for i, line in enumerate(lines)
                 if line.startswith("image "))
    lines[image] = "image 0123456789abcdef"
    text = "\n".join(lines[:-2]) + "\n"
    number = 0xcbf29ce484222325
    for byte in text.encode():
        number = (number ^ byte) * 0x100000001b3 % 2**64
    with open(replay, "w", encoding="utf-8") as file:
        file.write(text + "end %016x\n" % number)
    for command in ("trace", "lockgraph", "refs"):
        said = expect(2, 'expected "first sx_xlock somewhere", came "first '
                      'mtx_lock', command, replay)
        if "not the one this was recorded with" not in said:
            bad("nothing is said of the code", said)
    os.unlink(replay)


with tempfile.TemporaryDirectory() as home:
    test_traces(home)
    test_replay(home)
    test_widths(home)
    test_color()
    test_refs()
    test_mistakes(home)
    test_changed(home)
sys.exit(failed)
