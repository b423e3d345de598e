import base64
import hashlib
import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.canaries import CANARIES, redactor_of_all, spelled
from warroom.adapters.evidence import EvidenceStore
from warroom.clock import VirtualClock
from warroom.contract import Exchange
from warroom.errors import ExitCode, UsageError
from warroom.redact import Redactor

BEGAN = datetime(2025, 11, 1, 2, 5, tzinfo=UTC)
STEM = "auto_com_center_evidence_20251101T020500Z"


def store_in(base: Path, redactor: Redactor | None = None, launch: str = "auto_com_center") -> EvidenceStore:
    return EvidenceStore(base, launch, BEGAN, redactor or Redactor(), VirtualClock(BEGAN))


@pytest.fixture
def store(tmp_path: Path) -> EvidenceStore:
    opened = store_in(tmp_path)
    opened.open()
    return opened


def exchange(**changes: object) -> Exchange:
    plain = {
        "label": "answer",
        "method": "GET",
        "url": "http://127.0.0.1:1/canary",
        "request_headers": (("accept", "application/json"),),
        "request_body": b"",
        "started_at": BEGAN,
        "elapsed_s": 0.0412,
        "status": 200,
        "response_headers": (("content-type", "application/json"),),
        "response_body": b'{"status": "ok"}',
    }
    return Exchange(**{**plain, **changes})  # type: ignore[arg-type]


def kept(store: EvidenceStore, one: Exchange) -> dict[str, object]:
    name = store.record_exchange("canary", one)
    loaded: dict[str, object] = json.loads((store.dir / name).read_text("ascii"))
    return loaded


def everything(store: EvidenceStore) -> str:
    return "\n".join(path.read_text("utf-8") for path in sorted(store.dir.rglob("*")) if path.is_file())


def test_the_names_say_launch_and_time(store: EvidenceStore, tmp_path: Path) -> None:
    assert store.dir == tmp_path / STEM
    assert store.log_path == tmp_path / f"{STEM}.log"


def test_only_the_owner_can_read_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        store = store_in(tmp_path)
        store.open()
        store.for_check("p95", 2).save_json("samples", [1])
        store.write_log("x")
        store.finish()
    finally:
        os.umask(before)
    modes = {
        path.relative_to(tmp_path).as_posix(): stat.S_IMODE(path.lstat().st_mode) for path in tmp_path.rglob("*")
    }
    assert modes == {
        STEM: 0o700,
        f"{STEM}.log": 0o600,
        f"{STEM}/manifest.json": 0o600,
        f"{STEM}/p95": 0o700,
        f"{STEM}/p95/run2": 0o700,
        f"{STEM}/p95/run2/samples.json": 0o600,
    }


@pytest.mark.parametrize("taken", ["", ".log"], ids=["the directory", "the log"])
@pytest.mark.parametrize("how", ["file", "directory", "link", "dangling link"])
def test_a_name_that_is_taken_is_left_alone_and_another_is_used(tmp_path: Path, taken: str, how: str) -> None:
    other, base = tmp_path / "other", tmp_path / "base"
    other.mkdir()
    base.mkdir()
    there = base / f"{STEM}{taken}"
    match how:
        case "file":
            there.write_text("mine")
        case "directory":
            there.mkdir()
        case "link":
            there.symlink_to(other)
        case _:
            there.symlink_to(tmp_path / "nowhere")
    before = there.lstat()
    store = store_in(base)
    store.open()
    store.for_check("canary").save_text("note", "x")
    assert store.write_log("x") == ""
    assert (store.dir.name, store.log_path.name) == (f"{STEM}-2", f"{STEM}-2.log")
    assert there.lstat().st_ino == before.st_ino
    assert list(other.iterdir()) == []
    assert not (tmp_path / "nowhere").exists()


def test_two_runs_in_one_second_keep_apart(tmp_path: Path) -> None:
    stores = [store_in(tmp_path) for _ in range(3)]
    for store in stores:
        store.open()
    assert [store.dir.name for store in stores] == [STEM, f"{STEM}-2", f"{STEM}-3"]


def test_a_base_that_does_not_exist_is_made(tmp_path: Path) -> None:
    store = store_in(tmp_path / "a" / "b")
    store.open()
    assert store.dir.is_dir()


