"""Includes, environments and defaults: what is laid below and above, and that places survive it."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from tests.playbook.small import KINDS, SMALL, load, said, write
from warroom.playbook.load import check_playbook


def including(*names: str) -> str:
    return SMALL + f"include: [{', '.join(names)}]\n"


def test_what_is_included_lies_below_the_file_that_includes_it(tmp_path: Path) -> None:
    write(
        tmp_path,
        """\
        launch: {title: Theirs, owner: Them}
        checks:
          extra: {kind: probe, target: app}
        suites:
          first: {checks: [extra]}
          verify: {title: Theirs}
        """,
        "common/base.yaml",
    )
    playbook = load(write(tmp_path, including("common/base.yaml")))
    assert (playbook.launch.title, playbook.launch.owner) == ("Small", "Them")
    assert list(playbook.checks) == ["health", "judged", "extra"]
    assert list(playbook.suites) == ["verify", "first"]
    assert playbook.suites["verify"].title == "Theirs"


def test_of_two_includes_the_later_one_wins(tmp_path: Path) -> None:
    write(tmp_path, "launch: {owner: One, mode: one}\n", "one.yaml")
    write(tmp_path, "launch: {owner: Two}\n", "two.yaml")
    launch = load(write(tmp_path, including("one.yaml", "two.yaml"))).launch
    assert (launch.owner, launch.mode) == ("Two", "one")


def test_an_include_can_include_relative_to_itself(tmp_path: Path) -> None:
    write(tmp_path, "include: [b.yaml]\n", "sub/a.yaml")
    write(tmp_path, "launch: {owner: Deep}\n", "sub/b.yaml")
    assert load(write(tmp_path, including("sub/a.yaml"))).launch.owner == "Deep"


def test_a_fault_in_an_included_file_is_named_there(tmp_path: Path) -> None:
    included = write(tmp_path, "checks:\n  extra:\n    kind: prob\n", "base.yaml")
    path = write(tmp_path, including("base.yaml"))
    assert said(path) == [f"{included}:3:11: checks.extra.kind: there is no kind 'prob' (did you mean 'probe'?)"]


def test_the_faults_of_all_files_come_at_once(tmp_path: Path) -> None:
    one = write(tmp_path, "a: [1\n", "one.yaml")
    two = write(tmp_path, "a: 1\na: 2\n", "two.yaml")
    found = said(write(tmp_path, including("one.yaml", "two.yaml")))
    assert [line.split(":")[0] for line in found] == [str(one), str(two)]


def test_a_file_that_cannot_be_included_is_a_fault_of_the_line_that_includes_it(tmp_path: Path) -> None:
    path = write(tmp_path, including("none.yaml"))
    assert said(path) == [f"23:11: include: {tmp_path}/none.yaml cannot be read: there is no such file"]


@pytest.mark.parametrize("name", ["../secret.yaml", "/etc/passwd", "link.yaml", "sub/../../secret.yaml"])
def test_an_include_does_not_leave_the_folder_of_the_playbook(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "playbooks"
    secret = write(tmp_path, "launch: {owner: stolen}\n", "secret.yaml")
    path = write(folder, including(name))
    (folder / "link.yaml").symlink_to(secret)
    (line,) = said(path)
    assert line == f"23:11: include: '{name}' is outside the folder of the playbook"


def test_files_that_include_each_other_are_refused(tmp_path: Path) -> None:
    one = write(tmp_path, "include: [play.yaml]\n", "one.yaml")
    assert said(write(tmp_path, including("one.yaml"))) == [
        f"{one}:1:11: include: 'play.yaml' includes itself, directly or by way of others"
    ]


def test_includes_have_a_depth_and_a_number(tmp_path: Path) -> None:
    for i in range(8):
        write(tmp_path, f"include: [f{i + 1}.yaml]\n", f"f{i}.yaml")
    assert "'f5.yaml' is included over more than 5 files" in said(write(tmp_path, including("f0.yaml")))[0]
    for i in range(25):
        write(tmp_path, "{}\n", f"g{i}.yaml")
    found = said(write(tmp_path, including(*(f"g{i}.yaml" for i in range(25)))))
    assert len(found) == 5
    assert "at most 20 can be included" in found[0]


def test_repeated_includes_do_not_multiply(tmp_path: Path) -> None:
    for i in range(5):
        write(tmp_path, f"include: [{', '.join([f'f{i + 1}.yaml'] * 20)}]\n", f"f{i}.yaml")
    write(tmp_path, "{}\n", "f5.yaml")
    found = said(write(tmp_path, including("f0.yaml")))
    assert any("at most 20 can be included" in line for line in found)
    assert len(found) <= 20 * 20


def test_the_hash_is_that_of_the_file_or_of_the_list_of_all(tmp_path: Path) -> None:
    path = write(tmp_path, SMALL)
    assert load(path).sha256 == hashlib.sha256(SMALL.encode()).hexdigest()
    write(tmp_path, "launch: {owner: a}\n", "base.yaml")
    path = write(tmp_path, including("base.yaml"))
    before = load(path).sha256
    write(tmp_path, "launch: {owner: b}\n", "base.yaml")
    assert load(path).sha256 != before


ENVIRONMENTS = """\
environments:
  staging:
    launch: {title: Staging}
    targets:
      app: {connections: 2}
    suites:
      verify: {checks: [health]}
  broken:
    launch: {titel: Broken}
