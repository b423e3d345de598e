"""The command `warroom`."""

import atexit
import gc
import os
import sys

# Imports make many objects and no garbage; looking for some after every 700 takes a tenth of the start.
_COLLECT_AFTER = 100_000


def _have_streams() -> None:
    # Python leaves None where a shell closed a stream (`>&-`); every command may then write into nothing.
    sys.stdin = sys.stdin or open(os.devnull, encoding="utf-8")  # noqa: SIM115, PTH123
    sys.stdout = sys.stdout or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123
    sys.stderr = sys.stderr or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123


def _let_go() -> None:
    # A console leaves behind what its lost terminal did not take; tried once more at the end of the program, it would
    # spoil the exit code.
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def main() -> int:
    """Runs the command line. Returns its exit code, or ends the process with it."""
    _have_streams()
    if sys.argv[1:] in (["--version"], ["-V"]):
        # Answered before anything is imported: pipelines ask for it on every run.
        from warroom import __version__

        sys.stdout.write(f"warroom {__version__}\n")
        return 0
    gc.set_threshold(_COLLECT_AFTER, 20, 20)
    import threading

    from warroom.app import run

    code = run(sys.argv[1:])
    _let_go()
    if threading.active_count() == 1:
        # Nothing is under way any more. Python would take every module apart first, which takes 10 ms.
        atexit._run_exitfuncs()
        _let_go()
        os._exit(code)
    return code


if __name__ == "__main__":
    sys.exit(main())
