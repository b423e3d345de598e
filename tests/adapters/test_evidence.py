"""Where evidence goes, who can read it, and that it is kept whole."""

import base64
import hashlib
import json
import os
import stat
from pathlib import Path

import pytest

from tests.adapters.evidences import BEGAN, STEM, everything, exchange, kept, store_in
from warroom.adapters.evidence import EvidenceStore
from warroom.errors import ExitCode, UsageError


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
