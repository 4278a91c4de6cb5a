/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Steps through a story, see <vnetsim/story.h>; src/cli/trace_page.c writes
 * the data, in which a text is a number in `texts`, and -1 is nothing.
 */
"use strict";
(function () {

const story = JSON.parse(document.getElementById("story").textContent);
const byId = (id) => document.getElementById(id);
const text = (i) => i < 0 ? "" : story.texts[i];

/* Arrays of the data, by name. */
const steps = story.steps.map((s, i) => ({
	number: i + 1, thread: s[0], object: s[1], topic: story.topics[s[2]],
	op: text(s[3]), name: text(s[4]), fn: text(s[5]), callers: text(s[6]),
	time: s[7], count: s[8], after: s[9], preempts: (s[10] & 1) !== 0,
	telling: (s[10] & 2) !== 0, broken: (s[10] & 4) !== 0,
}));
const objects = story.objects.map((o) => ({
	name: text(o[0]), life: o[1], lock: (o[2] & 1) !== 0,
	counter: (o[2] & 2) !== 0, shared: (o[2] & 4) !== 0,
	broken: (o[2] & 8) !== 0,
}));
const scopes = story.scopes.map((s) => ({
	thread: s[0], object: s[1], epoch: (s[2] & 1) !== 0,
	shared: (s[2] & 2) !== 0, open: (s[2] & 4) !== 0,
	begin: s[3], end: s[4],
}));
const waits = story.waits.map((w) => ({
	thread: w[0], object: w[1], what: text(w[2]), owner: w[3],
	waker: w[4], timedOut: (w[5] & 1) !== 0, open: (w[5] & 2) !== 0,
	begin: w[6], end: w[7],
}));
const lives = story.lives.map((l) => ({
	kind: text(l[0]), name: text(l[1]), born: l[2], died: l[3],
	broken: l[4],
}));
const entries = story.entries.map((e) => ({
	what: text(e[0]), life: e[1], step: e[2], thread: e[3],
	holder: text(e[4]), fn: text(e[5]), callers: text(e[6]), refs: e[7],
}));
const threads = story.threads;

/* Many have one name: "cred". */
for (const l of lives) {
	const same = lives.filter((m) => m.kind === l.kind &&
	    m.name === l.name);

	l.label = l.kind + " " + l.name + (same.length > 1 ? "#" +
	    (same.indexOf(l) + 1) : "");
}
const last = steps.length;

let current = 0;		/* number of a step; 0: none yet */
let chosen = null;		/* the object shown beside, see history() */
let list = [];			/* numbers of the steps that are shown */
let hits = [];			/* numbers of steps that match the search */
let address = 0;		/* timer that makes it the current step's */
const opened = new Set();	/* numbers of steps out of gaps */

function make(tag, properties, ...children) {
	const element = document.createElement(tag);

	for (const [key, value] of Object.entries(properties || {})) {
		if (key in element)
			element[key] = value;
		else
			element.setAttribute(key, value);
	}
	element.append(...children.filter((c) => c !== null && c !== ""));
	return element;
}

const plural = (n, word) => n + " " + word + (n === 1 ? "" : "s");

/* --- what is so after a step ---------------------------------------------- */

const scopesOf = threads.map(() => []);
const waitsOf = threads.map(() => []);

scopes.forEach((s) => scopesOf[s.thread].push(s));
waits.forEach((w) => waitsOf[w.thread].push(w));

/* Locks and epochs of a thread: what step n takes is held after it. */
function heldAfter(thread, n) {
	return scopesOf[thread].filter((s) => s.begin <= n && s.end > n + 1);
}

function scopeText(s) {
	return (s.epoch ? "epoch " : "") + objects[s.object].name +
	    (s.shared ? " (shared)" : "");
}

const holdsText = (thread, n) =>
    heldAfter(thread, n).map(scopeText).join(", ");

/* Of each step what its own thread holds after it. */
function followHolds() {
	const open = threads.map(() => []), next = threads.map(() => 0);

	for (const s of steps) {
		const all = scopesOf[s.thread], t = s.thread;

		while (next[t] < all.length && all[next[t]].begin <= s.number)
			open[t].push(all[next[t]++]);
		open[t] = open[t].filter((scope) => scope.end > s.number + 1);
		s.holds = open[t].map(scopeText).join(", ");
	}
}

function waitAfter(thread, n) {
	return waitsOf[thread].find((w) => w.begin <= n + 1 && w.end > n && (w.open || w.waker === 0 || w.waker > n));
}

function waitText(w) {
	if (w === undefined)
		return "";
	return w.what + (w.object >= 0 ? " " + objects[w.object].name : "") +
	    (w.owner >= 0 ? ", held by " + threads[w.owner].name : "");
}

function countText(s) {
	if (s.count < 0)
		return "";
	return s.after === s.count ? "" + s.count : s.count + " \u2192 " +
	    s.after;
}

/* --- the table of steps --------------------------------------------------- */

const WINDOW = 500;		/* rows before and after the current one */
const COLUMNS_MAX = 8;		/* more are wider than a page */
const columns = [];		/* { name, one thread?, not the scenario's? } */
const columnOf = [];		/* by thread */

function layOut() {
	const others = [];

	threads.forEach((t, i) => {
		if (t.column) {
			columnOf[i] = columns.length;
			columns.push({ name: t.name, one: true });
		} else if (t.steps > 0)
			others.push(i);
	});
	if (others.length > 0) {
		others.forEach((i) => columnOf[i] = columns.length);
		columns.push({ name: others.length === 1 ?
		    threads[others[0]].name : "others",
		    one: others.length === 1, others: true });
	}
	byId("steps").tHead.append(make("tr", {},
	    make("th", { scope: "col", className: "no" }, "Step"),
	    ...columns.map((c) => make("th", { scope: "col",
	    className: c.others ? "others" : "" }, c.name))));
	byId("steps-scroll").classList.toggle("wide",
	    columns.length > COLUMNS_MAX);
}

const shown = (s) => byId("all").checked || s.telling ||
    opened.has(s.number);

function fillCell(cell, s, holds) {
	const count = countText(s);

	if (!columns[columnOf[s.thread]].one)
		cell.append(make("span", { className: "in" },
		    threads[s.thread].name + ":"));
	cell.setAttribute("data-thread",
	    columns[columnOf[s.thread]].one ? threads[s.thread].name : "");
	cell.append(make("span", { className: "op " + s.topic }, s.op), " ",
	    make("span", { className: "name" }, s.name), " ");
	if (count !== "")
		cell.append(make("span", { className: "refs count",
		    title: "references" }, count));
	if (s.broken)
		cell.append(make("span", { className: "hidden-text" },
		    " (the object that broke)"));
	if (s.fn !== "")
		cell.append(make("span", { className: "in",
		    title: s.callers }, "in " + s.fn, make("span",
		    { className: "callers" }, s.callers !== "" ?
		    " < " + s.callers : "")));
	if (s.preempts)
		cell.append(make("span", { className: "switch" },
		    "preempts who could have gone on"));
	if (holds !== null)
		cell.append(make("span", { className: "holds" },
		    holds !== "" ? "holds " + holds : "holds nothing"));
}

function stepRow(s, holds) {
	const row = make("tr", { id: "step-" + s.number });

	row.append(make("th", { scope: "row", className: "no" },
	    make("a", { href: "#step-" + s.number, tabIndex: -1 },
	    "" + s.number)));
	columns.forEach((c, i) => {
		const cell = make("td", {});

		if (i === columnOf[s.thread])
			fillCell(cell, s, holds);
		row.append(cell);
	});
	row.classList.toggle("broken", s.broken);
	return row;
}

/* A row that stands for others, and what a click on it does. */
function gapRow(label, action) {
	const button = make("button", { type: "button", tabIndex: -1 },
	    label);

	button.addEventListener("click", (event) => {
		event.stopPropagation();
		action();
	});
	return make("tr", { className: "gap" }, make("td",
	    { colSpan: columns.length + 1 }, button));
}

/* Steps that are not shown: a click shows them. */
function hiddenRow(from, to) {
	const names = [...new Set(steps.slice(from - 1, to).map(
	    (s) => threads[s.thread].name))];

	return gapRow(plural(to - from + 1, "step") + " of " +
	    names.join(", "), () => {
		for (let n = from; n <= to; n++)
			opened.add(n);
		listShown();
		fillSteps();
		go(from);
	});
}

function listShown() {
	list = steps.filter(shown).map((s) => s.number);
}

/* Where in the list a step is, or would be. */
function placeOf(n) {
	let low = 0, high = list.length;

	while (low < high) {
		const middle = (low + high) >> 1;

		if (list[middle] < n)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* So many of the shown ones, about the current one, that it takes no time. */
function fillSteps() {
	const place = placeOf(current), held = [], rows = [];
	const from = Math.max(0, place - WINDOW);
	const to = Math.min(list.length, place + WINDOW);
	let before = from > 0 ? list[from - 1] : 0;

	if (from > 0)
		rows.push(gapRow(plural(from, "earlier row"), () =>
		    go(list[from - 1])));
	for (const n of list.slice(from, to)) {
		const s = steps[n - 1];

		if (n > before + 1)
			rows.push(hiddenRow(before + 1, n - 1));
		rows.push(stepRow(s, s.holds !== (held[s.thread] || "") ?
		    s.holds : null));
		held[s.thread] = s.holds;
		before = n;
	}
	if (to < list.length)
		rows.push(gapRow(plural(list.length - to, "later row"),
		    () => go(list[to])));
	else if (before < last)
		rows.push(hiddenRow(before + 1, last));
	byId("steps").tBodies[0].replaceChildren(...rows);
	byId("steps-caption").textContent = "What each thread does: " +
	    (byId("all").checked ? "every step" :
	    "the steps that concern others");
	mark();
}

/* What depends on the chosen object, the search, the current step. */
function mark() {
	const found = new Set(hits);

	for (const row of byId("steps").tBodies[0].rows) {
		const n = Number(row.id.slice(5));

		if (!n)
			continue;
		row.classList.toggle("chosen", isChosen(steps[n - 1]));
		row.classList.toggle("hit", found.has(n));
		if (n === current)
			row.setAttribute("aria-current", "step");
		else
			row.removeAttribute("aria-current");
		row.querySelector("a").tabIndex = n === current ? 0 : -1;
	}
}

/* --- the state beside it -------------------------------------------------- */

function fillState() {
	const rows = [];

	byId("state-caption").textContent = "After step " + current;
	threads.forEach((t, i) => {
		const holds = holdsText(i, current);
		const wait = waitText(waitAfter(i, current));
		const row = make("tr", {}, make("th", { scope: "row" },
		    t.name), make("td", {}, holds), make("td", {}, wait));

		if (!t.column && (t.steps === 0 || holds === ""))
			return;
		if (i === steps[current - 1].thread)
			row.setAttribute("aria-current", "true");
		rows.push(row);
	});
	byId("state").tBodies[0].replaceChildren(...rows);
}

/* --- one object's history ------------------------------------------------- */

/*
 * Objects to choose from: what the ledger knows, and what threads share.  The
 * one that broke comes first.
 */
function choices() {
	const list = [];
	const told = new Set(entries.filter((e) => e.step > 0).map(
	    (e) => e.life));

	lives.forEach((l, i) => {
		if (l.broken || told.has(i))
			list.push({ life: i, object: -1, broken: l.broken,
			    name: l.label });
	});
	objects.forEach((o, i) => {
		if ((o.shared && o.lock) || (o.broken && (o.life < 0 ||
		    !lives[o.life].broken)))
			list.push({ life: -1, object: i, broken: o.broken,
			    name: (o.lock ? "lock " : "") + o.name });
	});
	return list.sort((a, b) => b.broken - a.broken);
}

const isChosen = (s) => chosen !== null && s.object >= 0 &&
    (chosen.life >= 0 ? objects[s.object].life === chosen.life :
    s.object === chosen.object);

/* Lines: from, to (or 0), thread, what, who, references (or -1). */
function history(of) {
	if (of.life >= 0)
		return entries.filter((e) => e.life === of.life).map((e) => ({
			from: e.step, thread: e.thread, what: e.what,
			who: e.holder !== "" ? e.holder : e.fn +
			    (e.callers !== "" ? " < " + e.callers : ""),
			refs: e.refs,
		}));
	const held = scopes.filter((s) => s.object === of.object).map((s) => ({
		from: s.begin, to: s.end - 1, open: s.open, thread: s.thread,
		what: s.epoch ? "in it" : "holds", refs: -1,
		who: s.shared ? "shared" : "",
	}));
	const waited = waits.filter((w) => w.object === of.object).map((w) => ({
		from: w.begin, to: w.end, open: w.open, thread: w.thread,
		what: "waits: " + w.what, refs: -1,
		who: w.owner >= 0 ? "held by " + threads[w.owner].name : "",
	}));
	const lines = held.concat(waited);

	if (lines.length === 0)
		for (const s of steps)
			if (s.object === of.object)
				lines.push({ from: s.number, thread: s.thread,
				    what: s.op, refs: s.count, who: s.fn });
	return lines.sort((a, b) => a.from - b.from);
}

function when(n) {
	if (n < 1)
		return "before";
	if (n > last)
		return "after";
	return make("a", { href: "#step-" + n }, "" + n);
}

function lifeBar(lines) {
	const bar = byId("life");
	const at = (n) => Math.max(0, Math.min(100, 100 * n / (last + 1)));
	const piece = (from, to, broken) => {
		const i = make("i", { className: broken ? "broken" : "" });

		i.style.left = at(from) + "%";
		i.style.width = at(to) - at(from) + "%";
		return i;
	};
	const here = make("b", {});

	bar.replaceChildren();
	if (chosen.life >= 0) {
		const l = lives[chosen.life];

		bar.append(piece(l.born, l.died >= 0 ? l.died : last + 1,
		    l.broken));
		bar.setAttribute("aria-label", "lives from " + (l.born === 0 ?
		    "before the run" : "step " + l.born) + " to " +
		    (l.died < 0 || l.died > last ? "after the run" :
		    "step " + l.died));
	} else {
		lines.forEach((line) => bar.append(piece(line.from,
		    (line.to || line.from) + 1, chosen.broken)));
		bar.setAttribute("aria-label", "used " +
		    plural(lines.length, "time"));
	}
	here.style.left = at(current) + "%";
	bar.append(here);
}

function fillLedger() {
	const table = byId("ledger");
	let lines, now = null;

	if (chosen === null) {
		byId("ledger-caption").textContent = "No object is shared";
		return;
	}
	lines = history(chosen);
	byId("ledger-caption").textContent = chosen.name +
	    (chosen.broken ? ", which broke" : "");
	table.tHead.replaceChildren(make("tr", {}, ...(chosen.life >= 0 ?
	    ["Step", "Thread", "What", "Holder", "Refs"] :
	    ["Step", "Thread", "What", "Who", "Until"]).map(
	    (name) => make("th", { scope: "col" }, name))));
	table.tBodies[0].replaceChildren(...lines.map((line) => {
		const row = make("tr", {}, make("td", {}, when(line.from)),
		    make("td", {}, line.thread >= 0 ?
		    threads[line.thread].name : ""),
		    make("td", {}, line.what), make("td", {}, line.who),
		    make("td", { className: "number" }, line.refs >= 0 ?
		    "" + line.refs : line.open ? "the end" :
		    line.to ? when(line.to) : ""));

		if (line.from <= current)
			now = row;
		row.classList.toggle("later", line.from > current);
		return row;
	}));
	if (now !== null) {
		const box = byId("rest");

		now.setAttribute("aria-current", "true");
		box.scrollTop = Math.max(0, now.offsetTop -
		    box.clientHeight / 2);
	}
	lifeBar(lines);
}

function choose(choice) {
	const select = byId("object");
	let i = select.list.findIndex((c) => c.life === choice.life &&
	    c.object === choice.object);

	if (i < 0) {
		i = select.list.push(choice) - 1;
		select.append(make("option", { value: i }, choice.name));
	}
	select.value = i;
	chosen = select.list[i];
	fillLedger();
	mark();
}

function fillChoices() {
	const select = byId("object");

	select.list = choices();
	select.append(...select.list.map((c, i) => make("option",
	    { value: i }, c.name + (c.broken ? " (broke)" : ""))));
	if (select.list.length > 0)
		chosen = select.list[0];
}

/* --- stepping ------------------------------------------------------------- */

function nowText(s) {
	const count = countText(s);

	return "Step " + s.number + " of " + last + ": " +
	    threads[s.thread].name + " " + s.op + " " + s.name +
	    (count !== "" ? ", references " + count.replace("\u2192", "to") :
	    "") + (s.fn !== "" ? ", in " + s.fn : "") + (s.holds !== "" ?
	    "; holds " + s.holds : "; holds nothing") + (s.broken ?
	    "; this is what broke" : "") + (s.number === last &&
	    story.outcome !== "clean" ? "; then " + story.outcome : "");
}

function go(n) {
	if (last === 0)
		return;
	n = Math.max(1, Math.min(last, n));
	current = n;
	if (!shown(steps[n - 1])) {
		opened.add(n);
		listShown();
		fillSteps();
	} else if (byId("step-" + n) === null)
		fillSteps();
	else
		mark();
	fillState();
	fillLedger();
	byId("number").value = n;
	byId("now").textContent = nowText(steps[n - 1]);
	byId("first").disabled = byId("back").disabled = n === 1;
	byId("last").disabled = byId("forward").disabled = n === last;
	const row = byId("step-" + n);

	measure();
	row.scrollIntoView({ block: "nearest" });
	if (byId("steps").tBodies[0].contains(document.activeElement))
		row.querySelector("a").focus({ preventScroll: true });
	clearTimeout(address);
	address = setTimeout(setAddress, 150);
}

/* So that it is a link to the step; a browser does not take many a second. */
function setAddress() {
	try {
		window.history.replaceState(null, "", "#step-" + current);
	} catch (error) {
		/* A page out of a file may not be allowed to. */
	}
}

/* The next step there is, in a direction, that is so; else the same. */
function seek(direction, test) {
	for (let n = current + direction; n >= 1 && n <= last; n += direction)
		if (test(steps[n - 1])) {
			go(n);
			return;
		}
}

const forward = () => seek(1, shown);
const back = () => seek(-1, shown);

function toggleAll() {
	listShown();
	fillSteps();
	go(current);
}

/* --- searching ------------------------------------------------------------ */

function find() {
	const words = byId("search").value.toLowerCase().split(/\s+/).filter(
	    (w) => w !== "");

	hits = words.length === 0 ? [] : steps.filter((s) => {
		if (s.words === undefined)
			s.words = [threads[s.thread].name, s.op, s.name, s.fn,
			    s.callers].join(" ").toLowerCase();
		return words.every((w) => s.words.includes(w));
	}).map((s) => s.number);
	mark();
	tellFound();
}

function tellFound() {
	const i = hits.indexOf(current);

	byId("found").textContent = byId("search").value.trim() === "" ? "" :
	    hits.length === 0 ? "no match" : (i >= 0 ? i + 1 + " of " : "") +
	    plural(hits.length, "match").replace("matchs", "matches");
}

/* Round and round. */
function findNext(direction) {
	const ahead = hits.filter((n) => direction > 0 ? n > current :
	    n < current);
	const list = ahead.length > 0 ? ahead : hits;

	if (hits.length > 0)
		go(direction > 0 ? list[0] : list[list.length - 1]);
	tellFound();
}

/* --- what its reader does ------------------------------------------------- */

function onKey(event) {
	const keys = {
		"ArrowRight": forward, "j": forward,
		"ArrowLeft": back, "k": back,
		"Home": () => go(1), "End": () => go(last),
		"o": () => seek(1, isChosen), "O": () => seek(-1, isChosen),
		"x": () => {
			const s = steps[current - 1];

			if (s !== undefined && s.object >= 0)
				choose(choiceOf(s.object));
		},
		"a": () => {
			byId("all").checked = !byId("all").checked;
			toggleAll();
		},
		"/": () => byId("search").focus(),
	};

	if (event.ctrlKey || event.altKey || event.metaKey ||
	    !(event.key in keys))
		return;
	if (event.target.matches("input:not([type=checkbox]), select, pre"))
		return;
	event.preventDefault();
	keys[event.key]();
}

function choiceOf(object) {
	const o = objects[object];

	return o.life >= 0 ? { life: o.life, object: -1,
	    broken: lives[o.life].broken,
	    name: lives[o.life].label } :
	    { life: -1, object: object, broken: o.broken, name: o.name };
}

function onClick(event) {
	const row = event.target.closest("tr[id]");

	if (row === null)
		return;
	event.preventDefault();
	go(Number(row.id.slice(5)));
	if (event.target.matches(".name") &&
	    steps[current - 1].object >= 0)
		choose(choiceOf(steps[current - 1].object));
}

/* The address may be another by now, see setAddress(). */
function onHash(url) {
	const match = /#step-(\d+)$/.exec(url);

	if (match !== null)
		go(Number(match[1]));
	return match !== null;
}

function onLink(event) {
	const link = event.target.closest("a[href^='#step-']");

	if (link === null)
		return;
	event.preventDefault();
	onHash(link.href);
}

function listen() {
	byId("first").addEventListener("click", () => go(1));
	byId("back").addEventListener("click", back);
	byId("forward").addEventListener("click", forward);
	byId("last").addEventListener("click", () => go(last));
	byId("number").addEventListener("change", () =>
	    go(Number(byId("number").value) || current));
	byId("all").addEventListener("change", toggleAll);
	byId("search").addEventListener("input", find);
	byId("search").addEventListener("keydown", (event) => {
		if (event.key === "Enter" && event.shiftKey) {
			event.preventDefault();
			findNext(-1);
		} else if (event.key === "Escape")
			byId("search").blur();
	});
	byId("find").addEventListener("submit", (event) => {
		event.preventDefault();
		findNext(1);
	});
	byId("object").addEventListener("change", () =>
	    choose(byId("object").list[byId("object").value]));
	byId("object-next").addEventListener("click", () =>
	    seek(1, isChosen));
	byId("object-back").addEventListener("click", () =>
	    seek(-1, isChosen));
	byId("steps").tBodies[0].addEventListener("click", onClick);
	document.addEventListener("keydown", onKey);
	byId("ledger").addEventListener("click", onLink);
	window.addEventListener("hashchange", (event) =>
	    onHash(event.newURL));
	new ResizeObserver(measure).observe(byId("bar"));
}

/* What sticks below the bar has to know how high that is. */
function measure() {
	document.documentElement.style.setProperty("--bar",
	    byId("bar").offsetHeight + "px");
}

/* --- the head and the foot ------------------------------------------------ */

function fillHead() {
	const facts = {
		Scenario: story.scenario, Profile: story.profile,
		Kernel: story.kernel, Steps: "" + last,
		Preemptions: "" + story.preemptions,
		Schedule: story.schedule,
	};

	byId("verdict").textContent = story.outcome === "clean" ?
	    "clean: this schedule does not fail" :
	    story.outcome + ": " + story.message;
	byId("verdict").classList.toggle("bad", story.outcome !== "clean");
	for (const [name, value] of Object.entries(facts))
		if (value !== "")
			byId("facts").append(make("div", {}, make("dt", {},
			    name), make("dd", {}, value)));
	byId("of").textContent = "of " + last;
	byId("number").max = last;
	for (const id of ["ending", "report"]) {
		byId(id).textContent = story[id].trim();
		byId(id + "-section").hidden = story[id] === "";
	}
}

followHolds();
fillHead();
layOut();
fillChoices();
listen();
listShown();
fillSteps();
if (!onHash(location.href))
	go(1);

})();
