from django.contrib.auth.hashers import Argon2PasswordHasher


class Argon2id(Argon2PasswordHasher):
    """Argon2id with the first parameters that OWASP's password storage sheet names: 19 MiB, two passes, one lane.

    About 20 ms of one core; Django's defaults take six times as long for a margin that rate limits give already.
    """

    memory_cost = 19_456
    time_cost = 2
    parallelism = 1
