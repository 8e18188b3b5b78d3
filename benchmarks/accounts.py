"""Signing in: Argon2 included, and what another user's request waits while eight people sign in."""

from collections.abc import Callable

from benchmarks.figures import Figure, percentile, spread, timed, together
from benchmarks.server import Server, sign_in


def measure(server: Server) -> list[Figure]:
    connection = server.connect()
    taken = timed(lambda: sign_in(server, connection), 60)
    p50 = percentile(taken, 50)
    figures = [Figure("sign-in", spread(taken), "p50 < 60 ms", p50 < 60)]

    def signer() -> Callable[[], object]:
        own = server.connect()
        return lambda: sign_in(server, own)

    rate, taken = together(signer, clients=8, seconds=5)
    figures.append(Figure("sign-in, 8 at once", f"{rate:.0f} r/s  {spread(taken)}", "", None))
    return figures
