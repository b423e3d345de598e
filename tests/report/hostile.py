"""Text that somebody hopes a terminal, a parser or a platform will obey, and states full of it."""

from hypothesis import strategies as st

from tests.report.rewrite import rewritten
from tests.report.states import finished, green_gate, kill_switch_off, outcome
from warroom.events import Noted
from warroom.suite_state import SuiteState
from warroom.verdict import Result, Verdict

FRAGMENTS = (
    "\x1b[31m",
    "\x1b]52;c;aGk=\x07",
    "\x1b]8;;http://evil.example\x07",
    "\x9b31m",
    "\x00",
    "\x7f",
    "\r",
    "\n",
    "\r\n",
    "\u2028",
    "\x0b",
    "\u202e",
    "\u2066",
    "\u200b",
    "\ufeff",
    "\ufffe",
    "\ufffd",
    "\ud800",
    "\U000e0041",
    "\U0010ffff",
    "😀",
    "é",
    "[@click=app.quit]",
    "[/",
    "[red]",
    "<!channel>",
    "<script>alert(1)</script>",
    "<img src=x>",
    "<!--",
    "-->",
    "]]>",
    "<![CDATA[",
    "&amp;",
    "&#x1b;",
    "&lt;",
    "::error::",
    "::add-mask::x",
    "::stop-commands::x",
    "\n::set-output name=a::b",
    "##[error]",
    "###[group]",
    "##vso[task.setvariable variable=a]b",
    "##teamcity[x]",
    "%0A::error::x",
    "%25",
    ",line=1",
    "`",
    "``",
    "```\n",
    "|",
    "\\|",
    "\\",
    "\\`",
    "@everyone",
    "@octocat",
    "#1",
    "GH-1",
    "octocat/hello#2",
    "0123456789abcdef0123456789abcdef01234567",
    "fedcba9",
    "http://evil.example/",
    "www.evil.example",
    "evil.example",
    "me@evil.example",
    "[a](http://evil.example)",
    "![a](http://evil.example/x.png)",
    "[a]: http://evil.example",
    "<http://evil.example>",
    "**bold**",
    "_it_",
    "~~x~~",
    ":smile:",
    "# head",
    "- item",
    "1. item",
    "1) item",
    "> quote",
    "---",
    "===",
    "| a | b |\n|---|---|",
    "    code",
    "\t",
    " ",
    "$(id)",
    "'",
    '"',
    "{{ x }}",
    "plain words",
)

texts = st.lists(st.one_of(st.sampled_from(FRAGMENTS), st.text(max_size=6)), max_size=6).map("".join)


def _plain() -> SuiteState:
    """Two checks that together have every kind of field: one RED with a critical hint, one tolerated."""
    loud = kill_switch_off().checks["kill_switch"].outcome
    assert loud is not None
    line = Result(Verdict.BLOCKED, "token acquired", "status 200", "status 401", "Gate 1 is red")
    quiet = outcome("p95", [line, Result(Verdict.PASS, "a", "b", "c")], word="BLOCKED - pending Gate 1", attempts=2)
    notes = [Noted("evidence is incomplete", "warning")]
    return finished([loud, quiet], gates=[green_gate("red")], notes=notes, reason="Kill-switch")


PLAIN = rewritten(_plain(), lambda text: text and "x")


@st.composite
def states(draw: st.DrawFn) -> SuiteState:
    """`PLAIN` with up to three texts in turn in all its text fields (an empty field stays empty)."""
    pool = draw(st.lists(texts, min_size=1, max_size=3))
    turn = iter(range(10_000))
    return rewritten(PLAIN, lambda text: text and (pool[next(turn) % len(pool)] or "x"))


def harmless(state: SuiteState) -> SuiteState:
    """`state` with a word for each of its texts, the same for equal ones: what its reports should look like."""
    words: dict[str, str] = {}
    return rewritten(state, lambda text: text and words.setdefault(text, f"word{len(words)}"))


def everywhere(text: str) -> SuiteState:
    """`PLAIN` with `text` in every text field."""
    return rewritten(PLAIN, lambda before: before and text)
