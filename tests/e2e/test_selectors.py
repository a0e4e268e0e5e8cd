"""Selectors of adapters alone: what the page teacher derives from a piece of a page, and what compiler and browser take.

No extension runs here.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, Playwright

from compiler.selectors import fault

from .conftest import CHROMIUM, EXTENSION

ENTRY = """
import { messageSelectors, senderSelector } from "./src/content/selector-messages";
import { uniqueSelector } from "./src/content/selector";
import { all, closest, matches } from "./src/content/roots";
import { readSite } from "./src/content/site";
Object.assign(globalThis, { readSite, messageSelectors, senderSelector, uniqueSelector, all, closest, matches });
"""
# `<template shadow=closed>` becomes the shadow root of what it stands in. A closed one is shown by what stands here for
# the browser's own door for extensions.
PAGE = """
const closed = new WeakMap();
window.chrome = { dom: { openOrClosedShadowRoot: (host) => closed.get(host) ?? null } };
window.make = (html) => {
  document.body.innerHTML = html;
  const attach = (root) => {
    for (const template of root.querySelectorAll("template[shadow]")) {
      const host = template.parentElement;
      const shadow = host.attachShadow({ mode: template.getAttribute("shadow") });
      closed.set(host, shadow);
      shadow.append(template.content);
      template.remove();
      attach(shadow);
    }
  };
  attach(document);
};
window.marked = (name, root = document) => {
  for (const element of root.querySelectorAll("*")) {
    if (element.getAttribute("data-t") === name) return element;
    const shadow = closed.get(element);
    const found = shadow && marked(name, shadow);
    if (found) return found;
  }
  return null;
};
"""


@pytest.fixture(scope="module")
def page(playwright_: Playwright) -> Iterator[Page]:
    esbuild = EXTENSION / "node_modules" / ".bin" / "esbuild"
    command = [esbuild, "--bundle", "--format=iife", "--loader=ts", "--log-level=error"]
    script = subprocess.run(command, input=ENTRY, cwd=EXTENSION, check=True, capture_output=True, text=True).stdout
    chromium = playwright_.chromium.launch(executable_path=CHROMIUM, chromium_sandbox=False)
    page = chromium.new_page()
    page.evaluate(PAGE)
    page.evaluate(script)
    yield page
    chromium.close()


# What is clicked is marked data-t=x. (page, selector; None: nothing stable finds it)
UNIQUE: dict[str, tuple[str, str | None]] = {
    # Without shadow roots.
    "id": ("<div id=reply data-t=x></div>", "#reply"),
    "attribute": ('<div data-testid="send-btn" class="sc-1 hQyZk" data-t=x></div>', 'div[data-testid="send-btn"]'),
    "class": ('<p class="css-1x9f2k words" data-t=x></p><p></p>', "p.words"),
    "parent": ("<div class=head><b data-t=x></b></div><b></b>", "div.head b"),
    "two": ("<ul><li data-t=x></li><li></li></ul>", None),
    "component": ("<x-box-9f2k1><i data-t=x></i></x-box-9f2k1><i></i>", "x-box-9f2k1 i"),
    # In one.
    "open": (
        "<chat-app><template shadow=open><div><textarea data-t=x></textarea></div></template></chat-app>",
        "chat-app >>> textarea",
    ),
    "closed": (
        "<chat-app><template shadow=closed><b class='nick css-9k2x7' data-t=x></b><b></b></template></chat-app>",
        "chat-app >>> b.nick",
    ),
    "nested": (
        "<a-a><template shadow=open><b-b><template shadow=closed><c-c id=c><template shadow=open>"
        "<p id=words data-t=x></p></template></c-c></template></b-b></template></a-a>",
        "a-a >>> b-b >>> c-c >>> #words",
    ),
    "host of HTML": (
        "<div class='panel css-1x9f2k'><template shadow=open><i data-t=x></i></template></div>",
        "div.panel >>> i",
    ),
    "one host of two": (
        "<ui-b data-role=more><template shadow=open><i></i></template></ui-b>"
        "<ui-b data-role=send><template shadow=open><i data-t=x></i></template></ui-b>",
        'ui-b[data-role="send"] >>> i',
    ),
    "one host of two by what is around it": (
        "<div class=a><ui-b><template shadow=open><i></i></template></ui-b></div>"
        "<div class=b><ui-b><template shadow=open><i data-t=x></i></template></ui-b></div>",
        "div.b ui-b >>> i",
    ),
    "one host of two by what is in it": (
        "<ui-b><template shadow=open><p></p></template></ui-b>"
        "<ui-b><template shadow=open><textarea data-t=x></textarea></template></ui-b>",
        "ui-b >>> textarea",
    ),
    "hashed host": (
        "<div class=app><x-box-9f2k1><template shadow=open><i data-t=x></i></template></x-box-9f2k1></div>",
        "div.app * >>> i",
    ),
    "within": (
        "<a-a><template shadow=open><div class=head><b data-t=x></b></div><b></b></template></a-a>",
        "a-a >>> div.head b",
    ),
    "slotted": ("<a-a><template shadow=open><slot></slot></template><b data-t=x></b></a-a>", "b"),
    "two in a shadow root": ("<a-a><template shadow=open><b data-t=x></b><b></b></template></a-a>", None),
}


@pytest.mark.parametrize("name", UNIQUE)
def test_one_element(page: Page, name: str) -> None:
    html, selector = UNIQUE[name]
    page.evaluate("make", html)
    assert page.evaluate("uniqueSelector(marked('x'))") == selector
    if selector:
        found = """(selector) => { const at = marked('x'), found = all(document, selector);
          return [found.length === 1 && found[0] === at, matches(at, selector), closest(at, selector) === at]; }"""
        assert page.evaluate(found, selector) == [True, True, True]


def test_what_is_selected_now(page: Page) -> None:
    """A name in the row that is selected, in a shadow root too."""
    row = "<ui-row class='row{}'><template shadow=closed><b{}></b></template></ui-row>"
    page.evaluate("make", row.format("", "") + row.format(" active", " data-t=x"))
    assert page.evaluate("uniqueSelector(marked('x'))") is None
    assert page.evaluate("uniqueSelector(marked('x'), true)") == "ui-row.row.active >>> b"


def bubble(attributes: str, inner: str, text: str = "words") -> str:
    return f"<chat-row {attributes}><template shadow=closed>{inner.replace('TEXT', text)}</template></chat-row>"


SPAN = "<span class=words data-t=%s>TEXT</span><i>10:01</i>"
# (page; what is derived). The clicked words are marked data-t=buyer and data-t=agent.
MESSAGES: dict[str, tuple[str, dict[str, str] | None]] = {
    "light": (
        "<div id=log><p class='row left'><b data-t=buyer>a</b></p><p class='row right'><b data-t=agent>b</b></p></div>",
        {"root": "#log", "item": "#log > .row", "buyer": ".row.left", "agent": ".row.right", "text": "b"},
    ),
    "light, one side named": (
        "<div id=log><p class=row><i class=own><b data-t=agent>b</b></i></p><p class=row><i><b data-t=buyer>a</b></i></p></div>",
        {
            "root": "#log",
            "item": "#log > .row",
            "buyer": ".row:not(:has(.own))",
            "agent": ".own",
            "text": "b",
        },
    ),
    "list in a shadow root": (
        "<a-a><template shadow=open><ul class=log><li class=in><p data-t=buyer>a</p></li><li class=out><p data-t=agent>b</p>"
        "</li></ul></template></a-a>",
        {"root": "a-a >>> ul.log", "item": "ul.log > li", "buyer": "li.in", "agent": "li.out", "text": ""},
    ),
    "the shadow root is the list": (
        "<a-a><template shadow=open><style></style><p class=in data-t=buyer>a</p><p class=out data-t=agent>b</p></template></a-a>",
        {"root": "a-a", "item": "a-a >>> p", "buyer": "p.in", "agent": "p.out", "text": ""},
    ),
    "what is deeper is called the same": (
        "<a-a><template shadow=open><div class=in><div data-t=buyer>a</div></div><div class=out><div data-t=agent>b</div></div>"
        "</template></a-a>",
        {"root": "a-a", "item": "a-a >>> div:not(* > *)", "buyer": "div.in", "agent": "div.out", "text": ""},
    ),
    "a component says the side": (
        f"<div id=log>{bubble('from=buyer', SPAN % 'buyer')}{bubble('from=agent', SPAN % 'agent')}</div>",
        {
            "root": "#log",
            "item": "#log > chat-row",
            "buyer": 'chat-row[from="buyer"]',
            "agent": 'chat-row[from="agent"]',
            "text": "chat-row >>> span.words",
        },
    ),
    "an attribute without a value": (
        f"<div id=log>{bubble('', SPAN % 'buyer')}{bubble('mine', SPAN % 'agent')}</div>",
        {
            "root": "#log",
            "item": "#log > chat-row",
            "buyer": 'chat-row:not([mine=""])',
            "agent": 'chat-row[mine=""]',
            "text": "chat-row >>> span.words",
        },
    ),
    "a name or a number is no side": (
        f"<div id=log>{bubble('from=u10086', SPAN % 'buyer')}{bubble('from=小美', SPAN % 'agent')}</div>",
        {"root": "#log", "item": "#log > chat-row", "buyer": "", "agent": "", "text": "chat-row >>> span.words"},
    ),
    "the side is said inside": (
        "<div id=log>"
        + bubble("", "<div class=line><p data-t=buyer>a</p></div>")
        + bubble("", "<div class='line mine'><p data-t=agent>b</p></div>")
        + "</div>",
        {
            "root": "#log",
            "item": "#log > chat-row",
            "buyer": "chat-row >>> .line:not(.mine)",
            "agent": "chat-row >>> .mine",
            "text": "chat-row >>> p",
        },
    ),
    "each side is a component": (
        "<div id=log><my-row><template shadow=closed><p data-t=agent>b</p></template></my-row>"
        "<your-row><template shadow=closed><p data-t=buyer>a</p></template></your-row></div>",
        {
            "root": "#log",
            "item": "#log > *",
            "buyer": "*:is(your-row)",
            "agent": "*:is(my-row)",
            "text": "* >>> p",
        },
    ),
    "words in a component in a component": (
        "<div id=log>"
        + "".join(
            f"<chat-row class={side}><template shadow=open><rich-text><template shadow=closed>"
            f"<p class=t data-t={side}>a</p></template></rich-text></template></chat-row>"
            for side in ("buyer", "agent")
        )
        + "</div>",
        {
            "root": "#log",
            "item": "#log > chat-row",
            "buyer": "chat-row.buyer",
            "agent": "chat-row.agent",
            "text": "chat-row >>> rich-text >>> p.t",
        },
    ),
    "one side without its component": (
        f"<div id=log>{bubble('from=buyer', SPAN % 'buyer')}<p data-t=agent>b</p></div>",
        None,
    ),
}


@pytest.mark.parametrize("name", MESSAGES)
def test_messages_of_two_sides(page: Page, name: str) -> None:
    html, expected = MESSAGES[name]
    page.evaluate("make", html)
    derive = """() => { const found = messageSelectors(marked('buyer'), marked('agent'));
      if (found) delete found.examples;
      return found; }"""
    assert page.evaluate(derive) == expected


def test_the_sender_may_stand_in_a_shadow_root_too(page: Page) -> None:
    def row(who: str, name: str) -> str:
        return (
            f"<chat-row><template shadow=closed><p data-t={who}>a</p><ui-name><template shadow=open>"
            f"<b class=nick>{name}</b></template></ui-name></template></chat-row>"
        )

    page.evaluate("make", f"<div id=log>{row('buyer', '木木')}{row('agent', '客服')}</div>")
    found: Any = page.evaluate("senderSelector(messageSelectors(marked('buyer'), marked('agent')).examples, '木木')")
    assert found == "chat-row >>> ui-name >>> b.nick"
    read = "(selector) => [...document.querySelectorAll('chat-row')].map((row) => all(row, selector)[0].textContent)"
    assert page.evaluate(read, found) == ["木木", "客服"]


def test_a_selector_means_the_same_from_outside_and_from_inside(page: Page) -> None:
    """`closest` climbs out of shadow roots, `all` goes in; what stands between does not count as around."""
    page.evaluate(
        "make",
        "<a-a class=q><template shadow=closed><b-b><template shadow=open><p class=x data-t=x></p></template></b-b></template></a-a>"
        "<b-b><template shadow=open><p class=x></p></template></b-b>",
    )
    count = "(selectors) => selectors.map((s) => [all(document, s).length, matches(marked('x'), s)])"
    table = {
        # Without `>>>` it finds nothing in a shadow root; of an element that is there it may be asked.
        ".x": [0, True],
        # The other one: a way begins in the document.
        "b-b >>> .x": [1, False],
        "a-a >>> b-b >>> .x": [1, True],
        "a-a >>> .x": [0, False],
        ".q >>> b-b >>> p": [1, True],
        "a-a >>> b-b >>> p, i": [1, True],
    }
    found = page.evaluate(count, list(table))
    assert dict(zip(table, found, strict=True)) == table


GOOD = [
    ".a", "#a", "*", "a-b", "li.msg", "ul > li", "a ~ b + c", "a,b", " .a , .b ", "[x]", "[x=y]", "[ x ~= 'y z' i ]", '[x$="]"]',
    "[data-id*='_Welcome_']", ":not(.a)", "li:not(.a, .b):has(> b, c)", ":is(a, b) > c", "p:nth-child(2n + 1)", ":not(* > *)",
    ".\\31 0", "#\\#a", ".类名", "a:first-child:hover", "[title='a >> b']",
    "a >>> b", "a>>>b", "a >>> .b > c >>> d", "a, b >>> c", "div.x >>> :is(p, i)", "[x='y'] >>> z",
]  # fmt: skip
BAD = [
    "", ".", "#", "li.", "a >", "> a", "a,", ",a", "a,,b", "[x=]", ":visible", ":not()", "a)", "a >> b", "a:eq(1)", ".1", "a || b",
    "a { b", "$x", "a:contains('b')", "::x",
    ">>> a", "a >>>", "a >>> >>> b", "a >>> . >>> b", "a >>> > b", "a >>> b,", ">>>", "a >>>> b",
]  # fmt: skip
# A browser closes at the end what was left open; whoever wrote it meant something else.
LEFT_OPEN = ["[x", "[x=y", "[x='y]", ":not(a", "a:has(> b"]


@pytest.mark.parametrize(("selectors", "fine"), [(GOOD, True), (BAD, False)], ids=["good", "bad"])
def test_compiler_and_browser_take_the_same_selectors(page: Page, selectors: list[str], fine: bool) -> None:
    """Else a workbench would silently go unread."""
    read = """(selectors) => {
      const site = readSite({id: 'x', match: ['https://x.test/*'], composer: {selectors: ['a']}, order: {id: selectors}});
      return selectors.map((selector) => site.order.includes(selector));
    }"""
    browser = dict(zip(selectors, page.evaluate(read, selectors), strict=True))
    assert browser == dict.fromkeys(selectors, fine)
    assert {selector: fault(selector) is None for selector in selectors} == browser


@pytest.mark.parametrize("selector", LEFT_OPEN)
def test_what_is_left_open_is_said(selector: str) -> None:
    assert fault(selector) is not None
