import pytest

from fashionos.testing.sockets import FrameClient, server_process


@pytest.fixture(scope="session")
def server(django_db_setup, django_db_blocker):
    """One server process for all tests that do not harm it; the pictures of others' tests are in other folders."""
    with server_process(REALTIME_PRESENCE_CALLS="20", MEASURE_PICTURES="0") as process:
        yield process
        assert "Traceback" not in process.log


@pytest.fixture
def connect(request):
    """Open clients that are closed when the test ends; of the shared server unless told otherwise."""
    clients = []

    def connect(process=None, **options):
        process = process or request.getfixturevalue("server")
        clients.append(FrameClient(process.port, **options))
        return clients[-1]

    yield connect
    for client in clients:
        client.socket.close()
