"""A journal that was exported is audited where the launch is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.left import left, refusal
from warroom.cli.looking import audit, export
from warroom.clock import RealClock
from warroom.journal.journal import Journal


@pytest.fixture
def exported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    quiet = left(tmp_path)
    assert export("quiet", quiet.state) == 0
    file = tmp_path / "quiet.jsonl"
    file.write_text(capsys.readouterr().out, "utf-8")
    return file


def _audited(file: Path, *heads: str) -> int:
    return audit(str(file), file.parent / "elsewhere", heads)


def test_what_was_exported_is_sound(exported: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _audited(exported) == 0
    assert capsys.readouterr().out.endswith("the journal is sound\n")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        pytest.param(lambda text: text.replace('"Quiet"', '"Loud"'), "entry 2: ", id="a changed one"),
        pytest.param(lambda text: "".join(text.splitlines(True)[1:]), "entry 2: ", id="one without its first entry"),
        pytest.param(lambda text: "", "it has no entry", id="an empty one"),
        pytest.param(lambda text: text + "\udcff\n", "its line is not one that was exported", id="with other bytes"),
    ],
)
def test_what_is_wrong_with_it_is_found(
    change: object, says: str, exported: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert callable(change)
    changed = change(exported.read_text("utf-8"))
    exported.write_bytes(changed.encode("utf-8", "surrogateescape"))
    assert _audited(exported) == 1
    assert says in capsys.readouterr().out


def test_a_published_head_that_it_lacks_is_found(exported: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _audited(exported, "9.0123456789ab") == 1
    assert "entry 9: it was published (9.0123456789ab) and is not there" in capsys.readouterr().out


def test_a_post_that_may_be_there_twice_is_told_and_is_no_fault_of_the_journal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    quiet = left(tmp_path)
    body = {"slot": "first@T+1h", "key": "wr:quiet:first@T+1h"}
    with Journal.open(quiet.folder, quiet.folder.name, RealClock()) as journal:
        for kind in ("due", "sending", "unknown", "due", "sending", "confirmed"):
            journal.append(f"update.{kind}", body)
    assert audit("quiet", quiet.state, ()) == 0
    out = capsys.readouterr().out
    assert "first@T+1h was sent again, as nobody knew whether it had arrived: a second copy of the same id" in out
    assert "the journal is sound" in out


def test_where_no_head_is_compared_the_audit_says_so_and_which_one_a_person_can_compare(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    quiet = left(tmp_path)
    slot = {"slot": "first@T+1h", "key": "wr:quiet:first@T+1h"}
    with Journal.open(quiet.folder, quiet.folder.name, RealClock()) as journal:
        head = journal.append("update.sending", slot).head.short
        journal.append("update.confirmed", {**slot, "ref": "C0WARROOM/17.1"})
    audit("quiet", quiet.state, ())
    out = capsys.readouterr().out
    assert "; no published head compared\na post in Slack names one in the line below it" in out
    assert f"first@T+1h, is at C0WARROOM/17.1: the line below it should say `journal {head}`" in out
    audit("quiet", quiet.state, (head,))
    compared = capsys.readouterr().out
    assert "; 1 published head compared\n" in compared
    assert "line below it" not in compared


def test_a_name_that_is_neither_file_nor_launch_is_said_to_be_none(exported: Path) -> None:
    assert "there is no launch" in refusal(lambda: _audited(exported.with_name("none.jsonl")))
