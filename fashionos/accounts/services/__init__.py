"""What the accounts service does, as Role.AUTH; each module opens its own transactions.

Here are the names that other apps use.
"""

from fashionos.accounts.services.sessions import Grant
from fashionos.accounts.services.sign_in import sign_in, sign_up, sign_up_as_guest
from fashionos.accounts.services.users import add_user

__all__ = ["Grant", "add_user", "sign_in", "sign_up", "sign_up_as_guest"]
