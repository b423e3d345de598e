"""A store of evidence in a folder of the test, and exchanges to keep in it."""

import json
from datetime import UTC, datetime
from pathlib import Path

from warroom.adapters.evidence import EvidenceStore
from warroom.clock import VirtualClock
from warroom.contract import Exchange
from warroom.redact import Redactor

BEGAN = datetime(2025, 11, 1, 2, 5, tzinfo=UTC)
STEM = "auto_com_center_evidence_20251101T020500Z"


def store_in(base: Path, redactor: Redactor | None = None, launch: str = "auto_com_center") -> EvidenceStore:
    return EvidenceStore(base, launch, BEGAN, redactor or Redactor(), VirtualClock(BEGAN))


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