"""


def test_an_environment_is_laid_over_the_playbook(tmp_path: Path) -> None:
    path = write(tmp_path, SMALL + ENVIRONMENTS)
    playbook = load(path, environment="staging")
    assert (playbook.launch.title, playbook.environment) == ("Staging", "staging")
    assert (playbook.targets["app"].connections, playbook.targets["app"].url) == (2, "http://127.0.0.1:9")
    assert playbook.suites["verify"].checks == ("health",)
    assert list(playbook.targets) == ["app", "board"]
    assert load(path).launch.title == "Small"


def test_an_environment_that_is_not_there(tmp_path: Path) -> None:
    path = write(tmp_path, SMALL + ENVIRONMENTS)
    assert said(path, environment="stagin") == [
        "--environment: stagin: there is no such environment (did you mean 'staging'?)"
    ]
    assert said(write(tmp_path, SMALL), environment="x") == [
        "--environment: x: there is no such environment (the playbook has none)"
    ]


def test_a_fault_of_an_environment_is_named_where_it_stands(tmp_path: Path) -> None:
    path = write(tmp_path, SMALL + ENVIRONMENTS)
    expected = "31:14: launch.titel: unknown key (did you mean 'title'?)"
    assert said(path, environment="broken") == [expected]
    assert said(path) == []
    assert [str(p) for p in check_playbook(path, KINDS)] == [f"{path}:{expected}"]


def test_an_environment_can_give_the_default_of_an_input(tmp_path: Path) -> None:
    text = SMALL.replace("APP_URL: {required: true,", "APP_URL: {")
    text += "environments:\n  local:\n    inputs: {APP_URL: {default: 'http://127.0.0.1:7'}}\n"
    path = write(tmp_path, text)
    assert load(path, environ={}, environment="local").targets["app"].url == "http://127.0.0.1:7"


DEFAULTS = """\
defaults:
  target: {connections: 9}
  lever: {read: {target: app, path: /flags}}
  check: {timeout: 5s, target: app, samples: 7}
"""


def test_defaults_are_laid_below_the_entries_that_can_have_them(tmp_path: Path) -> None:
    text = SMALL.replace("    target: app\n", "    samples: 3\n") + DEFAULTS
    text = text.replace("levers:\n", "levers:\n  STOP: {expect: on}\n")
    playbook = load(write(tmp_path, text))
    assert playbook.targets["app"].connections == 9
    assert playbook.levers["STOP"].read.path == "/flags"
    assert playbook.levers["STOP"].expect == "on"
    assert playbook.levers["SEND"].read.path == "/state"
    assert [check.timeout_s for check in playbook.checks.values()] == [5.0, 5.0]
    assert playbook.checks["health"].params.model_dump()["samples"] == 3


def test_a_default_that_no_check_can_have_is_a_fault(tmp_path: Path) -> None:
    path = write(tmp_path, SMALL + "defaults:\n  check: {sampels: 3}\n")
    assert said(path) == ["24:11: defaults.check.sampels: no kind of check knows this key (did you mean 'samples'?)"]


def test_the_files_of_a_target_are_relative_to_the_playbook(tmp_path: Path) -> None:
    text = SMALL.replace("app: {url:", "app: {ca_file: certs/ca.pem, url:")
    path = write(tmp_path, text)
    assert said(path) == [
        "7:18: targets.app.ca_file: there is no file 'certs/ca.pem', seen from the playbook's folder"
    ]
    assert check_playbook(path, KINDS) == []
    certificate = write(tmp_path, "x", "certs/ca.pem")
    assert load(path).targets["app"].ca_file == str(certificate)
