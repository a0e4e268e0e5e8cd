"""The authoring API over a real socket, with the real compiler."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess

import httpx
import msgspec
import pytest

from compiler.build import Builder
from compiler.matcher.engine import decode
from server.authoring_sources import Sources

from .conftest import live

pytestmark = pytest.mark.anyio

RULES = """topic: contact
title: 站外联系
rules:
  - id: contact.wechat
    title: 不得引导加微信
    level: block
    find: [加微信]   # 最常见
    bad: [可以 〔加微信〕 聊]
    good: [在这里说就可以]
"""


@pytest.fixture
def book(rules):
    for path in rules.iterdir():
        path.unlink()
    (rules / "rulebook.yaml").write_text("name: 测试\nchannels: [{id: default, title: 默认}]\n", encoding="utf-8")
    (rules / "contact.yaml").write_text(RULES, encoding="utf-8")
    return rules


@pytest.fixture
async def client(make, book):
    service = make(builder=Builder(book), local_author=True, git_commit=True)
    async with live(service) as running, httpx.AsyncClient(base_url=running.url) as client:
        await running.version(1)
        client.running = running
        yield client


async def test_lists_files_with_the_etag_a_save_needs(client):
    files = {f["name"]: f for f in (await client.get("/v1/rules")).json()["files"]}
    assert files["contact.yaml"]["text"] == RULES
    answer = await client.get("/v1/rules/contact.yaml")
    assert (answer.text, answer.headers["etag"]) == (RULES, files["contact.yaml"]["etag"])
    again = await client.get("/v1/rules/contact.yaml", headers={"if-none-match": answer.headers["etag"]})
    assert again.status_code == 304


async def test_a_save_is_written_and_published_by_the_watcher(client, book):
    etag = (await client.get("/v1/rules/contact.yaml")).headers["etag"]
    text = RULES.replace("不得引导加微信", "不得引导买家加微信")
    answer = await client.put("/v1/rules/contact.yaml", content=text.encode(), headers={"if-match": etag})
    assert answer.status_code == 204
    assert (book / "contact.yaml").read_text(encoding="utf-8") == text
    await client.running.version(2)
    last = client.running.service.audit.read(1)[0]
    assert (last["who"], last["action"], last["file"]) == ("本机", "save-rules", "contact.yaml")


async def test_two_authors_on_one_file_lose_nothing(client, book):
    etag = (await client.get("/v1/rules/contact.yaml")).headers["etag"]
    first = RULES + "# 甲\n"
    second = RULES + "# 乙\n"
    assert (await client.put("/v1/rules/contact.yaml", content=first.encode(), headers={"if-match": etag})).is_success
    answer = await client.put("/v1/rules/contact.yaml", content=second.encode(), headers={"if-match": etag})
    assert answer.status_code == 412
    assert (answer.json()["theirs"], answer.json()["yours"]) == (first, second)
    assert (book / "contact.yaml").read_text(encoding="utf-8") == first
    after = {"if-match": answer.json()["etag"]}
    assert (await client.put("/v1/rules/contact.yaml", content=second.encode(), headers=after)).is_success


async def test_a_faulty_file_is_saved_only_when_the_author_says_so(client, book):
    etag = (await client.get("/v1/rules/contact.yaml")).headers["etag"]
    text = RULES.replace("level: block", "level: blok")
    answer = await client.put("/v1/rules/contact.yaml", content=text.encode(), headers={"if-match": etag})
    assert (answer.status_code, answer.json()["diagnostics"][0]["code"]) == (422, "RG103")
    assert (book / "contact.yaml").read_text(encoding="utf-8") == RULES
    forced = await client.put("/v1/rules/contact.yaml?faulty=1", content=text.encode(), headers={"if-match": etag})
    assert forced.status_code == 204
    assert client.running.service.releases.current["default"].manifest.version == 1


async def test_files_are_created_and_removed_and_never_by_accident(client, book):
    text = "topic: new\ntitle: 新\n"
    fresh = {"if-none-match": "*"}
    assert (await client.put("/v1/rules/新专题.yaml", content=text.encode(), headers=fresh)).status_code == 201
    assert (await client.put("/v1/rules/新专题.yaml", content=text.encode(), headers=fresh)).status_code == 412
    assert (await client.delete("/v1/rules/新专题.yaml", headers={"if-match": '"0"'})).status_code == 412
    etag = (await client.get("/v1/rules/新专题.yaml")).headers["etag"]
    assert (await client.delete("/v1/rules/新专题.yaml", headers={"if-match": etag})).status_code == 204
    assert not (book / "新专题.yaml").exists()
    assert (await client.put("/v1/rules/contact.yaml", content=b"x")).status_code == 400


@pytest.mark.parametrize(
    "name",
    ["../secret.yaml", "%2e%2e/secret.yaml", "..%2fsecret.yaml", "/etc/passwd", "a/../../secret.yaml", ".hidden.yaml",
     "a\\..\\b.yaml", "C:x.yaml", "contact.yaml%00.txt", "contact.txt", "out/secret.yaml", "link.yaml"],
)  # fmt: skip
async def test_no_name_leads_out_of_the_rulebook(client, book, name):
    secret = book.parent / "secret.yaml"
    secret.write_text("secret: 1\n")
    with contextlib.suppress(FileExistsError):
        (book / "out").symlink_to(book.parent)
        (book / "link.yaml").symlink_to(secret)
    read = await client.get(f"/v1/rules/{name}")
    assert (read.status_code, "secret: 1" in read.text) == (404, False)
    written = await client.put(f"/v1/rules/{name}?faulty=1", content=b"x: 1", headers={"if-none-match": "*"})
    assert written.status_code == 404
    assert secret.read_text() == "secret: 1\n"


async def test_a_draft_is_compiled_with_places_and_hints_and_nothing_is_published(client):
    drafts = {"contact.yaml": RULES.replace("加微信]", "加微信, <wechet>]") + "groups:\n  wechat: [微信, 薇信]\n"}
    answer = (await client.post("/v1/compile", json={"drafts": drafts})).json()
    assert (answer["errors"], answer["publishable"]) == (1, False)
    fault = answer["diagnostics"][0]
    assert (fault["file"], fault["code"], fault["line"], fault["best"]) == ("contact.yaml", "RG202", 7, "<wechat>")
    assert drafts["contact.yaml"].splitlines()[6][fault["column"] - 1 :].startswith("<wechet>")
    assert client.running.service.releases.current["default"].manifest.version == 1


async def test_the_draft_release_can_be_fetched_also_while_an_example_fails(client):
    drafts = {"contact.yaml": RULES.replace("find: [加微信]", "find: [加我好友]")}
    answer = (await client.post("/v1/compile", json={"drafts": drafts})).json()
    assert {d["code"] for d in answer["diagnostics"] if d["severity"] == "error"} == {"RG401"}
    assert not answer["publishable"]
    bundle = decode((await client.get(answer["release"]["bundle"])).content)
    assert (bundle.rules[0].id, bundle.atoms.literals) == ("contact.wechat", ["加我好友"])
    assert (await client.get(answer["release"]["automaton"])).content
    assert (await client.get("/v1/drafts/" + "0" * 32 + "/bundle.bin")).status_code == 404


async def test_a_removed_file_and_a_new_one_are_drafts_too(client):
    drafts = {"contact.yaml": None, "b.yaml": RULES.replace("contact", "other")}
    answer = (await client.post("/v1/compile", json={"drafts": drafts})).json()
    bundle = decode((await client.get(answer["release"]["bundle"])).content)
    assert [rule.id for rule in bundle.rules] == ["other.wechat"]


async def test_what_was_published_can_be_read_as_source(client):
    answer = (await client.post("/v1/compile", json={"channel": "default"})).json()
    digest = client.running.service.releases.current["default"].manifest.bundle.sha256
    assert answer["release"]["sha256"] == digest
    assert (await client.get(f"/v1/sources/{digest}")).json()["files"]["contact.yaml"] == RULES
    await client.post("/v1/compile", json={"drafts": {"contact.yaml": RULES + "# 没有保存\n"}})
    assert (await client.get(f"/v1/sources/{digest}")).json()["files"]["contact.yaml"] == RULES
    assert (await client.get("/v1/sources/" + "0" * 64)).status_code == 404


def test_sources_are_forgotten_oldest_first(tmp_path, monkeypatch):
    monkeypatch.setattr("server.authoring_sources.KEPT", 2)
    sources = Sources(tmp_path / "s")
    for n in range(4):
        sources.keep(f"{n:064x}", {"a.yaml": b"n: %d" % n})
    assert [sources.get(f"{n:064x}") for n in range(4)][2:] == [{"a.yaml": "n: 2"}, {"a.yaml": "n: 3"}]
    assert sources.get(f"{0:064x}") is None
    assert sources.get("../etc") is None


async def test_bodies_are_capped(client):
    big = b"x" * (2 * 1024 * 1024 + 1)
    put = await client.put("/v1/rules/a.yaml", content=big, headers={"if-none-match": "*"})
    assert put.status_code == 413
    assert (await client.post("/v1/compile", content=b"{")).status_code == 400
    assert (await client.post("/v1/compile", json={"draft": {}})).status_code == 400


async def test_the_schema_names_what_may_be_written(client):
    answer = (await client.get("/v1/schema")).json()
    rule = answer["schema"]["$defs"]["RuleSource"]["properties"]
    assert "except" in rule
    assert "bank_card" in answer["entities"]


async def test_without_local_mode_a_token_of_an_author_is_needed(make, book):
    service = make(builder=Builder(book))
    tokens = service.access.tokens
    async with live(service) as running, httpx.AsyncClient(base_url=running.url) as client:
        for path in ("/v1/author", "/v1/rules", "/v1/rules/contact.yaml", "/v1/schema", "/v1/cases"):
            assert (await client.get(path)).status_code == 401, path
        assert (await client.post("/v1/compile", json={})).status_code == 401
        assert (await client.put("/v1/rules/a.yaml", headers={"if-none-match": "*"})).status_code == 401
        reader = {"authorization": f"Bearer {tokens.issue('reader', '小王')}"}
        assert (await client.get("/v1/rules", headers=reader)).status_code == 403
        author = {"authorization": f"Bearer {tokens.issue('author', '主管')}"}
        session = (await client.get("/v1/author", headers=author)).json()
        assert session["author"] == {"name": "主管", "role": "author", "local": False}


async def test_in_local_mode_a_wrong_token_is_still_wrong(client):
    assert (await client.get("/v1/author")).json()["author"]["local"] is True
    wrong = {"authorization": "Bearer rga_" + "x" * 43}
    assert (await client.get("/v1/author", headers=wrong)).status_code == 401
    foreign = {"origin": "https://evil.example"}
    assert (await client.post("/v1/compile", json={}, headers=foreign)).status_code == 403


async def test_publishing_can_end_in_a_git_commit(client, book):
    def git(*arguments: str) -> str:
        return subprocess.run(["git", "-C", book, *arguments], check=True, capture_output=True, text=True).stdout

    git("init", "--quiet", "--initial-branch=main")
    git("-c", "user.name=x", "-c", "user.email=x@x.invalid", "commit", "--allow-empty", "--quiet", "-m", "start")
    session = (await client.get("/v1/author")).json()
    assert (session["git"]["branch"], session["git"]["commits"]) == ("main", True)
    assert sorted(session["git"]["changed"]) == ["contact.yaml", "rulebook.yaml"]
    answer = await client.post("/v1/author/commit", json={"message": "加一条规则"})
    assert git("log", "-1", "--format=%h %an %s").split() == [answer.json()["head"][:7], "本机", "加一条规则"]
    assert (await client.post("/v1/author/commit", json={})).json() == {"head": ""}


async def test_compilations_that_pile_up_are_refused_not_queued(client):
    body = {"drafts": {"contact.yaml": RULES}}
    answers = await asyncio.gather(*(client.post("/v1/compile", json=body) for _ in range(24)))
    assert {a.status_code for a in answers} <= {200, 429}
    assert any(a.status_code == 200 for a in answers)
    assert msgspec.json.decode(answers[0].content)
