"""What `warroom act` lists."""

from warroom.cli.action_lines import listed_lines


def test_a_launch_without_levers_and_procedures_says_that_there_is_nothing_to_act_on() -> None:
    told = list(listed_lines({"levers": [], "procedures": []}))
    assert told == ["the playbook has no levers and no procedures: there is nothing to act on"]
