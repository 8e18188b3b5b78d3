import pytest


@pytest.fixture(autouse=True)
def _own_places(settings, tmp_path):
    """Keep files and the ledger of each test apart."""
    settings.STORAGE_DIR = tmp_path / "files"
    settings.ERASURE_LEDGER = tmp_path / "erasures.txt"