def test_a_file_in_the_way_ends_the_command_before_anything_is_sent(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(UsageError) as caught:
        store_in(tmp_path / "file" / "base").open()
    assert caught.value.exit_code is ExitCode.USAGE
    assert "Not a directory" in caught.value.message
    assert "--evidence" in caught.value.hint


def test_a_launch_id_that_is_no_file_name_ends_the_command(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot name a directory"):
        store_in(tmp_path, launch="../evil").open()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "../x", "a/b", "A", "x.json", "é", "a b", "a\n", "a\x00", "-.-", "x" * 10 + "/"],
    ids=ascii,
)
def test_names_come_from_ids_only(store: EvidenceStore, name: str) -> None:
    with pytest.raises(ValueError, match="cannot name a file"):
        store.for_check(name)
    with pytest.raises(ValueError, match="cannot name a file"):
        store.for_check("canary").save_text(name, "x")
    assert list(store.dir.iterdir()) == []


def test_a_name_used_twice_overwrites_nothing(store: EvidenceStore) -> None:
    port = store.for_check("canary")
    names = [port.save_text("note", str(number)) for number in range(3)]
    assert names == ["canary/note.txt", "canary/note-2.txt", "canary/note-3.txt"]
    assert [(store.dir / name).read_text() for name in names] == ["0", "1", "2"]


def test_a_rerun_has_a_folder_of_its_own(store: EvidenceStore) -> None:
    assert store.for_check("p95", 1).save_json("samples", []) == "p95/samples.json"
    assert store.for_check("p95", 2).save_json("samples", []) == "p95/run2/samples.json"
    assert store.record_exchange("p95", exchange(), run=2) == "p95/run2/answer.json"
    assert store.record_exchange("p95", exchange(label="")) == "p95/exchange.json"


