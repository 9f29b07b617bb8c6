"""Whatever the service can do is found by a person: every page by a link, every form by its button.

Each role walks from the start page through all links that she sees; what she never meets has an
address and no way to it.
"""

import re
from collections import Counter
from html import unescape
from urllib.parse import urljoin, urlsplit

from flask import Flask
from journeys.ground import ROLES, Ground, Visitor
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Rule

A_KIND = 4
"""How many pages of one kind each role looks at: one of them may show what the others do not."""


def test_whatever_there_is_is_linked_from_somewhere(app: Flask, ground: Ground) -> None:
    met: set[tuple[str, str]] = set()
    for role in ROLES:
        met |= walked(app, Visitor(app, ground, role))
    there = {
        (verb, rule.rule)
        for rule in app.url_map.iter_rules()
        for verb in (rule.methods or set()) & {"GET", "POST"}
        if not rule.rule.startswith(("/api/", "/static/"))
    }
    missing = sorted(there - met)
    print("\n".join(map(str, missing)))
    assert missing == []


def walked(app: Flask, visitor: Visitor) -> set[tuple[str, str]]:
    """Verb and rule of whatever this person is offered."""
    met: set[tuple[str, str]] = set()
    seen: Counter[tuple[str, tuple[str, ...]]] = Counter()
    waiting, known = ["/"], {"/"}
    while waiting:
        address = waiting.pop(0)
        answer = visitor.client.get(address, follow_redirects=True)
        if answer.mimetype != "text/html" or answer.status_code != 200:
            continue
        for verb, found in offered(answer.text):
            target = urljoin(answer.request.path, found)
            parts = urlsplit(target)
            rule = rule_of(app, verb, parts.path)
            if parts.netloc or rule is None:
                continue
            met.add((verb, rule.rule))
            kind = (rule.rule, tuple(sorted(re.findall(r"(\w+)=", parts.query))))
            if verb == "GET" and target not in known and seen[kind] < A_KIND:
                seen[kind] += 1
                known.add(target)
                waiting.append(target)
    return met


def offered(page: str) -> set[tuple[str, str]]:
    found = set()
    for tag in re.findall(r"<[a-z][^>]*>", page):
        for name, address in re.findall(
            r'\b(href|action|formaction|hx-get|hx-post)="([^"]+)"', tag
        ):
            posts = name == "hx-post" or ("action" in name and 'method="post"' in tag)
            found.add(("POST" if posts else "GET", unescape(address)))
    return found


def rule_of(app: Flask, verb: str, path: str) -> Rule | None:
    try:
        rule, _ = app.url_map.bind("").match(path, method=verb, return_rule=True)
    except HTTPException:
        return None
    return rule
