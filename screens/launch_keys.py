"""The keys of a launch's console."""

from __future__ import annotations

from typing import Final

from warroom.screens.keys import Key

KEYS: Final = (
    Key("scenario", "S", "S", "scenario", "Choose how the demo's services behave", "scenario"),
    Key(
        "kill",
        "",
        "K",
        "kill switch",
        "Stop sends, from every window (F9 where you write)",
    ),
    Key("tick", "space", "Space", "tick", "Tick the selected step, or the update that is to do", "tick"),
    Key("post", "p", "p", "post now", "Post the selected update now, or once more; asks first", "post"),
    Key("hold", "h", "h", "hold", "Hold the selected update, or skip a task, with a reason", "hold"),
    Key("release", "u", "u", "release", "Release the selected update that is held", "release"),
    Key("edit", "e", "e", "remark", "Write a remark that stands below the selected update's text", "edit"),
    Key("t0", "t", "t", "T0", "Set T0, slip it or scrub it, with a reason", "t0"),
    Key("incident", "i", "i", "incident", "Open an incident", "incident"),
    Key(
        "note", "n", "n", "note", "Note on the selected incident, else where one is owed, else on the launch", "note"
    ),
    Key(
        "launch_note", "ctrl+n", "Ctrl+N", "", "Note on the launch, also while an incident owes one", "note('launch')"
    ),
    Key("resolve", "x", "x", "resolve", "Resolve the selected incident, with a reason", "resolve"),
    Key("gate", "s", "s", "gate", "Have the selected gate asked again, or say how it stands", "gate"),
    Key("trigger", "w", "w", "trigger", "Acknowledge, snooze, resume or declare the selected trigger", "trigger"),
    Key(
        "act",
        "r",
        "r",
        "action",
        "Act on a procedure, its step, or the selected lever",
        "act",
    ),
    Key("tiles", "v", "v", "tiles", "All signals and triggers as tiles over the screen, and back", "tiles"),
    Key(
        "zoom",
        "enter",
        "Enter",
        "read",
        "Tick the selected step; elsewhere read the details over the screen",
        "enter",
    ),
    Key("details", "z", "z", "details", "Give the details the whole screen, and back", "zoom"),
    Key("other", "tab", "Tab", "pane", "To the next pane; Shift+Tab to the one before", "other(1)"),
    Key("before", "shift+tab", "", "", "", "other(-1)"),
    Key("plan", "1", "1", "", "The phases and their steps", "look('plan')"),
    Key("posts", "2", "2", "", "The updates: what was sent, what is owed, what comes next", "look('posts')"),
    Key("state", "3", "3", "", "Incidents, procedures, gates, suites and levers", "look('state')"),
    Key("log", "4", "4", "", "The journal", "look('log')"),
    Key("signals", "5", "5", "", "Signals and triggers: how they stand, and what comes next", "look('signals')"),
    Key("move", "", "↑↓", "", "Select a row; so do j, k, PgUp, PgDn, Home and End; in texts they scroll"),
    Key("back", "escape", "Esc", "back", "Back to the lists", "back"),
    Key("notes", "N", "N", "", "Read every note", "notes"),
    Key("about", "a", "a", "", "Read about this launch: what is wrong, all of it, who decides, the facts", "about"),
    Key("copy", "c,y", "c", "", "Copy the address of the step, or the text of the post; so does y", "copy"),
    Key("close", "C", "C", "", "Close the launch, with a reason: what is still owed stays unsent", "close_launch"),
    Key("help", "question_mark", "?", "help", "This list", "help"),
    Key("quit", "q", "q", "leave", "Leave; asks first. The engine goes on; so do Ctrl+Q and Ctrl+C ask", "leave"),
)

REQUESTS: Final = frozenset(
    (
        *("tick", "post", "hold", "release", "edit", "t0", "incident", "note", "resolve", "gate", "trigger"),
        *("launch_note", "act", "kill", "close"),
    )
)
"""The ids of those that ask the engine for something."""

OF_ITEM: Final = frozenset(("tick", "post", "hold", "release", "edit", "resolve", "gate", "trigger", "act"))
"""The ids of those that are about what is selected."""