def test_the_manifest_lists_every_file_with_size_and_hash(store: EvidenceStore) -> None:
    names = [store.for_check(check).save_json("data", {"check": check}) for check in ("p95", "canary")]
    sha256, problems = store.finish()
    raw = (store.dir / "manifest.json").read_bytes()
    manifest = json.loads(raw)
    assert (hashlib.sha256(raw).hexdigest(), problems) == (sha256, ())
    assert manifest["schema"] == "warroom.manifest/1"
    assert [entry["name"] for entry in manifest["files"]] == sorted(names)
    for entry in manifest["files"]:
        content = (store.dir / entry["name"]).read_bytes()
        assert (entry["size"], entry["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())


def test_the_manifest_covers_a_rerun_when_it_is_written_again(store: EvidenceStore) -> None:
    store.for_check("p95").save_json("samples", [])
    first, _ = store.finish()
    store.for_check("p95", 2).save_json("samples", [])
    second, _ = store.finish()
    names = [entry["name"] for entry in json.loads((store.dir / "manifest.json").read_bytes())["files"]]
    assert first != second
    assert names == ["p95/run2/samples.json", "p95/samples.json"]


def test_the_log_says_that_it_was_not_written_until_it_was(store: EvidenceStore) -> None:
    assert "has not written its log" in store.log_path.read_text()
    assert store.write_log("done\n") == ""
    assert store.log_path.read_text() == "done\n"


def test_an_exchange_is_kept_whole(store: EvidenceStore) -> None:
    assert kept(store, exchange(note="cut short")) == {
        "schema": "warroom.exchange/1",
        "check": "canary",
        "started_at": "2025-11-01T02:05:00.000Z",
        "elapsed_s": 0.0412,
        "error": "",
        "note": "cut short",
        "request": {
            "method": "GET",
            "url": "http://127.0.0.1:1/canary",
            "headers": ["accept: application/json"],
            "size": 0,
            "encoding": "text",
            "body": "",
            "left_out": 0,
        },
        "response": {
            "status": 200,
            "headers": ["content-type: application/json"],
            "size": 16,
            "encoding": "text",
            "body": '{"status": "ok"}',
            "left_out": 0,
        },
    }


def test_no_answer_is_no_response(store: EvidenceStore) -> None:
    record = kept(store, exchange(status=0, error="connection refused"))
    assert (record["response"], record["error"]) == (None, "connection refused")


def test_bytes_that_are_no_text_are_kept_as_base64(store: EvidenceStore) -> None:
    response = kept(store, exchange(response_body=b"\xff\xfe\x00"))["response"]
    assert isinstance(response, dict)
    assert (response["encoding"], base64.b64decode(response["body"])) == ("base64", b"\xff\xfe\x00")


def test_a_long_body_is_cut_and_says_by_how_much(store: EvidenceStore) -> None:
    response = kept(store, exchange(response_body=b"a" * 300_000))["response"]
    assert isinstance(response, dict)
    assert (len(response["body"]), response["left_out"], response["size"]) == (262_144, 37_856, 300_000)


HEADERS = [
    "Authorization",
    "PROXY-AUTHORIZATION",
    "cookie",
    "Set-Cookie",
    "X-Internal-Key",
]


@pytest.mark.parametrize("header", HEADERS)
@pytest.mark.parametrize("side", ["request_headers", "response_headers"])
def test_headers_that_carry_credentials_are_withheld_though_unknown(
    store: EvidenceStore, header: str, side: str
) -> None:
    kept(store, exchange(**{side: ((header, "Bearer hunter2hunter2"), (header, "hunter2"))}))
    assert "hunter2" not in everything(store)
    assert f'"{header}: Bearer [withheld]"' in everything(store)


MEMBERS = ["client_secret", "access_token", "refresh_token", "id_token", "assertion", "client_assertion"]
FORMS = {
    "JSON": '{{"{0}": "hunter2", "other": 1}}',
    "JSON in another case": '{{"{1}": "hunter2"}}',
    "JSON with an escaped name": '{{"{2}": "hunter2"}}',
    "JSON, deeper, with escapes in the value": '[{{"a": {{"{0}": "x \\" hunter2"}}}}]',
    "JSON with a value that is no text": '{{"{0}": ["hunter2", {{"a": "hunter2"}}]}}',
    "JSON where it stands twice": '{{"{0}": "hunter2", "{0}": "hunter2"}}',
    "JSON that was cut inside the value": '{{"a": 1, "{0}": "hunter2, hunter2',
    "JSON that was cut behind the value": '{{"{0}": "x \\" hunter2", "oth',
    "JSON inside text": '{{"error": "{{\\"{0}\\": \\"hunter2\\"}}"}}',
    "a form": "grant_type=x&{0}=hunter2%20hunter2&a=b",
    "a form that begins with it": "{0}=hunter2",
    "text": "the {0}: hunter2 was refused",
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("member", MEMBERS)
@pytest.mark.parametrize("side", ["request_body", "response_body"])
def test_members_that_carry_credentials_are_withheld_though_unknown(
    store: EvidenceStore, form: str, member: str, side: str
) -> None:
    escaped = member.replace("_", "\\u005f") if "_" in member else member.replace("a", "\\u0061")
    record = kept(store, exchange(**{side: form.format(member, member.upper(), escaped).encode()}))
    assert "hunter2" not in json.dumps(record)
    assert "[withheld]" in json.dumps(record)


def test_a_member_given_twice_is_kept_twice_beside_a_credential(store: EvidenceStore) -> None:
    response = kept(store, exchange(response_body=b'{"a": 1, "a": 2, "id_token": "x"}'))["response"]
    assert isinstance(response, dict)
    assert json.loads(response["body"]) == {"a": 1, "a (2)": 2, "id_token": "[withheld]"}


def test_what_is_no_credential_stays_as_it_was(store: EvidenceStore) -> None:
    keys = '"keys": [{"kty":"RSA","n":"abc","e":"AQAB"}]'
    body = f'{{"token_type":"Bearer",  "access_token_url": "https://a.example/x", {keys}}}'
    response = kept(store, exchange(response_body=body.encode()))["response"]
    assert isinstance(response, dict)
    assert response["body"] == body


@pytest.mark.parametrize("member", ["d", "p", "q", "dp", "dq", "qi", "k"])
def test_a_private_key_in_a_key_set_is_withheld(store: EvidenceStore, member: str) -> None:
    kept(store, exchange(response_body=json.dumps({"keys": [{"kty": "RSA", member: "hunter2"}]}).encode()))
    assert "hunter2" not in everything(store)


@pytest.mark.parametrize(
    "place",
    [
        pytest.param({"url": "https://user:hunter2@127.0.0.1/"}, id="user info in the address"),
        pytest.param({"url": "https://127.0.0.1/?a=b&access_token=hunter2"}, id="a parameter of the address"),
        pytest.param({"response_headers": (("location", "https://x.example/#id_token=hunter2"),)}, id="a redirect"),
        pytest.param(
            {"response_body": b'{"access_token": "hunter2"' + b', "a": 1' * 100_000 + b"}"}, id="100,000 members"
        ),
        pytest.param({"error": "GET /?client_secret=hunter2 failed"}, id="an error's text"),
        pytest.param({"response_body": b"got eyJhbGciOiJub25lIn0.eyJhIjoxfQ.hunter2"}, id="a token in any text"),
        pytest.param(
            {"response_body": b'{"a":' * 5000 + b'{"access_token": "hunter2"}' + b"}" * 5000}, id="deep JSON"
        ),
    ],
)
def test_credentials_elsewhere_are_withheld(store: EvidenceStore, place: dict[str, object]) -> None:
    kept(store, exchange(**place))
    assert "hunter2" not in everything(store)


@pytest.mark.parametrize("name", CANARIES)
def test_no_spelling_of_a_secret_reaches_the_disk(tmp_path: Path, name: str) -> None:
    secret = CANARIES[name]
    store = store_in(tmp_path, redactor_of_all())
    store.open()
    port = store.for_check("canary")
    for text in spelled(secret):
        raw = text.encode()
        headers = (("x-echo", text), (text, "x"))
        record = exchange(
            url=f"http://127.0.0.1/{text}", request_headers=headers, request_body=raw, error=text, note=text
        )
        store.record_exchange("canary", record)
        store.record_exchange("canary", exchange(response_headers=headers, response_body=raw + b"\xff"))
        store.record_exchange("canary", exchange(response_body=json.dumps({text: [text]}).encode()))
        port.save_json("data", {text: [text, {"a": text, "b": raw, "c": (text,), "d": {text}}]})
        port.save_text("text", f"before {text} after")
        store.write_log(f"before {text} after\n")
    if secret.isdigit():
        port.save_json("number", {"n": int(secret)})
    assert_nothing_of(secret, tmp_path)
    store.finish()
    assert_nothing_of(secret, tmp_path)


def assert_nothing_of(secret: str, base: Path) -> None:
    written = [path for path in base.rglob("*") if path.is_file()]
    assert len(written) >= 26
    for path in written:
        content = path.read_text("utf-8")
        for text in (*spelled(secret), json.dumps(secret)[1:-1]):
            assert text not in content, path
        assert not any(text.encode() in _unpacked(content) for text in spelled(secret)), path
        if path.suffix == ".json":
            json.loads(content)


def _unpacked(content: str) -> bytes:
    """The bytes of all bodies kept as base64."""
    try:
        record = json.loads(content)
    except ValueError:
        return b""
    sides = [record.get(side) or {} for side in ("request", "response")] if isinstance(record, dict) else []
    return b"".join(base64.b64decode(side["body"]) for side in sides if side.get("encoding") == "base64")


def test_a_secret_that_becomes_known_later_is_taken_out_of_what_was_written(tmp_path: Path) -> None:
    redactor = Redactor()
    store = store_in(tmp_path, redactor)
    store.open()
    name = store.for_check("m2m").save_json("answer", {"token": "opaque-token-value"})
    assert "opaque-token-value" in (store.dir / name).read_text()
    redactor.add("ACCESS_TOKEN", "opaque-token-value")
    store.finish()
    content = (store.dir / name).read_bytes()
    listed = json.loads((store.dir / "manifest.json").read_bytes())["files"]
    assert json.loads(content) == {"token": "[ACCESS_TOKEN]"}
    assert listed == [{"name": name, "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}]


HOSTILE = "".join(map(chr, (*range(0x20), *range(0x7F, 0xA0), 0x202E, 0x2066, 0x200B, 0xFEFF, 0xD800, 0x2028)))


def test_files_hold_no_control_characters_whatever_is_kept(store: EvidenceStore) -> None:
    port = store.for_check("canary")
    port.save_text("text", HOSTILE)
    port.save_json("data", {HOSTILE: HOSTILE})
    body = HOSTILE.encode("utf-8", "surrogatepass")
    store.record_exchange("canary", exchange(error=HOSTILE, response_body=body, url=HOSTILE))
    store.record_exchange("canary", exchange(response_body=HOSTILE.replace("\ud800", "").encode()))
    found = set(everything(store)) & set(HOSTILE)
    assert found <= {"\n"}


@pytest.mark.parametrize(
    "data",
    [
        pytest.param({"a": float("nan"), "b": float("inf")}, id="numbers that JSON lacks"),
        pytest.param({1: {2.5: object}}, id="keys and values of other types"),
        pytest.param(BEGAN, id="an instant"),
        pytest.param(exchange(), id="a value of ours"),
    ],
)
def test_any_data_becomes_json(store: EvidenceStore, data: object) -> None:
    name = store.for_check("canary").save_json("data", data)
    json.loads((store.dir / name).read_bytes(), parse_constant=pytest.fail)


def test_data_that_is_too_deep_or_too_large_says_so(store: EvidenceStore) -> None:
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    port = store.for_check("canary")
    names = [port.save_json("deep", deep), port.save_json("large", "a" * 5_000_000)]
    assert all("left_out" in json.loads((store.dir / name).read_bytes()) for name in names)
    assert (store.dir / port.save_text("large", "a" * 5_000_000)).stat().st_size < 4_200_000


# What the child does with the evidence after its files were limited: it must live, say what is missing, and answer.
_CHILD = """
import json, resource, sys
from datetime import UTC, datetime
from pathlib import Path
from warroom.adapters.evidence import EvidenceStore
from warroom.clock import VirtualClock
from warroom.redact import Redactor
import signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
began = datetime(2025, 11, 1, 2, 5, tzinfo=UTC)
store = EvidenceStore(Path(sys.argv[1]), "auto_com_center", began, Redactor(), VirtualClock(began))
store.open()
port = store.for_check("p95")
first = port.save_text("small", "x")
{limit}
second = port.save_text("large", "x" * 1_000_000)
third = port.save_text("also", "x" * 1_000_000)
manifest, problems = store.finish()
print(json.dumps([first, second, third, manifest, problems, store.write_log("x" * 1_000_000)]))
"""


def in_a_child(base: Path, limit: str, **options: object) -> list[object]:
    command = [sys.executable, "-c", _CHILD.replace("{limit}", limit), str(base)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, **options)  # type: ignore[call-overload]
    assert done.returncode == 0, done.stderr
    answer: list[object] = json.loads(done.stdout)
    return answer


def test_a_file_that_cannot_grow_is_a_problem_and_no_exception(tmp_path: Path) -> None:
    limit = "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))"
    first, second, third, manifest, problems, log = in_a_child(tmp_path, limit)
    assert (first, second, third) == ("p95/small.txt", "", "")
    assert problems == ["2 files (p95/large.txt the first) could not be kept: File too large"]
    assert log == f"{STEM}.log could not be kept: File too large"
    folder = tmp_path / STEM
    assert sorted(path.name for path in folder.rglob("*")) == ["manifest.json", "p95", "small.txt"]
    written = json.loads((folder / "manifest.json").read_bytes())
    assert (written["problems"], hashlib.sha256((folder / "manifest.json").read_bytes()).hexdigest()) == (
        problems,
        manifest,
    )
    assert "has not written its log" in (tmp_path / f"{STEM}.log").read_text()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 KiB; only root may mount one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k,nr_inodes=64", "tmpfs", str(disk)], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("mounting a small file system needs root and the right to mount")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def test_a_full_disk_is_a_problem_and_no_exception(small_disk: Path) -> None:
    first, second, third, manifest, problems, log = in_a_child(small_disk, "")
    assert (first, second, third) == ("p95/small.txt", "", "")
    assert problems == ["2 files (p95/large.txt the first) could not be kept: No space left on device"]
    assert manifest
    assert log == f"{STEM}.log could not be kept: No space left on device"


def test_a_disk_that_is_full_at_the_start_ends_the_command_and_leaves_nothing(small_disk: Path) -> None:
    (small_disk / "filler").write_bytes(b"")
    try:
        with (small_disk / "filler").open("wb") as filler:
            filler.write(b"x" * 1_000_000)
    except OSError:
        pass
    with pytest.raises(UsageError, match="No space left on device"):
        store_in(small_disk).open()
    assert [path.name for path in small_disk.iterdir()] == ["filler"]


def test_a_directory_that_disappears_is_a_problem_and_no_exception(store: EvidenceStore) -> None:
    port = store.for_check("p95")
    name = port.save_text("before", "x")
    (store.dir / name).unlink()
    (store.dir / "p95").rmdir()
    store.dir.rmdir()
    store.dir.write_text("a file in the way")
    assert port.save_text("after", "x") == ""
    manifest, problems = store.finish()
    assert manifest == ""
    assert problems == ("3 files (p95/after.txt the first) could not be kept: Not a directory",)


def test_a_base_that_may_not_be_written_ends_the_command(tmp_path: Path) -> None:
    tmp_path.chmod(0o555)
    script = _CHILD.partition("store.open()")[0] + (
        "import os\n"
        "from warroom.errors import UsageError\n"
        "if os.getuid() == 0:\n"
        "    os.setuid(65534)\n"
        "try:\n"
        "    store.open()\n"
        "except UsageError as error:\n"
        "    print(error.message)\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert "Permission denied" in done.stdout, done.stderr
