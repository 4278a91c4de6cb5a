#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""vnetsim trace --html, in a browser that clicks and types.

usage: page.py vnetsim directory-of-scenarios chromedriver
"""
import collections
import json
import os
import re
import subprocess
import sys
import tempfile
import time

from webdriver import Browser

VNETSIM, SCENARIOS, DRIVER = sys.argv[1:4]
failed = 0


def bad(*words):
    global failed
    failed = 1
    print("not ok:", *words)


def same(what, got, wanted):
    if got != wanted:
        bad(what, "is", repr(got)[:400], "and not", repr(wanted)[:400])


def run(*arguments):
    result = subprocess.run([VNETSIM, *arguments], capture_output=True,
                            text=True, check=False)
    if result.returncode != 0:
        bad(arguments, result)
    return result.stdout


def make(directory, name, *arguments):
    """The page and the trace of one run: (url, events, about)."""
    page = os.path.join(directory, name + ".html")
    trace = os.path.join(directory, name + ".json")
    run("trace", *arguments, "--html", page, "-o", trace)
    with open(trace, encoding="utf-8") as file:
        made = json.load(file)
    return "file://" + page, made["traceEvents"], made["otherData"]


# --- what the page shows ------------------------------------------------------

def current(browser):
    """The number of the step that is marked, and in all places the same."""
    rows = browser.script(
        "return [...document.querySelectorAll('#steps [aria-current]')]"
        ".map(r => r.id)")
    number = int(rows[0][5:]) if len(rows) == 1 else rows
    told = browser.text("#now")
    same("the number in the field",
         browser.script("return document.getElementById('number').value"),
         str(number))
    if not told.startswith("Step %s of " % number):
        bad("step", number, "is told as", told)
    same("the state's caption", browser.text("#state-caption"),
         "After step %s" % number)
    if not browser.script(
            "const r = document.querySelector('#steps [aria-current]')"
            ".getBoundingClientRect();"
            "return r.bottom <= innerHeight + 1 && r.top >= document."
            "getElementById('bar').getBoundingClientRect().bottom - 1"):
        bad("step", number, "is out of sight")
    return number


def shown(browser):
    return browser.script(
        "return [...document.querySelectorAll('#steps tbody tr[id]')]"
        ".map(r => Number(r.id.slice(5)))")


def state(browser):
    """Of each thread what it holds and waits for."""
    rows = browser.script(
        "return [...document.querySelectorAll('#state tbody tr')]"
        ".map(r => [...r.cells].map(c => c.textContent))")
    return {row[0]: row[1:] for row in rows}


# --- stepping -----------------------------------------------------------------

def test_stepping(browser, url, about):
    browser.open(url)
    last = about["steps"]
    same("the heading", browser.text("h1"),
         "Two take the same interface back")
    same("the verdict", browser.text("#verdict"),
         about["outcome"] + ": " + about["message"])
    same("the first step", current(browser), 1)
    rows = shown(browser)
    if rows[0] != 1 or rows[-1] != last or len(rows) >= last:
        bad("not the telling steps are shown", rows)
    browser.click("#forward")
    same("forward", current(browser), rows[1])
    browser.keys("Right", "j")
    same("two keys forward", current(browser), rows[3])
    browser.keys("Left")
    same("a key back", current(browser), rows[2])
    browser.keys("k")
    browser.click("#back")
    same("back", current(browser), 1)
    browser.click("#last")
    same("the last", current(browser), last)
    if "then " + about["outcome"] not in browser.text("#now"):
        bad("the last step does not tell the end:", browser.text("#now"))
    browser.keys("Home")
    same("Home", current(browser), 1)
    browser.keys("End")
    same("End", current(browser), last)
    browser.script("document.getElementById('number').value = ''")
    browser.type("#number", "%d\ue007" % (rows[4] + 1))
    same("a step by its number", current(browser), rows[4] + 1)
    if rows[4] + 1 not in shown(browser):
        bad("a step that was asked for is not shown")
    browser.open(url + "#step-%d" % rows[3])
    browser.script("location.reload()")
    same("a link to a step", current(browser), rows[3])
    browser.click("#step-%d" % rows[5])
    same("a click on a row", current(browser), rows[5])


def test_gaps(browser, url, about):
    browser.open(url)
    browser.script("history.replaceState(null, '', '#'); location.reload()")
    before = shown(browser)
    text = browser.text("#steps .gap button")
    browser.click("#steps .gap button")
    after = shown(browser)
    same("a gap, opened", len(after) - len(before),
         int(text.split(" ")[0]))
    browser.click("#all")
    same("every step", shown(browser), list(range(1, about["steps"] + 1)))
    browser.keys("a")
    same("less again", shown(browser), after)


def test_search(browser, url):
    browser.open(url)
    browser.keys("Home", "/")
    browser.type("#search", "ifnet_sx xlock")
    found = browser.text("#found")
    match = re.fullmatch(r"(?:\d+ of )?(\d+) match(?:es)?", found)
    if match is None:
        bad("nothing is found:", found)
        return
    seen = []
    for _ in range(int(match[1])):
        browser.keys("Enter")
        step = current(browser)
        seen.append(step)
        text = browser.text("#step-%d" % step)
        if "ifnet_sx" not in text or "xlock" not in text:
            bad("not what was searched for:", text)
    same("matches in order", seen, sorted(set(seen)))
    browser.keys("Enter")
    same("round and round", current(browser), seen[0])
    browser.keys("Shift+Enter")
    same("the other way round", current(browser), seen[-1])
    if not browser.text("#found").startswith("%d of " % len(seen)):
        bad("which match it is:", browser.text("#found"))
    browser.script("document.getElementById('search').value = ''")
    browser.type("#search", "no such thing")
    same("no match", browser.text("#found"), "no match")
    browser.keys("Enter", "Escape", "Home")
    same("keys work again", current(browser), 1)


# --- the same as in other pictures --------------------------------------------

def held_after(events):
    """By thread and step what is held, by the slices of the trace."""
    names = {e["tid"]: e["args"]["name"] for e in events
             if e["ph"] == "M" and e["name"] == "thread_name"}
    held = collections.defaultdict(collections.Counter)
    stacks = collections.defaultdict(list)
    for event in events:
        if event["ph"] == "B" and event["cat"] != "wait":
            stacks[event["tid"]].append(event)
        elif event["ph"] == "E" and event["cat"] != "wait":
            begin = stacks[event["tid"]].pop()
            text = ("epoch " if begin["cat"] == "epoch" else "") + \
                begin["name"] + \
                (" (shared)" if "shared" in begin["args"] else "")
            if "continued" in begin["args"]:
                begin["ts"] -= 1
            for step in range(begin["ts"], event["ts"] - 1):
                held[names[event["tid"]], step][text] = 1
    return held


def test_holds(browser, url, events, about):
    browser.open(url)
    browser.keys("Home")
    if not browser.script("return document.getElementById('all').checked"):
        browser.click("#all")
    held = held_after(events)
    steps = browser.script("""
        const all = [];
        for (let n = 1; n <= arguments[0]; n++) {
            all.push([...document.querySelectorAll('#state tbody tr')]
                .map(r => [...r.cells].map(c => c.textContent)));
            document.getElementById('forward').click();
        }
        return all;""", about["steps"])
    for number, rows in enumerate(steps, 1):
        for thread, holds, _ in rows:
            got = sorted(holds.split(", ")) if holds else []
            same("%s after %d holds" % (thread, number), got,
                 sorted(held[thread, number]))
    same("steps of what broke", browser.script(
        "return document.querySelectorAll('#steps tr.broken').length"),
        sum(1 for e in events if e["ph"] == "X" and "broken" in e["args"]))
    browser.click("#all")


def test_object(browser, url, ledger):
    """The ledger beside the steps is the one of vnetsim refs."""
    browser.open(url)
    browser.keys("Home")
    same("the object that broke", browser.script(
        "const s = document.getElementById('object');"
        "return s.options[s.selectedIndex].text"), "ifnet disc0 (broke)")
    rows = browser.script(
        "return [...document.querySelectorAll('#ledger tbody tr')]"
        ".map(r => [...r.cells].map(c => c.textContent))")
    wanted = []
    for line in ledger.splitlines()[1:]:
        match = re.match(r"  (?:step )?(\w+) +(\S+) +(\d+)  (\w+)", line)
        wanted.append([match[1], match[2].replace("-", ""), match[4],
                       match[3]])
    same("the ledger", [[r[0], r[1], r[2], r[4]] for r in rows], wanted)
    browser.keys("o")
    first = current(browser)
    if "disc0" not in browser.text("#step-%d" % first):
        bad("not a step of the object:", browser.text("#step-%d" % first))
    if not browser.script(
            "return document.getElementById(arguments[0]).classList"
            ".contains('broken')", "step-%d" % first):
        bad("what broke is not highlighted")
    browser.click("#object-next")
    browser.keys("O")
    same("there and back", current(browser), first)
    step = browser.script(
        "return [...document.querySelectorAll('#ledger a')].at(-1).text")
    browser.click("#ledger tr:last-child a, #ledger a[href='#step-%s']" %
                  step)
    same("a step of the ledger", current(browser), int(step))
    browser.keys("/")
    browser.type("#search", "ifnet_sx xlock\ue007")
    browser.keys("Escape", "x")
    same("the object of a step", browser.text("#ledger-caption"),
         "lock ifnet_sx")
    if not browser.script(
            "return document.querySelectorAll('#steps tr.chosen').length"):
        bad("the object is not highlighted")


def test_deadlock(browser, url):
    browser.open(url)
    browser.keys("End")
    waits = [row[1] for row in state(browser).values()]
    if len(waits) != 3 or not all(", held by " in w for w in waits):
        bad("who waits for whom is not told", state(browser))
    if "waits for mtx_lock" not in browser.text("#ending"):
        bad("no ending", browser.text("#ending"))
    same("an object that broke", browser.script(
        "return document.getElementById('object').options[0].text"),
        "lock fork#1 (broke)")


# --- for everybody ------------------------------------------------------------

CONTRAST = """
const channel = (v) => (v /= 255) <= 0.03928 ? v / 12.92 :
    ((v + 0.055) / 1.055) ** 2.4;
