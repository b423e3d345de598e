from pathlib import Path

import pytest

from tests.adapters.evidences import store_in
from warroom.adapters.evidence import EvidenceStore


@pytest.fixture
def store(tmp_path: Path) -> EvidenceStore:
    opened = store_in(tmp_path)
    opened.open()
    return opened
