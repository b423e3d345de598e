"""The command `warroom`."""

import sys


def main() -> int:
    """Runs the command line and returns its exit code."""
    if sys.argv[1:] in (["--version"], ["-V"]):
        # Answered before anything is imported: pipelines ask for it on every run.
        from warroom import __version__

        sys.stdout.write(f"warroom {__version__}\n")
        return 0
    from warroom.app import run

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