const parse = (c) => c.match(/[\\d.]+/g).map(Number);
const light = (c) => 0.2126 * channel(c[0]) + 0.7152 * channel(c[1]) +
    0.0722 * channel(c[2]);
const back = (e) => {
    for (; e; e = e.parentElement) {
        const c = parse(getComputedStyle(e).backgroundColor);
        if (c.length < 4 || c[3] === 1)
            return c;
    }
    return [255, 255, 255];
};
const poor = [];
const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walk.nextNode()) {
    const e = walk.currentNode.parentElement;
    if (walk.currentNode.data.trim() === "" || !e.checkVisibility() ||
        e.closest("script, :disabled"))
        continue;
    const a = light(parse(getComputedStyle(e).color)), b = light(back(e));
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5)
        poor.push(ratio.toFixed(2) + " " + e.className + " " +
            walk.currentNode.data.trim());
    if (parseFloat(getComputedStyle(e).fontSize) < 11)
        poor.push("small: " + walk.currentNode.data.trim());
}
return [parse(getComputedStyle(document.body).backgroundColor), poor];
"""


def test_colors(directory, pages):
    backs = []
    for dark in (False, True):
        with Browser(DRIVER, dark=dark) as browser:
            for url, _, about in pages:
                browser.open(url + "#step-%d" % about["steps"])
                back, poor = browser.script(CONTRAST)
                if poor:
                    bad("hard to read", "dark:" if dark else "light:",
                        poor[:5])
            backs.append(sum(back))
    if backs[0] < 600 or backs[1] > 150:
        bad("light and dark are", backs)


def test_phone(pages):
    for width in (320, 390):
        with Browser(DRIVER, width=width, height=740) as browser:
            for url, _, about in pages:
                browser.open(url)
                same("the width of a phone", browser.script(
                    "return innerWidth"), width)
                if browser.script("return document.documentElement"
                                  ".scrollWidth") > width:
                    bad("wider than a phone of", width)
                small = browser.script(
                    "return [...document.querySelectorAll('button, input,"
                    "select')].filter(e => e.checkVisibility() && e"
                    ".getBoundingClientRect().height > 1 && e"
                    ".getBoundingClientRect().height < 17).map(e => e.id)")
                if small:
                    bad("hard to hit:", small)
                browser.click("#forward")
                current(browser)
                browser.click("#last")
                same("the last, on a phone", current(browser),
                     about["steps"])
                if browser.script(CONTRAST)[1]:
                    bad("hard to read on a phone")


def test_reader(browser, url):
    """What a screen reader is told, and where Tab goes."""
    browser.open(url)
    browser.script("history.replaceState(null, '', '#'); location.reload()")
    tree = browser.devtools("Accessibility.getFullAXTree")["nodes"]
    roles = collections.defaultdict(list)
    for node in tree:
        if not node.get("ignored"):
            roles[node["role"]["value"]].append(
                node.get("name", {}).get("value", ""))
    for role in ("button", "textbox", "searchbox", "spinbutton", "combobox",
                 "checkbox", "link", "columnheader"):
        if "" in roles[role]:
            bad("a", role, "without a name")
    for role in ("table", "main", "complementary", "status", "search",
                 "spinbutton", "searchbox", "combobox", "rowheader"):
        if not roles[role]:
            bad("there is no", role)
    if "What each thread does: the steps that concern others" not in \
            roles["table"]:
        bad("the table is called", roles["table"])
    order = []
    for _ in range(16):
        browser.keys("Tab")
        order.append(browser.script(
            "const e = document.activeElement;"
            "return e.id || e.className || e.getAttribute('href') || "
            "e.textContent"))
    wanted = ["skip", "forward", "last", "number", "all", "search",
              "Next match", "#step-1", "object", "object-next", "rest"]
    places = [order.index(w) if w in order else -1 for w in wanted]
    if -1 in places or places != sorted(places):
        bad("Tab goes to", order)
    same("live", browser.script(
        "return document.getElementById('now').ariaLive"), "polite")


def test_quiet(browser):
    """Nothing from elsewhere, nothing on the console."""
    for entry in browser.log("browser"):
        bad("on the console:", entry["message"])
    for entry in browser.log("performance"):
        message = json.loads(entry["message"])["message"]
        # The browser's own empty page asks for things of its own.
        if message["method"] != "Network.requestWillBeSent" or \
                not message["params"]["documentURL"].startswith("file://"):
            continue
        asked = message["params"]["request"]["url"]
        if not asked.startswith(("file://", "data:")):
            bad("the page asks for", asked)


def test_names(directory):
    """Names that look like something else."""
    title = "</script><img src=x onerror=alert(1)> & <b>\"@DATA@"
    path = os.path.join(directory, "names.scn")
    with open(path, "w", encoding="utf-8") as file:
        file.write("title " + title.replace('"', "\\\"") + "\n"
                   "setup\n\tifconfig disc0 create\n"
                   "thread '<b>&amp;'\n\tifconfig disc0 up\n"
                   "thread caf\u00e9\n\tifconfig disc0 down\n")
    url, _, about = make(directory, "names", path)
    with Browser(DRIVER) as browser:
        browser.open(url)
        same("an odd title", browser.text("h1"), title)
        browser.click("#last")
        same("steps of odd threads", current(browser), about["steps"])
        same("elements of odd names", browser.script(
            "return document.querySelectorAll('img, b:not(#life b)')"
            ".length"), 0)
        heads = browser.script(
            "return [...document.querySelectorAll('#steps thead th')]"
            ".map(e => e.textContent)")
        if "caf\u00e9" not in heads:
            bad("heads are", heads)
        test_quiet(browser)


def test_long(directory):
    """Of a long run only what is about the current step is in the page."""
    path = os.path.join(directory, "long.scn")
    with open(path, "w", encoding="ascii") as file:
        file.write("thread a\n\trepeat 6\n\t\tifconfig disc0 create\n"
                   "\t\tifconfig disc0 destroy\n\tend\n"
                   "thread b\n\trepeat 6\n\t\tifconfig disc1 create\n"
                   "\t\tifconfig disc1 destroy\n\tend\n")
    url, _, about = make(directory, "long", path, "--schedules", "1")
    with Browser(DRIVER) as browser:
        browser.open(url)
        browser.click("#all")
        if about["steps"] < 2000 or len(shown(browser)) > 1100:
            bad("the rows of", about["steps"], "steps are",
                len(shown(browser)))
        browser.keys("End")
        same("the last of many", current(browser), about["steps"])
        rows = shown(browser)
        browser.script("document.querySelector('#steps .gap button')"
                       ".click()")
        same("an earlier row", current(browser), rows[0] - 1)
        if rows[0] not in shown(browser):
            bad("what was shown is gone")
        browser.keys("Home", "Right", "Right")
        same("steps after a jump", current(browser), 3)
        test_quiet(browser)


def test_nothing(directory):
    """A set-up that fails has no step, but a story."""
    path = os.path.join(directory, "nothing.scn")
    with open(path, "w", encoding="ascii") as file:
        file.write("setup\n\tifconfig disc0 destroy\nthread a\n\tsleep 1\n")
    url, _, about = make(directory, "nothing", path)
    same("steps of nothing", about["steps"], 0)
    with Browser(DRIVER) as browser:
        browser.open(url)
        browser.keys("Right", "End", "o", "x", "a")
        if not browser.text("#verdict").startswith("expectation: "):
            bad("the verdict on nothing is", browser.text("#verdict"))
        test_quiet(browser)


def test_speed(browser, url):
    browser.open(url)
    if not browser.script("return document.getElementById('all').checked"):
        browser.click("#all")
    start = time.monotonic()
    browser.script("for (let i = 0; i < 100; i++)"
                   "document.getElementById('forward').click()")
    if time.monotonic() - start > 10:
        bad("100 steps take", time.monotonic() - start, "seconds")


with tempfile.TemporaryDirectory() as home:
    script = os.path.join(SCENARIOS, "reclaim-twice.scn")
    twice = make(home, "twice", script, "--bug", "on")
    table = make(home, "table", "philosophers", "--seed", "1")
    clean = make(home, "clean", script)
    with Browser(DRIVER) as window:
        test_stepping(window, twice[0], twice[2])
        test_gaps(window, twice[0], twice[2])
        test_search(window, twice[0])
        test_holds(window, *twice)
        test_object(window, twice[0], run("refs", script, "--bug", "on",
                                          "ifnet", "disc0"))
        test_holds(window, *clean)
        test_deadlock(window, table[0])
        test_reader(window, twice[0])
        test_speed(window, clean[0])
        test_quiet(window)
    test_colors(home, (twice, table, clean))
    test_phone((twice, table, clean))
    test_names(home)
    test_long(home)
    test_nothing(home)
sys.exit(failed)
